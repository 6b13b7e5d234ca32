"""One scope: its address, its normal form, and the rows it leaves of a company worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from core.access.identity import Identity
from core.access.masking import mask, person_id
from core.contracts.errors import ContractError
from core.metrics import flow
from core.scope import Scope, applied, fiscal_period, narrowing, own_scopes, rows_shown
from tests.metrics.companies import company, deal, rep, states

START = date(2025, 1, 1)


def account(account_id, owner, **values):
    return {"account_id": account_id, "account_name": account_id.title(), "owner_id": owner} | values


def line(number, account_id, rep_id, product, amount):
    return {
        "transaction_id": f"t{number}",
        "account_id": account_id,
        "rep_id": rep_id,
        "product_id": product,
        "booked_on": date(2026, 5, 1),
        "kind": "booking",
        "amount": amount,
    }


@pytest.fixture(scope="module")
def data():
    """Two regions; a director whose team holds nobody else, two managers below, three reps."""
    deals = [
        deal("o1", account_id="a1", owner_id="r1", product_id="p1", amount=100.0, close_on=START),
        deal("o2", account_id="a2", owner_id="r2", product_id="p2", amount=200.0, opportunity_type="renewal"),
        deal("o3", account_id="a3", owner_id="r3", product_id="p1", amount=400.0),
    ]
    history = [
        s
        for d in deals
        for s in states(d["opportunity_id"], (START, {"amount": d["amount"], "owner_id": d["owner_id"]}))
    ]
    return company(
        accounts=[
            account("a1", "r1", region="AMER", segment="Large"),
            account("a2", "r2", region="AMER", segment="Small"),
            account("a3", "r3", region="EMEA", segment="Small"),
        ],
        opportunities=deals,
        opportunity_history=history,
        products=[
            {"product_id": "p1", "product_name": "One", "family": "Core"},
            {"product_id": "p2", "product_name": "Two", "family": "More"},
        ],
        transactions=[
            line(1, "a1", "r1", "p1", 10.0),
            line(2, "a2", "r2", "p2", 20.0),
            line(3, "a3", "r3", "p1", 40.0),
            line(4, "a1", None, "p1", 1.0),
        ],
        quotas=[{"rep_id": r, "period_start_on": date(2026, 4, 1), "quota_amount": 5.0} for r in ("r1", "r2", "r3")],
        sales_team=[
            rep("d1", "AMER", START, role="director"),
            rep("m1", "AMER 1", START, role="manager", manager_id="d1"),
            rep("m2", "AMER 2", START, role="manager", manager_id="d1"),
            rep("r1", "AMER 1", START, manager_id="m1"),
            rep("r2", "AMER 2", START, manager_id="m2"),
            rep("r3", "EMEA 1", START),
        ],
        users=[{"user_id": "r2", "user_name": "R2", "email": "Two@Example.com"}],
        exchange_rates=[{"currency": c, "valid_from": START, "rate": r} for c, r in (("USD", 1.0), ("EUR", 0.5))],
    )


def ids(data):
    return sorted(data.opportunities["opportunity_id"])


@pytest.mark.parametrize(
    ("scope", "deals", "booked"),
    [
        (Scope(), ["o1", "o2", "o3"], 71.0),
        (Scope(region="AMER"), ["o1", "o2"], 31.0),
        (Scope(team="AMER"), ["o1", "o2"], 31.0),
        (Scope(team="AMER 2"), ["o2"], 20.0),
        (Scope(team="m1"), ["o1"], 11.0),
        (Scope(rep="r3"), ["o3"], 40.0),
        (Scope(segment="Small"), ["o2", "o3"], 60.0),
        (Scope(segment="Small", region="EMEA"), ["o3"], 40.0),
        (Scope(family="Core"), ["o1", "o3"], 51.0),
        (Scope(deal_type="renewal"), ["o2"], 20.0),
    ],
)
def test_a_scope_leaves_these_deals_and_lines(data, settings, scope, deals, booked):
    part = applied(data, settings, scope)
    assert ids(part) == deals == sorted(part.frame("opportunity_history")["opportunity_id"])
    assert part.frame("transactions")["amount"].sum() == booked
    assert part.company is data


@pytest.mark.parametrize(
    "scope",
    [
        Scope(family="Core", region="AMER"),
        Scope(family="More", team="AMER"),
        Scope(family="Core", rep="r1"),
        Scope(family="Core", rep="r1", segment="Large"),
        Scope(family="Core", rep="r2"),
    ],
)
def test_a_family_within_a_part_has_the_accounts_its_own_lines_name(data, settings, scope):
    rest = applied(data, settings, replace(scope, family=""))
    products = data.products.filter(pl.col("family") == scope.family)["product_id"].implode()
    is_sold = pl.col("product_id").is_in(products)
    billed = rest.frame("transactions").filter(is_sold)["account_id"]
    expected = {*billed, *rest.opportunities.filter(is_sold)["account_id"]}
    assert set(applied(data, settings, scope).accounts["account_id"]) == expected


def test_the_whole_company_is_the_data_themselves_whatever_the_period(data, settings):
    assert applied(data, settings, Scope(period="last quarter")) is data


def test_people_and_quotas_follow_a_team_and_a_region(data, settings):
    part = applied(data, settings, Scope(team="AMER"))
    assert set(part.sales_team["rep_id"]) == {"d1", "m1", "m2", "r1", "r2"}
    assert applied(data, settings, Scope(region="EMEA")).quotas["quota_amount"].sum() == 5.0


def test_fingerprints_differ_by_rows_not_by_period_and_are_bounded(data, settings):
    marks = {
        applied(data, settings, s).fingerprint
        for s in (Scope(rep="r1"), Scope(rep="r2"), Scope(team="AMER"), Scope(rep="r1", period="next quarter"))
    }
    assert len(marks) == 3
    assert {len(mark) for mark in marks} == {len(data.fingerprint) + len("-scope-") + 12}


def test_a_part_of_a_part_keeps_the_company_it_learns_from(data, settings):
    first = applied(data, settings, Scope(region="AMER"))
    second = applied(first, settings, Scope(rep="r2"))
    assert (ids(second), second.whole) == (["o2"], data)
    with pytest.raises(ContractError, match="no segment 'Tiny'"):
        applied(first, settings, Scope(segment="Tiny"))


def test_what_is_not_in_the_data_names_the_nearest(data, settings):
    with pytest.raises(ContractError, match=r"no region 'AMERR'.*Did you mean AMER\?"):
        applied(data, settings, Scope(region="AMERR"))
    with pytest.raises(ContractError, match=r"no pipeline 'X'.*There are: none"):
        applied(data, settings, Scope(pipeline="X"))


def test_a_pipeline_counts_where_the_data_have_it(data, settings):
    marked = data.opportunities.with_columns(pipeline=data.opportunities["opportunity_id"])
    assert ids(applied(data.with_frames(opportunities=marked), settings, Scope(pipeline="o3"))) == ["o3"]


def test_a_currency_turns_amounts_and_refuses_one_without_a_rate(data, settings):
    part = applied(data, settings, Scope(rep="r1", currency="EUR"))
    assert (part.currency, part.opportunities["amount"].round(2).to_list()) == ("EUR", [50.0])
    assert narrowing.currencies(data, settings) == ("USD", "EUR")
    with pytest.raises(ContractError, match="no rates"):
        applied(data, settings, Scope(currency="CHF"))


def test_an_address_reads_back_and_passes_over_what_is_not_its_own():
    scope = Scope("custom", date(2026, 1, 1), date(2026, 3, 31), "EMEA", "AMER & 1", deal_type="new", currency="EUR")
    assert Scope.from_address(f"?{scope.address}&id=7&list=x") == scope
    assert scope.parameters["from"] == "2026-01-01"
    assert Scope.from_address({"region": " EMEA "}) == Scope(region="EMEA")
    assert (Scope().address, Scope.from_address("period=next-quarter").period) == ("", "next quarter")
    swapped = Scope.from_address("period=custom&from=2026-03-31&to=2026-01-01")
    assert (swapped.begin, swapped.end) == (date(2026, 1, 1), date(2026, 3, 31))
    assert Scope.from_address("from=2026-03-31&region=X") == Scope(region="X")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("period=someday", "no period"),
        ("period=custom&from=2026-01-01", "first and last day"),
        ("period=custom&from=1.1.&to=2026-01-01", "not a day"),
        (f"region={'x' * 201}", "over 200"),
    ],
)
def test_an_address_that_says_nothing_is_refused(address, says):
    with pytest.raises(ContractError, match=says):
        Scope.from_address(address)
    with pytest.raises(ContractError, match="Did you mean 'region'"):
        Scope.of({"regoin": "EMEA"})


@pytest.mark.parametrize(
    ("scope", "begin", "last", "label"),
    [
        (Scope(), date(2026, 4, 1), date(2026, 6, 30), "Q2 2026"),
        (Scope("last quarter"), date(2026, 1, 1), date(2026, 3, 31), "Q1 2026"),
        (Scope("next quarter"), date(2026, 7, 1), date(2026, 9, 30), "Q3 2026"),
        (Scope("this year"), date(2026, 1, 1), date(2026, 12, 31), "fiscal year 2026"),
        (Scope("last year"), date(2025, 1, 1), date(2025, 12, 31), "fiscal year 2025"),
        (Scope("custom", date(2026, 2, 1), date(2026, 2, 28)), date(2026, 2, 1), date(2026, 2, 28), "01 Feb 2026 to"),
    ],
)
def test_a_period_is_days_of_the_fiscal_calendar(settings, scope, begin, last, label):
    days = fiscal_period.days(scope, date(2026, 5, 15), settings)
    assert (days.begin, days.last) == (begin, last)
    assert fiscal_period.label(scope, date(2026, 5, 15), settings).startswith(label)


def test_who_is_signed_in_has_presets(data, settings):
    def person(user="", name="", team_of=""):
        return own_scopes.person_of(data, settings, Identity(user, name, ("rep",), team_of=team_of))

    assert (person("two@example.com"), person(name="m1"), person(team_of="d1")) == ("r2", "m1", "d1")
    assert (person("x@example.com"), person(name="Nobody"), person(team_of="zz")) == ("", "", "")
    now = Scope("next quarter", region="EMEA", currency="EUR")
    mine = own_scopes.presets(data, settings, "m1", now)
    assert mine == {
        "My deals": Scope("next quarter", rep="m1", currency="EUR"),
        "My team": Scope("next quarter", team="m1", currency="EUR"),
    }
    assert list(own_scopes.presets(data, settings, "r1", now)) == ["My deals"]
    assert own_scopes.presets(data, settings, "", now) == {}


def test_where_names_are_hidden_a_person_is_known_by_the_invented_id(data, settings):
    hidden = mask(data, settings)
    who = own_scopes.person_of(hidden, settings, Identity("two@example.com", "", ("rep",)))
    assert who == person_id("r2", data, settings)
    part = applied(hidden, settings, Scope(rep=who))
    assert (part.opportunities.height, part.company) == (1, data)


def test_a_scope_is_told_in_the_words_of_its_lists(data, settings):
    assert narrowing.sentence(data, settings, Scope()) == "The whole company"
    assert narrowing.sentence(data, settings, Scope(team="m1", currency="EUR")) == "M1's team, EUR"
    part = applied(data, settings, Scope(rep="r1"))
    assert narrowing.sentence(part, settings, Scope()) == "Everything you see"
    assert rows_shown.subject(part) == "These deals"
    hidden = mask(data, settings)
    assert (rows_shown.heading(hidden), rows_shown.subject(hidden)) == ("The whole company", "The company")
    team = data.sales_team.with_columns(rep_name=data.sales_team["team"])
    assert narrowing.choices(data.with_frames(sales_team=team), settings)["rep"]["r1"] == "AMER 1 (r1)"


def test_a_directors_team_answers_with_all_teams_below(data, settings):
    assert narrowing.teams_below(data, "AMER") == ["AMER", "AMER 1", "AMER 2"]
    assert narrowing.teams_below(data, "AMER 2") == ["AMER 2"]
    for hierarchy in ("then", "now"):
        week = ("2026-05-08", "2026-05-15", "team", "AMER", "any date", hierarchy)
        closing = flow.flow(data, settings, *week).frame.filter(pl.col("step") == "Closing")
        assert closing["amount"].to_list() == [300.0]
        alone = flow.flow(data, settings, *week, with_below=False)
        assert alone.value is None
