"""Tables that look like a buyer's list and are none: withdrawn items, choices, registers, mappings, own answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core import yaml_text
from core.requirements.officefiles.grids import Grid
from core.requirements.read import column_roles
from core.requirements.read.column_roles import Body, likeness
from core.requirements.read.layout import Layout

MOST = 0.8
REPEATED = 0.5
TELLING = 0.85
TINY, LARGER = 8, 2
WITHDRAWN = re.compile(
    r"\b(withdrawn|deprecated|merged|moved|removed|deleted|retired|obsolete|superseded|dropped|cancell?ed|rejected|"
    r"duplicate|entfallen|gestrichen|zurückgezogen|verschoben|supprimée?|retirée?|fusionnée?|déplacée?|obsolète|"
    r"eliminad[oa]|retirad[oa]|fusionad[oa]|obsolet[oa]|vervallen|verwijderd|samengevoegd|usunięt[eya]|wycofan[eya])\b",
    re.IGNORECASE,
)
GONE_HEADINGS = {"removed", "withdrawn", "deprecated", "superseded by", "merged into", "moved to", "replaced by"}
WORDS = Path(__file__).with_name("other_tables.yaml")


@dataclass(frozen=True)
class _Kind:
    reason: str
    fewest: int
    headings: frozenset[str]


@cache
def _read_words() -> dict[str, Any]:
    content: dict[str, Any] = yaml_text.parsed(WORDS.read_text(encoding="utf-8"))
    return content


@cache
def _kinds() -> tuple[_Kind, ...]:
    kinds = _read_words()["kinds"]
    return tuple(_Kind(k["reason"], k["fewest"], frozenset(map(str, k["headings"]))) for k in kinds)


@cache
def _library_words() -> frozenset[str]:
    return frozenset(map(str, _read_words()["library"]))


def reason(grid: Grid, shape: Layout, header: Sequence[str], body: Body) -> str:
    """Say why a table is no buyer's list; empty where nothing says so.

    Parameters
    ----------
    grid : Grid
    shape : Layout
        How it would be read.
    header : sequence of str
        Its headings.
    body : sequence
        Its rows.
    """
    if _is_withdrawn(header, body):
        return "It lists requirements that were withdrawn, moved or merged."
    if _is_library(header, body, shape):
        return "It holds answers of one's own, not a buyer's questions: import it into the answer library."
    labels = {column_roles.plain(cell) for cell in header if cell}
    strong = max((likeness(cell, "text") for cell in header if cell), default=0.0)
    is_plain = "text" not in shape.names or likeness(shape.names["text"], "text") < 0.9
    if (strong >= 0.9 and not is_plain) or shape.answers:
        return ""
    asks = "id" in shape.columns and column_roles.asking(body, shape.columns["text"]) >= 0.5
    return "" if asks else next((k.reason for k in _kinds() if len(labels & k.headings) >= k.fewest), "")


def _is_withdrawn(header: Sequence[str], body: Body) -> bool:
    """Say whether a column of short words says of nearly every row that it is withdrawn, merged or moved."""
    for column in range(len(header)):
        cells = column_roles.texts(body, column)
        if len(cells) < MOST * min(len(body), column_roles.SEEN) or not cells:
            continue
        short = [cell for cell in cells if len(cell) <= 40]
        if len(short) >= MOST * len(cells) and sum(bool(WITHDRAWN.search(c)) for c in short) >= MOST * len(cells):
            return True
    gone = [c for c, cell in enumerate(header) if column_roles.plain(cell) in GONE_HEADINGS]
    return any(column_roles.filled(body, column) >= MOST for column in gone)


def _is_library(header: Sequence[str], body: Body, shape: Layout) -> bool:
    """Say whether a table holds finished answers with their owners and evidence, and no question beside them."""
    labels = [column_roles.plain(cell) for cell in header]
    answers = [c for c, cell in enumerate(header) if cell and likeness(cell, "answer") >= MOST]
    is_answered = any(column_roles.filled(body, c) >= MOST for c in answers)
    is_question = likeness(shape.names.get("text", ""), "text") >= TELLING
    asks = column_roles.asking(body, shape.columns["text"]) >= 0.5
    return is_answered and len(_library_words() & set(labels)) >= 2 and not is_question and not asks


def feeds(grid: Grid, others: Iterable[Grid]) -> bool:
    """Say whether drop-downs of other sheets take their words from most cells of a column of this one."""
    words = [set(choices.words) for other in others if other is not grid for choices in other.choices if choices.words]
    for column in range(min(grid.width, 12)):
        cells = [cell for cell in column_roles.texts(grid.rows, column) if cell]
        if len(cells) >= 2 and any(len(set(cells) & choice) >= MOST * len(set(cells)) for choice in words):
            return True
    return False


def is_tiny(grid: Grid, shape: Layout, n_rows: int, largest: int) -> bool:
    """Say whether a table of a few rows beside a longer list only names something: levels, groups, kinds."""
    body = [row for row in grid.rows if shape.holds(row[0])]
    is_named = likeness(shape.names.get("text", ""), "text") >= TELLING
    asks = column_roles.asking(body, shape.columns["text"]) >= 0.3
    return n_rows <= TINY and n_rows * LARGER <= largest and not (is_named or asks or shape.answers)


def keys(grid: Grid, shape: Layout) -> set[str]:
    """Return the ids of a table."""
    column = shape.columns.get("id")
    if column is None:
        return set()
    return {cells[column] for n, cells in grid.rows if shape.holds(n) and column < len(cells) and cells[column]}


def repeats(own: set[str], read: set[str]) -> bool:
    """Say whether most ids of a table stand in lists that were read already."""
    codes = {key for key in own if not key.replace(".", "").isdigit()}
    return len(codes) >= 3 and len(codes & read) >= REPEATED * len(codes)
