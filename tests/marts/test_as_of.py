from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from core.config import load
from core.contracts import Dataset, empty
from core.contracts.dataset import FRAMES
from core.marts.as_of import UNDATED, rewind
from core.metrics.pipeline import open_deals
from tests.features.conftest import rows

SETTINGS = load(environ={})
DEAL = {"opportunity_type": "new", "currency": "USD", "created_on": date(2026, 1, 5)}
STATE = {"is_deleted": False}


def company(deals, history, **more):
    frames = {name: empty(name) for name in FRAMES}
    frames |= {
        "opportunities": rows("opportunities", *deals),
        "opportunity_history": rows("opportunity_history", *history),
    }
    return Dataset(**(frames | more), as_of=date(2026, 6, 30), source="test", rejected=pl.DataFrame())


def one_deal():
    """A deal opened in January, raised in February, won in April at another amount."""
    deal = {
        **DEAL,
        "opportunity_id": "O1",
        "stage": "Closed Won",
        "close_on": date(2026, 4, 10),
        "amount": 900.0,
        "owner_id": "R2",
        "is_closed": True,
        "is_won": True,
        "n_contacts": 5,
        "competitor": "Rival",
        "next_step": "Sign",
    }
    spans = [
        (date(2026, 1, 5), date(2026, 2, 1), "Discovery", 100.0, date(2026, 3, 31), "R1", "pipeline"),
        (date(2026, 2, 1), date(2026, 4, 10), "Proposal", 400.0, date(2026, 4, 30), "R2", "commit"),
        (date(2026, 4, 10), None, "Closed Won", 900.0, date(2026, 4, 10), "R2", "closed"),
    ]
    history = [
        {
            **STATE,
            "opportunity_id": "O1",
            "valid_from": a,
            "valid_to": b,
            "stage": s,
            "amount": m,
            "close_on": c,
            "owner_id": o,
            "forecast_category": f,
        }
        for a, b, s, m, c, o, f in spans
    ]
    return [deal], history


def test_a_deal_stands_as_it_was_known():
    data = company(*one_deal())
    then = rewind(data, date(2026, 3, 1), SETTINGS)
    row = then.opportunities.row(0, named=True)
    told = ("stage", "amount", "close_on", "owner_id", "forecast_category", "is_closed", "is_won")
    assert [row[k] for k in told] == ["Proposal", 400.0, date(2026, 4, 30), "R2", "commit", False, False]
    assert all(row[name] is None for name in UNDATED)
    assert then.frame("opportunity_history")["valid_to"].to_list() == [date(2026, 2, 1), None]
    assert then.as_of == date(2026, 3, 1)
    assert then.is_transient
    early = rewind(data, date(2026, 1, 20), SETTINGS).opportunities.row(0, named=True)
    assert [early[k] for k in told] == ["Discovery", 100.0, date(2026, 3, 31), "R1", "pipeline", False, False]


def test_before_its_creation_a_deal_is_not_there_and_after_its_close_it_is_won():
    data = company(*one_deal())
    assert rewind(data, date(2026, 1, 4), SETTINGS).opportunities.is_empty()
    row = rewind(data, date(2026, 4, 10), SETTINGS).opportunities.row(0, named=True)
    assert (row["is_won"], row["amount"], row["close_on"]) == (True, 900.0, date(2026, 4, 10))


def test_without_history_a_deal_is_open_until_it_closed_and_its_amount_is_not_made_up():
    deals, _ = one_deal()
    other = {**STATE, "opportunity_id": "X", "valid_from": date(2026, 1, 1), "stage": "Discovery"}
    data = company(deals, [other])
    open_then = rewind(data, date(2026, 3, 1), SETTINGS).opportunities.row(0, named=True)
    assert (open_then["stage"], open_then["amount"], open_then["close_on"], open_then["is_closed"]) == (
        "Not known",
        None,
        None,
        False,
    )
    closed = rewind(data, date(2026, 4, 10), SETTINGS).opportunities.row(0, named=True)
    assert (closed["stage"], closed["amount"], closed["is_won"]) == ("Closed Won", 900.0, True)


def test_a_lost_deal_that_was_reopened_later_was_lost_then():
    deal = {**DEAL, "opportunity_id": "O1", "stage": "Discovery", "is_closed": False, "is_won": False, "amount": 5.0}
    spans = [
        (date(2026, 1, 5), date(2026, 2, 1), "Discovery"),
        (date(2026, 2, 1), date(2026, 3, 1), "Closed Lost"),
        (date(2026, 3, 1), None, "Discovery"),
    ]
    history = [
        {**STATE, "opportunity_id": "O1", "valid_from": a, "valid_to": b, "stage": s, "amount": 5.0}
        for a, b, s in spans
    ]
    data = company([deal], history)
    then = rewind(data, date(2026, 2, 10), SETTINGS).opportunities.row(0, named=True)
    assert (then["is_closed"], then["is_won"], then["close_on"]) == (True, False, date(2026, 2, 1))
    assert not rewind(data, date(2026, 3, 1), SETTINGS).opportunities["is_closed"][0]


def test_a_deal_deleted_by_then_is_gone():
    deals, history = one_deal()
    history[1]["is_deleted"] = True
    assert rewind(company(deals, history), date(2026, 3, 1), SETTINGS).opportunities.is_empty()


def test_what_begins_later_is_out_and_what_ends_later_runs_on():
    day = date(2026, 3, 1)
    line = {"mrr_amount": 1.0, "account_id": "A"}
    data = company(
        *one_deal(),
        subscriptions=rows(
            "subscriptions",
            {**line, "subscription_id": "S1", "started_on": date(2026, 1, 1), "ended_on": date(2026, 5, 1)},
            {**line, "subscription_id": "S2", "started_on": date(2026, 3, 2)},
        ),
        activities=rows(
            "activities",
            {"activity_id": "1", "kind": "mail", "occurred_at": datetime(2026, 3, 1, 23)},
            {"activity_id": "2", "kind": "mail", "occurred_at": datetime(2026, 3, 2)},
        ),
        sales_team=rows(
            "sales_team",
            {
                "rep_id": "R",
                "rep_name": "R",
                "role": "rep",
                "valid_from": date(2025, 1, 1),
                "valid_to": date(2026, 4, 1),
                "left_on": date(2026, 4, 1),
            },
            {"rep_id": "Q", "rep_name": "Q", "role": "rep", "valid_from": date(2026, 4, 1)},
        ),
        accounts=rows("accounts", {"account_id": "A", "account_name": "A", "customer_since_on": date(2026, 3, 5)}),
    )
    then = rewind(data, day, SETTINGS)
    assert then.subscriptions.select("subscription_id", "ended_on").rows() == [("S1", None)]
    assert then.frame("activities")["activity_id"].to_list() == ["1"]
    assert then.sales_team.select("rep_id", "valid_to", "left_on").rows() == [("R", None, None)]
    assert then.accounts["customer_since_on"].to_list() == [None]


days = st.dates(date(2026, 1, 1), date(2026, 6, 30))
STAGES = st.sampled_from(["Discovery", "Proposal", "Closed Lost", "Closed Won"])


@trials(deadline=None, max_examples=40)
@given(st.lists(st.tuples(days, STAGES, st.integers(0, 9)), min_size=1, max_size=6), days, days)
def test_rewinding_twice_is_rewinding_once_and_later_days_change_nothing(steps, one, other):
    early, late = sorted((one, other))
    spans = sorted({day: (stage, amount) for day, stage, amount in steps}.items())
    ends = [day for day, _ in spans[1:]]
    history = [
        {
            **STATE,
            "opportunity_id": "O1",
            "valid_from": day,
            "valid_to": end,
            "stage": stage,
            "amount": float(amount),
            "close_on": day,
        }
        for (day, (stage, amount)), end in zip(spans, [*ends, None], strict=True)
    ]
    day, (stage, amount) = spans[-1]
    closed = stage.startswith("Closed")
    deal = {
        **DEAL,
        "created_on": spans[0][0],
        "opportunity_id": "O1",
        "stage": stage,
        "amount": float(amount),
        "close_on": day,
        "is_closed": closed,
        "is_won": stage == "Closed Won",
    }
    data = company([deal], history)
    once, twice = rewind(data, early, SETTINGS), rewind(rewind(data, late, SETTINGS), early, SETTINGS)
    assert_frame_equal(once.opportunities, twice.opportunities)
    assert_frame_equal(once.frame("opportunity_history"), twice.frame("opportunity_history"))
    opened = once.opportunities.filter(~pl.col("is_closed"))["opportunity_id"].to_list()
    assert opened == open_deals(data, early, SETTINGS)["opportunity_id"].to_list()


def test_on_the_as_of_date_the_sample_is_as_it_is(sample, settings):
    now = rewind(sample, sample.as_of, settings)
    told = ("opportunity_id", "stage", "amount", "close_on", "is_closed", "is_won", "forecast_category")
    assert_frame_equal(now.opportunities.select(told), sample.opportunities.select(told))
    assert rewind(sample, sample.as_of - timedelta(days=1), settings).fingerprint != sample.fingerprint
