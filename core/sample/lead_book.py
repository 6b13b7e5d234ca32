"""The sample's leads: some became the deals there are, the others nothing, and the difference is planted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl

from core.sample.word_lists import FIRST_NAMES, LAST_NAMES, LEAD_CHANNELS, TITLES

Namer = Callable[[list[str], list[str], list[str]], list[str]]

# Log odds that a lead becomes a deal. The size of its company does nothing.
SOURCE_EFFECTS = {"Referral": 1.0, "Partner": 0.5, "Inbound": 0.3, "Event": 0.0, "Outbound": -0.6}
TITLE_EFFECTS = {"Chief": 0.2, "Vice president": 0.6, "Director": 0.5, "Manager": 0.0, "Specialist": -0.8}
TITLE_SHARES = (0.06, 0.12, 0.22, 0.30, 0.30)
ANSWER_EFFECT, ANSWER_MEAN, ANSWER_SPREAD = -0.35, 2.2, 1.2  # per log hour until the first answer
NO_ANSWER_EFFECT, NO_ANSWER = -1.2, 0.14
TOUCH_EFFECT, TOUCHES = 0.4, 0.7  # per further touch
FROM_LEADS, OTHERS = 0.7, 3.0
OPEN_DAYS, STALE = 110, 0.75


def leads(
    rng: np.random.Generator, deals: pl.DataFrame, accounts: pl.DataFrame, names: Namer, as_of: date
) -> pl.DataFrame:
    """Return the leads of the records, those that became deals first in time for these.

    Parameters
    ----------
    rng : numpy.random.Generator
    deals, accounts : pl.DataFrame
    names : callable
        Makes companies' names of industries, regions and countries.
    as_of : date
        No lead comes in later.
    """
    fresh = deals.filter(pl.col("opportunity_type") == "new").drop_nulls("created_on")
    came = fresh.filter(pl.Series(rng.random(fresh.height) < FROM_LEADS, dtype=pl.Boolean))
    converted = _converted(rng, came, accounts)
    others = _others(rng, converted, accounts, names, as_of)
    rows = pl.concat([converted, others], how="diagonal_relaxed").sort("created_at", "company")
    return rows.with_columns(
        lead_id=pl.format("L{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(6)),
        lead_name=_people(rng, rows.height),
        created_on=pl.col("created_at").dt.date(),
        answered_at=pl.when(pl.col("answered_at").dt.date() <= as_of).then("answered_at"),
    )


def touches(rng: np.random.Generator, rows: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return each lead's first touch, by its source, and the further ones that were planted."""
    n = rows.height
    first = [str(rng.choice(LEAD_CHANNELS[source])) for source in rows["lead_source"].to_list()]
    came = rows.select("lead_id", "account_id", touched_at="created_at", channel=pl.Series(first, dtype=pl.String))
    is_deal = rows["is_converted"].to_numpy()
    which = np.repeat(np.arange(n), rng.poisson(TOUCHES * np.exp(TOUCH_EFFECT * is_deal), n))
    end = pl.coalesce("converted_on", pl.min_horizontal(pl.col("created_on").dt.offset_by("30d"), pl.lit(as_of)))
    part = pl.Series(rng.random(len(which)))
    further = rows[which].select(
        "lead_id",
        "account_id",
        touched_at=pl.col("created_at")
        + ((end.cast(pl.Datetime("us")) - pl.col("created_at")).dt.total_minutes() * pl.lit(part)).cast(pl.Int64)
        * pl.duration(minutes=1),
        channel=pl.Series(rng.choice(["E-mail", "Webinar", "Paid search"], len(which), p=[0.5, 0.3, 0.2])),
    )
    further = further.join(rows.select("lead_id", "created_at"), on="lead_id", maintain_order="left")
    return pl.concat([came, further.filter(pl.col("touched_at") > pl.col("created_at")).drop("created_at")])


def _converted(rng: np.random.Generator, deals: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    n = deals.height
    facts = accounts.select("account_id", "account_name", "industry", "country", "employee_count")
    joined = deals.join(facts, on="account_id", how="left", maintain_order="left")
    shares = np.array(TITLE_SHARES) * np.exp(list(TITLE_EFFECTS.values()))
    mean = ANSWER_MEAN + ANSWER_EFFECT * ANSWER_SPREAD**2
    hours = _answer_hours(rng, n, mean, NO_ANSWER * np.exp(NO_ANSWER_EFFECT))
    wait = np.maximum(np.ceil(rng.gamma(2.0, 9.0, n)), np.ceil(np.nan_to_num(hours) / 24) + 2).astype(int)
    created = pl.col("created_on") - pl.duration(days=pl.lit(pl.Series(wait)))
    return joined.select(
        company="account_name",
        title=_titles(rng, n, shares / shares.sum()),
        industry="industry",
        country="country",
        employee_count="employee_count",
        status=pl.lit("Converted"),
        lead_source="lead_source",
        owner_id="owner_id",
        created_at=created.cast(pl.Datetime("us")) + _time_of_day(rng, n),
        _hours=pl.Series(hours, nan_to_null=True),
        is_converted=pl.lit(value=True),
        converted_on="created_on",
        account_id="account_id",
        opportunity_id="opportunity_id",
    ).pipe(_answered)


def _others(
    rng: np.random.Generator, converted: pl.DataFrame, accounts: pl.DataFrame, names: Namer, as_of: date
) -> pl.DataFrame:
    """Return leads that became nothing: of invented companies, as many again for each source as its effect says."""
    n = round(OTHERS * converted.height)
    sources = list(SOURCE_EFFECTS)
    counts = converted["lead_source"].value_counts()
    had = dict(counts.iter_rows())
    shares = np.array([had.get(s, 0) * np.exp(-SOURCE_EFFECTS[s]) for s in sources]) + 1e-9
    like = accounts[rng.integers(0, accounts.height, n)]
    days = converted["created_at"][rng.integers(0, max(converted.height, 1), n)] if converted.height else None
    if days is None:
        return converted.clear()
    shift = pl.Series(rng.integers(-30, 60, n))
    age = pl.col("created_at").dt.date()
    frame = pl.DataFrame(
        {
            "company": names(like["industry"].to_list(), like["region"].to_list(), like["country"].to_list()),
            "title": _titles(rng, n, np.array(TITLE_SHARES)),
            "industry": like["industry"],
            "country": like["country"],
            "employee_count": like["employee_count"],
            "lead_source": rng.choice(sources, n, p=shares / shares.sum()),
            "owner_id": like["owner_id"],
            "created_at": days.dt.date(),
            "_hours": pl.Series(_answer_hours(rng, n, ANSWER_MEAN, NO_ANSWER), nan_to_null=True),
        }
    ).with_columns(
        created_at=(pl.col("created_at") + pl.duration(days=pl.lit(shift))).cast(pl.Datetime("us"))
        + _time_of_day(rng, n)
    )
    stale = pl.Series(rng.random(n) < STALE)
    old = (pl.lit(as_of) - age).dt.total_days() > OPEN_DAYS
    status = pl.when(old | (stale & ((pl.lit(as_of) - age).dt.total_days() > 45))).then(pl.lit("Unqualified"))
    return (
        frame.with_columns(
            status=status.when(pl.col("_hours").is_null()).then(pl.lit("New")).otherwise(pl.lit("Working")),
            is_converted=pl.lit(value=False),
        )
        .filter(age <= as_of)
        .pipe(_answered)
    )


def _answered(rows: pl.DataFrame) -> pl.DataFrame:
    minutes = (pl.col("_hours") * 60).round().cast(pl.Int64)
    return rows.with_columns(answered_at=pl.col("created_at") + minutes * pl.duration(minutes=1)).drop("_hours")


def _answer_hours(rng: np.random.Generator, n: int, mean: float, never: float) -> np.ndarray:
    return np.where(rng.random(n) < never, np.nan, np.exp(rng.normal(mean, ANSWER_SPREAD, n)))


def _titles(rng: np.random.Generator, n: int, shares: np.ndarray) -> pl.Series:
    levels = rng.choice(len(TITLES), n, p=shares)
    kinds = list(TITLES.values())
    return pl.Series([str(kinds[level][k % len(kinds[level])]) for k, level in enumerate(levels)], dtype=pl.String)


def _time_of_day(rng: np.random.Generator, n: int) -> pl.Expr:
    return pl.duration(minutes=pl.lit(pl.Series(rng.integers(420, 1_200, n))))


def _people(rng: np.random.Generator, n: int) -> pl.Series:
    first, last = rng.choice(FIRST_NAMES, n), rng.choice(LAST_NAMES, n)
    return pl.Series([f"{a} {b}" for a, b in zip(first, last, strict=True)], dtype=pl.String)
