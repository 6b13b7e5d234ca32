from __future__ import annotations

from dataclasses import replace
from datetime import date

import duckdb
import polars as pl
import pytest

from core import contracts, metrics
from core.contracts import SCHEMAS, Dataset
from core.sample import AS_OF

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
    assert metrics.velocity.coverage(sample, settings).value == pytest.approx(due / (quota - booked))


def test_velocity_in_sql(sql, sample, settings):
    n = sql("select count(*) from opportunities where not is_closed")[0][0]
    won = f"is_closed and close_on between '2025-05-15' and '{AS_OF}'"
    (rate,) = sql(f"select avg(is_won::int) from opportunities where {won}")[0]
    size, days = sql(f"select avg(amount), avg(close_on - created_on) from opportunities where is_won and {won}")[0]
    assert metrics.velocity.velocity(sample, settings).value == pytest.approx(n * rate * size / days)


def test_stage_shares_in_sql(sql, sample, settings):
    query = """
        with entered as (
            select distinct opportunity_id from opportunity_history
            where stage = 'Negotiation' and not is_deleted and valid_from > date '2024-05-15'
              and (opportunity_id, valid_from) in (
                select opportunity_id, valid_from from (
                    select *, lag(stage) over (partition by opportunity_id order by valid_from) as earlier
                    from opportunity_history where not is_deleted
                ) where stage = 'Negotiation' and (earlier is null or earlier <> 'Negotiation')
              )
        )
        select count(*), sum(is_won::int) from entered join opportunities using (opportunity_id) where is_closed
    """
    n, won = sql(query)[0]
    row = metrics.velocity.stages(sample, settings).frame.filter(pl.col("stage") == "Negotiation").row(0, named=True)
    assert (row["n_entered"], row["n_won"]) == (n, won)
    assert row["won_rate"] == pytest.approx(won / n)


def test_the_weighted_pipeline_is_the_sum_of_its_stages(sample, settings):
    found = metrics.velocity.weighted_pipeline(sample, settings)
    shares = dict(metrics.velocity.stages(sample, settings).frame.select("stage", "won_rate").iter_rows())
    now = sample.opportunities.filter(~pl.col("is_closed")).group_by("stage").agg(pl.col("amount").sum())
    assert found.value == pytest.approx(sum(amount * shares[stage] for stage, amount in now.iter_rows()))
    assert found.frame["amount"].sum() == pytest.approx(metrics.pipeline.open_pipeline(sample, settings).value)


def test_reasons_of_risk_in_sql(sql, sample, settings):
    found = metrics.velocity.at_risk(sample, settings).frame

    def told(word):
        return set(found.filter(pl.col("reasons").str.contains(word))["opportunity_id"])

    passed = f"select opportunity_id from opportunities where not is_closed and close_on < '{AS_OF}'"
    assert told("has passed") == {r[0] for r in sql(passed)}
    pushed = """
        with moves as (
            select opportunity_id,
                close_on > lag(close_on) over (partition by opportunity_id order by valid_from) as later
            from opportunity_history
        )
        select opportunity_id from moves join opportunities using (opportunity_id)
        where later and not is_closed group by 1 having count(*) >= 2
    """
    assert told("pushed") == {r[0] for r in sql(pushed)}
    quiet = f"""
        select opportunity_id from opportunities where not is_closed and opportunity_id not in (
            select opportunity_id from activities
            where occurred_at >= date '{AS_OF}' - 14 and opportunity_id is not null
        )
    """
    assert told("nothing happened") == {r[0] for r in sql(quiet)}


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
            "rep_id": ["R1", "R1", "R2"], "rep_name": ["Ann", "Ann", "Bo"], "role": ["rep"] * 3,
            "team": ["North", "South", "South"], "valid_from": [date(2025, 1, 1), date(2026, 5, 1), date(2026, 4, 20)],
            "valid_to": [date(2026, 5, 1), None, None],
        }, schema_overrides={"valid_to": pl.Date},
    )  # fmt: skip
    spans = spans.with_columns([pl.lit(None, t).alias(c) for c, t in team.schema.items() if c not in spans.columns])
    lines = pl.DataFrame(
        {
            "transaction_id": ["1", "2", "3", "4"], "account_id": ["A"] * 4, "rep_id": ["R1", "R1", "R2", "R9"],
            "booked_on": [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 3)],
            "kind": ["booking"] * 4, "quantity": [1.0] * 4, "amount": [100.0, 10.0, 1.0, 0.5],
        }
    )  # fmt: skip
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
        metrics.velocity.stages, metrics.velocity.weighted_pipeline, metrics.velocity.coverage,
        metrics.velocity.velocity, metrics.velocity.at_risk, metrics.attainment.teams,
    ],
)  # fmt: skip
def test_nothing_loaded_is_null_and_a_sentence(nothing, settings, measure):
    found = measure(nothing, settings)
    assert found.value is None
    assert found.sentence()


def test_a_quota_already_met_has_no_coverage(sample, settings):
    met = sample.with_frames(quotas=sample.quotas.with_columns(quota_amount=pl.lit(1.0)))
    found = metrics.velocity.coverage(met, settings)
    assert found.value is None
    assert "is met already" in found.sentence()


def test_a_tile_is_held_against_the_year_before(sample, settings):
    then = replace(sample, as_of=date(2025, 5, 15), known_fingerprint=None)
    now, old = (metrics.bookings.quarter_to_date(d, settings).value for d in (sample, then))
    moved, text = metrics.growth.change(sample, settings, metrics.bookings.quarter_to_date)
    assert moved == pytest.approx(now / old - 1)
    assert text.endswith("on a year ago")
    points, text = metrics.growth.change(sample, settings, metrics.winrate.win_rate)
    assert points == pytest.approx(
        metrics.winrate.win_rate(sample, settings).value - metrics.winrate.win_rate(then, settings).value
    )
    assert "points" in text


def test_without_a_year_before_there_is_no_change(nothing, settings):
    assert metrics.growth.change(nothing, settings, metrics.winrate.win_rate) == (None, "")
    assert metrics.growth.change(nothing, settings, metrics.bookings.quarter_to_date)[1] == ""
