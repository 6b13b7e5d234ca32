"""Answers into the cells of an OpenDocument spreadsheet; every other cell stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from core.contracts.errors import RequirementError
from core.requirements.officefiles import splice
from core.requirements.officefiles.fill_ooxml import FORBIDDEN, TAG, after
from core.requirements.officefiles.opendocument import CELLS
from core.requirements.officefiles.sheetxml import Doctype, guarded

PART = "content.xml"
REPEATED = "table:number-columns-repeated"
KEPT = (
    "table:style-name",
    "table:content-validation-name",
    "table:number-columns-spanned",
    "table:number-rows-spanned",
)
Texts = Mapping[tuple[str, int, int], str]


@dataclass(frozen=True)
class _Cell:
    """A cell, or a run of equal ones: its bytes, name, attributes, first column and how many."""

    start: int
    end: int
    name: str
    given: dict[str, str]
    column: int
    times: int


@dataclass
class _Row:
    sheet: str
    number: int
    start: int
    times: int
    inside: int = 0
    end: int = 0
    cells: list[_Cell] = field(default_factory=list)


class _Places:
    """Finds where the wanted rows and their cells stand in the bytes."""

    def __init__(self, data: bytes, wanted: Mapping[tuple[str, int], object]) -> None:
        self.data, self.wanted = data, wanted
        self.rows: dict[tuple[str, int], _Row] = {}
        self._sheet, self._number, self._column = "", 0, 0
        self._row: _Row | None = None
        self._times = 1
        self._cell: tuple[int, dict[str, str]] | None = None
        self._parser = guarded(self._start, self._end, lambda _: None)
        self._parser.Parse(data, True)

    def _start(self, name: str, given: dict[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        if name == "table:table":
            self._sheet, self._number = given.get("table:name", ""), 0
        elif name == "table:table-row":
            self._times = int(given.get("table:number-rows-repeated", 1))
            self._column = 0
            if (self._sheet, self._number + 1) in self.wanted:
                self._row = _Row(self._sheet, self._number + 1, at, self._times)
                self.rows[self._row.sheet, self._row.number] = self._row
        elif name in CELLS and self._row is not None:
            self._cell = (at, given)

    def _end(self, name: str) -> None:
        if name in CELLS and self._row is not None and self._cell is not None:
            start, given = self._cell
            times = int(given.get(REPEATED, 1))
            end = after(self.data, name, self._parser.CurrentByteIndex)
            self._row.cells.append(_Cell(start, end, name, given, self._column, times))
            self._column += times
        elif name == "table:table-row":
            self._number += self._times
            if self._row is not None:
                at = self._parser.CurrentByteIndex
                self._row.inside, self._row.end = at, after(self.data, name, at)
                self._row = None


def edit(data: bytes, texts: Texts) -> bytes:
    """Return content.xml with texts in cells, as text.

    Parameters
    ----------
    data : bytes
    texts : mapping of (str, int, int) to str
        Sheet, row from 1 and column from 0, and what goes there.

    Raises
    ------
    RequirementError
        When a row does not exist or stands for several.
    """
    by_row: dict[tuple[str, int], dict[int, str]] = {}
    for (sheet, row, column), text in texts.items():
        by_row.setdefault((sheet, row), {})[column] = text
    places = _places(data, by_row)
    cuts: list[splice.Cut] = []
    for key, wanted in by_row.items():
        element = places.rows.get(key)
        if element is None or element.times > 1:
            raise RequirementError(f"Row {key[1]:,} of {key[0]} cannot be filled.", mend="Save the list as XLSX.")
        cuts += _row_cuts(data, element, wanted)
    return splice.replaced(data, cuts)


def _places(data: bytes, wanted: Mapping[tuple[str, int], object]) -> _Places:
    try:
        return _Places(data, wanted)
    except (expat.ExpatError, Doctype, ValueError) as error:
        raise RequirementError("The workbook is damaged.", mend="Save it again in your program.") from error


def _row_cuts(data: bytes, row: _Row, wanted: Mapping[int, str]) -> list[tuple[int, int, bytes]]:
    cuts = []
    width = sum(cell.times for cell in row.cells)
    for cell in row.cells:
        inside = {c: t for c, t in wanted.items() if cell.column <= c < cell.column + cell.times}
        if inside:
            cuts.append((cell.start, cell.end, _split(data, cell, inside)))
    more = sorted(c for c in wanted if c >= width)
    if more:
        made = []
        for column in more:
            if column > width:
                made.append(f'<table:table-cell {REPEATED}="{column - width}"/>')
            made.append(_cell({}, wanted[column]))
            width = column + 1
        cuts.append((row.inside, row.inside, "".join(made).encode()))
    return cuts


def _split(data: bytes, cell: _Cell, inside: Mapping[int, str]) -> bytes:
    """Write a run of equal cells again, with some of them filled."""
    out: list[bytes] = []
    at = cell.column
    for column in [*sorted(inside), cell.column + cell.times]:
        if column > at:
            out.append(_run(data, cell, column - at))
        if column in inside:
            out.append(_cell(cell.given, inside[column], cell.name).encode())
        at = column + 1
    return b"".join(out)


def _run(data: bytes, cell: _Cell, times: int) -> bytes:
    """Return the bytes of a cell, standing for another number of equal ones."""
    was = f'{REPEATED}="{cell.times}"'.encode()
    now = f'{REPEATED}="{times}"'.encode() if times > 1 else b""
    tag = TAG.match(data, cell.start)
    opened = tag.end() if tag else cell.start
    return data[cell.start : opened].replace(was, now).replace(b" />", b"/>") + data[opened : cell.end]


def _cell(given: Mapping[str, str], text: str, name: str = "table:table-cell") -> str:
    attributes = "".join(f" {key}={quoteattr(given[key])}" for key in KEPT if key in given)
    lines = "".join(f"<text:p>{_paragraph_text(line)}</text:p>" for line in text.replace("\r", "").split("\n"))
    return f'<{name}{attributes} office:value-type="string">{lines}</{name}>'


def _paragraph_text(line: str) -> str:
    escaped = escape(FORBIDDEN.sub("", line)).replace("\t", "<text:tab/>")
    return escaped.replace("  ", ' <text:s text:c="1"/>')


def same(was: bytes, now: bytes, texts: Texts) -> bool:
    """Say whether two versions of content.xml differ in these cells only.

    Outside the rows with answers every byte must be the same; inside them every other cell.
    """
    wanted = {(sheet, row): None for sheet, row, _ in texts}
    first, second = _places(was, wanted), _places(now, wanted)
    if _outside(was, first) != _outside(now, second) or first.rows.keys() != second.rows.keys():
        return False
    return all(
        _others(was, first.rows[key], texts) == _others(now, second.rows[key], texts)
        and was[first.rows[key].start : _tag_end(was, first.rows[key])]
        == now[second.rows[key].start : _tag_end(now, second.rows[key])]
        for key in wanted
    )


def _tag_end(data: bytes, row: _Row) -> int:
    match = TAG.match(data, row.start)
    return match.end() if match else row.start


def _outside(data: bytes, places: _Places) -> bytes:
    return splice.without(data, ((row.start, row.end) for row in places.rows.values()))


def _others(data: bytes, row: _Row, texts: Texts) -> list[tuple[int, bytes]]:
    """Return the cells of a row that hold no answer, each with its column, blank ones beyond the last left out."""
    cells = []
    for cell in row.cells:
        content = _run(data, cell, 1)
        for column in range(cell.column, cell.column + min(cell.times, 1_000)):
            if (row.sheet, row.number, column) not in texts:
                cells.append((column, content))
    while cells and cells[-1][1] == b"<table:table-cell/>":
        cells.pop()
    return cells
