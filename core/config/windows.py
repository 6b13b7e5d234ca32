"""Windows of days, half-open: the one place that says which days "twelve months" or "the same days a year ago" are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from core.config.calendar import (
    DAY,
    add_months,
    add_quarters,
    is_weekly,
    month_start,
    period_end,
    period_start,
    quarter_end,
    quarter_start,
    year_end,
    year_start,
)
from core.config.settings import Settings
from core.localization import message

YEAR = 12
LEAP_DAY = (2, 29)


@dataclass(frozen=True)
class Days:
    """The days [begin, end): the first is in, the end is not.

    Attributes
    ----------
    begin, end : date
    """

    begin: date
    end: date

    @property
    def last(self) -> date:
        """Return the last day in the window."""
        return self.end - DAY

    @property
    def count(self) -> int:
        """Return how many days it has."""
        return (self.end - self.begin).days

    def holds(self, column: str = "day") -> pl.Expr:
        """Say whether a column's date lies in the window; a missing one does not."""
        return ((pl.col(column) >= self.begin) & (pl.col(column) < self.end)).fill_null(value=False)

    def moved(self, months: int) -> Days:
        """Return the window with both its ends moved by whole months."""
        return Days(add_months(self.begin, months), add_months(self.end, months))


def through(begin: date, last: date) -> Days:
    """Return the window from one day to another, both in it."""
    return Days(begin, last + DAY)


def last_months(day: date, months: int = YEAR) -> Days:
    """Return the months that end with a day: twelve of them are exactly a year, never a year and a day.

    Examples
    --------
    >>> window = last_months(date(2026, 3, 31))
    >>> window.begin, window.last, window.count
    (datetime.date(2025, 4, 1), datetime.date(2026, 3, 31), 365)
    """
    end = day + DAY
    return Days(add_months(end, -months), end)


def months_before(day: date, months: int = YEAR) -> Days:
    """Return the same length of time that ended where `last_months` begins, a year earlier for twelve months.

    Examples
    --------
    >>> months_before(date(2026, 3, 31)).last
    datetime.date(2025, 3, 31)
    """
    return Days(add_months(day + DAY, -2 * months), add_months(day + DAY, -months))


def last_days(day: date, days: int) -> Days:
    """Return so many days, the last of them being `day`.

    Examples
    --------
    >>> last_days(date(2026, 3, 31), 28).begin
    datetime.date(2026, 3, 4)
    """
    return Days(day + DAY - days * DAY, day + DAY)


def running_month(day: date) -> date:
    """Return the first day of the month that is not over at the end of a day: the next one's on a month's last day.

    Examples
    --------
    >>> running_month(date(2026, 3, 30)), running_month(date(2026, 3, 31))
    (datetime.date(2026, 3, 1), datetime.date(2026, 4, 1))
    """
    return month_start(day + DAY)


def quarter(day: date, settings: Settings) -> Days:
    """Return the whole fiscal quarter that a day lies in."""
    return through(quarter_start(day, settings), quarter_end(day, settings))


def quarter_to_date(day: date, settings: Settings) -> Days:
    """Return the days of a fiscal quarter up to and with a day."""
    return through(quarter_start(day, settings), day)


def same_day_of_quarter(day: date, start: date, settings: Settings) -> date:
    """Return the day of another quarter after as many days; its last day where this one's last has come, or it is over.

    Parameters
    ----------
    day : date
    start : date
        A day of the other quarter.
    settings : Settings
    """
    own, other = quarter(day, settings), quarter(start, settings)
    return other.last if day == own.last else min(other.begin + (day - own.begin), other.last)


@dataclass(frozen=True)
class Comparison:
    """A running or finished period and what it is held against.

    Attributes
    ----------
    name : str
    now, then : Days
    is_finished : bool
        Whether the later period is over: then both are taken whole.
    note : str
        What is to be said of days that one side has and the other has not; empty where there are none.
    """

    name: str
    now: Days
    then: Days
    is_finished: bool
    note: str = ""


def against_period_before(name: str, whole: Days, before: Days, day: date) -> Comparison:
    """Hold a period against another one: equal elapsed days while it runs, both whole once it is over.

    A shorter earlier period that is over after as many days is taken whole.
    """
    now = through(whole.begin, day)
    if now.end >= whole.end:
        return Comparison(name, now, before, True)
    return Comparison(name, now, Days(before.begin, min(before.begin + (now.end - now.begin), before.end)), False)


def against_year_ago(name: str, whole: Days, before: Days, day: date, settings: Settings) -> Comparison:
    """Hold a period against the same one a year ago: the same dates while it runs, both whole once it is over.

    In a year of weeks the same dates are the same days of the same weeks. 29 February has no like in other years: where
    only one side holds it, the note says so.

    Parameters
    ----------
    name : str
    whole, before : Days
        The period, and the same a year ago.
    day : date
        The last day that is known.
    settings : Settings
    """
    now = through(whole.begin, day)
    is_finished = now.end >= whole.end
    if is_weekly(settings):
        return against_period_before(name, whole, before, day)
    then = before if is_finished else through(before.begin, min(year_ago_of(day), before.last))
    return Comparison(name, now, then, is_finished, leap_note(now, then))


def year_ago_of(day: date) -> date:
    """Return the same date a year ago; of 29 February, the 28th.

    Examples
    --------
    >>> year_ago_of(date(2024, 2, 29)), year_ago_of(date(2025, 2, 28))
    (datetime.date(2023, 2, 28), datetime.date(2024, 2, 28))
    """
    return add_months(day, -YEAR)


def leap_note(now: Days, then: Days) -> str:
    """Say which side holds a 29 February that the other has not; empty where neither or both do."""
    sides = [_leap_day(window) for window in (now, then)]
    if (sides[0] is None) == (sides[1] is None):
        return ""
    day = sides[0] or sides[1]
    side = "these days hold" if sides[0] else "the days a year ago hold"
    return message(
        "{side}{side_2} 29 February {year}, which the other year has not.",
        side=side[0].upper(),
        side_2=side[1:],
        year=day.year if day else "",
    )


def _leap_day(window: Days) -> date | None:
    for year in range(window.begin.year, window.last.year + 1):
        if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
            day = date(year, *LEAP_DAY)
            if window.begin <= day < window.end:
                return day
    return None


def quarter_on_last_years(day: date, settings: Settings) -> Comparison:
    """Return the running quarter so far beside the same days, or once it is over the whole, of the year before."""
    now, before = quarter(day, settings), quarter(add_quarters(day, -4, settings), settings)
    return against_year_ago("Quarter on last year's", now, before, day, settings)


def comparisons(day: date, settings: Settings) -> list[Comparison]:
    """Return month on month, quarter on quarter, quarter on last year's and year on year, seen from a day.

    A month is the fiscal period: of weeks in a year of weeks.
    """
    month = through(period_start(day, settings), period_end(day, settings))
    month_before = through(period_start(month.begin - DAY, settings), month.begin - DAY)
    this_quarter = quarter(day, settings)
    quarter_before = quarter(this_quarter.begin - DAY, settings)
    year = through(year_start(day, settings), year_end(day, settings))
    year_before = through(year_start(year.begin - DAY, settings), year.begin - DAY)
    return [
        against_period_before("Month on month", month, month_before, day),
        against_period_before("Quarter on quarter", this_quarter, quarter_before, day),
        quarter_on_last_years(day, settings),
        against_year_ago("Year on year", year, year_before, day, settings),
    ]
