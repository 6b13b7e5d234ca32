"""Every mart against values worked out by hand, in Polars and in DuckDB, and against what the raw rows add up to."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, datetime

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core import contracts, marts
from core.artifacts import MARTS, open_cache, process_shelf
from core.contracts import RAW_FRAMES
from core.contracts.errors import ContractError, SourceError
from core.contracts.raw_rows import RawRows
from core.marts import bookings
from core.marts.as_of import earlier
from core.marts.build import CODEC
from core.marts.mart_tables import NAMES

DAY = date(2026, 3, 31)
JANUARY, FEBRUARY = date(2026, 1, 5), date(2026, 2, 1)
LINES = pl.DataFrame(
    {
        "account_id": ["A", "A", "B", "A"],
        "booked_on": [JANUARY, JANUARY, FEBRUARY, date(2026, 5, 1)],
        "region": ["EMEA", "EMEA", None, "EMEA"],
        "product_id": ["P1"] * 4,
        "rep_id": ["R1", "R1", None, "R1"],
        "kind": ["booking", "booking", "billing", "booking"],
        "amount": [10.0, 5.0, 3.0, 99.0],
        "cost_amount": [4.0, None, 1.5, 1.0],
        "discount_rate": [0.5, None, None, 0.99],
    }
)
ACCOUNTS = pl.DataFrame({"account_id": ["A", "B"], "segment": ["Large", "Small"], "owner_id": ["R1", "R2"]})
DONE = pl.DataFrame(
    {
        "account_id": ["A", "A", "A", None],
        "opportunity_id": ["O1", "O1", None, "O1"],
        "rep_id": ["R1", "R1", None, None],
        "kind": ["meeting", "mail", "usage", "meeting"],
        "occurred_at": [
            datetime(2026, 1, 5, 9),
            datetime(2026, 1, 5, 23, 59),
            datetime(2026, 1, 6),
            datetime(2026, 1, 6),
        ],
        "outcome": ["good", None, None, None],
        "sentiment_score": [0.5, -0.25, None, None],
        "quantity": [None, None, 7.0, 30.0],
    }
)


def in_both(function, *frames):
    """What a mart is in Polars and in DuckDB, sorted alike."""
    ours = function(*(frame.lazy() for frame in frames)).collect()
    theirs = function(*(duckdb.from_arrow(frame.to_arrow()) for frame in frames)).pl()
    order = [c for c in ours.columns if not c.startswith("n_") and not c.endswith(("amount", "_sum"))]
    both = [frame.select(ours.columns).sort(order, nulls_last=True) for frame in (ours, theirs)]
    assert_frame_equal(*both, check_dtypes=False)
    return both[0]


def test_bookings_by_day():
    table = in_both(marts.bookings_daily, LINES)
    sums = ("costed_amount", "cost_amount", "priced_amount", "list_amount", "discount_sum", "n_discounts")
    assert table.select("booked_on", "region", "amount", "n_lines", *sums).rows() == [
        (JANUARY, "EMEA", 15.0, 2, 10.0, 4.0, 10.0, 20.0, 0.5, 1),
        (FEBRUARY, None, 3.0, 1, 3.0, 1.5, 0.0, 0.0, 0.0, 0),
        (date(2026, 5, 1), "EMEA", 99.0, 1, 99.0, 1.0, 0.0, 0.0, 0.99, 1),
    ]


def test_revenue_by_month_stands_under_the_owner_of_the_account_where_a_line_has_no_rep():
    table = in_both(marts.revenue_months, LINES, ACCOUNTS)
    assert table.rows() == [(FEBRUARY, None, "Small", "P1", "R2", 3.0)]


def test_orders_of_customers():
    table = in_both(lambda lines: marts.customer_orders(lines, ("booking",)), LINES)
    assert table.select("booked_on", "account_id", "amount", "n_lines").rows() == [
        (JANUARY, "A", 15.0, 2),
        (date(2026, 5, 1), "A", 99.0, 1),
    ]


def test_costs_of_accounts_are_those_of_invoices():
    table = in_both(lambda lines: marts.account_costs(lines, FEBRUARY, DAY), LINES)
    assert table.rows() == [("B", 3.0, 1.5)]
    assert in_both(lambda lines: marts.account_costs(lines, DAY, DAY), LINES).is_empty()


def test_activities_by_day():
    first, second = date(2026, 1, 5), date(2026, 1, 6)
    assert in_both(marts.deal_activity_days, DONE).rows() == [(first, "O1", 2, 1), (second, "O1", 1, 1)]
    assert in_both(marts.rep_activity_days, DONE).rows() == [(first, "R1", "mail", 1), (first, "R1", "meeting", 1)]
    assert in_both(marts.account_activity_days, DONE).rows() == [
        (first, "A", "mail", None, 1, -0.25, 1, 0.0, 0),
        (first, "A", "meeting", "good", 1, 0.5, 1, 0.0, 0),
        (second, "A", "usage", None, 1, 0.0, 0, 7.0, 1),
    ]


def test_rows_are_counted_by_day():
    table = in_both(lambda rows: marts.row_days(rows, "activities"), DONE)
    assert table.rows() == [("activities", date(2026, 1, 5), 2), ("activities", date(2026, 1, 6), 2)]


def test_both_engines_agree_on_a_company(small):
    lines, done, states = (small.frame(name) for name in ("transactions", "activities", "opportunity_history"))
    in_both(marts.bookings_daily, lines)
    in_both(marts.revenue_months, lines, small.accounts)
    in_both(marts.account_activity_days, done)
    assert marts.deal_states(states).height == states.height


def test_marts_add_up_to_the_rows(small):
    tables, lines, done = marts.of(small), small.frame("transactions"), small.frame("activities")
    assert marts.of(small) is tables
    amount = pytest.approx(lines["amount"].sum(), abs=0.005)
    assert tables.bookings_daily["amount"].sum() == amount
    assert tables.bookings_daily["n_lines"].sum() == lines.height
    booked = lines.filter(pl.col("kind") == "booking")
    assert tables.customer_orders["amount"].sum() == pytest.approx(booked["amount"].sum(), abs=0.005)
    ends = date(small.as_of.year, small.as_of.month, 1)
    billed = lines.filter(pl.col("kind").is_in(bookings.BILLED), pl.col("booked_on") < ends)
    assert tables.revenue_months["amount"].sum() == pytest.approx(billed["amount"].sum(), abs=0.005)
    on_deals = done.filter(pl.col("opportunity_id").is_not_null())
    assert tables.deal_activity_days["n_activities"].sum() == on_deals.height
    counts = dict(tables.row_days.group_by("entity").agg(pl.col("n_rows").sum()).iter_rows())
    assert counts == {name: small.row_counts[name] for name in RAW_FRAMES}


def test_sums_are_the_same_in_every_order(small):
    shuffled = small.with_frames(
        **{name: small.frame(name).sample(fraction=1, shuffle=True, seed=3) for name in RAW_FRAMES}
    )
    ours, theirs = marts.build(small), marts.build(shuffled)
    for name in set(NAMES) - {"deal_states"}:
        assert_frame_equal(ours.table(name), theirs.table(name), check_exact=True)


def test_an_earlier_state_has_the_marts_its_rows_make(small):
    day = date(2025, 11, 17)
    then = earlier(small, day, "test", {})
    ours, theirs = marts.of(then), marts.build(replace(then, origin=None))
    for name in set(NAMES) - {"revenue_months"}:
        assert_frame_equal(ours.table(name), theirs.table(name))
    complete = theirs.revenue_months.filter(pl.col("month") < date(2025, 11, 1))
    assert_frame_equal(ours.revenue_months, complete)


def bare(**frames):
    """A company with nothing but some frames."""
    empty = {name: contracts.empty(name) for name in contracts.SCHEMAS}
    return contracts.Dataset(**empty, as_of=DAY, source="", rejected=contracts.empty("rejections")).with_frames(
        **frames
    )


def test_won_deals_stand_in_where_no_lines_were_loaded(small):
    tables = marts.of(small.with_frames(transactions=contracts.empty("transactions")))
    won = small.opportunities.filter("is_won", pl.col("amount").is_not_null(), pl.col("close_on") <= small.as_of)
    assert tables.bookings_daily["amount"].sum() == pytest.approx(won["amount"].sum(), abs=0.01)
    assert set(tables.bookings_daily["kind"]) == {"booking"}
    assert tables.bookings_daily["cost_amount"].sum() == 0
    assert tables.customer_orders["n_lines"].sum() == won.height
    assert not tables.has("transactions")


def test_invoices_are_orders_where_nothing_was_booked(small):
    lines = small.frame("transactions").filter(pl.col("kind") != "booking")
    orders = marts.build(small.with_frames(transactions=lines)).customer_orders
    assert orders["amount"].sum() == pytest.approx(lines["amount"].sum(), abs=0.005)


def test_marts_of_nothing_are_empty():
    tables = marts.of(bare())
    assert [name for name in NAMES if not tables.table(name).is_empty()] == ["raw_columns"]
    assert not tables.has("activities")


def test_marts_are_kept_in_the_home_of_the_data_and_read_back(small, monkeypatch):
    tables = marts.of(small)
    shown = {name: tables.table(name) for name in NAMES}
    process_shelf(MARTS).clear()
    open_cache(small.home).forget(MARTS)
    monkeypatch.setattr(sys.modules["core.marts.build"], "build", lambda data: pytest.fail("built again"))
    again = marts.of(replace(small))
    for name in NAMES:
        assert_frame_equal(again.table(name), shown[name])


def test_a_table_read_back_is_unpacked_once_when_it_is_asked_for(small, tmp_path, monkeypatch):
    tables, unpack, unpacked = marts.of(small), pl.read_parquet, []
    CODEC.write(tables, tmp_path)
    monkeypatch.setattr(pl, "read_parquet", lambda content: unpacked.append(len(content)) or unpack(content))
    again = CODEC.read(tmp_path)
    n_bytes = (tmp_path / "deal_states.parquet").stat().st_size
    (tmp_path / "deal_states.parquet").unlink()
    assert unpacked == []
    assert_frame_equal(again.deal_states, tables.deal_states)
    assert again.deal_states is again.deal_states
    assert unpacked == [n_bytes]


def test_a_table_that_is_no_parquet_is_noticed_when_the_marts_are_read(small, tmp_path):
    CODEC.write(marts.of(small), tmp_path)
    (tmp_path / "customer_orders.parquet").write_bytes(b"no Parquet")
    with pytest.raises(pl.exceptions.ComputeError):
        CODEC.read(tmp_path)


def test_a_page_of_raw_rows_is_cut_by_the_engine(small):
    account = small.accounts["account_id"][0]
    own = pl.col("account_id") == account
    rows = small.frame("activities").filter(own).sort("occurred_at", descending=True, maintain_order=True)
    assert_frame_equal(marts.raw_page(small, "activities", own, "occurred_at", 5, 10), rows.slice(5, 10))
    lazy = replace(small, activities=small.lazy("activities"))
    assert_frame_equal(marts.raw_page(lazy, "activities", own, "occurred_at", 0, 3), rows.head(3))
    with pytest.raises(ContractError, match="activities"):
        marts.raw_page(small, "activites", own, "occurred_at")


def test_rows_that_are_gone_are_said_to_be(small, tmp_path):
    small.frame("activities").write_parquet(tmp_path / "rows.parquet")
    data = replace(small, activities=pl.scan_parquet(tmp_path / "rows.parquet"))
    own = pl.col("kind") == "mail"
    assert marts.raw_page(data, "activities", own, "occurred_at", limit=1).height == 1
    (tmp_path / "rows.parquet").unlink()
    with pytest.raises(SourceError, match="are gone"):
        marts.raw_page(data, "activities", own, "occurred_at")


def test_a_snapshot_leaves_the_raw_tables_in_their_files(small):
    assert {type(getattr(small, name)) for name in RAW_FRAMES} == {RawRows}
    assert small.row_counts["activities"] == small.frame("activities").height
