"""Whatever a report puts around and between its rows, titles, sums, headers, empty lines: the deals read the same."""

from __future__ import annotations

import csv
import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources import exports
from tests.sources.test_vendor_exports import read_back, written

LAYOUTS = ["plain", "salesforce_report", "hubspot_export", "zoho", "german", "pipedrive_export"]
DECORATIONS = ["header", "blank", "subtotal", "sum", "group"]


def decorated(firm, layout, style, places, above, below):
    """Return the file of an export with lines that are no deals between its rows."""
    rows = exports.rows_of(firm, layout, style, "plain")
    header = list(rows[0])
    column = next(k for k, h in enumerate(header) if exports.LAYOUTS[layout]["columns"][h] == "amount")
    sums = [""] * len(header)
    sums[column] = "12345.67"
    title = ["Deals of a group", *[""] * (len(header) - 1)]
    between = {
        "header": [header],
        "blank": [[""] * len(header)],
        "subtotal": [["Subtotal", *sums[1:]]] if column else [],
        "sum": [sums] if column else [],
        "group": [title, header],
    }
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerows([line] for line in above)
    out.writerow(header)
    for k, row in enumerate(rows):
        out.writerows(line for place, kind in places if place == k for line in between[kind])
        out.writerow(list(row.values()))
    out.writerows([["Total", *sums[1:]]] if column and below else [])
    return {f"{exports.LAYOUTS[layout]['file']}.csv": text.getvalue().encode()}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10_000),
    layout=st.sampled_from([name for name in LAYOUTS if name in exports.LAYOUTS]),
    style=st.sampled_from(["iso", "stamp", "clock"]),
    places=st.lists(st.tuples(st.integers(1, 23), st.sampled_from(DECORATIONS)), max_size=6),
    above=st.sampled_from([[], ["Pipeline report"], ["Pipeline report", "", "As of 2025-07-01"]]),
    below=st.booleans(),
)
def test_deals_are_the_same_whatever_stands_between_them(seed, layout, style, places, above, below):
    firm = exports.company(seed)
    reading, rows = read_back(decorated(firm, layout, style, places, above, below))
    assert rows == written(firm, layout)
    if any(kind in ("header", "group") for _, kind in places):
        assert "the header again" in " ".join(reading.notes)
