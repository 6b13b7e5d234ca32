"""HTML as grids: its tables, as Google and others export sheets, and the text outside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from core.requirements.officefiles.clauses import Clause, numbered, rows_of
from core.requirements.officefiles.sheetxml import MOST_CELLS, MOST_COLUMNS, RawSheet, Span

PROSE = "Text"
SILENT = {"script", "style", "head", "template", "noscript"}
BLOCKS = {"p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "div", "dt", "dd", "blockquote", "td", "th"}
MOST_SPANNED = 1_000


@dataclass
class _Table:
    is_google: bool
    sheet: RawSheet = field(default_factory=RawSheet)
    row: int = 0
    column: int = 0
    numbered_by: int = 0
    cells: dict[int, str] = field(default_factory=dict)
    taken: set[tuple[int, int]] = field(default_factory=set)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self.clauses: list[Clause] = []
        self._stack: list[_Table] = []
        self._pieces: list[str] = []
        self._silent, self._cell, self._spans, self._cells = 0, "", (1, 1), 0
        self._block = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag in SILENT:
            self._silent += tag != "head"
        elif tag == "table":
            self._flush()
            self._stack.append(_Table("waffle" in given.get("class", "")))
            self.tables.append(self._stack[-1])
        elif tag == "br":
            self._pieces.append("\n")
        elif self._stack:
            self._open_in_table(tag, given)
        elif tag in BLOCKS:
            self._flush()
            self._block = tag

    def _open_in_table(self, tag: str, given: dict[str, str]) -> None:
        table = self._stack[-1]
        if tag == "tr":
            self._close_row(table)
            table.row += 1
            table.column, table.cells, table.numbered_by = 0, {}, 0
        elif tag in ("td", "th"):
            self._close_cell(table)
            self._cell, self._pieces = tag, []
            self._spans = (_number(given.get("rowspan")), _number(given.get("colspan")))
        elif tag in ("p", "li", "div") and self._pieces and "".join(self._pieces).strip():
            self._pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(0, self._silent - (tag != "head"))
        elif self._stack and tag in ("td", "th"):
            self._close_cell(self._stack[-1])
        elif self._stack and tag in ("tr", "table"):
            self._close_row(self._stack[-1])
            if tag == "table":
                self._stack.pop()
        elif not self._stack and tag in BLOCKS:
            self._flush()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._pieces.append(data)

    def _close_cell(self, table: _Table) -> None:
        if not self._cell:
            return
        lines = (" ".join(line.split()) for line in "".join(self._pieces).split("\n"))
        text = "\n".join(line for line in lines if line)
        tag, (deep, wide), self._cell, self._pieces = self._cell, self._spans, "", []
        if table.is_google and tag == "th":  # its own numbers of rows and letters of columns
            table.numbered_by = int(text) if text.isdigit() else -1
            return
        while (table.row, table.column) in table.taken:
            table.column += 1
        row, column = table.numbered_by or table.row, table.column
        if text and column < MOST_COLUMNS and self._cells < MOST_CELLS:
            table.cells[column] = text
            self._cells += 1
        if deep > 1 or wide > 1:
            table.sheet.merges.append(Span(row, column, row + deep - 1, column + wide - 1))
            table.taken |= {(table.row + i, column + j) for i in range(1, deep) for j in range(wide)}
        table.column += wide

    def _close_row(self, table: _Table) -> None:
        self._close_cell(table)
        if table.cells and table.numbered_by >= 0:
            cells = [table.cells.get(c, "") for c in range(max(table.cells) + 1)]
            table.sheet.rows.append((table.numbered_by or table.row, cells))
        table.cells = {}

    def _flush(self) -> None:
        text = " ".join("".join(self._pieces).split())
        self._pieces = []
        if text and not self._silent:
            key, rest = numbered(text)
            self.clauses.append(Clause(key, rest, self._block[:1] == "h" and self._block[1:].isdigit()))
        self._block = ""


def _number(text: str | None) -> int:
    return min(max(int(text), 1), MOST_SPANNED) if text and text.strip().isdigit() else 1


def read(text: str, title: str) -> tuple[dict[str, RawSheet], frozenset[int]]:
    """Return the tables of a page and its text, and the rows of the text that are headings.

    Parameters
    ----------
    text : str
    title : str
        The file's name: a sheet exported by Google has its name from it.
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    reader._flush()
    sheets: dict[str, RawSheet] = {}
    for number, table in enumerate(reader.tables, 1):
        is_only = len(reader.tables) == 1 and table.is_google
        sheets[Path(title).stem if is_only else f"Table {number}"] = table.sheet
    sheets[PROSE], titles = rows_of(reader.clauses)
    return sheets, titles
