"""Accounts as a page shows them: the list with every outlook, health on trial, worth, groups."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import ModelError
from core.explain import customers as reasons
from core.explain.sentences import number
from core.localization import message
from core.metrics import customer_health as health
from core.metrics.customer_health import Trial
from core.metrics.measure import chance, counted, money, percent
from core.models.bundle import Bundle
from core.models.churn.hazard import EVENTS
from core.models.customers import account_outlook, lifetime, segments
from core.models.customers.account_outlook import Customers
from core.models.customers.lifetime import LifetimeValue
from core.models.customers.segments import Segments

__all__ = ["Outlook", "ahead", "by_health", "groups", "health_of", "listed", "on_trial", "outlook", "worth"]


@dataclass(frozen=True)
class Listed:
    """Paying accounts with all that is expected of them.

    Attributes
    ----------
    frame : pl.DataFrame
        The churn list's columns, and p_left_12m, p_left_at_renewal, days_to_renewal, churned_mrr_amount,
        contracted_mrr_amount, expanded_mrr_amount, learned, by_hand, coverage_rate, band.
    text : str
    """

    frame: pl.DataFrame
    text: str
    days: int

    @property
    def first(self) -> str:
        """Return the name of the first on the list."""
        row = self.frame.row(0, named=True)
        return str(row["account_name"] or row["account_id"])

    def sentence(self) -> str:
        """Say what is at stake."""
        return self.text


def listed(dataset: Dataset, settings: Settings, bundle: Bundle, customers: Customers) -> Listed:
    """Paying accounts by ARR at risk, with their churn risk and health.

    The chance to leave within `models.churn_days` is the calibrated one of the churn model; the chances
    until the next renewal and within 12 months go on from it by the monthly hazards. Expected churned MRR
    is the chance to leave within 12 months × MRR. Health learned is 100 × the chance to be still here in 12
    months, health by hand that of the weights in the settings with the known share of all weight.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    customers : Customers

    Raises
    ------
    ModelError
        When too few accounts have left to learn from.
    """
    risks = reasons.churn_list(dataset, settings, bundle)
    hand = health.by_hand(customers.need().features, settings)
    frame = risks.frame.join(customers.outlook.drop("mrr_amount", "p_left_90d"), on="account_id", how="left")
    return Listed(frame.join(hand, on="account_id", how="left"), risks.sentence(), risks.days)


@dataclass(frozen=True)
class Outlook:
    """What the coming year holds for the recurring revenue.

    Attributes
    ----------
    frame : pl.DataFrame
        [month_ahead, churned_mrr_amount, contracted_mrr_amount, expanded_mrr_amount]: expected in that month.
    cards : dict
        Per event how its model was chosen and how it did on later data.
    mrr_amount : float
    """

    frame: pl.DataFrame
    cards: dict[str, dict[str, object]]
    mrr_amount: float
    currency: str

    def sentence(self) -> str:
        """Say what is expected to leave, shrink and grow."""
        lost, shrunk, won = (float(v) for v in self.frame.drop("month_ahead").sum().row(0))
        stay_rate = (self.mrr_amount - lost - shrunk) / self.mrr_amount if self.mrr_amount else None
        return message(
            "Of {mrr_amount} MRR, we expect {lost} of churn, {shrunk} of contraction and {won} of "
            "expansion within 12 months. Without expansion {stay_rate} stays (GRR).",
            mrr_amount=money(self.mrr_amount, self.currency),
            lost=money(lost, self.currency),
            shrunk=money(shrunk, self.currency),
            won=money(won, self.currency),
            stay_rate=percent(stay_rate),
        )

    def race(self) -> pl.DataFrame:
        """Return [event, contender, log_loss, is_winner] of the race on later data; empty where none was run."""
        rows = [
            {"event": event, "contender": name, "log_loss": loss, "is_winner": name == card.get("winner")}
            for event, card in self.cards.items()
            for name, loss in dict(card.get("race") or {}).items()  # type: ignore[call-overload]
        ]
        names = {"event": pl.String, "contender": pl.String, "log_loss": pl.Float64, "is_winner": pl.Boolean}
        return pl.DataFrame(rows, schema=names)

    def record(self) -> str:
        """Say how the forecast of leavers did on later data."""
        card = self.cards.get("left", {})
        if not card.get("happened"):
            return "The history is too short to check the forecast against what happened."
        expected, happened = float(str(card["expected"])), float(str(card["happened"]))
        more = (
            " Churn has risen; today's forecast is set to the level of the last year."
            if happened > 1.1 * expected
            else ""
        )
        return message(
            "Track record: on later months the forecast expected {expected:,.0f} churned customers "
            "and {happened:,.0f} churned, each counted once for every month ahead it was "
            "forecast.{more}",
            expected=expected,
            happened=happened,
            more=more,
        )


@needs_amounts
def outlook(dataset: Dataset, settings: Settings, customers: Customers) -> Outlook:
    """Expected churn, contraction and expansion of MRR, month by month.

    Formula: per account and month, MRR × the chance to be still there at its begin × the chance of the event
    in it; for contraction and expansion × the usual share of MRR that such changes had. Chances come from
    monthly hazard models: base rate, logistic regression, LightGBM and their mean run a race on later data.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    customers : Customers

    Raises
    ------
    ModelError
        When there is nothing to learn from, or nobody pays.
    """
    mrr_amount = float(customers.need().outlook["mrr_amount"].sum())
    return Outlook(account_outlook.by_month(customers), customers.cards, mrr_amount, settings.currency)


@dataclass(frozen=True)
class Ahead:
    """One account's year: [month_ahead, who, stay_rate], beside the mean of all."""

    frame: pl.DataFrame
    row: dict[str, float | None]
    currency: str

    def sentence(self) -> str:
        """Say the chances and the money."""
        row = self.row
        text = message("Churn risk within 12 months is {p_left_12m}", p_left_12m=chance(row["p_left_12m"]))
        if row["p_left_at_renewal"] is not None:
            days = counted(round(row["days_to_renewal"] or 0), "day")
            text += message(
                ", and {p_left_at_renewal} at the renewal in {days}",
                p_left_at_renewal=chance(row["p_left_at_renewal"]),
                days=days,
            )
        amounts = [
            number(row[f"{k}_mrr_amount"] or 0.0, "money", self.currency) for k in ("churned", "contracted", "expanded")
        ]
        lost, cut, won = amounts
        return message(
            "{text}. Expected MRR: {lost} churn, {cut} contraction, {won} expansion.",
            text=text,
            lost=lost,
            cut=cut,
            won=won,
        )


def ahead(dataset: Dataset, settings: Settings, customers: Customers, account_id: str) -> Ahead:
    """One account's chance to stay a customer over the coming year, month by month.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    customers : Customers
    account_id : str

    Raises
    ------
    ModelError
        When the account does not pay.
    """
    customers.need()
    row = reasons.paying(customers.outlook, account_id)
    left = customers.hazards.filter(pl.col("event") == EVENTS[0]).sort("account_id", "month_ahead")
    path = left.with_columns(stay_rate=(1 - pl.col("hazard")).cum_prod().over("account_id"))
    own = path.filter(pl.col("account_id") == account_id).select(
        "month_ahead", pl.lit("This account").alias("who"), "stay_rate"
    )
    every = path.group_by("month_ahead").agg(pl.col("stay_rate").mean()).sort("month_ahead")
    frame = pl.concat([own, every.select("month_ahead", pl.lit("All accounts").alias("who"), "stay_rate")])
    return Ahead(_from_one(frame), row.to_dicts()[0], settings.currency)


def _from_one(frame: pl.DataFrame) -> pl.DataFrame:
    """Put today, where everybody is still there, before the first month."""
    today = frame.unique("who", maintain_order=True).with_columns(
        month_ahead=pl.lit(0, frame.schema["month_ahead"]), stay_rate=pl.lit(1.0)
    )
    return pl.concat([today, frame])


@dataclass(frozen=True)
class Signs:
    """One account's health: [sign, value, bad, good, weight, points], and both scores."""

    frame: pl.DataFrame
    learned: float | None
    by_hand: float | None
    coverage_rate: float
    band: str | None

    def sentence(self) -> str:
        """Say both scores and how much of the weight is known."""
        if self.by_hand is None:
            return "There is no data on this account's health yet."
        learned = (
            message("; the predicted score is {learned:.0f}", learned=self.learned) if self.learned is not None else ""
        )
        return message(
            "The rules-based health score is {by_hand:.0f} of 100 ({band}, from {coverage_rate} of "
            "its signs){learned}.",
            by_hand=self.by_hand,
            band=self.band,
            coverage_rate=percent(self.coverage_rate),
            learned=learned,
        )


def health_of(dataset: Dataset, settings: Settings, customers: Customers, account_id: str) -> Signs:
    """Open one account's health scores: each sign with its value, weight and points.

    Points are weight × the share of the way from bad to good; signs not known count for nothing, on either
    side of the fraction.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    customers : Customers
    account_id : str

    Raises
    ------
    ModelError
        When the account does not pay.
    """
    row = reasons.paying(customers.features, account_id)
    scored = health.by_hand(row, settings).to_dicts()[0]
    everyone = customers.outlook
    own = everyone.filter(pl.col("account_id") == account_id) if everyone.height else everyone
    learned = own["learned"][0] if own.height else None
    return Signs(health.signs(row, settings), learned, scored["by_hand"], scored["coverage_rate"], scored["band"])


def on_trial(dataset: Dataset, settings: Settings, customers: Customers) -> Trial:
    """How well the rules-based and the predicted health score flagged customers that later churned.

    Scores are taken as they stood every 56 days: the learned one from twins of the hazard model that were
    trained only on what was known before, the hand-weighted one from the weights in the settings. The learned
    score is given as many reds and greens as the other on every date.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    customers : Customers

    Raises
    ------
    ModelError
        When the history is too short.
    """
    past = customers.past
    if past.is_empty():
        raise ModelError("The history is too short to check health scores.", mend="Load more contracts that ended.")
    past = past.with_columns(health.by_hand(past, settings)["by_hand"])
    return health.trial(past, dataset.as_of, settings.models.churn_days, settings)


def by_health(
    dataset: Dataset, settings: Settings, customers: Customers, score: str = "by_hand", kind: str = "greens"
) -> pl.DataFrame:
    """Accounts rated green that churned, and accounts rated red that stayed, on the last date whose outcome is known.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    customers : Customers
    score : {"learned", "by_hand"}
    kind : {"greens", "reds"}
    """
    green, red = on_trial(dataset, settings, customers).misses(score)
    rows = green if kind == "greens" else red
    names = dataset.accounts.select("account_id", "account_name", "segment")
    shown = ["account_id", "account_name", "segment", "mrr_amount", "learned", "by_hand", "left_on"]
    return (
        rows.join(names, on="account_id", how="left")
        .select(shown)
        .sort("mrr_amount", "account_id", descending=[True, False])
    )


@needs_amounts
def worth(dataset: Dataset, settings: Settings, customers: Customers) -> LifetimeValue:
    """The margin each customer is expected to bring, from its contract or its repeat orders.

    By contract: MRR × margin × Σ S(m) / (1 + rate)^(m/12) over `customers.value_months`, S being the chance to
    stay; checked by Kaplan-Meier and the shifted beta-geometric model. By orders: margin × the mean of BG/NBD ×
    Gamma-Gamma and LightGBM (Tweedie). An account's range is that of its own fate; the total's range minds how
    far past forecasts were off.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    customers : Customers

    Raises
    ------
    ModelError
        When there are too few customers to learn from.
    """
    if lifetime.kind(dataset, settings) == "repeat":
        return lifetime.by_orders(dataset, settings)
    customers.need()
    left = customers.hazards.filter(pl.col("event") == EVENTS[0]).drop("event")
    paying = customers.features.select("account_id", "mrr_amount", "tenure_days")
    return lifetime.by_contract(dataset, settings, left, paying, customers.off)


@needs_amounts
def groups(dataset: Dataset, settings: Settings, way: str = "kmeans") -> Segments:
    """Customers grouped by what they buy, pay and use, each group named by what sets it apart.

    k-means on standardised signs, or a mixture of normal distributions, which lets groups differ in size and
    spread; the number of groups is the steadiest on resamples (adjusted Rand index) among those that lie nearly as
    far apart as the best (silhouette). Beside it stand recency, frequency and money in fifths.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    way : {"kmeans", "mixture"}

    Raises
    ------
    ModelError
        With fewer than 30 customers, or when all are alike.
    """
    return segments.build(dataset, settings, way)
