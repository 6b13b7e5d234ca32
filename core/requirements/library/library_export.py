"""The library as a file that can be changed and taken over again."""

from __future__ import annotations

import io
from collections.abc import Sequence

import polars as pl

from core.branding.letterhead import HOUSE, Letterhead
from core.requirements.library.answer_edition import FIELDS
from core.requirements.officefiles import delimited

HEADINGS = {
    "question": "Question",
    "answer": "Answer",
    "detail": "Detail",
    "evidence": "Evidence",
    "tags": "Tags",
    "product": "Product",
    "language": "Language",
    "category": "Category",
    "capability_id": "Capability",
    "owner": "Owner",
    "source": "Source",
    "reviewed_on": "Reviewed on",
}
MORE = {"state": "State", "approved_by": "Approved by", "answer_id": "Id"}
WIDE = ("question", "answer", "detail")


def as_csv(rows: pl.DataFrame) -> str:
    """Return answers as comma-separated text, in which no spreadsheet computes anything.

    Parameters
    ----------
    rows : pl.DataFrame
        Answers of a library.
    """
    lines = [",".join(_heads())]
    lines += [",".join(delimited.quoted(_text(cell), ",") for cell in row) for row in _cells(rows)]
    return "\r\n".join(lines) + "\r\n"


def as_workbook(rows: pl.DataFrame, head: Letterhead = HOUSE) -> bytes:
    """Return answers as an Excel workbook of texts; no cell is a formula or a link."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties(head.properties("Answer library"))
    sheet = book.add_worksheet("Answer library")
    wrapped, bold = book.add_format({"text_wrap": True, "valign": "top"}), book.add_format({"bold": True})
    for column, (name, heading) in enumerate(zip([*FIELDS, *MORE], _heads(), strict=True)):
        sheet.set_column(column, column, 50 if name in WIDE else 18)
        sheet.write_string(0, column, heading, bold)
    for number, row in enumerate(_cells(rows), 1):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, _text(cell), wrapped)
    sheet.freeze_panes(1, 1)
    book.close()
    return target.getvalue()


def _heads() -> list[str]:
    return [HEADINGS[name] for name in FIELDS] + list(MORE.values())


def _cells(rows: pl.DataFrame) -> Sequence[tuple[object, ...]]:
    return rows.select(*FIELDS, *MORE).rows()


def _text(value: object) -> str:
    return "" if value is None else str(value)
