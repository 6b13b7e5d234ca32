"""Marts of long files in DuckDB: the rows of Polars, and Polars where DuckDB refuses."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core import marts
from core.contracts.raw_rows import RawRows
from core.marts import long_files


@pytest.fixture(scope="module")
def by_polars(small):
    """The small company's marts as Polars makes them."""
    return marts.build(small)


@pytest.fixture
def long(small, monkeypatch):
    """The small company, whose files count as long."""
    monkeypatch.setattr(long_files, "MANY_ROWS", 1)
    return small


def test_a_short_table_stays_with_polars(small):
    assert not long_files.plans(small)


def test_rows_of_long_files_are_those_of_polars(long, by_polars):
    assert len(long_files.plans(long)) == 7
    ours = marts.build(long)
    for name in long_files.plans(long):
        assert_frame_equal(ours.table(name), by_polars.table(name), check_exact=True)


def test_a_table_with_steps_of_its_own_stays_with_polars(long):
    cut = long.with_frames(transactions=long.later("transactions", lambda rows: rows.head(5)))
    assert set(long_files.plans(cut)) == {"deal_activity_days", "account_activity_days", "rep_activity_days"}


def test_a_number_beyond_64_bits_is_left_to_polars(long, tmp_path):
    lines = long.frame("transactions").with_columns(amount=pl.lit(1e14))
    lines.write_parquet(tmp_path / "lines.parquet")
    raw = RawRows(pl.scan_parquet(tmp_path / "lines.parquet"), file=tmp_path / "lines.parquet")
    huge = replace(long, transactions=raw, known_fingerprint="huge")
    assert "bookings_daily" in long_files.plans(huge)
    table = marts.build(huge, ("bookings_daily",)).bookings_daily
    assert table["amount"].sum() == pytest.approx(1e14 * lines.height)
