"""Deadlines in business days: Monday to Friday, without the holidays named."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

SATURDAY = 5


def is_workday(day: date, holidays: Collection[date] = ()) -> bool:
    """Say whether people work on a day."""
    return day.weekday() < SATURDAY and day not in holidays


def after(day: date, count: int, holidays: Collection[date] = ()) -> date:
    """Return the day so many business days after another, or before it where the count is negative.

    With a count of 0 a day off moves on to the next business day.

    Examples
    --------
    >>> after(date(2026, 5, 15), 1)
    datetime.date(2026, 5, 18)
    """
    step = timedelta(days=-1 if count < 0 else 1)
    while not is_workday(day, holidays):
        day += step
    for _ in range(abs(count)):
        day += step
        while not is_workday(day, holidays):
            day += step
    return day


def between(first: date, last: date, holidays: Collection[date] = ()) -> int:
    """Return how many business days lie after the first day up to the last; negative where it is past."""
    if last < first:
        return -between(last, first, holidays)
    return sum(is_workday(first + timedelta(days=k), holidays) for k in range(1, (last - first).days + 1))
