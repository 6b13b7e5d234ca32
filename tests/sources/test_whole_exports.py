"""Whole exports: several objects of one system, linked by ids, with histories in every form."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml

from core.config import load
from core.config.stages import fitted, is_open
from core.contracts.spans import is_valid
from core.sources import currencies
from core.sources.folder import reading_of_files
from tests.sources.exports import packed, workbook

EXPORTS = yaml.safe_load(Path(__file__).with_name("whole_exports.yaml").read_text(encoding="utf-8"))
BILLING = EXPORTS["billing"]


def files_of(name):
    return {file: text.encode() for file, text in EXPORTS[name].items()}


def spans(data, deal):
    rows = data.frame("opportunity_history").filter(pl.col("opportunity_id") == deal).sort("valid_from")
    return rows.select("valid_from", "valid_to", "stage", "amount", "close_on", "owner_id").rows()


@pytest.fixture(scope="module")
def salesforce():
    return reading_of_files({"WE_00D000000000001AAA_1.ZIP": packed(files_of("salesforce"))}, settings=load(environ={}))


def test_every_object_of_a_weekly_export_is_taken_for_what_it_is(salesforce):
    entities = {m.table.file: m.entity for m in salesforce.matches}
    assert entities == {
        "Opportunity.csv": "opportunities",
        "Account.csv": "accounts",
        "User.csv": "users",
        "UserRole.csv": "user_roles",
        "OpportunityHistory.csv": "opportunity_history",
        "Task.csv": "activities",
        "Event.csv": "activities",
        "CurrencyType.csv": "exchange_rates",
        "DatedConversionRate.csv": "exchange_rates",
        "ForecastingQuota.csv": "quotas",
        "Lead.csv": "leads",
        "Contact.csv": "contacts",
        "Campaign.csv": "campaigns",
        "Pricebook2.csv": None,
    }
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
    files = {**files_of("salesforce"), "meta.yaml": b"currency: usd"}
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
    rows = salesforce.dataset.frame("activities").sort("occurred_at")
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


def test_stages_by_their_ids_and_property_history():
    reading = reading_of_files(files_of("hubspot"), settings=load(environ={}))
    data = reading.dataset
    assert data.opportunities.select("stage", "is_closed", "is_won").rows() == [
        ("Trial", False, False),
        ("Signed", True, True),
        ("Said no", True, False),
    ]
    assert [(s.name, s.kind, s.rank) for s in reading.stages] == [
        ("Trial", "open", 0),
        ("Signed", "won", None),
        ("Said no", "lost", None),
    ]
    assert [r[:5] for r in spans(data, "1")] == [
        (date(2024, 1, 10), date(2024, 3, 5), "Intro", 400.0, None),
        (date(2024, 3, 5), date(2024, 4, 1), "Trial", 400.0, None),
        (date(2024, 4, 1), None, "Trial", 500.0, date(2024, 9, 30)),
    ]
    assert [r[2] for r in spans(data, "2")] == ["Intro", "Closed Won"]
    assert any("hs_priority" in note for note in reading.notes)
    assert data.rejected.filter(pl.col("rule") == "orphan").height == 1


def test_answers_of_an_api_with_changes_of_fields():
    reading = reading_of_files(files_of("pipedrive"), settings=load(environ={}))
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
    book = workbook(
        {
            "Read me": [{"Exported by": "the CRM"}],
            "Kunden": [{"Kundennummer": "K1", "Firma": "Acme", "Branche": "Energie", "Land": "DE"}],
            "Verkaufschancen": [
                {
                    "Chancen-Nr": "1",
                    "Titel": "Eins",
                    "Kundennummer": "K1",
                    "Phase": "Angebot",
                    "Wert": "12.000",
                    "Erstellt am": "03.02.2025",
                    "Abschluss": "14.09.2025",
                },
                {
                    "Chancen-Nr": "2",
                    "Titel": "Zwei",
                    "Kundennummer": "K1",
                    "Phase": "Gewonnen",
                    "Wert": "9.500",
                    "Erstellt am": "05.02.2025",
                    "Abschluss": "20.03.2025",
                },
            ],
        }
    )
    data = reading_of_files({"crm.xlsx": book}, settings=load(environ={})).dataset
    assert data.opportunities["amount"].to_list() == [12_000.0, 9_500.0]
    assert data.opportunities["created_on"].to_list() == [date(2025, 2, 3), date(2025, 2, 5)]
    assert data.accounts.select("account_id", "account_name", "industry").rows() == [("K1", "Acme", "Energie")]


@pytest.mark.parametrize("vendor", BILLING)
def test_invoices_of_billing_systems(vendor):
    case = BILLING[vendor]
    reading = reading_of_files({case["file"]: case["text"].encode()}, settings=load(environ={}))
    assert [m.layout.vendor for m in reading.matches] == [vendor]
    rows = reading.dataset.frame("transactions").select("transaction_id", "account_id", "kind", "amount").rows()
    assert rows == [tuple(row) for row in case["wanted"]]


@pytest.mark.parametrize("name", EXPORTS["subscriptions"])
def test_subscriptions_become_amounts_a_month(name):
    case = EXPORTS["subscriptions"][name]
    data = reading_of_files({name: case["text"].encode()}, settings=load(environ={})).dataset
    rows = data.subscriptions.select("subscription_id", "mrr_amount", "ended_on").rows()
    assert rows == [tuple(row) for row in case["wanted"]]


DEALS = EXPORTS["deals"]


@pytest.mark.parametrize("form", EXPORTS["histories"])
def test_every_form_of_history_and_what_is_open_by_it(form):
    case = EXPORTS["histories"][form]
    settings = load(environ={})
    files = {"deals.csv": DEALS.encode(), "deal history.csv": case["text"].encode()}
    data = reading_of_files(files, settings=settings).dataset
    assert [r[:2] for r in spans(data, "A")] == [tuple(span) for span in case["wanted"]]
    now = data.frame("opportunity_history").filter(is_valid(data.as_of), is_open(settings))
    assert sorted(now["opportunity_id"]) == ["A", "C"]
    assert spans(data, "B")[-1][2] == "Closed Won"


def test_an_archive_in_an_archive_and_a_folder_in_it():
    inner = packed({"export/deals.csv": DEALS.encode()})
    assert reading_of_files({"all.zip": inner}).dataset.opportunities.height == 3
