from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.access import view
from core.contracts import empty
from core.contracts.errors import ModelError
from core.models import registry
from core.models.revenue import forecast, revenue_by_segment, weekly

EVEN = (np.full(31, 1 / 30.4), np.ones(7))


def every_day(first, last, amount):
    days = pl.date_range(first, last, eager=True).alias("day")
    return pl.DataFrame({"day": days}).with_columns(amount=amount)


def test_months_billed_on_the_first_day_are_expected_on_the_first_day():
    first = pl.when(pl.col("day").dt.day() == 1).then(100.0).otherwise(0.0)
    of_month, _ = weekly.profile(every_day(date(2023, 1, 1), date(2024, 12, 31), first), date(2025, 1, 1))
    assert of_month[0] == pytest.approx((24 + 6 / 30.4) / 30)
    assert of_month[10] == pytest.approx((6 / 30.4) / 30)


def test_days_off_get_less_than_other_days():
    works = pl.when(pl.col("day").dt.weekday() <= 5).then(10.0).otherwise(0.0)
    _, of_week = weekly.profile(every_day(date(2023, 1, 1), date(2024, 12, 31), works), date(2025, 1, 1))
    assert (of_week[:5] > 1.2).all()
    assert (of_week[5:] < 0.25).all()


def test_only_what_was_before_teaches():
    days = every_day(date(2023, 1, 1), date(2025, 6, 30), pl.lit(1.0))
    later = days.with_columns(pl.when(pl.col("day") >= date(2025, 1, 1)).then(1e9).otherwise("amount").alias("amount"))
    a, b = (weekly.profile(frame, date(2025, 1, 1)) for frame in (days, later))
    assert np.array_equal(a[0], b[0])
    assert np.array_equal(a[1], b[1])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=4), st.integers(0, 1000))
def test_days_of_a_month_sum_to_the_month(amounts, seed):
    draw = np.random.default_rng(seed)
    months = [(date(2024, 1 + i, 1), amount) for i, amount in enumerate(amounts)]
    found = weekly.laid(months, (draw.random(31), draw.random(7)))
    sums = found.group_by(pl.col("day").dt.truncate("1mo")).agg(pl.col("amount").sum()).sort("day")
    assert sums["amount"].to_list() == pytest.approx(amounts)


def test_a_month_without_any_weight_is_spread_evenly():
    found = weekly.laid([(date(2024, 2, 1), 29.0)], (np.zeros(31), np.ones(7)))
    assert found["amount"].to_list() == pytest.approx([1.0] * 29)
    assert weekly.laid([], EVEN).is_empty()


def test_weeks_agree_with_the_months_and_days_gone_count_as_billed(sample, settings, bundle):
    found = weekly.weekly(sample, settings, bundle)
    whole = forecast.revenue(sample, settings, bundle).frame.filter("is_forecast")
    days = weekly.daily(sample)
    spread = weekly.profile(days, date(2026, 5, 1))
    june = weekly.laid([(date(2026, 6, 1), float(whole["amount"][1]))], spread)
    week = june.filter(pl.col("day").is_between(date(2026, 6, 8), date(2026, 6, 14)))["amount"].sum()
    ahead = found.frame.filter("is_forecast")
    assert ahead.filter(pl.col("week") == date(2026, 6, 8))["amount"].item() == pytest.approx(week)
    first = ahead.row(0, named=True)
    billed = days.filter(pl.col("day") >= date(2026, 5, 11))["amount"].sum()
    assert first["week"] == date(2026, 5, 11)
    assert first["billed_amount"] == pytest.approx(billed)
    assert first["lower"] >= first["billed_amount"]
    past = found.frame.filter(~pl.col("is_forecast"))
    assert past["week"].max() == date(2026, 5, 4)
    begin = past.row(-1, named=True)["week"]
    lines = days.filter(pl.col("day").is_between(begin, begin + timedelta(days=6)))
    assert past["amount"][-1] == pytest.approx(lines["amount"].sum())


def test_the_record_of_past_weeks_is_better_than_the_usual_week(sample, settings, bundle):
    found = weekly.weekly(sample, settings, bundle)
    assert found.n_replayed >= 90
    assert 0.7 <= found.coverage <= 0.9
    assert found.error_rate < found.plain_error_rate
    assert "were in their range" in found.sentence()
    short = replace(found, coverage=None)
    assert "too short" in short.sentence()
    assert "no revenue" in replace(found, frame=found.frame.clear()).sentence()


def test_no_billing_is_a_sentence(sample, settings):
    with pytest.raises(ModelError, match="no revenue"):
        weekly.daily(sample.with_frames(transactions=empty("transactions")))


@pytest.mark.parametrize(
    "by", [pytest.param(by, marks=() if by == "region" else pytest.mark.slow) for by in revenue_by_segment.BY]
)
def test_parts_sum_to_the_whole(sample, settings, bundle, by):
    whole = forecast.revenue(sample, settings, bundle).frame
    found = revenue_by_segment.parts(sample, settings, bundle, by)
    sums = found.frame.group_by("month", "is_forecast").agg(pl.col("amount").sum()).sort("month")
    assert sums["amount"].to_list() == pytest.approx(whole.sort("month")["amount"].to_list())
    ahead = found.frame.filter("is_forecast")
    assert (ahead["upper"] >= ahead["lower"]).all()
    assert found.frame["unit"][0] in found.sentence()
    table = found.table()
    assert table.columns == ["unit", "May 2026", "June 2026", "July 2026", "growth_rate"]
    again = revenue_by_segment.parts(sample, settings, bundle, by)
    assert again.frame.equals(found.frame)


def test_growth_is_on_the_same_months_a_year_ago():
    rows = [
        ("A", date(2025, 5, 1), 100.0, False),
        ("A", date(2026, 5, 1), 150.0, True),
        ("B", date(2026, 5, 1), 1.0, True),
    ]
    shape = {"unit": pl.String, "month": pl.Date, "amount": pl.Float64, "is_forecast": pl.Boolean}
    frame = pl.DataFrame(rows, schema=shape, orient="row").with_columns(lower=0.0, upper=9.0)
    found = revenue_by_segment.Parts(frame, "region", "USD").growth()
    assert found.rows() == [("A", pytest.approx(0.5)), ("B", None)]
    assert "Vs last year" not in revenue_by_segment.Parts(frame, "region", "USD").sentence()
    none = revenue_by_segment.Parts(frame.clear(), "region", "USD")
    assert "no revenue" in none.sentence()
    assert none.table().is_empty()


def test_a_wrong_column_names_the_closest(sample, settings, bundle):
    with pytest.raises(ModelError, match="segment"):
        revenue_by_segment.parts(sample, settings, bundle, "segments")


def test_a_part_of_the_company_is_forecast_from_its_own_months(sample, settings, bundle):
    part = view(sample, settings, ("EMEA",))
    own = registry.load_or_train(part, settings)
    assert own.revenue.is_empty()
    alone = forecast.revenue(part, settings, own)
    assert alone.parts["unit"].unique().to_list() == ["EMEA"]
    whole = forecast.revenue(sample, settings, bundle)
    months = whole.parts.filter(~pl.col("is_forecast"), pl.col("unit") == "EMEA")["amount"]
    assert alone.frame.filter(~pl.col("is_forecast"))["amount"].to_list() == pytest.approx(months.to_list())
