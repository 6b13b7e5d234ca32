from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from core.models.estimators import model_selection, target_leakage
from core.models.estimators.tabular_classifier import ProbabilityLearner

N = 800
RNG = np.random.default_rng(9)
Y = (RNG.random(N) < 0.4).astype(float)
PLAIN = RNG.normal(size=N) + 0.4 * Y
SPLITS = model_selection.at_random(Y, 4, 1)


def leaks(values, name="field", open_rows=None):
    x = np.column_stack([values, PLAIN])
    rows = target_leakage.find(x, Y, [name, "plain"], {}, SPLITS, open_rows)
    assert all(row["column"] == name for row in rows)
    return rows[0]["why"] if rows else ""


def blank(values, where):
    return np.where(where, np.nan, values)


def test_an_honest_column_is_no_leak():
    assert leaks(RNG.normal(size=N) + 0.5 * Y) == ""
    assert leaks(blank(RNG.normal(size=N), RNG.random(N) < 0.3)) == ""


def test_what_puts_nearly_all_in_order_is_said_with_its_figure():
    why = leaks(Y * 3 + RNG.normal(0, 0.5, N))
    assert why.startswith("alone it puts ")
    assert "of 100 pairs in the right order" in why
    strong = leaks(Y * 2 + RNG.normal(0, 0.9, N))
    assert "of what all others together do" in strong


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ((Y == 0) & (RNG.random(N) < 0.3), "blank in 0.0 % of the cases that happened and in 2"),
        ((Y == 1) & (RNG.random(N) < 0.3), "blank in 0.0 % of the cases that did not happen and in"),
        ((Y == 0) | (RNG.random(N) < 0.7), "filled in in 0.0 % of the cases that did not happen and in"),
    ],
)
def test_what_is_filled_or_blank_for_one_outcome_only_is_named(where, said):
    assert said in leaks(blank(RNG.normal(size=N), where))


def test_a_few_blanks_on_one_side_are_chance():
    assert leaks(blank(RNG.normal(size=N), np.isin(np.arange(N), np.flatnonzero(Y == 0)[:12]))) == ""


def test_what_changes_at_closing_is_seen_beside_open_rows():
    values = RNG.normal(size=N)
    still = np.column_stack([np.full(100, np.nan), RNG.normal(size=100)])
    assert "blank in 100 % of open cases and 0 % of ended" in leaks(values, open_rows=still)
    same = np.column_stack([np.full(100, 7.0), RNG.normal(size=100)])
    assert "the same in 100 % of open cases" in leaks(values, open_rows=same)
    assert leaks(values, open_rows=np.column_stack([RNG.normal(size=100)] * 2)) == ""
    assert leaks(values, open_rows=same[:20]) == ""


def test_a_name_that_speaks_of_the_end_counts_where_the_column_tells_something():
    telling = RNG.normal(size=N) + 0.8 * Y
    assert "its name says" in leaks(telling, "Total Days Through Closing")
    assert "its name says" in leaks(telling, "lossReason")
    assert leaks(telling, "expected_close_on") == ""
    assert leaks(RNG.normal(size=N), "loss_reason") == ""


def test_the_learner_looks_at_rows_still_open(settings):
    frame = pl.DataFrame({"plain": PLAIN, "paid": RNG.normal(size=N), "left": pl.Series(Y.astype(int), dtype=pl.Int64)})
    still = pl.DataFrame({"plain": RNG.normal(size=80), "paid": [0.0] * 80}).with_columns(left=pl.lit(None, pl.Int64))
    learnt = ProbabilityLearner(settings).fit(pl.concat([frame, still]), "left")
    assert learnt.card_["n_rows"] == N
    assert "changes at closing" in learnt.card_["left_out"]["paid"]
    trusting = ProbabilityLearner(settings, trusted=["paid"]).fit(pl.concat([frame, still]), "left")
    assert "paid" in trusting.feature_names_
