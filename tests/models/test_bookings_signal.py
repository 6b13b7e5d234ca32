"""What was won lately, how surprising it is, and when it may move a forecast."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from core.models.revenue import bookings_signal
from core.models.revenue.bookings_signal import Past, surprise, won_lately
from core.models.revenue.forecast import REASONS, RevenueForecaster, unseasoned

JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def test_won_lately_by_hand():
    deals = pl.DataFrame(
        {
            "unit": ["A", "A", "A", "B"],
            "is_won": [True, True, False, True],
            # 60 days before the end of February begin on 31 December.
            "close_on": [date(2025, 12, 30), date(2025, 12, 31), date(2026, 2, 1), date(2026, 3, 31)],
            "amount": [5.0, 7.0, 100.0, None],
        }
    )
    found = won_lately(deals, [JAN, FEB, MAR]).sort("unit", "month")
    assert found.rows() == [
        ("A", JAN, 12.0),
        ("A", FEB, 7.0),
        ("A", MAR, 0.0),
        *[("B", m, 0.0) for m in (JAN, FEB, MAR)],
    ]
    assert won_lately(deals, []).is_empty()


def test_a_surprise_is_against_the_year_before():
    won, revenue = np.array([2.0, 4.0, 6.0, 8.0, np.nan]), np.array([10.0, 10.0, 10.0, 10.0, 10.0])
    found = surprise(won, revenue)
    assert np.isnan(found[[0, 1, 2, 4]]).all()
    assert found[3] == pytest.approx(0.8 - 0.4)
    assert np.isnan(surprise(np.ones(5), np.zeros(5))).all()


def past(slope, noise=0.0, origins=30, units=3, h=2):
    draw = np.random.default_rng(5)
    x = draw.normal(size=(origins, units))
    miss = slope * x[:, :, None] * np.array([1.0, 0.0]) + noise * draw.normal(size=(origins, units, h))
    miss[0] = np.nan
    return Past(x, miss)


def test_the_slope_is_drawn_and_what_does_not_help_is_left_alone():
    known = past(0.3, noise=0.01)
    assert known.lift(0)[:, 0] == pytest.approx(0.2 * known.surprise[0], rel=0.05)
    assert known.lift(0)[:, 1].tolist() == [0, 0, 0]
    assert not past(0.0, noise=0.1).lift(0).any()
    # Too few origins lie behind: nothing can be told yet.
    assert not known.lift(20).any()


def test_only_what_was_over_by_then_teaches():
    known = past(0.3, noise=0.01)
    later = Past(known.surprise.copy(), known.miss.copy())
    later.miss[:8] = 99.0
    # Eight months ago, the origins after it and the months that were not over are not known.
    assert later.lift(8).tolist() == known.lift(8).tolist()
    later.miss[9, :, 1] = 99.0
    assert later.lift(8).tolist() == known.lift(8).tolist()


def company(n=48):
    """Revenue that jumps a month after deals are won, of two units and their sum."""
    draw = np.random.default_rng(4)
    rows, won = [], []
    for unit in ("A", "B"):
        size = draw.gamma(2.0, 1.0, n)
        book = 100 + np.cumsum(np.concatenate([[0.0], size[:-1]]))
        for k in range(n):
            month = date(2022 + k // 12, k % 12 + 1, 1)
            rows.append((unit, month, book[k] + draw.normal(0, 0.05)))
            won.append((unit, month, size[k] * 10))
    parts = [pl.DataFrame(r, ["unit", "month", v], orient="row") for r, v in ((rows, "amount"), (won, "won_amount"))]
    sums = [p.group_by("month").agg(pl.all().exclude("unit").sum()).with_columns(unit=pl.lit("All")) for p in parts]
    return [pl.concat([p, s.select(p.columns)]) for p, s in zip(parts, sums, strict=True)]


@pytest.mark.slow
def test_deals_won_lately_bring_the_next_month_nearer(settings):
    frame, won = company()
    known = frame.filter(pl.col("month") < date(2025, 12, 1))
    came = dict(frame.filter(pl.col("month") == date(2025, 12, 1)).select("unit", "amount").iter_rows())
    plain = RevenueForecaster(settings).fit(known)
    told = RevenueForecaster(settings).fit(known, won, "All")
    assert not plain.lift(1).any()
    assert told.lift(1).any()
    misses = [
        sum(abs(value - came[unit]) for unit, value in model.predict(1).select("unit", "amount").iter_rows())
        for model in (plain, told)
    ]
    assert misses[1] < misses[0]


@pytest.mark.slow
def test_months_after_the_last_change_nothing(settings):
    frame, won = company()
    known = frame.filter(pl.col("month") < date(2025, 6, 1))
    cut = won.filter(pl.col("month") < date(2025, 6, 1))
    there = RevenueForecaster(settings).fit(known, cut, "All").predict(2)
    assert there.equals(RevenueForecaster(settings).fit(known, won, "All").predict(2))


def test_the_reasons_add_up_and_are_those_of_the_sample(bundle):
    ahead = bundle.revenue.filter("is_forecast")
    total = ahead.select(pl.sum_horizontal(REASONS)).to_series()
    assert total.to_list() == pytest.approx(ahead["amount"].to_list())
    whole = ahead.filter(pl.col("unit") == "All").sort("month")
    past = bundle.revenue.filter(~pl.col("is_forecast") & (pl.col("unit") == "All")).sort("month")
    assert whole["level"].to_list() == pytest.approx([past["amount"].tail(12).mean()] * 3)
    assert whole["won_lately"][0] != 0


def test_a_series_without_seasons_or_years_stays_as_it_is():
    short, flat = np.arange(20.0), np.full(30, 4.0)
    assert unseasoned(short) is short
    assert unseasoned(flat) is flat
    wave = 100 + 10 * np.sin(np.arange(60) * np.pi / 6)
    assert np.ptp(unseasoned(wave)) < 1


def test_deals_without_account_or_region_count_for_the_whole(sample):
    day = date(2026, 1, 20)
    blank = sample.opportunities.clear()
    deals = pl.DataFrame(
        {
            "opportunity_id": ["O1", "O2", "O3"],
            "account_id": ["A", "B", None],
            "is_won": [True] * 3,
            "is_closed": [True] * 3,
            "close_on": [day] * 3,
            "amount": [10.0] * 3,
        },
        schema_overrides={name: blank.schema[name] for name in ("account_id", "close_on", "amount")},
    )
    places = pl.DataFrame({"account_id": ["A", "B"], "region": ["EMEA", None]})
    found = bookings_signal.of_deals(SimpleNamespace(accounts=places, opportunities=deals), "region", [JAN], "All")
    assert dict(found.select("unit", "won_amount").iter_rows()) == {"EMEA": 10.0, "Not known": 20.0, "All": 30.0}
