"""A Word document as grids: one for each table, and one for the clauses and headings outside tables."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from core.contracts.errors import RequirementError
from core.requirements.officefiles.clauses import Clause, numbered, rows_of
from core.requirements.officefiles.sheetxml import MOST_COLUMNS, WORD_MARK, Doctype, RawSheet, Span, guarded
from core.requirements.officefiles.spreadsheet import BROKEN, opened
from core.requirements.officefiles.word_parts import Body, Paragraph, Table, boxes

PART, STYLES, NUMBERING = "word/document.xml", "word/styles.xml", "word/numbering.xml"
PROSE = "Text"
HEADING = re.compile(r"^(heading|überschrift|titre|título|titolo|kop|nagłówek|rubrik)\s*(\d)", re.IGNORECASE)
ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(frozen=True)
class Document:
    """An open Word document.

    Attributes
    ----------
    sheets : dict of str to RawSheet
        "Table 1", "Table 2", … and "Text".
    titles : frozenset of int
        The rows of "Text" that are headings.
    body : Body
    """

    sheets: dict[str, RawSheet]
    titles: frozenset[int]
    body: Body


@dataclass
class _Lists:
    """Word's own numbering: per list and level the format and the text around the number, and where it stands."""

    levels: dict[tuple[str, int], tuple[str, str, int]] = field(default_factory=dict)
    abstract: dict[str, str] = field(default_factory=dict)
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def label(self, key: str, level: int) -> str:
        """Return the next number of a list, such as "3.1.2"; empty for bullets."""
        own = self.abstract.get(key, key)
        kind, text, start = self.levels.get((own, level), ("bullet", "", 1))
        self.counts[(own, level)] = self.counts.get((own, level), start - 1) + 1
        for deeper in [k for k in self.counts if k[0] == own and k[1] > level]:
            del self.counts[deeper]
        if kind in ("bullet", "none"):
            return ""

        def number(match: re.Match[str]) -> str:
            at = int(match.group(1)) - 1
            form, _, first = self.levels.get((own, at), ("decimal", "", 1))
            return written(self.counts.get((own, at), first), form)

        return re.sub(r"%(\d)", number, text).strip()


def written(number: int, form: str) -> str:
    """Return a number as a list writes it: decimal, letters or Roman.

    Examples
    --------
    >>> written(4, "lowerLetter"), written(4, "upperRoman"), written(4, "decimal")
    ('d', 'IV', '4')
    """
    if form.endswith("Letter"):
        text = chr(97 + (number - 1) % 26) * ((number - 1) // 26 + 1)
    elif form.endswith("Roman"):
        text, left = "", number
        for value, sign in ROMAN:
            while left >= value:
                text, left = text + sign, left - value
    else:
        return f"{number:02d}" if form == "decimalZero" else str(number)
    return text.upper() if form.startswith("upper") else text


def read(content: bytes, title: str) -> Document:
    """Read a Word document.

    Raises
    ------
    RequirementError
        When it is damaged, or declares a document type.
    """
    packed = opened(content, title)
    try:
        body = Body(packed.read(PART))
        headings, by_style = _styles(packed)
        lists = _lists(packed)
    except Doctype as error:
        raise RequirementError(
            "The document holds a document type declaration, which Word does not write; it was not read.", title
        ) from error
    except BROKEN as error:
        raise RequirementError("The document is damaged.", title, "Save it again in Word.") from error
    sheets = {f"Table {n}": _sheet(table) for n, table in enumerate(body.tables, 1)}
    clauses = [_clause(paragraph, headings, by_style, lists) for paragraph in body.blocks]
    sheets[PROSE], titles = rows_of(clauses)
    return Document(sheets, titles, body)


def _sheet(table: Table) -> RawSheet:
    sheet = RawSheet()
    open_merges: dict[int, tuple[int, int]] = {}
    for number, row in enumerate(table.rows, 1):
        cells: dict[int, str] = {}
        for cell in (c for c in row if c.column < MOST_COLUMNS):
            right = min(cell.column + cell.span, MOST_COLUMNS) - 1
            if cell.merge == "continue" and cell.column in open_merges:
                top, _ = open_merges[cell.column]
                open_merges[cell.column] = (top, number)
                sheet.merges = [m for m in sheet.merges if not (m.top == top and m.left == cell.column)]
                sheet.merges.append(Span(top, cell.column, number, right))
                continue
            open_merges.pop(cell.column, None)
            if cell.merge:
                open_merges[cell.column] = (number, number)
            if cell.span > 1:
                sheet.merges.append(Span(number, cell.column, number, right))
            cells[cell.column] = cell.text
            words = [w for control in cell.controls for w in control.choices if control.choices] or boxes(cell.raw_text)
            if words:
                cell_span = Span(number, cell.column, number, cell.column)
                sheet.lists.append(([cell_span], WORD_MARK + WORD_MARK.join(words)))
        if any(cells.values()):
            sheet.rows.append((number, [cells.get(c, "") for c in range(max(cells) + 1)]))
    return sheet


def _clause(paragraph: Paragraph, headings: Mapping[str, int], by_style: Mapping[str, str], lists: _Lists) -> Clause:
    text = " ".join(paragraph.text.split())
    level = paragraph.level if paragraph.level is not None else headings.get(paragraph.style)
    label = ""
    numbering = paragraph.numbering or ((by_style[paragraph.style], 0) if paragraph.style in by_style else None)
    if numbering is not None and text:
        label = lists.label(numbering[0] or by_style.get(paragraph.style, ""), numbering[1])
    if label:
        return Clause(label, text, level is not None, is_item=True)
    key, rest = numbered(text)
    return Clause(key, rest, level is not None, is_item=numbering is not None)


def _styles(packed: zipfile.ZipFile) -> tuple[dict[str, int], dict[str, str]]:
    """Return the levels from 0 of the styles that are headings, and the lists of those that number, by their ids."""
    out: dict[str, int] = {}
    lists: dict[str, str] = {}
    style = [""]

    def start(name: str, given: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        words = {k.rpartition(":")[2]: v for k, v in given.items()}
        if local == "style":
            style[0] = words.get("styleId", "")
        elif local == "numId":
            lists[style[0]] = words.get("val", "")
        elif local == "name" and (match := HEADING.match(words.get("val", ""))):
            out[style[0]] = int(match.group(2)) - 1
        elif local == "outlineLvl" and words.get("val", "").isdigit() and int(words["val"]) < 9:
            out.setdefault(style[0], int(words["val"]))

    _parse(packed, STYLES, start)
    return out, lists


def _lists(packed: zipfile.ZipFile) -> _Lists:
    lists = _Lists()
    now: dict[str, Any] = {"abstract": "", "num": "", "level": 0}

    def start(name: str, given: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        words = {k.rpartition(":")[2]: v for k, v in given.items()}
        if local == "abstractNum":
            now["abstract"] = "a" + words.get("abstractNumId", "")
        elif local == "num":
            now["num"] = words.get("numId", "")
        elif local == "abstractNumId":
            lists.abstract[now["num"]] = "a" + words.get("val", "")
        elif local == "lvl":
            now["level"] = int(words.get("ilvl", "0"))
            lists.levels[(now["abstract"], now["level"])] = ("decimal", "", 1)
        elif local in ("numFmt", "lvlText", "start") and (now["abstract"], now["level"]) in lists.levels:
            kind, text, first = lists.levels[(now["abstract"], now["level"])]
            value = words.get("val", "")
            lists.levels[(now["abstract"], now["level"])] = (
                value if local == "numFmt" else kind,
                value if local == "lvlText" else text,
                int(value) if local == "start" and value.isdigit() else first,
            )

    _parse(packed, NUMBERING, start)
    return lists


def _parse(packed: zipfile.ZipFile, part: str, start: Any) -> None:
    if part not in packed.namelist():
        return
    parser: expat.XMLParserType = guarded(start, lambda _: None, lambda _: None)
    parser.Parse(packed.read(part), True)
