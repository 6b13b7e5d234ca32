"""One worksheet's XML, read in a stream: cells, hidden rows and columns, merges, drop-downs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

MOST_ROWS, MOST_COLUMNS, MOST_BLANK, MOST_CELLS = 250_000, 80, 2_000, 4_000_000
MOST_SPANS = 20_000
WORD_MARK = "\x00"
TAIL = re.compile(rb"</(?:\w+:)?sheetData>")
HOLDS_VALUE = re.compile(rb"<(?:\w+:)?(?:v|t)>[^<]")
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
PLACE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")


class Doctype(Exception):  # noqa: N818
    """A part declares a document type, which no spreadsheet program writes."""


class _Enough(Exception):  # noqa: N818
    """The rest of the rows need not be read."""


@dataclass(frozen=True)
class Span:
    """A block of cells: rows from 1, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        """Say whether a cell lies in it."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right


@dataclass
class RawSheet:
    """What stands in a worksheet's part, not yet judged.

    Attributes
    ----------
    rows : list of (int, list of str)
        Row numbers from 1 and their cells; blank rows are left out.
    hidden_rows, hidden_columns : set of int
        Rows from 1, columns from 0.
    merges : list of Span
    lists : list of (list of Span, str)
        Drop-downs: the cells, and the formula that gives their words, or the words, each after `WORD_MARK`.
    formulas : set of (int, int)
        Cells that compute something: row from 1, column from 0.
    cut_at : int or None
        The row after which rows with text were not read.
    """

    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merges: list[Span] = field(default_factory=list)
    lists: list[tuple[list[Span], str]] = field(default_factory=list)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    cut_at: int | None = None


def column_of(letters: str) -> int:
    """Return a column's place from 0.

    Examples
    --------
    >>> column_of("A"), column_of("AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def letters_of(column: int) -> str:
    """Return the letters of a column's place from 0.

    Examples
    --------
    >>> letters_of(0), letters_of(27)
    ('A', 'AB')
    """
    out, left = "", column + 1
    while left:
        left, digit = divmod(left - 1, 26)
        out = chr(65 + digit) + out
    return out


def spans_of(text: str) -> list[Span]:
    """Return the blocks a reference such as `B2:C9 E4` names; what is not understood is left out."""
    spans = []
    for part in text.replace("'", "").split()[:MOST_SPANS]:
        ends = PLACE.findall(part.rsplit("!", 1)[-1])
        if ends:
            (first, top), (last, bottom) = ends[0], ends[-1]
            spans.append(Span(int(top), column_of(first), int(bottom), column_of(last)))
    return spans


def unescape(text: str) -> str:
    """Undo the `_x000D_` way of writing control characters; half of a character becomes a question mark in a box."""
    if "_x" not in text:
        return text
    plain = ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class SheetReader:
    """Feeds a worksheet's part to expat and keeps what `RawSheet` holds."""

    def __init__(self, strings: list[str], shown: Callable[[str, int], str], most_rows: int = MOST_ROWS) -> None:
        self.sheet = RawSheet()
        self._strings, self._shown, self._most = strings, shown, most_rows
        self._row = self._blank = self._cells = self._column = self._style = 0
        self._values: dict[int, str] = {}
        self._kind, self._keep, self._silent = "", False, 0
        self._text: list[str] = []
        self._rule = ""
        self._names: dict[str, str] = {}
        self._parser = guarded(self._start, self._end, self._say)

    def read(self, chunks: Iterable[bytes]) -> RawSheet:
        """Read the part; after enough rows only its tail is looked at."""
        flow = iter(chunks)
        for chunk in flow:
            try:
                self._parser.Parse(chunk, False)
            except _Enough:
                self._skip(chunk[max(0, self._parser.CurrentByteIndex - self._fed) :], flow)
                return self.sheet
            self._fed += len(chunk)
        self._parser.Parse(b"", True)
        return self.sheet

    _fed = 0

    def _skip(self, chunk: bytes, flow: Iterator[bytes]) -> None:
        """Pass over the remaining rows, see whether they hold text, and read what follows them."""
        seam = b""
        while chunk:
            window = seam + chunk
            end = TAIL.search(window)
            if self.sheet.cut_at is None and HOLDS_VALUE.search(window, 0, end.start() if end else len(window)):
                self.sheet.cut_at = self._row
            if end:
                self._tail(window[end.end() :] + b"".join(flow))
                return
            seam, chunk = window[-64:], next(flow, b"")

    def _tail(self, rest: bytes) -> None:
        self._names = {}
        parser = guarded(self._start, self._end, self._say)
        # names with undeclared prefixes are fine here: the parser does not look at namespaces
        rest = re.sub(rb"</(?:\w+:)?worksheet>\s*\Z", b"", rest)
        parser.Parse(b"<tail>" + rest + b"</tail>", True)

    def _say(self, text: str) -> None:
        if self._keep:
            self._text.append(text)

    def _start(self, name: str, given: dict[str, str]) -> None:
        local = self._names.get(name)
        if local is None:
            local = self._names[name] = name.rpartition(":")[2]
        if local == "c":
            self._open_cell(given)
        elif local in ("v", "t"):
            self._keep = self._silent == 0
        elif local == "row":
            self._open_row(given)
        elif local == "rPh":
            self._silent += 1
        elif local == "f" and not self._rule:
            self.sheet.formulas.add((self._row, self._column))
        elif local in ("formula1", "f", "sqref"):
            self._text.clear()
            self._keep = bool(self._rule)
        else:
            self._around(local, given)

    def _around(self, local: str, given: dict[str, str]) -> None:
        if local == "col" and given.get("hidden") in ("1", "true"):
            first, last = int(given["min"]), min(int(given["max"]), MOST_COLUMNS)
            self.sheet.hidden_columns.update(range(first - 1, last))
        elif local == "mergeCell" and len(self.sheet.merges) < MOST_SPANS:
            self.sheet.merges += spans_of(given.get("ref", ""))
        elif local == "dataValidation" and given.get("type") == "list":
            self.sheet.lists.append((spans_of(given.get("sqref", "")), ""))
            self._rule = "list"

    def _open_row(self, given: dict[str, str]) -> None:
        self._row = int(given["r"]) if "r" in given else self._row + 1
        self._column, self._values = -1, {}
        if given.get("hidden") in ("1", "true"):
            self.sheet.hidden_rows.add(self._row)

    def _open_cell(self, given: dict[str, str]) -> None:
        reference = given.get("r")
        match = PLACE.match(reference) if reference else None
        self._column = column_of(match.group(1)) if match else self._column + 1
        self._kind, self._style = given.get("t", "n"), int(given.get("s", "0"))
        self._text.clear()

    def _end(self, name: str) -> None:
        local = self._names.get(name) or name.rpartition(":")[2]
        if local in ("v", "t"):
            self._keep = False
        elif local == "c":
            self._close_cell()
        elif local == "row":
            self._close_row()
        elif local == "rPh":
            self._silent -= 1
        elif self._rule:
            self._close_rule(local)

    def _close_rule(self, local: str) -> None:
        spans, words = self.sheet.lists[-1]
        content = "".join(self._text).strip()
        if local in ("formula1", "f") and not words:
            self.sheet.lists[-1] = (spans, content)
        elif local == "sqref":
            self.sheet.lists[-1] = (spans + spans_of(content), words)
        elif local == "dataValidation":
            self._rule = ""
        self._text.clear()
        self._keep = False

    def _close_cell(self) -> None:
        if not self._text or self._column >= MOST_COLUMNS:
            return
        value = cell_text("".join(self._text), self._kind, self._strings, self._style, self._shown)
        self._text.clear()
        if value:
            self._values[self._column] = value

    def _close_row(self) -> None:
        if self._values:
            cells = [""] * (max(self._values) + 1)
            for column, value in self._values.items():
                cells[column] = value
            self.sheet.rows.append((self._row, cells))
            self._cells += len(self._values)
            self._blank = 0
        else:
            self._blank += 1
        if self._blank > MOST_BLANK or len(self.sheet.rows) >= self._most or self._cells > MOST_CELLS:
            raise _Enough


def cell_text(raw: str, kind: str, strings: list[str], style: int, shown: Callable[[str, int], str]) -> str:
    """Return a cell's text as a person sees it; errors such as #REF! are blank."""
    if kind == "s":
        index = int(raw) if raw.strip().isdigit() else -1
        return strings[index].strip() if 0 <= index < len(strings) else ""
    if kind in ("str", "inlineStr"):
        return unescape(raw).strip()
    if kind == "e":
        return ""
    if kind == "b":
        return "TRUE" if raw.strip() == "1" else "FALSE"
    return raw.strip() if kind == "d" else shown(raw.strip(), style)


def guarded(start: Callable[..., Any], end: Callable[..., Any], text: Callable[[str], Any]) -> Any:
    """Return an expat parser that refuses document types, so that no entity is ever expanded."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def _refuse(*_: Any) -> None:
    raise Doctype
