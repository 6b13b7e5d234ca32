"""Events of deals as the spans the contract knows: what a deal was from one day up to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter

import polars as pl

from core.sources.connectors.sync_state import BEGINNING, DELETED, FIRST, STATED

FIELDS = ("stage", "forecast_category", "amount", "close_on", "owner_id")
CHUNK = 20_000
NAMES = ("opportunity_id", "created", "field", "at", "value", "origin")
EventRow = tuple[str, str, str, str, str, str]


def spans(events: Iterable[EventRow], time_zone: str) -> Iterator[pl.DataFrame]:
    """Yield the spans of deals, some thousand deals at a time.

    Parameters
    ----------
    events : iterable of (id, created, field, at, value, origin)
        By id. `at` is a stamp in UTC, empty for the state from the deal's creation on.
    time_zone : str
        Whose days the spans begin and end on.

    Yields
    ------
    pl.DataFrame
        opportunity_id, valid_from, valid_to, stage, forecast_category, amount, close_on, owner_id; half-open, the last
        change of a day counts, and days on which a deal was deleted are left out. A deal of which nothing but its
        present state was ever seen has no span: when that began is not known.
    """
    by_deal = groupby(events, itemgetter(0))
    while True:
        rows = [row for _, listed in islice(by_deal, CHUNK) for row in listed]
        if not rows:
            return
        frame = pl.DataFrame(rows, schema=dict.fromkeys(NAMES, pl.String), orient="row")
        out = _spans(_dated(frame, time_zone))
        if out.height:
            yield out


def _dated(frame: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Leave what counts of the events, in order, with their moments and days."""
    deal, field = pl.col("opportunity_id"), pl.col("field")
    is_first = pl.col("origin") == FIRST
    # A present state that was seen first says nothing of earlier days where the system itself speaks of them.
    is_stated = ((pl.col("origin") == STATED) & (pl.col("at") != BEGINNING)).any().over("opportunity_id", "field")
    frame = frame.filter(~(is_first & is_stated))
    frame = frame.filter((pl.col("origin") != FIRST).any().over(deal))
    earliest = pl.col("at").filter(pl.col("at") != BEGINNING).min().over(deal)
    created = pl.when(pl.col("created") == "").then(earliest).otherwise(pl.min_horizontal("created", earliest))
    moment = pl.when(pl.col("at") == BEGINNING).then(created).otherwise("at")
    at = moment.str.to_datetime("%Y-%m-%dT%H:%M:%S%.6fZ", time_unit="us", time_zone="UTC")
    frame = frame.with_columns(moment=at, day=at.dt.convert_time_zone(time_zone).dt.date())
    return frame.sort(deal, "moment", pl.col("at") != BEGINNING, field, maintain_order=True)


def _spans(frame: pl.DataFrame) -> pl.DataFrame:
    daily = frame.group_by("opportunity_id", "day", "field", maintain_order=True).agg(pl.col("value").last())
    wide = daily.pivot(on="field", index=["opportunity_id", "day"], values="value", maintain_order=True)
    missing = [pl.lit(None, pl.String).alias(name) for name in (*FIELDS, DELETED) if name not in wide.columns]
    wide = wide.with_columns(*missing).sort("opportunity_id", "day", maintain_order=True)
    states = wide.with_columns(pl.col(*FIELDS, DELETED).forward_fill().over("opportunity_id").fill_null(""))
    state = pl.struct(*FIELDS, DELETED)
    is_new = (state != state.shift(1)) | (pl.col("opportunity_id") != pl.col("opportunity_id").shift(1))
    states = states.filter(is_new.fill_null(value=True))
    ends = pl.col("day").shift(-1).over("opportunity_id")
    states = states.with_columns(valid_to=ends).filter(pl.col(DELETED) != "1")
    value: dict[str, pl.Expr] = {name: pl.when(pl.col(name) != "").then(name) for name in FIELDS}
    value["amount"] = value["amount"].cast(pl.Float64, strict=False)
    return states.select("opportunity_id", "valid_to", valid_from="day", **value)
