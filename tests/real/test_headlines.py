"""Headline figures of public exports that come through marts, against what the rows add up to, to the cent."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from core.sources import read_folder
from tests.oracles.headlines_from_rows import shown, worked_out

PUBLIC = Path(__file__).resolve().parents[2].parent / "shared" / "data"
DEALS, SHOP = PUBLIC / "crm_sales_opportunities", PUBLIC / "cdnow"
SHOP_MAP = """
accounts: {{file: cdnow_sample_transactions.csv, columns: {{account_id: master_id}}}}
transactions:
  file: cdnow_sample_transactions.csv
  columns: {{account_id: master_id, booked_on: date, amount: amount}}
  constants: {{kind: {kind}}}
"""
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not (DEALS.is_dir() and SHOP.is_dir()), reason="The public data are not beside the project."),
]


@pytest.fixture(scope="module")
def crm(settings):
    return read_folder(DEALS, Path(__file__).with_name("crm_map.yaml"), settings)


def test_headlines_of_a_mapped_crm_export(crm, settings):
    figures = worked_out(crm, settings)
    assert figures["bookings of the quarter"] == 280_249_600
    assert len(figures["stage conversion"]) == len(settings.stages.open)
    assert shown(crm, settings) == figures


def test_headlines_of_the_export_with_its_open_deals_at_list_price(crm, settings):
    prices = crm.opportunities.join(crm.products, on="product_id", how="left")
    price = dict(prices.select("opportunity_id", "list_price_amount").iter_rows())
    is_open, due = ~pl.col("stage").is_in(["Closed Won", "Closed Lost"]), pl.col("valid_from").dt.offset_by("90d")
    states = crm.frame("opportunity_history").with_columns(
        amount=pl.when(is_open, pl.col("amount").is_null())
        .then(pl.col("opportunity_id").replace_strict(price, return_dtype=pl.Float64))
        .otherwise("amount"),
        close_on=pl.when(is_open).then(due).otherwise("close_on"),
    )
    priced = crm.with_frames(opportunity_history=states)
    figures = worked_out(priced, settings)
    assert 0 < figures["due next"] <= figures["open pipeline"]
    assert all(figures["open pipeline by month"])
    assert shown(priced, settings) == figures


@pytest.mark.parametrize(("kind", "measure"), [("booking", "bookings"), ("billing", "revenue")])
def test_headlines_of_a_shop_whose_orders_are_lines(settings, tmp_path, kind, measure):
    column_map = tmp_path / "shop_map.yaml"
    column_map.write_text(SHOP_MAP.format(kind=kind))
    shop = read_folder(SHOP, column_map, settings)
    figures = worked_out(shop, settings)
    by_month = figures[f"{measure} by month"]
    assert sum(by_month.values()) == 24_409_194
    ends = [date(1998, month, 1) for month in (4, 5, 6)]
    assert figures[f"{measure} of the quarter"] == sum(by_month[month] for month in ends) > 0
    assert shown(shop, settings) == figures
