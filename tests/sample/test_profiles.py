"""Kinds of sample company differ in what makes them a kind."""

from __future__ import annotations

import polars as pl
import pytest

from core.contracts.errors import SourceError
from core.sample import generate
from core.sample.profiles import PROFILES
from core.sources import read_folder

pytestmark = pytest.mark.xdist_group("profiles")


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    home = tmp_path_factory.mktemp("kinds")
    folders = {name: home / name / "sample" for name in PROFILES}
    for name, folder in folders.items():
        generate(folder, accounts=100, transactions=8_000, seed=5, profile=name)
    return {name: read_folder(folder) for name, folder in folders.items()}


@pytest.mark.parametrize("name", PROFILES)
def test_every_kind_is_read_whole(kinds, name):
    data = kinds[name]
    assert data.rejected.is_empty()
    assert data.opportunities.filter("is_won").height > 50
    assert data.opportunities["opportunity_type"].n_unique() == 3


def share_with_contract(data):
    fresh = data.opportunities.filter("is_won", pl.col("opportunity_type") != "renewal")
    on = pl.col("close_on").dt.truncate("1mo").dt.offset_by("1mo")
    due = fresh.filter(on <= data.as_of).select("account_id", "product_id", started_on=on)
    keys = ["account_id", "product_id", "started_on"]
    return due.join(data.subscriptions.select(keys).unique(), on=keys, how="semi").height / due.height


def test_services_are_mostly_delivered_once(kinds):
    assert share_with_contract(kinds["saas"]) == 1.0
    assert share_with_contract(kinds["services"]) < 0.6


def billed_over_contract(data):
    """Return by how much months' bills scatter around what their contracts say."""
    billed = data.frame("transactions").filter(pl.col("kind") == "billing", pl.col("booked_on") < pl.date(2026, 5, 1))
    months = billed.group_by(month=pl.col("booked_on").dt.truncate("1mo")).agg(pl.col("amount").sum()).sort("month")
    line = data.subscriptions
    agreed = [
        line.filter(pl.col("started_on") <= day, pl.col("ended_on").is_null() | (pl.col("ended_on") > day))[
            "mrr_amount"
        ].sum()
        for day in months["month"]
    ]
    return float((months["amount"] / pl.Series(agreed) - 1).abs().mean())


def test_bills_follow_use_where_use_is_sold(kinds):
    assert billed_over_contract(kinds["saas"]) < 0.001
    assert billed_over_contract(kinds["usage"]) > 0.02


def last_quarter_share(data):
    fresh = data.opportunities.filter(pl.col("created_on").dt.year().is_between(2023, 2025))
    return float((fresh["created_on"].dt.month() >= 9).mean())


def test_a_seasonal_company_sells_late_in_the_year(kinds):
    assert last_quarter_share(kinds["seasonal"]) > last_quarter_share(kinds["saas"]) + 0.08


def test_a_young_company_has_little_past_and_grows(kinds):
    deals = kinds["young"].opportunities
    assert deals["created_on"].min().year == 2024
    by_year = deals.filter(pl.col("opportunity_type") != "renewal")["created_on"]
    first, last = (by_year.is_between(pl.date(y, 5, 1), pl.date(y + 1, 4, 30)).sum() for y in (2024, 2025))
    assert last > 1.3 * first


def test_an_unknown_kind_is_said(tmp_path):
    with pytest.raises(SourceError, match="no sample profile 'bank'"):
        generate(tmp_path / "sample", profile="bank")
