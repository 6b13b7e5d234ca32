"""The Monday forecast and why the number moved, on a company worked out by hand and by law on random ones."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from core.contracts.errors import ModelError
from core.forecasts import calls, monday, quarter_walk, week_ago
from tests.forecasts.moving_company import AUGUST, NO_MODELS, moving_company
from tests.metrics.companies import company as by_hand


@pytest.fixture(scope="module")
def data():
    return moving_company()


@pytest.fixture(scope="module")
def walk(data, settings):
    return quarter_walk.walk(data, settings, NO_MODELS)


def test_every_deal_that_moved_has_its_reason(walk):
    reasons = dict(
        walk.deals.filter(~pl.col("reason").str.starts_with("Chance")).select("opportunity_id", "reason").rows()
    )
    assert {key: reasons[key] for key in ("won", "lost", "new", "raised", "slipped", "pulled")} == {
        "won": "Won",
        "lost": "Lost",
        "new": "New",
        "raised": "Amount raised",
        "slipped": "Slipped",
        "pulled": "Pulled in",
    }


def test_the_reasons_add_up_to_the_change_to_the_cent(walk):
    steps = walk.frame
    inner = steps.slice(1, steps.height - 2)["amount"].sum()
    assert round(steps["amount"][0] + inner - steps["amount"][-1], 2) == 0.0 == walk.left_amount
    come = steps.filter(pl.col("step") == quarter_walk.COME)["amount"].sum()
    assert walk.deals["change_amount"].sum() + come == pytest.approx(walk.change, abs=0.005)
    assert walk.check().endswith("reconciled to the cent.")
    assert walk.sentence().startswith("The Q2 2026 forecast ")


def test_a_won_deal_goes_from_its_chance_to_its_amount(walk):
    row = walk.of("Won").row(0, named=True)
    assert (row["opportunity_id"], row["after_amount"], row["owner"]) == ("won", 1_000.0, "R1")
    assert 0 < row["before_amount"] < 1_000.0
    assert walk.of("Opening").height == walk.deals.height


def test_what_the_new_amount_makes_at_the_old_chance_is_the_amounts(walk):
    rows = walk.deals.filter(pl.col("opportunity_id") == "raised")
    whole = rows["after_amount"][0] - rows["before_amount"][0]
    by_amount = rows.filter(pl.col("reason") == "Amount raised")["change_amount"].item()
    assert by_amount == pytest.approx(rows["before_amount"][0], abs=0.01)
    assert rows["change_amount"].sum() == pytest.approx(whole, abs=0.005)


def test_a_quiet_week_and_an_empty_company_say_so(data, settings):
    still = data.with_frames(opportunity_history=data.opportunity_history.filter(pl.col("opportunity_id") == "none"))
    with pytest.raises(ModelError, match="no deals to forecast"):
        quarter_walk.walk(by_hand(), settings, NO_MODELS)
    assert week_ago.earlier_day(still, settings, 400) == date(2026, 4, 1)


def test_the_table_adds_up_and_holds_last_week_beside_it(data, settings):
    table = monday.monday(data, settings, NO_MODELS, pl.DataFrame(schema=calls.CALLS), pl.DataFrame(schema=calls.EDITS))
    (row,) = table.frame.to_dicts()
    assert (row["who"], row["closed_amount"], row["quota_amount"]) == ("M1", 1_000.0, 9_000.0)
    # raised, pulled, new, still are due in the quarter and in commit; slipped has left it
    assert (row["commit_amount"], row["best_case_amount"], row["pipeline_amount"]) == (5_000.0, 0.0, 0.0)
    # a week ago: won, lost, raised, slipped and still
    assert (row["closed_change_amount"], row["commit_change_amount"]) == (1_000.0, 0.0)
    assert row["gap_amount"] == pytest.approx(9_000.0 - row["model_amount"])
    assert row["model_amount"] == pytest.approx(table.whole["amount"])
    assert "short of the quota of USD 9.0 k. Furthest from it: M1" in table.sentence()
    assert table.pulled() == "All that is closed was due in the quarter."


def test_deals_closed_that_were_due_later_are_flagged(data, settings):
    was_august = (pl.col("opportunity_id") == "won") & (pl.col("stage") == "Proposal")
    due = pl.when(was_august).then(pl.lit(AUGUST)).otherwise("close_on")
    later = data.with_frames(opportunity_history=data.opportunity_history.with_columns(close_on=due))
    table = monday.monday(
        later, settings, NO_MODELS, pl.DataFrame(schema=calls.CALLS), pl.DataFrame(schema=calls.EDITS)
    )
    assert table.early["opportunity_id"].to_list() == ["won"]
    assert table.pulled() == (
        "1 deal of USD 1.0 k closed in the quarter and was due later when it began: 100.0 % of what is closed was "
        "pulled in."
    )


def test_without_deals_and_without_a_quota_it_says_so(data, settings):
    frames = (pl.DataFrame(schema=calls.CALLS), pl.DataFrame(schema=calls.EDITS))
    assert "no deals to forecast" in monday.monday(by_hand(), settings, NO_MODELS, *frames).sentence()
    bare = data.with_frames(quotas=data.quotas.clear())
    assert "no quota" in monday.monday(bare, settings, NO_MODELS, *frames).sentence()
