"""Each deal's way through the stages by a day: when it came how far, and how long it stayed where."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.config.calendar import add_months
from core.contracts import Dataset
from core.metrics.deal_events import OPEN, WON, tracks


def journeys(data: Dataset, settings: Settings, day: date | None = None) -> pl.DataFrame:
    """Return `depths` at the end of a day, default the as-of date, which is kept for the measures that read it."""
    if day is None or day == data.as_of:
        return _journeys(data, settings)
    return depths(tracks(data, settings), settings, day)


def lengths(data: Dataset, settings: Settings, day: date | None = None) -> pl.DataFrame:
    """Return `stays` at the end of a day, default the as-of date, which is kept for the measures that read it."""
    if day is None or day == data.as_of:
        return _lengths(data, settings)
    return stays(tracks(data, settings), settings, day)


@remembered(2)
def _journeys(data: Dataset, settings: Settings) -> pl.DataFrame:
    return depths(tracks(data, settings), settings, data.as_of)


@remembered(2)
def _lengths(data: Dataset, settings: Settings) -> pl.DataFrame:
    return stays(tracks(data, settings), settings, data.as_of)


def depths(track: pl.DataFrame, settings: Settings, day: date) -> pl.DataFrame:
    """Return how far each deal has come by the end of a day.

    Parameters
    ----------
    track : pl.DataFrame
        Of `tracks`.
    settings : Settings
        Names the stages in their order; a won deal has reached them all.
    day : date

    Returns
    -------
    pl.DataFrame
        One row per deal: deal; for each stage by its number k day_k (when it first stood in it or
        beyond; null where it never did) and stays_k (how often it came to it); furthest (the last such
        number; the number of stages when won); is_open, is_won at the end of the day; known_on (its
        first day); opened_on (the first day it was open; null where it never was).
    """
    names = settings.stages.open
    seen = track.head(int(track["day"].search_sorted(day, side="right"))).lazy()
    standing: Any = pl.when(pl.col("state") == WON).then(len(names))
    for k, name in enumerate(names):
        standing = standing.when((pl.col("state") == OPEN) & (pl.col("stage") == name)).then(k)
    fresh = (pl.col("stage") != pl.col("prev_stage")) | pl.col("prev_state").ne_missing(OPEN)
    rank = pl.col("rank")
    return (
        seen.select(
            "deal",
            "day",
            "state",
            rank=standing.cast(pl.Int8),
            is_fresh=(pl.col("state") == OPEN) & fresh,
            open_on=pl.when(pl.col("state") == OPEN).then("day"),
        )
        .with_columns(
            **{f"day_{k}": pl.when(rank >= k).then("day") for k in range(len(names))},
            **{f"stays_{k}": ((rank == k) & pl.col("is_fresh")).fill_null(value=False) for k in range(len(names))},
        )
        .group_by("deal")
        .agg(
            *(pl.col(f"day_{k}").min() for k in range(len(names))),
            *(pl.col(f"stays_{k}").sum() for k in range(len(names))),
            known_on=pl.col("day").first(),
            opened_on=pl.col("open_on").min(),
            furthest=rank.max().cast(pl.Int64),
            is_open=pl.col("state").last() == OPEN,
            is_won=pl.col("state").last() == WON,
        )
        .collect()
    )


def stays(track: pl.DataFrame, settings: Settings, day: date) -> pl.DataFrame:
    """Return the days each deal has spent in each stage by the end of a day, all its stays together.

    Returns
    -------
    pl.DataFrame
        deal, stage, days, state (at the end of the day), ended_on (of the last change), is_here.
    """
    seen = track.head(int(track["day"].search_sorted(day, side="right"))).lazy()
    last = seen.group_by("deal").agg(pl.col("state").last(), ended_on=pl.col("day").last(), now=pl.col("stage").last())
    until = pl.min_horizontal("end_on", pl.lit(day)).cast(pl.Int32)
    is_open_stage = pl.any_horizontal(pl.col("stage") == name for name in settings.stages.open)
    return (
        seen.filter((pl.col("state") == OPEN) & is_open_stage)
        .select("deal", "stage", days=(until - pl.col("day").cast(pl.Int32)).cast(pl.Int64))
        .group_by("deal", "stage")
        .agg(pl.col("days").sum())
        .join(last, on="deal")
        .with_columns(is_here=(pl.col("state") == OPEN) & (pl.col("stage") == pl.col("now")))
        .with_columns(pl.col("stage").cast(pl.String))
        .drop("now")
        .collect()
    )


def pace(spans: pl.DataFrame, day: date, months: int = 24) -> pl.DataFrame:
    """Return how long deals won in the months up to a day had spent in each stage: stage, n_won, median, p90.

    Parameters
    ----------
    spans : pl.DataFrame
        Of `stays` on that day.
    """
    won = spans.filter((pl.col("state") == WON) & (pl.col("ended_on") > add_months(day, -months)))
    return won.group_by("stage").agg(
        n_won=pl.len().cast(pl.Int64),
        won_median_days=pl.col("days").median(),
        won_p90_days=pl.col("days").quantile(0.9, "linear"),
    )
