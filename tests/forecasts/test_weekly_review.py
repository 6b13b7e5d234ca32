from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from core.contracts.errors import StoreError
from core.forecasts import calls, weekly_review
from core.forecasts.weekly_review import View
from core.models.bundle import Bundle

NONE = pl.DataFrame(schema=calls.EDITS)
NO_MODELS = Bundle(None, None)


def edit(**values):
    usual = {"opportunity_id": "D2", "forecast_category": "commit", "call_amount": None, "note": "sure", "version": 3}
    return pl.DataFrame([usual | values], schema=calls.EDITS)


def test_the_grid_holds_open_deals_due_largest_first(company, here):
    found = weekly_review.grid(company, here, NO_MODELS, NONE, View())
    assert found.frame["opportunity_id"].to_list() == ["D4", "D1", "D2", "D3", "D8", "D6", "D7"]
    assert found.value == 173.0
    assert "7 open deals due in Q2 2026, USD 173" in found.sentence()
    assert found.frame["p_win"].null_count() == 0


def test_a_review_stands_beside_the_deal(company, here):
    found = weekly_review.grid(company, here, NO_MODELS, edit(call_amount=25.0), View())
    row = found.frame.filter(pl.col("opportunity_id") == "D2").row(0, named=True)
    told = ("amount", "data_category", "forecast_category", "call_amount", "note", "version")
    assert [row[k] for k in told] == [30.0, "best_case", "commit", 25.0, "sure", 3]
    assert found.value == 168.0
    assert "1 edited, 1 moved" in found.sentence()


@pytest.mark.parametrize(
    ("view", "deals"),
    [
        (View(teams=("T",), owners=("B",)), ["D2", "D3"]),
        (View(categories=("commit",), least_amount=40.0), ["D4", "D1"]),
        (View(is_due_only=False, categories=("commit",), owners=("C",)), ["D5", "D4", "D7"]),
        (View(is_touched_only=True), ["D2"]),
        (View(stages=("Discovery",)), []),
        (View(teams=("No team",)), ["D8"]),
    ],
)
def test_views_cut_the_grid(company, here, view, deals):
    found = weekly_review.grid(company, here, NO_MODELS, edit(forecast_category=None), view)
    assert found.frame["opportunity_id"].to_list() == deals
    assert bool(deals) == (found.value is not None)


def test_a_view_survives_being_saved_and_hostile_ones_are_cut_to_what_is_known():
    view = View(teams=("A", "B"), is_due_only=False, least_amount=5.0)
    assert View.from_dict(view.to_dict()) == view
    assert View.from_dict(
        {"teams": "x", "is_due_only": "no", "least_amount": True, "colour": 1, "owners": [7]}
    ) == View(owners=("7",))


def test_moves_compare_the_data_with_the_review(company, here):
    before = weekly_review.moves(company, here, NO_MODELS, NONE)
    assert before.value == 0
    assert "Commit for Q2 2026 is unchanged at USD 123" in before.sentence()
    after = weekly_review.moves(company, here, NO_MODELS, edit(call_amount=25.0))
    assert after.value == 25.0
    assert after.frame.rows()[1:3] == [("best_case", 30.0, 0.0), ("commit", 123.0, 148.0)]
    assert "adds USD 25 to commit" in after.sentence()
    less = weekly_review.moves(company, here, NO_MODELS, edit(opportunity_id="D1", forecast_category="omitted"))
    assert "takes USD 40 from commit" in less.sentence()


def test_what_is_typed_lies_over_the_grid(company, here):
    grid = weekly_review.grid(company, here, NO_MODELS, NONE, View()).frame
    draft = {"forecast_category": "commit", "call_amount": None, "note": "mine", "version": 2}
    found = weekly_review.with_drafts(grid, {"D3": draft, "gone": draft})
    row = found.filter(pl.col("opportunity_id") == "D3").row(0, named=True)
    assert (row["forecast_category"], row["note"], row["version"]) == ("commit", "mine", 2)
    assert found["opportunity_id"].to_list() == grid["opportunity_id"].to_list()
    assert weekly_review.with_drafts(grid, {}).equals(grid)


def test_choices_are_those_of_the_open_deals(company, here):
    found = weekly_review.choices(company, here)
    assert found.teams == ["No team", "T"]
    assert found.owners["A"] == "A"
    assert found.stages == ["Proposal"]


def test_an_upload_is_not_reviewed_on_record(company):
    calls.check_kept(company)
    with pytest.raises(StoreError, match="your session only"):
        calls.check_kept(replace(company, is_transient=True))
    with pytest.raises(StoreError, match="Names are hidden"):
        calls.check_kept(replace(company, unmasked=company))
    with pytest.raises(StoreError, match="Names are hidden"):
        calls.check_kept(replace(company, whole=replace(company, unmasked=company)))
    calls.check_kept(replace(company, whole=company))


def test_what_was_reviewed_is_read_from_the_database(company, here, store):
    values = {"forecast_category": "commit", "call_amount": 1.0, "note": "n", "edited_on": company.as_of}
    store.deal_edits.save(calls.book(company), {"opportunity_id": "D3"}, values, "ann")
    edits = calls.reviewed(company, store)
    assert weekly_review.grid(company, here, NO_MODELS, edits, View(is_touched_only=True)).value == 1.0
    assert weekly_review.moves(company, here, NO_MODELS, edits).value == 1.0
