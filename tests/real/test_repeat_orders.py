"""Spend of a real shop's customers over 39 weeks, foreseen from the 39 before."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from core.models.customers import bgnbd

FILE = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "cdnow" / "cdnow_sample_transactions.csv"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FILE.is_file(), reason="The public shop data is not beside the project."),
]
CUT, DAYS = date(1997, 9, 30), 39 * 7


@pytest.fixture(scope="module")
def orders():
    raw = pl.read_csv(FILE, schema_overrides={"master_id": pl.String})
    return raw.select(customer_id="master_id", ordered_on=pl.col("date").str.to_date(), amount="amount")


@pytest.fixture(scope="module")
def model(orders, settings):
    return bgnbd.RepeatValue(settings).fit(orders, CUT)


def test_parameters_are_those_published(model):
    rate, value = model.rate_, model.value_
    assert (rate.r, rate.alpha, rate.a, rate.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), rel=0.02)
    assert (value.p, value.q, value.v) == pytest.approx((6.25, 3.74, 15.44), rel=0.03)


def test_the_mean_of_both_models_foresees_spend(model, orders):
    later = orders.filter((pl.col("ordered_on") > CUT) & (pl.col("ordered_on") <= CUT + timedelta(days=DAYS)))
    spent = later.group_by("customer_id").agg(spent=pl.col("amount").sum())
    both = model.predict(DAYS).join(spent, on="customer_id", how="left").with_columns(pl.col("spent").fill_null(0.0))
    truth = both["spent"].to_numpy()
    scores = {name: bgnbd.judge(truth, both[name].to_numpy()) for name in ("bgnbd", "tweedie", "amount")}
    assert scores["bgnbd"]["rmse"] == pytest.approx(72.3, abs=0.5)
    assert scores["amount"]["rmse"] <= 70.9
    assert abs(scores["amount"]["total_error_rate"]) <= 0.10
    assert scores["amount"]["top_tenth_share"] >= 0.47
