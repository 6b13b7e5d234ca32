"""Leads, campaigns and who was reached by them, as Salesforce, HubSpot and plain tables export them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from core.sources.folder import read_files

DEALS = b"""opportunity id,name,account,stage,amount,created date,close date,is closed,is won
D1,One,Acme,Closed Won,100,2025-02-03,2025-04-30,yes,yes
D2,Two,Beta,Proposal,50,2025-02-03,2025-09-30,no,no
"""


def read(settings, **files):
    named = {f"{name.replace('__', '-')}.csv": text.encode() for name, text in files.items()}
    return read_files({"opportunities.csv": DEALS, **named}, settings=settings, as_of=date(2025, 6, 1))


@pytest.fixture
def salesforce(settings):
    return read(
        settings,
        Lead=(
            "Id,FirstName,LastName,Company,Title,Status,LeadSource,IsConverted,ConvertedDate,CreatedDate,"
            "FirstCallDateTime,ConvertedOpportunityId,NumberOfEmployees\n"
            "00Q000000000001AAA,Max,Roe,Acme,CFO,Open,Web,0,,2025-01-03 08:00:00,2025-01-03 11:30:00,,250\n"
            "00Q000000000002AAA,Eva,Fox,Beta,CIO,Qualified,Web,1,2025-02-03,2025-01-04 08:00:00,,D1,20\n"
        ),
        CampaignMember=(
            "Id,CampaignId,LeadId,ContactId,Status,HasResponded,FirstRespondedDate,CreatedDate,IsDeleted\n"
            "00v000000000001AAA,701000000000001AAA,00Q000000000002AAA,,Attended,1,2025-01-20,2025-01-10 10:00:00,0\n"
            "00v000000000002AAA,701000000000001AAA,,003000000000001AAA,Sent,0,,2025-01-10 10:00:00,0\n"
            "00v000000000003AAA,701000000000001AAA,00Q000000000001AAA,,Sent,0,,2025-01-10 10:00:00,1\n"
        ),
        Campaign=(
            "Id,Name,Type,Status,StartDate,EndDate,BudgetedCost,ActualCost\n"
            "701000000000001AAA,Fair,Event,Done,2025-01-01,2025-01-03,1000,900\n"
        ),
        Contact="Id,AccountId,FirstName,LastName,Title,Email\n003000000000001AAA,Acme,Ina,Lee,CFO,e@x\n",
    )


def test_leads_of_salesforce_have_their_moments_and_their_deal(salesforce):
    columns = ("lead_name", "title", "employee_count", "created_on", "created_at", "answered_at")
    assert salesforce.leads.select(columns).row(0) == (
        "Max Roe",
        "CFO",
        250,
        date(2025, 1, 3),
        datetime(2025, 1, 3, 8),
        datetime(2025, 1, 3, 11, 30),
    )
    assert salesforce.leads["opportunity_id"].to_list() == [None, "D1"]
    assert salesforce.leads["is_converted"].to_list() == [False, True]


def test_members_of_campaigns_are_touches_by_their_answer_with_their_contacts_account(salesforce):
    touches = salesforce.campaign_touches
    assert touches["touched_at"].to_list() == [datetime(2025, 1, 20), datetime(2025, 1, 10, 10)]
    assert touches["has_responded"].to_list() == [True, False]
    assert touches["account_id"].to_list()[1] == salesforce.contacts["account_id"][0]
    assert salesforce.campaigns["kind"].to_list() == ["Event"]


def test_contacts_of_hubspot_with_a_stage_of_life_are_leads_too(settings):
    data = read(
        settings,
        hubspot__crm__exports__all__contacts=(
            "Record ID,First Name,Last Name,Email,Job Title,Lead Status,Lifecycle Stage,Create Date,"
            "Became an Opportunity Date,Associated Deal IDs,Original Source,Contact owner\n"
            "51,Ann,Lee,a@x,CFO,Open,Lead,2025-01-02 10:00,,,Organic Search,Bob\n"
            "52,Ben,Ray,b@x,CIO,Connected,Opportunity,2025-01-02 10:00,2025-02-03 09:00,D1;D9,Paid Search,Bob\n"
            "53,Cat,Dow,c@x,CIO,,,2025-01-02 10:00,,,Paid Search,Bob\n"
        ),
    )
    assert data.contacts.height == 3
    rows = data.leads.select("lead_id", "lead_name", "status", "lead_source", "is_converted", "opportunity_id").rows()
    assert rows == [
        ("51", "Ann Lee", "Open", "Organic Search", False, None),
        ("52", "Ben Ray", "Connected", "Paid Search", True, "D1"),
    ]
    assert data.leads["created_at"][0] == datetime(2025, 1, 2)


def test_plain_tables_are_read_and_touches_without_an_id_numbered(settings):
    data = read(
        settings,
        campaign_touches=(
            "campaign id,channel,lead id,account id,touched at,holdout\n"
            "c1,Webinar,,A1,2025-01-04 10:00,no\nc1,Webinar,L1,,2025-01-04 10:00,yes\nc1,Webinar,L1,,,no\n"
        ),
        leads="lead id,name,company,source,created at,status\nL1,Ann Lee,Acme,Web,2025-01-02 10:00,open\n",
    )
    assert data.campaign_touches["is_holdout"].to_list() == [False, True]
    assert data.campaign_touches["touch_id"].n_unique() == 2
    assert data.leads.select("created_on", "is_converted").row(0) == (date(2025, 1, 2), False)
    assert data.rejected.filter(entity="campaign_touches").height == 1


def test_without_them_everything_else_stays_as_it_is(settings, salesforce):
    bare = read(settings)
    assert bare.opportunities.equals(salesforce.opportunities)
    assert bare.leads.is_empty()
    assert bare.campaign_touches.is_empty()
    assert not any("lead" in note.lower() or "touch" in note.lower() for note in bare.missing)
