"""Leads and touches of a part of a company, under invented names, and without contacts."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from core.access import row_scope
from core.access.field_hiding import hide
from core.access.identity import Identity
from core.access.masking import mask
from core.scope import narrowing
from core.scope.definition import Scope
from tests.metrics.companies import company, deal, rep

AS_OF = date(2026, 5, 15)


@pytest.fixture
def firm():
    accounts = [
        {"account_id": "a1", "account_name": "Acme", "region": "EMEA", "owner_id": "ann"},
        {"account_id": "a2", "account_name": "Beta", "region": "AMER", "owner_id": "bob"},
    ]
    leads = [
        {"lead_id": "l1", "lead_name": "Max Roe", "company": "Acme", "account_id": "a1", "opportunity_id": "d1"},
        {"lead_id": "l2", "lead_name": "Eva Fox", "company": "Beta", "account_id": "a2", "opportunity_id": "d2"},
        {"lead_id": "l3", "lead_name": "Ida Moe", "company": "Gamma", "owner_id": "ann"},
        {"lead_id": "l4", "lead_name": "Jan Poe", "company": None, "owner_id": "bob"},
        {"lead_id": "l5", "lead_name": "No One"},
    ]
    touches = [
        {"touch_id": f"t{k}", "touched_at": datetime(2026, 3, 1), "campaign_id": "k"} | about
        for k, about in enumerate(
            [{"lead_id": f"l{n}"} for n in range(1, 6)] + [{"account_id": "a2"}, {"opportunity_id": "d1"}, {}]
        )
    ]
    return company(
        AS_OF,
        accounts=accounts,
        leads=leads,
        campaign_touches=touches,
        campaigns=[{"campaign_id": "k", "campaign_name": "Fair", "cost_amount": 123.0}],
        opportunities=[
            deal("d1", account_id="a1", owner_id="ann", amount=5.0),
            deal("d2", account_id="a2", owner_id="bob", amount=5.0),
        ],
        sales_team=[rep("ann", "EMEA East", date(2020, 1, 1)), rep("bob", "AMER West", date(2020, 1, 1))],
    )


def ids(data):
    return data.leads["lead_id"].to_list(), data.campaign_touches["touch_id"].to_list()


def test_a_region_sees_its_own_leads_and_touches(firm):
    part = row_scope.cut(firm, Identity("x", "X", ("viewer",), regions=("EMEA",)))
    assert ids(part) == (["l1", "l3"], ["t0", "t2", "t6"])
    assert part.company.leads.height == 5


def test_a_scope_narrows_leads_too(firm, settings):
    part = narrowing.applied(firm, settings, Scope(region="AMER"))
    assert ids(part) == (["l2", "l4"], ["t1", "t3", "t5"])


def test_hidden_names_leave_no_true_one(firm, settings):
    hidden = mask(firm, settings, "scaled")
    shown = " ".join(str(v) for row in (*hidden.leads.rows(), *hidden.campaign_touches.rows()) for v in row)
    for name in ("Max", "Eva", "Acme", "Beta", "Gamma", "l1", "a1", "ann"):
        assert name not in shown.split()
    assert hidden.leads["opportunity_id"][0] == hidden.opportunities["opportunity_id"][0]
    assert hidden.campaign_touches["lead_id"][0] == hidden.leads["lead_id"][0]
    assert hidden.campaigns["cost_amount"][0] != 123.0
    assert hidden.leads["company"].null_count() == firm.leads["company"].null_count()


def test_without_contacts_no_lead_is_left_and_touches_name_nobody(firm):
    part = hide(firm, ("contacts",))
    assert part.leads.is_empty()
    assert part.campaign_touches["lead_id"].null_count() == 8
    assert hide(firm, ("amounts",)).leads.height == 5
    assert hide(firm, ("amounts",)).campaigns["cost_amount"][0] is None
