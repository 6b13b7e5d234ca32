"""Territories, competitors and courses of the small company once more in SQL on DuckDB."""

from __future__ import annotations

import duckdb
import pytest

from core.metrics import competitors, course_record, territories

FRAMES = ("accounts", "opportunities", "transactions", "sales_team", "course_completions")
TERRITORIES = """
    WITH team AS (
        SELECT rep_id, region FROM sales_team WHERE role = 'rep' AND valid_from <= as_of()
            AND (valid_to IS NULL OR valid_to > as_of()) AND (left_on IS NULL OR left_on > as_of())
    ),
    booked AS (
        SELECT account_id, sum(amount) AS amount FROM transactions
        WHERE kind = 'booking' AND booked_on > as_of() - INTERVAL 12 MONTH AND booked_on <= as_of() GROUP BY 1
    ),
    owned AS (
        SELECT t.rep_id, t.region, count(a.account_id) AS n, coalesce(sum(b.amount), 0) AS amount
        FROM team t LEFT JOIN accounts a ON a.owner_id = t.rep_id LEFT JOIN booked b USING (account_id) GROUP BY 1, 2
    ),
    evened AS (SELECT *, avg(amount) OVER (PARTITION BY region) AS even FROM owned)
    SELECT rep_id, n, amount, even FROM evened
"""
COMPETITORS = """
    SELECT competitor, count(*), sum(is_won::INT), sum(CASE WHEN NOT is_won THEN amount ELSE 0 END) FROM opportunities
    WHERE is_closed AND close_on > as_of() - INTERVAL 12 MONTH AND close_on <= as_of() AND competitor IS NOT NULL
        AND trim(competitor) <> '' GROUP BY 1
"""
COURSES = """
    WITH people AS (
        SELECT course_name, coalesce(rep_id, learner_name, completion_id) AS person,
               bool_or(is_completed AND (completed_on IS NULL OR completed_on <= as_of())) AS is_done,
               max(score_rate) AS best
        FROM course_completions WHERE started_on IS NULL OR started_on <= as_of() GROUP BY 1, 2
    )
    SELECT course_name, count(*), sum(is_done::INT), avg(best) FROM people GROUP BY 1
"""


@pytest.fixture(scope="module")
def ask(small):
    with duckdb.connect() as db:
        for name in FRAMES:
            db.register(name, small.frame(name).to_arrow())
        db.execute(f"create macro as_of() as date '{small.as_of}'")
        yield lambda query: {row[0]: tuple(row[1:]) for row in db.execute(query).fetchall()}


def test_territories_are_what_sql_says(small, small_settings, ask):
    measure = territories.balance(small, small_settings)
    rows = measure.frame.select("rep_id", "n_accounts", "booked_amount", "even_amount").rows()
    expected = ask(TERRITORIES)
    assert {row[0]: row[1:] for row in rows} == {rep: pytest.approx(values) for rep, values in expected.items()}
    moved = sum(abs(amount - even) for _, amount, even in expected.values()) / 2
    assert measure.value == pytest.approx(moved / sum(amount for _, amount, _ in expected.values()))


def test_records_against_competitors_are_what_sql_says(small, small_settings, ask):
    rows = competitors.record(small, small_settings, 12).frame
    expected = ask(COMPETITORS)
    assert rows.height > 1
    for name, *values in rows.select("competitor", "n_deals", "n_won", "lost_amount").rows():
        assert tuple(values) == pytest.approx(expected[name])


def test_courses_are_what_sql_says(small, small_settings, ask):
    rows = course_record.by_course(small, small_settings).frame
    assert rows.height > 1
    columns = ("course", "n_people", "n_finished", "average_score")
    assert {row[0]: row[1:] for row in rows.select(columns).rows()} == {
        course: pytest.approx(values) for course, values in ask(COURSES).items()
    }
