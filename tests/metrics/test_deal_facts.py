"""One deal and one account on the page of their own, worked out by hand."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from core.access.masking import mask
from core.config.settings import CrmAddress
from core.contracts.errors import ContractError
from core.metrics import account_facts, crm_links, deal_facts, pipeline
from tests.metrics.companies import AS_OF, company, deal, rep, states

START = date(2026, 1, 1)


@pytest.fixture(scope="module")
def data():
    amounts = {"o1": 100.0, "o2": 50.0, "o3": None}
    extra = {
        "o1": {"opportunity_name": "Big", "close_on": date(2026, 5, 10), "created_on": START, "next_step": "Call"},
        "o2": {"close_on": date(2026, 3, 1), "is_closed": True, "is_won": True, "stage": "Closed Won"},
        "o3": {"account_id": None, "owner_id": None},
    }
    deals = [
        deal(key, amount=amount, **({"account_id": "a1", "owner_id": "r1"} | extra[key]))
        for key, amount in amounts.items()
    ]
    open_states = {"o1": {"amount": 100.0, "close_on": date(2026, 5, 10), "owner_id": "r1"}, "o3": {"amount": None}}
    return company(
        accounts=[{"account_id": "a1", "account_name": "Acme", "owner_id": "r1", "segment": "Large"}],
        opportunities=deals,
        opportunity_history=[s for key, state in open_states.items() for s in states(key, (START, state))],
        activities=[
            {
                "activity_id": f"v{day}",
                "account_id": "a1",
                "opportunity_id": "o1",
                "rep_id": "r1",
                "kind": "call",
                "occurred_at": datetime(2026, 5, day),
            }
            for day in (1, 14, 20)
        ],
        subscriptions=[{"subscription_id": "s1", "account_id": "a1", "mrr_amount": 9.0, "started_on": START}],
        sales_team=[rep("r1", "EMEA 1", START, manager_id="m1"), rep("m1", "EMEA 1", START, role="manager")],
    )


def test_an_open_deal_says_where_it_stands(data, settings):
    facts = deal_facts.deal(data, settings, "o1")
    assert facts.sentence() == (
        "Big with Acme stands at Proposal with USD 100, due 10 May 2026 and 5 days overdue; "
        "last touched 1 day ago (call)."
    )
    assert (facts.facts["Owner"], facts.facts["Manager"], facts.facts["Next step"]) == ("R1", "M1", "Call")
    assert facts.facts["Created"] == "01 January 2026, 134 days ago"
    assert facts.activities["on"].to_list() == [date(2026, 5, 14), date(2026, 5, 1)]
    assert facts.others() == "1 other deal with Acme, 0 open."
    assert "Competitor" not in facts.facts
    assert facts.frame["Fact"][0] == "Account"


def test_a_closed_deal_and_a_bare_one_say_what_there_is(data, settings):
    assert deal_facts.deal(data, settings, "o2").sentence() == "o2 with Acme was won on 01 March 2026: USD 50."
    bare = deal_facts.deal(data, settings, "o3")
    assert bare.sentence() == (
        "o3 stands at Proposal with no amount yet, with no expected close; no activity is on record."
    )
    assert bare.others() == "No other deal with this account is on record."


def test_an_unknown_deal_is_a_sentence_that_names_the_nearest(data, settings):
    with pytest.raises(ContractError, match=r"no deal 'o11' among those you see\. Did you mean o1\?"):
        deal_facts.deal(data, settings, "o11")
    with pytest.raises(ContractError, match="Search for it"):
        deal_facts.deal(data, settings, "")


def test_lists_of_deals_get_account_and_owner_once(data, settings):
    bare = data.opportunities.select("opportunity_id")
    listed = deal_facts.with_people(data, settings, bare)
    assert listed.rows() == [("o1", "Acme", "R1"), ("o2", "Acme", "R1"), ("o3", None, None)]
    assert deal_facts.with_people(data, settings, listed) is listed
    assert "owner" not in deal_facts.with_people(data, settings, bare.with_columns(owner_before=None)).columns
    assert deal_facts.with_people(data, settings, data.accounts) is data.accounts


def test_accounts_are_listed_by_what_they_pay_or_have_open(data, settings):
    by_paid = account_facts.listed(data, settings)
    assert by_paid.frame.rows() == [("a1", "Acme", "R1", "Large", None, 9.0, 100.0, 1)]
    assert by_paid.sentence() == "1 account pays USD 9 a month."
    assert account_facts.listed(data, settings, "open_amount").sentence() == "1 account has USD 100 open."
    assert "Load accounts" in account_facts.listed(company(), settings).sentence()


def test_deals_due_next_come_first(data, settings):
    due = pipeline.due_next(data, settings)
    assert due.frame["opportunity_id"].to_list() == ["o1", "o3"]
    assert due.sentence() == "1 deal with USD 100 is due within 30 days, 1 of them overdue."
    assert due.frame["owner"].to_list() == ["R1", None]


def test_a_deal_opens_in_the_crm_where_the_settings_say_so(data, settings):
    address = CrmAddress(deal="https://crm.example.com/{id}/view")
    told = settings.model_copy(update={"crm_url": {"settings": address}})
    assert crm_links.crm_link(data, told, "settings", "deal", "o/1") == "https://crm.example.com/o%2F1/view"
    assert crm_links.crm_link(data, told, "settings", "account", "a1") == ""
    assert crm_links.crm_link(data, told, "other", "deal", "o1") == ""
    assert crm_links.crm_link(mask(data, told), told, "settings", "deal", "o1") == ""
    with pytest.raises(ValueError, match="must begin with https"):
        CrmAddress(deal="javascript:alert(1)//{id}")


def test_nothing_of_the_day_after_is_told(data, settings):
    assert deal_facts.deal(data, settings, "o1").activities["on"].max() < AS_OF
