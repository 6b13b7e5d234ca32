from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from core.contracts.errors import ConflictError, StoreError
from core.forecasts import calls
from core.metrics.hierarchy import NOBODY
from core.models import outlook
from core.models.bundle import Bundle
from tests.forecasts.conftest import AS_OF, QUARTER

NONE = pl.DataFrame(schema=calls.EDITS)
NO_MODELS = Bundle(None, None)


def said(*found):
    """Calls from (manager, commit, version)."""
    rows = [
        {
            "manager_id": m,
            "period_start_on": QUARTER,
            "called_on": AS_OF,
            "commit_amount": c,
            "best_case_amount": c + 1,
            "pipeline_amount": c + 2,
            "note": "n",
            "version": v,
            "author": "x",
        }
        for m, c, v in found
    ]
    return pl.DataFrame(rows, schema=calls.CALLS)


def test_deals_add_up_along_the_hierarchy(company, here):
    found = calls.rollup(company, here, NO_MODELS, said(), NONE)
    row = {r["person_id"]: r for r in found.frame.to_dicts()}
    told = ("closed_amount", "deals_commit_amount", "deals_best_case_amount", "deals_pipeline_amount")
    assert [row["M1"][k] for k in told] == [100.0, 145.0, 175.0, 195.0]
    assert [row["M2"][k] for k in told] == [0.0, 70.0, 70.0, 70.0]
    assert [row["VP"][k] for k in told] == [100.0, 215.0, 245.0, 265.0]
    assert [row[NOBODY][k] for k in told] == [0.0, 8.0, 8.0, 8.0]
    assert row["VP"]["below_amount"] == 215.0
    assert row["VP"]["commit_amount"] is None
    assert "No manager has submitted a forecast for Q2 2026" in found.sentence()


def test_a_call_stands_for_what_lies_below_it_and_leaves_the_deals_alone(company, here):
    before = calls.rollup(company, here, NO_MODELS, said(), NONE).frame
    found = calls.rollup(company, here, NO_MODELS, said(("M1", 160.0, 1), ("M1", 170.0, 2)), NONE)
    row = {r["person_id"]: r for r in found.frame.to_dicts()}
    assert (row["M1"]["commit_amount"], row["M1"]["below_amount"], row["M1"]["version"]) == (170.0, 145.0, 2)
    assert row["VP"]["below_amount"] == 170.0 + 70.0
    untouched = ["closed_amount", "deals_commit_amount", "system_amount"]
    assert before.select(untouched).equals(found.frame.select(untouched))
    assert "1 of 2 managers have submitted for Q2 2026" in found.sentence()


def test_all_managers_are_held_against_the_system(company, here):
    found = calls.rollup(company, here, NO_MODELS, said(("M1", 100.0, 1), ("M2", 5e6, 1)), NONE)
    assert "2 of 2 managers" in found.sentence()
    assert "above the model forecast of" in found.sentence()
    assert "outside its likely range" in found.sentence()


def test_the_systems_parts_add_up_to_its_number(company, here):
    found = calls.rollup(company, here, NO_MODELS, said(), NONE).frame
    whole = found.filter(pl.col("person_id").is_in(["VP", NOBODY]))["system_amount"].sum()
    assert whole == pytest.approx(float(outlook.current(company, here, NO_MODELS).frame["amount"][-1]), abs=0.005)


def test_a_review_counts_in_the_roll_up_only(company, here):
    edits = pl.DataFrame(
        [
            {"opportunity_id": "D1", "forecast_category": "omitted"},
            {"opportunity_id": "D2", "forecast_category": "commit", "call_amount": 10.0},
        ],
        schema=calls.EDITS,
    )
    row = calls.rollup(company, here, NO_MODELS, said(), edits).of("M1")
    assert row["deals_commit_amount"] == 100.0 + 5.0 + 10.0
    assert company.opportunities.filter(pl.col("opportunity_id") == "D2")["amount"][0] == 30.0


def test_the_next_quarter_has_no_system_number_yet(company, here):
    found = calls.rollup(company, here, NO_MODELS, said(), NONE, date(2026, 7, 1))
    assert found.label == "Q3 2026"
    assert found.system["amount"] is None
    assert found.frame["system_amount"].null_count() == found.frame.height
    row = found.of("M2")
    assert row["deals_commit_amount"] == 500.0


def test_somebody_unknown_is_a_sentence(company, here):
    with pytest.raises(StoreError, match="nobody with the id 'Q'"):
        calls.rollup(company, here, NO_MODELS, said(), NONE).of("Q")


def test_without_a_team_nobody_calls(company, here):
    bare = company.with_frames(sales_team=company.sales_team.clear())
    found = calls.rollup(bare, here, NO_MODELS, said(), NONE)
    assert "nobody can submit a forecast" in found.sentence()
    assert found.leaders["person_id"].to_list() == [NOBODY]
    assert found.leaders["deals_commit_amount"][0] == 223.0


def test_only_the_running_and_the_next_quarter_are_open_and_until_the_deadline(company, here):
    assert calls.periods(company, here) == [QUARTER, date(2026, 7, 1)]
    assert calls.deadline(QUARTER, here) == date(2026, 6, 23)
    calls.check_open(company, here, QUARTER)
    with pytest.raises(StoreError, match="Q1 2026 cannot be forecast"):
        calls.check_open(company, here, date(2026, 1, 1))
    calls.check_open(replace(company, as_of=date(2026, 6, 23)), here, QUARTER)
    with pytest.raises(StoreError, match="closed on 23 June 2026"):
        calls.check_open(replace(company, as_of=date(2026, 6, 24)), here, QUARTER)
    with pytest.raises(StoreError, match="your session only"):
        calls.check_open(replace(company, is_transient=True), here, QUARTER)


@pytest.mark.parametrize(
    ("amounts", "text"),
    [
        ((None, 1, 2), "needs a commit"),
        ((5, 4, 9), "best case is below"),
        ((5, 6, 5), "pipeline is below"),
        ((5, None, 4), "pipeline is below"),
    ],
)
def test_a_call_holds_together(amounts, text):
    with pytest.raises(StoreError, match=text):
        calls.check_values(dict(zip(calls.AMOUNTS, amounts, strict=True)))


def test_a_call_may_leave_the_rest_out():
    calls.check_values({"commit_amount": 5.0, "best_case_amount": None, "pipeline_amount": None})


def test_calls_are_kept_per_data_and_read_back(company, here, store):
    values = {
        "called_on": AS_OF,
        "commit_amount": 1.0,
        "best_case_amount": 2.0,
        "pipeline_amount": None,
        "note": "🚀 =1+1",
        "system_amount": 3.0,
        "system_lower": None,
        "system_upper": None,
    }
    about = {"manager_id": "M1", "period_start_on": QUARTER}
    assert store.calls.save(calls.book(company), about, values, "ann") == 1
    assert calls.kept(company, store)["note"].to_list() == ["🚀 =1+1"]
    other = replace(company, source="another")
    assert calls.kept(other, store).is_empty()
    with pytest.raises(ConflictError):
        store.calls.save(calls.book(company), about, values, "bo")


def test_a_past_day_sees_the_call_of_that_day():
    rows = said(("M1", 1.0, 1), ("M1", 2.0, 2)).with_columns(
        called_on=pl.Series([date(2026, 4, 10), date(2026, 5, 10)])
    )
    assert calls.newest(rows, QUARTER, date(2026, 5, 1))["commit_amount"].to_list() == [1.0]
    assert calls.newest(rows, QUARTER)["commit_amount"].to_list() == [2.0]
    assert calls.newest(rows, QUARTER, date(2026, 4, 1)).is_empty()


def test_what_came_of_a_call_is_what_those_below_won(company, here):
    rows = said(("M1", 120.0, 1), ("VP", 90.0, 1))
    late = replace(company, as_of=date(2026, 6, 30))
    assert calls.outcomes(company, here, rows).is_empty()
    found = calls.outcomes(late, here, rows).sort("manager_id")
    assert found.select("manager_id", "amount", "actual_amount").rows() == [("M1", 120.0, 100.0), ("VP", 90.0, 100.0)]


def test_the_published_number_of_a_date_is_never_rewritten(company, here, store):
    assert calls.publish(company, here, NO_MODELS, store) == 4
    assert calls.publish(company, here, NO_MODELS, store) == 0
    kept = store.snapshots.of(calls.book(company))
    assert kept["as_of_on"].unique().to_list() == [AS_OF]
    assert kept["window"].to_list() == ["30 days", "Q2 2026", "60 days", "90 days"]
    assert calls.publish(replace(company, is_transient=True), here, NO_MODELS, store) == 0


def test_the_sample_gets_its_managers_calls_once(sample, here, store):
    assert calls.kept(sample, store).is_empty()
    calls.seed_sample(sample, here, store)
    first = calls.kept(sample, store)
    assert first["period_start_on"].n_unique() >= 9
    assert set(first["author"]) == {"sample"}
    calls.seed_sample(sample, here, store)
    assert calls.kept(sample, store).height == first.height
    other = replace(sample, source="another")
    calls.seed_sample(other, here, store)
    assert calls.kept(other, store).is_empty()
    assert calls.reviewed(sample, store).is_empty()


def test_changes_are_those_of_the_people_and_deals_one_sees(company, store):
    for action, target in [
        ("forecast call saved", "M1 2026-04-01"),
        ("review of the deal saved", "D1"),
        ("forecast call saved", "X9 2026-04-01"),
        ("signed in", "M1"),
    ]:
        store.audit.add("ann", action, target)
    assert calls.changes(company, store.audit.newest())["target"].to_list() == ["D1", "M1 2026-04-01"]
