"""Windows are half-open: twelve months are 365 days in every measure, and the first day of a quarter is no gain."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from core.config import windows
from core.explain import headlines
from core.metrics import bookings, concentration, leaderboard, winrate
from core.metrics.deal_scope import periods
from tests.metrics.companies import AS_OF, company, deal, rep

FIRST, QUARTER = date(2025, 5, 16), date(2026, 4, 1)
DAYS = [FIRST - timedelta(days=1), FIRST, AS_OF, AS_OF + timedelta(days=1)]


@pytest.fixture(scope="module")
def data():
    """One deal won and one line booked on the last day out, the first in, the last in and the first out again."""
    won = {"is_won": True, "is_closed": True, "stage": "Closed Won", "owner_id": "r1"}
    deals = [deal(f"d{k}", amount=10.0**k, close_on=day, created_on=day, **won) for k, day in enumerate(DAYS)]
    lines = [
        {
            "transaction_id": f"t{k}",
            "account_id": "a",
            "product_id": "p",
            "rep_id": "r1",
            "booked_on": day,
            "region": "EMEA",
            "kind": "booking",
            "quantity": 1.0,
            "amount": 10.0**k,
        }
        for k, day in enumerate(DAYS)
    ]
    return company(
        opportunities=deals,
        transactions=lines,
        accounts=[{"account_id": "a", "account_name": "A", "region": "EMEA"}],
        products=[{"product_id": "p", "product_name": "P", "family": "F"}],
        sales_team=[rep("r1", "EMEA 1", date(2024, 1, 1))],
    )


def test_twelve_months_are_365_days_in_every_measure(data, settings):
    assert windows.last_months(AS_OF).count == 365
    inside = 10.0 + 100.0
    assert winrate.won_deals(data, settings)["amount"].sum() == inside
    assert winrate.deal_size(data, settings).value == inside / 2
    assert bookings.by_region_and_family(data, settings).frame["amount"].sum() == inside
    assert bookings.behind(data, settings, "EMEA", "F")["amount"].sum() == inside
    assert concentration.customers(data, settings).frame["amount"].sum() == inside
    assert concentration.behind(data, settings, "a").filter(pl.col("day") <= AS_OF)["amount"].sum() == inside
    assert leaderboard.behind(data, settings, "Win rate", "r1").height == 2
    since, until = periods(data, settings)["Last 12 months"]
    assert (date.fromisoformat(until) - date.fromisoformat(since)).days == 365


def test_contracts_of_a_quarters_first_day_are_no_gain_since_it_began(settings):
    lines = [
        {
            "subscription_id": f"s{k}",
            "account_id": "a",
            "product_id": "p",
            "mrr_amount": amount,
            "started_on": started,
            "ended_on": ended,
        }
        for k, (amount, started, ended) in enumerate(
            [
                (100.0, date(2025, 1, 1), None),
                (50.0, QUARTER, None),  # a first day's start
                (30.0, date(2025, 4, 1), QUARTER),  # ends as the quarter begins
                (7.0, QUARTER + timedelta(days=1), None),
            ]
        )
    ]
    data = company(subscriptions=lines, accounts=[{"account_id": "a", "account_name": "A"}])
    (text,) = [text for text, _, _ in headlines._recurring(data, settings)]
    assert text == "ARR is up USD 84 since Q2 2026 began."
    still = company(subscriptions=lines[:3], accounts=[{"account_id": "a", "account_name": "A"}])
    assert list(headlines._recurring(still, settings)) == []
