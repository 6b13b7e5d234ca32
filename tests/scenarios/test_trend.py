"""The months behind and ahead: actual months are what was booked, months ahead what the forecasts say."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from core.charts import regions as charts
from core.config import load
from core.contracts.errors import ContractError
from core.metrics import bookings
from core.metrics.attainment import quota_of_reps
from core.models.revenue import forecast
from core.scenarios.analysis import trend
from core.scenarios.engine import expectation
from tests.metrics.companies import company

MAY = date(2026, 5, 1)


def test_revenue_shows_what_came_and_what_the_forecast_says(sample, settings, bundle):
    found = trend.trend(sample, settings, bundle)
    past, ahead = found.frame.filter(~pl.col("is_forecast")), found.frame.filter("is_forecast")
    known = dict(bookings.monthly(sample, ("billing", "refund"), settings).iter_rows())
    assert past.height == trend.BACK
    assert all(known[month] == amount for month, amount in past.select("month", "amount").iter_rows())
    said = forecast.revenue(sample, settings, bundle).frame.filter("is_forecast")
    assert ahead.select("month", "amount", "lower", "upper").equals(said.select("month", "amount", "lower", "upper"))
    assert ahead["so_far_amount"][0] == known[MAY]
    assert ahead["so_far_amount"][1:].null_count() == ahead.height - 1
    assert found.frame["target_amount"].null_count() == found.frame.height
    assert "likely range" in found.sentence()
    assert "were in their range" in found.sentence()


def test_bookings_have_a_target_and_the_scenario_pages_range(sample, settings, bundle):
    found = trend.trend(sample, settings, bundle, "Bookings")
    ahead = found.frame.filter("is_forecast")
    said = expectation.start(sample, settings, bundle).by_month.filter(pl.col("month") >= MAY).head(trend.AHEAD)
    assert ahead["amount"].to_list() == said["amount"].to_list()
    assert ((ahead["lower"] <= ahead["amount"]) & (ahead["amount"] <= ahead["upper"])).all()
    third = quota_of_reps(sample, date(2026, 4, 1)) / 3
    assert found.frame.filter(pl.col("month") == MAY)["target_amount"][0] == third
    short = ahead.filter(pl.col("amount") < pl.col("target_amount")).height
    with_target = ahead["target_amount"].drop_nulls().len()
    fall = "falls" if short == 1 else "fall"
    assert f"{short} of the {with_target} months ahead {fall} short of target." in found.sentence()
    spec = charts.trend(found.frame, "Bookings", "USD").to_dict()
    assert "tick: target" in str(spec)
    assert len(spec["layer"]) == 4


def test_a_month_opens_its_lines_and_one_ahead_what_its_forecast_rests_on(sample, settings, bundle):
    done = trend.behind(sample, settings, bundle, "Bookings", "2026-04-01")
    month = trend.trend(sample, settings, bundle, "Bookings").frame.filter(pl.col("month") == date(2026, 4, 1))
    assert done.frame["amount"].sum() == pytest.approx(month["amount"][0])
    assert done.sentence() == f"{done.frame.height:,} lines in April 2026"
    parts = trend.behind(sample, settings, bundle, "Revenue", "2026-07-01")
    whole = trend.trend(sample, settings, bundle).frame.filter(pl.col("month") == date(2026, 7, 1))["amount"][0]
    assert parts.frame["amount"].sum() == pytest.approx(whole)
    due = trend.behind(sample, settings, bundle, "Bookings", "2026-07-01")
    assert due.frame["close_on"].is_between(date(2026, 7, 1), date(2026, 7, 31)).all()
    assert "open deals expected to close in July 2026" in due.sentence()


def test_only_what_was_loaded_is_offered_and_an_unknown_measure_says_so(sample, settings):
    assert trend.measures(sample) == ["Revenue", "Bookings"]
    assert trend.measures(sample.with_frames(transactions=sample.frame("transactions").clear())) == ["Bookings"]
    with pytest.raises(ContractError, match="no trend of 'Profit'"):
        trend.trend(sample, settings, None, "Profit")


def test_nothing_ahead_is_said_in_a_sentence():
    empty = trend.Trend("Bookings", pl.DataFrame(schema=trend.SHAPE), "USD")
    assert trend.trend(company(), load(environ={}), None, "Bookings").frame.is_empty()
    assert empty.sentence() == "There is nothing to forecast bookings from."
