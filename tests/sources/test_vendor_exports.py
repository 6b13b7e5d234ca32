"""A company in every vendor's layout, and in many locales, encodings and containers, reads back as it is."""

from __future__ import annotations

import itertools
from datetime import date

import polars as pl
import pytest

from core.sources.folder import reading_of_files
from tests.sources import exports

STYLES = [
    ("iso", "plain", "csv", ",", "utf-8"),
    ("uk", "english", "csv", ",", "utf-8-sig"),
    ("us", "sign", "zip", ",", "utf-8"),
    ("german", "european", "csv", ";", "cp1252"),
    ("stamp", "plain", "gz", "\t", "utf-16"),
]
"""Ways of writing that every layout is tried in."""
MORE = [
    ("plain", "serial", "swiss", "csv", "|", "utf-8"),
    ("plain", "millis", "plain", "jsonl", ",", "utf-8"),
    ("plain", "named", "code", "csv", ",", "mac_roman"),
    ("plain", "dash", "plain", "csv", ";", "utf-16-le"),
    ("plain", "us2", "sign", "csv", ",", "utf-8"),
    ("hubspot_api", "zulu", "plain", "json", ",", "utf-8"),
    ("hubspot_export", "clock", "plain", "xlsx", ",", "utf-8"),
    ("dynamics_api", "offset", "plain", "json", ",", "utf-8"),
    ("salesforce_api", "offset", "plain", "csv", ",", "cp1252"),
    ("monday", "iso", "plain", "xlsx", ",", "utf-8"),
    ("german", "short", "euro", "csv", ";", "mac_roman"),
    ("french", "uk", "french", "csv", ";", "cp1252"),
    ("french", "uk", "french", "csv", ";", "utf-8"),
    ("spanish", "uk", "european", "csv", ";", "cp850"),
    ("pipedrive_export", "serial", "plain", "xlsx", ",", "utf-8"),
]


def name_of(value):
    return value if isinstance(value, str) else "-".join(value)


def read_back(files):
    """Return what was read, and the deals in it by their names."""
    reading = reading_of_files(files)
    accounts = dict(reading.dataset.accounts.select("account_id", "account_name").iter_rows())
    rows = {}
    for r in reading.dataset.opportunities.iter_rows(named=True):
        end = "won" if r["is_won"] else "lost" if r["is_closed"] else "open"
        account = accounts.get(r["account_id"], r["account_id"])
        rows[r["opportunity_name"]] = (r["amount"], r["created_on"], r["close_on"], end, account, r["owner_id"])
    return reading, rows


def written(firm, layout):
    """Return the same of the deals as they were written."""
    columns = set(exports.LAYOUTS[layout]["columns"].values())
    rows = {}
    for deal in firm.deals:
        shown = exports.fields(deal, exports.LAYOUTS[layout]["stages"], "iso", "plain")
        account = next(shown[c] for c in ("account", "account_no", "sf_account") if c in columns)
        if "account_no" in columns and "account" in columns:
            account = shown["account"]
        owner = next(shown[c] for c in ("owner", "owner_no", "sf_owner") if c in columns)
        rows[deal.name] = (deal.amount, deal.created, deal.close, deal.end, account, owner)
    return rows


def check(layout, dates, numbers, container, separator, encoding, seed=1):
    firm = exports.company(seed)
    reading, rows = read_back(exports.files_of(firm, layout, dates, numbers, container, separator, encoding))
    assert rows == written(firm, layout)
    assert reading.dataset.rejected.is_empty()
    assert set(reading.dataset.emptied["rule"]) <= {"closed_in_future"}
    vendor = exports.LAYOUTS[layout].get("vendor")
    if vendor:
        assert [m.layout.vendor for m in reading.matches if m.layout] == [vendor]
    return reading


# Every layout in one way of writing and every way in some layouts; the others run in the slow part `live`.
PAIRS = [
    pytest.param(layout, style, marks=() if (k + j) % len(STYLES) == 0 else pytest.mark.slow)
    for (k, layout), (j, style) in itertools.product(enumerate(exports.LAYOUTS), enumerate(STYLES))
]


@pytest.mark.parametrize(("layout", "style"), PAIRS, ids=name_of)
def test_every_layout_in_every_way_of_writing(layout, style):
    check(layout, *style)


@pytest.mark.parametrize("way", MORE, ids="-".join)
def test_further_ways_of_writing(way):
    check(*way)


def test_open_deals_are_the_same_in_deals_and_history():
    from core.config import load
    from core.config.stages import fitted
    from core.metrics.pipeline import open_deals

    for layout in exports.LAYOUTS:
        data = check(layout, "iso", "plain", "csv", ",", "utf-8", seed=5).dataset
        settings = fitted(load(environ={}), data)
        held = set(open_deals(data, data.as_of, settings)["opportunity_id"])
        running = data.opportunities.filter(~pl.col("is_closed"), pl.col("created_on") <= data.as_of)
        assert held == set(running["opportunity_id"])


def test_a_report_is_read_between_its_title_and_its_footer():
    firm = exports.company(3)
    rows = exports.rows_of(firm, "salesforce_report", "us", "sign")
    content = exports.delimited(
        rows,
        ",",
        "cp1252",
        above=["Open and closed opportunities", "As of 2025-07-01 10:00", ""],
        below=[
            "",
            "Grand Totals (24 records)",
            "",
            "Confidential Information - Do Not Distribute",
            "Copyright (c) 2000-2025 salesforce.com, inc. All rights reserved.",
        ],
    )
    reading, read = read_back({"report1751360000000.csv": content})
    assert read == written(firm, "salesforce_report")
    assert any("2 lines above the table" in note for note in reading.notes)
    assert reading.dataset.as_of > date(2024, 3, 1)
