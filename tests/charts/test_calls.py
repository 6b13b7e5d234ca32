"""Charts of calls hold what their frames say, and draw when a part is missing."""

from __future__ import annotations

from datetime import date

import polars as pl

from core.charts import calls

PEOPLE = pl.DataFrame(
    {
        "person_name": ["Ann <b>", "Bo 🚀"],
        "place": [0, 1],
        "depth": [0, 1],
        "commit_amount": [5.0, None],
        "below_amount": [4.0, 1.0],
        "system_amount": [6.0, None],
        "closed_amount": [1.0, 0.0],
    }
)


def rows(chart):
    return [row for data in chart.to_dict()["datasets"].values() for row in data]


def test_rollup_draws_what_is_there_and_indents_by_depth():
    found = rows(calls.rollup(PEOPLE, "USD"))
    lines = [r for r in found if "line" in r]
    assert len(lines) == 6
    assert {r["person"] for r in lines} == {"Ann <b>", "› Bo 🚀"}
    reach = next(r for r in found if r.get("person_name") == "Ann <b>" and "first" in r)
    assert (reach["first"], reach["last"]) == (1.0, 6.0)


def path(actual):
    days = [date(2026, 1, 1), date(2026, 1, 8)]
    return pl.DataFrame(
        {
            "day": days,
            "amount": [5.0, 6.0],
            "lower": [4.0, 5.0],
            "upper": [6.0, 7.0],
            "commit_amount": [1.0, None],
            "actual_amount": [actual, actual],
        },
        schema_overrides={"actual_amount": pl.Float64},
    )


def test_the_outcome_is_drawn_once_it_is_known():
    known, running = (calls.path(path(v), date(2026, 1, 8), "USD").to_dict() for v in (6.5, None))
    assert len(known["layer"]) == len(running["layer"]) + 1


def test_voices_stand_beside_the_outcome():
    frame = pl.DataFrame(
        {
            "who": ["System", "Reps"],
            "amount": [5.0, 4.0],
            "lower": [3.0, None],
            "upper": [6.0, None],
            "error_amount": [1.0, 0.0],
        }
    )
    assert len(calls.beside(frame, 4.0, "USD").to_dict()["layer"]) == 3
    assert len(calls.beside(frame, None, "USD").to_dict()["layer"]) == 2


def test_parts_say_on_which_side_the_forecast_missed():
    frame = pl.DataFrame(
        {"deal": ["a", "b"], "expected_amount": [5.0, 0.0], "actual_amount": [0.0, 4.0], "error_amount": [5.0, -4.0]}
    )
    assert [r["way"] for r in rows(calls.parts(frame, "USD"))] == ["too high", "too low"]


def test_rules_without_a_number_are_left_out():
    frame = pl.DataFrame(
        {"group": ["Week 01"], "wape_rate": [0.2], "weighted_wape_rate": [None]},
        schema_overrides={"weighted_wape_rate": pl.Float64},
    )
    assert {r["rule"] for r in rows(calls.record(frame))} == {"Forecast"}


def test_moves_show_both_sums():
    frame = pl.DataFrame({"category": ["commit"], "amount": [3.0], "reviewed_amount": [4.0]})
    assert rows(calls.moves(frame, "USD"))[0]["reviewed_amount"] == 4.0
