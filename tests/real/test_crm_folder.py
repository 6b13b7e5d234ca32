"""A real CRM export loads through a column map, and its numbers agree with plain SQL on the file."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from core import metrics
from core.sources import read_folder

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT.parent / "shared" / "data" / "crm_sales_opportunities"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="The public CRM data is not beside the project."),
]


@pytest.fixture(scope="module")
def crm(settings):
    return read_folder(FOLDER, Path(__file__).with_name("crm_map.yaml"), settings)


@pytest.fixture(scope="module")
def sql():
    def ask(query: str) -> list[tuple[object, ...]]:
        with duckdb.connect() as connection:
            return connection.execute(query.replace("DEALS", f"'{FOLDER / 'sales_pipeline.csv'}'")).fetchall()

    return ask


def test_every_deal_is_loaded(crm, sql):
    assert crm.rejected.is_empty()
    assert crm.opportunities.height == sql("select count(*) from DEALS")[0][0] == 8_800


def test_products_join_in_spite_of_their_spelling(crm):
    assert crm.opportunities.join(crm.products, on="product_id", how="anti").is_empty()


def test_win_rate_agrees(crm, sql, settings):
    wanted = sql("select avg((deal_stage = 'Won')::int) from DEALS where deal_stage in ('Won', 'Lost')")[0][0]
    assert metrics.winrate.win_rate(crm, settings, months=120).value == pytest.approx(wanted)


def test_won_value_per_quarter_agrees(crm, sql, settings):
    quarter = "date_trunc('quarter', close_date)::date"
    wanted = sql(f"select {quarter}, sum(close_value) from DEALS where deal_stage = 'Won' group by 1 order by 1")
    found = metrics.bookings.by_region_and_quarter(crm, settings, quarters=99).frame
    by_quarter = found.group_by("quarter_start_on").agg(pl.col("amount").sum()).sort("quarter_start_on")
    assert [tuple(row) for row in by_quarter.iter_rows()] == [(d, float(v)) for d, v in wanted]


def test_mean_cycle_agrees(crm, sql):
    wanted = sql("select avg(close_date - engage_date) from DEALS where deal_stage = 'Won'")[0][0]
    assert metrics.winrate.cycle_days(crm, months=120).value == pytest.approx(wanted)


def test_what_is_missing_is_said(crm):
    told = " ".join(crm.missing)
    assert "No activities loaded" in told
    assert "No opportunity history" in told


# Where most is missing in it; the others with every change of what reads a company (`make test-slow`).
OFTEN = {"app.py", "pages/customers.py", "pages/forecast.py", "pages/pipeline.py", "pages/scenarios.py"}
PAGES = ["app.py", *sorted(f"pages/{p.name}" for p in (ROOT / "pages").glob("*.py"))]


@pytest.mark.parametrize("page", [pytest.param(p, marks=() if p in OFTEN else pytest.mark.slow) for p in PAGES])
def test_every_page_opens_on_it(crm, settings, tmp_path, monkeypatch, page):
    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    test.session_state["uploaded_data"] = crm
    if page != "app.py":
        test.switch_page(page)
    test.run()
    assert not test.exception


def test_deals_without_a_history_are_open_from_creation_to_close(crm):
    spans = crm.frame("opportunity_history")
    won = crm.opportunities.filter(pl.col("is_won") & pl.col("created_on").is_not_null()).row(0, named=True)
    rows = spans.filter(pl.col("opportunity_id") == won["opportunity_id"]).sort("valid_from")
    assert rows.select("valid_from", "valid_to", "stage", "amount").rows() == [
        (won["created_on"], won["close_on"], "Not known", None),
        (won["close_on"], None, "Closed Won", won["amount"]),
    ]
