"""The path inside a window, by hand: what went out and came back, and what both ends alone would show."""

from __future__ import annotations

from datetime import date

import pytest

from core.charts import pipeline as charts
from core.contracts.errors import ContractError
from core.metrics import flow, pipeline_path
from tests.metrics.companies import company, deal, rep, states

SINCE, UNTIL = date(2026, 5, 1), date(2026, 5, 15)
OLD, IN, OUT = date(2026, 1, 5), date(2026, 6, 20), date(2026, 8, 1)
D4, D6, D9 = date(2026, 5, 4), date(2026, 5, 6), date(2026, 5, 9)
LOST = {"stage": "Closed Lost"}


def first(name, amount, close_on, *changes, owner_id="ann", day=OLD):
    return states(name, (day, {"amount": amount, "close_on": close_on, "owner_id": owner_id}), *changes)


@pytest.fixture
def firm():
    """Six deals: out and back, handed over and back, brief, raised and cut, pushed for good, untouched."""
    histories = [
        first("back", 8.0, IN, (D4, {"close_on": OUT}), (D9, {"close_on": IN})),
        first("lent", 5.0, IN, (D4, {"owner_id": "bob"}), (D9, {"owner_id": "ann"})),
        first("brief", 3.0, IN, (D6, LOST), day=D4),
        first("swing", 10.0, IN, (D4, {"amount": 14.0}), (D9, {"amount": 9.0})),
        first("late", 20.0, IN, (D6, {"close_on": OUT})),
        first("same", 2.0, IN),
    ]
    return company(
        opportunity_history=[row for rows in histories for row in rows],
        opportunities=[deal(rows[0]["opportunity_id"], opportunity_name="🚀 <b>") for rows in histories],
        sales_team=[rep("ann", "EMEA 1", OLD), rep("bob", "APAC 1", OLD)],
    )


def test_what_went_out_and_came_back_counts_on_the_way_and_not_at_the_ends(firm, settings):
    found = pipeline_path.path(firm, settings, SINCE, UNTIL, "region", "EMEA", "this quarter")
    rows = {s: rest for s, *rest in found.steps.filter(found.steps["n_deals"] > 0).iter_rows()}
    assert rows == {
        "New": [1, 3.0, 0, 0.0],
        "Transferred in": [1, 5.0, 0, 0.0],
        "Pulled in": [1, 8.0, 0, 0.0],
        "Increased": [1, 4.0, 0, 0.0],
        "Decreased": [1, -5.0, 1, -1.0],
        "Pushed out": [2, -28.0, 1, -20.0],
        "Transferred out": [1, -5.0, 0, 0.0],
        "Lost": [1, -3.0, 0, 0.0],
    }
    assert found.frame.rows() == [
        ("Left and entered by close date", 1, 8.0, -8.0, 0.0),
        ("Handed over, out and in", 1, 5.0, -5.0, 0.0),
        ("Entered, and lost or deleted", 1, 3.0, -3.0, 0.0),
        ("Raised and cut", 1, 4.0, -5.0, -1.0),
    ]
    assert (found.n_deals, found.n_put_off, found.n_back, found.hidden) == (4, 2, 1, 40.0)
    assert found.sentence() == (
        "4 deals entered and left, or rose and fell, within this period. Comparing only the start and the "
        "end would hide USD 40 of moves. 2 deals were pushed at least once; 1 of them came back to the original date "
        "or an earlier one."
    )
    told = {r["opportunity_id"]: r for r in found.deals.iter_rows(named=True)}
    assert found.deals["opportunity_id"].to_list() == ["back", "lent", "swing", "brief"]
    assert told["back"]["path"] == "04 May: pushed out to 01 Aug 2026 → 09 May: pulled in to 20 Jun 2026"
    assert told["lent"]["path"] == "04 May: transferred out to Bob → 09 May: transferred in to Ann"
    assert told["swing"]["path"] == "04 May: increased to 14 → 09 May: decreased to 9"
    assert told["brief"]["path"] == "04 May: new → 06 May: lost"
    assert told["brief"]["opportunity_name"] == "🚀 <b>"


def test_both_ways_walk_from_opening_to_closing(firm, settings):
    whole = flow.flow(firm, settings, SINCE, UNTIL, due="this quarter")
    found = pipeline_path.path(firm, settings, SINCE, UNTIL, due="this quarter")
    change = whole.amount("Closing") - whole.amount("Opening")
    assert found.steps["amount"].sum() == found.steps["ends_amount"].sum() == change
    assert whole.check() == "45.00 opening + 15.00 in − 36.00 out = 24.00 closing, USD: reconciled."


def test_quiet_days_and_unknown_days_say_so(firm, settings):
    quiet = pipeline_path.path(firm, settings, date(2026, 5, 10), UNTIL)
    assert quiet.sentence() == "No deal both entered and left in this period. No close date was pushed."
    assert quiet.deals.is_empty()
    assert pipeline_path.path(company(), settings, SINCE, UNTIL).n_deals == 0
    one = pipeline_path.path(firm, settings, SINCE, UNTIL, "rep", "bob")
    assert one.sentence().startswith("1 deal entered and left")
    with pytest.raises(ContractError, match="not a date"):
        pipeline_path.path(firm, settings, "soon", UNTIL)


def test_a_split_names_who_moved_most_and_adds_up(firm, settings):
    found = pipeline_path.split(firm, settings, SINCE, UNTIL, "region", "this quarter", "then")
    assert found.frame.select("name", "Opening", "change_amount", "Closing").rows() == [
        ("EMEA", 45.0, -21.0, 24.0),
        ("APAC", 0.0, 0.0, 0.0),
    ]
    assert found.sentence().startswith("EMEA moved most: it shrank by USD ")
    assert found.sentence().endswith(
        "The parts add up to the whole change: reconciled; deals handed over leave one part and enter another."
    )
    assert pipeline_path.split(company(), settings, SINCE, UNTIL, "team", "any date", "then").value is None
    still = pipeline_path.split(firm, settings, date(2026, 5, 12), UNTIL, "region", "any date", "now")
    assert still.sentence().startswith("Nothing changed overall.")


def test_the_chart_keeps_only_moves_that_were_made(firm, settings):
    found = pipeline_path.path(firm, settings, SINCE, UNTIL, due="this quarter")
    spec = charts.ways(found.steps, "USD").to_dict()
    steps = [r["step"] for r in next(iter(spec["datasets"].values()))]
    assert steps == ["New", "Pulled in", "Increased", "Decreased", "Pushed out", "Lost"]
