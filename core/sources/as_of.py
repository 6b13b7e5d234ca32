"""The day a source speaks of: the latest on which several things happened, not the latest typo."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

FEWEST, LONGEST_WINDOW = 2, 92
USUAL_EVENTS = 5


def latest_day(days: Iterable[pl.Series]) -> date | None:
    """Return the latest day with company: within a window before it, other things happened too.

    Parameters
    ----------
    days : iterable of pl.Series
        Dates of things that have happened: creations, closings, changes, bookings.

    Returns
    -------
    date or None
        None without dates. With a single date, that one.

    Notes
    -----
    The window is as long as the source usually needs for five events, at most 92 days. So one deal closed in 2035 by
    a slip of the finger does not move the day, nor does one of tomorrow in a busy company.
    """
    parts = [d.drop_nulls() for d in days]
    events = pl.concat([p for p in parts if p.len()]).sort() if any(p.len() for p in parts) else None
    if events is None:
        return None
    numbers = events.cast(pl.Int32)
    middle = int((numbers.quantile(0.95) or 0) - (numbers.quantile(0.05) or 0)) or 1
    window = min(LONGEST_WINDOW, max(1, math.ceil(USUAL_EVENTS * middle / (0.9 * events.len()))))
    for length in (window, 366):
        for day in numbers.unique().sort(descending=True).to_list():
            near = numbers.search_sorted(day, side="right") - numbers.search_sorted(day - length, side="right")
            if near >= min(FEWEST, events.len()):
                return date(1970, 1, 1) + timedelta(days=day)
    middle_day = events[events.len() // 2]
    return middle_day if isinstance(middle_day, date) else None
