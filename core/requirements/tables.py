"""A sheet that holds several tables, one below the other, each with columns of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from core.requirements import columns, layout, repair
from core.requirements.columns import LONGEST_LABEL, ROLES, likeness
from core.requirements.grids import Grid
from core.requirements.layout import SINGLE, SURE, Layout
from core.requirements.repair import Given

CERTAIN, STRONG = 0.9, 0.8


def find(grid: Grid, shape: Layout, given: Sequence[Given] = ()) -> list[Layout]:
    """Return the layouts of a sheet that holds several tables, one below the other, with other columns each.

    Parameters
    ----------
    grid : Grid
    shape : Layout
        How the sheet was read as one table.
    given : sequence of Given
        What a person said about this layout; each table is known by its own heading.
    """
    if shape.header_row is None:
        return [shape]
    heads: list[tuple[int, dict[str, int]]] = []
    for number, cells in grid.rows:
        roles = _columns(cells)
        if roles and (not heads or roles != heads[-1][1]):
            heads.append((number, roles))
    if len(heads) < 2 or shape.header_row not in {number for number, _ in heads}:
        return [shape]
    ends = [number - 1 for number, _ in heads[1:]] + [None]
    out = []
    for place, ((number, _), last) in enumerate(zip(heads, ends, strict=True)):
        rows = [r for r in grid.rows if (number <= r[0] or not place) and (last is None or r[0] <= last)]
        part = replace(grid, rows=rows)
        known = repair.of(given, part)
        said = repair.apply(part, known) if known is not None and known.header_row == number else None
        found = said or layout.find(part, by_name=False)
        if found is not None and found.header_row == number:
            out.append(replace(found, last_row=last))
    return out if len(out) > 1 else [shape]


def is_header(cells: Sequence[str]) -> bool:
    """Say whether a row is a header beyond doubt."""
    return bool(_columns(cells))


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Return the columns of a row that is a header beyond doubt: text and id, or text and answer; else nothing."""
    known_words = _words()
    short = sum(len(cell) <= LONGEST_LABEL and columns.plain(cell) in known_words for cell in cells if cell)
    if short < 2 or any(len(cell) > LONGEST_LABEL for cell in cells):
        return {}
    roles = layout.named(cells)[0]
    known = {role: likeness(cells[column], role) for role, column in roles.items()}
    if known.get("text", 0.0) < CERTAIN or max(known.get("id", 0.0), known.get("answer", 0.0)) < STRONG:
        return {}
    return {role: roles[role] for role in SINGLE if known.get(role, 0.0) >= SURE}


@cache
def _words() -> frozenset[str]:
    """Return the very words of headings; two of them in a row are looked at closer, so that long lists stay quick."""
    return frozenset(columns.plain(word) for role in ROLES for word in columns.words()[role])
