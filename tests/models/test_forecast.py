from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from core.config.calendar import add_months
from core.contracts.errors import ModelError
from core.models.forecast import RevenueForecaster, monthly_revenue, replay


def series(n, units=1, growth=0.02, noise=0.0):
    draw = np.random.default_rng(2)
    size = lambda i: 100.0 * (1 + growth) ** i * np.exp(noise * draw.normal())  # noqa: E731
    start = date(2022, 1, 1)
    rows = [{"unit": f"U{u}", "month": add_months(start, i), "amount": size(i)} for u in range(units) for i in range(n)]
    return pl.DataFrame(rows)


@pytest.mark.parametrize("n", [1, 2, 5, 13, 30])
def test_any_length_gives_a_range_around_the_number(settings, n):
    found = RevenueForecaster(settings).fit(series(n)).predict(3)
    assert found["month"].to_list() == [add_months(date(2022, 1, 1), n + i) for i in range(3)]
    assert (found["lower"] <= found["amount"]).all()
    assert (found["amount"] <= found["upper"]).all()


def test_steady_growth_is_carried_on(settings):
    found = RevenueForecaster(settings).fit(series(40)).predict(1)
    assert found["amount"][0] == pytest.approx(100 * 1.02**40, rel=0.02)


def test_many_units_and_row_order(settings):
    frame = series(30, units=40, noise=0.1)
    there = RevenueForecaster(settings).fit(frame).predict(3)
    back = RevenueForecaster(settings).fit(frame.reverse()).predict(3)
    assert there.height == 120
    assert there.equals(back)


def test_no_history_is_a_sentence(settings):
    with pytest.raises(ModelError, match="no revenue"):
        RevenueForecaster(settings).fit(series(1).clear())


def test_range_covers_replayed_months_of_the_sample(sample, settings):
    found = replay(monthly_revenue(sample), settings, months=24)
    assert found.height == 24
    assert 0.70 <= found["is_inside"].mean() <= 0.90
