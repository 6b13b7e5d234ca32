"""The growth table written out: money and counts, and nothing to divide by."""

from __future__ import annotations

from datetime import date

import polars as pl

from core.metrics import growth
from core.metrics.measure import Measure


def _measure(amount, earlier, rate):
    frame = pl.DataFrame(
        {
            "comparison": ["Month on month"],
            "since_on": [date(2026, 5, 1)],
            "amount": [amount],
            "earlier_amount": [earlier],
            "growth_rate": [rate],
        },
        schema_overrides={"growth_rate": pl.Float64},
    )
    return Measure("Growth", None, "rate", frame, "")


def test_money_is_written_without_its_currency_which_the_heading_names():
    told = growth.told(_measure(1_900_000.0, 2_100_000.0, -0.0952), "Bookings", "EUR")
    assert told.columns == ["Comparison", "Now, EUR", "Then", "Growth"]
    assert told.row(0) == ("Month on month", "1.9 M", "2.1 M", "-9.5 %")


def test_deals_are_counted():
    told = growth.told(_measure(1_204.0, 0.0, None), "Deals won", "EUR")
    assert told.columns[1] == "Now"
    assert told.row(0) == ("Month on month", "1,204", "0", "–")
