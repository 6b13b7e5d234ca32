"""Regions on a map of tiles: how each stands against a year ago or against its quota."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date

import polars as pl

from core.config import Settings, windows
from core.config.calendar import quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import ContractError
from core.localization import joined, message
from core.metrics.attainment import regions_of
from core.metrics.bookings import daily, dated
from core.metrics.deal_events import NO_REGION, at, tracks
from core.metrics.flow import deals
from core.metrics.measure import Measure, growth_rate, percent, ratio
from core.metrics.quotas import own_quotas

KINDS = {"Bookings": ("booking",), "Revenue": ("billing", "refund"), "Attainment": ("booking",)}
MEASURES = ("Bookings", "Attainment", "Revenue", "Open pipeline")
SHAPE = {"region": pl.String, "amount": pl.Float64, "earlier_amount": pl.Float64, "rate": pl.Float64}


@needs_amounts
def regions(data: Dataset, settings: Settings, measure: str = "Bookings") -> Measure:
    """Every region's amount with its change on a year ago, or with its share of quota, and its place on the map.

    Formula: bookings and revenue are those of the running quarter so far, against the same dates a year ago, or
    once it is over the whole of last year's quarter: amount ÷ earlier amount − 1, without a rate where the earlier
    amount is not above 0. Attainment is the quarter's bookings ÷ the quota of the reps who were in the region
    when the quarter began. Open pipeline is all that is open on the day, by the region its owner was in, against
    the same date a year ago. Regions add up to the company's amount to the cent; with more than `map.most` the
    smallest stand together.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        `map.places` says where known names stand; all others are set below them in rows.
    measure : {"Bookings", "Attainment", "Revenue", "Open pipeline"}

    Returns
    -------
    Measure
        Value: the rate of all regions together. Frame: region, amount, earlier_amount (for attainment the
        quota), rate (None without an earlier amount or quota), column, row, and the members of what
        stands together. Largest amount first.

    Raises
    ------
    ContractError
        When there is no such measure.
    """
    if measure not in MEASURES:
        raise ContractError(
            message("There is no map of {measure!r}.", measure=measure),
            mend=message("Known: {measures}.", measures=", ".join(MEASURES)),
        )
    both = _amounts(data, settings, measure)
    whole = float(both["amount"].sum()), float(both["earlier_amount"].sum())
    value = _rate(*whole, measure)
    rows = [
        (*row, _rate(row[1], row[2], measure), members)
        for *row, members in _gathered(both, settings).select("region", "amount", "earlier_amount", "members").rows()
    ]
    frame = pl.DataFrame(rows, schema={**SHAPE, "members": pl.List(pl.String)}, orient="row")
    spots = places(frame["region"].to_list(), settings)
    frame = frame.with_columns(
        column=pl.Series([x for x, _ in spots], dtype=pl.Int64), row=pl.Series([y for _, y in spots], dtype=pl.Int64)
    )
    return Measure(
        message("{measure} by region", measure=measure),
        value,
        "rate",
        frame,
        _sentence(frame, data, settings, measure, value),
    )


def places(names: Sequence[str], settings: Settings) -> list[tuple[int, int]]:
    """Return the column and row of every tile.

    A known name stands where the settings say; an unknown one, or one whose place is taken, below the known
    in rows as long as the map is wide. Columns and rows without a tile are left out, so that the map is tidy.

    Parameters
    ----------
    names : sequence of str
        The first to name a place gets it.
    settings : Settings

    Examples
    --------
    >>> from core.config import load
    >>> places(["EMEA", "AMER", "Atlantis"], load(environ={}))
    [(1, 0), (0, 0), (0, 1)]
    """
    spots = {_plain(name): spot for name, spot in settings.map.places.items()}
    placed: dict[str, tuple[int, int]] = {}
    for name in names:
        spot = spots.get(_plain(name))
        if spot is not None and spot not in placed.values() and name not in placed:
            placed[name] = spot
    columns = {x: k for k, x in enumerate(sorted({x for x, _ in placed.values()}))}
    lines = {y: k for k, y in enumerate(sorted({y for _, y in placed.values()}))}
    rest = [name for name in dict.fromkeys(names) if name not in placed]
    wide = max(len(columns), min(math.ceil(math.sqrt(len(rest))), 6), 1)
    tidy = {name: (columns[x], lines[y]) for name, (x, y) in placed.items()}
    tidy |= {name: (k % wide, len(lines) + k // wide) for k, name in enumerate(rest)}
    return [tidy[name] for name in names]


@needs_amounts
def behind(data: Dataset, settings: Settings, measure: str, region: str) -> pl.DataFrame:
    """Return the rows behind a tile, the latest or largest first; of all its members where some stand together."""
    tile = regions(data, settings, measure).frame.filter(pl.col("region") == region)
    members = tile["members"][0].to_list() if tile.height else [region]
    if measure == "Open pipeline":
        day = data.as_of
        parts = [deals(data, settings, "Closing", day, day, "region", name).frame for name in members]
        columns = (
            "opportunity_id",
            "opportunity_name",
            "account_name",
            "owner_after",
            "amount_after",
            "close_on_after",
            "stage_after",
        )
        rows = pl.concat(parts).select(columns)
        return rows.rename({c: c.removesuffix("_after") for c in columns}).sort(
            "amount", "opportunity_id", descending=[True, False], nulls_last=True
        )
    begin = quarter_start(data.as_of, settings)
    return dated(data, begin, data.as_of, KINDS[measure], members)


def _amounts(data: Dataset, settings: Settings, measure: str) -> pl.DataFrame:
    """Return region, amount and what it is held against."""
    sides = windows.quarter_on_last_years(data.as_of, settings)
    if measure == "Open pipeline":
        now, then = (_open(data, settings, side.last) for side in (sides.now, sides.then))
    else:
        rows = daily(data, KINDS[measure])
        now = _by_region(rows.filter(sides.now.holds()))
        then = _quota(data, sides.now.begin) if measure == "Attainment" else _by_region(rows.filter(sides.then.holds()))
    both = now.join(then.rename({"amount": "earlier_amount"}), on="region", how="full", coalesce=True)
    return both.with_columns(pl.col("amount", "earlier_amount").fill_null(0.0))


def _by_region(rows: pl.DataFrame) -> pl.DataFrame:
    named = rows.with_columns(pl.col("region").cast(pl.String).fill_null(NO_REGION))
    return named.group_by("region").agg(pl.col("amount").sum())


def _open(data: Dataset, settings: Settings, day: date) -> pl.DataFrame:
    open_deals = at(tracks(data, settings), day).select("region", "cents")
    return _by_region(open_deals.select("region", amount=pl.col("cents").fill_null(0) / 100))


def _quota(data: Dataset, begin: date) -> pl.DataFrame:
    """Return the quarter's quota by region, roll-ups left out."""
    asked = own_quotas(data, begin).select("rep_id", day="period_start_on", amount="quota_amount")
    return _by_region(regions_of(asked, data))


def _gathered(both: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Put the smallest regions together where there are more than a map can show."""
    rows = both.sort("amount", "region", descending=[True, False]).with_columns(members=pl.concat_list("region"))
    if rows.height <= settings.map.most:
        return rows
    largest, rest = rows.head(settings.map.most - 1), rows.slice(settings.map.most - 1)
    joined = rest.select(
        region=pl.lit(settings.map.other),
        amount=pl.col("amount").sum(),
        earlier_amount=pl.col("earlier_amount").sum(),
        members=pl.col("region").implode(),
    )
    return pl.concat([largest, joined.select(largest.columns)])


def _rate(amount: float, other: float, measure: str) -> float | None:
    """Return the share of quota, or the change; None without either, for a base below 0 has no change."""
    return ratio(amount, other) if measure == "Attainment" else growth_rate(amount, other)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold().replace("&", "and"))


def _sentence(frame: pl.DataFrame, data: Dataset, settings: Settings, measure: str, value: float | None) -> str:
    """Say who is ahead, who is behind, and how all stand together."""
    label, rated = quarter_label(data.as_of, settings), frame.filter(pl.col("rate").is_not_null())
    if frame.is_empty():
        return "Nothing has been booked by region yet."
    if frame["region"].to_list() == [NO_REGION]:
        return "No deal or booking has a region: map a region column on the Data page."
    if rated.is_empty():
        none = "There is nothing to compare the regions with a year ago."
        return message("No quota is set for {label}.", label=label) if measure == "Attainment" else none
    ranked = rated.sort("rate", "region", descending=[True, False])
    best, last = ranked.row(0, named=True), ranked.row(-1, named=True)
    if measure == "Attainment":
        text = message(
            "{region} leads at {rate} of its {label} quota",
            region=best["region"],
            rate=percent(best["rate"]),
            label=label,
        )
        low = message("{region} is lowest at {rate}", region=last["region"], rate=percent(last["rate"]))
        whole = message("all regions are at {rate}", rate=percent(value))
    else:
        noun = "Open pipeline" if measure == "Open pipeline" else joined(label, measure.lower())
        text = message(
            "{noun}: {region} grew most ({rate} vs last year)",
            noun=noun,
            region=best["region"],
            rate=percent(best["rate"], sign=True),
        )
        low = message("{region} least ({rate})", region=last["region"], rate=percent(last["rate"], sign=True))
        whole = message("all regions {rate}", rate=percent(value, sign=True))
    return message("{text}, {low}; {whole}.", text=text, low=low, whole=whole) if rated.height > 1 else f"{text}."
