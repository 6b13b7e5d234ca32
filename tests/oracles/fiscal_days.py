"""The fiscal calendar once more, day by day, without the arithmetic of the code under test."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from core.config import Settings

DAY = timedelta(days=1)


def year_begins(settings: Settings, first: int = 2018, last: int = 2029) -> list[date]:
    """Return the first day of every fiscal year, found by looking at the days around the first of the month."""
    fiscal, out = settings.fiscal, []
    for year in range(first, last):
        anchor = date(year, fiscal.year_start_month, 1)
        if fiscal.calendar == "months":
            out.append(anchor)
            continue
        wanted = [name.lower() for name in calendar.day_name].index(fiscal.week_starts_on)
        span = range(-6, 1) if fiscal.week_53 == "last" else range(-3, 4)
        out.append(next(d for d in (anchor + n * DAY for n in span) if d.weekday() == wanted))
    return out


def days(settings: Settings) -> pl.DataFrame:
    """Return [day, year_on, quarter_on, quarter_last, quarter_index], one row per day."""
    rows, index = [], 0
    begins = year_begins(settings)
    for begin, end in pairwise(begins):
        if settings.fiscal.calendar == "months":
            cuts = [begin]
            while len(cuts) < 4:
                month = cuts[-1].month + 3
                cuts.append(date(cuts[-1].year + (month - 1) // 12, (month - 1) % 12 + 1, 1))
        else:
            cuts = [begin + n * 91 * DAY for n in range(4)]
        for cut, after in zip(cuts, [*cuts[1:], end], strict=True):
            index += 1
            day = cut
            while day < after:
                rows.append((day, begin, cut, after - DAY, index))
                day += DAY
    columns = ["day", "year_on", "quarter_on", "quarter_last", "quarter_index"]
    return pl.DataFrame(rows, schema=columns, orient="row")
