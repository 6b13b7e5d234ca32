"""A rep's day on a company worked out by hand."""

from __future__ import annotations

from core.forecasts import my_day
from tests.forecasts.moving_company import NO_MODELS, moving_company
from tests.metrics.companies import company


def test_a_rep_sees_quarter_and_deals(settings):
    day = my_day.my_day(moving_company(), settings, NO_MODELS, "r1")
    assert day.sentence().startswith("R1 has won USD 1.0 k in Q2 2026, 11.1 % of the quota of USD 9.0 k. Forecast: ")
    assert set(day.frame["opportunity_id"]) == {"new", "raised", "slipped", "pulled", "still"}
    assert day.deals["close_on"].is_sorted()
    assert day.deals["p_win"].null_count() == 0
    assert day.next() == "5 deals of USD 6.0 k open; 0 due within 14 days, 0 overdue."


def test_somebody_without_deals_is_told_so(settings):
    day = my_day.my_day(company(), settings, NO_MODELS, "zz")
    assert (day.sentence(), day.next()) == ("zz has won USD 0 in Q2 2026.", "No deal is open.")
