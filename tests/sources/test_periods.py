"""Quota periods in words, by the fiscal calendar of the settings."""

from __future__ import annotations

from datetime import date

import pytest

from core.config import load
from core.config.calendar import quarter_start
from core.sources.folder import reading_of_files
from core.sources.periods import first_day, parse

PLAIN = load(environ={})
DEALS = "Deal ID,Stage,Amount,Created,Owner ID\n1,Discovery,5,2025-01-10,r1\n"


def with_fiscal(**changes):
    return PLAIN.model_copy(update={"fiscal": PLAIN.fiscal.model_copy(update=changes)})


FEBRUARY = with_fiscal(year_start_month=2)
WEEKS = with_fiscal(calendar="4-4-5", year_start_month=2)


@pytest.mark.parametrize(
    ("texts", "plain", "february"),
    [
        (
            [
                "Q1 2025",
                "FY25 Q1",
                "2025-Q1",
                "1Q25",
                "Q1/25",
                "Q1'25",
                "FQ1 FY2025",
                "25Q1",
                "1. Quartal 2025",
                "T1 2025",
            ],
            date(2025, 1, 1),
            date(2024, 2, 1),
        ),
        (["Q4 2025", "2025Q4", "q4-fy25"], date(2025, 10, 1), date(2024, 11, 1)),
        (
            ["Jan 2025", "2025-01", "01/2025", "202501", "January 2025", "Januar 2025", "2025 Jan", "M1 2025"],
            date(2025, 1, 1),
            date(2025, 1, 1),
        ),
        (["H2 2025", "2H25", "2025-H2", "FY25 H2", "2. Halbjahr 2025"], date(2025, 7, 1), date(2024, 8, 1)),
        (["2025", "FY25", "FY2025", "FY2024/25", "2024/25"], date(2025, 1, 1), date(2024, 2, 1)),
        (["P5 FY25", "FY25 P05"], date(2025, 5, 1), date(2024, 6, 1)),
    ],
)
def test_a_period_begins_where_the_fiscal_calendar_says(texts, plain, february):
    for text in texts:
        period = parse(text)
        assert period is not None, text
        assert (text, first_day(period, PLAIN), first_day(period, FEBRUARY)) == (text, plain, february)


@pytest.mark.parametrize("text", ["Q1 2025", "Q3 2025", "H2 2025", "FY25", "P7 FY25", "May 2025", "2025-11"])
def test_periods_of_weeks_begin_in_a_quarter_of_weeks(text):
    day = first_day(parse(text), WEEKS)
    if not text.startswith(("May", "P7", "2025-")):
        assert day == quarter_start(day, WEEKS)
    assert quarter_start(day, WEEKS) == quarter_start(
        first_day(parse({"May 2025": "Q2 2026", "P7 FY25": "Q3 2025", "2025-11": "Q4 2026"}.get(text, text)), WEEKS),
        WEEKS,
    )


@pytest.mark.parametrize(
    "text", ["Q5 2025", "H3 2025", "13/2025", "Q1", "Q1 1925", "spring 2025", "25", "2025/29", "Q0 2025", ""]
)
def test_what_is_no_period_is_none(text):
    assert parse(text) is None


def quotas_of(text, settings=PLAIN, name="quotas.csv"):
    reading = reading_of_files({"deals.csv": DEALS.encode(), name: text.encode()}, settings=settings)
    rows = reading.dataset.quotas.sort("rep_id", "period_start_on")
    return reading, rows.select("rep_id", "period_start_on", "quota_amount").rows()


def test_quarters_months_and_dates_become_fiscal_quarters():
    text = "Rep ID,Period,Quota\nr1,Q1 2025,100\nr1,Apr 2025,20\nr1,2025-05,30\nr1,2025-06-01,50\nr2,FY25 Q2,70\n"
    _, rows = quotas_of(text)
    assert rows == [("r1", date(2025, 1, 1), 100.0), ("r1", date(2025, 4, 1), 100.0), ("r2", date(2025, 4, 1), 70.0)]


def test_half_years_and_years_are_spread_over_their_quarters_and_told():
    reading, rows = quotas_of("Rep ID,Period,Quota\nr1,FY25,400\nr2,H1 2025,90\n", FEBRUARY)
    starts = [date(2024, 2, 1), date(2024, 5, 1), date(2024, 8, 1), date(2024, 11, 1)]
    assert rows == [*(("r1", day, 100.0) for day in starts), *(("r2", day, 45.0) for day in starts[:2])]
    assert "spread evenly over their quarters" in " ".join(reading.notes)


def test_the_year_may_stand_in_a_column_of_its_own():
    _, rows = quotas_of("Rep ID,Year,Quarter,Quota\nr1,2025,1,100\nr1,2025,Q2,110\n")
    assert rows == [("r1", date(2025, 1, 1), 100.0), ("r1", date(2025, 4, 1), 110.0)]
    _, rows = quotas_of("Rep ID,Fiscal Year,Month,Quota\nr1,2025,Jan,10\nr1,2025,2,20\n")
    assert rows == [("r1", date(2025, 1, 1), 30.0)]
    _, rows = quotas_of("Rep ID,Year,Quota\nr1,2025,400\n")
    assert [r[2] for r in rows] == [100.0] * 4


def test_a_wrong_period_is_refused_by_a_sentence():
    reading, rows = quotas_of("Rep ID,Period,Quota\nr1,Q5 2025,100\nr1,Q1 2025,80\n")
    assert rows == [("r1", date(2025, 1, 1), 80.0)]
    reasons = reading.dataset.emptied["reason"].to_list()
    assert reasons == ["Period reads “Q5 2025”, which is no date, month, quarter, half-year or year"]
    assert reading.dataset.rejected["row"].to_list() == [2]
