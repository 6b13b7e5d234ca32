"""What became of deals that got a new owner while they were open, beside deals that kept theirs."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.localization import message
from core.metrics.confidence_intervals import is_beyond_chance
from core.metrics.deal_events import FOREVER, LOST, NO_OWNER, OPEN, WON, tracks
from core.metrics.measure import Measure, counted, percent, ratio
from core.metrics.stratified import pooled_difference

TITLE = "Deals that changed hands"
FEWEST = 20
OWNERS = ("owner_id", "prev_owner_id")
AGES = (30, 90, 180)
LABELS = ("up to 30 days", "31 to 90 days", "91 to 180 days", "over 180 days")
SHAPE = {
    "segment": pl.String,
    "age": pl.String,
    "n": pl.Int64,
    "hits": pl.Int64,
    "others": pl.Int64,
    "others_hits": pl.Int64,
    "win_rate": pl.Float64,
    "others_rate": pl.Float64,
}


@dataclass(frozen=True)
class Handovers(Measure):
    """What became of deals that changed hands; `is_sure` where they are won less or more often beyond chance."""

    is_sure: bool = False


def record(data: Dataset, settings: Settings) -> Handovers:
    """How often deals were won that got a new owner while open, beside deals of the same age that kept theirs.

    Formula: ended deals with a change of owner while they were open, by segment and by their age on the day of the
    first such change; beside each group the ended deals of the segment that never changed hands and were still open at
    the group's median age, so that a deal is not better for having lived long enough to be handed over. The difference
    of the shares won is pooled over the groups by Mantel and Haenszel, with Sato's interval. It is an association: what
    is handed over may be in trouble already. Under 20 deals that changed hands nothing is said.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Names the stages that end a deal.

    Returns
    -------
    Handovers
        Unit rate. Value: by how much of itself the share won is lower after a change of hands, negative where it is
        higher; None under 20 deals, or where nothing is comparable. Frame: segment, age, n and hits (won) of those
        that changed hands, others and others_hits of those that did not, win_rate, others_rate.
    """
    deals = _ended(data, settings)
    moved = deals.drop_nulls("age")
    if moved.height < FEWEST:
        text = message(
            "Of {deals} that ended a new owner is on record; under {fewest} say nothing.",
            deals=counted(moved.height, "deal"),
            fewest=FEWEST,
        )
        return Handovers(TITLE, None, "rate", pl.DataFrame(schema=SHAPE), text)
    frame = _beside(moved, deals.filter(pl.col("age").is_null()))
    pooled = pooled_difference(frame)
    if pooled is None:
        return Handovers(TITLE, None, "rate", frame, "No deal that kept its owner lived as long as those that did not.")
    gap, low, high = pooled
    usual = _usual(frame)
    value, is_sure = ratio(-gap, usual), is_beyond_chance(low, high)
    text = message(
        "Of {deals} that got a new owner while open {won} were won; of comparable deals that kept theirs {usual}. "
        "The difference of {gap} points lies between {low} and {high}{sure}",
        deals=counted(int(frame["n"].sum()), "deal"),
        won=percent(int(frame["hits"].sum()) / int(frame["n"].sum())),
        usual=percent(usual),
        gap=f"{gap * 100:+.1f}",
        low=f"{low * 100:+.1f}",
        high=f"{high * 100:+.1f}",
        sure=message(", beyond chance.") if is_sure else message(": it may be chance."),
    )
    return Handovers(TITLE, value, "rate", frame, text, is_sure)


def usual_loss(measure: Handovers, assumed: float) -> float:
    """Return by how much of itself the chance of a deal falls with a new owner: as measured, else as assumed.

    Examples
    --------
    >>> usual_loss(Handovers(TITLE, None, "rate", pl.DataFrame(schema=SHAPE), ""), 0.1)
    0.1
    """
    loss = measure.value
    return round(min(loss, 1.0), 2) if loss is not None and measure.is_sure and loss > 0 else assumed


def _usual(frame: pl.DataFrame) -> float:
    """Return the share won of those that kept their owner, in groups as large as those of the others."""
    both = frame.filter(pl.col("n") > 0, pl.col("others") > 0)
    return float((both["others_rate"] * both["n"]).sum()) / int(both["n"].sum())


def _ended(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return deals that ended: segment, is_won, lived (days), age on the day of the first change of owner or null."""
    track = tracks(data, settings).select(
        "deal", "day", "end_on", "state", "prev_state", "segment", *(pl.col(c).cast(pl.String) for c in OWNERS)
    )
    ends = track.filter(pl.col("end_on") == FOREVER, pl.col("state").is_in([WON, LOST])).select(
        "deal", pl.col("segment").cast(pl.String), ended_on="day", is_won=pl.col("state") == WON
    )
    has_owners = pl.all_horizontal(pl.col(c).is_not_null() & (pl.col(c) != NO_OWNER) for c in OWNERS)
    is_open = (pl.col("state") == OPEN) & (pl.col("prev_state") == OPEN)
    changes = track.filter(is_open, has_owners, pl.col("owner_id") != pl.col("prev_owner_id"))
    return (
        ends.join(track.group_by("deal").agg(begun_on=pl.col("day").min()), on="deal", how="left")
        .join(changes.group_by("deal").agg(moved_on=pl.col("day").min()), on="deal", how="left")
        .with_columns(
            lived=(pl.col("ended_on") - pl.col("begun_on")).dt.total_days(),
            age=(pl.col("moved_on") - pl.col("begun_on")).dt.total_days(),
        )
        .select("deal", "segment", "is_won", "lived", "age")
    )


def _beside(moved: pl.DataFrame, stayed: pl.DataFrame) -> pl.DataFrame:
    age = pl.col("age")
    young, grown, old, oldest = (pl.lit(label) for label in LABELS)
    bucket = pl.when(age <= AGES[0]).then(young).when(age <= AGES[1]).then(grown).when(age <= AGES[2]).then(old)
    groups = moved.with_columns(bucket=bucket.otherwise(oldest))
    own = groups.group_by("segment", "bucket").agg(
        n=pl.len().cast(pl.Int64), hits=pl.col("is_won").sum().cast(pl.Int64), median=pl.col("age").median()
    )
    pairs = own.join(stayed.select("segment", "lived", "is_won"), on="segment", how="left")
    others = (
        pairs.filter(pl.col("lived") > pl.col("median"))
        .group_by("segment", "bucket")
        .agg(others=pl.len().cast(pl.Int64), others_hits=pl.col("is_won").sum().cast(pl.Int64))
    )
    return (
        own.join(others, on=["segment", "bucket"], how="left")
        .with_columns(pl.col("others", "others_hits").fill_null(0))
        .with_columns(
            age="bucket",
            win_rate=pl.col("hits") / pl.col("n"),
            others_rate=pl.when(pl.col("others") > 0).then(pl.col("others_hits") / pl.col("others")),
        )
        .sort("segment", pl.col("bucket").replace_strict({label: k for k, label in enumerate(LABELS)}))
        .select(list(SHAPE))
        .cast(pl.Schema(SHAPE))
    )
