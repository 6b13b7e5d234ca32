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


def read_back(firm, files):
    """Return the deals that were read, and those that were written, as the same kind of rows."""
    reading = reading_of_files(files)
    data = reading.dataset
    accounts = dict(data.accounts.select("account_id", "account_name").iter_rows())
    rows = {
        r["opportunity_name"]: (
            r["amount"], r["created_on"], r["close_on"], "won" if r["is_won"] else "lost" if r["is_closed"] else "open",
            accounts.get(r["account_id"], r["account_id"]), r["owner_id"],
        )
        for r in data.opportunities.iter_rows(named=True)
    }  # fmt: skip
    return reading, rows


def written(firm, layout):
    named = layout not in ("salesforce_api", "hubspot_api", "dynamics_api", "pipedrive_api")
    ids = {"salesforce_api": ("001A0000000000{}AAA", "005A0000000000{}AAA")}.get(layout, ("{}", "{}"))
    return {
        d.name: (
            d.amount, d.created, d.close, d.end,
            exports.NAMES[d.account] if named else ids[0].format(d.account), exports.PEOPLE[d.owner] if named else ids[1].format(d.owner),
        )
        for d in firm.deals
    }  # fmt: skip


def check(layout, dates, numbers, container, separator, encoding, seed=1):
    firm = exports.company(seed)
    reading, rows = read_back(firm, exports.files_of(firm, layout, dates, numbers, container, separator, encoding))
    assert rows == written(firm, layout)
    assert reading.dataset.rejected.is_empty()
    assert set(reading.dataset.emptied["rule"]) <= {"closed_in_future"}
    vendor = exports.VENDORS.get(layout)
    if vendor:
        assert [m.layout.vendor for m in reading.matches if m.layout] == [vendor]
    return reading


@pytest.mark.parametrize(("layout", "style"), list(itertools.product(exports.LAYOUTS, STYLES)), ids=name_of)
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
        below=["", "Grand Totals (24 records)", "", "Confidential Information - Do Not Distribute", "Copyright (c) 2000-2025 salesforce.com, inc. All rights reserved."],
    )
    reading, read = read_back(firm, {"report1751360000000.csv": content})
    assert read == written(firm, "salesforce_report")
    assert any("above the table" in note for note in reading.notes)
    assert reading.dataset.as_of > date(2024, 3, 1)
