"""Awkward but true rows, rebuilt from other people's public reports, with the right values worked out by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from core import metrics
from core.explain import headlines
from core.features import accounts
from core.metrics.flow import flow
from core.models.customers.bgnbd import RepeatValue
from core.models.revenue.forecast import forecast_revenue
from core.sources.folder import read_folder

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "metric_cases"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="The cases of measures are not beside the project."),
]


@pytest.fixture
def case(settings):
    return lambda name: read_folder(FOLDER / name, None, settings)


@pytest.mark.parametrize(("name", "kept"), [("cohort_first_leaver", 0.75), ("cohort_nobody_left_early", 1.0)])
def test_the_cohort_of_the_first_leaver_counts(case, settings, name, kept):
    table = metrics.retention.cohorts(case(name), settings)
    assert table.at(12) == kept
    assert table.note() == ""


def test_a_cohort_begun_on_the_last_of_a_month_is_followed_by_whole_months(case, settings):
    rows = metrics.retention.cohorts(case("cohort_month_end"), settings).frame.filter(pl.col("label") == "Q1 2024")
    assert rows.filter(pl.col("age_months").is_in([11, 12]))["n_kept"].to_list() == [2, 1]


def test_a_family_that_no_longer_sells_is_the_largest_move(case, settings):
    data = case("family_moved_region")
    (text, amount, _) = next(headlines._family(data, settings))
    assert text.startswith("Gone is down USD 5.0 k vs the twelve months before")
    assert amount == 5000
    sums = (
        metrics.bookings.by_region_and_family(data, settings)
        .frame.group_by("family")
        .agg(pl.col("amount").sum(), pl.col("earlier_amount").sum())
    )
    assert dict(sums.select("family", pl.concat_list("amount", "earlier_amount")).iter_rows()) == {
        "Fam": [200, 1000],
        "Gone": [0, 5000],
    }


def forecasts(outlook, unit="All"):
    frame = outlook.frame if unit == "All" else outlook.parts.filter(pl.col("unit") == unit)
    return frame.filter("is_forecast")


AHEAD = {
    "fc_const_then_jump": {"All": (100, 250)},
    "fc_constant": {"All": (99.99, 100.01)},
    "fc_noise_outlier": {"All": (900, 1100)},
    "fc_one": {"All": (95, 105)},
    "fc_outlier": {"All": (99, 103)},
    "fc_region_monthly_price_rise": {"All": (4500, 6000)},
    "fc_region_stopped": {"All": (95, 105), "AMER": (0, 5)},
    "fc_short3": {"All": (100, 112)},
    "fc_start_late": {"All": (99, 101)},
}


@pytest.mark.parametrize("name", list(AHEAD))
def test_revenue_ahead(case, settings, name):
    outlook = forecast_revenue(case(name), settings)
    for unit, (low, high) in AHEAD[name].items():
        rows = forecasts(outlook, unit)
        assert rows["month"].to_list() == [date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)]
        assert rows["amount"].is_between(low, high).all()
        assert (rows["lower"] >= 0).all()


def test_after_a_jump_the_range_is_open(case, settings):
    rows = forecasts(forecast_revenue(case("fc_const_then_jump"), settings))
    assert (rows["upper"] - rows["lower"] > 50).all()


@pytest.mark.parametrize("name", ["fc_intermittent", "fc_quarterly_retainer", "fc_region_one_quarterly_customer"])
def test_a_customer_billed_each_quarter_does_not_stop_the_models(case, settings, name):
    outlook = forecast_revenue(case(name), settings)
    unit = "AMER" if "region" in name else "All"
    rows = forecasts(outlook, unit)
    assert rows["amount"].sum() == pytest.approx(600, rel=0.05)
    assert (rows["lower"] >= 0).all()
    assert "Some models could not be fitted, and the others serve" in outlook.sentence()
    assert "CES (" in outlook.sentence()
    if unit == "AMER":
        assert forecasts(outlook, "EMEA")["amount"].is_between(4700, 5500).all()


def test_a_yearly_fee_stays_one(case, settings):
    longer = settings.model_copy(update={"models": settings.models.model_copy(update={"forecast_months": 12})})
    rows = forecasts(forecast_revenue(case("fc_yearly_prepaid"), longer))
    assert rows["amount"].sum() == pytest.approx(1200, rel=0.02)


def test_a_decline_ends_at_nothing(case, settings):
    rows = forecasts(forecast_revenue(case("fc_decline_noise"), settings))
    assert rows["amount"].to_list()[-1] == 0
    assert (rows["lower"] >= 0).all()
    assert (rows["upper"] > rows["lower"]).all()


def test_growth_on_a_negative_base_is_two_amounts(case, settings):
    growth = metrics.growth.table(case("growth_negative_base"), settings, "Revenue")
    assert growth.value is None
    assert growth.frame.row(2, named=True)["amount"] == 500
    assert growth.frame.row(2, named=True)["earlier_amount"] == -500
    assert "USD 500, against -USD 500" in growth.sentence()


def test_a_finished_quarter_is_held_against_a_whole_one(case, settings):
    frame = metrics.growth.table(case("growth_whole_quarter"), settings).frame
    rates = dict(frame.select("comparison", "growth_rate").iter_rows())
    assert rates["Quarter on quarter"] == 0
    assert frame.filter(pl.col("comparison") == "Quarter on quarter")["earlier_until_on"][0] == date(2025, 12, 31)


def test_a_leap_year_is_no_move(case, settings):
    data = case("headline_leap_region")
    assert list(headlines._region(data, settings)) == []
    assert metrics.growth.table(data, settings).value == 0


def test_a_history_whose_ends_name_the_last_day_is_one_deal(case, settings):
    walk = flow(case("history_inclusive_end"), settings, "2026-01-10", "2026-03-31")
    ends = walk.frame.filter(pl.col("step").is_in(["Opening", "Closing"]))
    assert ends.select("n_deals", "amount").rows() == [(1, 1000.0), (1, 1000.0)]
    assert walk.steps() == ["Opening", "Closing"]


def test_no_share_is_above_one(case, settings):
    data = case("negative_share")
    assert metrics.concentration.customers(data, settings, top=1).value <= 1
    for text in (
        metrics.bookings.by_region_and_quarter(data, settings).text,
        metrics.concentration.customers(data, settings, top=1).text,
        metrics.leaderboard.board(data, settings, "Bookings").text,
    ):
        assert all(float(rate) <= 100 for rate in re.findall(r"([\d.]+) ?%", text))


def test_who_bought_once_years_ago_is_not_alive(settings):
    orders = pl.read_csv(FOLDER / "onetime_buyers.csv", try_parse_dates=True)
    once = orders.group_by("customer_id").len().filter(pl.col("len") == 1)
    rates = RepeatValue(settings).fit(orders, date(2026, 3, 31)).predict(365)
    assert rates.join(once, on="customer_id")["is_alive_rate"].max() < 0.05
    assert rates.join(once, on="customer_id", how="anti")["is_alive_rate"].min() > 0.9
    assert rates["is_alive_rate"].is_between(0, 1, closed="none").all()


def test_a_managers_quota_is_not_counted_on_top(case, settings):
    data = case("quota_manager_twice")
    assert metrics.attainment.teams(data, settings).value == 1.0
    assert metrics.leaderboard.board(data, settings).value == 1.0
    assert metrics.coverage.coverage(data, settings).frame["amount"][0] == 200


def test_contracts_whose_ends_name_the_last_day_go_on(case, settings):
    data = case("renewal_inclusive_end")
    assert accounts.spells(data.subscriptions).height == 10
    assert metrics.recurring.mrr(replace(data, as_of=date(2025, 12, 31)), settings).value == 1000.0
    assert any("ended_on of subscriptions names the last day itself: 20 of 20" in text for text in data.missing)


def test_who_returns_on_the_same_day_never_left(case, settings):
    data = case("subs_same_day_return")
    values = (
        metrics.recurring.mrr(data, settings).value,
        metrics.retention.last_year(data, settings).value,
        metrics.retention.cohorts(data, settings).at(12),
    )
    assert values == (400.0, 1.0, 1.0)


def test_months_after_the_last_line_are_there(case, settings):
    data = case("trailing_gap")
    month = metrics.bookings.by_month(data, settings)
    assert month.frame["month"].to_list()[-1] == date(2026, 3, 1)
    assert "The last line is of 10 March 2025; later months count as 0." in month.sentence()
    late = settings.model_copy(update={"source": settings.source.model_copy(update={"months_without_rows": "unknown"})})
    assert metrics.bookings.by_month(data, late).frame["month"].to_list()[-1] == date(2025, 3, 1)


def test_twelve_months_are_a_year(case, settings):
    assert metrics.winrate.win_rate(case("window_year_and_a_day"), settings).value == 0.0


def test_a_rate_by_amount_says_what_has_none(case, settings):
    text = metrics.winrate.win_rate(case("winrate_null_amounts"), settings).text
    assert "by amount not known: 2 lost deals have no amount" in text


def test_bookings_that_net_to_nothing_are_a_sentence(case, settings):
    measure = metrics.bookings.by_region_and_family(case("zero_total_family"), settings)
    assert measure.value == 0
    assert "all together USD 0" in measure.sentence()
