"""The row that names the columns: the first row of labels over a regular body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.requirements.officefiles.grids import Grid
from core.requirements.read import column_roles
from core.requirements.read.column_roles import LONGEST_LABEL, ROLES, likeness

HEADER_DEPTH = 40
ABOUT_AS_GOOD = 0.75
SENTENCE = 4
LOOKED_BELOW, ID_COLUMNS, LONGEST_ID = 8, 4, 24
SURE = 0.7
YES = {"yes", "y", "ja", "oui", "si", "sí", "sì", "sim", "tak", "ano", "да", "是"}


def is_aside(name: str) -> bool:
    """Say whether a sheet's name tells that it is no list: instructions, cover, glossary, pricing.

    Examples
    --------
    >>> is_aside("Read me first"), is_aside("Disaster Recovery")
    (True, False)
    """
    label = column_roles.plain(name)
    return any(
        word in name.lower() if "_" in word else column_roles.stands_in(column_roles.plain(word), label)
        for word in column_roles.words()["aside"]
    )


def best(grid: Grid) -> tuple[float, int, dict[str, int]] | None:
    """Return score, place and columns of the header: the first row of labels whose names tell about most.

    A row whose cells are built like those below it (an id over ids) is part of the body, whatever it says.
    """
    candidates: list[tuple[float, int, dict[str, int]]] = []
    for index, (_, cells) in enumerate(grid.rows[:HEADER_DEPTH]):
        roles, score = named(cells)
        if "text" in roles and score > 0 and not (_is_sentence(cells[roles["text"]]) or is_body(grid, index)):
            candidates.append((score, index, roles))
    enough = ABOUT_AS_GOOD * max((score for score, _, _ in candidates), default=0.0)
    return next((candidate for candidate in candidates if candidate[0] >= enough), None)


def first_labels(grid: Grid) -> int | None:
    """Return the number of the first row of two labels or more, with rows below it; None where there is none."""
    for index, (number, cells) in enumerate(grid.rows[:HEADER_DEPTH]):
        filled = [cell for cell in cells if cell]
        are_labels = all(len(cell) <= LONGEST_LABEL and not _is_sentence(cell) for cell in filled)
        if len(filled) > 1 and are_labels and not is_body(grid, index) and index + 1 < len(grid.rows):
            return number
    return None


def is_body(grid: Grid, index: int) -> bool:
    """Say whether a row is one of many: a cell of its first columns is built like those below it, as ids are."""
    cells = grid.rows[index][1]
    below = [row for _, row in grid.rows[index + 1 : index + 1 + LOOKED_BELOW]]
    for column, cell in enumerate(cells[:ID_COLUMNS]):
        shape = build(cell)
        if shape and sum(column < len(row) and build(row[column]) == shape for row in below) >= min(2, len(below)):
            return True
    return False


def build(cell: str) -> str:
    """Return how an id, or the code before a colon, is built: "REQ-9.9" for REQ-12.3; empty for what is none.

    Examples
    --------
    >>> build("REQ-012"), build("Level 1"), build("Id")
    ('REQ-9', '', '')
    """
    code = cell.partition(": ")[0]
    if not any(c.isdigit() for c in code) or len(code) > LONGEST_ID or " " in code.strip():
        return ""
    return re.sub(r"\d+", "9", code)


def _is_sentence(cell: str) -> bool:
    """Say whether a cell is a sentence, or a code and a text, and so names no column."""
    return column_roles.size(cell) >= SENTENCE and (cell[-1:] in ".;!" or bool(build(cell)))


def spread(grid: Grid, index: int) -> list[str]:
    """Return the names of a header whose wide cells are told apart by a second row; empty where there is none.

    "Requirement" over "Area" and "Description" names two columns by what stands below it.
    """
    number, header = grid.rows[index]
    wide = [m for m in grid.merges if m.top == m.bottom == number and m.right > m.left]
    if not wide or index + 1 >= len(grid.rows) or grid.rows[index + 1][0] != number + 1:
        return []
    below = grid.rows[index + 1][1]
    if is_body(grid, index + 1) or any(_is_sentence(cell) for cell in below):
        return []
    names = header + [""] * (max(m.right for m in wide) + 1 - len(header))
    parts = {c: below[c] for m in wide for c in range(m.left, min(m.right + 1, len(below))) if below[c]}
    if len(parts) < 2 or any(len(part) > LONGEST_LABEL for part in below):
        return []
    return [parts.get(c, name) for c, name in enumerate(names)]


def is_named(header: Sequence[str], roles: Mapping[str, int]) -> bool:
    """Say whether a header row is one beyond doubt: its text or its id column has a telling name."""
    likenesses = {role: likeness(header[column], role) for role, column in roles.items()}
    return likenesses.get("text", 0.0) >= SURE or likenesses.get("id", 0.0) >= SURE


def is_other(header: Sequence[str]) -> bool:
    """Say whether a header is that of another kind of list: glossary, test cases, contacts, prices."""
    hits = sum(column_roles.plain(cell) in column_roles.words()["other_lists"] for cell in header if cell)
    strong = max((likeness(cell, "text") for cell in header if cell), default=0.0)
    return hits >= 2 and strong < 0.9


def named(cells: Sequence[str]) -> tuple[dict[str, int], float]:
    """Give each role its best column in a possible header row."""
    filled = [c for c in cells if c]
    if len(filled) < 2 or sum(len(c) > LONGEST_LABEL for c in filled) > len(filled) / 2:
        return _single(cells) if len(filled) == 1 else ({}, 0.0)
    taken: dict[str, int] = {}
    total = 0.0
    pairs = sorted(
        (
            (likeness(cell, role), -column, role)
            for column, cell in enumerate(cells)
            if cell
            for role in ROLES
            if role != "id" or not _is_no(cells, column)
        ),
        reverse=True,
    )
    for value, column, role in pairs:
        if value > 0 and role not in taken and -column not in taken.values():
            taken[role] = -column
            total += value
    return taken, total


def _is_no(cells: Sequence[str], column: int) -> bool:
    """Say whether a cell that may be short for number stands beside a yes, and so is the answer no."""
    beside = [cells[c] for c in (column - 1, column + 1) if 0 <= c < len(cells)]
    return any(column_roles.plain(cell) in YES for cell in beside)


def _single(cells: Sequence[str]) -> tuple[dict[str, int], float]:
    column = next(i for i, c in enumerate(cells) if c)
    value = likeness(cells[column], "text")
    return ({"text": column}, value / 2) if value >= 0.6 else ({}, 0.0)
