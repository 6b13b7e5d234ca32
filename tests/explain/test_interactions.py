"""Ranges of features, pairs that act together, and what the models of the sample company hold."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from core import explain
from core.contracts.errors import ModelError
from core.explain.bins import bins
from core.explain.explained_models import Subject, subject
from core.explain.interactions import Pairs, Together, _candidates, _sums, strengths

WEIGHTS = {"n_pushes": 0.5, "n_contacts": -0.3, "amount": 0.2}


class Planted:
    """Log odds of a sum, and of 0.8 times the product of pushes and contacts."""

    feature_names_ = tuple(WEIGHTS)
    calibrator_ = None

    @property
    def booster_(self):
        return self

    def predict(self, x, raw_score=True):
        return x @ np.array(list(WEIGHTS.values())) + 0.8 * x[:, 0] * x[:, 1]


@pytest.fixture
def planted():
    signs = np.random.default_rng(3).choice([-1.0, 1.0], size=(400, 3))
    return Subject(Planted(), pl.DataFrame(signs, schema=list(WEIGHTS)), "id", "deal", "be won")


def test_the_product_is_found_and_sums_are_not(planted):
    pairs = _candidates(planted)
    assert set(pairs) == {("n_pushes", "n_contacts"), ("n_pushes", "amount"), ("n_contacts", "amount")}
    found = strengths(planted, planted.rows, pairs, 7)
    assert found.row(0)[1:3] == ("n_pushes", "n_contacts")
    # With every value plus or minus one the product's own spread is its weight.
    assert found["strength"][0] == pytest.approx(0.8, rel=0.1)
    assert found["strength"][1:].to_list() == pytest.approx([0, 0], abs=1e-12)
    assert "by at most about 19 points" in Pairs(found, "be won").sentence()
    assert "No combination matters" in Pairs(found[1:], "be won").sentence()
    assert "No combination matters" in Pairs(found.clear(), "be won").sentence()


def test_parts_of_rows_and_columns_by_hand():
    whole = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert _sums(whole, np.ones((2, 2))) == pytest.approx(whole)
    # Only the corner differs from a sum: all four cells bear a quarter of it.
    found = _sums(whole + np.array([[4.0, 0.0], [0.0, 0.0]]), np.ones((2, 2)))
    assert found == pytest.approx(whole + np.array([[3.0, 1.0], [1.0, -1.0]]))


@pytest.mark.parametrize(
    ("values", "labels", "places"),
    [
        ([1, 1, 2, None], ("1", "2", "not known"), [0, 0, 1, 2]),
        ([True, False, True], ("no", "yes"), [1, 0, 1]),
        (["b", "a", None, "a"], ("a", "b", "not known"), [1, 0, 2, 0]),
        (["f", "e", "d", "c", "b", "a", "a"], ("a", "b", "c", "d", "others"), [4, 4, 3, 2, 1, 0, 0]),
        ([None, None], ("not known",), [0, 0]),
        ([0.5, float("nan"), 250.0], ("0.50", "250", "not known"), [0, 2, 1]),
        ([], (), []),
    ],
)
def test_bins_by_hand(values, labels, places):
    series = pl.Series("x", values, strict=False)
    found = bins(series if values else series.cast(pl.String))
    assert found.labels == labels
    assert found.places.to_list() == places
    assert len(found.middles) == len(labels)


def test_many_numbers_are_cut_at_quantiles_and_rates_read_as_per_cent():
    found = bins(pl.Series("win_rate", [k / 100 for k in range(100)]))
    assert found.labels == ("0 % to 19 %", "20 % to 39 %", "40 % to 59 %", "60 % to 79 %", "80 % to 99 %")
    assert found.places.value_counts()["count"].to_list() == [20] * 5
    same = bins(pl.Series("x", [3.0] * 50 + [1.0, 2.0, 4.0, 5.0, 6.0, 7.0]))
    assert sum(same.places.value_counts()["count"]) == 56


def test_stages_keep_their_order(settings):
    found = bins(pl.Series("stage", ["Proposal", "Discovery", "Zzz"]), order=settings.stages.open)
    assert found.labels == ("Discovery", "Proposal", "Zzz")


@pytest.mark.slow
def test_the_planted_battle_is_found(default_sample, default_settings, default_bundle):
    """The sample's competitor Northbeam wins in EMEA what nobody else wins there; no other rival does so anywhere.

    The model finds the pair and its sign; with 24 open deals in it the size it gives is a third of a point.
    """
    cells = explain.interactions.together(
        default_sample, default_settings, default_bundle, "competitor", "region", "close"
    )
    there = cells.frame.filter(pl.col("one") == "Northbeam").sort("beyond", nulls_last=True).row(0, named=True)
    assert there["other"] == "EMEA"
    assert there["beyond"] < -0.002
    assert "competitor is Northbeam and region is EMEA" in cells.sentence()
    assert cells.frame["n"].sum() == default_bundle.deal_features.height


def test_what_follows_from_two_features_moves_with_them(sample, settings, bundle):
    known = subject(sample, settings, bundle, "close")
    pairs = _candidates(known)
    assert not [pair for pair in pairs if "rival_win_rate" in pair or "stage_rank" in pair]
    assert ("n_meetings_30d", "n_activities_30d") not in pairs


def test_pairs_of_the_churn_model_and_wrong_names(sample, settings, bundle):
    found = explain.interactions.pairs(sample, settings, bundle, "churn", most=5)
    assert found.frame.height == 5
    assert found.frame["strength"].is_sorted(descending=True)
    one, other = found.frame.row(0)[1:3]
    cells = explain.interactions.together(sample, settings, bundle, one, other, "churn")
    assert cells.frame["p"].is_between(0, 1).all()
    assert set(cells.frame.filter(pl.col("n") < 10)["beyond"]) <= {None}
    with pytest.raises(ModelError, match=r"regoin.*") as error:
        explain.interactions.together(sample, settings, bundle, "regoin", other, "churn")
    assert "region" in str(error.value)
    with pytest.raises(ModelError, match="no model called"):
        explain.interactions.pairs(sample, settings, bundle, "luck")
    bare = cells.frame.with_columns(beyond=pl.lit(None, pl.Float64))
    assert "Too few accounts" in Together(bare, cells.names, cells.order, "account", "leave").sentence()
