"""The sample's calendar as whole numbers: day 0 is the first Monday of the records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

AHEAD_DAYS = 1_600


@dataclass(frozen=True)
class DayIndex:
    """Months and quarters of every day that the sample touches; days before the records are negative.

    Attributes
    ----------
    start : date
        Day 0.
    first : int
        The first day there is.
    month, month_end, quarter_end : numpy.ndarray
        Of each day from `first` on: its month counted from that of day 0, the last days of its month and quarter.
    """

    start: date
    first: int
    month: np.ndarray
    month_end: np.ndarray
    quarter_end: np.ndarray
    year_month: np.ndarray

    def months(self, day: np.ndarray) -> np.ndarray:
        """Return the month of each day."""
        return np.asarray(self.month[day - self.first])

    def last_of_month(self, day: np.ndarray) -> np.ndarray:
        """Return the last day of each day's month."""
        return np.asarray(self.month_end[day - self.first])

    def last_of_quarter(self, day: np.ndarray) -> np.ndarray:
        """Return the last day of each day's calendar quarter."""
        return np.asarray(self.quarter_end[day - self.first])

    def month_of_year(self, day: np.ndarray) -> np.ndarray:
        """Return 0 for January to 11 for December."""
        return np.asarray(self.year_month[day - self.first])

    def begin(self, month: int) -> int:
        """Return the first day of a month counted from that of day 0."""
        at = int(np.searchsorted(self.month, month))
        return self.first + at

    def date(self, day: int) -> date:
        """Return a day as a date."""
        return date.fromordinal(self.start.toordinal() + day)


def day_index(start: date, warm_up_weeks: int, weeks: int) -> DayIndex:
    """Lay out the calendar from before the warm-up to well after the last week."""
    first = -7 * warm_up_weeks - 1_200
    days = np.datetime64(start) + np.arange(first, 7 * weeks + AHEAD_DAYS)
    months = days.astype("datetime64[M]")
    quarters = months.astype(int) // 3
    day_zero = np.datetime64(start)
    month_end = ((months + 1).astype("datetime64[D]") - day_zero).astype(int) - 1
    after = (quarters * 3 + 3).astype("datetime64[M]").astype("datetime64[D]")
    return DayIndex(
        start=start,
        first=first,
        month=(months - day_zero.astype("datetime64[M]")).astype(int),
        month_end=month_end,
        quarter_end=(after - day_zero).astype(int) - 1,
        year_month=months.astype(int) % 12,
    )
