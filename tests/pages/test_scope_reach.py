"""Every page and every part of the scope: its rows are those the raw rows give, or one line says why they are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.scope import DIMENSIONS, Scope
from core.scope.definition import PERIODS
from pages.ui.kit import currency_switch, period, scope_reach

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *(f"pages/{p.name}" for p in sorted((ROOT / "pages").glob("*.py")))]
# Where a part of the company is drawn for seconds, with every change of what it rests on (`make test-slow`).
# Each page is opened once for each part of the company and each period: this one in every run, all in the slow part.
OFTEN = ("pages/review.py",)
TRIED = [pytest.param(path, marks=pytest.mark.slow if path not in OFTEN else ()) for path in PAGES]
PIPES = ("Direct", "Partner")
OVER = Scope("custom", date(2025, 11, 3), date(2026, 2, 7))
TIMES = [*(Scope(name) for name in PERIODS if name not in (PERIODS[0], "custom")), OVER]
NONSENSE = ("this quarter", "None", "nan", "-0.0", "{}")
# Where the first run of a page for a part takes long, the months ahead are those of bookings, which need no fit.
QUICK = {"trend_of": "Bookings"}
# Cells about the first deal or account of a list, which may be the same one, and cells that have nothing to tell yet.
OF_ONE = {
    "Why is the top account at risk?",
    "What makes customers churn?",
    "What changed on this deal since last week?",
    "Product gaps in this deal",
    "Why this win chance?",
    "Where did it change?",
    "Comments on a deal",
    "Compare scenarios",
}
# Pages about people, whose deals count whatever part of them is looked at; what a reader may see is cut before.
OF_PEOPLE = {"Plans and pay"}
# Cells that take the days of the period themselves, and the cells inside them.
TAKES_DAYS = {"Pipeline changes", "What moved in between?", "Where did it change?"}
HEAVY = ("pages/forecast.py",)


@pytest.fixture(scope="module")
def parts(sample):
    """One scope for each part the small company has, each with rows left."""
    deals = sample.opportunities.filter(~pl.col("is_closed"))
    owner = deals["owner_id"].drop_nulls().mode().sort()[0]
    team = sample.sales_team.filter(rep_id=owner)["team"][0]
    values = {"region": "EMEA", "team": team, "rep": owner, "segment": "Enterprise", "family": "Insight"}
    return [Scope(**{name: value}) for name, value in {**values, "deal_type": "renewal"}.items()]


def raw_ids(data, scope):
    """Return the ids of the deals a scope means, by plain filters on the raw rows."""
    ((name, value),) = scope.parts.items()
    deals = data.opportunities
    if name in ("region", "segment"):
        there = data.accounts.filter(pl.col(name) == value)["account_id"].to_list()
        return set(deals.filter(pl.col("account_id").is_in(there))["opportunity_id"])
    if name in ("team", "rep"):
        team = data.sales_team
        people = {value} if name == "rep" else set(team.filter(pl.col("team") == value)["rep_id"])
        for _ in range(5 if name == "team" else 0):
            people |= set(team.filter(pl.col("manager_id").is_in(list(people)))["rep_id"])
        return set(deals.filter(pl.col("owner_id").is_in(list(people)))["opportunity_id"])
    if name == "family":
        sold = data.products.filter(family=value)["product_id"].to_list()
        return set(deals.filter(pl.col("product_id").is_in(sold))["opportunity_id"])
    return set(deals.filter(pl.col({"deal_type": "opportunity_type"}.get(name, name)) == value)["opportunity_id"])


@pytest.fixture
def opened(settings, bundle, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")

    def run(path, **state):
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
        for name, value in {**QUICK, **state}.items():
            test.session_state[name] = value
        if path != "app.py":
            test.switch_page(path)
        return test.run()

    return run


def shown(test):
    """Return what a page tells in words and figures, by question."""
    said = {}
    for question, kind, body in test.session_state["shown"]:
        if kind in ("text", "tile"):
            said.setdefault(question, []).append(str(body))
    return said


def titled(test):
    return test.session_state["page"].title


def ids_of(test, column):
    """Return the ids in any table of a page."""
    frames = [e.value for e in test.dataframe if column in e.value.columns]
    return {value for frame in frames for value in frame[column].dropna()}


def captions(test):
    return [c.value.replace("\\", "") for c in test.caption]


@pytest.mark.parametrize("path", TRIED)
def test_every_part_of_the_company_is_obeyed_or_one_line_says_why_not(path, opened, sample, parts):
    test = opened(path)
    whole, page = shown(test), titled(test)
    reason = scope_reach.why_whole(page, {})
    assert page in scope_reach.REACHES, f"Say in REACHES how far {page} follows the scope."
    for scope in parts if path not in HEAVY else parts[:2]:
        test.session_state["page_scope"] = scope
        test.run()
        assert not test.exception, (scope.parts, test.exception)
        raw, deals = raw_ids(sample, scope), set(test.session_state["page"].data.opportunities["opportunity_id"])
        if reason:
            assert captions(test).count(reason) == 1
            assert deals == set(sample.opportunities["opportunity_id"])
            continue
        assert deals == raw, scope.parts
        assert page in OF_PEOPLE or ids_of(test, "opportunity_id") <= raw
        buyers = set(test.session_state["page"].data.accounts["account_id"])
        assert ids_of(test, "account_id") <= buyers
        if scope_reach.REACHES[page].partly:
            assert scope_reach.REACHES[page].partly in captions(test)
            continue
        same = {question for question, words in shown(test).items() if words == whole.get(question)}
        assert same <= OF_ONE, (scope.parts, same - OF_ONE)


@pytest.mark.parametrize("path", TRIED)
def test_every_period_is_obeyed_or_says_why_not_and_nothing_reads_wrong(path, opened):
    test = opened(path)
    page = titled(test)
    for scope in TIMES:
        test.session_state["page_scope"] = scope
        test.run()
        assert not test.exception, (scope.normal, test.exception)
        assert not test.warning
        reason = scope_reach.REACHES[page].period
        if reason:
            assert reason in captions(test)
        else:
            quiet = {q for q, words in shown(test).items() if q and not any(_of_period(word) for word in words)}
            assert quiet <= TAKES_DAYS, (scope.normal, quiet)
        for question, words in shown(test).items():
            if period.remark(scope, test.session_state["page"].data.as_of, _settings(test), page, period.END):
                told = " ".join(words)
                assert not any(word in told for word in NONSENSE), (scope.normal, question, told)


def _of_period(words):
    return words.startswith(("As of ", "Whatever the period"))


def _settings(test):
    return test.session_state["page"].settings


@pytest.fixture(scope="module")
def piped(sample):
    """The small company with two pipelines and a second currency; its models stay those of the company as it is."""
    names = pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit(PIPES[0])).otherwise(pl.lit(PIPES[1]))
    rates = pl.DataFrame(
        {"currency": ["USD", "EUR"], "valid_from": [date(2020, 1, 1)] * 2, "rate": [1.0, 0.5]},
    )
    frames = {
        "opportunities": sample.opportunities.with_columns(pipeline=names),
        "exchange_rates": pl.concat([sample.exchange_rates.clear(), rates], how="diagonal_relaxed"),
    }
    return replace(sample.with_frames(**frames), whole=sample, known_fingerprint=f"{sample.fingerprint}-pipes")


@pytest.mark.parametrize("path", ["pages/review.py", "pages/deal.py"])
def test_a_pipeline_of_a_company_that_has_several_cuts_the_page(path, opened, piped):
    scope = Scope(pipeline=PIPES[1])
    test = opened(path, uploaded_data=piped, page_scope=scope)
    assert not test.exception
    assert set(test.session_state["page"].data.opportunities["opportunity_id"]) == raw_ids(piped, scope)


@pytest.mark.parametrize("path", ["pages/review.py", "pages/deal.py", "pages/digest.py"])
def test_a_page_in_the_reported_currency_says_so(path, opened, piped):
    test = opened(path, uploaded_data=piped, page_scope=Scope(currency="EUR"), view_currency="EUR")
    assert not test.exception
    assert titled(test) not in currency_switch.FOLLOWING
    assert "Whatever the currency: in USD, as reported." in captions(test)


def test_a_deal_and_an_account_are_shown_whole(opened, sample):
    deal = sample.opportunities.filter(~pl.col("is_closed")).row(0, named=True)
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    test.session_state["page_scope"] = Scope(rep="R002")
    test.switch_page("pages/deal.py")
    test.query_params["id"] = deal["opportunity_id"]
    test.run()
    assert not test.warning
    assert "A deal is shown whole, whatever the scope." in captions(test)


def test_the_parts_tested_are_all_there_are(parts):
    assert {name for scope in parts for name in scope.parts} | {"pipeline"} == set(DIMENSIONS)
