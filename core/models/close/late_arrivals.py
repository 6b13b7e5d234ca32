"""What deals created late in past quarters still won in them: the same stretch of the calendar, quarters ago."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from core.config import Settings, windows
from core.config.calendar import add_quarters, quarter_end
from core.marts.exact import exact_sum

QUARTERS = 8
FEWEST_CREATED = 20
MOST_GROWTH = 3.0
YEAR = 365


def in_past_quarters(deals: pl.DataFrame, as_of: date, days: int, settings: Settings) -> tuple[int, float, float]:
    """Return what deals created after a day won within so many days of it, over the same stretch of past quarters.

    Parameters
    ----------
    deals : pl.DataFrame
        One row per deal: [created_on, ended_on, is_won, end_amount].
    as_of : date
        The day the window begins after; each past stretch begins as many days before the end of its quarter.
    days : int
        Length of the window.
    settings : Settings
        Its fiscal calendar.

    Returns
    -------
    n : int
        Past stretches that are over and lie in a time of which deals are known; at most eight.
    mean, square : float
        Mean sum of the amounts won, and of their squares, each scaled by how many deals were created in the last year
        against the year before that stretch. 0 without any.
    """
    left = quarter_end(as_of, settings) - as_of
    now = deals.filter(windows.last_days(as_of, YEAR).holds("created_on")).height
    first = deals["created_on"].min()
    sums: list[tuple[float, float]] = []
    for back in range(1, QUARTERS + 1):
        day = quarter_end(add_quarters(as_of, -back, settings), settings) - left
        until = day + timedelta(days=days)
        before = deals.filter(windows.last_days(day, YEAR).holds("created_on")).height
        if until > as_of or not isinstance(first, date) or (day - first).days < YEAR or before < FEWEST_CREATED:
            continue
        came = deals.filter(
            pl.col("is_won") & (pl.col("created_on") > day) & pl.col("ended_on").is_between(day, until, closed="right")
        )
        growth = min(now / before, MOST_GROWTH)
        total, squared = came.select(exact_sum("end_amount"), squared=exact_sum(pl.col("end_amount") ** 2)).row(0)
        sums.append((total * growth, squared * growth))
    if not sums:
        return 0, 0.0, 0.0
    mean, square = np.mean(sums, axis=0)
    return len(sums), float(mean), float(square)
