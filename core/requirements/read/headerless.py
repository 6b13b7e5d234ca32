"""A sheet whose header is missing, or in words nobody knows here: told by what stands in its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.requirements.officefiles.grids import Grid
from core.requirements.read import column_roles
from core.requirements.read.column_roles import LONGEST_LABEL, ROLES, Body, likeness

PROSE_WORDS = 4.0
DEEP = 200
STRONG = 0.8
DISTINCT = 0.4
Bare = tuple[int | None, dict[str, int], float]


def headless(grid: Grid) -> Bare | None:
    """Return header row, columns and sureness of a sheet without header: an id-like column beside one of prose."""
    ids = re.compile(r"^[A-Za-z]{1,8}[-_. ]?\d+[A-Za-z]?([.\-]\d+[A-Za-z]?)*$")
    for column in range(min(grid.width - 1, 6)):
        marked = [row for row in grid.rows if column < len(row[1]) and ids.match(row[1][column])]
        if len(marked) < max(5, 0.3 * len(grid.rows)) or column_roles.idlike(marked, column) < DISTINCT:
            continue
        beside = {c: weight(marked, c) for c in range(grid.width) if c != column}
        text = max(beside, key=lambda c: beside[c])
        if column_roles.prose(marked, text) * column_roles.filled(marked, text) >= PROSE_WORDS:
            sure = 0.55 + 0.25 * min(column_roles.filled(marked, text), column_roles.idlike(marked, column))
            above = _above(grid, marked[0][0], text, column)
            return above, {"text": text, "id": column}, round(sure, 2)
    return None


def _above(grid: Grid, row: int, text: int, key: int) -> int | None:
    """Return the row right above the first requirement, where it names the columns in words nobody knows here."""
    number, cells = next(((n, c) for n, c in grid.rows if n == row - 1), (None, []))
    if number is None or max(text, key) >= len(cells) or not (cells[text] and cells[key]):
        return None
    is_label = all(len(cell) <= LONGEST_LABEL and cell[-1:] not in ".?!;" for cell in (cells[text], cells[key] + " "))
    is_label = is_label and column_roles.size(cells[text]) < 5
    return number if is_label and (not column_roles.asks(cells[text]) or _names_others(cells, text)) else None


def weight(body: Body, column: int) -> float:
    """Weigh a column as the text beside ids: filled nearly everywhere counts more than long."""
    return min(column_roles.prose(body, column), 10.0) * column_roles.filled(body, column) ** 2


def by_shape(grid: Grid) -> Bare | None:
    """Return header row, columns and sureness of a sheet with a header in no language known here: one column asks."""
    body = grid.rows[:DEEP]
    weights = {c: weight(body, c) for c in range(grid.width) if column_roles.asking(body, c) >= 0.6}
    text = max(weights, key=lambda c: weights[c], default=None)
    if text is None or weights[text] < PROSE_WORDS / 2 or len(column_roles.texts(body, text)) < 3:
        return None
    first = next(i for i, (_, cells) in enumerate(body) if text < len(cells) and cells[text])
    number, cells = body[first]
    is_label = column_roles.size(cells[text]) < 5 and (not column_roles.asks(cells[text]) or _names_others(cells, text))
    roles = {"text": text}
    rest = body[first + 1 :] if is_label else body[first:]
    for role, measure in (("id", column_roles.idlike), ("priority", column_roles.levels)):
        fit = [c for c in range(grid.width) if c not in roles.values() and measure(rest, c) > 0.8]
        if fit and column_roles.filled(rest, fit[0]) > 0.6:
            roles[role] = fit[0]
    words = [] if "id" in roles else [c for c in range(text) if column_roles.is_word_ids(rest, c)]
    roles |= {"id": words[0]} if words else {}
    return number if is_label else None, roles, 0.5


def _names_others(cells: Sequence[str], text: int) -> bool:
    """Say whether a row is a heading by what its other cells say: an id and a response, say."""
    others = [cell for column, cell in enumerate(cells) if cell and column != text]
    likenesses = [max(likeness(cell, role) for role in ROLES if role != "text") for cell in others]
    return bool(likenesses) and all(len(cell) <= LONGEST_LABEL for cell in others) and max(likenesses) >= STRONG
