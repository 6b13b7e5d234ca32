"""A workbook in the old XLS format, read into raw sheets; it cannot be written back in place."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from typing import Any

from core.contracts.errors import RequirementError
from core.requirements.officefiles.sheetxml import MOST_COLUMNS, MOST_ROWS, RawSheet, Span

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
    import python_calamine

    if LOCKED in content:
        raise RequirementError(
            "The workbook is password-protected.", title, "Save it as XLSX without a password and upload it again."
        )
    if WORD in content or POWERPOINT in content:
        program, ending = ("Word", "DOCX") if WORD in content else ("PowerPoint", "PDF")
        raise RequirementError(
            f"This is a file of an old {program}.", title, f"Save it as {ending} and upload it again."
        )
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        metadata = {m.name: m for m in book.sheets_metadata}
        names = [n for n in book.sheet_names if metadata[n].typ == python_calamine.SheetTypeEnum.WorkSheet]
        visible = python_calamine.SheetVisibleEnum.Visible
        sheets = {name: _sheet(book.get_sheet_by_name(name)) for name in names}
    except python_calamine.PasswordError as error:
        raise RequirementError("The workbook is password-protected.", title, "Save it without a password.") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise RequirementError("The workbook is damaged, or password-protected.", title, "Save it as XLSX.") from error
    return sheets, {name for name in names if metadata[name].visible != visible}


def _sheet(table: Any) -> RawSheet:
    sheet = RawSheet()
    for number, values in enumerate(table.to_python(skip_empty_area=False, nrows=MOST_ROWS), 1):
        cells = [_shown(value) for value in values[:MOST_COLUMNS]]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            sheet.rows.append((number, cells))
    for (top, left), (bottom, right) in table.merged_cell_ranges or ():
        sheet.merges.append(Span(top + 1, left, bottom + 1, right))
    return sheet


def _shown(value: Any) -> str:
    """Return a value as a person sees it: whole numbers without a point, dates as 2026-03-31."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d" if value.time() == time() else "%Y-%m-%d %H:%M")
    if isinstance(value, (date, time, timedelta)):
        return str(value)
    text = str(value).strip()
    return "" if text.startswith("#") and text.rstrip("!?/0AN").isupper() and len(text) <= 8 else text
