"""Questions to the buyer as a workbook or a document, with a column for their answers; nothing in it computes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

from core.branding.letterhead import HOUSE, Letterhead
from core.localization import message
from core.store.buyer_questions import WITHDRAWN, BuyerQuestion

XLSX, DOCX = "xlsx", "docx"
HEADINGS = ("Code", "Your reference", "Your requirement", "Our question", "Your answer")
WIDTHS = (12, 16, 56, 56, 60)
DOCX_WIDTHS = (16, 22, 48, 48, 40)  # millimetres of a landscape page
LONGEST_CELL = 32_767
HINT = "Please write your answers in the last column. The codes let us find them again, whatever the order of the rows."


def code_mark(file_key: object, number: int) -> str:
    """Return what the codes of a list begin with, so that no other list's file is taken for this one's: four signs.

    Parameters
    ----------
    file_key : str or None
        Of the buyer's file, as it was saved.
    number : int
        The list's.

    Examples
    --------
    >>> code_mark("abc", 7)
    '9436'
    """
    return hashlib.sha256(f"{file_key} {number}".encode()).hexdigest()[:4].upper()


def lines(questions: Sequence[BuyerQuestion], texts: Mapping[tuple[str, int], tuple[str, str]]) -> list[list[str]]:
    """Return a line of the file for each question that waits for an answer or has one.

    Parameters
    ----------
    questions : sequence of BuyerQuestion
    texts : mapping
        Sheet and row to the buyer's own reference and requirement.
    """
    out = []
    for entry in questions:
        if entry.state != WITHDRAWN:
            reference, text = texts.get((entry.sheet, entry.row), ("", ""))
            out.append(
                [entry.code, reference or message("row {row}", row=entry.row), text, entry.question, entry.answer]
            )
    return out


def workbook(rows: Sequence[Sequence[str]], title: str, by: Letterhead = HOUSE) -> bytes:
    """Return questions as XLSX; every cell is text, so that one that begins with = is never computed.

    Parameters
    ----------
    rows : sequence of sequence of str
        As `lines` gives them.
    title : str
        What stands above the table.
    by : Letterhead
        Who asks.
    """
    import xlsxwriter

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties(by.properties(title))
    plain = {"valign": "top", "font_name": "Calibri", "font_size": 11, "text_wrap": True}
    head = book.add_format({**plain, "bold": True, "font_color": "#FFFFFF", "bg_color": "#0A4F4D"})
    text, big = book.add_format(plain), book.add_format({**plain, "bold": True, "font_size": 14, "text_wrap": False})
    answer = book.add_format({**plain, "bg_color": "#FFF8E1", "border": 1, "border_color": "#C9D3D6"})
    sheet = book.add_worksheet("Questions")
    sheet.write_string(0, 0, title[:LONGEST_CELL], big)
    sheet.write_string(1, 0, HINT)
    for column, (heading, width) in enumerate(zip(HEADINGS, WIDTHS, strict=True)):
        sheet.write_string(3, column, heading, head)
        sheet.set_column(column, column, width)
    for index, row in enumerate(rows, start=4):
        for column, value in enumerate(row):
            sheet.write_string(index, column, value[:LONGEST_CELL], answer if column == len(row) - 1 else text)
    sheet.freeze_panes(4, 1)
    book.close()
    return target.getvalue()


def document(rows: Sequence[Sequence[str]], title: str, by: Letterhead = HOUSE) -> bytes:
    """Return questions as DOCX: a heading, how to answer, and a table whose heading row repeats on every page.

    Parameters
    ----------
    rows, title, by
        As for `workbook`.
    """
    from docx import Document
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Mm

    paper = Document()
    section = paper.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(15)
    paper.core_properties.title = _printable(title)[:255]
    paper.core_properties.author = _printable(by.name)
    if by.logo:
        picture = section.header.paragraphs[0].add_run().add_picture(io.BytesIO(by.logo), height=Mm(9))
        picture._inline.docPr.set("descr", _printable(by.name))
    paper.add_heading(_printable(title), 1)
    paper.add_paragraph(HINT)
    table = paper.add_table(rows=1, cols=len(HEADINGS), style="Table Grid")
    table.autofit = False
    _fill(table.rows[0].cells, HEADINGS, is_bold=True)
    header = table.rows[0]._tr.get_or_add_trPr()
    header.append(header.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))
    for row in rows:
        _fill(table.add_row().cells, row)
    for column, width in zip(table.columns, DOCX_WIDTHS, strict=True):
        for cell in column.cells:
            cell.width = Mm(width)
    target = io.BytesIO()
    paper.save(target)
    return target.getvalue()


def _fill(cells: Sequence[Any], values: Sequence[str], *, is_bold: bool = False) -> None:
    for cell, value in zip(cells, values, strict=True):
        cell.paragraphs[0].add_run(_printable(value)).bold = is_bold


def _printable(text: str) -> str:
    """Return a text without the characters XML has no place for."""
    return "".join(letter for letter in text if letter >= " " or letter in "\n\t")
