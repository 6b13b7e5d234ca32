"""The learners on public data: Telco churn and five hundred monthly series of M3."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.config.calendar import add_months
from core.models.estimators import calibration
from core.models.estimators.tabular_classifier import ProbabilityLearner
from core.models.revenue import ensemble_weights
from core.models.revenue.forecast import RevenueForecaster

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
TELCO, M3 = DATA / "telco_churn" / "Telco-Customer-Churn.csv", DATA / "m3_monthly_500"
pytestmark = [pytest.mark.real, pytest.mark.xdist_group("learners")]


@pytest.mark.slow
@pytest.mark.skipif(not TELCO.exists(), reason="the public Telco churn table is not beside the project")
def test_telco_churn_over_five_folds(settings):
    frame = pl.read_csv(TELCO)
    y = (frame["Churn"] == "Yes").to_numpy().astype(float)
    draw, fold = np.random.default_rng(0), np.empty(len(y), dtype=int)
    for value in (0, 1):
        here = draw.permutation(np.flatnonzero(y == value))
        fold[here] = np.arange(len(here)) % 5
    p = np.empty(len(y))
    for k in range(5):
        model = ProbabilityLearner(settings).fit(frame.filter(pl.Series(fold != k)), "Churn")
        p[fold == k] = model.predict(frame.filter(pl.Series(fold == k)).drop("Churn"))["p"].to_numpy()
        assert model.card_["leaks"] == []
    assert calibration.auc(y, p) >= 0.850
    assert calibration.brier(y, p) <= 0.1335
    assert calibration.error(y, p) <= 0.015


def long(name):
    months = {t: add_months(date(1980, 1, 1), t - 1) for t in range(1, 200)}
    frame = pl.read_csv(M3 / f"{name}.csv")
    month = pl.col("t").replace_strict(months, return_dtype=pl.Date)
    return frame.select(unit="unique_id", month=month, amount=pl.col("y").cast(pl.Float64))


@pytest.mark.slow
@pytest.mark.skipif(not M3.exists(), reason="the public M3 series are not beside the project")
def test_ranges_hold_on_a_part_of_m3(settings):
    train, test = long("train"), long("test")
    some = train["unit"].unique().sort().gather_every(25)
    train = train.filter(pl.col("unit").is_in(some.implode()))
    found = RevenueForecaster(settings).fit(train).predict(6).join(test, on=["unit", "month"], suffix="_true")
    inside = found["amount_true"].is_between(found["lower"], found["upper"]).mean()
    assert 0.72 <= inside <= 0.88
    scale = (
        train.sort("unit", "month").group_by("unit").agg(q=(pl.col("amount") - pl.col("amount").shift(12)).abs().mean())
    )
    misses = found.join(scale, on="unit").select((pl.col("amount_true") - pl.col("amount")).abs() / pl.col("q"))
    assert misses.to_series().mean() < 0.75
    assert ensemble_weights.beforehand(60).sum() == ensemble_weights.beforehand(24).sum() == pytest.approx(1)
