"""The fiscal calendar: years, quarters and periods of months or of weeks, their labels and month arithmetic."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from core.config.settings import FiscalSettings, Settings

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
QUARTER_WEEKS = 13
WEEKS = {"4-4-5": (4, 4, 5), "4-5-4": (4, 5, 4), "5-4-4": (5, 4, 4)}


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


def is_weekly(settings: Settings) -> bool:
    """Say whether the fiscal year is made of whole weeks (4-4-5 and its kin) and not of months."""
    return settings.fiscal.calendar in WEEKS


def year_start(day: date, settings: Settings) -> date:
    """Return the first day of the fiscal year that `day` lies in.

    A year of months begins on the first of `fiscal.year_start_month`. A year of weeks begins on the weekday of
    `fiscal.week_starts_on` nearest to that first ("nearest"), or on the last one not after it ("last"), and so has 52
    weeks, and 53 in some years.
    """
    return _first_of_year(fiscal_year(day, settings), settings.fiscal)


def fiscal_year(day: date, settings: Settings) -> int:
    """Return the fiscal year's number: the calendar year that the last of its twelve months lies in."""
    fiscal = settings.fiscal
    year = day.year + (1 if fiscal.year_start_month > 1 else 0)
    while _first_of_year(year, fiscal) > day:
        year -= 1
    while _first_of_year(year + 1, fiscal) <= day:
        year += 1
    return year


def _first_of_year(year: int, fiscal: FiscalSettings) -> date:
    first = date(year - (1 if fiscal.year_start_month > 1 else 0), fiscal.year_start_month, 1)
    if fiscal.calendar == "months":
        return first
    back = (first.weekday() - WEEKDAYS.index(fiscal.week_starts_on)) % 7
    if fiscal.week_53 == "nearest" and back > 3:
        back -= 7
    return first - timedelta(days=back)


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def year_end(day: date, settings: Settings) -> date:
    """Return the last day of the fiscal year that `day` lies in."""
    return _first_of_year(fiscal_year(day, settings) + 1, settings.fiscal) - DAY


def quarter_number(day: date, settings: Settings) -> int:
    """Return which quarter of its fiscal year a day lies in, 1 to 4; a 53rd week belongs to the fourth."""
    begin = year_start(day, settings)
    if is_weekly(settings):
        return min((day - begin).days // (7 * QUARTER_WEEKS), 3) + 1
    return ((day.year - begin.year) * 12 + day.month - begin.month) // 3 + 1


def quarter_start(day: date, settings: Settings) -> date:
    """Return the first day of the fiscal quarter that `day` lies in."""
    return _quarter_of_year(year_start(day, settings), quarter_number(day, settings), settings)


def _quarter_of_year(begin: date, number: int, settings: Settings) -> date:
    if is_weekly(settings):
        return begin + (number - 1) * QUARTER_WEEKS * WEEK
    return add_months(begin, 3 * (number - 1))


def quarter_end(day: date, settings: Settings) -> date:
    """Return the last day of the fiscal quarter that `day` lies in."""
    return add_quarters(quarter_start(day, settings), 1, settings) - DAY


def add_quarters(day: date, quarters: int, settings: Settings) -> date:
    """Return the first day of the fiscal quarter so many quarters after the one that `day` lies in.

    Examples
    --------
    >>> from core.config import load
    >>> add_quarters(date(2026, 5, 20), -4, load(environ={}))
    datetime.date(2025, 4, 1)
    """
    years, index = divmod(quarter_number(day, settings) - 1 + quarters, 4)
    begin = _first_of_year(fiscal_year(day, settings) + years, settings.fiscal)
    return _quarter_of_year(begin, index + 1, settings)


def period_start(day: date, settings: Settings) -> date:
    """Return the first day of the fiscal period that `day` lies in: a month, or four or five whole weeks."""
    if not is_weekly(settings):
        return month_start(day)
    begin = quarter_start(day, settings)
    first, second, _ = WEEKS[settings.fiscal.calendar]
    gone = (day - begin).days // 7
    return begin + (0 if gone < first else first if gone < first + second else first + second) * WEEK


def period_end(day: date, settings: Settings) -> date:
    """Return the last day of the fiscal period that `day` lies in."""
    if not is_weekly(settings):
        return add_months(month_start(day), 1) - DAY
    begin, end = quarter_start(day, settings), quarter_end(day, settings)
    first, second, _ = WEEKS[settings.fiscal.calendar]
    ends = [begin + first * WEEK - DAY, begin + (first + second) * WEEK - DAY, end]
    return next(last for last in ends if day <= last)


def quarter_months(begin: date, settings: Settings) -> list[date]:
    """Return the first days of the three months, or periods of weeks, of the quarter that `begin` lies in."""
    starts = [quarter_start(begin, settings)]
    while len(starts) < 3:
        starts.append(period_end(starts[-1], settings) + DAY)
    return starts


def quarter_label(day: date, settings: Settings) -> str:
    """Name the fiscal quarter of a day; a fiscal year is named after the year it ends in.

    Examples
    --------
    >>> from core.config import load
    >>> quarter_label(date(2026, 5, 20), load(environ={}))
    'Q2 2026'
    """
    return settings.fiscal.label.format(quarter=quarter_number(day, settings), year=fiscal_year(day, settings))
