from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.config import calendar, load

SETTINGS = load(environ={})
FEBRUARY = SETTINGS.model_copy(update={"fiscal": SETTINGS.fiscal.model_copy(update={"year_start_month": 2})})


def test_calendar_year_quarters():
    day = date(2026, 5, 20)
    assert calendar.quarter_start(day, SETTINGS) == date(2026, 4, 1)
    assert calendar.quarter_end(day, SETTINGS) == date(2026, 6, 30)
    assert calendar.quarter_label(day, SETTINGS) == "Q2 2026"
    assert calendar.year_start(day, SETTINGS) == date(2026, 1, 1)


def test_fiscal_year_is_named_after_the_year_it_ends_in():
    assert calendar.quarter_label(date(2026, 1, 31), FEBRUARY) == "Q4 2026"
    assert calendar.quarter_label(date(2026, 2, 1), FEBRUARY) == "Q1 2027"
    assert calendar.year_start(date(2026, 1, 31), FEBRUARY) == date(2025, 2, 1)


def test_add_months_keeps_the_end_of_short_months():
    assert calendar.add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert calendar.add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
    assert calendar.month_start(date(2026, 3, 31)) == date(2026, 3, 1)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 12))
def test_every_day_lies_in_its_quarter_and_quarters_touch(day, month):
    settings = SETTINGS.model_copy(update={"fiscal": SETTINGS.fiscal.model_copy(update={"year_start_month": month})})
    begin, end = calendar.quarter_start(day, settings), calendar.quarter_end(day, settings)
    assert begin <= day <= end
    assert calendar.quarter_start(end + timedelta(days=1), settings) == end + timedelta(days=1)
    assert 89 <= (end - begin).days + 1 <= 92
