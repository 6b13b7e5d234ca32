"""Answers into the cells of a worksheet's XML; every other byte stays where it was."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape

from core.contracts.errors import RequirementError
from core.requirements.officefiles import splice
from core.requirements.officefiles.sheetxml import Doctype, column_of, guarded, letters_of

TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
PLACE = re.compile(r"([A-Z]{1,3})(\d+)")
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
Texts = Mapping[tuple[int, int], str]


@dataclass
class _Row:
    """One row's place in the bytes: its tag, the end of its content, and its cells."""

    number: int
    start: int
    style: str = ""
    closed: int = 0
    cells: list[tuple[int, int, int, dict[str, str]]] = field(default_factory=list)


class Places:
    """Finds where rows and cells stand in a worksheet's bytes."""

    def __init__(self, data: bytes, wanted: Mapping[int, object]) -> None:
        self.data, self.wanted = data, wanted
        self.rows: dict[int, _Row] = {}
        self.column_styles: list[tuple[int, int, str]] = []
        self.prefix = ""
        self._number, self._column = 0, -1
        self._row: _Row | None = None
        self._cell: tuple[int, int, dict[str, str]] | None = None
        self._parser = guarded(self._start, self._end, lambda _: None)
        self._parser.Parse(data, True)

    def _start(self, name: str, given: dict[str, str]) -> None:
        prefix, _, local = name.rpartition(":")
        if local == "row":
            self._number = int(given["r"]) if "r" in given else self._number + 1
            self._column = -1
            if self._number in self.wanted:
                style = given.get("s", "") if given.get("customFormat") in ("1", "true") else ""
                self._row = self.rows[self._number] = _Row(self._number, self._parser.CurrentByteIndex, style)
        elif local == "c" and self._row is not None:
            match = PLACE.match(given.get("r", ""))
            self._column = column_of(match.group(1)) if match else self._column + 1
            self._cell = (self._column, self._parser.CurrentByteIndex, given)
        elif local == "sheetData":
            self.prefix = f"{prefix}:" if prefix else ""
        elif local == "col" and "style" in given:
            self.column_styles.append((int(given["min"]) - 1, int(given["max"]) - 1, given["style"]))

    def _end(self, name: str) -> None:
        if self._row is None:
            return
        local = name.rpartition(":")[2]
        if local == "c" and self._cell is not None:
            column, start, given = self._cell
            end = after(self.data, name, self._parser.CurrentByteIndex)
            self._row.cells.append((column, start, end, given))
            self._cell = None
        elif local == "row":
            self._row.closed = self._parser.CurrentByteIndex
            self._row = None

    def style_of(self, row: _Row, column: int) -> str:
        """Return the style a new cell takes: its row's, else its column's."""
        return row.style or next((s for first, last, s in self.column_styles if first <= column <= last), "")


def after(data: bytes, name: str, at: int) -> int:
    """Return where an element ends, given where the parser stands at its end event.

    That is before its closing tag, or behind its own where it closes itself.
    """
    closing = f"</{name}".encode()
    if data.startswith(closing, at) and data[at + len(closing)] in b"> \t\r\n":
        return data.index(b">", at) + 1
    return at


def edit(data: bytes, texts: Texts) -> bytes:
    """Return a worksheet's part with texts in cells, as text: nothing in it is computed.

    Parameters
    ----------
    data : bytes
        The part's XML, in UTF-8.
    texts : mapping of (int, int) to str
        Row from 1 and column from 0, and what goes there.

    Raises
    ------
    RequirementError
        When a row does not exist, or the part is not written in UTF-8.
    """
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), text in texts.items():
        by_row.setdefault(row, {})[column] = text
    places = _places(data, by_row)
    cuts: list[splice.Cut] = []
    for number, wanted in by_row.items():
        if number not in places.rows:
            raise RequirementError(f"Row {number:,} is not in the sheet any more.", mend="Upload the file again.")
        cuts += _row_cuts(places, places.rows[number], wanted)
    return splice.replaced(data, cuts)


def _places(data: bytes, wanted: Mapping[int, object]) -> Places:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"UTF-16" in data[:100].upper():
        raise RequirementError("The workbook's sheets are not written in UTF-8.", mend="Save it again in Excel.")
    try:
        return Places(data, wanted)
    except (expat.ExpatError, Doctype, ValueError) as error:
        raise RequirementError("The workbook is damaged.", mend="Save it again in your program.") from error


def _row_cuts(places: Places, row: _Row, wanted: Mapping[int, str]) -> list[tuple[int, int, bytes]]:
    existing = {column: (start, end, given) for column, start, end, given in row.cells}
    tag = TAG.match(places.data, row.start)
    opened = tag.end() if tag else row.start
    if places.data[opened - 2 : opened] == b"/>":
        cells = "".join(_cell(places.prefix, row.number, c, wanted[c], places.style_of(row, c)) for c in sorted(wanted))
        name = f"{places.prefix}row"
        return [(opened - 2, opened, f">{cells}</{name}>".encode())]
    cuts = []
    fresh: dict[int, str] = {}
    for column in sorted(wanted):
        if column in existing:
            start, end, given = existing[column]
            cuts.append(
                (start, end, _cell(places.prefix, row.number, column, wanted[column], given.get("s", "")).encode())
            )
            continue
        following = min((start for c, (start, _, _) in existing.items() if c > column), default=row.closed)
        style = places.style_of(row, column)
        fresh[following] = fresh.get(following, "") + _cell(places.prefix, row.number, column, wanted[column], style)
    return cuts + [(at, at, cells.encode()) for at, cells in fresh.items()]


def _cell(prefix: str, row: int, column: int, text: str, style: str) -> str:
    worn = f' s="{style}"' if style else ""
    p = prefix
    escaped = escape(safe(text))
    return (
        f'<{p}c r="{letters_of(column)}{row}"{worn} t="inlineStr"><{p}is><{p}t xml:space="preserve">'
        f"{escaped}</{p}t></{p}is></{p}c>"
    )


def safe(text: str) -> str:
    """Write a text as a spreadsheet cell holds it: control characters the way spreadsheets do."""
    normalised = LOOKS_ESCAPED.sub("_x005F_", text.replace("\r\n", "\n").replace("\r", "\n"))
    return FORBIDDEN.sub(lambda m: f"_x{ord(m.group()):04X}_", normalised)


def same(was: bytes, now: bytes, cells: Texts) -> bool:
    """Say whether two versions of a worksheet's part differ in these cells only."""
    return without(was, cells) == without(now, cells)


def without(data: bytes, cells: Texts) -> bytes:
    """Return a worksheet's part with some cells cut out, for comparing the rest."""
    wanted = {row: None for row, _ in cells}
    places = _places(data, wanted)
    gone = ((s, e) for row in places.rows.values() for c, s, e, _ in row.cells if (row.number, c) in cells)
    return splice.without(data, gone)


def repack(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """Return a packed file with some parts replaced; order, names, dates and all other contents stay."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        new.comment = old.comment
        for info in old.infolist():
            fresh = zipfile.ZipInfo(info.filename, info.date_time)
            fresh.compress_type, fresh.external_attr, fresh.comment = (
                info.compress_type,
                info.external_attr,
                info.comment,
            )
            fresh.create_system = info.create_system
            new.writestr(fresh, parts.get(info.filename) or old.read(info))
    return target.getvalue()
