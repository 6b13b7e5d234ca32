"""A workbook in the old XLS format, read into raw sheets; it cannot be written back in place."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

from core.contracts.errors import RequirementError, failures_as
from core.requirements.officefiles.compound_file import CompoundFile
from core.requirements.officefiles.sheetxml import MOST_COLUMNS, MOST_ROWS, MOST_SPANS, RawSheet, Span

TEXT, NUMBER, DATE, BOOLEAN = 1, 2, 3, 4
LOCKED = "EncryptedPackage".encode("utf-16-le")
WORD = "WordDocument".encode("utf-16-le")
POWERPOINT = "PowerPoint Document".encode("utf-16-le")


def read(content: bytes, title: str) -> tuple[dict[str, RawSheet], set[str]]:
    """Return the sheets of an XLS file, and the names of hidden ones.

    Raises
    ------
    RequirementError
        When it is password-protected, damaged, or an old file of another program.
    """
    import xlrd

    if LOCKED in content:
        raise RequirementError(
            "The workbook is password-protected.", title, "Save it as XLSX without a password and upload it again."
        )
    if WORD in content or POWERPOINT in content:
        program, ending = ("Word", "DOCX") if WORD in content else ("PowerPoint", "PDF")
        raise RequirementError(
            f"This is a file of an old {program}.", title, f"Save it as {ending} and upload it again."
        )
    with failures_as(RequirementError, "The workbook is damaged, or password-protected.", title, "Save it as XLSX."):
        # xlrd follows chains of sectors in circles for ever, where a file is damaged: it gets the stream alone
        stream = CompoundFile(content).stream("Workbook", "Book")
        book = xlrd.open_workbook(
            file_contents=stream, formatting_info=True, ragged_rows=True, logfile=io.StringIO(), on_demand=True
        )
        sheets = {name: _sheet(book.sheet_by_name(name), book) for name in book.sheet_names()}
        hidden = {name for name in sheets if book.sheet_by_name(name).visibility}
    return sheets, hidden


def _sheet(table: Any, book: Any) -> RawSheet:
    sheet = RawSheet()
    for index in range(min(table.nrows, MOST_ROWS)):
        row = zip(table.row_types(index)[:MOST_COLUMNS], table.row_values(index)[:MOST_COLUMNS], strict=True)
        cells = [_shown(kind, value, book.datemode) for kind, value in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            sheet.rows.append((index + 1, cells))
    for top, bottom, left, right in table.merged_cells[:MOST_SPANS]:
        sheet.merges.append(Span(top + 1, left, bottom, right - 1))
    hidden = [index for index, info in table.rowinfo_map.items() if info.hidden]
    sheet.hidden_rows.update(index + 1 for index in hidden)
    columns = [index for index, info in table.colinfo_map.items() if info.hidden and index < MOST_COLUMNS]
    sheet.hidden_columns.update(columns)
    return sheet


def _shown(kind: int, value: Any, mode: int) -> str:
    """Return a value as a person sees it: whole numbers without a point, dates as 2026-03-31, errors blank."""
    if kind == TEXT:
        return str(value).strip()
    if kind == NUMBER:
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if kind == DATE:
        return _date(value, mode)
    return ("FALSE", "TRUE")[int(value)] if kind == BOOLEAN else ""


def _date(value: float, mode: int) -> str:
    start = datetime(1904, 1, 1) if mode else datetime(1899, 12, 30)
    try:
        moment = start + timedelta(days=value)
    except OverflowError:
        return repr(value)
    if 0 <= value < 1:
        return moment.strftime("%H:%M")
    return moment.strftime("%Y-%m-%d" if value == int(value) else "%Y-%m-%d %H:%M")
