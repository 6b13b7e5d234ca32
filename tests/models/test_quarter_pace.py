"""How wins fall on the days of a quarter, and what late deals of past quarters brought."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.models.close.competing_risks import along
from core.models.close.late_arrivals import in_past_quarters
from core.models.close.pipeline_creation import worth
from core.models.close.quarter_pace import QuarterPace, left_in_quarter
from core.models.close.risk_intervals import PERIOD_DAYS, QUARTER_DAYS


def rush(quarters: int = 8) -> pl.Series:
    """Return ends of won deals: thirty on each last week of past quarters, one on every other day."""
    days = []
    for year in range(2023, 2023 + quarters // 4):
        for end in (date(year, 3, 31), date(year, 6, 30), date(year, 9, 30), date(year, 12, 31)):
            days += [end - timedelta(days=n % 7) for n in range(210)] + [end - timedelta(days=n) for n in range(7, 90)]
    return pl.Series("ended_on", days)


def test_a_rush_at_the_end_weighs_its_days(settings):
    pace = QuarterPace.of(rush(), settings)
    weights = np.asarray(pace.weights)
    assert weights.mean() == pytest.approx(1)
    assert weights[:7].min() > 3 * weights[14:31].max()


def test_a_window_that_ends_in_the_rush_keeps_most_of_its_period(settings):
    pace = QuarterPace.of(rush(), settings)
    left = np.array([5.0, np.nan])
    ours, even = pace.share(left, 0, 5)
    assert 0.7 < ours < 0.85
    assert even == pytest.approx(5 / 15)
    assert pace.share(left, 0, 0).tolist() == [0, 0]
    assert pace.share(left, 0, PERIOD_DAYS).tolist() == [1, 1]


def test_shares_never_fall_as_days_pass(settings):
    pace = QuarterPace.of(rush(), settings)
    left = np.arange(float(QUARTER_DAYS))
    courses = np.stack([pace.share(left, 15, day) for day in np.arange(0, 15.5, 0.5)])
    assert (np.diff(courses, axis=0) >= 0).all()


def test_no_wins_are_an_even_pace(settings):
    assert set(QuarterPace.of(pl.Series("d", [], dtype=pl.Date), settings).weights) == {1.0}
    assert QuarterPace().share(np.array([3.0]), 0, 6).tolist() == pytest.approx([0.4])


def test_chances_follow_the_pace_inside_a_period():
    margins = np.zeros((2, 1, 2))
    won, lost = along(margins, 20, lambda period, days: np.array([0.8]))
    whole = along(margins, 15)[0] + 0.8 * 0.25 * 0.5
    assert won.tolist() == pytest.approx(whole.tolist())
    assert (won + lost < 1).all()


def test_days_left_are_read_off_the_features():
    x = np.array([[1.0, 12.0], [2.0, 40.0]])
    assert left_in_quarter(x, ("amount", "days_to_quarter_end")).tolist() == [12, 40]
    assert np.isnan(left_in_quarter(x, ("amount", "age_days"))).all()


def deals(rows: list[tuple[date, date, float]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["created_on", "ended_on", "end_amount"], orient="row")
    return frame.with_row_index("opportunity_id").with_columns(is_won=pl.lit(value=True))


def yearly(first: date, last: date) -> list[tuple[date, date, float]]:
    """Return a deal created every week and won 200 days later."""
    rows = []
    day = first
    while day < last:
        rows.append((day, day + timedelta(days=200), 10.0))
        day += timedelta(days=7)
    return rows


def test_what_came_late_in_past_quarters_counts(settings):
    rows = yearly(date(2022, 1, 3), date(2026, 6, 1))
    quick = [(date(y, m, 20), date(y, m, 28), 100.0) for y in (2024, 2025) for m in (3, 6, 9, 12)]
    history = deals([*rows, *quick])
    as_of = date(2026, 3, 15)
    n, mean, square = in_past_quarters(history, as_of, 16, settings)
    assert n == 8
    assert mean == pytest.approx(100, rel=0.1)
    assert square == pytest.approx(10_000, rel=0.1)
    even, ours = worth(history, as_of, 16)[0], worth(history, as_of, 16, settings)[0]
    assert ours == pytest.approx(0.8 * mean + 0.2 * even)
    assert even < 10 < ours


def test_a_stretch_that_is_not_over_or_of_which_nothing_is_known_does_not_count(settings):
    history = deals(yearly(date(2025, 1, 1), date(2026, 3, 1)))
    assert in_past_quarters(history, date(2026, 3, 15), 16, settings)[0] == 0
    assert worth(history, date(2026, 3, 15), 0, settings) == (0.0, 0.0)
