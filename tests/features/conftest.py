from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from core.contracts import SCHEMAS, Dataset, empty
from core.contracts.dataset import FRAMES


def rows(name, *found):
    """One frame of an entity from dicts; what is left out is null."""
    blank = empty(name)
    return pl.DataFrame(list(found), schema_overrides=dict(blank.schema)).select(
        [pl.col(c).cast(t) if any(c in f for f in found) else pl.lit(None, t).alias(c) for c, t in blank.schema.items()]
    )


@pytest.fixture
def make():
    def build(as_of=date(2026, 3, 31), **frames):
        held = {name: frames.get(name, empty(name)) for name in FRAMES}
        return Dataset(**held, as_of=as_of, source="test", rejected=pl.DataFrame())

    assert set(FRAMES) == set(SCHEMAS)
    return build


@pytest.fixture
def company(make):
    """Two deals and one paying account, small enough to work out by hand."""
    deal = {"opportunity_type": "new", "currency": "USD", "account_id": "A1", "owner_id": "R1"}
    state = {"is_deleted": False, "owner_id": "R1"}
    return make(
        accounts=rows("accounts", {"account_id": "A1", "segment": "SMB", "region": "EMEA", "employee_count": 40}),
        opportunities=rows(
            "opportunities",
            {
                **deal,
                "opportunity_id": "O1",
                "stage": "Closed Won",
                "created_on": date(2026, 1, 5),
                "n_contacts": 3,
                "close_on": date(2026, 3, 20),
                "is_closed": True,
                "is_won": True,
            },
            {
                **deal,
                "opportunity_id": "O2",
                "stage": "Closed Lost",
                "created_on": date(2025, 11, 3),
                "close_on": date(2026, 1, 20),
                "is_closed": True,
                "is_won": False,
            },
        ),
        opportunity_history=rows(
            "opportunity_history",
            {
                **state,
                "opportunity_id": "O1",
                "valid_from": date(2026, 1, 5),
                "valid_to": date(2026, 1, 12),
                "stage": "Prospecting",
                "amount": 100.0,
                "close_on": date(2026, 2, 10),
            },
            {
                **state,
                "opportunity_id": "O1",
                "valid_from": date(2026, 1, 12),
                "valid_to": date(2026, 1, 26),
                "stage": "Discovery",
                "amount": 100.0,
                "close_on": date(2026, 3, 10),
            },
            {
                **state,
                "opportunity_id": "O1",
                "valid_from": date(2026, 1, 26),
                "valid_to": date(2026, 3, 20),
                "stage": "Discovery",
                "amount": 150.0,
                "close_on": date(2026, 3, 1),
            },
            {
                **state,
                "opportunity_id": "O1",
                "valid_from": date(2026, 3, 20),
                "stage": "Closed Won",
                "amount": 900.0,
                "close_on": date(2026, 3, 20),
            },
            {
                **state,
                "opportunity_id": "O2",
                "valid_from": date(2025, 11, 3),
                "valid_to": date(2026, 1, 20),
                "stage": "Proposal",
                "amount": 50.0,
                "close_on": date(2026, 1, 31),
            },
            {
                **state,
                "opportunity_id": "O2",
                "valid_from": date(2026, 1, 20),
                "stage": "Closed Lost",
                "amount": 50.0,
                "close_on": date(2026, 1, 20),
            },
        ),
        subscriptions=rows(
            "subscriptions",
            {
                "subscription_id": "S1",
                "account_id": "A1",
                "mrr_amount": 10.0,
                "started_on": date(2025, 1, 1),
                "renewal_on": date(2026, 1, 1),
                "ended_on": date(2025, 7, 1),
            },
            {
                "subscription_id": "S2",
                "account_id": "A1",
                "mrr_amount": 25.0,
                "started_on": date(2025, 7, 1),
                "renewal_on": date(2026, 7, 1),
                "ended_on": date(2026, 3, 1),
            },
        ),
        activities=rows(
            "activities",
            *[
                {
                    "activity_id": f"C{i}",
                    "account_id": "A1",
                    "opportunity_id": "O1",
                    "kind": kind,
                    "occurred_at": at,
                    "sentiment_score": 0.5,
                }
                for i, (kind, at) in enumerate(
                    [
                        ("meeting", datetime(2026, 1, 8, 10)),
                        ("meeting", datetime(2026, 1, 29, 10)),
                        ("mail", datetime(2026, 1, 30, 9)),
                        ("meeting", datetime(2026, 3, 10, 10)),
                    ]
                )
            ],
            {
                "activity_id": "C8",
                "account_id": "A1",
                "kind": "usage",
                "occurred_at": datetime(2025, 10, 1),
                "quantity": 40.0,
            },
            {
                "activity_id": "C9",
                "account_id": "A1",
                "kind": "usage",
                "occurred_at": datetime(2026, 1, 15),
                "quantity": 30.0,
            },
            {
                "activity_id": "C10",
                "account_id": "A1",
                "kind": "ticket",
                "occurred_at": datetime(2026, 1, 20),
                "sentiment_score": -0.4,
            },
        ),
    )
