"""Every page and every part of the scope: its rows are those the raw rows give, or one line says why they are not."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.metrics.measure import money
from core.scope import Scope
from pages.ui.kit import scope_reach

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *(f"pages/{p.name}" for p in sorted((ROOT / "pages").glob("*.py")))]
PIPES = ("Direct", "Partner")


@pytest.fixture(scope="module")
def company(sample):
    """The small company with two pipelines; its models stay those of the company as it is."""
    number = pl.int_range(pl.len()) % 2
    names = pl.when(number == 0).then(pl.lit(PIPES[0])).otherwise(pl.lit(PIPES[1]))
    rows = sample.opportunities.with_columns(pipeline=names)
    return replace(
        sample.with_frames(opportunities=rows), whole=sample, known_fingerprint=f"{sample.fingerprint}-pipes"
    )


@pytest.fixture(scope="module")
def scopes(company):
    """One scope for each part, each with rows left."""
    deals = company.opportunities.filter(~pl.col("is_closed"))
    owner = deals["owner_id"].drop_nulls().mode().sort()[0]
    team = company.sales_team.filter(rep_id=owner)["team"][0]
    return [
        Scope(region="EMEA"),
        Scope(team=team),
        Scope(rep=owner),
        Scope(segment="Enterprise"),
        Scope(family="Insight"),
        Scope(deal_type="renewal"),
        Scope(pipeline=PIPES[1]),
    ]


def raw_ids(company, scope):
    """Return the ids of the deals a scope means, by plain filters on the raw rows."""
    ((name, value),) = scope.parts.items()
    deals = company.opportunities
    if name in ("region", "segment"):
        there = company.accounts.filter(pl.col(name) == value)["account_id"].to_list()
        return set(deals.filter(pl.col("account_id").is_in(there))["opportunity_id"])
    if name in ("team", "rep"):
        team = company.sales_team
        people = {value} if name == "rep" else set(team.filter(pl.col("team") == value)["rep_id"])
        for _ in range(5):
            people |= set(team.filter(pl.col("manager_id").is_in(list(people)))["rep_id"]) if name == "team" else set()
        return set(deals.filter(pl.col("owner_id").is_in(list(people)))["opportunity_id"])
    if name == "family":
        sold = company.products.filter(family=value)["product_id"].to_list()
        return set(deals.filter(pl.col("product_id").is_in(sold))["opportunity_id"])
    column = {"deal_type": "opportunity_type", "pipeline": "pipeline"}[name]
    return set(deals.filter(pl.col(column) == value)["opportunity_id"])


def opened(path, company, monkeypatch, settings, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    test.session_state["uploaded_data"] = company
    if path != "app.py":
        test.switch_page(path)
    return test.run()


def words(test):
    return [str(e.value) for e in (*test.markdown, *test.metric)]


@pytest.mark.parametrize("path", PAGES)
def test_time(path, company, scopes, bundle, settings, monkeypatch, tmp_path):
    t = time.time()
    test = opened(path, company, monkeypatch, settings, tmp_path)
    print(path, "open", round(time.time() - t, 2), flush=True)
    assert not test.exception
    for scope in [
        *scopes,
        Scope(period="last quarter"),
        Scope(period="next quarter"),
        Scope(period="this year"),
        Scope(period="custom", begin=date(2025, 11, 3), end=date(2026, 2, 7)),
    ]:
        t = time.time()
        test.session_state["page_scope"] = scope
        test.run()
        print(
            "  ",
            scope.normal,
            round(time.time() - t, 2),
            "EXC" if test.exception else "",
            [w.value[:150] for w in (*test.warning, *test.error)],
            [c.value for c in test.caption if "hatever" in c.value or "company" in c.value][:3],
            flush=True,
        )
