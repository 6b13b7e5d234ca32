"""What is expected of every account, worked out once for a state of the data, the settings and the code."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from core.artifacts import ACCOUNTS, open_cache, remembered
from core.artifacts import key as key_of
from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import visible
from core.contracts.errors import ModelError, QuarterdeckError
from core.features import accounts
from core.models.bundle import Bundle
from core.models.churn import hazard
from core.models.churn.hazard import EVENTS, MONTHS, HazardModel
from core.models.keyed import Keyed

PARTS = 16
FRAMES = ("features", "hazards", "outlook", "past", "lived")


@dataclass(frozen=True, eq=False)
class Customers(Keyed):
    """What is expected of every paying account.

    Attributes
    ----------
    features : pl.DataFrame
        What is known today, as `features.accounts.build` gives it.
    hazards : pl.DataFrame
        [event, account_id, month_ahead, hazard], twelve months of each event.
    outlook : pl.DataFrame
        One row per account, as `outlook` gives it.
    past : pl.DataFrame
        [account_id, as_of, learned, p_90d, left_on, …the features]: what was known on past dates, and the
        learned health models gave then that had not seen what came later.
    lived : pl.DataFrame
        What was known of paying accounts every 56 days, with as_of and has_left: whether the account left
        within `models.churn_days`; only where that is known.
    cards : dict
        Per event how its model was chosen and how it did.
    problem : str
        Why there is no outlook, or empty.
    key : str
        Names what this was worked out from; empty for one put together by hand.
    """

    features: pl.DataFrame
    hazards: pl.DataFrame
    outlook: pl.DataFrame
    past: pl.DataFrame
    lived: pl.DataFrame
    cards: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    key: str = ""

    def need(self) -> Customers:
        """Return itself.

        Raises
        ------
        ModelError
            When nothing can be expected of any account; the message says why.
        """
        if self.outlook.is_empty():
            raise ModelError(self.problem or "No account pays at present.", mend="Load subscriptions on the Data page.")
        return self

    @property
    def off(self) -> float:
        """Return how many left on past data over how many were expected to; 1 where not known."""
        card = self.cards.get("left", {})
        expected, happened = card.get("expected") or 0.0, card.get("happened") or 0.0
        return happened / expected if expected and happened else 1.0


def build(dataset: Dataset, settings: Settings, bundle: Bundle) -> Customers:
    """Learn what becomes of accounts month by month, and say it of those that pay today.

    Parameters
    ----------
    dataset : Dataset
        The company's.
    settings : Settings
    bundle : Bundle
        The company's, whose chances of leaving the first months are made to agree with.
    """
    features = accounts.build(dataset, dataset.as_of, settings)
    none = pl.DataFrame()
    if features.is_empty():
        return Customers(features, none, none, none, none, {}, "No account pays at present.")
    marks, moved = hazard.marks(dataset, settings), hazard.moves(dataset.subscriptions)
    models: dict[str, HazardModel] = {}
    try:
        for event in EVENTS:
            twins = hazard.TWINS if event == "left" else 2
            models[event] = HazardModel(settings, event).fit(marks, moved, dataset.as_of, twins)
    except QuarterdeckError as error:
        return Customers(features, none, none, none, none, {}, str(error))
    predicted = {event: model.predict(features) for event, model in models.items()}
    predicted["left"] = agreeing(predicted["left"], bundle.churn_scores, settings)
    hazards = pl.concat([f.select(pl.lit(event).alias("event"), pl.all()) for event, f in predicted.items()])
    past = _past(dataset, marks, models["left"])
    size: dict[str, float] = {"left": 1.0, **{event: usual_size(moved, event) for event in EVENTS[1:]}}
    cards = {event: {**model.card_, "usual_size": size[event]} for event, model in models.items()}
    observed = lived(marks, moved, dataset, settings)
    return Customers(features, hazards, outlook(features, hazards, size), past, observed, cards)


def agreeing(hazards: pl.DataFrame, scores: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Scale the first months so that they say the same as the churn model does of its horizon.

    Formula: within the horizon every month's cumulative hazard −log(1 − h) is multiplied by the one
    number per account that makes the chance over these months the churn model's.

    Parameters
    ----------
    hazards : pl.DataFrame
        [account_id, month_ahead, hazard].
    scores : pl.DataFrame
        [account_id, p_churn_90d]; empty where there is no churn model, and nothing is scaled then.
    settings : Settings
    """
    days = settings.models.churn_days
    name, last = f"p_churn_{days}d", round(days / hazard.MONTH_DAYS)
    if scores.is_empty() or name not in scores.columns or not 1 <= last <= MONTHS:
        return hazards
    inside = pl.col("month_ahead") <= last
    load = -(1 - pl.col("hazard").clip(0, 0.999)).log()
    both = hazards.join(scores.select("account_id", wanted=name), on="account_id", how="left", maintain_order="left")
    total = load.filter(inside).sum().over("account_id")
    factor = (-(1 - pl.col("wanted").clip(0, 0.999)).log() / pl.when(total > 0).then(total)).fill_null(1.0)
    scaled = pl.when(inside).then(1 - (-load * factor).exp()).otherwise("hazard")
    return both.select("account_id", "month_ahead", hazard=scaled)


def by_month(customers: Customers) -> pl.DataFrame:
    """Return [month_ahead, churned_mrr_amount, contracted_mrr_amount, expanded_mrr_amount], summed over accounts."""
    size = {event: float(customers.cards[event]["usual_size"]) for event in EVENTS}
    stays = (1 - pl.col("hazard")).cum_prod().shift(1, fill_value=1.0).over("account_id", order_by="month_ahead")
    left = customers.hazards.filter(pl.col("event") == "left")
    alive = left.select("account_id", "month_ahead", alive_rate=stays)
    rows = customers.hazards.join(alive, on=["account_id", "month_ahead"]).join(
        customers.outlook.select("account_id", "mrr_amount"), on="account_id"
    )
    each = pl.col("mrr_amount") * pl.col("alive_rate") * pl.col("hazard")
    sums = {
        f"{word}_mrr_amount": (each * size[event]).filter(pl.col("event") == event).sum()
        for word, event in zip(("churned", "contracted", "expanded"), EVENTS, strict=True)
    }
    return rows.group_by("month_ahead").agg(**sums).sort("month_ahead")


def outlook(features: pl.DataFrame, hazards: pl.DataFrame, size: dict[str, float]) -> pl.DataFrame:
    """Say what the coming year holds for each account.

    Parameters
    ----------
    features : pl.DataFrame
        What is known today.
    hazards : pl.DataFrame
        [event, account_id, month_ahead, hazard].
    size : dict of str to float
        The share of MRR that an event usually changes, as `usual_size` gives it.

    Returns
    -------
    pl.DataFrame
        [account_id, mrr_amount, p_left_90d, p_left_12m, days_to_renewal, p_left_at_renewal,
        churned_mrr_amount, contracted_mrr_amount, expanded_mrr_amount, learned]: expected monthly
        revenue lost to leaving, lost to contraction and gained by expansion within 12 months; the
        chance to have left by 30 days after the next renewal (null where none is due within a year);
        learned health = 100 × the chance to be still here in 12 months.
    """
    stays = (1 - pl.col("hazard")).cum_prod().over("event", "account_id", order_by="month_ahead")
    path = hazards.with_columns(stay_rate=stays)
    left = path.filter(pl.col("event") == "left").select("account_id", "month_ahead", "hazard", "stay_rate")
    risk = hazard.within(left, ["account_id"])
    due = (pl.col("days_to_renewal") / hazard.MONTH_DAYS).ceil().cast(pl.Int64) + 1
    when = features.select("account_id", month_ahead=pl.when(due <= MONTHS).then(due.clip(1)))
    renewal = when.join(left, on=["account_id", "month_ahead"]).select(
        "account_id", p_left_at_renewal=1 - pl.col("stay_rate")
    )
    alive = left.select("account_id", "month_ahead", alive_rate=pl.col("stay_rate") / (1 - pl.col("hazard")))
    sums = (
        hazards.filter(pl.col("event") != "left")
        .join(alive, on=["account_id", "month_ahead"])
        .group_by("account_id")
        .agg(
            n_contracted=(pl.col("hazard") * pl.col("alive_rate")).filter(pl.col("event") == "contracted").sum(),
            n_expanded=(pl.col("hazard") * pl.col("alive_rate")).filter(pl.col("event") == "expanded").sum(),
        )
    )
    return (
        features.select("account_id", "mrr_amount", "days_to_renewal")
        .join(risk, on="account_id")
        .join(renewal, on="account_id", how="left")
        .join(sums, on="account_id", how="left")
        .select(
            "account_id",
            "mrr_amount",
            "days_to_renewal",
            "p_left_at_renewal",
            p_left_90d="p_90d",
            p_left_12m="p_12m",
            churned_mrr_amount=pl.col("p_12m") * pl.col("mrr_amount"),
            contracted_mrr_amount=pl.col("n_contracted") * size["contracted"] * pl.col("mrr_amount"),
            expanded_mrr_amount=pl.col("n_expanded") * size["expanded"] * pl.col("mrr_amount"),
            learned=100 * (1 - pl.col("p_12m")),
        )
    )


def usual_size(moved: pl.DataFrame, event: str) -> float:
    """Return the sum of changes over the sum of what was paid before them; 0 where there were none."""
    rows = moved.filter(pl.col("event") == event)
    before = float(rows["mrr_before"].sum())
    return abs(float((rows["mrr_after"] - rows["mrr_before"]).sum())) / before if before else 0.0


def lived(marks: pl.DataFrame, moved: pl.DataFrame, dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """Return past landmarks with has_left: whether the account left within `models.churn_days`."""
    until = pl.col("as_of") + pl.duration(days=settings.models.churn_days)
    ends = moved.filter(pl.col("event") == "left").select("account_id", left_on="on").sort("left_on")
    observed = marks.filter(until <= dataset.as_of).sort("as_of")
    joined = observed.join_asof(
        ends,
        left_on="as_of",
        right_on="left_on",
        by="account_id",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    return joined.with_columns(has_left=(pl.col("left_on") <= until).fill_null(value=False)).drop("left_on")


def _past(dataset: Dataset, marks: pl.DataFrame, left: HazardModel) -> pl.DataFrame:
    if left.scored_.is_empty():
        return pl.DataFrame()
    ends = accounts.spells(dataset.subscriptions).select("account_id", "started_on", left_on="ended_on")
    there = (pl.col("started_on") <= pl.col("as_of")) & (pl.col("left_on") > pl.col("as_of")).fill_null(value=True)
    return (
        left.scored_.select("account_id", "as_of", "p_90d", learned=100 * (1 - pl.col("p_12m")))
        .join(marks, on=["account_id", "as_of"])
        .join(ends, on="account_id", how="left")
        .filter(there)
        .with_columns(left_on=pl.when(pl.col("left_on") <= dataset.as_of).then("left_on"))
        .drop("started_on")
        .sort("as_of", "account_id")
    )


def key(dataset: Dataset, settings: Settings, bundle: str) -> str:
    """Return the name of what is expected of the accounts a dataset shows, from models of a key."""
    company = dataset.company
    parts = (settings.models, settings.stages, settings.fiscal)
    name = key_of(ACCOUNTS, company, parts, "core.models.customers.account_outlook", bundle)
    return name if dataset.company is dataset else f"{name}-{dataset.fingerprint}"


def load_or_build(dataset: Dataset, settings: Settings, bundle: Bundle) -> Customers:
    """Return what is expected of accounts: from memory or disk where it is kept, else worked out and kept.

    Parameters
    ----------
    dataset : Dataset
        Nothing of a session's own data is written to disk. For one person's part of a company, or hidden
        names, it is what was worked out for the whole company; see `customers_of`.
    settings : Settings
        `home` is where it is kept.
    bundle : Bundle
        The dataset's models.
    """
    company, models = dataset.company, bundle.company
    name = key(company, settings, models.key) if models.key else ""
    if not name:
        return customers_of(dataset, settings, build(company, settings, models))
    customers = open_cache(settings.home).get(
        ACCOUNTS, name, lambda: replace(build(company, settings, models), key=name), keep=not company.is_transient
    )
    return customers_of(dataset, settings, customers)


def customers_of(dataset: Dataset, settings: Settings, customers: Customers) -> Customers:
    """Cut what is expected of the company's accounts to those a dataset shows, under the names it shows.

    Parameters
    ----------
    dataset : Dataset
        One person's part of the company, the company under hidden names, or the company itself.
    settings : Settings
    customers : Customers
        The company's.
    """
    return customers if dataset.company is dataset else _cut(dataset, settings, customers)


@remembered(PARTS)
def _cut(dataset: Dataset, settings: Settings, customers: Customers) -> Customers:
    name = f"{customers.key}-{dataset.fingerprint}" if customers.key else ""
    if dataset.whole is not None:
        return replace(_part(customers_of(dataset.whole, settings, customers), dataset), key=name)
    return replace(_renamed(customers, dataset, dataset.company), key=name)


def _part(customers: Customers, dataset: Dataset) -> Customers:
    """Return one person's part; past cases of other accounts stay, without saying whose they are."""
    own = pl.col("account_id").is_in(dataset.accounts["account_id"].implode())
    frames: dict[str, Any] = {
        name: visible(frame.filter(own), dataset.amounts) if frame.width else frame
        for name, frame in _frames(customers).items()
    }
    if customers.lived.width:
        other = pl.format("Not yours {}", pl.col("account_id").rank("dense"))
        frames["lived"] = visible(customers.lived, dataset.amounts).with_columns(
            account_id=pl.when(own).then("account_id").otherwise(other)
        )
    return replace(customers, **frames)


def _renamed(customers: Customers, dataset: Dataset, unmasked: Dataset) -> Customers:
    """Return the same under hidden names; accounts are in the same order in both, and money in one proportion."""
    names = dict(zip(unmasked.accounts["account_id"], dataset.accounts["account_id"], strict=True))
    true, shown = (float(d.subscriptions["mrr_amount"].sum()) for d in (unmasked, dataset))
    factor = shown / true if true else 1.0
    hidden: dict[str, Any] = {
        name: frame.with_columns(
            pl.col("account_id").replace_strict(names, default="Hidden", return_dtype=pl.String),
            pl.col("^.*mrr_amount$") * factor,
        )
        if frame.width
        else frame
        for name, frame in _frames(customers).items()
    }
    return replace(customers, **hidden)


def _frames(customers: Customers) -> dict[str, pl.DataFrame]:
    return {name: getattr(customers, name) for name in FRAMES}
