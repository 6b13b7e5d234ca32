from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from core.contracts.errors import QuarterdeckError
from core.metrics import engagement
from tests.features.conftest import company, make

__all__ = ["company", "make"]


def test_an_account_all_round(company, settings):
    found = engagement.account(company, settings, "A1")
    assert found.name == "A1"
    assert found.facts == {"Segment": "SMB", "Region": "EMEA", "People": "40"}
    what = found.events.filter(pl.col("kind") == "Deal")["what"].to_list()
    assert what == ["Won: O1", "Lost: O2", "Opened: O1", "Opened: O2"]
    ended = found.events.filter(pl.col("what") == "Ends: Contract")["amount"].to_list()
    assert ended == [-25.0, -10.0]
    assert found.frame["on"].is_sorted(descending=True)
    assert found.of(["Ticket"]).height == 1
    assert found.of([]).height == found.events.height
    assert "pays nothing today" in found.sentence()


def test_months_are_whole_and_end_on_the_as_of_day(company, settings):
    months = engagement.account(company, settings, "A1").months
    assert months.height == 24
    assert months["month"][-1] == date(2026, 3, 31)
    by = {r["month"]: r for r in months.to_dicts()}
    january = by[date(2026, 1, 31)]
    assert (january["usage"], january["n_tickets"], january["n_meetings"], january["mrr_amount"]) == (30.0, 1, 2, 25.0)
    assert january["ticket_sentiment"] == pytest.approx(-0.4)
    assert by[date(2025, 12, 31)]["usage"] is None
    assert by[date(2026, 3, 31)]["mrr_amount"] == 0.0


def test_the_trend_says_what_can_be_compared(company, settings):
    assert "no usage readings" not in engagement.account(company, settings, "A1").trend()
    quiet = company.with_frames(activities=company.frame("activities").clear())
    assert "no usage readings to compare, tickets 0 (was 0)" in engagement.account(quiet, settings, "A1").trend()


def test_an_account_that_is_not_there_is_said(company, settings):
    with pytest.raises(QuarterdeckError, match="no account A2"):
        engagement.account(company, settings, "A2")


@pytest.fixture
def highest(sample):
    """Return account_id, what it pays a month and the number of its lines, of the account that pays most."""
    running = sample.subscriptions.filter(pl.col("ended_on").is_null() | (pl.col("ended_on") > sample.as_of))
    paid = running.group_by("account_id").agg(pl.col("mrr_amount").sum(), pl.len())
    return paid.sort("mrr_amount").row(-1)


def test_names_come_with_the_highest_payer_first(sample, settings, highest):
    names = engagement.names(sample, settings)
    assert len(names) == sample.accounts.height
    assert next(iter(names)) == highest[0]


def test_a_running_contract_and_an_open_deal_are_told(sample, settings, highest):
    account, amount, n_lines = highest
    said = engagement.account(sample, settings, account).sentence()
    assert n_lines > 1
    assert f"pays USD {amount / 1e3:,.1f} k a month on {n_lines} contract lines" in said


def test_each_activity_bears_its_own_mood_not_that_of_its_day(sample, settings, highest):
    account = highest[0]
    events = engagement.account(sample, settings, account).events
    own = (pl.col("account_id") == account) & (pl.col("kind") != "usage")
    raw = sample.frame("activities").filter(own)["sentiment_score"].drop_nulls().sort()
    assert raw.n_unique() > 10
    assert events["sentiment_score"].drop_nulls().sort().to_list() == raw.to_list()
