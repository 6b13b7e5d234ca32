"""Forecast error and coverage of the range by team and period, and the parts of the benchmarks, once more in SQL."""

from __future__ import annotations

from datetime import date
from math import isnan

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics import benchmarks, forecast_error
from tests.oracles.test_measures_in_sql import companies, near, opened, slow

Q1, Q2 = date(2025, 10, 1), date(2026, 1, 1)
COLUMNS = ("n_forecasts", "wape_rate", "bias_rate", "coverage_rate", "weighted_wape_rate", "weighted_skill")
ROWS = {
    "team": pl.String,
    "period_start_on": pl.Date,
    "amount": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "actual_amount": pl.Float64,
    "weighted_amount": pl.Float64,
}
SCORES = """
    WITH done AS (SELECT * FROM rows WHERE amount IS NOT NULL AND actual_amount IS NOT NULL),
    pairs AS (SELECT * FROM done WHERE weighted_amount IS NOT NULL),
    simple AS (
        SELECT {by} AS g, sum(abs(weighted_amount - actual_amount)) AS miss, sum(abs(actual_amount)) AS whole,
               sum(abs(amount - actual_amount)) AS own FROM pairs GROUP BY 1
    )
    SELECT {by}, count(*), sum(abs(amount - actual_amount)) / nullif(sum(abs(actual_amount)), 0),
           sum(amount - actual_amount) / nullif(sum(abs(actual_amount)), 0),
           avg(CASE WHEN actual_amount >= lower AND actual_amount <= upper THEN 1.0
                    WHEN actual_amount < lower OR actual_amount > upper THEN 0.0 END),
           any_value(simple.miss / nullif(simple.whole, 0)), any_value(1 - simple.own / nullif(simple.miss, 0))
    FROM done LEFT JOIN simple ON simple.g IS NOT DISTINCT FROM {by} GROUP BY {by} ORDER BY {by} NULLS FIRST
"""


def test_error_and_coverage_of_two_teams_in_two_quarters_by_hand():
    """East misses 100 by 20 and 300 by 60, inside its range once; West has a range once alone."""
    rows = pl.DataFrame(
        [
            ("East", Q1, 120.0, 90.0, 110.0, 100.0, 150.0),
            ("East", Q2, 240.0, 200.0, 280.0, 300.0, None),
            ("East", Q2, 999.0, 0.0, 9_999.0, None, 1.0),
            ("West", Q1, 100.0, None, None, 50.0, 50.0),
            ("West", Q2, 20.0, 0.0, 30.0, 0.0, 10.0),
        ],
        schema=ROWS,
        orient="row",
    )
    teams = forecast_error.scores(rows, ["team"])
    assert teams.select("team", *COLUMNS).rows() == [
        ("East", 2, 80 / 400, -40 / 400, 0.5, 50 / 100, 1 - 20 / 50),
        ("West", 2, 70 / 50, 70 / 50, 1.0, 10 / 50, 1 - 70 / 10),
    ]
    periods = forecast_error.scores(rows, ["period_start_on"])
    assert periods.select("period_start_on", *COLUMNS).rows() == [
        (Q1, 2, 70 / 150, 70 / 150, 1.0, 50 / 150, 1 - 70 / 50),
        (Q2, 2, pytest.approx(80 / 300), pytest.approx(-40 / 300), 0.5, None, -1.0),
    ]


numbers = st.one_of(st.none(), st.integers(0, 50).map(float))
rows_of = st.lists(
    st.tuples(st.sampled_from(["A", "B", None]), st.sampled_from([Q1, Q2]), *[numbers] * 5), min_size=1, max_size=25
)


@slow
@given(rows_of, st.sampled_from(["team", "period_start_on"]))
def test_error_and_coverage_by_team_and_period_are_what_sql_says(drawn, by):
    rows = pl.DataFrame(drawn, schema=ROWS, orient="row")
    with duckdb.connect() as sql:
        sql.register("rows", rows.to_arrow())
        expected = sql.execute(SCORES.format(by=by)).fetchall()
    scored = forecast_error.scores(rows, [by]).select(by, *COLUMNS).sort(by, nulls_last=False).rows()
    assert len(scored) == len(expected)
    for own, other in zip(scored, expected, strict=True):
        assert own[:2] == other[:2]
        assert list(own[2:]) == [near(value) for value in other[2:]]
        assert not any(isinstance(value, float) and isnan(value) for value in own)


PARTS = """
    WITH closed AS (
        SELECT coalesce(a.segment, 'not known') AS part, o.*
        FROM opportunities o LEFT JOIN accounts a USING (account_id)
        WHERE o.is_closed AND o.close_on > as_of() - INTERVAL 12 MONTH AND o.close_on <= as_of()
    ),
    sizes AS (SELECT part, count(*) AS n FROM closed GROUP BY 1),
    pooled AS (
        SELECT c.*, CASE WHEN n >= 10 THEN part ELSE 'Others, too small alone' END AS g
        FROM closed c JOIN sizes USING (part)
        WHERE n >= 10 OR (SELECT sum(n) FROM sizes WHERE n < 10) >= 10
    )
    SELECT g, 'win rate', count(*), avg(is_won::INT) FROM pooled GROUP BY 1
    UNION ALL SELECT g, 'sales cycle', count(*), avg(close_on - created_on) FROM pooled
        WHERE is_won AND created_on IS NOT NULL GROUP BY 1
    UNION ALL SELECT g, 'deal size', count(amount), avg(amount) FROM pooled WHERE is_won GROUP BY 1
"""


@slow
@given(companies)
def test_parts_of_the_company_are_what_sql_says(drawn):
    with opened(drawn) as (data, settings, ask):
        frame = benchmarks.compared(data, settings, "segment").frame.filter(pl.col("figure") != "slip rate")
        expected = {(g, figure): (n, near(value)) for g, figure, n, value in ask(PARTS) if n >= benchmarks.FEWEST}
        own = {
            (g, figure): (n, value)
            for g, figure, n, value in frame.select("group", "figure", "n_deals", "value").rows()
        }
        assert own == expected
