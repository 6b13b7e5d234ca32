"""A sheet that holds several tables, one below the other, each with columns of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from core.requirements.officefiles.grids import Grid
from core.requirements.read import column_roles, heading_row, layout, repair
from core.requirements.read.column_roles import LONGEST_LABEL, ROLES, likeness
from core.requirements.read.layout import SINGLE, SURE, Layout
from core.requirements.read.repair import Given

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
    headers = _header_rows(grid)
    if len(headers) < 2 or shape.header_row not in headers:
        return [shape]
    ends = [number - 1 for number in headers[1:]] + [None]
    tables = [
        _table(grid, given, number, None if number == headers[0] else number, last)
        for number, last in zip(headers, ends, strict=True)
    ]
    layouts = [table for table in tables if table is not None]
    return layouts if len(layouts) > 1 else [shape]


def _header_rows(grid: Grid) -> list[int]:
    """Return the rows that are headers beyond doubt, but for those that repeat the one above."""
    headers: list[int] = []
    last: dict[str, int] = {}
    for number, cells in grid.rows:
        roles = _columns(cells)
        if roles and roles != last:
            headers.append(number)
            last = roles
    return headers


def _table(grid: Grid, given: Sequence[Given], header: int, first: int | None, last: int | None) -> Layout | None:
    """Return the layout of one table, read by itself; None where its header is not taken for one.

    The first table has all rows above its header too, the last one all rows below it.
    """
    rows = [r for r in grid.rows if (first is None or first <= r[0]) and (last is None or r[0] <= last)]
    part = replace(grid, rows=rows)
    reading = repair.of(given, part)
    repaired = repair.apply(part, reading) if reading is not None and reading.header_row == header else None
    table = repaired or layout.find(part, by_name=False)
    return replace(table, last_row=last) if table is not None and table.header_row == header else None


def is_header(cells: Sequence[str]) -> bool:
    """Say whether a row is a header beyond doubt."""
    return bool(_columns(cells))


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Return the columns of a row that is a header beyond doubt: text and id, or text and answer; else nothing."""
    vocabulary = _words()
    short = sum(len(cell) <= LONGEST_LABEL and column_roles.plain(cell) in vocabulary for cell in cells if cell)
    if short < 2 or any(len(cell) > LONGEST_LABEL for cell in cells):
        return {}
    roles = heading_row.named(cells)[0]
    likenesses = {role: likeness(cells[column], role) for role, column in roles.items()}
    if likenesses.get("text", 0.0) < CERTAIN or max(likenesses.get("id", 0.0), likenesses.get("answer", 0.0)) < STRONG:
        return {}
    return {role: roles[role] for role in SINGLE if likenesses.get(role, 0.0) >= SURE}


@cache
def _words() -> frozenset[str]:
    """Return the very words of headings; two of them in a row are looked at closer, so that long lists stay quick."""
    return frozenset(column_roles.plain(word) for role in ROLES for word in column_roles.words()[role])
