"""Tables of a page in files: what a reader sees on paper, and what a spreadsheet holds."""

from __future__ import annotations

import io
from datetime import date, datetime

import openpyxl
import polars as pl
import pytest
from pypdf import PdfReader

from core.charts import page_tables, snapshot, workbook
from core.charts.page_tables import Column
from core.charts.snapshot import Part, Snapshot
from core.formats import Formats


@pytest.fixture(scope="module")
def table():
    frame = pl.DataFrame(
        {
            "opportunity_name": ["=HYPERLINK(1)", "Plain"],
            "amount": [1234.5, None],
            "p_win": [0.256, 1.0],
            "n_deals": [3, 1],
            "close_on": [date(2026, 5, 1), None],
            "at": [datetime(2026, 5, 1, 9, 30), None],
            "is_won": [True, None],
            "path": [[1.0], [2.0]],
            "days": [12.34, 250.6],
            "hidden": ["x", "y"],
        }
    )
    config = {
        "opportunity_name": "Deal",
        "p_win": {"label": "Chance", "type_config": {"format": "percent"}},
        "hidden": None,
    }
    return page_tables.shown(frame, config, None, "USD")


def test_a_column_is_headed_and_typed_as_the_page_has_it(table):
    assert table.columns[:3] == (
        Column("opportunity_name", "Deal", "text"),
        Column("amount", "Amount", "money"),
        Column("p_win", "Chance", "percent"),
    )
    assert [c.look for c in table.columns[3:]] == ["number", "day", "moment", "flag", "number"]
    assert "path" not in [c.name for c in table.columns]
    ordered = page_tables.shown(table.frame, {}, ["amount", "gone"], "")
    assert [ordered.heading(c) for c in ordered.columns] == ["Amount"]


def test_rows_are_written_as_a_person_reads_them(table):
    head, first, second = page_tables.rows_of_text(table, Formats())
    assert head[:2] == ["Deal", "Amount, USD"]
    assert [first[k] for k in (0, 2, 3, 6)] == ["=HYPERLINK(1)", Formats().percent(0.256), "3", "Yes"]
    assert second[1] == "–"
    assert first[5].endswith("09:30")
    assert page_tables.left_out(table, 1) == "And 1 more row; the workbook has all of them."
    assert page_tables.left_out(table) == ""


def test_paper_holds_seven_columns_and_no_empty_ones(table):
    bare = page_tables.shown(table.frame.with_columns(amount=pl.lit(None, pl.Float64)), {}, None, "USD").narrow()
    assert len(bare.columns) == page_tables.MOST_COLUMNS
    assert "amount" not in [c.name for c in bare.columns]
    assert sum(page_tables.widths(bare, 500.0)) == pytest.approx(500.0)


def test_a_workbook_has_types_units_widths_and_no_formulas(table):
    book = openpyxl.load_workbook(
        io.BytesIO(workbook.workbook([("Which deals? [a/b]", table), ("Which deals? a b", table)]))
    )
    assert book.sheetnames == ["Which deals a b", "Which deals a b 2"]
    sheet = book.worksheets[0]
    row = [cell.value for cell in sheet[2]]
    assert row[:4] == ["=HYPERLINK(1)", 1234.5, 0.256, 3]
    assert (sheet["A2"].data_type, sheet["B1"].value) == ("s", "Amount, USD")
    assert (sheet["C2"].number_format, sheet["B2"].number_format) == ("0.0%", "#,##0.00")
    assert (sheet["E2"].value, sheet["G2"].value) == (datetime(2026, 5, 1), True)
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:H3")
    assert sheet.column_dimensions["A"].width > 12
    assert workbook.workbook([("A", table)]) == workbook.workbook([("A", table)])


def test_a_page_without_tables_is_a_workbook_that_says_so():
    book = openpyxl.load_workbook(io.BytesIO(workbook.workbook([])))
    assert book.worksheets[0]["A1"].value == "This page shows no table."


def test_names_of_sheets_are_what_excel_takes():
    taken: set[str] = set()
    names = [workbook.sheet_name(title, taken) for title in ("x" * 40, "X" * 40, "[]", "History")]
    assert names == ["x" * 31, f"{'X' * 29} 2", "Table", "History 2"]


def test_pdf_and_html_carry_the_tables(table):
    long = page_tables.shown(
        pl.concat([table.frame] * 20), {"opportunity_name": "Deal"}, ["opportunity_name", "amount"], "USD"
    )
    empty = page_tables.shown(table.frame.select(pl.lit(None).alias("a")), {}, None, "")
    page = Snapshot("Page", "about", (Part("Which?", "table", long), Part("Which?", "table", empty)))
    text = "".join(leaf.extract_text() for leaf in PdfReader(io.BytesIO(snapshot.pdf(page))).pages)
    assert "Amount, USD" in text
    assert "And 20 more rows" in text
    html = snapshot.html(page)
    assert "<th class=n>Amount, USD</th>" in html
    assert "And 20 more rows" in html
    assert page.tables()[0] == ("Which?", long)
