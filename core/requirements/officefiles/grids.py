"""Files into grids of text, each cell at its own place; nothing in a file is ever executed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from core.contracts.errors import RequirementError
from core.requirements.officefiles import (
    delimited,
    encodings,
    html_tables,
    json_tables,
    old_excel,
    opendocument,
    pdf,
    word_document,
)
from core.requirements.officefiles.sheetxml import MOST_COLUMNS, MOST_ROWS, WORD_MARK, RawSheet, Span, spans_of
from core.requirements.officefiles.spreadsheet import BROKEN, Book, damaged, opened

LARGEST_BYTES = 50 * 2**20
TEXT_ENDINGS = (".csv", ".tsv", ".txt")
SHEET_ENDINGS = (".xlsx", ".xlsm", ".ods", ".xls")
DOCUMENT_ENDINGS = (".docx", ".docm", ".pdf", ".html", ".htm", ".json", ".jsonl")
ENDINGS = (*TEXT_ENDINGS, *SHEET_ENDINGS, *DOCUMENT_ENDINGS, ".zip")
TEXT_SHEET = "csv"
MOST_WORDS = 200
MARKUP = re.compile(rb"\s*<(?:!doctype html|html|head|body|meta|table)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Choices:
    """A drop-down: the cells that have it, and the words it offers (none where they cannot be read)."""

    spans: tuple[Span, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """One sheet as text.

    Attributes
    ----------
    name : str
        The sheet's name; "csv" for a text file.
    rows : list of (int, list of str)
        Row numbers as in the file, from 1, and their cells; blank rows are left out.
    is_hidden : bool
    hidden_rows, hidden_columns : frozenset of int
        Rows from 1, columns from 0.
    merges : tuple of Span
    choices : tuple of Choices
        Drop-downs.
    formulas : frozenset of (int, int)
        Cells that compute something: row from 1, column from 0.
    cut_at : int or None
        The row after which rows with text were not read, because too many are blank or there are too many.
    part_of : str or None
        The sheet this is a block of, where blocks stand side by side; `name` then tells the block.
    titles : frozenset of int
        Rows the file itself marks as headings, as Word does.
    is_prose : bool
        Whether these are the clauses of running text, as [number, text], and no table.
    is_document : bool
        Whether it is a table of a document, whose blank rows are room left on purpose.
    file : str
        The file it is from, where several were read together.
    """

    name: str
    rows: list[tuple[int, list[str]]]
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merges: tuple[Span, ...] = ()
    choices: tuple[Choices, ...] = ()
    formulas: frozenset[tuple[int, int]] = frozenset()
    cut_at: int | None = None
    part_of: str | None = None
    titles: frozenset[int] = frozenset()
    is_prose: bool = False
    is_document: bool = False
    file: str = ""

    @property
    def sheet(self) -> str:
        """Return the sheet as the file names it, of which this may be a part."""
        return self.part_of or self.name

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return max((len(cells) for _, cells in self.rows), default=0)


@dataclass
class File:
    """An opened file, whose sheets are read when asked for.

    Attributes
    ----------
    title : str
    kind : str
        "text", "excel", "opendocument", "word", "pdf", "old excel", "html" or "json".
    names : tuple of str
        Its sheets; the tables of a document, and "Text" for what stands outside them.
    notes : tuple of str
        What a person should know of it: encoding and delimiter, macros, links.
    titles : mapping of str to frozenset of int
        Per sheet of running text, the rows that are headings.
    """

    title: str
    kind: str
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    _book: Book | None = None
    _text: tuple[str, str] | None = None
    _content: bytes = b""
    _tables: dict[int, tuple[dict[str, RawSheet], set[str]]] = field(default_factory=dict)
    titles: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def grid(self, name: str, most_rows: int = MOST_ROWS) -> Grid:
        """Read one sheet, or its first rows.

        Raises
        ------
        RequirementError
            When it is damaged.
        """
        if self._text is not None:
            text, mark = self._text
            rows = list(delimited.rows(text, mark, self.title, most_rows))
            return Grid(name, [(n, cells[:MOST_COLUMNS]) for n, cells in rows])
        raw, hidden = self._raw(name, most_rows)
        choices = tuple(Choices(tuple(spans), self._words(rule, name)) for spans, rule in raw.lists if spans)
        return Grid(
            name,
            raw.rows,
            hidden,
            frozenset(raw.hidden_rows),
            frozenset(raw.hidden_columns),
            tuple(raw.merges),
            choices,
            frozenset(raw.formulas),
            raw.cut_at,
            titles=self.titles.get(name, frozenset()),
            is_prose=name in self.titles,
            is_document=self.kind == "word",
        )

    def _raw(self, name: str, most_rows: int) -> tuple[RawSheet, bool]:
        if self._book is not None:
            return self._book.raw(name, most_rows), name in self._book.hidden
        if self.kind != "opendocument":
            sheets, unseen = self._tables[MOST_ROWS]
            return sheets[name], name in unseen
        if most_rows not in self._tables:
            self._tables[most_rows] = opendocument.raw(self._content, self.title, most_rows)
        sheets, unseen = self._tables[most_rows]
        return sheets[name], name in unseen

    def _words(self, rule: str, own: str) -> tuple[str, ...]:
        """Return a drop-down's words: written out, or those of the cells or the name it points at."""
        if rule.startswith(WORD_MARK):
            return tuple(rule[1:].split(WORD_MARK))
        rule = rule.strip().removeprefix("=")
        if rule.startswith('"'):
            return tuple(w for word in rule.strip('"').split(",") if (w := word.replace('""', '"').strip()))
        if self._book is not None and rule in self._book.names:
            rule = self._book.names[rule]
        sheet, _, reference = rule.rpartition("!")
        sheet = sheet.strip("'").replace("''", "'") or own
        spans = spans_of(reference)
        if sheet not in self.names or not spans or "(" in rule:
            return ()
        raw, _ = self._raw(sheet, max(1, min(spans[0].bottom, 2_000)))
        texts = [c for n, cells in raw.rows for i, c in enumerate(cells) if c and spans[0].holds(n, i)]
        return tuple(dict.fromkeys(texts))[:MOST_WORDS]


def open_file(data: bytes, title: str) -> File:
    """Open a file of any kind that is read: delimited text, workbook, Word, PDF, HTML or JSON.

    Parameters
    ----------
    data : bytes
    title : str
        The file's name; its ending tells the kind.

    Raises
    ------
    RequirementError
        When the file is empty, password-protected, damaged, unpacks to too much or is of another kind.
    """
    ending = Path(title).suffix.lower()
    if not data[:4096].strip() and not data.strip():
        raise RequirementError("The file is empty.", title, "Export the list again.")
    if data[:4] == b"\xd0\xcf\x11\xe0":
        tables = old_excel.read(data, title)
        return File(title, "old excel", tuple(tables[0]), _tables={MOST_ROWS: tables})
    if b"%PDF" in data[:1024]:
        return _pdf(data, title)
    if data[:2] == b"PK":
        return _packed(data, title)
    is_markup = bool(MARKUP.match(data[:2048].lstrip(b"\xef\xbb\xbf\xff\xfe")))
    if ending in SHEET_ENDINGS and not is_markup:
        raise RequirementError("This is no Excel workbook.", title, "Save it as XLSX in your spreadsheet program.")
    if ending in (".docx", ".docm", ".pdf", ".zip"):
        raise RequirementError(f"This is no {ending[1:].upper()} file.", title, "Save it again in its own program.")
    if ending not in ENDINGS:
        wanted = ", ".join(e[1:].upper() for e in ENDINGS)
        raise RequirementError(f"Files ending in {ending or 'nothing'} are not read.", title, f"Use one of {wanted}.")
    decoded = encodings.decode(data, title)
    if is_markup or ending in (".html", ".htm", ".json", ".jsonl"):
        return _marked(decoded, title, is_markup or ending in (".html", ".htm"))
    mark = delimited.delimiter(decoded.text)
    named = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}.get(mark, mark)
    parted = f", {named}-separated" if mark in decoded.text else ", one column"
    notes = [f"Read as {decoded.shown}{parted}{_decimals(decoded.text, mark)}.", *decoded.doubts]
    return File(title, "text", (TEXT_SHEET,), tuple(notes), _text=(decoded.text, mark))


def _marked(decoded: encodings.Decoded, title: str, is_html: bool) -> File:
    """Open an HTML or JSON file."""
    if not is_html:
        sheets = json_tables.read(decoded.text, title)
        return File(title, "json", tuple(sheets), decoded.doubts, _tables={MOST_ROWS: (sheets, set())})
    sheets, headings = html_tables.read(decoded.text, title)
    names = tuple(name for name, sheet in sheets.items() if sheet.rows)
    titles = {html_tables.PROSE: headings}
    return File(title, "html", names, decoded.doubts, titles=titles, _tables={MOST_ROWS: (sheets, set())})


def _decimals(text: str, mark: str) -> str:
    """Say which sign parts decimals, where the file has numbers that tell."""
    cells = re.findall(r"(?<![\w.,])\d+[.,]\d{1,2}(?![\w.,])", text[:100_000])
    commas = sum("," in cell for cell in cells) if mark != "," else 0
    if not cells or len(cells) < 3:
        return ""
    return ", decimals after a comma" if commas > len(cells) / 2 else ""


def _packed(data: bytes, title: str) -> File:
    packed = opened(data, title)
    parts = set(packed.namelist())
    if "content.xml" in parts and "mimetype" in parts:
        try:
            kind = packed.read("mimetype")[:200]
        except BROKEN as error:
            raise damaged(title) from error
        if b"spreadsheet" not in kind:
            raise RequirementError("This OpenDocument file is no spreadsheet.", title, "Save the list as ODS or XLSX.")
        tables = opendocument.raw(data, title, MOST_ROWS)
        return File(
            title,
            "opendocument",
            tuple(tables[0]),
            _content=data,
            _tables={MOST_ROWS: tables},
        )
    if word_document.PART in parts:
        return _word(data, title)
    if "[Content_Types].xml" not in parts or not any(part.startswith("xl/") for part in parts):
        raise RequirementError("This zip file holds no file that is read.", title, "Save the list as XLSX.")
    book = Book(data, title)
    notes = ["It carries macros; they were not run, and stay as they are."] if book.has_macros else []
    notes += ["It refers to other files; they were not opened, the values last seen were read."] * book.has_links
    return File(title, "excel", tuple(book.sheets), tuple(notes), _book=book)


def _pdf(data: bytes, title: str) -> File:
    document = pdf.read(data, title)
    names = tuple(name for name, sheet in document.sheets.items() if sheet.rows)
    titles = {pdf.PROSE: document.titles}
    return File(
        title, "pdf", names, tuple(document.notes), titles=titles, _tables={MOST_ROWS: (document.sheets, set())}
    )


def _word(data: bytes, title: str) -> File:
    document = word_document.read(data, title)
    names = tuple(name for name, sheet in document.sheets.items() if sheet.rows)
    titles = {word_document.PROSE: document.titles}
    return File(title, "word", names, titles=titles, _tables={MOST_ROWS: (document.sheets, set())})


def load(file: Path | str | bytes | BinaryIO, name: str = "") -> list[Grid]:
    """Read every sheet of a file of any kind that is read.

    Parameters
    ----------
    file : path, bytes or binary file
    name : str
        The file's name, where `file` is not a path; its ending tells the kind.

    Raises
    ------
    RequirementError
        When the file is too large, empty, password-protected, damaged or of another kind.
    """
    title, data = content(file, name)
    source = open_file(data, title)
    return [source.grid(sheet) for sheet in source.names]


def content(file: Path | str | bytes | BinaryIO, name: str) -> tuple[str, bytes]:
    """Return the name and the bytes of a file.

    Raises
    ------
    RequirementError
        When it cannot be read or is larger than 50 MB.
    """
    if isinstance(file, bytes):
        data, title = file, name
    elif isinstance(file, (str, Path)):
        title = name or Path(file).name
        try:
            size = Path(file).stat().st_size
            data = Path(file).read_bytes() if size <= LARGEST_BYTES else b""
        except OSError as error:
            raise RequirementError("The file cannot be read.", str(file), "Check its name and rights.") from error
        if size > LARGEST_BYTES:
            raise RequirementError("The file is larger than 50 MB.", title, "Remove pictures, or split the list.")
    else:
        data, title = file.read(), name or str(getattr(file, "name", "upload.csv"))
    if len(data) > LARGEST_BYTES:
        raise RequirementError("The file is larger than 50 MB.", title, "Remove pictures, or split the list.")
    return title, data
