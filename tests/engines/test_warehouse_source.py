"""A company whose tables lie in PostgreSQL: read, asked for rows, read again, and the database away."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from core import marts, metrics
from core.artifacts import MARTS, SNAPSHOTS, process_shelf
from core.cli import app
from core.config import load
from core.contracts import FRAMES, OPTIONAL_FRAMES, RAW_FRAMES
from core.contracts.errors import ConfigError, SourceError
from core.sources import load_data, loading, source_registry, warehouse_source
from core.sources.engines import catalogue, connections, raw_tables
from core.sources.engines.row_filters import as_narwhals
from tests.engines import hard_rows

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def data(postgres):
    return load_data(postgres)


@pytest.fixture
def statements(monkeypatch):
    """What the database is asked from now on."""
    texts, ask = [], connections.arrow_of
    monkeypatch.setattr(connections, "arrow_of", lambda connection, text: texts.append(text) or ask(connection, text))
    return texts


@pytest.fixture
def away(monkeypatch):
    """The database does not answer any more, and its driver tells what it was given."""

    def refuse(engine, url, zone):
        raise OSError(f"connection to {url} refused")

    monkeypatch.setattr(connections, "connect", refuse)


def test_small_tables_are_read_and_large_ones_stay(postgres, data):
    assert data.source == "Tables in PostgreSQL"
    assert data.as_of == hard_rows.DAY
    assert [entry.title for entry in source_registry.listed(postgres, None)][1] == "Tables in PostgreSQL"
    assert {name: data.row_counts[name] for name in RAW_FRAMES} == {
        "transactions": 600,
        "activities": 600,
        "opportunity_history": 30,
    }
    assert data.accounts.height == 6
    assert not [sentence for sentence in data.missing if sentence.startswith("No transactions")]
    assert all(getattr(data, name).table is not None for name in RAW_FRAMES)


def test_marts_are_made_by_the_database_once(postgres, data, statements, company):
    tables = marts.of(data)
    assert_frame_equal(tables.bookings_daily, marts.build(company, ("bookings_daily",)).bookings_daily)
    assert [text for text in statements if "GROUP BY" in text]
    assert metrics.load_report.derived(data, postgres).text.endswith("PostgreSQL worked them out.")
    statements.clear()
    process_shelf(MARTS).clear()
    assert marts.of(data).bookings_daily.height == tables.bookings_daily.height
    assert statements == []


def test_a_page_of_rows_is_filtered_by_the_database(data, statements, company):
    own = (pl.col("account_id") == "A3") & pl.col("kind").is_in(["mail", "usage"]) & pl.col("quantity").is_null()
    rows = marts.raw_page(data, "activities", own, "occurred_at", limit=7)
    assert rows.height == 7
    assert set(rows["account_id"]) == {"A3"}
    expected = company.frame("activities").filter(own)
    assert set(rows["activity_id"]) <= set(expected["activity_id"])
    assert len(statements) == 1
    assert "= 'A3'" in statements[0]
    assert "IN ('mail', 'usage')" in statements[0]


def test_only_columns_that_are_needed_are_fetched(data, statements):
    part = data.later("transactions", lambda rows: rows.filter(pl.col("rep_id").is_in(["R1"])))
    assert part.lazy().select("amount").collect().height == part.collect().height
    assert "product_id" not in statements[0].partition("FROM")[0]


def test_with_the_database_away_the_last_reading_goes_on(postgres, data, away):
    state = loading.state_of(postgres, source_registry.SETTINGS).name
    process_shelf(SNAPSHOTS).clear()
    process_shelf(MARTS).clear()
    again = load_data(postgres)
    assert again.fingerprint == data.fingerprint
    assert marts.of(again).bookings_daily.height
    with pytest.raises(SourceError, match="PostgreSQL does not answer"):
        marts.raw_page(again, "activities", pl.col("account_id") == "A3", "occurred_at")
    with pytest.raises(SourceError, match="PostgreSQL does not answer"):
        loading.read_again(postgres)
    assert loading.state_of(postgres, source_registry.SETTINGS).name == state
    assert "does not answer" in loading.engine_refusal(postgres)


def test_a_newer_reading_is_another_state(postgres, data):
    state = loading.state_of(postgres, source_registry.SETTINGS)
    assert loading.read_again(postgres)
    newer = loading.state_of(postgres, source_registry.SETTINGS)
    assert newer.name != state.name
    assert newer.changed_ns
    assert load_data(postgres).fingerprint != data.fingerprint


def test_a_table_that_is_not_there_is_told_and_rows_without_a_day_count_for_nothing(postgres, monkeypatch):
    about = postgres.warehouse.model_copy(update={"tables": {"activities": "sales.gone"}})
    answer = raw_tables.opened(postgres.model_copy(update={"warehouse": about})).table("activities")
    assert "does not answer" in answer
    assert "gone" in answer


def test_a_driver_that_is_missing_names_the_line_that_installs_it(postgres, monkeypatch):
    monkeypatch.setattr(catalogue, "find_spec", lambda module: None)
    with pytest.raises(ConfigError, match=r'pip install "quarterdeck\[warehouse-postgres\]"'):
        raw_tables.opened(postgres)
    assert "pip install" in loading.engine_refusal(postgres)


def test_secrets_stay_out_of_what_a_driver_says(postgres, away, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_PASSWORD", "planted-secret")
    about = postgres.warehouse.model_copy(update={"url": "postgresql://reader:${WAREHOUSE_PASSWORD}@host/sales"})
    refusal = loading.engine_refusal(postgres.model_copy(update={"warehouse": about}))
    assert "reader:•••@host" in refusal


def test_doctor_says_whether_the_engine_answers(postgres, away, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(postgres.home / "own.yaml"))
    monkeypatch.setenv("QUARTERDECK_HOME", str(postgres.home))
    out = CliRunner().invoke(app, ["doctor"]).output
    assert "ok       What the engine PostgreSQL needs is installed" in out
    assert "MISSING  The engine answers" in out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("engine: postgres", "needs warehouse.url"),
        ("engine: oracle", "engine"),
        ("warehouse: {tables: {transaction: lines}}", "did you mean 'transactions'"),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path, content, words):
    own = tmp_path / "own.yaml"
    own.write_text(content)
    with pytest.raises(ConfigError, match=words):
        load(own, environ={})


def test_what_an_engine_cannot_check_is_left_to_polars():
    assert as_narwhals(pl.col("kind").str.contains("m")) is None
    assert as_narwhals((pl.col("kind").str.contains("m")) & (pl.col("amount") > 5)) is not None
    assert as_narwhals((pl.col("kind") == "a") | (pl.col("amount") > 5)) is None
    assert as_narwhals(pl.col("booked_on").is_between(hard_rows.LEAP, hard_rows.DAY)) is not None
    assert as_narwhals(pl.col("kind").is_in([])) is None
    assert as_narwhals(pl.col("kind") == pl.lit(None, dtype=pl.String)) is None


def test_a_folder_of_parquet_files_stays_where_it_is(company, tmp_path):
    lake = tmp_path / "lake"
    (lake / "transactions").mkdir(parents=True)
    lines = company.frame("transactions")
    lines.head(400).write_parquet(lake / "transactions" / "a.parquet")
    lines.tail(200).with_columns(region=None).write_parquet(tmp_path / "b.parquet")
    lines.tail(200).write_parquet(lake / "transactions" / "b.parquet")
    for name in ("accounts", "opportunities", "activities"):
        company.frame(name).write_parquet(lake / f"{name}.parquet")
    own = tmp_path / "own.yaml"
    own.write_text(f"engine: duckdb\nhome: {tmp_path / 'home'}\nwarehouse: {{url: '{lake}', as_of: 2024-12-31}}\n")
    settings = load(own, environ={})
    data = load_data(settings)
    assert data.row_counts["transactions"] == 600
    for name in ("bookings_daily", "revenue_months", "customer_orders", "account_activity_days"):
        assert_frame_equal(marts.of(data).table(name), marts.build(company, (name,)).table(name), check_exact=True)
    newest = marts.raw_page(data, "transactions", pl.col("account_id") == "A1", "booked_on", limit=3)
    assert set(newest["booked_on"]) == {hard_rows.DAY}
    before = loading.state_of(settings, source_registry.SETTINGS).name
    (tmp_path / "b.parquet").replace(lake / "transactions" / "b.parquet")
    assert loading.state_of(settings, source_registry.SETTINGS).name != before
    (lake / "transactions" / "b.parquet").write_bytes(b"no Parquet")
    with pytest.raises(SourceError, match="cannot be read"):
        marts.raw_page(data, "transactions", pl.col("account_id") == "A1", "booked_on")


def test_a_company_is_read_over_one_connection_and_another_after_each_table_that_is_missing(postgres, monkeypatch):
    opened, connect = [], connections.connect
    monkeypatch.setattr(connections, "connect", lambda *about: opened.append(connect(*about)) or opened[-1])
    assert warehouse_source.read(postgres).accounts.height == 6
    n_opened = len(opened)
    warehouse = raw_tables.opened(postgres)
    tables = [warehouse.table(name) for name in (*FRAMES, *OPTIONAL_FRAMES)]
    n_missing = sum(isinstance(table, str) for table in tables)
    assert 0 < n_missing < len(tables)
    assert n_opened == 1 + n_missing
