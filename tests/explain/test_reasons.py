from __future__ import annotations

import polars as pl
import pytest

from core import explain
from core.contracts.errors import ModelError
from core.models import evaluation, outlook


@pytest.mark.parametrize("window", ["30 days", "60 days", "90 days", None])
def test_the_parts_of_the_forecast_add_up_to_it(sample, settings, bundle, window):
    why = explain.deals.forecast(sample, settings, bundle, window)
    shown = outlook.current(sample, settings, bundle)
    row = shown.frame.filter(pl.col("window") == why.window).to_dicts()[0]
    assert why.amount == row["amount"]
    assert why.open.shown == pytest.approx(row["open_amount"], abs=0.01)
    assert abs(why.residual) < 0.01
    assert "reconciled" in why.check()
    assert why.window in why.sentence()


def test_a_deal_adds_up_to_the_chance_in_the_table(sample, settings, bundle):
    behind = outlook.current(sample, settings, bundle).behind()
    chosen, days = behind.chosen([3])
    found = explain.deals.deal(sample, settings, bundle, chosen, days)
    assert found.shown == pytest.approx(behind.frame["p_win"][3] * 100, abs=1e-9)
    assert found.base + found.frame["contribution"].sum() == pytest.approx(found.shown, abs=1e-9)


def test_a_deal_that_is_not_open_is_said(sample, settings, bundle):
    with pytest.raises(ModelError, match="no open deal O999"):
        explain.deals.deal(sample, settings, bundle, "O999")


def test_churn_is_listed_by_revenue_at_risk(sample, settings, bundle):
    found = explain.customers.churn_list(sample, settings, bundle)
    assert found.frame["at_risk_amount"].is_sorted(descending=True)
    top = found.frame.row(0, named=True)
    assert top["at_risk_amount"] == pytest.approx(top["p_churn"] * 12 * top["mrr_amount"])
    assert f"Of {found.frame.height:,} paying accounts" in found.sentence()
    assert found.chosen([2]) == found.frame["account_id"][2]
    assert found.chosen([10**6]) == found.frame["account_id"][0]
    assert found.name([]) == top["account_name"]


def test_an_account_adds_up_to_its_chance(sample, settings, bundle):
    top = explain.customers.churn_list(sample, settings, bundle).frame.row(0, named=True)
    found = explain.customers.account(sample, settings, bundle)
    assert found.shown == pytest.approx(top["p_churn"] * 100)
    assert found.base + found.ranked()["contribution"].sum() == pytest.approx(found.shown)
    with pytest.raises(ModelError, match="does not pay"):
        explain.customers.account(sample, settings, bundle, "nobody")


def test_the_whole_and_one_driver(sample, settings, bundle):
    whole = explain.global_effects.overall(sample, settings, bundle)
    assert whole.frame["importance"].is_sorted(descending=True)
    curve = explain.global_effects.driver(sample, settings, bundle)
    assert curve.feature == explain.global_effects.features(sample, settings, bundle)[0]
    assert "takes the chance to" in curve.sentence()
    assert curve.bins["n"].sum() == bundle.account_features.height
    mean = (curve.bins["p"] * curve.bins["n"]).sum() / curve.bins["n"].sum()
    assert curve.bins["base"].unique().to_list() == pytest.approx([mean])
    empty = explain.global_effects.Dependence(curve.frame.clear(), curve.bins, "usage_30d", "account", "leave")
    assert "has no data for any account" in empty.sentence()


def test_the_record_counts_what_happened(sample, settings, bundle):
    found = evaluation.record(sample, settings, bundle, "close", 60)
    past = bundle.close.past_.filter(pl.col("horizon_days") == 60)
    assert found.frame["n"].sum() == past.height
    assert found.frame["n_happened"].sum() == past["target"].sum()
    assert "times of 100" in found.sentence()
    assert "accounts" in evaluation.record(sample, settings, bundle, "churn").sentence()
    assert "too short" in evaluation.record(sample, settings, bundle, "close", 7).sentence()
