"""Activities: the meetings the deals depend on, and the mail, calls, tickets and usage around them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from core.config.calendar import add_months, month_start


def build(
    rng: np.random.Generator,
    meetings: pl.DataFrame,
    deals: pl.DataFrame,
    silences: pl.DataFrame,
    readings: pl.DataFrame,
    rep_ids: np.ndarray,
    n_wanted: int,
    start: date,
    as_of: date,
) -> pl.DataFrame:
    """Write one activity frame of about `n_wanted` rows; nothing lies after `as_of`.

    Parameters
    ----------
    rng : numpy.random.Generator
    meetings : pl.DataFrame
        Columns deal, account, owner (indices) and day (days since `start`).
    deals : pl.DataFrame
        Opportunities, for the mails and calls around them.
    silences : pl.DataFrame
        Columns opportunity_id and monday: weeks in which a deal's buyer was silent.
    readings : pl.DataFrame
        Columns account, month, usage, tickets, sentiment.
    rep_ids : numpy.ndarray
    n_wanted : int
        Meetings, tickets and usage readings are all kept; mails and calls fill up.
    start, as_of : date
    """
    parts = [_meetings(rng, meetings, rep_ids, start), _usage(readings), _tickets(rng, readings)]
    spare = max(0, n_wanted - sum(p.height for p in parts))
    parts.append(_chatter(rng, _open_days(deals, silences, as_of), spare))
    wanted = parts[0].columns
    joined = pl.concat([p.select(wanted) for p in parts]).filter(pl.col("occurred_at").dt.date() <= as_of)
    return joined.sort("occurred_at", "account_id", "kind", maintain_order=True).select(
        activity_id=pl.format("C{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(7)), *wanted
    )


def by_month(
    rng: np.random.Generator,
    meetings: pl.DataFrame,
    deals: pl.DataFrame,
    silences: pl.DataFrame,
    readings: pl.DataFrame,
    rep_ids: np.ndarray,
    n_wanted: int,
    start: date,
    as_of: date,
) -> Iterator[pl.DataFrame]:
    """Yield about `n_wanted` activities month by month, for companies whose activities would not fit into memory.

    Parameters are those of `build`, and so are the rows: every meeting, usage reading and ticket, and mails and calls
    spread evenly over the days on which deals were open.
    """
    parts = [_meetings(rng, meetings, rep_ids, start), _usage(readings), _tickets(rng, readings)]
    rest = pl.concat(parts).filter(pl.col("occurred_at").dt.date() <= as_of).sort("occurred_at", "account_id", "kind")
    spare, n = max(0, n_wanted - rest.height), 0
    days = _open_days(deals, silences, as_of)
    first = month_start(min([start, *days.select(pl.col("day").min()).drop_nulls()["day"]]))
    while first <= as_of:
        last = add_months(first, 1)
        open_days = days.filter(pl.col("day").is_between(first, last, closed="left"))
        own = rest.filter(pl.col("occurred_at").dt.date().is_between(first, last, closed="left"))
        mails = _chatter(rng, open_days, round(spare * open_days.height / max(1, days.height)))
        rows = pl.concat([own, mails]).sort("occurred_at", "account_id", "kind", maintain_order=True)
        number = (pl.int_range(pl.len()) + n).cast(pl.String).str.zfill(9)
        yield rows.select(pl.format("C{}", number).alias("activity_id"), *rows.columns)
        n, first = n + rows.height, last


def _id(prefix: str, column: str, width: int) -> pl.Expr:
    return pl.format(prefix + "{}", pl.col(column).cast(pl.String).str.zfill(width))


def _shape(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col("occurred_at").cast(pl.Datetime("us")), pl.col("quantity", "sentiment_score").cast(pl.Float64)
    ).select("account_id", "opportunity_id", "rep_id", "kind", "occurred_at", "outcome", "sentiment_score", "quantity")


def _meetings(rng: np.random.Generator, meetings: pl.DataFrame, rep_ids: np.ndarray, start: date) -> pl.DataFrame:
    n = meetings.height
    return _shape(
        meetings.select(
            account_id=_id("A", "account", 5),
            opportunity_id=_id("O", "deal", 6),
            rep_id=pl.Series(rep_ids[meetings["owner"].to_numpy()]),
            kind=pl.lit("meeting"),
            occurred_at=pl.lit(start).cast(pl.Datetime("us"))
            + pl.duration(days="day", hours=pl.lit(pl.Series(rng.integers(8, 18, n)))),
            outcome=pl.Series(rng.choice(["held", "held", "held", "no show"], n)),
            sentiment_score=pl.Series(np.clip(rng.normal(0.2, 0.3, n), -1, 1)),
            quantity=pl.Series(rng.choice([30.0, 45.0, 60.0], n)),
        )
    )


def _usage(readings: pl.DataFrame) -> pl.DataFrame:
    days = pl.DataFrame({"day": [6, 20]})
    return _shape(
        readings.join(days, how="cross").select(
            account_id=_id("A", "account", 5),
            opportunity_id=pl.lit(None, pl.String),
            rep_id=pl.lit(None, pl.String),
            kind=pl.lit("usage"),
            occurred_at=pl.col("month").cast(pl.Datetime("us")) + pl.duration(days="day", hours=23),
            outcome=pl.lit(None, pl.String),
            sentiment_score=pl.lit(None, pl.Float64),
            quantity=pl.col("usage").round(1) / 2,
        )
    )


def _tickets(rng: np.random.Generator, readings: pl.DataFrame) -> pl.DataFrame:
    previous = pl.col("tickets").shift(1).over("account", order_by="month").fill_null(0.0)
    fresh = readings.with_columns(n=(pl.col("tickets") - 0.6 * previous).round().cast(pl.Int64).clip(0))
    rows = fresh.filter(pl.col("n") > 0).select(pl.exclude("n").repeat_by("n").explode())
    n = rows.height
    return _shape(
        rows.select(
            account_id=_id("A", "account", 5),
            opportunity_id=pl.lit(None, pl.String),
            rep_id=pl.lit(None, pl.String),
            kind=pl.lit("ticket"),
            occurred_at=pl.col("month").cast(pl.Datetime("us"))
            + pl.duration(
                days=pl.lit(pl.Series(rng.integers(0, 28, n))), hours=pl.lit(pl.Series(rng.integers(0, 24, n)))
            ),
            outcome=pl.Series(rng.choice(["solved", "solved", "open", "escalated"], n)),
            sentiment_score=(pl.col("sentiment") + pl.Series(rng.normal(0, 0.15, n))).clip(-1, 1),
            quantity=pl.lit(1.0),
        )
    )


def _open_days(deals: pl.DataFrame, silences: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return every working day on which a deal was open and its buyer not silent."""
    end = pl.when("is_closed").then("close_on").otherwise(pl.lit(as_of))
    spans = deals.select(
        "account_id",
        "opportunity_id",
        "owner_id",
        day=pl.date_ranges("created_on", pl.max_horizontal(end, "created_on")),
    )
    return (
        spans.explode("day")
        .filter(pl.col("day").dt.weekday() <= 5)
        .with_columns(monday=pl.col("day").dt.truncate("1w"))
        .join(silences, on=["opportunity_id", "monday"], how="anti", maintain_order="left")
    )


def _chatter(rng: np.random.Generator, days: pl.DataFrame, n: int) -> pl.DataFrame:
    """Draw mails and calls evenly over all working days on which deals were open and their buyers not silent.

    (So many for each deal, spread over its life, would tell how long it is going to live.)
    """
    n = n if days.height else 0
    picked = days[np.sort(rng.integers(0, max(1, days.height), n))]
    return _shape(
        picked.select(
            "account_id",
            "opportunity_id",
            rep_id=pl.col("owner_id"),
            kind=pl.Series(rng.choice(["mail", "mail", "call"], n), dtype=pl.String),
            occurred_at=pl.col("day").cast(pl.Datetime("us"))
            + pl.duration(minutes=pl.lit(pl.Series(rng.integers(480, 1_080, n)))),
            outcome=pl.lit(None, pl.String),
            sentiment_score=pl.Series(np.clip(rng.normal(0.1, 0.35, n), -1, 1)),
            quantity=pl.Series(rng.integers(2, 40, n)),
        )
    )
