"""An OpenDocument spreadsheet, read in a stream into the same raw sheets as an Excel one."""

from __future__ import annotations

import re
from typing import Any

from core.contracts.errors import RequirementError
from core.requirements.officefiles.sheetxml import (
    MOST_BLANK,
    MOST_CELLS,
    MOST_COLUMNS,
    Doctype,
    RawSheet,
    Span,
    guarded,
)
from core.requirements.officefiles.spreadsheet import BROKEN, CHUNK, damaged, opened, refused

LISTED = re.compile(r'"((?:[^"]|"")*)"')
MOST_REPEATED = 1_000
CELLS = ("table:table-cell", "table:covered-table-cell")
SIGNS = {"text:tab": "\t", "text:line-break": "\n", "text:s": " "}


class _Reader:
    """Feeds content.xml to expat."""

    def __init__(self, most_rows: int) -> None:
        self.sheets: dict[str, RawSheet] = {}
        self.hidden: set[str] = set()
        self._most, self._unseen = most_rows, set[str]()
        self._style, self._rule = "", ""
        self._rules: dict[str, str] = {}
        self._uses: dict[str, list[Span]] = {}
        self._row = self._column = self._blank = self._cells = 0
        self._values: dict[int, str] = {}
        self._given: dict[str, str] = {}
        self._pieces: list[str] = []
        self._inside = self._aside = 0
        self._open: RawSheet | None = None
        self._rows_given: dict[str, str] = {}

    def start(self, name: str, given: dict[str, str]) -> None:
        if name in CELLS:
            self._given, self._pieces, self._inside = given, [], 0
        elif name == "text:p" and not self._aside:
            self._pieces += ["\n"] if self._pieces else []
            self._inside += 1
        elif name in SIGNS and self._inside:
            self._pieces.append(SIGNS[name] * int(given.get("text:c", 1)))
        elif name == "office:annotation":
            self._aside += 1
        elif name == "table:table-row":
            self._rows_given, self._values, self._column = given, {}, 0
        elif name == "table:table-column" and self._open is not None:
            self._column_hidden(given)
        else:
            self._around(name, given)

    def _around(self, name: str, given: dict[str, str]) -> None:
        if name == "table:table":
            self._open = self.sheets[given.get("table:name", "")] = RawSheet()
            if given.get("table:style-name") in self._unseen:
                self.hidden.add(given.get("table:name", ""))
            self._row = self._column = self._blank = self._cells = 0
            self._uses = {}
        elif name == "style:style":
            self._style = given.get("style:name", "")
        elif name == "style:table-properties" and given.get("table:display") == "false":
            self._unseen.add(self._style)
        elif name == "table:content-validation":
            self._rules[given.get("table:name", "")] = given.get("table:condition", "")

    def _column_hidden(self, given: dict[str, str]) -> None:
        times = int(given.get("table:number-columns-repeated", 1))
        if self._open is not None and given.get("table:visibility") in ("collapse", "filter"):
            self._open.hidden_columns.update(range(self._column, min(self._column + times, MOST_COLUMNS)))
        self._column += times

    def text(self, piece: str) -> None:
        if self._inside and not self._aside:
            self._pieces.append(piece)

    def end(self, name: str) -> None:
        if name in CELLS:
            self._close_cell()
        elif name == "text:p" and not self._aside:
            self._inside -= 1
        elif name == "office:annotation":
            self._aside -= 1
        elif name == "table:table-row":
            self._close_row()
        elif name == "table:table-column":
            pass
        elif name == "table:table" and self._open is not None:
            self._close_table(self._open)

    def _close_cell(self) -> None:
        times = int(self._given.get("table:number-columns-repeated", 1))
        value = "".join(self._pieces).strip()
        row = self._row + 1
        if self._open is not None and self._column < MOST_COLUMNS:
            last = min(self._column + times, MOST_COLUMNS)
            if value and not value.startswith("#REF!"):
                self._values.update(dict.fromkeys(range(self._column, last), value))
            rule = self._given.get("table:content-validation-name")
            deep = int(self._rows_given.get("table:number-rows-repeated", 1))
            if rule:
                self._uses.setdefault(rule, []).append(Span(row, self._column, row + deep - 1, last - 1))
            if "table:formula" in self._given:
                self._open.formulas.add((row, self._column))
            self._merge(row)
        self._column += times
        self._pieces = []

    def _merge(self, row: int) -> None:
        wide = int(self._given.get("table:number-columns-spanned", 1))
        deep = int(self._given.get("table:number-rows-spanned", 1))
        if self._open is not None and (wide > 1 or deep > 1):
            self._open.merges.append(Span(row, self._column, row + deep - 1, self._column + wide - 1))

    def _close_row(self) -> None:
        sheet, times = self._open, int(self._rows_given.get("table:number-rows-repeated", 1))
        if sheet is None:
            return
        if self._rows_given.get("table:visibility") in ("collapse", "filter") and self._values:
            sheet.hidden_rows.update(range(self._row + 1, self._row + 1 + min(times, MOST_REPEATED)))
        done = self._blank > MOST_BLANK or len(sheet.rows) >= self._most or self._cells > MOST_CELLS
        if self._values and done:
            sheet.cut_at = sheet.cut_at or self._row
        elif self._values:
            cells = [self._values.get(column, "") for column in range(max(self._values) + 1)]
            for step in range(min(times, MOST_REPEATED)):
                sheet.rows.append((self._row + 1 + step, list(cells)))
            self._cells += len(self._values) * times
            self._blank = 0
        else:
            self._blank += 1
        self._row += times

    def _close_table(self, sheet: RawSheet) -> None:
        for rule, spans in self._uses.items():
            condition = self._rules.get(rule, "")
            if "is-in-list" in condition and '"' in condition:
                words = [word.replace('""', '"') for word in LISTED.findall(condition)]
                sheet.lists.append((spans, '"' + ",".join(words) + '"'))
            elif "is-in-list" in condition or "is-in-cell-range" in condition:
                sheet.lists.append((spans, _reference(condition)))
        self._open = None


def _reference(condition: str) -> str:
    """Write `cell-content-is-in-cell-range([$Lists.$A$1:.$A$3])` as an Excel reference."""
    inner = condition[condition.find("(") + 1 : condition.rfind(")")].strip("[] ")
    sheet, _, rest = inner.partition(".")
    return f"{sheet.replace('$', '')}!{rest.replace('.', '')}" if rest else inner


def raw(content: bytes, title: str, most_rows: int) -> tuple[dict[str, RawSheet], set[str]]:
    """Return the sheets of an ODS file, and the names of hidden ones.

    Raises
    ------
    RequirementError
        When it is damaged, too large or password-protected.
    """
    packed = opened(content, title)
    try:
        if b"encryption-data" in packed.read("META-INF/manifest.xml")[: 2**20]:
            raise RequirementError("The file is password-protected.", title, "Save it without a password.")
        reader = _Reader(most_rows)
        parser: Any = guarded(reader.start, reader.end, reader.text)
        with packed.open("content.xml") as flow:
            while chunk := flow.read(CHUNK):
                parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except Doctype as error:
        raise refused(title) from error
    except BROKEN as error:
        raise damaged(title) from error
    return reader.sheets, reader.hidden
