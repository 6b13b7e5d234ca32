"""Headline numbers of the sample, asked of its raw files in SQL."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest

from core.forecasts import calls, monday
from core.metrics import attainment, bookings, concentration, coverage, pipeline, recurring, retention, winrate
from core.models import outlook
from core.sources.loading import sample_files

FILES = (
    "accounts",
    "opportunities",
    "opportunity_history",
    "quotas",
    "sales_team",
    "subscriptions",
    "transactions",
)
TODAY, QUARTER, END = "date '2026-05-15'", "date '2026-04-01'", "date '2026-06-30'"
RUNS = "started_on <= {day} and (ended_on is null or ended_on > {day})"
OWN_QUOTA = f"""
    select sum(quota_amount) from quotas q where period_start_on = {QUARTER}
    and not exists (select 1 from sales_team t where t.manager_id = q.rep_id)
"""
QUERIES = {
    "bookings": f"""
        select sum(amount) from transactions
        where kind = 'booking' and booked_on between {QUARTER} and {TODAY}
    """,
    "revenue": f"""
        select sum(amount) from transactions
        where kind in ('billing', 'refund') and booked_on between {QUARTER} and {TODAY}
    """,
    "mrr": f"select sum(mrr_amount) from subscriptions where {RUNS.format(day=TODAY)}",
    "open": "select sum(amount) from opportunities where not is_closed",
    "win_rate": f"""
        select avg(is_won::int) from opportunities
        where is_closed and close_on > {TODAY} - interval 1 year and close_on <= {TODAY}
    """,
    "deal_size": f"""
        select avg(amount) from opportunities
        where is_won and close_on > {TODAY} - interval 1 year and close_on <= {TODAY}
    """,
    "closed": f"select sum(amount) from opportunities where is_won and close_on between {QUARTER} and {TODAY}",
    "commit": f"""
        select sum(amount) from opportunities
        where not is_closed and forecast_category = 'commit' and close_on <= {END}
    """,
    "due": f"select sum(amount) from opportunities where not is_closed and close_on <= {END}",
    "quota": OWN_QUOTA,
    "attained": f"""
        select (select sum(amount) from transactions where kind = 'booking' and booked_on between {QUARTER} and {TODAY})
        / ({OWN_QUOTA})
    """,
    "nrr": f"""
        with was as (
            select account_id, sum(mrr_amount) as mrr from subscriptions
            where {RUNS.format(day=f"({TODAY} - interval 1 year)")} group by account_id
        ), is_now as (
            select account_id, sum(mrr_amount) as mrr from subscriptions
            where {RUNS.format(day=TODAY)} group by account_id
        )
        select sum(coalesce(is_now.mrr, 0)) / sum(was.mrr) from was left join is_now using (account_id)
    """,
    "top_ten": f"""
        with bought as (
            select account_id, sum(amount) as amount from transactions
            where kind = 'booking' and booked_on > {TODAY} - interval 1 year and booked_on <= {TODAY}
            group by account_id having sum(amount) > 0
        )
        select (select sum(amount) from (select amount from bought order by amount desc limit 10)) / sum(amount)
        from bought
    """,
}


@pytest.fixture(scope="module")
def asked(settings, tmp_path_factory):
    """What each query answers, of the files as they are generated."""
    folder = tmp_path_factory.mktemp("raw")
    files = sample_files(settings)
    with duckdb.connect() as connection:
        for name in FILES:
            path = folder / f"{name}.parquet"
            path.write_bytes(files[path.name])
            connection.execute(f"create view {name} as select * from '{path}'")
        return {name: float(connection.execute(query).fetchone()[0]) for name, query in QUERIES.items()}


@pytest.fixture(scope="module")
def shown(sample, settings, bundle):
    """The same numbers as pages show them."""
    table = monday.monday(sample, settings, bundle, pl.DataFrame(schema=calls.CALLS), pl.DataFrame(schema=calls.EDITS))
    top = table.frame.filter(~pl.col("who").str.starts_with(monday.INDENT))
    due = coverage.coverage(sample, settings).frame.filter(pl.col("item") == "Open and due")
    return {
        "bookings": bookings.quarter_to_date(sample, settings).value,
        "revenue": bookings.revenue(sample, settings).value,
        "mrr": recurring.mrr(sample, settings).value,
        "open": pipeline.open_pipeline(sample, settings).value,
        "win_rate": winrate.win_rate(sample, settings).value,
        "deal_size": winrate.deal_size(sample, settings).value,
        "closed": outlook.current(sample, settings, bundle).frame["closed_amount"][-1],
        "commit": top["commit_amount"].sum(),
        "due": due["amount"].item(),
        "quota": top["quota_amount"].sum(),
        "attained": attainment.teams(sample, settings).value,
        "nrr": retention.last_year(sample, settings).value,
        "top_ten": concentration.customers(sample, settings).value,
    }


@pytest.mark.parametrize("name", list(QUERIES))
def test_a_headline_number_is_what_the_raw_files_say(name, shown, asked):
    assert shown[name] == pytest.approx(asked[name], rel=1e-9)
