"""Which sheet holds requirements, where its header is, and what each column is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from core.requirements.grids import Grid

WORDS = Path(__file__).with_name("words.yaml")
ROLES = ("text", "id", "priority", "category", "answer", "comment")
HEADER_DEPTH = 25
PROSE_WORDS = 4.0
SURE = 0.7


@dataclass(frozen=True)
class Layout:
    """How one sheet was read.

    Attributes
    ----------
    sheet : str
    header_row : int or None
        As in the file, from 1; None where there is no header.
    columns : dict of str to int
        The place (from 0) of each role found: text, id, priority, category, answer, comment.
    names : dict of str to str
        The header's own word for each role.
    confidence : float
        How sure the reading is, in [0, 1].
    """

    sheet: str
    header_row: int | None
    columns: dict[str, int]
    names: dict[str, str]
    confidence: float

    def sentence(self) -> str:
        """Say how the sheet was read."""
        head = f"header in row {self.header_row}" if self.header_row else "no header"
        named = ", ".join(f"{role} from “{_short(name)}”" for role, name in self.names.items())
        return f"{self.sheet}: {head}; {named or 'requirements from the column with the longest text'}."


@cache
def words() -> dict[str, dict[str, float]]:
    """Return, per role, the header words that name it and how surely they do."""
    found: dict[str, dict[str, float]] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return {role: {str(k): float(v) for k, v in group.items()} for role, group in found.items()}


def find(grid: Grid) -> Layout | None:
    """Return the layout of a sheet, or None when it holds no requirements."""
    if not grid.rows or _is_aside(grid.name):
        return None
    width = max(len(cells) for _, cells in grid.rows)
    best: tuple[float, int, dict[str, int]] | None = None
    for place, (_, cells) in enumerate(grid.rows[:HEADER_DEPTH]):
        roles, score = _roles(cells)
        if "text" in roles and score > (best[0] if best else 0.0) + 1e-9:
            best = (score, place, roles)
    bare = None if best and _is_named(grid.rows[best[1]][1], best[2]) else _headless(grid, width)
    if best is None or bare:
        return bare
    score, place, roles = best
    number, header = grid.rows[place]
    body = grid.rows[place + 1 :]
    roles["text"] = _best_text(header, body, roles)
    prose = _prose(body, roles["text"])
    if body and prose < 2.0:
        return None
    names = {role: header[column] for role, column in roles.items()}
    sure = min(1.0, 0.35 + 0.25 * min(score, 2.0) + 0.05 * min(prose, 4.0))
    return Layout(grid.name, number, roles, names, round(sure, 2))


def _is_named(header: Sequence[str], roles: dict[str, int]) -> bool:
    """Say whether a header row is one beyond doubt: its text or its id column has a telling name."""
    known = {role: likeness(header[column], role) for role, column in roles.items()}
    return known.get("text", 0.0) >= SURE or known.get("id", 0.0) >= SURE


def _is_aside(name: str) -> bool:
    plain = name.lower()
    return any(word in plain for word in words()["aside"])


def _roles(cells: Sequence[str]) -> tuple[dict[str, int], float]:
    """Give each role its best column in a possible header row."""
    filled = [c for c in cells if c]
    if len(filled) < 2 or sum(len(c) > 60 for c in filled) > len(filled) / 2:
        return _single(cells) if len(filled) == 1 else ({}, 0.0)
    taken: dict[str, int] = {}
    total = 0.0
    pairs = sorted(
        ((likeness(cell, role), -column, role) for column, cell in enumerate(cells) if cell for role in ROLES),
        reverse=True,
    )
    for value, column, role in pairs:
        if value > 0 and role not in taken and -column not in taken.values():
            taken[role] = -column
            total += value
    return taken, total


def _single(cells: Sequence[str]) -> tuple[dict[str, int], float]:
    column = next(i for i, c in enumerate(cells) if c)
    value = likeness(cells[column], "text")
    return ({"text": column}, value / 2) if value >= 0.6 else ({}, 0.0)


@cache
def likeness(header: str, role: str) -> float:
    """Say how surely a header cell names a role: 1 for its very word, less for a part of it."""
    plain = re.sub(r"[\s_*()\-/:.]+", " ", header.lower()).strip()
    if not plain or len(plain) > 60:
        return 0.0
    best = 0.0
    for word, weight in words()[role].items():
        if plain == word:
            best = max(best, weight)
        elif re.search(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", plain) or (not word.isascii() and word in plain):
            best = max(best, weight * (0.55 + 0.35 * len(word) / len(plain)))
    return best


def _best_text(header: Sequence[str], body: list[tuple[int, list[str]]], roles: dict[str, int]) -> int:
    """Choose among columns named like a text by how surely they are named and how much prose they hold."""
    others = {c for r, c in roles.items() if r != "text"}
    named = [(i, likeness(h, "text")) for i, h in enumerate(header) if h and i not in others]
    likely = [(i, v) for i, v in named if v > 0]

    def score(item: tuple[int, float]) -> float:
        column, value = item
        return value + 0.5 * min(_prose(body, column) / 8, 1.0) * min(1.0, _filled(body, column) * 1.2)

    return max(likely, key=score)[0]


def size(text: str) -> float:
    """Return the number of words of a text; two characters of a script without spaces are a word."""
    wide = sum(ord(c) > 0x2E80 for c in text)
    return len(text.split()) + wide / 2


def _prose(body: list[tuple[int, list[str]]], column: int) -> float:
    texts = [cells[column] for _, cells in body[:400] if column < len(cells) and cells[column]]
    return sum(size(t) for t in texts) / len(texts) if texts else 0.0


def _filled(body: list[tuple[int, list[str]]], column: int) -> float:
    seen = body[:400]
    return sum(bool(column < len(cells) and cells[column]) for _, cells in seen) / len(seen) if seen else 0.0


def _headless(grid: Grid, width: int) -> Layout | None:
    """Read a sheet without header: an id-like column with a column of prose beside it."""
    ids = re.compile(r"^[A-Za-z]{1,8}[-_. ]?\d+[A-Za-z]?([.\-]\d+[A-Za-z]?)*$")
    for column in range(min(width - 1, 6)):
        marked = [cells for _, cells in grid.rows if column < len(cells) and ids.match(cells[column])]
        if len(marked) < max(5, 0.3 * len(grid.rows)):
            continue
        body = [(0, cells) for cells in marked]
        beside = {c: _prose(body, c) * _filled(body, c) for c in range(width) if c != column}
        text = max(beside, key=lambda c: beside[c])
        if beside[text] >= PROSE_WORDS:
            return Layout(grid.name, None, {"text": text, "id": column}, {}, 0.6)
    return None


def _short(text: str) -> str:
    one = " ".join(text.split())
    return one if len(one) <= 40 else one[:39] + "…"
