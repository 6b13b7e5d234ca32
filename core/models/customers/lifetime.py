"""What customers are worth: by contract (survival × margin), or by repeat orders, as the data is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core import marts
from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import Z80
from core.localization import message
from core.metrics.measure import counted, money, percent
from core.models.customers import retention_curves, total_record
from core.models.customers.bgnbd import RepeatValue
from core.models.customers.total_record import TotalRange

Floats = NDArray[np.float64]
Kind = Literal["contract", "repeat"]
PRIOR_MARGIN_AMOUNT = 20_000.0


def kind(dataset: Dataset, settings: Settings) -> Kind:
    """Say how customers are valued: as the settings say, else by contract where there are subscriptions."""
    if settings.customers.kind != "auto":
        return settings.customers.kind
    return "contract" if dataset.has("subscriptions") else "repeat"


@dataclass(frozen=True)
class LifetimeValue:
    """What each customer is worth over the coming months.

    Attributes
    ----------
    frame : pl.DataFrame
        [account_id, account_name, segment, value_amount, lower_amount, upper_amount, …], highest first.
        By contract also mrr_amount, margin_rate and expected_months; by orders also n_orders,
        is_alive_rate, bgnbd and tweedie.
    checks : pl.DataFrame
        By contract [months, curve, stay_rate]: the mean chance to stay by the model, Kaplan-Meier and
        sBG. By orders [member, rmse, total_error_rate, top_tenth_share] on the last part of the data.
    value : float
        Total worth.
    lower, upper : float or None
        Its range. By orders that of past totals, which held 80 % where it was judged (`total_record`), None where
        fewer than three past totals can be judged. By contract it allows for chance and for churn being as far off as
        it was, and has not been judged on past totals.
    kind : {"contract", "repeat"}
    """

    frame: pl.DataFrame
    checks: pl.DataFrame
    value: float
    lower: float | None
    upper: float | None
    kind: Kind
    months: int
    currency: str
    about: str = ""

    def sentence(self) -> str:
        """Say the total with its range, the typical customer and the share of the top tenth."""
        if self.frame.is_empty():
            return "No customer can be valued yet."
        amounts = self.frame["value_amount"].sort(descending=True)
        top = float(amounts.head(max(amounts.len() // 10, 1)).sum())
        share = message(" The top 10 % hold {top} of it.", top=percent(top / self.value)) if self.value else ""
        return (
            message(
                "{customers} worth {amount} over the next {months} months{range}; a typical customer "
                "{median}.{share} {about}",
                customers=counted(self.frame.height, "customer is", "customers are"),
                amount=money(self.value, self.currency),
                months=self.months,
                range=self._range(),
                median=money(float(amounts.median()), self.currency),  # type: ignore[arg-type]
                share=share,
                about=self.about,
            )
        ).strip()

    def _range(self) -> str:
        if self.lower is None or self.upper is None:
            return ""
        name = "likely range" if self.kind == "repeat" else "range"
        return message(
            " ({name} {lower} to {upper})",
            name=name,
            lower=money(self.lower, self.currency),
            upper=money(self.upper, self.currency),
        )

    def agreement(self) -> str:
        """Say how far the checks lie from the model."""
        if self.checks.is_empty():
            return "There is nothing to check it against yet."
        if self.kind == "repeat":
            row = self.checks.filter(pl.col("member") == "mean").to_dicts()[0]
            return message(
                "Tested on the later half of the data, the total was off by {total_error_rate}; the "
                "top 10 % it named made {top_tenth_share} of the spend.",
                total_error_rate=percent(row["total_error_rate"], sign=True),
                top_tenth_share=percent(row["top_tenth_share"]),
            )
        last = self.checks.filter(pl.col("months") == self.months)
        rates = dict(zip(last["curve"], last["stay_rate"], strict=True))
        own = rates.pop("Churn model", None)
        low, high = (percent(end) for end in (min(rates.values()), max(rates.values())))
        others = low if low == high else message("{low} to {high}", low=low, high=high)
        return message(
            "After {months} months {own} of today's customers are expected to be still with us. From "
            "contract length alone it would be {others}, which does not see that churn has changed "
            "lately.",
            months=self.months,
            own=percent(own),
            others=others,
        )


def margins(dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """Return each account's margin over the last year: 1 − cost / amount of its billed lines.

    Formula: lines with a cost only; each account is drawn towards the margin of all by the weight of
    20,000 of billing. Where no line has a cost the setting `customers.margin_rate` serves.

    Returns
    -------
    pl.DataFrame
        [account_id, margin_rate], margins within 0 and 1.
    """
    sums = marts.of(dataset).account_costs
    total = float(sums["amount"].sum())
    overall = 1 - float(sums["cost_amount"].sum()) / total if total > 0 else settings.customers.margin_rate
    gross = pl.col("amount").clip(0) - pl.col("cost_amount") + PRIOR_MARGIN_AMOUNT * overall
    own = (gross / (pl.col("amount").clip(0) + PRIOR_MARGIN_AMOUNT)).clip(0, 1)
    rates = sums.select("account_id", margin_rate=own)
    return (
        dataset.accounts.select("account_id")
        .join(rates, on="account_id", how="left")
        .with_columns(pl.col("margin_rate").fill_null(min(max(overall, 0.0), 1.0)))
    )


def stay(hazards: pl.DataFrame, months: int) -> tuple[pl.Series, Floats]:
    """Return accounts and their chance to stay 0 to `months` months.

    Parameters
    ----------
    hazards : pl.DataFrame
        [account_id, month_ahead 1 to 12, hazard].
    months : int
        Beyond 12 the mean hazard of an account's last six months goes on.
    """
    wide = hazards.sort("account_id", "month_ahead").group_by("account_id", maintain_order=True).agg("hazard")
    rates = np.asarray(wide["hazard"].to_list(), dtype=np.float64).reshape(wide.height, -1)
    n_known = rates.shape[1] if rates.size else 0
    if months > n_known and n_known:
        tail = rates[:, -6:].mean(axis=1, keepdims=True)
        rates = np.hstack([rates, np.repeat(tail, months - n_known, axis=1)])
    survival_rates = np.cumprod(1 - rates[:, :months], axis=1) if n_known else np.zeros((wide.height, months))
    return wide["account_id"], np.hstack([np.ones((wide.height, 1)), survival_rates])


def discounted(staying: Floats, yearly_rate: float) -> tuple[Floats, Floats, Floats]:
    """Return the mean, and the 10 and 90 % marks, of the discounted number of months paid.

    A month pays when the account is still there at its end; marks are those of one account's own fate.
    """
    months = staying.shape[1] - 1
    factor = (1 + yearly_rate) ** (-np.arange(1, months + 1) / 12)
    annuity = np.concatenate([[0.0], np.cumsum(factor)])
    paid = [(staying[:, 1:] > cut).sum(axis=1) for cut in (0.9, 0.1)]
    return staying[:, 1:] @ factor, annuity[paid[0]], annuity[paid[1]]


def noise(staying: Floats, yearly_rate: float) -> Floats:
    """Return the variance of each account's discounted number of months paid."""
    months = staying.shape[1] - 1
    annuity = np.concatenate([[0.0], np.cumsum((1 + yearly_rate) ** (-np.arange(1, months + 1) / 12))])
    chance = np.hstack([staying[:, :-1] - staying[:, 1:], staying[:, -1:]])
    mean = chance @ annuity
    return np.asarray(np.maximum(chance @ annuity**2 - mean**2, 0.0), dtype=np.float64)


def by_contract(
    dataset: Dataset, settings: Settings, hazards: pl.DataFrame, paying: pl.DataFrame, off: float
) -> LifetimeValue:
    """Value paying accounts: monthly revenue × margin × the discounted months they are expected to stay.

    Formula: MRR × margin × Σ S(m) / (1 + rate)^(m/12), m from 1 to `customers.value_months`, where S is
    the churn model's chance to stay. An account's range is that of its own fate (when it leaves); the
    total's range joins these, as independent, with the churn forecast being off as far as it was on
    past data, either way. Kaplan-Meier and the shifted beta-geometric curve of all contracts stand beside
    it as checks.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    hazards : pl.DataFrame
        [account_id, month_ahead, hazard] of leaving.
    paying : pl.DataFrame
        [account_id, mrr_amount, tenure_days].
    off : float
        Accounts that left over those expected to, on past data; 1 where not known.
    """
    months, rate = settings.customers.value_months, settings.customers.discount_rate
    ids, staying = stay(hazards, months)
    base = pl.DataFrame({"account_id": ids}).join(paying, on="account_id", how="left", maintain_order="left")
    base = base.join(margins(dataset, settings), on="account_id", how="left", maintain_order="left")
    base = base.with_columns(pl.col("margin_rate").fill_null(settings.customers.margin_rate))
    monthly = (base["mrr_amount"] * base["margin_rate"]).to_numpy().astype(np.float64)
    mean, low, high = discounted(staying, rate)
    names = dataset.accounts.select("account_id", "account_name", "segment", "region")
    frame = (
        base.with_columns(
            value_amount=pl.Series(monthly * mean),
            lower_amount=pl.Series(monthly * low),
            upper_amount=pl.Series(monthly * high),
            expected_months=pl.Series(staying[:, 1:].sum(axis=1)),
        )
        .join(names, on="account_id", how="left")
        .select(
            "account_id",
            "account_name",
            "segment",
            "region",
            "mrr_amount",
            "margin_rate",
            "expected_months",
            "value_amount",
            "lower_amount",
            "upper_amount",
        )
        .sort("value_amount", "account_id", descending=[True, False])
    )
    spread = Z80 * float(np.sqrt((monthly**2 * noise(staying, rate)).sum()))
    worse, better = (_shifted(hazards, months, rate, monthly, f) for f in (max(off, 1 / off), min(off, 1 / off)))
    total = float((monthly * mean).sum())
    lower, upper = total - np.hypot(spread, total - worse), total + np.hypot(spread, better - total)
    about = (
        message("Churn ran at {off:.2f} times the forecast in the past; the range allows for it", off=off)
        if off != 1
        else ""
    )
    about = message(
        "{about}. It has not been held against past totals.", about=about or message("The range allows for chance")
    )
    checks = curves(dataset, staying, base["tenure_days"], months)
    return LifetimeValue(frame, checks, total, float(lower), float(upper), "contract", months, settings.currency, about)


def _shifted(hazards: pl.DataFrame, months: int, rate: float, monthly: Floats, factor: float) -> float:
    moved = hazards.with_columns(hazard=(pl.col("hazard") * factor).clip(0, 0.99))
    return float((monthly * discounted(stay(moved, months)[1], rate)[0]).sum())


def curves(dataset: Dataset, staying: Floats, tenure_days: pl.Series, months: int) -> pl.DataFrame:
    """Return [months, curve, stay_rate]: today's customers by the model, by Kaplan-Meier and by sBG."""
    reached = (tenure_days.fill_null(0).to_numpy() / retention_curves.MONTH_DAYS).round().astype(np.int64)
    spans = retention_curves.tenures(dataset.subscriptions, dataset.as_of)
    longest = int(max(reached.max() if len(reached) else 0, 0)) + months
    rates_by_curve = {"Churn model": staying.mean(axis=0) if len(staying) else np.full(months + 1, np.nan)}
    if spans.height:
        rates_by_curve["Kaplan-Meier"] = retention_curves.ahead(
            retention_curves.kaplan_meier(spans, longest), reached, months
        )
        rates_by_curve["sBG"] = retention_curves.ahead(
            retention_curves.ShiftedBetaGeometric.fit(spans).survival(longest), reached, months
        )
    parts = [
        pl.DataFrame({"months": list(range(months + 1)), "curve": [name] * (months + 1), "stay_rate": rates})
        for name, rates in rates_by_curve.items()
    ]
    return pl.concat(parts)


def orders(dataset: Dataset) -> pl.DataFrame:
    """Return [customer_id, ordered_on, amount] from bookings, or from billing where nothing was booked."""
    tables = marts.of(dataset)
    rows = tables.customer_orders if tables.has("transactions") else tables.customer_orders.clear()
    return rows.select(customer_id="account_id", ordered_on="booked_on", amount="amount")


def by_orders(dataset: Dataset, settings: Settings) -> LifetimeValue:
    """Value customers by what they are expected to order: the mean of BG/NBD × Gamma-Gamma and LightGBM.

    Formula: margin × expected spend over `customers.value_months`, discounted as if spread evenly. BG/NBD
    says who still buys and how often, Gamma-Gamma what an order is worth; a LightGBM Tweedie model learns
    spend from the earlier half of the data. A customer's range holds what 80 of 100 customers of a like expectation
    spent in the past. The total, and each customer's part of it, is moved by what totals foreseen from earlier days
    missed by, and its range is that of those misses (`total_record`).

    Raises
    ------
    ModelError
        When there are fewer than 50 customers, or fewer than 10 who came back.
    """
    months = settings.customers.value_months
    model = RepeatValue(settings).fit(orders(dataset), dataset.as_of)
    days = round(months * retention_curves.MONTH_DAYS)
    predicted = model.predict(days)
    learnt = total_record.learn(total_record.record(orders(dataset), dataset.as_of, settings), days)
    factor = learnt.factor * float(np.mean((1 + settings.customers.discount_rate) ** (-np.arange(1, months + 1) / 12)))
    names = dataset.accounts.select("account_id", "account_name", "segment", "region")
    worth = pl.col("margin_rate") * factor
    frame = (
        predicted.rename({"customer_id": "account_id"})
        .join(margins(dataset, settings), on="account_id", how="left")
        .with_columns(pl.col("margin_rate").fill_null(settings.customers.margin_rate))
        .with_columns(
            value_amount=pl.col("amount") * worth,
            lower_amount=pl.col("lower") * worth,
            upper_amount=pl.col("upper") * worth,
        )
        .join(names, on="account_id", how="left")
        .select(
            "account_id",
            "account_name",
            "segment",
            "region",
            "margin_rate",
            "n_orders",
            "is_alive_rate",
            "bgnbd",
            "tweedie",
            "value_amount",
            "lower_amount",
            "upper_amount",
        )
        .sort("value_amount", "account_id", descending=[True, False])
    )
    judged = model.card_.get("judged", {})
    checks = pl.DataFrame([{"member": name, **scores} for name, scores in judged.items()])
    total = float(frame["value_amount"].sum())
    ends = [None if end is None else total * end for end in (learnt.lower, learnt.upper)]
    return LifetimeValue(frame, checks, total, ends[0], ends[1], "repeat", months, settings.currency, _about(learnt))


def _about(learnt: TotalRange) -> str:
    """Say what the range of a total rests on."""
    if learnt.lower is None:
        return "No range can be given: the total can be judged from too few earlier days."
    moved = percent(learnt.factor - 1, sign=True)
    return message(
        "Foreseen from {earliers}, totals were off; {moved} puts that right.",
        earliers=counted(learnt.n_origins, "earlier day"),
        moved=moved,
    )
