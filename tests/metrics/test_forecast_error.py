from __future__ import annotations

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from core.metrics import forecast_error

ROWS = pl.DataFrame(
    {
        "team": ["A", "A", "B", "B"],
        "amount": [110.0, 70.0, 50.0, 30.0],
        "actual_amount": [100.0, 100.0, 50.0, None],
        "lower": [90.0, 60.0, 40.0, 0.0],
        "upper": [120.0, 90.0, 60.0, 9.0],
        "last_year_amount": [80.0, None, 50.0, 1.0],
        "weighted_amount": [100.0, 100.0, 50.0, 1.0],
        "commit_amount": [50.0, 50.0, 20.0, 1.0],
    }
)


def test_scores_worked_out_by_hand():
    row = forecast_error.scores(ROWS, []).row(0, named=True)
    assert row["n_forecasts"] == 3
    assert row["wape_rate"] == pytest.approx(40 / 250)
    assert row["bias_rate"] == pytest.approx(-20 / 250)
    assert row["forecast_to_actual_rate"] == pytest.approx(230 / 250)
    assert row["coverage_rate"] == pytest.approx(2 / 3)
    assert row["last_year_wape_rate"] == pytest.approx(20 / 150)
    assert row["last_year_skill"] == pytest.approx(1 - 10 / 20)
    assert row["weighted_wape_rate"] == 0
    assert row["weighted_skill"] is None
    assert row["commit_skill"] == pytest.approx(1 - 40 / 130)
    assert row["managers_skill"] is None


def test_groups_keep_their_names_and_order():
    found = forecast_error.scores(ROWS, ["team"])
    assert found.select("team", "n_forecasts").rows() == [("A", 2), ("B", 1)]
    assert found["wape_rate"].to_list() == pytest.approx([0.2, 0.0])


def test_without_an_outcome_there_is_no_score():
    assert forecast_error.scores(ROWS.filter(pl.col("actual_amount").is_null()), []).is_empty()
    assert forecast_error.scores(ROWS.clear(), ["team"]).is_empty()
    nothing_won = ROWS.head(1).with_columns(actual_amount=0.0)
    row = forecast_error.scores(nothing_won, []).row(0, named=True)
    assert (row["wape_rate"], row["bias_rate"], row["forecast_to_actual_rate"]) == (None, None, None)


amounts = st.floats(0, 1e7, allow_nan=False)
pairs = st.lists(st.tuples(amounts, amounts, amounts), min_size=1, max_size=30)


@trials(deadline=None, max_examples=40)
@given(pairs)
def test_against_sql(found):
    rows = pl.DataFrame(found, schema=["amount", "actual_amount", "commit_amount"], orient="row")
    told = duckdb.sql(
        """SELECT sum(abs(amount - actual_amount)) / nullif(sum(actual_amount), 0),
                  sum(amount - actual_amount) / nullif(sum(actual_amount), 0),
                  1 - sum(abs(amount - actual_amount)) / nullif(sum(abs(commit_amount - actual_amount)), 0) FROM rows"""
    ).fetchall()[0]
    row = forecast_error.scores(rows, []).row(0, named=True)
    assert [row["wape_rate"], row["bias_rate"], row["commit_skill"]] == [
        None if v is None else pytest.approx(v, rel=1e-9, abs=1e-9) for v in told
    ]


@trials(deadline=None, max_examples=40)
@given(pairs)
def test_bias_never_exceeds_the_error_and_a_perfect_forecast_has_none(found):
    rows = pl.DataFrame(found, schema=["amount", "actual_amount", "commit_amount"], orient="row")
    row = forecast_error.scores(rows, []).row(0, named=True)
    if row["wape_rate"] is not None:
        assert abs(row["bias_rate"]) <= row["wape_rate"] * (1 + 1e-12)
        right = forecast_error.scores(rows.with_columns(amount="actual_amount"), []).row(0, named=True)
        assert right["wape_rate"] == 0
        assert right["forecast_to_actual_rate"] == 1
        assert right["commit_skill"] in (None, 1)
