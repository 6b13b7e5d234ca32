"""The fiscal calendar: quarters, their labels and month arithmetic."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from core.config.settings import Settings


def add_months(day: date, months: int) -> date:
    """Move a date by whole months, keeping the day where the month has it.

    Examples
    --------
    >>> add_months(date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def month_start(day: date) -> date:
    """Return the first day of the month of `day`."""
    return day.replace(day=1)


def quarter_start(day: date, settings: Settings) -> date:
    """Return the first day of the fiscal quarter that `day` lies in."""
    past = (day.month - settings.fiscal.year_start_month) % 3
    return add_months(month_start(day), -past)


def quarter_end(day: date, settings: Settings) -> date:
    """Return the last day of the fiscal quarter that `day` lies in."""
    return add_months(quarter_start(day, settings), 3) - timedelta(days=1)


def year_start(day: date, settings: Settings) -> date:
    """Return the first day of the fiscal year that `day` lies in."""
    past = (day.month - settings.fiscal.year_start_month) % 12
    return add_months(month_start(day), -past)


def quarter_label(day: date, settings: Settings) -> str:
    """Name the fiscal quarter of a day; a fiscal year is named after the year it ends in.

    Examples
    --------
    >>> from core.config import load
    >>> quarter_label(date(2026, 5, 20), load(environ={}))
    'Q2 2026'
    """
    begin = year_start(day, settings)
    quarter = (day.month - settings.fiscal.year_start_month) % 12 // 3 + 1
    year = add_months(begin, 11).year
    return settings.fiscal.label.format(quarter=quarter, year=year)
