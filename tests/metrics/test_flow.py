from __future__ import annotations

from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from core.contracts.errors import ContractError
from core.metrics import deal_scope, flow, pipeline
from core.metrics.deal_events import tracks
from core.sample import AS_OF
from tests.metrics.companies import company, deal, rep, states

SINCE, UNTIL = date(2026, 5, 1), date(2026, 5, 15)
OLD, IN, LATER, OUT = date(2026, 1, 5), date(2026, 6, 20), date(2026, 6, 28), date(2026, 8, 1)
TENTH = date(2026, 5, 10)


def first(opportunity_id, amount, close_on, *changes, owner_id="ann", day=OLD):
    start = {"amount": amount, "close_on": close_on, "owner_id": owner_id, "forecast_category": "pipeline"}
    return states(opportunity_id, (day, start), *changes)


WON, LOST, GONE = {"stage": "Closed Won"}, {"stage": "Closed Lost"}, {"is_deleted": True}


@pytest.fixture
def firm():
    """Twelve deals, one for each thing that can happen."""
    histories = [
        first("new", 10.01, IN, day=TENTH),
        first("in", 20.0, OUT, (TENTH, {"close_on": IN, "amount": 25.5})),
        first("up", 5.0, IN, (TENTH, {"amount": 7.25})),
        first("down", 9.0, IN, (TENTH, {"amount": 4.0})),
        first("out", 30.3, IN, (TENTH, {"close_on": OUT, "amount": 31.0})),
        first("won", 40.4, IN, (TENTH, WON | {"amount": 45.0, "close_on": TENTH})),
        first("lost", 50.5, IN, (TENTH, LOST | {"amount": 1.0, "close_on": TENTH})),
        first("gone", 1.1, IN, (TENTH, GONE)),
        first("same", 2.2, IN),
        first("bare", None, IN, (TENTH, {"amount": 3.0})),
        first("back", 8.0, IN, (date(2026, 5, 4), {"close_on": OUT}), (date(2026, 5, 12), {"close_on": LATER})),
        first("never due", 99.0, None),
    ]
    deals = [deal(rows[0]["opportunity_id"]) for rows in histories]
    return company(
        opportunity_history=[row for rows in histories for row in rows],
        opportunities=deals,
        sales_team=[rep("ann", "EMEA 1", OLD)],
    )


def steps(found):
    return {step: (n, amount) for step, n, amount in found.frame.iter_rows() if n}


def test_every_step_by_hand(firm, settings):
    found = flow.flow(firm, settings, SINCE, UNTIL, due="this quarter")
    assert steps(found) == {
        "Opening": (9, 146.5),
        "New": (1, 10.01),
        "Pulled in": (2, 33.5),
        "Increased": (4, 10.55),
        "Decreased": (1, -5.0),
        "Pushed out": (2, -39.0),
        "Won": (1, -45.0),
        "Lost": (1, -50.5),
        "Deleted": (1, -1.1),
        "Closing": (7, 59.96),
    }
    assert found.residual == 0
    assert found.value == 59.96
    assert (found.n_pushed, found.pushed_amount) == (2, 39.0)
    assert "does not reconcile" not in found.sentence()
    assert "39" in found.sentence()


def test_without_a_window_dates_move_nothing(firm, settings):
    found = steps(flow.flow(firm, settings, SINCE, UNTIL))
    assert {"Pulled in", "Pushed out", "Pulled out"} & set(found) == set()
    assert found["Opening"] == (11, 265.5)
    assert found["Increased"] == (5, 16.05)
    assert found["Closing"] == (9, 189.96)


def test_the_next_quarter_is_pulled_out_of_and_pushed_into(settings):
    history = first("early", 10.0, OUT, (TENTH, {"close_on": IN})) + first("late", 7.0, IN, (TENTH, {"close_on": OUT}))
    data = company(opportunity_history=history, opportunities=[deal("early"), deal("late")])
    assert steps(flow.flow(data, settings, SINCE, UNTIL, due="next quarter")) == {
        "Opening": (1, 10.0),
        "Pulled in": (1, 7.0),
        "Pulled out": (1, -10.0),
        "Closing": (1, 7.0),
    }


def test_a_won_deal_without_an_amount_of_its_own_leaves_with_the_one_it_had(settings):
    history = first("w", 10.0, IN, (TENTH, WON | {"amount": None, "close_on": None, "owner_id": None}))
    data = company(opportunity_history=history, opportunities=[deal("w")])
    assert steps(flow.flow(data, settings, SINCE, UNTIL, due="this quarter"))["Won"] == (1, -10.0)


def test_a_deal_that_comes_back_is_new_and_one_won_at_once_nets_to_zero(settings):
    again = first("r", 10.0, IN, (date(2026, 5, 3), LOST), (TENTH, {"stage": "Proposal", "amount": 12.0}))
    at_once = first("o", 5.0, TENTH, day=TENTH)
    at_once[0]["stage"] = "Closed Won"
    data = company(opportunity_history=again + at_once, opportunities=[deal("r"), deal("o")])
    assert steps(flow.flow(data, settings, SINCE, UNTIL)) == {
        "Opening": (1, 10.0),
        "New": (2, 17.0),
        "Won": (1, -5.0),
        "Lost": (1, -10.0),
        "Closing": (1, 12.0),
    }


@pytest.mark.parametrize(
    ("ends", "step"),
    [({}, "Deleted"), ({"is_closed": True, "is_won": True}, "Won"), ({"is_closed": True}, "Lost")],
)
def test_a_history_that_stops_says_how_the_deal_ended(settings, ends, step):
    rows = first("s", 10.0, IN)
    rows[0]["valid_to"] = TENTH
    data = company(opportunity_history=rows, opportunities=[deal("s", **ends)])
    assert steps(flow.flow(data, settings, SINCE, UNTIL)) == {"Opening": (1, 10.0), step: (1, -10.0)}


@pytest.fixture
def moving():
    """Ann's deal stays hers while she changes team; Bob's goes to her."""
    history = first("a", 10.0, IN) + first("b", 7.0, IN, (TENTH, {"owner_id": "ann", "amount": 8.0}), owner_id="bob")
    team = [
        rep("ann", "EMEA 1", OLD, date(2026, 5, 5)),
        rep("ann", "EMEA 2", date(2026, 5, 5)),
        rep("bob", "EMEA 1", OLD),
    ]
    return company(opportunity_history=history, opportunities=[deal("a"), deal("b")], sales_team=team)


def test_a_rep_who_moves_takes_the_deals_along_then_but_not_now(moving, settings):
    def team(name, hierarchy):
        return steps(flow.flow(moving, settings, SINCE, UNTIL, "team", name, hierarchy=hierarchy))

    assert team("EMEA 1", "then") == {
        "Opening": (2, 17.0),
        "Increased": (1, 1.0),
        "Transferred out": (2, -18.0),
    }
    assert team("EMEA 2", "then") == {"Transferred in": (2, 18.0), "Closing": (2, 18.0)}
    assert team("EMEA 1", "now") == {"Opening": (1, 7.0), "Increased": (1, 1.0), "Transferred out": (1, -8.0)}
    assert team("EMEA 2", "now") == {"Opening": (1, 10.0), "Transferred in": (1, 8.0), "Closing": (2, 18.0)}
    assert "Transferred in" not in steps(flow.flow(moving, settings, SINCE, UNTIL, "region", "EMEA"))
    assert steps(flow.flow(moving, settings, SINCE, UNTIL, "rep", "bob"))["Transferred out"] == (1, -8.0)


def test_a_bar_opens_into_its_deals_with_before_and_after(firm, settings):
    behind = flow.deals(firm, settings, "Pushed out", SINCE, UNTIL, due="this quarter")
    assert behind.frame["moved_amount"].to_list() == [-31.0, -8.0]
    top = behind.frame.row(0, named=True)
    assert (top["amount_before"], top["amount_after"]) == (30.3, 31.0)
    assert (top["close_on_before"], top["close_on_after"]) == (IN, OUT)
    assert (top["owner_before"], top["owner_after"], top["category_before"]) == ("Ann", "Ann", "Pipeline")
    assert behind.sentence() == "Pushed out: 2 deals in 2 changes, USD 39 together."
    closing = flow.deals(firm, settings, "Closing", SINCE, UNTIL, due="this quarter")
    assert closing.frame["moved_amount"].sum() == pytest.approx(59.96)
    assert flow.deals(firm, settings, "Transferred in", SINCE, UNTIL).sentence() == "No deal is behind transferred in."


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda d, s: flow.flow(d, s, UNTIL, SINCE), "backwards"),
        (lambda d, s: flow.flow(d, s, "yesterday", UNTIL), "not a date"),
        (lambda d, s: flow.flow(d, s, SINCE, UNTIL, "team", "EMEA 9"), "Did you mean 'EMEA 1'"),
        (lambda d, s: flow.flow(d, s, SINCE, UNTIL, "rep", "🚀"), "Choose one that is listed"),
        (lambda d, s: flow.flow(d, s, SINCE, UNTIL, "squad", "x"), "no scope called 'squad'"),
        (lambda d, s: flow.flow(d, s, SINCE, UNTIL, due="some day"), "no close-date window"),
        (lambda d, s: flow.deals(d, s, "Vanished", SINCE, UNTIL), "no bar called 'Vanished'"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(firm, settings, call, word):
    with pytest.raises(ContractError, match=word):
        call(firm, settings)


def test_nothing_is_no_number(settings):
    found = flow.flow(company(), settings, SINCE, UNTIL, due="this quarter")
    assert found.value is None
    assert found.sentence() == "The company had no open pipeline due in Q2 2026 between 1 May 2026 and 15 May 2026."
    assert flow.parts(company(), settings, SINCE, UNTIL).is_empty()


def test_nothing_after_the_as_of_date_is_read(firm, settings):
    from dataclasses import replace

    past = replace(firm, as_of=date(2026, 5, 9), known_fingerprint=None)
    assert tracks(past, settings)["day"].max() == date(2026, 5, 4)
    trimmed = past.with_frames(
        opportunity_history=past.frame("opportunity_history").filter(pl.col("valid_from") < TENTH)
    )
    ask = (settings, SINCE, date(2026, 5, 9))
    assert flow.flow(past, *ask).frame.equals(flow.flow(trimmed, *ask).frame)


@pytest.mark.parametrize("days", [1, 7, 30, 365, 1500])
@pytest.mark.parametrize("due", deal_scope.DUE)
def test_the_parts_of_the_sample_add_up_to_the_company(sample, settings, days, due):
    ask = (sample, settings, AS_OF - timedelta(days=days), AS_OF)
    whole = dict(flow.flow(*ask, due=due).frame.select("step", "amount").iter_rows())
    for level in ("region", "team", "segment", "product family"):
        parts = flow.parts(*ask, level, due)
        for step in ("Opening", "New", "Pulled in", "Increased", "Decreased", "Pushed out", "Won", "Lost", "Closing"):
            assert round(parts[step].sum() * 100) == round(whole[step] * 100), (level, step)
        assert round(parts["Transferred in"].sum() * 100) == -round(parts["Transferred out"].sum() * 100)


def test_the_ends_are_the_open_deals_of_the_day(sample, settings):
    found = flow.flow(sample, settings, AS_OF - timedelta(days=90), AS_OF)
    for step, day in (("Opening", AS_OF - timedelta(days=90)), ("Closing", AS_OF)):
        open_then = pipeline.open_deals(sample, day, settings)
        assert round(found.amount(step), 2) == round(open_then["amount"].sum(), 2)


def test_won_is_what_was_won_by_sql(sample, settings):
    since = AS_OF - timedelta(days=400)
    found = flow.flow(sample, settings, since, AS_OF)
    with duckdb.connect() as connection:
        connection.register("deals", sample.opportunities.to_arrow())
        query = (
            f"select sum(amount), count(*) from deals where is_won and close_on > '{since}' and close_on <= '{AS_OF}'"
        )
        amount, n = connection.execute(query).fetchone()
    row = found.frame.filter(pl.col("step") == "Won").row(0, named=True)
    assert (row["n_deals"], round(-row["amount"], 2)) == (n, round(amount, 2))
