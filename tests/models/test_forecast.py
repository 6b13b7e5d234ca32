from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

import core.models.revenue.local_models
from core import models
from core.config.calendar import add_months
from core.contracts.constants import Z80
from core.contracts.errors import ModelError
from core.models.revenue import panel_forecaster
from core.models.revenue.forecast import RevenueForecaster, replay


def series(n, units=1, growth=0.02, noise=0.0):
    draw = np.random.default_rng(2)
    size = lambda i: 100.0 * (1 + growth) ** i * np.exp(noise * draw.normal())  # noqa: E731
    start = date(2022, 1, 1)
    rows = [{"unit": f"U{u}", "month": add_months(start, i), "amount": size(i)} for u in range(units) for i in range(n)]
    return pl.DataFrame(rows)


@pytest.mark.parametrize("n", [1, 2, *(pytest.param(n, marks=pytest.mark.slow) for n in (5, 13, 30))])
def test_any_length_gives_a_range_around_the_number(settings, n):
    found = RevenueForecaster(settings).fit(series(n)).predict(3)
    assert found["month"].to_list() == [add_months(date(2022, 1, 1), n + i) for i in range(3)]
    assert (found["lower"] <= found["amount"]).all()
    assert (found["amount"] <= found["upper"]).all()


def test_steady_growth_is_carried_on(settings):
    found = RevenueForecaster(settings).fit(series(40)).predict(1)
    assert found["amount"][0] == pytest.approx(100 * 1.02**40, rel=0.02)


def test_each_unit_is_forecast_from_its_own_last_month_and_gaps_are_zero(settings):
    short = pl.DataFrame(
        {
            "unit": ["A", "A", "B"],
            "month": [date(2026, 1, 1), date(2026, 3, 1), date(2025, 6, 1)],
            "amount": [1.0, 3.0, 5.0],
        }
    )
    model = RevenueForecaster(settings).fit(short)
    assert model.series_[0].tolist() == [1.0, 0.0, 3.0]
    assert model.predict(1)["month"].to_list() == [date(2026, 4, 1), date(2025, 7, 1)]


def test_a_missing_column_is_named(settings):
    with pytest.raises(ModelError, match="amount"):
        RevenueForecaster(settings).fit(series(3).drop("amount"))


@pytest.mark.slow
def test_seasons_of_many_units_are_learnt(settings):
    wave = 1 + 0.5 * np.sin(np.arange(54) * np.pi / 6)
    frame = series(54, units=8, growth=0.0, noise=0.02).with_columns(
        amount=pl.col("amount") * pl.Series(np.tile(wave, 8))
    )
    known = frame.filter(pl.col("month") < add_months(date(2022, 1, 1), 48))
    found = RevenueForecaster(settings).fit(known).predict(6).join(frame, on=["unit", "month"], suffix="_true")
    assert ((found["amount"] / found["amount_true"] - 1).abs()).mean() < 0.06


def test_whole_and_parts_agree_by_uncertainty():
    found = panel_forecaster.reconciled(np.array([[12.0], [4.0], [5.0]]), np.array([[1.0], [1.0], [4.0]]))
    assert found.ravel().tolist() == [11.5, 4.5, 7.0]


def test_widths_never_shrink_and_grow_with_the_root_where_unknown():
    assert panel_forecaster.rising([2.0, 1.0, None], 3).tolist() == pytest.approx([2.0, 2.0, 2.0 * np.sqrt(1.5)])
    assert panel_forecaster.rising([None, None], 2).tolist() == pytest.approx([Z80, Z80 * np.sqrt(2)])
    assert panel_forecaster.quantile(np.array([1.0, np.nan]), 0.8) is None


def test_a_member_that_runs_away_gives_the_drift():
    y = np.arange(1.0, 21.0)
    instead = models.revenue.local_models.drift(y, 2)
    assert models.revenue.local_models._within_reach(y, np.array([21.0, 500.0]), instead) is instead
    assert models.revenue.local_models._within_reach(y, np.array([21.0, np.nan]), instead) is instead


def test_revenue_by_region_sums_to_the_whole(bundle):
    months = (
        bundle.revenue.filter("is_forecast")
        .group_by("month")
        .agg(
            whole=pl.col("amount").filter(pl.col("unit") == "All").sum(),
            parts=pl.col("amount").filter(pl.col("unit") != "All").sum(),
        )
    )
    assert months.height == 3
    assert months["parts"].to_list() == pytest.approx(months["whole"].to_list())


@pytest.mark.parametrize("ahead", [1, 2, 3])
def test_the_range_covers_replayed_months_of_the_sample(bundle, ahead):
    found = bundle.revenue_held.filter(pl.col("ahead") == ahead)
    assert found.height == 24
    assert 0.64 <= found["is_inside"].mean() <= 0.96  # of 24: two standard errors around 0.8


def test_the_range_covers_four_of_five_of_all_replayed_months(bundle):
    assert bundle.revenue_held.height == 72
    assert 0.70 <= bundle.revenue_held["is_inside"].mean() <= 0.90


def test_too_short_a_history_cannot_be_replayed(settings):
    with pytest.raises(ModelError, match="too short"):
        replay(series(1), settings)


def test_many_units_and_row_order(settings):
    frame = series(26, units=15, noise=0.1)
    there = RevenueForecaster(settings).fit(frame).predict(3)
    back = RevenueForecaster(settings).fit(frame.reverse()).predict(3)
    assert there.height == 45
    assert there.equals(back)


def test_no_history_is_a_sentence(settings):
    with pytest.raises(ModelError, match="no revenue"):
        RevenueForecaster(settings).fit(series(1).clear())


def test_many_units_are_measured_by_their_own_year_too(settings):
    months = np.arange(48)
    wavering = 100 + 10.0 * (months % 5)
    straying = wavering + 40.0 * (months // 12)
    panel = RevenueForecaster(settings)
    panel.units_ = [str(k) for k in range(70)]
    panel.series_ = [*[wavering + k % 3 for k in range(68)], straying, wavering[:8]]
    scale, unrest = panel._scale(0), panel._unrest(0)
    assert scale[68] / unrest[68] > 1.2 * scale[0] / unrest[0]
    assert scale[69] == unrest[69]
    panel.units_, panel.series_ = panel.units_[:10], panel.series_[:10]
    assert panel._scale(0).tolist() == panel._unrest(0).tolist()
    panel.units_ = [str(k) for k in range(70)]
    for alike in (wavering[:8], 100 + 10.0 * (months % 2)):
        panel.series_ = [alike] * 70
        assert panel._scale(0).tolist() == panel._unrest(0).tolist()


def test_a_series_that_is_there_twice_is_fitted_once(monkeypatch):
    from statsforecast import models as library

    seen = []
    plain = library.AutoETS.forecast

    def counted(self, y, h):
        seen.append(y.tobytes())
        return plain(self, y=y, h=h)

    monkeypatch.setattr(library.AutoETS, "forecast", counted)
    y = 100.0 + 10.0 * np.sin(np.arange(30.0)) + np.arange(30.0)
    alone = core.models.revenue.local_models.alone([y, y[:29], y.copy()], 2)
    assert len(seen) == 2
    assert np.array_equal(alone[:, 0], alone[:, 2])
    assert not np.array_equal(alone[:, 0], alone[:, 1])


def test_ces_begins_with_a_dictionary_that_needs_no_compiling():
    core.models.revenue.local_models._models()
    from statsforecast import ces

    begin = ces.initparamces(np.nan, np.nan, np.nan, np.nan, "F")
    assert type(begin) is dict
    assert (begin["alpha_0"], begin["optimize_alpha_0"], begin["beta_1"]) == (1.3, 1, 1.0)
