"""Whole exports: several objects of one system, linked by ids, with histories in every form."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest
from tests.sources.exports import packed, workbook

from core.config import load
from core.config.stages import fitted, is_open
from core.contracts.spans import is_valid
from core.sources import currencies
from core.sources.folder import reading_of_files


def table(text: str) -> bytes:
    return "\n".join(",".join(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines()).encode()


def spans(data, deal):
    rows = data.opportunity_history.filter(pl.col("opportunity_id") == deal).sort("valid_from")
    return rows.select("valid_from", "valid_to", "stage", "amount", "close_on", "owner_id").rows()


SALESFORCE = {
    "Opportunity.csv": table("""
Id | AccountId | OwnerId | Name | StageName | Amount | CurrencyIsoCode | CloseDate | CreatedDate | IsClosed | IsWon | ForecastCategory | Type | IsDeleted | SystemModstamp
006000000000001AAA | 001000000000001AAA | 005000000000001AAA | One | Negotiation/Review | 100 | EUR | 2024-09-30 00:00:00 | 2024-01-10 08:00:00 | 0 | 0 | BestCase | New Business | 0 | 2024-06-01 10:00:00
006000000000002AAA | 001000000000002AAA | 005000000000001AAA | Two | Closed Won | 300 | GBP | 2024-05-20 00:00:00 | 2024-02-01 08:00:00 | 1 | 1 | Closed | Existing Business | 0 | 2024-05-20 10:00:00
006000000000003AAA | 001000000000002AAA | 005000000000002AAA | Gone | Closed Won | 900 | EUR | 2024-05-20 00:00:00 | 2024-02-01 08:00:00 | 1 | 1 | Closed | New Business | 1 | 2024-05-20 10:00:00
"""),
    "Account.csv": table("""
Id | Name | Industry | NumberOfEmployees | BillingCountry | OwnerId | ParentId | IsDeleted
001000000000001AAA | Acme | Energy | 250 | Germany | 005000000000001AAA | 000000000000000AAA | 0
001000000000002AAA | Beta | Retail | 12 | France | 005000000000002AAA | 001000000000001AAA | 0
"""),
    "User.csv": table("""
Id | Username | FirstName | LastName | Title | UserRoleId | ManagerId | IsActive | UserType
005000000000001AAA | ann@x | Ann | Lee | AE | 00E000000000001AAA | 005000000000009AAA | 1 | Standard
005000000000002AAA | bob@x | Bob | Ray | AE | 00E000000000002AAA | 005000000000009AAA | 0 | Standard
005000000000009AAA | cat@x | Cat | Dow | Head | 00E000000000003AAA | 000000000000000AAA | 1 | Standard
005000000000007AAA | auto@x | Auto | Proc | | | | 1 | AutomatedProcess
"""),
    "UserRole.csv": table("""
Id | Name | ParentRoleId | ForecastUserId
00E000000000001AAA | East | 00E000000000003AAA |
00E000000000002AAA | West | 00E000000000003AAA |
00E000000000003AAA | Sales lead | |
"""),
    "OpportunityHistory.csv": table("""
Id | OpportunityId | CreatedDate | StageName | Amount | CloseDate | Probability | ForecastCategory | SystemModstamp | IsDeleted
008000000000001AAA | 006000000000001AAA | 2024-01-10 08:00:00 | Prospecting | 80 | 2024-06-30 00:00:00 | 10 | Pipeline | 2024-01-10 08:00:00 | 0
008000000000002AAA | 006000000000001AAA | 2024-03-05 09:00:00 | Prospecting | 90 | 2024-06-30 00:00:00 | 10 | Pipeline | 2024-03-05 09:00:00 | 0
008000000000003AAA | 006000000000001AAA | 2024-03-05 17:00:00 | Negotiation/Review | 100 | 2024-09-30 00:00:00 | 90 | Best Case | 2024-03-05 17:00:00 | 0
008000000000004AAA | 006000000000002AAA | 2024-02-01 08:00:00 | Prospecting | 300 | 2024-05-31 00:00:00 | 10 | Pipeline | 2024-02-01 08:00:00 | 0
008000000000005AAA | 006000000000002AAA | 2024-05-20 10:00:00 | Closed Won | 300 | 2024-05-20 00:00:00 | 100 | Closed | 2024-05-20 10:00:00 | 0
008000000000006AAA | 006000000000003AAA | 2024-02-01 08:00:00 | Prospecting | 900 | 2024-05-31 00:00:00 | 10 | Pipeline | 2024-02-01 08:00:00 | 0
"""),
    "Task.csv": table("""
Id | WhoId | WhatId | AccountId | OwnerId | Subject | ActivityDate | Status | Priority | Type | IsDeleted | TaskSubtype | CallDurationInSeconds
00T000000000001AAA | | 006000000000001AAA | | 005000000000001AAA | Call about terms | 2024-04-02 | Completed | Normal | | 0 | Call | 600
00T000000000002AAA | | 006000000000001AAA | | 005000000000001AAA | Email: offer | 2024-04-03 | Completed | Normal | | 0 | Task |
00T000000000003AAA | | 001000000000002AAA | | 005000000000001AAA | Check file | 2024-04-04 | Completed | Normal | | 0 | Task |
"""),
    "Event.csv": table("""
Id | WhoId | WhatId | AccountId | OwnerId | Subject | ActivityDateTime | DurationInMinutes | IsChild | IsDeleted
00U000000000001AAA | | 006000000000002AAA | 001000000000002AAA | 005000000000001AAA | Demo | 2024-03-11 14:00:00 | 45 | 0 | 0
00U000000000002AAA | | 006000000000002AAA | 001000000000002AAA | 005000000000001AAA | Demo | 2024-03-11 14:00:00 | 45 | 1 | 0
"""),
    "CurrencyType.csv": table("""
IsoCode | ConversionRate | DecimalPlaces | IsActive | IsCorporate
EUR | 1 | 2 | 1 | 1
GBP | 0.9 | 2 | 1 | 0
USD | 1.25 | 2 | 1 | 0
"""),
    "DatedConversionRate.csv": table("""
IsoCode | StartDate | NextStartDate | ConversionRate
GBP | 2024-05-01 | 2024-06-01 | 0.8
GBP | 2024-06-01 | 9999-12-31 | 0.75
"""),
    "ForecastingQuota.csv": table("""
Id | QuotaOwnerId | StartDate | QuotaAmount | ForecastingTypeId | CurrencyIsoCode
0J9000000000001AAA | 005000000000001AAA | 2024-04-01 | 1000 | 0Db000000000001AAA | EUR
0J9000000000002AAA | 005000000000001AAA | 2024-05-01 | 500 | 0Db000000000001AAA | EUR
"""),
    "Lead.csv": table("""
Id | FirstName | LastName | Company | Status | LeadSource | IsConverted | ConvertedDate | CreatedDate
00Q000000000001AAA | Max | Roe | Acme | Open | Web | 0 | | 2024-03-01 08:00:00
"""),
    "Contact.csv": table("""
Id | AccountId | FirstName | LastName | Title | Email | MailingCity
003000000000001AAA | 001000000000001AAA | Eva | Fox | CFO | e@x | Bonn
"""),
    "Campaign.csv": table("""
Id | Name | Type | Status | StartDate | EndDate | BudgetedCost | ActualCost
701000000000001AAA | Fair | Event | Done | 2024-02-01 | 2024-02-03 | 1000 | 900
"""),
    "Pricebook2.csv": table("""
Id | IsStandard | Description
01s000000000001AAA | 1 | x
"""),
}


@pytest.fixture(scope="module")
def salesforce():
    return reading_of_files({"WE_00D000000000001AAA_1.ZIP": _zip(SALESFORCE)}, settings=load(environ={}))


def _zip(files):
    import io
    import zipfile

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_every_object_of_a_weekly_export_is_taken_for_what_it_is(salesforce):
    entities = {m.table.file: m.entity for m in salesforce.matches}
    assert entities == {
        "Opportunity.csv": "opportunities", "Account.csv": "accounts", "User.csv": "users", "UserRole.csv": "user_roles",
        "OpportunityHistory.csv": "opportunity_history", "Task.csv": "activities", "Event.csv": "activities",
        "CurrencyType.csv": "exchange_rates", "DatedConversionRate.csv": "exchange_rates", "ForecastingQuota.csv": "quotas",
        "Lead.csv": "leads", "Contact.csv": "contacts", "Campaign.csv": "campaigns", "Pricebook2.csv": None,
    }  # fmt: skip
    assert {m.layout.vendor for m in salesforce.matches if m.layout} == {"Salesforce"}
    assert any("Pricebook2.csv was not read" in note for note in salesforce.notes)


def test_deleted_deals_are_out_and_their_history_too(salesforce):
    data = salesforce.dataset
    assert data.opportunities["opportunity_name"].to_list() == ["One", "Two"]
    assert data.rejected.filter(pl.col("rule") == "deleted").height == 1
    assert data.rejected.filter(pl.col("rule") == "orphan").height == 1


def test_amounts_are_in_one_currency_by_the_rate_of_their_day(salesforce):
    data = salesforce.dataset
    rows = data.opportunities.select("original_amount", "currency", "amount").rows()
    assert rows[0] == (100.0, "EUR", 100.0)
    assert rows[1] == (300.0, "GBP", pytest.approx(300 / 0.8))
    assert data.currency == "EUR"
    assert data.exchange_rates.height == 5
    assert any("The amounts are in EUR, GBP" in q.text for q in salesforce.questions)


def test_the_currency_of_the_source_can_be_said():
    files = {**SALESFORCE, "meta.yaml": b"currency: usd"}
    data = reading_of_files(files, settings=load(environ={})).dataset
    assert data.opportunities["amount"].to_list() == [125.0, pytest.approx(300 / 0.8 * 1.25)]
    assert data.currency == ""


def test_views_in_another_currency_and_at_the_rates_of_one_day(salesforce):
    data = salesforce.dataset
    euro = currencies.viewed(data, load(environ={}), "EUR")
    assert euro.opportunities["amount"].to_list() == [100.0, pytest.approx(375.0)]
    constant = currencies.viewed(data, load(environ={}), "EUR", on=date(2024, 7, 1))
    assert constant.opportunities["amount"].to_list() == [100.0, pytest.approx(400.0)]
    yen = currencies.viewed(data, load(environ={}), "JPY")
    assert yen.opportunities["amount"].null_count() == 2
    assert any("no exchange rate to JPY" in note for note in yen.missing)


def test_the_last_state_of_a_day_counts_and_ends_come_from_the_next_row(salesforce):
    rows = spans(salesforce.dataset, "006000000000001AAA")
    assert [(r[0], r[1], r[2], r[3]) for r in rows] == [
        (date(2024, 1, 10), date(2024, 3, 5), "Prospecting", 80.0),
        (date(2024, 3, 5), None, "Negotiation/Review", 100.0),
    ]
    assert {r[5] for r in rows} == {"005000000000001AAA"}


def test_the_team_is_made_of_users_with_roles_and_managers(salesforce):
    team = salesforce.dataset.sales_team.sort("rep_id")
    assert team.select("rep_name", "role", "manager_id", "team").rows() == [
        ("Ann Lee", "rep", "005000000000009AAA", "East"),
        ("Cat Dow", "manager", None, "Sales lead"),
    ]
    assert salesforce.dataset.users.height == 3


def test_activities_get_their_kind_their_deal_and_its_account(salesforce):
    rows = salesforce.dataset.activities.sort("occurred_at")
    assert rows.select("kind", "opportunity_id", "account_id", "quantity").rows() == [
        ("meeting", "006000000000002AAA", "001000000000002AAA", 45.0),
        ("call", "006000000000001AAA", "001000000000001AAA", 10.0),
        ("mail", "006000000000001AAA", "001000000000001AAA", None),
    ]
    assert rows["occurred_at"][0] == datetime(2024, 3, 11, 14)


def test_quotas_of_months_add_up_to_the_quarter_in_one_currency(salesforce):
    rows = salesforce.dataset.quotas.select("rep_id", "period_start_on", "quota_amount").rows()
    assert rows == [("005000000000001AAA", date(2024, 4, 1), 1500.0)]


def test_people_and_campaigns_are_kept(salesforce):
    data = salesforce.dataset
    assert data.leads.select("lead_name", "company").rows() == [("Max Roe", "Acme")]
    assert data.contacts.select("contact_name", "account_id").rows() == [("Eva Fox", "001000000000001AAA")]
    assert data.campaigns["cost_amount"].to_list() == [900.0]


HUBSPOT_DEALS = table("""
deal_id | deal_pipeline_stage_id | deal_pipeline_id | owner_id | property_dealname | property_amount | property_closedate | property_createdate | is_deleted
1 | 11 | default | 7 | One | 500 | 2024-09-30T00:00:00Z | 2024-01-10T09:00:00Z | false
2 | 13 | default | 8 | Two | 900 | 2024-05-20T00:00:00Z | 2024-02-01T09:00:00Z | false
3 | 14 | default | 8 | Three | 100 | 2024-06-11T00:00:00Z | 2024-02-01T09:00:00Z | false
""")
HUBSPOT_STAGES = table("""
stage_id | pipeline_id | label | display_order | probability | is_closed | closed_won
10 | default | Intro | 0 | 0.1 | false | false
11 | default | Trial | 1 | 0.4 | false | false
13 | default | Signed | 2 | 1.0 | true | true
14 | default | Said no | 3 | 0.0 | true | false
""")
HUBSPOT_HISTORY = table("""
deal_id | name | value | timestamp | source
1 | dealstage | 10 | 2024-01-10T09:00:00Z | CRM
1 | amount | 400 | 2024-01-10T09:00:00Z | CRM
1 | dealstage | 11 | 2024-03-05T09:00:00Z | CRM
1 | amount | 500 | 2024-04-01T09:00:00Z | CRM
1 | closedate | 2024-09-30T00:00:00Z | 2024-04-01T09:00:00Z | CRM
1 | hs_priority | high | 2024-04-01T09:00:00Z | CRM
2 | dealstage | 10 | 2024-02-01T09:00:00Z | CRM
2 | dealstage | 13 | 2024-05-20T09:00:00Z | CRM
9 | dealstage | 10 | 2024-02-01T09:00:00Z | CRM
""")


def test_stages_by_their_ids_and_property_history():
    files = {"deal.csv": HUBSPOT_DEALS, "deal_pipeline_stage.csv": HUBSPOT_STAGES, "deal_property_history.csv": HUBSPOT_HISTORY}
    reading = reading_of_files(files, settings=load(environ={}))
    data = reading.dataset
    assert data.opportunities.select("stage", "is_closed", "is_won").rows() == [
        ("Trial", False, False), ("Signed", True, True), ("Said no", True, False),
    ]  # fmt: skip
    assert [(s.name, s.kind, s.rank) for s in reading.stages] == [
        ("Trial", "open", 0), ("Signed", "won", None), ("Said no", "lost", None),
    ]  # fmt: skip
    assert [r[:5] for r in spans(data, "1")] == [
        (date(2024, 1, 10), date(2024, 3, 5), "Intro", 400.0, None),
        (date(2024, 3, 5), date(2024, 4, 1), "Trial", 400.0, None),
        (date(2024, 4, 1), None, "Trial", 500.0, date(2024, 9, 30)),
    ]
    assert [r[2] for r in spans(data, "2")] == ["Intro", "Closed Won"]
    assert any("hs_priority" in note for note in reading.notes)
    assert data.rejected.filter(pl.col("rule") == "orphan").height == 1


PIPEDRIVE = {
    "deals.json": b"""{"success": true, "data": [
      {"id": 1, "title": "One", "org_id": 5, "owner_id": 7, "stage_id": 2, "pipeline_id": 1, "status": "open", "value": 250.5,
       "currency": "EUR", "add_time": "2024-01-10T09:00:00Z", "expected_close_date": "2024-09-30", "update_time": "2024-06-01T09:00:00Z"},
      {"id": 2, "title": "Two", "org_id": 6, "owner_id": 7, "stage_id": 2, "pipeline_id": 1, "status": "lost", "value": 100,
       "currency": "EUR", "add_time": "2024-01-10T09:00:00Z", "lost_time": "2024-03-10T09:00:00Z", "lost_reason": "Price",
       "update_time": "2024-06-01T09:00:00Z"}]}""",
    "stages.json": b"""{"success": true, "data": [{"id": 1, "name": "Qualified", "order_nr": 1, "pipeline_id": 1, "deal_probability": 30},
      {"id": 2, "name": "Offer out", "order_nr": 2, "pipeline_id": 1, "deal_probability": 60}]}""",
    "organizations.json": b"""{"data": [{"id": 5, "name": "Acme", "people_count": 3, "open_deals_count": 1}, {"id": 6, "name": "Beta", "people_count": 1, "open_deals_count": 0}]}""",
    "users.json": b"""{"data": [{"id": 7, "name": "Ann Lee", "email": "a@x", "active_flag": true, "is_admin": 0}]}""",
    "deal_updates.json": b"""{"data": [
      {"item_id": 1, "field_key": "stage_id", "old_value": "1", "new_value": "2", "log_time": "2024-02-20 10:00:00", "change_source": "app"},
      {"item_id": 1, "field_key": "value", "old_value": "200", "new_value": "250.5", "log_time": "2024-02-25 10:00:00", "change_source": "app"}]}""",
}


def test_answers_of_an_api_with_changes_of_fields():
    reading = reading_of_files(PIPEDRIVE, settings=load(environ={}))
    data = reading.dataset
    assert {m.layout.vendor for m in reading.matches} == {"Pipedrive"}
    assert data.currency == "EUR"
    assert data.opportunities.select("stage", "is_closed", "is_won", "close_on", "lost_reason").rows() == [
        ("Offer out", False, False, date(2024, 9, 30), None),
        ("Offer out", True, False, date(2024, 3, 10), "Price"),
    ]
    assert [(r[0], r[1], r[2], r[3]) for r in spans(data, "1")] == [
        (date(2024, 1, 10), date(2024, 2, 20), "Qualified", 200.0),
        (date(2024, 2, 20), date(2024, 2, 25), "Offer out", 200.0),
        (date(2024, 2, 25), None, "Offer out", 250.5),
    ]
    assert fitted(load(environ={}), data).stages.open == ("Offer out",)
    assert data.sales_team["rep_name"].to_list() == ["Ann Lee"]


def test_one_workbook_with_a_sheet_per_entity_and_a_cover():
    book = workbook({
        "Read me": [{"Exported by": "the CRM"}],
        "Kunden": [{"Kundennummer": "K1", "Firma": "Acme", "Branche": "Energie", "Land": "DE"}],
        "Verkaufschancen": [
            {"Chancen-Nr": "1", "Titel": "Eins", "Kundennummer": "K1", "Phase": "Angebot", "Wert": "12.000", "Erstellt am": "03.02.2025", "Abschluss": "14.09.2025"},
            {"Chancen-Nr": "2", "Titel": "Zwei", "Kundennummer": "K1", "Phase": "Gewonnen", "Wert": "9.500", "Erstellt am": "05.02.2025", "Abschluss": "20.03.2025"},
        ],
    })  # fmt: skip
    data = reading_of_files({"crm.xlsx": book}, settings=load(environ={})).dataset
    assert data.opportunities["amount"].to_list() == [12_000.0, 9_500.0]
    assert data.opportunities["created_on"].to_list() == [date(2025, 2, 3), date(2025, 2, 5)]
    assert data.accounts.select("account_id", "account_name", "industry").rows() == [("K1", "Acme", "Energie")]


BILLING = {
    "Stripe": ("invoices.csv", "id,Number,Customer,Customer Name,Date (UTC),Amount Due,Amount Paid,Total,Currency,Status\nin_1,A-1,cus_1,Acme,2025-01-31 10:00,100.00,100.00,100.00,usd,paid\nin_2,A-2,cus_1,Acme,2025-02-28 10:00,80.00,0.00,80.00,usd,draft\n", [("in_1", "cus_1", "billing", 100.0)]),
    "QuickBooks": ("Sales by Customer Detail.csv", "Sales by Customer Detail\nAcme Corp\n\nTransaction date,Transaction type,Num,Customer,Product/Service,Qty,Sales price,Amount\n01/31/2025,Invoice,1001,Acme,Seats,2,50,100.00\n02/14/2025,Credit Memo,1002,Acme,Seats,1,50,50.00\n02/15/2025,Payment,1003,Acme,,,,100.00\n,,,,,,TOTAL,150.00\n", [("1001", "Acme", "billing", 100.0), ("1002", "Acme", "refund", -50.0)]),
    "NetSuite": ("TransactionSearchResults.csv", "Internal ID,Document Number,Date,Type,Name,Item,Quantity,Amount (Net),Posting Period,Subsidiary\n9001,INV1,31/01/2025,Invoice,Acme,Seats,2,\"1,000.00\",Jan 2025,Main\n9002,CM1,15/02/2025,Credit Memo,Acme,Seats,1,\"-200.00\",Feb 2025,Main\n", [("9001", "Acme", "billing", 1000.0), ("9002", "Acme", "refund", -200.0)]),
    "SAP": ("VBRK.csv", "VBELN;POSNR;FKART;FKDAT;KUNAG;NETWR;WAERK;VKORG\n0090000001;000010;F2;31.01.2025;0000100001;1.234,50;EUR;1000\n0090000001;000020;F2;31.01.2025;0000100001;100,00;EUR;1000\n0090000002;000010;G2;15.02.2025;0000100001;34,50;EUR;1000\n", [("0090000001-000010", "0000100001", "billing", 1234.5), ("0090000001-000020", "0000100001", "billing", 100.0), ("0090000002-000010", "0000100001", "refund", -34.5)]),
    "Chargebee": ("Invoices.csv", "Invoice Number,Customer Id,Customer Company,Invoice Date,Total,Amount Due,Currency Code,Status,Subscription Id\nI-1,c1,Acme,31-Jan-2025 10:00,100.00,0.00,USD,paid,s1\nI-2,c1,Acme,28-Feb-2025 10:00,100.00,0.00,USD,voided,s1\n", [("I-1", "c1", "billing", 100.0)]),
}  # fmt: skip


@pytest.mark.parametrize("vendor", BILLING)
def test_invoices_of_billing_systems(vendor):
    name, text, wanted = BILLING[vendor]
    reading = reading_of_files({name: text.encode()}, settings=load(environ={}))
    assert [m.layout.vendor for m in reading.matches] == [vendor]
    rows = reading.dataset.transactions.select("transaction_id", "account_id", "kind", "amount").rows()
    assert rows == wanted


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("subscriptions.csv", "id,Customer ID,Plan,Quantity,Interval,Amount,Status,Start Date (UTC),Current Period End (UTC),Canceled At (UTC),Ended At (UTC)\nsub_1,cus_1,p1,3,month,10.00,active,2025-01-01 00:00,2025-03-01 00:00,,\nsub_2,cus_2,p2,1,year,1200.00,canceled,2024-01-01 00:00,2025-01-01 00:00,2024-11-05 00:00,2025-01-01 00:00\nsub_3,cus_3,p2,1,year,1200.00,trialing,2025-02-01 00:00,,,\n", [("sub_1", 30.0, None), ("sub_2", 100.0, date(2025, 1, 1))]),
        ("Verträge.csv", "Vertragsnummer;Kundennummer;ARR;Vertragsbeginn;Vertragsende\nV1;K1;12.000,00;01.02.2024;\nV2;K2;2.400,00;15.03.2024;31.12.2024\n", [("V1", 1000.0, None), ("V2", 200.0, date(2024, 12, 31))]),
    ],
)  # fmt: skip
def test_subscriptions_become_amounts_a_month(name, text, wanted):
    data = reading_of_files({name: text.encode()}, settings=load(environ={})).dataset
    assert data.subscriptions.select("subscription_id", "mrr_amount", "ended_on").rows() == wanted


DEALS = "opportunity_id,stage,amount,created_on,close_on\nA,Proposal,10,2025-01-10,2025-09-30\nB,Closed Won,20,2025-01-12,2025-05-20\nC,Discovery,30,2025-02-01,2025-08-30\n"


@pytest.mark.parametrize(
    ("history", "wanted"),
    [
        ("opportunity_id,valid_from,valid_to,stage\nA,2025-01-10,2025-02-09,Discovery\nA,2025-02-10,2025-03-31,Proposal\nA,2025-04-01,,Proposal\nB,2025-01-12,2025-03-01,Discovery\nB,2025-03-02,2025-05-19,Proposal\nB,2025-05-20,,Closed Won\nC,2025-02-01,,Discovery\n",
         [(date(2025, 1, 10), date(2025, 2, 10)), (date(2025, 2, 10), date(2025, 4, 1)), (date(2025, 4, 1), None)]),
        ("deal_id,snapshot date,stage,amount\nA,2025-01-10,Discovery,5\nA,2025-02-10,Proposal,10\nZ,2025-02-10,Proposal,99\n",
         [(date(2025, 1, 10), date(2025, 2, 10)), (date(2025, 2, 10), None)]),
        ("deal id,field,old value,new value,changed at\nA,stage,Discovery,Proposal,2025-02-10\nA,owner,x,y,2025-02-10\n",
         [(date(2025, 1, 10), date(2025, 2, 10)), (date(2025, 2, 10), None)]),
    ],
    ids=["spans that end on their last day", "starts alone", "changes"],
)  # fmt: skip
def test_every_form_of_history_and_what_is_open_by_it(history, wanted):
    settings = load(environ={})
    data = reading_of_files({"deals.csv": DEALS.encode(), "deal history.csv": history.encode()}, settings=settings).dataset
    assert [r[:2] for r in spans(data, "A")] == wanted
    now = data.opportunity_history.filter(is_valid(data.as_of), is_open(settings))
    assert sorted(now["opportunity_id"]) == ["A", "C"]
    assert spans(data, "B")[-1][2] == "Closed Won"


def test_an_archive_in_an_archive_and_a_folder_in_it():
    inner = packed("export/deals.csv", DEALS.encode())
    assert reading_of_files({"all.zip": inner}).dataset.opportunities.height == 3


def test_a_folder_in_an_object_store():
    fsspec = pytest.importorskip("fsspec")
    from core.sources import read_folder

    system = fsspec.filesystem("memory")
    system.pipe_file("/bucket/crm/deals.csv", DEALS.encode())
    system.pipe_file("/bucket/crm/meta.yaml", b"as_of: 2025-06-30")
    data = read_folder("memory://bucket/crm")
    assert (data.opportunities.height, data.as_of, data.source) == (3, date(2025, 6, 30), "crm")
    system.rm("/bucket", recursive=True)
