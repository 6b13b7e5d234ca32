"""Whatever the company, the system, the locale, the encoding and the container: an export reads back as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.sources import amounts
from core.sources import dates as date_columns
from tests.sources import exports
from tests.sources.test_vendor_exports import read_back, written

DATES = [
    "iso",
    "stamp",
    "zulu",
    "offset",
    "german",
    "uk",
    "us",
    "dash",
    "short",
    "us2",
    "clock",
    "named",
    "serial",
    "millis",
]
NUMBERS = ["plain", "english", "european", "french", "swiss", "code", "sign", "euro"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(6, 40),
    layout=st.sampled_from(sorted(exports.LAYOUTS)),
    dates=st.sampled_from(DATES),
    numbers=st.sampled_from(NUMBERS),
    encoding=st.sampled_from(ENCODINGS),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    container=st.sampled_from(["csv", "gz", "zip", "xlsx", "jsonl", "json"]),
)
def test_an_export_reads_back_as_it_was(seed, n, layout, dates, numbers, encoding, separator, container):
    firm = exports.company(seed, n)
    text = "".join("".join(row.values()) for row in exports.rows_of(firm, layout, dates, numbers))
    if container in ("csv", "gz", "zip"):
        assume(_can_be_written(text, encoding))
    files = exports.files_of(firm, layout, dates, numbers, container, separator, encoding)
    reading, rows = read_back(files)
    assert rows == written(firm, layout)
    assert reading.dataset.rejected.is_empty()


def _can_be_written(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.dates(date(1991, 1, 1), date(2099, 12, 31)), min_size=1, max_size=60),
    st.sampled_from(["german", "uk", "us", "dash"]),
)
def test_a_column_of_dates_is_never_split_between_two_orders(days, style):
    column = pl.Series("d", [exports.day(d, style) for d in days])
    choice = date_columns.choose(column)
    if choice.is_ambiguous:  # The cells leave it open, and whoever maps them says it.
        choice = replace(choice, order=date_columns.MONTH_FIRST if style == "us" else date_columns.DAY_FIRST)
    read, reasons = date_columns.read(column, choice, "UTC")
    assert not reasons
    assert read.dt.date().to_list() == days


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(-(10**12), 10**12).map(lambda k: k / 100)), min_size=1, max_size=40),
    st.sampled_from(["plain", "english", "european", "french", "swiss", "code", "sign", "euro"]),
)
def test_amounts_read_back_whatever_the_way_of_writing(values, style):
    column = pl.Series("a", [exports.number(v, style) for v in values])
    read, _, reasons = amounts.read(column, amounts.choose(column), "USD")
    assert not reasons
    assert read.to_list() == values
