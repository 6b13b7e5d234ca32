from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from core.contracts.errors import ModelError
from core.models.estimators import contenders, fitting, model_selection, share_tables
from core.models.estimators.contenders import BaseRate, Line, Mean, Table, logit, place
from core.models.estimators.fitting import Plan

DRAW = np.random.default_rng(3)
N = 1_200
HEAT, KIND = DRAW.normal(0, 1, N), DRAW.integers(0, 3, N).astype(float)
X = np.stack([np.where(DRAW.random(N) < 0.1, np.nan, HEAT), KIND], axis=1)
Y = (DRAW.random(N) < 1 / (1 + np.exp(-(1.2 * HEAT + np.array([-1.0, 0.0, 1.0])[KIND.astype(int)])))).astype(float)
PLAN = Plan(("heat", "kind"), {1: 3}, {"num_leaves": 4, "min_data_in_leaf": 30, "learning_rate": 0.1}, 40)


@pytest.fixture(scope="module")
def fitted():
    return fitting.fit_all(X, Y, PLAN)


@pytest.mark.parametrize("name", Plan.contenders)
def test_contributions_add_up_to_the_log_odds(fitted, name):
    model = fitted[name]
    parts = np.asarray(model.predict(X, pred_contrib=True))
    assert parts.shape == (N, 3)
    assert np.allclose(parts.sum(axis=1), model.predict(X, raw_score=True), atol=1e-9)


@pytest.mark.parametrize("name", Plan.contenders)
def test_a_model_survives_being_written(fitted, name):
    model = fitted[name]
    again = contenders.from_dict(json.loads(json.dumps(model.to_dict())))
    assert np.array_equal(again.predict(X), model.predict(X))


def test_an_unknown_kind_is_named():
    with pytest.raises(ModelError, match="kind not known"):
        contenders.from_dict({"kind": "oracle"})


def test_base_rate_by_hand():
    model = fitting.base_rate(np.zeros((3, 2)), np.array([1.0, 0.0, 0.0]))
    assert model.predict(np.zeros((1, 2)))[0] == pytest.approx(1.5 / 4)


def test_a_table_by_hand_draws_small_cells_to_the_average():
    x = np.array([[0.0]] * 30 + [[1.0]] * 10)
    y = np.array([1.0] * 15 + [0.0] * 15 + [1.0] * 10)
    p = share_tables.best_table(x, y, {0: 2}).predict(np.array([[0.0], [1.0], [np.nan]]))
    overall = 25.5 / 41
    assert p == pytest.approx([(15 + 20 * overall) / 50, (10 + 20 * overall) / 30, overall])


def test_a_table_is_split_evenly_where_both_columns_tell_the_same():
    same = Table(
        (0, 1),
        ((0.5,), (0.5,)),
        np.array([[-1.0, 0, 0], [0, 1.0, 0], [0, 0, 0]]),
        (np.array([-1.0, 1, 0]),) * 2,
        0.0,
        2,
    )
    assert same.predict(np.array([[1.0, 1.0]]), pred_contrib=True)[0].tolist() == [0.5, 0.5, 0.0]


def test_a_table_of_nothing_known_gives_the_share():
    x = np.full((50, 1), np.nan)
    y = np.array([1.0] * 10 + [0.0] * 40)
    p = share_tables.best_table(x, y, {}).predict(x[:1])
    assert p[0] == pytest.approx(10.5 / 51)


def test_bins_put_missing_last():
    assert place(np.array([0.0, 1.0, 5.0, np.nan]), [0.5, 3.0]).tolist() == [0, 1, 2, 3]


def test_the_logistic_regression_is_that_of_the_textbook():
    from sklearn.linear_model import LogisticRegression

    z = DRAW.normal(size=(400, 3))
    y = (DRAW.random(400) < 1 / (1 + np.exp(-z[:, 0]))).astype(float)
    base, weights = fitting.ridge_logistic(z, y, 0.5)
    known = LogisticRegression(C=0.5, tol=1e-8, max_iter=1000).fit(z, y)
    assert base == pytest.approx(known.intercept_[0], abs=1e-3)
    assert weights == pytest.approx(known.coef_[0], abs=1e-3)


def test_a_term_against_its_direction_is_left_out():
    plan = Plan(("heat", "kind"), {1: 3}, falling=frozenset({"heat"}))
    model = fitting.line(X, Y, plan)
    hot = np.array([[2.0, 1.0]]), np.array([[-2.0, 1.0]])
    assert model.predict(hot[0])[0] <= model.predict(hot[1])[0]


def test_nothing_to_hold_on_to_gives_the_share():
    x = np.ones((60, 1))
    model = fitting.line(x, np.array([1.0] * 20 + [0.0] * 40), Plan(("same",), {}))
    assert isinstance(model, Line)
    assert model.predict(x[:1])[0] == pytest.approx(20.5 / 61)


def test_early_stopping_finds_a_number_of_trees():
    model = fitting.trees(X, Y, Plan(("heat", "kind"), {1: 3}, PLAN.parameters))
    assert 10 <= model.booster.num_trees() <= 600
    assert model.feature_importance().shape == (2,)


def test_the_mean_is_that_of_log_odds():
    both = Mean((BaseRate(1.0, 1), BaseRate(3.0, 1)), (0.5, 0.5))
    assert both.predict(np.zeros((1, 1)), raw_score=True).tolist() == [2.0]
    assert both.predict(np.zeros((1, 1)))[0] == pytest.approx(1 / (1 + np.exp(-2)))


def test_later_rows_never_train():
    when, known = np.arange(10.0), np.arange(10.0) + 2
    ((train, test),) = model_selection.in_order(when, known, [5.0, 8.0])
    assert train.tolist() == [0, 1, 2, 3]
    assert test.tolist() == [5, 6, 7]


def test_random_folds_hold_the_same_share():
    y = np.array([1.0] * 20 + [0.0] * 80)
    splits = model_selection.at_random(y, 5, 7)
    assert sorted(np.concatenate([t for _, t in splits]).tolist()) == list(range(100))
    assert all(y[t].sum() == 4 for _, t in splits)


def test_the_race_names_the_lowest_log_loss_and_the_gate_stops_noise():
    found = model_selection.run(X, Y, model_selection.at_random(Y, 3, 1), lambda a, b: fitting.fit_all(a, b, PLAN))
    rows = found.table()
    assert rows == sorted(rows, key=lambda r: r["log_loss"])
    assert found.result().winner == rows[0]["contender"]
    noise = (np.random.default_rng(9).random(N) < 0.3).astype(float)
    weak = model_selection.run(
        X, noise, model_selection.at_random(noise, 3, 1), lambda a, b: fitting.fit_all(a, b, PLAN)
    ).result()
    assert weak.winner == "base rate"
    assert weak.has_skill is False


def test_a_race_without_usable_splits_has_no_winner():
    found = model_selection.run(X, Y, [(np.array([], dtype=int), np.arange(5))], lambda a, b: {})
    assert found.n_folds == 0
    assert found.result().winner == ""


def test_rows_of_one_group_count_as_one():
    y = np.array([1.0, 0.0] * 50)
    p, other = np.where(y == 1, 0.52, 0.48), np.full(100, 0.5)
    assert model_selection.is_better(y, p, other)
    odd = np.where(np.arange(100) < 50, p, 1 - p)
    odd[:2] = [0.9, 0.1]
    assert model_selection.is_better(y, odd, other, np.repeat([0, 1], 50)) is False
    assert model_selection.is_better(np.zeros(0), np.zeros(0), np.zeros(0)) is False


def test_log_odds_stay_finite():
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()


def test_signs_are_held_however_many_rounds_it_takes(monkeypatch):
    """Leaving a term out turns others against their direction, one after another; what is left still speaks."""
    draw, n = np.random.default_rng(7), 12
    x = draw.normal(size=(600, 3)) @ draw.normal(size=(3, n)) + draw.normal(0, 0.3, (600, n))
    y = (x @ draw.normal(0.2, 1, n) + draw.normal(size=600) > 0).astype(float)
    names = tuple(f"c{k}" for k in range(n))
    rounds = []
    fit = fitting.ridge_logistic
    monkeypatch.setattr(fitting, "ridge_logistic", lambda z, *more: rounds.append(z.shape[1]) or fit(z, *more))
    model = fitting.line(x, y, Plan(names, {}, rising=frozenset(names), ridge=0.5))
    assert len(rounds) > 4
    assert (model.weights >= 0).all()
    assert model.weights.max() > 0


def race(target, skill, fold):
    margins = {"base rate": np.zeros(len(target)), "line": skill}
    return model_selection.Race(margins, target, np.arange(len(target)), fold)


def test_skill_must_hold_on_every_fold():
    draw = np.random.default_rng(6)
    target = (draw.random(400) < 0.5).astype(float)
    fold = np.repeat(np.arange(4), 100)
    good = 0.8 * (2 * target - 1) + draw.normal(0, 1.0, 400)
    assert race(target, good, fold).is_steady("line")
    turned = np.where(fold == 3, -good, good)
    assert not race(target, turned, fold).is_steady("line")
    assert race(target, turned, fold).result().has_skill
    assert race(target, turned, fold).result(is_strict=True).winner == "base rate"


def test_small_folds_are_judged_together():
    target = np.array([1.0, 0.0] * 30)
    fold = np.repeat(np.arange(12), 5)
    rows = race(target, 2 * target - 1, fold)._judging()
    assert [len(r) for r in rows] == [20, 20, 20]
    lone = race(target[:6], target[:6], fold[:6])._judging()
    assert [len(r) for r in lone] == [6]


def test_trees_of_several_sizes_race():
    assert fitting.kind_and_size("boosted trees of 31 leaves") == ("boosted trees", 31)
    plan = replace(PLAN, contenders=("boosted trees of 4 leaves", "mean of both of 15 leaves"))
    fitted = fitting.fit_all(X, Y, plan)
    assert list(fitted) == list(plan.contenders)
    assert fitted["boosted trees of 4 leaves"].booster.dump_model()["tree_info"][0]["num_leaves"] <= 4
    assert plan.of_size(15).parameters["num_leaves"] == 15
