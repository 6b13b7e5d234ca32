from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.close import risk_intervals
from core.models.estimators import contenders
from core.models.estimators.contenders import Mean, Trees
from core.models.estimators.tree_scorer import Leaves, Split, Walk

ONE = {"num_threads": 1, "deterministic": True, "force_row_wise": True}


def grown(leaves=8, gaps=True, **more):
    import lightgbm as lgb

    rng = np.random.default_rng(3)
    x = rng.normal(size=(2_000, 5))
    x[:, 1] = rng.integers(0, 6, len(x))
    x[:, 2] = rng.integers(-3, 4, len(x))
    if gaps:
        x[rng.random(len(x)) < 0.2, 0] = np.nan
        x[rng.random(len(x)) < 0.1, 1] = np.nan
    y = (np.nan_to_num(x[:, 0]) + (x[:, 1] == 2) - (x[:, 2] > 0) * x[:, 3] + rng.normal(size=len(x)) > 0).astype(float)
    options = {
        "objective": "binary",
        "num_leaves": leaves,
        "verbose": -1,
        "seed": 1,
        "max_cat_to_onehot": 2,
        **ONE,
        **more,
    }
    data = lgb.Dataset(x, y, categorical_feature=[1], params={"verbose": -1, **more})
    return Trees(lgb.train(options, data, 30).model_to_string()), x


def leaf(value):
    return {"leaf_index": 0, "leaf_value": value}


def asked(column, bound, left, right, **more):
    of = {"split_feature": column, "threshold": bound, "left_child": left, "right_child": right}
    return {"decision_type": "<=", "missing_type": "None", "default_left": True, **of, **more}


def dumped(*trees):
    return {
        "average_output": False,
        "tree_info": [{"num_leaves": 8, "tree_structure": tree} for tree in trees],
    }


def test_a_tree_by_hand():
    # (up to 5 of column 0, or missing: code 1 or 3 in column 1 gives 10, else 20); above 5: 30
    inner = asked(1, "1||3", leaf(10.0), leaf(20.0), decision_type="==")
    tree = asked(0, 5.0, inner, leaf(30.0), missing_type="NaN")
    found = Leaves.of(dumped(tree, leaf(0.5)))
    assert found is not None
    assert set(found.splits) == {Split(0, 5.0, is_gap_left=True), Split(1, (1, 3), is_gap_left=False)}
    assert sorted(found.nodes) == [
        (0, found.splits.index(Split(1, (1, 3), is_gap_left=False)), 0b11111110),
        (0, found.splits.index(Split(0, 5.0, is_gap_left=True)), 0b11111100),
    ]
    rows = np.array([[5.0, 1.0], [np.nan, 3.0], [5.0, 2.0], [4.0, np.nan], [5.1, 1.0]])
    assert Walk(found, frozenset()).predict(rows).tolist() == [10.5, 10.5, 20.5, 20.5, 30.5]


def test_a_gap_counts_as_nought_where_training_had_none():
    for bound, value in ((0.0, 1.0), (-0.5, 2.0)):
        found = Leaves.of(dumped(asked(0, bound, leaf(1.0), leaf(2.0))))
        assert found is not None
        assert Walk(found, frozenset()).predict(np.array([[np.nan]])).tolist() == [value]


def test_trees_of_another_kind_are_left_to_lightgbm():
    big, _ = grown(leaves=12)
    assert big.leaves is None
    assert contenders.halves(big, frozenset({2}), is_many=True) == (None, big)
    assert Leaves.of(dumped(asked(0, 1.0, leaf(1.0), leaf(2.0), missing_type="Zero"))) is None
    sloped = {**leaf(1.0), "leaf_coeff": [1.0]}
    assert Leaves.of(dumped(asked(0, 1.0, sloped, leaf(2.0)))) is None
    assert Leaves.of(dumped(asked(0, 1.0, leaf(2.0), sloped))) is None
    assert Leaves.of({**dumped(leaf(1.0)), "average_output": True}) is None


@pytest.mark.parametrize("gaps", [True, False])
def test_it_says_exactly_what_lightgbm_says(gaps):
    trees, x = grown(gaps=gaps)
    assert trees.leaves is not None
    strange = np.array([[np.nan] * 5, [0.0] * 5, [1e300] * 5, [-1e300, 99.0, 0, 0, 0], [0, -1.0, 0, 0, 0]])
    rows = np.vstack([x, strange])
    assert np.array_equal(Walk(trees.leaves, frozenset()).predict(rows), trees.predict(rows, raw_score=True))


def test_many_rows_are_told_what_few_are_told():
    trees, x = grown()
    rows = np.tile(x, (5, 1))[:9_001]
    raw = trees.booster.predict(rows, raw_score=True, num_threads=1)
    assert np.array_equal(trees.predict(rows, raw_score=True), raw)
    assert trees.predict(rows) == pytest.approx(contenders.sigmoid(raw))
    assert trees.leaves is not None
    assert trees.leaves.predict(rows[:0]).shape == (0,)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.one_of(st.just(float("nan")), st.floats(-8, 8))] * 5), min_size=1, max_size=6))
def test_what_is_remembered_never_shows(found):
    trees, _ = MADE
    rows = np.array(found)
    moving = frozenset({0, 2, 4})
    walk = Walk(trees.leaves, moving)
    for step in range(3):
        rows[:, list(moving)] += step
        assert np.array_equal(walk.predict(rows), trees.predict(rows, raw_score=True))


MADE = grown()


def test_many_deals_are_told_what_one_is_told():
    import lightgbm as lgb

    names = ("days_to_close", "code", "days_to_quarter_end", "fiscal_quarter", "size")
    _, x = grown()
    width = len(names) + len(risk_intervals.CALENDAR)
    rng = np.random.default_rng(4)
    x = np.stack(
        [rng.integers(-30, 200, 700), x[:700, 1], rng.integers(0, 91, 700), rng.integers(1, 5, 700), x[:700, 3]], 1
    )
    y = (rng.random(700 * 3) < 0.4).astype(float)
    rows = np.concatenate([risk_intervals.rows_of(x, names, k) for k in range(3)])
    assert rows.shape[1] == width
    made = Trees(
        lgb.train(
            {"objective": "binary", "num_leaves": 8, "verbose": -1, **ONE}, lgb.Dataset(rows, y), 20
        ).model_to_string()
    )
    both = Mean((made, contenders.BaseRate(0.3, width)), (0.5, 0.5))
    many = risk_intervals.each_period([made, both], x, names, 3)
    few = np.concatenate(
        [risk_intervals.each_period([made, both], x[i : i + 100], names, 3) for i in range(0, 700, 100)], axis=1
    )
    assert np.array_equal(many, few)
    for k in range(3):
        assert np.array_equal(many[0, :, k], made.predict(risk_intervals.rows_of(x, names, k), raw_score=True))
