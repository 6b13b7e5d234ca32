"""Words beside amounts: units and currencies are read, texts are not, and take no time."""

from __future__ import annotations

import time

import polars as pl
import pytest

from core.sources import amounts


@pytest.mark.parametrize(
    ("text", "wanted", "code"),
    [
        ("1,5k€", 1_500.0, "EUR"),
        ("US$ 2.5M", 2_500_000.0, "USD"),
        ("Rs. 1,00,000.50", 100_000.5, "INR"),
        ("CHF 1'234.50", 1_234.5, "CHF"),
        ("12.345,- kr", 12_345.0, "SEK"),
        ("3 Mio. EUR", 3_000_000.0, "EUR"),
        ("1 234,50 zł", 1_234.5, "PLN"),
    ],
)
def test_units_and_currencies(text, wanted, code):
    column = pl.Series([text])
    values, codes, reasons = amounts.read(column, amounts.choose(column), "USD")
    assert (values.to_list(), codes.to_list(), reasons) == ([wanted], [code], {})


def test_a_long_word_beside_a_digit_takes_no_time():
    column = pl.Series([f"{'abcdefghij' * 40} 1", f"Version 2 {'of the requirements' * 30}", "k" * 60 + "3"])
    begin = time.process_time()
    values, _, reasons = amounts.read(column, amounts.choose(column))
    assert time.process_time() - begin < 1
    assert values.null_count() == len(reasons) == 3
