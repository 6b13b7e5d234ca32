from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from core.contracts.errors import ModelError
from core.explain import drivers
from core.explain.contributions import explain, shap_values
from core.explain.importance import dependence, importance


class Tiny:
    def __init__(self, frame, target, calibrator):
        import lightgbm as lgb

        self.feature_names_ = ["n_meetings_30d", "n_pushes", "amount"]
        data = lgb.Dataset(frame.select(self.feature_names_).to_numpy(), target)
        settings = {"objective": "binary", "verbose": -1, "num_threads": 1, "deterministic": True, "num_leaves": 7}
        self.booster_ = lgb.train(settings, data, 30)
        self.calibrator_ = calibrator

    def margin(self, frame):
        return self.booster_.predict(frame.select(self.feature_names_).to_numpy(), raw_score=True)


def platt(margin):
    return 1 / (1 + np.exp(-(0.8 * margin - 0.2)))


def steps(margin):
    return np.clip(np.round(0.5 + margin / 6, 1), 0.02, 0.98)


@pytest.fixture(scope="module")
def frame():
    draw = np.random.default_rng(3)
    n = 600
    return pl.DataFrame(
        {
            "opportunity_id": [f"O{i}" for i in range(n)],
            "n_meetings_30d": draw.integers(0, 5, n),
            "n_pushes": draw.integers(0, 4, n),
            "amount": draw.lognormal(10, 1, n),
        }
    )


@pytest.fixture(scope="module", params=[platt, steps, None], ids=["platt", "steps", "plain"])
def model(request, frame):
    draw = np.random.default_rng(4)
    odds = 1.2 * frame["n_meetings_30d"].to_numpy() - 1.0 * frame["n_pushes"].to_numpy() - 0.8
    return Tiny(frame, (draw.random(frame.height) < 1 / (1 + np.exp(-odds))).astype(float), request.param)


@pytest.mark.parametrize("unit", ["log_odds", "points", "money"])
def test_contributions_add_up_in_every_unit(model, frame, unit):
    found = explain(model, frame, unit=unit)
    sums = found.frame.group_by("entity_id").agg(pl.col("contribution").sum())
    checked = found.entities.join(sums, on="entity_id").with_columns(
        left=(pl.col("shown") - pl.col("base") - pl.col("contribution")).abs()
    )
    assert checked["left"].max() <= 1e-6
    assert abs(found.residual) <= 1e-6
    total = found.base + found.by_driver()["contribution"].sum()
    assert total == pytest.approx(found.shown, abs=1e-6 * max(1, abs(found.shown) * 1e-3))


def test_money_is_amount_times_probability(model, frame):
    margins = model.margin(frame)
    p = model.calibrator_(margins) if model.calibrator_ else 1 / (1 + np.exp(-margins))
    found = explain(model, frame, unit="money")
    assert found.shown == pytest.approx(float((frame["amount"].to_numpy() * p).sum()), rel=1e-12)


def test_one_deal_is_part_of_the_whole(model, frame):
    whole = explain(model, frame, unit="points")
    one = explain(model, frame, rows=["O7"], unit="points")
    assert whole.only("O7").frame["contribution"].to_list() == pytest.approx(one.frame["contribution"].to_list())
    assert "against" in one.sentence("a typical deal")
    assert "reconciled" in one.check()


def test_order_of_rows_does_not_matter(model, frame):
    there = explain(model, frame, unit="money").by_driver()
    back = explain(model, frame.reverse(), unit="money").by_driver()
    assert there["contribution"].to_list() == pytest.approx(back["contribution"].to_list())


def test_importance_finds_what_was_planted(model, frame):
    found = importance(model, frame)
    assert set(found.bars.head(2)["driver"]) == {"Activity and meetings", "Close date moves"}
    assert found.swarm["rank"].is_between(0, 1).all()
    assert "activity and meetings" in found.sentence()


def test_dependence_rises_with_meetings(model, frame):
    found = dependence(model, frame, "n_meetings_30d")
    ends = found.group_by("value").agg(pl.col("contribution").mean()).sort("value")["contribution"]
    assert ends[-1] > ends[0]
    with pytest.raises(ModelError, match="n_pushes"):
        dependence(model, frame, "n_pushs")


def test_contributions_worked_out_already_give_the_same(model, frame):
    split = shap_values(model, frame)
    again = importance(model, frame, most_rows=150, split=split)
    assert again.bars.equals(importance(model, frame, most_rows=150).bars)
    assert again.why.frame.equals(importance(model, frame, most_rows=150).why.frame)
    assert dependence(model, frame, "n_pushes", split).equals(dependence(model, frame, "n_pushes"))


def test_nothing_to_explain_is_a_sentence(model, frame):
    with pytest.raises(ModelError, match="nothing to explain"):
        explain(model, frame, rows=["nobody"])


def test_a_feature_without_a_driver_is_named_plainly():
    words = drivers.load()
    assert words.driver("moon_phase_30d") == "Moon phase in 30 days"
    assert words.phrase("n_pushes", "3") == "times pushed: 3"
