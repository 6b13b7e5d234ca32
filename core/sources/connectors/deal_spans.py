"""Events of deals as the spans the contract knows: what a deal was from one day up to another."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from core.sources.connectors.sync_state import BEGINNING, CELL, DELETED, FIRST, STATED

FIELDS = ("stage", "forecast_category", "amount", "close_on", "owner_id")
DEAL = "opportunity_id"
EVENT = (DEAL, "field", "at", "value", "origin")


def spans(histories: Iterable[tuple[str, str]], track: Mapping[str, str], time_zone: str) -> Iterator[pl.DataFrame]:
    """Yield the spans of deals, some thousand deals at a time.

    Parameters
    ----------
    histories : iterable of (events, deals)
        As `SyncState.histories` gives them. The time of an event is a stamp in UTC, empty for the state from the deal's
        creation on.
    track : mapping
        Column -> field.
    time_zone : str
        Whose days the spans begin and end on.

    Yields
    ------
    pl.DataFrame
        opportunity_id, valid_from, valid_to, stage, forecast_category, amount, close_on, owner_id; half-open, the last
        change of a day counts, and days on which a deal was deleted are left out. A field that was never seen to change
        has always been as it is now. A deal of which nothing but its present state was ever seen has no span: when that
        began is not known.
    """
    for events, deals in histories:
        out = _spans(_dated(_events(events, deals, track), time_zone))
        if out.height:
            yield out


def _lines(text: str, names: Sequence[str]) -> pl.DataFrame:
    return pl.read_csv(
        io.BytesIO(text.encode()),
        has_header=False,
        separator=CELL,
        quote_char=None,
        schema=dict.fromkeys(names, pl.String),
    ).fill_null("")


def _events(text: str, of_deals: str, track: Mapping[str, str]) -> pl.DataFrame:
    """Return the events of deals with their creation, and the present value of each field as its first state."""
    fields = list(track.values())
    deals = _lines(of_deals, [DEAL, "created", "first_at", *fields])
    events = _lines(text, EVENT)
    # A present state that was seen first says nothing of earlier days where the system itself speaks of them.
    is_stated = ((pl.col("origin") == STATED) & (pl.col("at") != BEGINNING)).any().over(DEAL, "field")
    events = events.filter(~((pl.col("origin") == FIRST) & is_stated))
    present = deals.unpivot(fields, index=[DEAL, "first_at"], variable_name="field", value_name="value")
    present = present.join(events, on=[DEAL, "field"], how="anti").select(
        DEAL,
        "field",
        "value",
        at="first_at",
        origin=pl.lit(FIRST),
    )
    whole = pl.concat([events, present.select(EVENT)])
    return whole.join(deals.select(DEAL, "created"), on=DEAL, maintain_order="left")


def _dated(frame: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Give events their moments and days, and put them in order."""
    earliest = pl.col("at").filter(pl.col("at") != BEGINNING).min().over(DEAL)
    created = pl.when(pl.col("created") == "").then(earliest).otherwise(pl.min_horizontal("created", earliest))
    moment = pl.when(pl.col("at") == BEGINNING).then(created).otherwise("at")
    at = moment.str.to_datetime("%Y-%m-%dT%H:%M:%S%.6fZ", time_unit="us", time_zone="UTC")
    frame = frame.with_columns(moment=at).with_columns(day=pl.col("moment").dt.convert_time_zone(time_zone).dt.date())
    return frame.sort(DEAL, "moment", pl.col("at") != BEGINNING, maintain_order=True)


def _spans(frame: pl.DataFrame) -> pl.DataFrame:
    last = [pl.col("value").filter(pl.col("field") == name).last().alias(name) for name in (*FIELDS, DELETED)]
    wide = frame.group_by(DEAL, "day", maintain_order=True).agg(last)
    states = wide.with_columns(pl.col(*FIELDS, DELETED).forward_fill().over(DEAL).fill_null(""))
    names = (DEAL, *FIELDS, DELETED)
    is_new = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in names)
    states = states.filter(is_new)
    ends = pl.col("day").shift(-1).over(DEAL)
    states = states.with_columns(valid_to=ends).filter(pl.col(DELETED) != "1")
    value: dict[str, pl.Expr] = {name: pl.when(pl.col(name) != "").then(name) for name in FIELDS}
    value["amount"] = value["amount"].cast(pl.Float64, strict=False)
    return states.select(DEAL, "valid_to", valid_from="day", **value)
