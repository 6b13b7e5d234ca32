from __future__ import annotations

from dataclasses import replace
from datetime import date

import duckdb
import polars as pl
import pytest

from core import contracts, metrics
from core.contracts import SCHEMAS, Dataset
from core.sample import AS_OF
from tests.metrics.companies import company, deal, states

QUARTER, NEXT = date(2026, 4, 1), date(2026, 7, 1)


@pytest.fixture(scope="module")
def sql(sample):
    with duckdb.connect() as connection:
        for name in ("transactions", "opportunities", "opportunity_history", "quotas", "sales_team", "activities"):
            connection.register(name, sample.frame(name).to_arrow())
        yield lambda query: connection.execute(query).fetchall()


@pytest.fixture
def nothing():
    frames = {name: contracts.empty(name) for name in SCHEMAS}
    return Dataset(**frames, as_of=AS_OF, source="none", rejected=contracts.empty("rejections"))


def test_coverage_in_sql(sql, sample, settings):
    due = sql(f"select sum(amount) from opportunities where not is_closed and close_on < '{NEXT}'")[0][0]
    reps = "(select rep_id from sales_team where role = 'rep')"
    quota = sql(f"select sum(quota_amount) from quotas where period_start_on = '{QUARTER}' and rep_id in {reps}")[0][0]
    booked = sql(f"select sum(amount) from transactions where kind = 'booking' and booked_on >= '{QUARTER}'")[0][0]
    found = metrics.coverage.coverage(sample, settings)
    assert found.value == pytest.approx(due / (quota - booked))
    assert found.ratios["full"] == pytest.approx(due / quota)


def test_what_past_quarters_needed_in_sql(sql, sample, settings):
    found = metrics.coverage.coverage(sample, settings)
    row = found.record.filter(pl.col("quarter") == "Q1 2026").row(0, named=True)
    assert row["day"] == date(2026, 2, 14)
    due = sql("""
        select sum(amount) from opportunity_history where valid_from <= '2026-02-14'
        and (valid_to is null or valid_to > '2026-02-14') and stage not like 'Closed%' and close_on < '2026-04-01'
    """)[0][0]
    rest = sql("""
        select sum(amount) from transactions where kind = 'booking' and booked_on > '2026-02-14'
        and booked_on < '2026-04-01'
    """)[0][0]
    assert (row["due_amount"], row["rest_amount"]) == (pytest.approx(due), pytest.approx(rest))
    assert found.ratios["required"] == pytest.approx(found.record["required_ratio"].median())


def test_velocity_in_sql(sql, sample, settings):
    n = sql("select count(*) from opportunities where not is_closed")[0][0]
    won = f"is_closed and close_on between '2025-05-16' and '{AS_OF}'"
    (rate,) = sql(f"select avg(is_won::int) from opportunities where {won}")[0]
    query = f"select avg(amount), median(close_on - created_on) from opportunities where is_won and {won}"
    size, days = sql(query)[0]
    found = metrics.velocity.velocity(sample, settings)
    assert found.value == pytest.approx(n * rate * size / days)
    assert found.frame["effect_amount"].sum() == pytest.approx(found.value - found.earlier)


def test_the_year_before_is_told_by_what_was_known_then(sample, settings):
    then = replace(sample, as_of=date(2025, 5, 15), known_fingerprint=None)
    assert metrics.velocity.velocity(sample, settings).earlier == pytest.approx(
        metrics.velocity.velocity(then, settings).value
    )


def test_cohort_and_closing_win_rates_in_sql(sql, sample, settings):
    found = metrics.velocity.win_rates(sample, settings).frame.filter(pl.col("quarter") == "Q4 2025").row(0, named=True)
    inside = "between '2025-10-01' and '2025-12-31'"
    n, won, waiting = sql(f"""
        select count(*), avg(is_won::int), avg((not is_closed)::int) from opportunities where created_on {inside}
    """)[0]
    assert (found["n_created"], found["cohort_rate"], found["open_rate"]) == (
        n,
        pytest.approx(won),
        pytest.approx(waiting),
    )
    rate = sql(f"select avg(is_won::int) from opportunities where is_closed and close_on {inside}")[0][0]
    assert found["closing_rate"] == pytest.approx(rate)


def test_losses_not_closed_out_flatter_the_closing_rate(settings):
    old = date(2024, 9, 2)
    rows, deals = [], []
    for k in range(10):
        ends = {"won": k < 2, "lost": 2 <= k < 4}
        stage = "Closed Won" if ends["won"] else "Closed Lost"
        late = [(date(2025, 9, 1), {"stage": stage})] if k < 4 else []
        rows += states(f"d{k}", (old, {"amount": 10.0, "owner_id": "ann"}), *late)
        closed = {"is_closed": k < 4, "is_won": k < 2, "created_on": old, "close_on": date(2025, 9, 1)}
        deals.append(deal(f"d{k}", **closed))
    found = metrics.velocity.win_rates(company(opportunities=deals, opportunity_history=rows), settings)
    assert found.value == 0.2
    assert "flatters by 30 points" in found.sentence()


def test_teams_add_up_to_the_company_to_the_cent(sample, settings):
    found = metrics.attainment.teams(sample, settings)
    whole = metrics.bookings.quarter_to_date(sample, settings).value
    assert round(found.frame["amount"].sum(), 2) == round(whole, 2)
    quota = sample.quotas.filter(pl.col("period_start_on") == QUARTER)["quota_amount"].sum()
    assert found.frame["quota_amount"].sum() == pytest.approx(quota)


def test_a_rep_who_moves_takes_only_later_bookings_along(nothing, settings):
    team = contracts.empty("sales_team")
    spans = pl.DataFrame(
        {
            "rep_id": ["R1", "R1", "R2"],
            "rep_name": ["Ann", "Ann", "Bo"],
            "role": ["rep"] * 3,
            "team": ["North", "South", "South"],
            "valid_from": [date(2025, 1, 1), date(2026, 5, 1), date(2026, 4, 20)],
            "valid_to": [date(2026, 5, 1), None, None],
        },
        schema_overrides={"valid_to": pl.Date},
    )
    spans = spans.with_columns([pl.lit(None, t).alias(c) for c, t in team.schema.items() if c not in spans.columns])
    lines = pl.DataFrame(
        {
            "transaction_id": ["1", "2", "3", "4"],
            "account_id": ["A"] * 4,
            "rep_id": ["R1", "R1", "R2", "R9"],
            "booked_on": [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 3)],
            "kind": ["booking"] * 4,
            "quantity": [1.0] * 4,
            "amount": [100.0, 10.0, 1.0, 0.5],
        }
    )
    blank = contracts.empty("transactions").schema.items()
    lines = lines.with_columns([pl.lit(None, t).alias(c) for c, t in blank if c not in lines.columns])
    quotas = pl.DataFrame({"rep_id": ["R1", "R2"], "period_start_on": [QUARTER] * 2, "quota_amount": [200.0, 50.0]})
    data = nothing.with_frames(sales_team=spans.select(team.columns), transactions=lines, quotas=quotas)
    rows = {r["team"]: r for r in metrics.attainment.teams(data, settings).frame.to_dicts()}
    assert (rows["North"]["amount"], rows["North"]["quota_amount"]) == (100.0, 200.0)
    assert (rows["South"]["amount"], rows["South"]["quota_amount"]) == (11.0, 50.0)
    assert (rows["No team"]["amount"], rows["No team"]["attainment_rate"]) == (0.5, None)


@pytest.mark.parametrize(
    "measure",
    [
        metrics.stage_conversion.conversion,
        metrics.stage_conversion.times,
        metrics.stage_conversion.cohorts,
        metrics.coverage.weighted,
        metrics.coverage.coverage,
        metrics.velocity.velocity,
        metrics.velocity.win_rates,
        metrics.risk.at_risk,
        metrics.health.health,
        metrics.concentration.pipeline,
        metrics.concentration.customers,
        metrics.attainment.teams,
    ],
)
def test_nothing_loaded_is_null_and_a_sentence(nothing, settings, measure):
    found = measure(nothing, settings)
    assert found.value is None
    assert found.sentence()


def test_a_quota_already_met_has_no_coverage(sample, settings):
    met = sample.with_frames(quotas=sample.quotas.with_columns(quota_amount=pl.lit(1.0)))
    found = metrics.coverage.coverage(met, settings)
    assert found.value is None
    assert "is met already" in found.sentence()


def test_a_tile_is_held_against_the_year_before(sample, settings):
    then = replace(sample, as_of=date(2025, 5, 15), known_fingerprint=None)
    now, old = (metrics.bookings.quarter_to_date(d, settings).value for d in (sample, then))
    moved, text = metrics.growth.change(sample, settings, metrics.bookings.quarter_to_date)
    assert moved == pytest.approx(now / old - 1)
    assert text.endswith("vs last year")
    points, text = metrics.growth.change(sample, settings, metrics.winrate.win_rate)
    assert points == pytest.approx(
        metrics.winrate.win_rate(sample, settings).value - metrics.winrate.win_rate(then, settings).value
    )
    assert "points" in text


def test_without_a_year_before_there_is_no_change(nothing, settings):
    assert metrics.growth.change(nothing, settings, metrics.winrate.win_rate) == (None, "")
    assert metrics.growth.change(nothing, settings, metrics.bookings.quarter_to_date)[1] == ""
