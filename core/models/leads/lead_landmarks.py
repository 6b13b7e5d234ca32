"""What was known of each lead on some day, and what became of it afterwards."""

from __future__ import annotations

import polars as pl

from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.metrics import touchpoints
from core.metrics.lead_facts import facts

AGES = (1, 14, 30, 60)
HORIZONS = {"deal": 90, "won": 180}
MOST_DAYS = 180
# Words of a title, folded, by how far up a person is; the first that matches counts.
LEVELS = (
    ("chief", r"\b(chief|c[eftoimr]o|founder|owner|president)\b"),
    ("vice president", r"\b(vp|svp|evp|vice)\b"),
    ("director", r"\b(director|head|leiter|directeur)\b"),
    ("manager", r"\b(manager|lead|supervisor)\b"),
)
WORDS = ("lead_source", "industry", "level", "answer")
NUMBERS = ("log_employees", "log_age", "n_touches", "n_recent", "days_quiet")


def landmarks(data: Dataset, outcome: str) -> pl.DataFrame:
    """Return past days of leads whose outcome is known by now.

    Parameters
    ----------
    data : Dataset
    outcome : str
        "deal": became a deal within 90 days of the day; "won": its deal was won within 180.

    Returns
    -------
    pl.DataFrame
        [lead_id, on, age, y] with `WORDS` and `NUMBERS`, one row per lead and age of 1, 14, 30 and 60 days at which it
        was no deal yet. Nothing in them lies after `on`, but for `y`.
    """
    horizon = HORIZONS[outcome]
    rows = facts(data).filter(~pl.col("is_deal") | pl.col("became_on").is_not_null())
    at_ages = rows.join(pl.DataFrame({"age": AGES}, schema={"age": pl.Int64}), how="cross").with_columns(
        on=pl.col("created_on") + pl.duration(days=pl.col("age"))
    )
    open_then = pl.col("became_on").is_null() | (pl.col("became_on") > pl.col("on"))
    over = pl.col("on") <= data.as_of - pl.duration(days=horizon)
    end = pl.col("became_on") if outcome == "deal" else pl.col("won_on")
    hit = ((end - pl.col("on")).dt.total_days() <= horizon).fill_null(value=False)
    open_rows = at_ages.filter(open_then, over).with_columns(y=hit.cast(pl.Int64))
    return (
        _described(data, open_rows).select("lead_id", "on", "age", "y", *WORDS, *NUMBERS).sort("on", "lead_id", "age")
    )


def today(data: Dataset) -> pl.DataFrame:
    """Return the leads that can be worked now: open, and no older than 180 days.

    Returns
    -------
    pl.DataFrame
        [lead_id, lead_name, company, title, owner_id, owner_name, status, created_on, on, age] with `WORDS` and
        `NUMBERS`.
    """
    rows = (
        facts(data)
        .filter("is_open")
        .with_columns(on=pl.lit(data.as_of), age=(pl.lit(data.as_of) - pl.col("created_on")).dt.total_days())
    )
    shown = ("lead_id", "lead_name", "company", "title", "owner_id", "owner_name", "status", "created_on", "on", "age")
    fresh = rows.filter(pl.col("age") <= MOST_DAYS)
    names = data.sales_team.sort("valid_from").unique("rep_id", keep="last").select(owner_id="rep_id", _name="rep_name")
    fresh = fresh.join(names, on="owner_id", how="left", maintain_order="left").with_columns(
        owner_name=pl.coalesce("_name", "owner_id")
    )
    return _described(data, fresh).select(*shown, *WORDS, *NUMBERS).sort("lead_id")


def _described(data: Dataset, rows: pl.DataFrame) -> pl.DataFrame:
    title = pl.col("title").str.to_lowercase()
    level = pl.when(title.is_null()).then(pl.lit(NOT_KNOWN))
    for name, pattern in LEVELS:
        level = level.when(title.str.contains(pattern)).then(pl.lit(name))  # type: ignore[assignment]
    hours = (pl.col("answered_at") - pl.col("created_at")).dt.total_minutes() / 60
    is_answered = (pl.col("answered_at").dt.date() <= pl.col("on")) & (hours >= 0)
    waited = pl.when(~is_answered.fill_null(value=False)).then(pl.lit("none yet"))
    answer = waited.when(hours < 4).then(pl.lit("within 4 hours")).when(hours < 24).then(pl.lit("within a day"))
    named = rows.with_columns(
        level=level.otherwise(pl.lit("other")),
        answer=answer.otherwise(pl.lit("later")),
        industry=pl.col("industry").fill_null(NOT_KNOWN),
        log_employees=pl.col("employee_count").cast(pl.Float64).log1p(),
        log_age=pl.col("age").cast(pl.Float64).log1p(),
    )
    return _with_touches(data, named)


def _with_touches(data: Dataset, rows: pl.DataFrame) -> pl.DataFrame:
    """Count touches up to the day: all, those of the last 14 days, and days since the last, at most the lead's age."""
    reached = (
        touchpoints.reached(data).drop_nulls("lead_id").select("lead_id", touched_on=pl.col("touched_at").dt.date())
    )
    pairs = rows.select("lead_id", "on").join(reached, on="lead_id").filter(pl.col("touched_on") <= pl.col("on"))
    quiet = (pl.col("on") - pl.col("touched_on")).dt.total_days()
    counts = pairs.group_by("lead_id", "on").agg(
        n_touches=pl.len().cast(pl.Float64), n_recent=(quiet < 14).sum().cast(pl.Float64), _quiet=quiet.min()
    )
    joined = rows.join(counts, on=["lead_id", "on"], how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("n_touches", "n_recent").fill_null(0.0),
        days_quiet=pl.min_horizontal(pl.col("_quiet").fill_null(pl.col("age")), "age").cast(pl.Float64),
    ).drop("_quiet")
