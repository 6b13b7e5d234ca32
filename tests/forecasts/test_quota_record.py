from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from core.forecasts import backtest, quota_record
from core.forecasts.backtest import FORECASTS, Replays
from core.models import outlook
from core.models.bundle import Bundle

BEGINS = [date(2025, 1, 1), date(2025, 4, 1), date(2025, 7, 1), date(2025, 10, 1)]


def replays(*rows):
    """Rows of (quarter, week, chance, quota, actual)."""
    made = [
        {
            "day": BEGINS[q] + timedelta(days=7 * week),
            "period_start_on": BEGINS[q],
            "week": week + 1,
            "window": backtest.QUARTER,
            "quota_chance": chance,
            "quota_amount": quota,
            "actual_amount": actual,
        }
        for q, week, chance, quota, actual in rows
    ]
    frame = pl.DataFrame(made, schema=FORECASTS) if made else pl.DataFrame(schema=FORECASTS)
    return Replays(frame, pl.DataFrame(), pl.DataFrame(), pl.DataFrame(), {})


@pytest.fixture
def today(monkeypatch):
    """Set what the outlook says today."""

    def say(chance):
        frame = pl.DataFrame({"quota_chance": [chance]}, schema={"quota_chance": pl.Float64})
        told = outlook.Outlook(frame, pl.DataFrame(), 0, 1.0, "USD")
        monkeypatch.setattr(outlook, "current", lambda *_: told)

    return say


def test_days_are_counted_by_the_chance_given_then(company, here, today):
    today(0.25)
    made = replays(
        (0, 0, 0.3, 100.0, 120.0),
        (0, 1, 0.35, 100.0, 120.0),
        (1, 0, 0.25, 100.0, 90.0),
        (1, 1, 0.1, 100.0, 90.0),
        (2, 0, 1.0, 100.0, 100.0),
        (3, 0, 0.5, 100.0, None),
        (3, 1, None, None, 90.0),
    )
    found = quota_record.quota_record(company, here, Bundle(None, None), made)
    rows = {row["group"]: row for row in found.frame.iter_rows(named=True)}
    assert list(rows) == ["under 20 %", "20-40 %", "over 80 %"]
    middle = rows["20-40 %"]
    assert (middle["n"], middle["n_quarters"], middle["n_reached"]) == (3, 2, 2)
    assert middle["mean_rate"] == pytest.approx(0.3)
    assert middle["happened_rate"] == pytest.approx(2 / 3)
    assert rows["over 80 %"]["n_reached"] == 1
    assert found.value == pytest.approx((0.7**2 + 0.65**2 + 0.25**2 + 0.1**2) / 5)
    assert "Of 3 past days in 2 quarters when we said 20-40 %, quota was reached on 2." in found.sentence()
    assert "better than always saying 60.0 %" in found.sentence()


def test_where_a_constant_did_as_well_it_is_said(company, here, today):
    today(0.7)
    made = replays((0, 0, 0.9, 100.0, 50.0), (1, 0, 0.1, 100.0, 150.0))
    text = quota_record.quota_record(company, here, Bundle(None, None), made).sentence()
    assert "On no past day was it 60-80 %" in text
    assert "would have done as well or better" in text


def test_without_a_quota_or_a_past_there_is_no_record(company, here, today):
    assert quota_record.quota_record(company, here, Bundle(None, None), replays()).value is None
    today(None)
    found = quota_record.quota_record(company, here, Bundle(None, None), replays((0, 0, 0.9, 100.0, 150.0)))
    assert found.sentence().startswith("Always saying")
