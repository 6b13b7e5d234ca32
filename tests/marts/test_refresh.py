"""Marts carried forward by changed rows are those that are built anew."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from core import marts
from core.contracts import RAW_FRAMES
from core.marts.mart_tables import NAMES

IDS = {"transactions": "transaction_id", "activities": "activity_id"}


@pytest.fixture(scope="module")
def company(small):
    """A tenth of the small company, so that it is built in no time."""
    deals = small.opportunities.head(300)
    mine = pl.col("opportunity_id").is_in(deals["opportunity_id"].implode())
    return small.with_frames(
        opportunities=deals,
        opportunity_history=small.frame("opportunity_history").filter(mine),
        transactions=small.frame("transactions").gather_every(10),
        activities=small.frame("activities").gather_every(40),
    )


@pytest.fixture(scope="module")
def built(company):
    """Its marts."""
    return marts.build(company)


def same(ours, theirs):
    for name in NAMES:
        assert_frame_equal(ours.table(name), theirs.table(name), check_exact=True)


def altered(data, entity, gone, again, late, days):
    """Delete some rows of a table, double others, and move others to another day; return the table and what changed."""
    rows = data.frame(entity)
    size, column = rows.height, {"transactions": "booked_on", "activities": "occurred_at"}[entity]
    number = pl.int_range(pl.len())

    def at(numbers):
        return number.is_in([n % size for n in numbers])

    dropped, doubled, moved = (rows.filter(at(numbers)) for numbers in (gone, again, late))
    doubled = doubled.with_columns(pl.col(IDS[entity]) + "-again")
    arrived = moved.with_columns(pl.col(IDS[entity]) + "-late", pl.col(column) - timedelta(days=days))
    now = pl.concat([rows.filter(~at(gone)), doubled, arrived])
    return now, pl.concat([dropped, doubled, arrived])


numbers = st.lists(st.integers(0, 10**6), max_size=5)
changes = st.tuples(numbers, numbers, numbers, st.integers(0, 700))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=changes, done=changes)
def test_late_double_and_deleted_rows_give_what_building_anew_gives(company, built, lines, done):
    tables, changed = {}, {}
    for entity, asked in (("transactions", lines), ("activities", done)):
        tables[entity], changed[entity] = altered(company, entity, *asked)
    after = company.with_frames(**tables)
    touched = marts.touched_by({name: rows for name, rows in changed.items() if rows.height})
    same(marts.refresh(built, after, touched), marts.build(after))


def test_a_changed_past_of_deals(company, built):
    history = company.frame("opportunity_history")
    changed = history.filter(pl.col("opportunity_id") == history["opportunity_id"][0])
    fixed = pl.col("opportunity_id") == changed["opportunity_id"][0]
    after = company.with_frames(
        opportunity_history=history.with_columns(amount=pl.when(fixed).then(1.0).otherwise("amount"))
    )
    touched = marts.touched_by({"opportunity_history": changed})
    assert touched.deals == {changed["opportunity_id"][0]}
    same(marts.refresh(built, after, touched), marts.build(after))


def test_the_first_booking_changes_what_an_order_is(company):
    lines = company.frame("transactions")
    unbooked = lines.filter(pl.col("kind") != "booking")
    before = company.with_frames(transactions=unbooked)
    touched = marts.touched_by({"transactions": lines.filter(pl.col("kind") == "booking")})
    same(marts.refresh(marts.build(before), company, touched), marts.build(company))
    back = marts.refresh(marts.build(company), before, touched)
    same(back, marts.build(before))


def test_nothing_touched_is_nothing_done(company, built):
    assert marts.refresh(built, company, marts.touched_by({})) is built


def test_untouched_days_are_not_read_again(company, built, monkeypatch):
    """The engine is asked for touched days only: rows of other days may be gone without a difference to theirs."""
    lines = company.frame("transactions")
    day = lines["booked_on"].sort()[lines.height // 2]
    after = company.with_frames(transactions=lines.filter(pl.col("booked_on") == day))
    touched = marts.touched_by({"transactions": lines.filter(pl.col("booked_on") == day)})
    table = marts.refresh(built, after, touched).bookings_daily
    assert_frame_equal(table, built.bookings_daily)
    assert set(RAW_FRAMES) == set(marts.build(after).row_days["entity"])
