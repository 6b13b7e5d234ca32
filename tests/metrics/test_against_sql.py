"""Each measure once more in SQL, on the same frames."""

from __future__ import annotations

from datetime import date

import duckdb
import polars as pl
import pytest

from core import metrics
from core.sample import AS_OF

QUARTER = date(2026, 4, 1)


@pytest.fixture(scope="module")
def sql(sample):
    with duckdb.connect() as connection:
        for name in ("transactions", "subscriptions", "opportunities", "opportunity_history", "quotas"):
            connection.register(name, sample.frame(name).to_arrow())

        def ask(query: str) -> float:
            found = connection.execute(query).fetchone()
            return float(found[0])

        yield ask


def test_bookings_and_revenue(sql, sample, settings):
    booked = f"select sum(amount) from transactions where booked_on between '{QUARTER}' and '{AS_OF}' and kind"
    assert metrics.bookings.quarter_to_date(sample, settings).value == pytest.approx(sql(f"{booked} = 'booking'"))
    assert metrics.bookings.revenue(sample, settings).value == pytest.approx(sql(f"{booked} in ('billing', 'refund')"))


def test_recurring_revenue(sql, sample, settings):
    query = f"select sum(mrr_amount) from subscriptions where started_on <= '{AS_OF}'"
    query += f" and (ended_on is null or ended_on > '{AS_OF}')"
    assert metrics.recurring.mrr(sample, settings).value == pytest.approx(sql(query))


def test_open_pipeline_is_that_of_the_deals(sql, sample, settings):
    query = "select sum(amount) from opportunities where not is_closed"
    assert metrics.pipeline.open_pipeline(sample, settings).value == pytest.approx(sql(query))


def test_win_rate_deal_size_and_cycle(sql, sample, settings):
    window = f"is_closed and close_on between '2025-05-16' and '{AS_OF}'"
    rate = sql(f"select avg(is_won::int) from opportunities where {window}")
    assert metrics.winrate.win_rate(sample, settings).value == pytest.approx(rate)
    size = sql(f"select avg(amount) from opportunities where is_won and {window}")
    assert metrics.winrate.deal_size(sample, settings).value == pytest.approx(size)
    days = sql(f"select avg(close_on - created_on) from opportunities where is_won and {window}")
    assert metrics.winrate.cycle_days(sample).value == pytest.approx(days)


def test_leaderboard_attainment(sql, sample, settings):
    booked = sql(f"select sum(amount) from transactions where kind = 'booking' and booked_on >= '{QUARTER}'")
    quota = sql(f"select sum(quota_amount) from quotas where period_start_on = '{QUARTER}'")
    assert metrics.leaderboard.board(sample, settings).value == pytest.approx(booked / quota)


def test_growth_takes_equal_elapsed_days(sql, sample, settings):
    booked = "select sum(amount) from transactions where kind = 'booking' and booked_on between"
    now = sql(f"{booked} '{QUARTER}' and '{AS_OF}'")
    then = sql(f"{booked} '2025-04-01' and '2025-05-15'")
    assert metrics.growth.table(sample, settings).value == pytest.approx(now / then - 1)


def test_regions_add_up_to_the_total_to_the_cent(sample, settings):
    cells = metrics.bookings.by_region_and_quarter(sample, settings).frame
    now = cells.filter(pl.col("quarter_start_on") == QUARTER)["amount"].sum()
    total = metrics.bookings.quarter_to_date(sample, settings).value
    assert round(now, 2) == round(total, 2)


def test_money_and_percent_are_written_for_people():
    assert metrics.money(None) == "no amount"
    assert metrics.money(950) == "USD 950"
    assert metrics.money(-2_500_000_000, "EUR") == "-EUR 2.5 B"
    assert metrics.percent(None) == "not known"
