"""Tables as an Excel workbook: types, units, widths, and no text that a spreadsheet would run as a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.branding.letterhead import HOUSE, Letterhead
from core.charts.page_tables import Look, PageTable

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}
FORMATS: dict[Look, str] = {
    "text": "@",
    "money": "#,##0.00",
    "number": "#,##0.##",
    "percent": "0.0%",
    "day": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
    "flag": "General",
}
LONGEST_SHEET, LONGEST_CELL, MOST_ROWS = 31, 32_767, 1_048_575
NARROWEST, WIDEST = 9, 60
SEEN = 200
FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def workbook(tables: Sequence[tuple[str, PageTable]], about: str = "", head: Letterhead = HOUSE) -> bytes:
    """Return a workbook with a sheet per table.

    Parameters
    ----------
    tables : sequence of (str, PageTable)
        The title of each, which its sheet is named after, and what it holds.
    about : str
        Stands in the properties: company, source and day.
    head : Letterhead
        Who made it, and for which company.

    Returns
    -------
    bytes
        The same for the same tables. Text stays text whatever it begins with; a share stands as a number in per
        cent, money with its currency in the heading; the head stays in sight and can be filtered.
    """
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, OPTIONS)
    book.set_properties(head.properties(about))
    looks: dict[str, Any] = {name: book.add_format({"num_format": code}) for name, code in FORMATS.items()}
    top = book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#0A4F4D", "text_wrap": True})
    names: set[str] = set()
    for title, table in tables:
        _fill(book.add_worksheet(sheet_name(title, names)), table, looks, top)
    if not tables:
        book.add_worksheet("Empty").write_string(0, 0, "This page shows no table.")
    book.close()
    return target.getvalue()


def sheet_name(title: str, taken: set[str]) -> str:
    """Return a name Excel takes for a sheet: at most 31 letters, none of them forbidden, and none twice."""
    plain = " ".join(FORBIDDEN.sub(" ", title).split())[:LONGEST_SHEET].strip() or "Table"
    name, number = plain, 2
    while name.lower() in taken or name.lower() == "history":
        name = f"{plain[: LONGEST_SHEET - len(str(number)) - 1]} {number}"
        number += 1
    taken.add(name.lower())
    return name


def _fill(sheet: Any, table: PageTable, looks: Mapping[str, Any], head: Any) -> None:
    frame = table.frame.head(MOST_ROWS)
    for k, column in enumerate(table.columns):
        heading, values = table.heading(column), frame[column.name].to_list()
        sheet.write_string(0, k, heading, head)
        sheet.set_column(k, k, _width(heading, values, column.look))
        for row, value in enumerate(values, 1):
            _write(sheet, row, k, value, looks[column.look])
    if table.columns:
        sheet.autofilter(0, 0, max(frame.height, 1), len(table.columns) - 1)
    sheet.freeze_panes(1, 0)


def _write(sheet: Any, row: int, column: int, value: Any, look: Any) -> None:
    if value is None:
        sheet.write_blank(row, column, None, look)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, look)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, look)
    elif hasattr(value, "year"):
        plain = value.replace(tzinfo=None) if isinstance(value, datetime) else value
        sheet.write_datetime(row, column, plain, look)
    else:
        sheet.write_string(row, column, str(value)[:LONGEST_CELL], look)


def _width(heading: str, values: Sequence[Any], look: Look) -> float:
    longest = max([len(heading) + 3, *(len(str(value)) for value in values[:SEEN] if value is not None)])
    if look in ("money", "number", "percent"):
        longest = max(len(heading) + 3, 14 if look == "money" else NARROWEST)
    return min(max(longest, NARROWEST), WIDEST)
