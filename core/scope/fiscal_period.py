"""The days and the name of a scope's fiscal period."""

from __future__ import annotations

from datetime import date, timedelta

from core.config import Settings, windows
from core.config.calendar import DAY, add_quarters, fiscal_year, quarter_end, quarter_label, year_end, year_start
from core.config.windows import Days
from core.localization import message
from core.scope.definition import Scope

YEARS = ("this year", "last year")
OFFSETS = {"last quarter": -1, "this quarter": 0, "next quarter": 1}


def days(scope: Scope, as_of: date, settings: Settings) -> Days:
    """Return the days of the period, half-open, as seen from the last day of the data.

    Parameters
    ----------
    scope : Scope
    as_of : date
    settings : Settings
        With the fiscal calendar.
    """
    if scope.begin is not None and scope.end is not None:
        return windows.through(scope.begin, scope.end)
    if scope.period in YEARS:
        day = year_start(as_of, settings) - (DAY if scope.period == "last year" else timedelta(0))
        return windows.through(year_start(day, settings), year_end(day, settings))
    begin = add_quarters(as_of, OFFSETS[scope.period], settings)
    return windows.through(begin, quarter_end(begin, settings))


def label(scope: Scope, as_of: date, settings: Settings) -> str:
    """Return the period's name in words, such as `Q2 2026`, `fiscal year 2026` or two days."""
    span = days(scope, as_of, settings)
    if scope.period == "custom":
        return message("{begin:%d %b %Y} to {last:%d %b %Y}", begin=span.begin, last=span.last)
    if scope.period in YEARS:
        return message("fiscal year {fiscal_year}", fiscal_year=fiscal_year(span.begin, settings))
    return quarter_label(span.begin, settings)
