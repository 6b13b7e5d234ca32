"""Every mart on every engine: the rows of Polars to the last digit, on rows engines like to count differently."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import polars as pl
import pytest
import sqlglot
from polars.testing import assert_frame_equal

from core import marts
from core.config import load
from core.config.engine_settings import WarehouseSettings
from core.contracts import RAW_FRAMES, SCHEMAS
from core.contracts.raw_rows import RawRows, WarehouseTable
from core.marts.mart_tables import NAMES
from core.sources.engines.catalogue import missing_modules
from core.sources.engines.contract_columns import contract_types
from core.sources.engines.sql_text import statement
from tests.engines import hard_rows

SNAPSHOTS = Path(__file__).with_name("sql")
SQL = ("postgres", "snowflake", "bigquery", "redshift", "databricks")
OFTEN = {"postgres", "bigquery"}  # The others with every change of the marts (`make test-slow`).


@pytest.fixture(scope="module")
def by_polars(company):
    tables = marts.build(company)
    return {name: tables.table(name) for name in NAMES}


def assert_same(data, by_polars):
    ours = marts.build(data)
    for name in NAMES:
        theirs = by_polars[name]
        if name == "deal_states" and data.transactions.table is not None:
            theirs = theirs.sort("opportunity_id", "valid_from", "valid_to", "stage", "amount", nulls_last=True)
        assert_frame_equal(ours.table(name), theirs, check_exact=True)


@pytest.fixture
def files(company, tmp_path):
    for name in RAW_FRAMES:
        company.frame(name).write_parquet(tmp_path / f"{name}.parquet")
    return {name: tmp_path / f"{name}.parquet" for name in RAW_FRAMES}


def test_duckdb_makes_the_rows_of_polars_of_files(company, files, by_polars):
    raw = {name: RawRows(pl.scan_parquet(file), file=file) for name, file in files.items()}
    assert_same(hard_rows.with_raw(company, "duckdb", **raw), by_polars)


@pytest.fixture(scope="module")
def played(company):
    """The tables of a warehouse in DuckDB, amounts as decimals, and the statements it was asked, as trees."""
    pytest.importorskip("sqlframe", reason="SQLFrame writes the SQL; it comes with the extras of warehouses")
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA sales")
        for name in RAW_FRAMES:
            connection.register("given", company.frame(name).to_arrow())
            cents = "REPLACE (CAST(amount AS DECIMAL(18, 2)) AS amount)" if name == "transactions" else ""
            connection.execute(f"CREATE TABLE sales.{name} AS SELECT * {cents} FROM given")
        yield connection, []


class Played:
    """A warehouse played by DuckDB: what is asked is written in its dialect, and that text is run."""

    def __init__(self, connection, trees, dialect):
        self.connection, self.trees, self.dialect, self.texts = connection, trees, dialect, []

    def raw(self, entity):
        table = WarehouseTable(f"sales.{entity}", tuple(SCHEMAS[entity].column_names()))

        def made(function):
            if len(self.texts) == len(self.trees):  # Every dialect is asked the same, which takes long to compile.
                self.trees.append(statement(function, {entity: table}))
            self.texts.append(self.trees[len(self.texts)].sql(dialect=self.dialect, pretty=True))
            plain = self.texts[-1].replace("VARCHAR(MAX)", "VARCHAR")
            moved = sqlglot.transpile(plain, read=self.dialect, write="duckdb")[0]
            return pl.DataFrame(pl.from_arrow(self.connection.sql(moved).to_arrow_table()))

        return RawRows(pl.LazyFrame(schema=contract_types(entity)), table=table, made=made)


@pytest.mark.parametrize("dialect", [pytest.param(d, marks=() if d in OFTEN else pytest.mark.slow) for d in SQL])
def test_the_sql_of_each_warehouse_is_as_kept_and_means_the_rows_of_polars(company, by_polars, played, dialect):
    warehouse = Played(*played, dialect)
    raw = {name: warehouse.raw(name) for name in RAW_FRAMES}
    assert_same(hard_rows.with_raw(company, dialect, **raw), by_polars)
    shown = ";\n\n".join(warehouse.texts) + ";\n"
    snapshot = SNAPSHOTS / f"{dialect}.sql"
    if os.environ.get("QUARTERDECK_KEEP_SQL"):
        snapshot.write_text(shown, encoding="utf-8")
    assert shown == snapshot.read_text(encoding="utf-8"), "Look what changed; QUARTERDECK_KEEP_SQL=1 keeps the new text"


@pytest.mark.slow
@pytest.mark.postgres
def test_a_real_postgresql_makes_the_rows_of_polars(postgres, company, by_polars):
    from core.sources.engines.raw_tables import opened, raw_rows

    raw = {name: raw_rows(postgres, name, opened(postgres).table(name)) for name in RAW_FRAMES}
    assert_same(hard_rows.with_raw(company, "postgres", **raw), by_polars)


@pytest.mark.slow
def test_spark_makes_the_rows_of_polars(company, by_polars, tmp_path):
    if missing_modules("spark"):
        pytest.skip("PySpark is not installed: pip install quarterdeck[spark]")
    from core.sources.engines.raw_tables import raw_rows
    from core.sources.engines.spark import Lake

    names = {name: f"lake_{name}" for name in RAW_FRAMES}
    settings = load(environ={}).model_copy(
        update={"engine": "spark", "home": tmp_path, "warehouse": WarehouseSettings(url="local[1]", tables=names)}
    )
    lake = Lake(settings)
    try:
        for name in RAW_FRAMES:
            company.frame(name).write_parquet(tmp_path / f"{name}.parquet")
            rows = lake.session.read.parquet(str(tmp_path / f"{name}.parquet"))
            if name == "transactions":
                rows = rows.withColumn("amount", rows["amount"].cast("decimal(18,2)"))
            rows.createOrReplaceTempView(names[name])
        raw = {name: raw_rows(settings, name, lake.table(name)) for name in RAW_FRAMES}
        assert_same(hard_rows.with_raw(company, "spark", **raw), by_polars)
        on_files = lake.of_file(marts.bookings_daily, tmp_path / "transactions.parquet")
        assert on_files.height == by_polars["bookings_daily"].height
    finally:
        lake.session.stop()
