"""What was known of each open deal on a date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from core import marts
from core.config import Settings, windows
from core.config.calendar import quarter_end, quarter_number
from core.config.stages import is_open
from core.contracts import Dataset
from core.contracts.spans import line_runs

NUMBERS = (
    "stage_rank",
    "days_in_stage",
    "age_days",
    "n_pushes",
    "n_pulls",
    "days_to_close",
    "amount",
    "amount_change_rate",
    "n_owner_changes",
    "n_meetings_30d",
    "n_meetings_60d",
    "meetings_per_week",
    "meeting_pace",
    "n_activities_30d",
    "silence_days",
    "n_contacts",
    "is_customer",
    "owner_win_rate",
    "account_win_rate",
    "rival_win_rate",
    "employee_count",
    "days_to_quarter_end",
    "fiscal_quarter",
)
CATEGORIES = (
    "stage",
    "opportunity_type",
    "competitor",
    "lead_source",
    "segment",
    "region",
    "industry",
    "product_family",
)
# How features from a company's own columns (`models.deal_fields`) begin.
OWN = "own_"
NUMERIC_SHARE = 0.95
# What is worked out from other features alone, on one and the same day.
FOLLOWS = {"rival_win_rate": ("competitor", "region"), "stage_rank": ("stage",)}
PRIOR_DEALS = 20
RECENT_DAYS = 730
USUAL_MEETINGS, USUAL_WEEKS = 1.5, 4


def build(dataset: Dataset, as_of: date, settings: Settings, only: str | None = None) -> pl.DataFrame:
    """Describe every deal that was open on a date, or one of them, by what was known on that date.

    Parameters
    ----------
    dataset : Dataset
    as_of : date
        Rows of history, activities, contracts and deals later than this change nothing.
    settings : Settings
        Names the stages and the fiscal year.
    only : str, optional
        The opportunity_id of one deal; what is known of its owner, account and rival still rests on all.

    Returns
    -------
    pl.DataFrame
        One row per deal open at the end of the day: opportunity_id, owner_id, stage, close_on, the
        features in `NUMBERS` and `CATEGORIES`, and one per column named under `models.deal_fields`,
        as own_ and its name: a number where nearly all of it reads as numbers, else words; null where
        the deals have no such column. Counts are 0 where nothing happened; a feature
        whose source is missing is null.

    Notes
    -----
    `meeting_pace` is meetings a week, drawn towards the usual while a deal is young:
    (meetings + 1.5) / (weeks + 4). Win rates of the owner, of the account and against a competitor in
    a region are shares won among the deals closed in the last two years (the owner's: ever), drawn
    towards the average where there are few.

    Stage, amount, expected close and owner come from the deal's history. Without history they are
    left null, because what they were on a past date is not known. Number of contacts, competitor,
    lead source, type and a company's own columns have no history in a CRM export; their present value
    is taken, which the model card says.
    """
    now = states_at(dataset, as_of, settings, only)
    families = dataset.products.select("product_id", product_family="family")
    kinds = dataset.accounts.select("account_id", "segment", "region", "industry", "employee_count")
    still = dataset.opportunities.select(
        "opportunity_id",
        "account_id",
        "product_id",
        "opportunity_type",
        "competitor",
        "lead_source",
        "n_contacts",
        "created_on",
    ).filter(pl.col("created_on").is_null() | (pl.col("created_on") <= as_of))
    out = (
        now.join(still, on="opportunity_id")
        .join(kinds, on="account_id", how="left")
        .join(families, on="product_id", how="left")
        .join(_touches(dataset, as_of, only), on="opportunity_id", how="left")
        .join(own(dataset, settings), on="opportunity_id", how="left")
        .join(_customers(dataset, as_of), on="account_id", how="left")
        .join(_records(dataset, as_of), on="owner_id", how="left")
        .join(_rates(dataset, as_of, ("account_id",), "account_win_rate"), on="account_id", how="left")
        .join(
            _rates(dataset, as_of, ("competitor", "region"), "rival_win_rate"), on=["competitor", "region"], how="left"
        )
    )
    touched = ("n_meetings_30d", "n_meetings_60d", "n_meetings", "n_activities_30d")
    zero = pl.lit(0 if marts.of(dataset).has("activities") else None, pl.UInt32)
    ahead = (quarter_end(as_of, settings) - as_of).days
    return (
        out.with_columns(
            pl.col(touched).fill_null(zero),
            pl.col("is_customer").fill_null(value=False).cast(pl.Int8),
            age_days=(pl.lit(as_of) - pl.col("created_on")).dt.total_days(),
            days_to_close=(pl.col("close_on") - as_of).dt.total_days(),
            days_to_quarter_end=pl.lit(ahead),
            fiscal_quarter=pl.lit(quarter_number(as_of, settings)),
        )
        .with_columns(
            meetings_per_week=pl.col("n_meetings") / (pl.col("age_days") / 7).clip(1),
            meeting_pace=(pl.col("n_meetings") + USUAL_MEETINGS) / (pl.col("age_days") / 7 + USUAL_WEEKS),
        )
        .select("opportunity_id", "account_id", "owner_id", "close_on", *NUMBERS, *CATEGORIES, f"^{OWN}.*$")
        .sort("opportunity_id")
    )


def own(dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """Return the company's own columns of deals that are learnt from: [opportunity_id, own_…]."""
    deals = dataset.opportunities
    parts = [_own(deals, name).alias(f"{OWN}{name}") for name in settings.models.deal_fields]
    return deals.select("opportunity_id", *parts)


def _own(deals: pl.DataFrame, name: str) -> pl.Series:
    if name not in deals.columns:
        return pl.repeat(None, deals.height, dtype=pl.String, eager=True)
    column = deals[name]
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return column.cast(pl.Float64)
    words = column.cast(pl.String).str.strip_chars()
    words = words.set(words == "", None)
    numbers = words.cast(pl.Float64, strict=False)
    is_number = numbers.count() >= NUMERIC_SHARE * words.count() > 0
    return numbers if is_number else words


def states_at(dataset: Dataset, as_of: date, settings: Settings, only: str | None = None) -> pl.DataFrame:
    """Return the state of every deal open at the end of a day, or of one of them, with how it came there.

    Returns
    -------
    pl.DataFrame
        [opportunity_id, owner_id, stage, close_on, amount, stage_rank, days_in_stage, n_pushes,
        n_pulls, amount_change_rate, n_owner_changes].
    """
    tables = marts.of(dataset)
    if not tables.has("opportunity_history"):
        return _without_history(dataset, as_of).filter(_chosen(only))
    order = {name: rank for rank, name in enumerate(settings.stages.open)}
    history = tables.deal_states.filter(_chosen(only), pl.col("valid_from") <= as_of)
    seen = history.sort("opportunity_id", "valid_from")
    before = {name: pl.col(name).shift(1).over("opportunity_id") for name in ("close_on", "stage", "owner_id")}
    moved = seen.with_columns(
        is_push=pl.col("close_on") > before["close_on"],
        is_pull=pl.col("close_on") < before["close_on"],
        is_stage_change=pl.col("stage") != before["stage"],
        is_owner_change=pl.col("owner_id") != before["owner_id"],
        stage_from=pl.when(pl.col("stage").ne_missing(before["stage"])).then(pl.col("valid_from")),
    )
    last = moved.group_by("opportunity_id", maintain_order=True).agg(
        pl.col("owner_id", "stage", "close_on", "amount", "is_deleted").last(),
        n_pushes=pl.col("is_push").sum(),
        n_pulls=pl.col("is_pull").sum(),
        n_owner_changes=pl.col("is_owner_change").sum(),
        days_in_stage=(pl.lit(as_of) - pl.col("stage_from").max()).dt.total_days(),
        first_amount=pl.col("amount").drop_nulls().first(),
    )
    alive = last.filter(is_open(settings))
    base = pl.when(pl.col("first_amount") > 0).then("first_amount")
    return alive.with_columns(
        stage_rank=pl.col("stage").replace_strict(order, default=None, return_dtype=pl.Int64),
        amount_change_rate=pl.col("amount") / base - 1,
    ).drop("first_amount", "is_deleted")


def _chosen(only: str | None) -> pl.Expr:
    return pl.lit(value=True) if only is None else pl.col("opportunity_id") == only


def _without_history(dataset: Dataset, as_of: date) -> pl.DataFrame:
    ended = pl.col("is_closed") & (pl.col("close_on") <= as_of)
    alive = dataset.opportunities.filter((pl.col("created_on") <= as_of) & ~ended.fill_null(value=False))
    return alive.select(
        "opportunity_id",
        "owner_id",
        stage=pl.lit(None, pl.String),
        close_on=pl.lit(None, pl.Date),
        amount=pl.lit(None, pl.Float64),
        n_pushes=pl.lit(None, pl.UInt32),
        n_pulls=pl.lit(None, pl.UInt32),
        n_owner_changes=pl.lit(None, pl.UInt32),
        days_in_stage=pl.lit(None, pl.Int64),
        stage_rank=pl.lit(None, pl.Int64),
        amount_change_rate=pl.lit(None, pl.Float64),
    )


def _touches(dataset: Dataset, as_of: date, only: str | None) -> pl.DataFrame:
    """Count what was done on each deal in the last 30 and 60 days."""
    done = marts.of(dataset).deal_activity_days.filter(_chosen(only), pl.col("on") <= as_of)
    late, recent = (windows.last_days(as_of, days).holds("on") for days in (30, 60))
    met, count = pl.col("n_meetings").cast(pl.UInt32), pl.col("n_activities").cast(pl.UInt32)
    return done.group_by("opportunity_id").agg(
        n_meetings_30d=met.filter(late).sum(),
        n_meetings_60d=met.filter(recent).sum(),
        n_meetings=met.sum(),
        n_activities_30d=count.filter(late).sum(),
        silence_days=(pl.lit(as_of) - pl.col("on").max()).dt.total_days(),
    )


def _customers(dataset: Dataset, as_of: date) -> pl.DataFrame:
    return (
        dataset.subscriptions.filter(line_runs(as_of))
        .select("account_id")
        .unique()
        .with_columns(is_customer=pl.lit(value=True))
    )


def _records(dataset: Dataset, as_of: date) -> pl.DataFrame:
    """Return each owner's share of deals won among those closed by the date, drawn towards the average."""
    rows = dataset.opportunities.select("owner_id", "is_closed", "is_won", "close_on")
    closed = rows.filter(pl.col("is_closed") & (pl.col("close_on") <= as_of))
    overall = closed["is_won"].mean() if closed.height else None
    return closed.group_by("owner_id").agg(
        owner_win_rate=(pl.col("is_won").sum() + PRIOR_DEALS * pl.lit(overall)) / (pl.len() + PRIOR_DEALS)
    )


def _rates(dataset: Dataset, as_of: date, by: tuple[str, ...], name: str) -> pl.DataFrame:
    """Return the share won of lately closed deals by some columns, drawn towards the average."""
    recent = pl.col("is_closed") & windows.last_days(as_of, RECENT_DAYS).holds("close_on")
    rows = dataset.opportunities.select("account_id", "competitor", "is_closed", "is_won", "close_on")
    closed = rows.filter(recent)
    overall = closed["is_won"].mean() if closed.height else None
    if "region" in by:
        closed = closed.join(dataset.accounts.select("account_id", "region"), on="account_id", how="left")
    return closed.group_by(by).agg(
        ((pl.col("is_won").sum() + PRIOR_DEALS * pl.lit(overall)) / (pl.len() + PRIOR_DEALS)).alias(name)
    )


def ends(dataset: Dataset, frame: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Put beside each deal when and how it ended, as far as the dataset's own date.

    Returns
    -------
    pl.DataFrame
        The frame's columns and as_of, follow_days (how long the deal has been followed since),
        end_days (days until it was won or lost; null while open), is_won.
    """
    closed = pl.col("is_closed") & (pl.col("close_on") <= dataset.as_of)
    endings = dataset.opportunities.filter(closed).select("opportunity_id", "is_won", ended_on="close_on")
    return (
        frame.join(endings, on="opportunity_id", how="left")
        .with_columns(
            as_of=pl.lit(as_of),
            follow_days=pl.lit((dataset.as_of - as_of).days, pl.Int64),
            end_days=(pl.col("ended_on") - as_of).dt.total_days(),
            is_won=pl.col("is_won").fill_null(value=False),
        )
        .drop("ended_on")
    )


def outcomes(dataset: Dataset, frame: pl.DataFrame, as_of: date, horizons: Sequence[int]) -> pl.DataFrame:
    """Put what became of deals beside a frame of `build`: one row per deal and horizon.

    Returns
    -------
    pl.DataFrame
        The frame's columns and as_of, horizon_days, is_known_on (the day the outcome was known),
        target (1 when won within the horizon, else 0).
    """
    wins = dataset.opportunities.filter(pl.col("is_won")).select("opportunity_id", won_on="close_on")
    spread = frame.join(wins, on="opportunity_id", how="left").join(
        pl.DataFrame({"horizon_days": list(horizons)}, schema={"horizon_days": pl.Int64}), how="cross"
    )
    until = pl.lit(as_of) + pl.duration(days="horizon_days")
    return spread.with_columns(
        as_of=pl.lit(as_of),
        is_known_on=until,
        target=((pl.col("won_on") > as_of) & (pl.col("won_on") <= until)).fill_null(value=False).cast(pl.Int8),
    ).drop("won_on")


def first(dataset: Dataset) -> date | None:
    """Return the day the records of deals begin; null without deals."""
    earliest = dataset.opportunities["created_on"].min()
    return earliest if isinstance(earliest, date) else None
