"""Weights of the revenue ensemble: learnt from each unit's past misses, never from months still to come."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from core.config.calendar import add_months
from core.models.revenue import ensemble_weights
from core.models.revenue.panel_forecaster import RevenueForecaster

FIXED = np.tile(np.array([[0.2], [0.2], [0.2], [0.4], [0.0]]), (1, 2))


def test_without_past_misses_the_weights_stay():
    none = np.full((3, 2, 5), np.nan)
    assert (ensemble_weights.learnt(FIXED, none) == FIXED).all()
    assert (ensemble_weights.learnt(FIXED, np.zeros((0,))) == FIXED).all()


def test_the_nearer_member_counts_more_and_one_left_out_stays_out():
    misses = np.tile(np.array([1.0, 2.0, 2.0, 2.0, 0.1]), (6, 2, 1))
    found = ensemble_weights.learnt(FIXED, misses)
    assert found.sum(axis=0) == pytest.approx([1, 1])
    assert (found[0] > 0.6).all()
    assert (found[4] == 0).all()


def test_a_unit_never_seen_counts_by_the_misses_of_the_others():
    misses = np.tile(np.array([1.0, 2.0, 2.0, 2.0, 2.0]), (6, 2, 1))
    misses[:, 1] = np.nan
    found = ensemble_weights.learnt(FIXED, misses)
    assert found[:, 1] == pytest.approx(found[:, 0])


def test_a_member_without_any_miss_does_not_divide_by_nothing():
    assert np.isfinite(ensemble_weights.learnt(FIXED, np.zeros((6, 2, 5)))).all()


def panel(n: int = 40, last: float | None = None) -> pl.DataFrame:
    draw = np.random.default_rng(3)
    months = [add_months(date(2022, 1, 1), k) for k in range(n)]
    parts = []
    for unit in ("North", "South"):
        amount = 100 + np.arange(n) + 20 * np.sin(np.arange(n) / 12 * 2 * np.pi) + draw.normal(0, 2, n)
        if last is not None:
            amount[-2:] = last
        parts.append(pl.DataFrame({"unit": [unit] * n, "month": months, "amount": amount}))
    return pl.concat(parts)


@pytest.mark.slow
def test_months_still_to_come_reach_no_weight(settings):
    plain, shocked = (RevenueForecaster(settings).fit(panel(last=last)) for last in (None, 9_000.0))
    assert plain.shares(2, 2) == pytest.approx(shocked.shares(2, 2))
    assert plain.shares(2, 0) != pytest.approx(shocked.shares(2, 0))


def test_many_units_keep_the_weights_given_beforehand(settings, monkeypatch):
    monkeypatch.setattr(ensemble_weights, "MOST_UNITS", 1)
    model = RevenueForecaster(settings).fit(panel())
    assert model.shares(2).tolist() == [[w] * 2 for w in ensemble_weights.beforehand(40).tolist()]
