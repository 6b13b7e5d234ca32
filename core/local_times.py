"""Moments as a company's clocks show them: the store keeps UTC, and the setting `time_zone` says where people are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

ZONE: ContextVar[str] = ContextVar("zone", default="UTC")  # whose clocks a sentence of the store speaks of
STAMP = "%Y-%m-%d %H:%M"
UTC_LABEL = re.compile(r"^(?P<words>.*?)(?P<before> \(|, )UTC(?P<after>\)?)$")


def place(zone: str) -> str:
    """Return what a zone is called beside a time.

    Examples
    --------
    >>> place("Europe/Vienna"), place("America/New_York"), place("UTC")
    ('Vienna', 'New York', 'UTC')
    """
    return zone.rpartition("/")[2].replace("_", " ")


def moment(at: datetime, form: str, zone: str) -> str:
    """Return a moment as a company's clocks show it, with the place whose clocks those are.

    Parameters
    ----------
    at : datetime
        In UTC, with or without saying so.
    form : str
        As `strftime` takes it.
    zone : str

    Examples
    --------
    >>> moment(datetime(2026, 7, 1, 22, 30), "%d %b %Y, %H:%M", "Europe/Vienna")
    '02 Jul 2026, 00:30 (Vienna)'
    >>> moment(datetime(2026, 7, 1, 22, 30), "%H:%M", "UTC")
    '22:30 UTC'
    """
    where = " UTC" if zone == "UTC" else f" ({place(zone)})"
    return f"{_aware(at).astimezone(ZoneInfo(zone)):{form}}{where}"


def of_reader(at: datetime, form: str) -> str:
    """Return a moment as the clocks of whoever reads show it; in UTC where nobody said whose they are."""
    return moment(at, form, ZONE.get())


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def localised(frame: Any, config: Mapping[str, Any], zone: str) -> tuple[Any, dict[str, Any]]:
    """Return a table and its columns with every moment that was said to be UTC in a company's time.

    Parameters
    ----------
    frame : pl.DataFrame
        Other tables are returned as they are, for they hold no moments of the store.
    config : mapping of str to a label or a column's configuration
        A column whose label ends with "UTC" is turned; one that is none of moments keeps its label.
    zone : str

    Returns
    -------
    tuple of pl.DataFrame and dict
    """
    columns = dict(config)
    if zone == "UTC" or not isinstance(frame, pl.DataFrame):
        return frame, columns
    turned = []
    for name, entry in config.items():
        label = entry if isinstance(entry, str) else (entry or {}).get("label")
        match = UTC_LABEL.match(label or "")
        if match is None or name not in frame.columns or not isinstance(frame.schema[name], pl.Datetime):
            continue
        fresh = f"{match['words']}{match['before']}{place(zone)}{match['after']}"
        columns[name] = fresh if isinstance(entry, str) else {**entry, "label": fresh}
        turned.append(_turned(frame[name], zone))
    return frame.with_columns(turned), columns


def _turned(column: pl.Series, zone: str) -> pl.Series:
    dtype = column.dtype
    named = getattr(dtype, "time_zone", None)
    aware = column if named else column.dt.replace_time_zone("UTC")
    return aware.dt.convert_time_zone(zone).dt.replace_time_zone(None, ambiguous="earliest", non_existent="null")
