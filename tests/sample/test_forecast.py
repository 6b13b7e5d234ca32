"""The default sample stands near its quota at mid-quarter, so that something is still to be decided."""

from __future__ import annotations

import polars as pl
import pytest

from core.forecasts import backtest_archive
from core.models import outlook
from core.scenarios.engine import expectation
from core.sources import loading
from tests import default_company

bundle, sample, settings = default_company.bundle, default_company.sample, default_company.settings


def test_by_the_planted_truth_the_quarter_comes_close_to_its_quota(sample, settings):
    truth = pl.read_parquet(loading.sample_files(settings)["truth/opportunity_truth.parquet"])
    now = truth.filter(pl.col("as_of") == sample.as_of).join(sample.opportunities, on="opportunity_id")
    open_amount = (now["p_win_quarter"] * now["amount"].fill_null(now["amount"].median())).sum()
    closed = sample.opportunities.filter("is_won", pl.col("close_on") >= pl.date(2026, 4, 1))["amount"].sum()
    quota = sample.quotas.filter(pl.col("period_start_on") == pl.date(2026, 4, 1))["quota_amount"].sum()
    assert 0.95 <= (closed + open_amount) / quota <= 1.0


@pytest.mark.slow
def test_the_forecast_stands_below_quota_and_the_quota_can_be_reached(sample, settings, bundle):
    row = outlook.current(sample, settings, bundle).frame.row(-1, named=True)
    assert 0.85 <= row["amount"] / row["quota_amount"] <= 0.97
    chance = expectation.start(sample, settings, bundle).quarter["p_target"]
    assert 0.05 <= chance <= 0.50


@pytest.mark.slow
def test_put_right_by_past_quarters_the_quota_is_open(sample, settings, bundle):
    backtest_archive.load_or_run(sample, settings)
    handed = backtest_archive.with_record(sample, settings, bundle)
    current = outlook.current(sample, settings, handed)
    row = current.frame.row(-1, named=True)
    assert current.correction.n_quarters == 8
    assert 0.85 <= row["amount"] / row["quota_amount"] <= 0.97
    assert 0.20 <= row["quota_chance"] <= 0.50
    quarter = expectation.start(sample, settings, handed).quarter
    assert quarter["mean"] == pytest.approx(row["amount"])
    assert quarter["p_target"] == pytest.approx(row["quota_chance"], abs=0.005)
    assert quarter["p90"] == pytest.approx(row["upper"], rel=2e-3)
