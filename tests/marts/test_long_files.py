"""Marts of long files in DuckDB: the rows of Polars, and Polars where DuckDB refuses."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core import marts
from core.contracts.raw_rows import RawRows
from core.marts import long_files
from core.marts.mart_tables import NAMES


@pytest.fixture(scope="module")
def by_polars(small):
    """The small company's marts as Polars makes them."""
    return marts.build(small)


@pytest.fixture
def long(small, monkeypatch):
    """The small company, whose files count as long."""
    monkeypatch.setattr(long_files, "MANY_ROWS", 1)
    return small


@pytest.fixture
def asked(monkeypatch):
    """The raw tables DuckDB was asked about, once for each mart."""
    entities, made = [], long_files.DuckDB.made
    monkeypatch.setattr(
        long_files.DuckDB, "made", lambda self, entity, f: entities.append(entity) or made(self, entity, f)
    )
    return entities


def test_a_short_table_stays_with_polars(small, asked):
    assert marts.build(small, ("bookings_daily",)).bookings_daily.height
    assert asked == []


def test_rows_of_long_files_are_those_of_polars(long, by_polars, asked):
    ours = marts.build(long)
    assert sorted(asked) == ["activities"] * 3 + ["transactions"] * 4
    for name in NAMES:
        assert_frame_equal(ours.table(name), by_polars.table(name), check_exact=True)


def test_where_duckdb_is_chosen_it_makes_short_tables_too(small, by_polars, asked):
    ours = marts.build(replace(small, engine="duckdb"))
    assert sorted(asked) == ["activities"] * 5 + ["opportunity_history"] * 2 + ["transactions"] * 7
    for name in NAMES:
        assert_frame_equal(ours.table(name), by_polars.table(name), check_exact=True)


def test_a_table_with_steps_of_its_own_stays_with_polars(long, asked):
    cut = long.with_frames(transactions=long.later("transactions", lambda rows: rows.head(5)))
    assert marts.build(cut, ("bookings_daily", "rep_activity_days")).bookings_daily["n_lines"].sum() == 5
    assert asked == ["activities"]


def test_a_number_beyond_64_bits_is_left_to_polars(long, tmp_path, asked):
    lines = long.frame("transactions").with_columns(amount=pl.lit(1e14))
    lines.write_parquet(tmp_path / "lines.parquet")
    raw = RawRows(pl.scan_parquet(tmp_path / "lines.parquet"), file=tmp_path / "lines.parquet")
    huge = replace(long, transactions=raw, known_fingerprint="huge")
    table = marts.build(huge, ("bookings_daily",)).bookings_daily
    assert asked == ["transactions"]
    assert table["amount"].sum() == pytest.approx(1e14 * lines.height)
