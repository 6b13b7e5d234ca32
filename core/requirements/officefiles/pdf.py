"""A PDF with a text layer as grids: its tables, the clauses outside them, and its form fields beside both."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock

from core.artifacts import ANALYSES, memoized
from core.contracts.errors import RequirementError
from core.requirements.officefiles import pdf_columns, pdf_fields, pdf_tables, text_recognition
from core.requirements.officefiles.clauses import Clause, numbered, rows_of
from core.requirements.officefiles.pdf_fields import Field
from core.requirements.officefiles.pdf_page import Sheet
from core.requirements.officefiles.pdf_page import read as read_page
from core.requirements.officefiles.pdf_tables import Line, PageTable
from core.requirements.officefiles.sheetxml import MOST_COLUMNS, WORD_MARK, RawSheet, Span

PROSE = "Text"
MOST_PAGES = 2_000
EDGE = 0.07
PAGE_NUMBER = 40
REPEATED = 0.4
BULLET = re.compile(r"^[•▪◦●‣–—*-]\s+")
ENDS = ".;:?!"
LARGER = 1.15
_LOCK = Lock()


@dataclass
class _Paragraph:
    page: int
    top: float
    bottom: float
    lines: list[str]
    size: float


@dataclass
class Document:
    """An open PDF.

    Attributes
    ----------
    sheets : dict of str to RawSheet
        "Table 1", "Table 2", … and "Text".
    titles : frozenset of int
        The rows of "Text" that are set larger than the rest.
    notes : list of str
        Pages that are pictures without text.
    fields : dict of (str, int, int) to Field
        The form fields, by sheet, row from 1 and column from 0.
    """

    sheets: dict[str, RawSheet] = field(default_factory=dict)
    titles: frozenset[int] = frozenset()
    notes: list[str] = field(default_factory=list)
    fields: dict[tuple[str, int, int], Field] = field(default_factory=dict)


@memoized(ANALYSES, 2)
def read(content: bytes, title: str) -> Document:
    """Read a PDF.

    Raises
    ------
    RequirementError
        When it is damaged, locked, too long, or holds pictures of pages only.
    """
    sheets = list(_pages(content, title))
    scanned = [sheet.number for sheet in sheets if not sheet.words and sheet.has_picture]
    if sheets and not any(sheet.words for sheet in sheets):
        raise RequirementError(
            "The PDF holds pictures of pages and no text (it was scanned).",
            title,
            "Ask the buyer for the file it was made from, or install the extra ocr and Tesseract.",
        )
    document = Document()
    if scanned:
        document.notes.append(
            f"Pages without text, scanned it seems, were not read: {', '.join(map(str, scanned[:20]))}."
        )
    recognised = [sheet.number for sheet in sheets if sheet.is_recognised]
    if recognised:
        numbers = ", ".join(map(str, recognised[:20]))
        document.notes.append(f"Scanned pages were read by text recognition, which makes mistakes: {numbers}.")
    tables, paragraphs = _parts(sheets)
    _sheets(document, tables, paragraphs)
    _place_fields(document, pdf_fields.fields(content), tables, paragraphs)
    return document


def _pages(content: bytes, title: str) -> Iterator[Sheet]:
    import pypdfium2

    with _LOCK:  # the library behind it knows one thread at a time
        try:
            opened = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            is_locked = "password" in str(error).lower()
            what = "The PDF is password-protected." if is_locked else "The PDF is damaged."
            raise RequirementError(what, title, "Save it again without a password.") from error
        try:
            if len(opened) > MOST_PAGES:
                raise RequirementError(f"The PDF has {len(opened):,} pages; at most {MOST_PAGES:,} are read.", title)
            for index in range(len(opened)):
                page = opened[index]
                sheet = read_page(page, pypdfium2.raw, index + 1)
                if not sheet.words and sheet.has_picture:
                    sheet.words = text_recognition.words(page, sheet) or []
                    sheet.is_recognised = bool(sheet.words)
                yield sheet
                page.close()
        except pypdfium2.PdfiumError as error:
            raise RequirementError("A page of the PDF is damaged.", title, "Save it again in its program.") from error
        finally:
            opened.close()


def _parts(sheets: Sequence[Sheet]) -> tuple[list[list[PageTable]], list[_Paragraph]]:
    """Return the tables, each with its parts on later pages, and the paragraphs outside them."""
    _drop_running(sheets)
    tables: list[list[PageTable]] = []
    paragraphs: list[_Paragraph] = []
    for sheet in sheets:
        last = tables[-1][-1] if tables and tables[-1][-1].page == sheet.number - 1 else None
        before = last.edges if last is not None else []
        own = pdf_tables.ruled(sheet, before)
        columns = pdf_columns.columns_of(sheet, [w for w in sheet.words if not pdf_tables.inside(own, w)])
        for lines in columns[:-1]:
            _add_paragraphs(paragraphs, sheet, lines)
        rest = columns[-1]
        own += pdf_tables.banded(sheet, rest) or pdf_tables.aligned(sheet, rest, before[:-1])
        rest = [line for line in rest if not pdf_tables.inside(own, line.words[0])]
        is_first = True
        for table in sorted(own, key=lambda t: -t.top):
            above = any(line.bottom >= table.top for line in rest)
            if tables and is_first and not above and _continues(tables[-1], table):
                tables[-1].append(table)
            else:
                tables.append([table])
            is_first = False
        _add_paragraphs(paragraphs, sheet, rest)
    return tables, paragraphs


def _drop_running(sheets: Sequence[Sheet]) -> None:
    """Drop the heads and feet of pages: lines near an edge that many pages have, numbers aside."""
    seen: Counter[tuple[int, str]] = Counter()
    for sheet in sheets:
        edges = [w for w in sheet.words if not EDGE * sheet.height < w.middle < (1 - EDGE) * sheet.height]
        seen.update({_line_key(line) for line in pdf_tables.lines_of(edges)})
    enough = max(3, REPEATED * len(sheets))
    for sheet in sheets:
        edges = [w for w in sheet.words if not EDGE * sheet.height < w.middle < (1 - EDGE) * sheet.height]
        lines = [line for line in pdf_tables.lines_of(edges) if seen[_line_key(line)] >= enough]
        running = {word for line in lines for word in line.words}
        sheet.words = [word for word in sheet.words if word not in running]


def _line_key(line: Line) -> tuple[int, str]:
    """Return height and words of a line; in a short one, such as "Page 3 of 9", numbers are alike."""
    plain = re.sub(r"\d+", "9", line.text)
    return round(line.bottom / 4), plain if len(plain) <= PAGE_NUMBER and not numbered(line.text)[0] else line.text


def _continues(parts: Sequence[PageTable], table: PageTable) -> bool:
    """Say whether a table goes on from the page before: with the same columns, or some of them."""
    starts = parts[0].edges[:-1]
    is_next = table.page == parts[-1].page + 1
    return is_next and all(_column_at(left, starts) is not None for left in table.edges[:-1])


def _column_at(left: float, starts: Sequence[float]) -> int | None:
    return next((i for i, start in enumerate(starts) if abs(left - start) <= 2 * pdf_tables.NEAR), None)


def _add_paragraphs(paragraphs: list[_Paragraph], sheet: Sheet, lines: Sequence[Line]) -> None:
    """Join lines to paragraphs: a number, a bullet, a gap or another size begins a new one."""
    before: Line | None = None
    widest = max((line.right for line in lines), default=0.0)
    for line in lines:
        text = line.text
        last = paragraphs[-1] if paragraphs else None
        if last is None or _begins(line, text, before, last, widest):
            paragraphs.append(_Paragraph(sheet.number, line.top, line.bottom, [text], line.size))
        else:
            last.lines.append(text)
            if last.page == sheet.number:
                last.bottom = line.bottom
        before = line


def _begins(line: Line, text: str, before: Line | None, last: _Paragraph, widest: float) -> bool:
    """Say whether a line begins a paragraph."""
    if numbered(text)[0] or BULLET.match(text):
        return True
    if before is None:  # the first line of a page goes on where the one before did not end
        return last.lines[-1][-1:] in ENDS or not text[:1].islower()
    gap = before.bottom - line.top
    is_short = before.right < 0.75 * widest and before.text[-1:] in ENDS
    is_other = not 1 / LARGER < line.size / max(before.size, 1.0) < LARGER and abs(line.size - before.size) > 2
    return gap > 0.9 * max(line.size, before.size) or is_short or is_other


def _sheets(document: Document, tables: Sequence[Sequence[PageTable]], paragraphs: Sequence[_Paragraph]) -> None:
    for number, parts in enumerate(tables, 1):
        sheet = document.sheets[f"Table {number}"] = RawSheet()
        for row, cells in enumerate(_rows(parts), 1):
            if any(cells):
                sheet.rows.append((row, cells[:MOST_COLUMNS]))
    usual = Counter(round(p.size) for p in paragraphs for _ in p.lines).most_common(1)
    body = usual[0][0] if usual else 10
    clauses = []
    for paragraph in paragraphs:
        text = BULLET.sub("", pdf_tables.joined(paragraph.lines))
        key, rest = numbered(text)
        is_large = paragraph.size > LARGER * body + 1 and len(rest.split()) <= 12
        clauses.append(Clause(key, rest, is_large))
    document.sheets[PROSE], document.titles = rows_of(clauses)


def _rows(parts: Sequence[PageTable]) -> list[list[str]]:
    """Return the rows of a table over its pages.

    A heading repeated on a later page is left blank, and so is a row whose text goes on from the page before.
    """
    starts = parts[0].edges[:-1]
    out = [list(cells) for cells in parts[0].cells]
    for part in parts[1:]:
        places = [_column_at(left, starts) or 0 for left in part.edges[:-1]]
        for index, cells in enumerate(part.cells):
            row = [""] * len(starts)
            for at, cell in zip(places, cells, strict=True):
                row[at] = cell
            if row == out[0]:
                out.append([])
            elif index == 0 and _goes_on(row, out[-1]):
                out[-1] = [pdf_tables.joined([c for c in pair if c]) for pair in zip(out[-1], row, strict=True)]
                out.append([])
            else:
                out.append(row)
    return out


def _goes_on(row: Sequence[str], before: Sequence[str]) -> bool:
    """Say whether the first row of a page goes on with the last row of the page before: no id, a text unfinished."""
    if row[0] or not before or not any(row):
        return False
    first = next(i for i, cell in enumerate(row) if cell)
    return bool(before[first]) and (before[first][-1] not in ENDS or row[first][:1].islower())


def _place_fields(
    document: Document,
    fields: Sequence[Field],
    tables: Sequence[Sequence[PageTable]],
    paragraphs: Sequence[_Paragraph],
) -> None:
    """Give each field the table cell it lies in, else the clause beside or right above it."""
    for made in sorted(fields, key=lambda f: (f.page, -f.top, f.left)):
        at = _cell_of(made, tables) or _clause_of(document, made, paragraphs)
        if at is None or at in document.fields:
            continue
        sheet, row, column = at
        document.fields[at] = made
        raw = document.sheets[sheet]
        cells = dict(raw.rows).get(row)
        if cells is None:
            continue
        cells += [""] * (column + 1 - len(cells))
        cells[column] = made.value or cells[column]
        if made.words:
            raw.lists.append(([Span(row, column, row, column)], WORD_MARK + WORD_MARK.join(made.words)))


def _cell_of(made: Field, tables: Sequence[Sequence[PageTable]]) -> tuple[str, int, int] | None:
    middle, centre = (made.bottom + made.top) / 2, (made.left + made.right) / 2
    for number, parts in enumerate(tables, 1):
        before = 0
        for part in parts:
            if part.page == made.page and part.edges[0] <= centre <= part.edges[-1]:
                row = part.row_of(middle)
                if row is not None:
                    return f"Table {number}", before + row + 1, part.column_of(centre)
            before += len(part.bands)
    return None


def _clause_of(document: Document, made: Field, paragraphs: Sequence[_Paragraph]) -> tuple[str, int, int] | None:
    above = [i for i, p in enumerate(paragraphs, 1) if (p.page, -p.top) <= (made.page, -made.bottom)]
    if not above:
        return None
    row, column = above[-1], 2
    while (PROSE, row, column) in document.fields:
        column += 1
    return PROSE, row, column
