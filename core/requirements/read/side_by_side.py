"""Blocks that stand side by side on one sheet, each a table of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.localization import message
from core.requirements.officefiles.grids import Grid
from core.requirements.officefiles.sheetxml import letters_of
from core.requirements.read import column_roles, heading_row, layout
from core.requirements.read.column_roles import likeness

SURE = 0.7
PROSE = 3.0
FEWEST = 2


def blocks(grid: Grid) -> list[Grid]:
    """Return the blocks of a sheet that stand side by side; the sheet itself where it holds one table.

    Blocks begin where the headings start again ("Id, Requirement, Id, Requirement"), or after an empty column
    where either side names a text and an id of its own.

    Parameters
    ----------
    grid : Grid
    """
    for number, cells in grid.rows[: heading_row.HEADER_DEPTH]:
        if sum(likeness(cell, "text") >= SURE for cell in cells if cell) < FEWEST:
            continue
        starts = _repeated(cells) or _parted(grid, cells)
        parts = _cut(grid, starts) if starts else []
        if len(parts) > 1 and all(_is_table(part, number) for part in parts):
            return parts
    return [grid]


def like(grid: Grid, part: Grid) -> list[Grid]:
    """Return the block of a sheet that was looked at in part before, cut at the same columns."""
    if part.part_of is None and part.width == grid.width:
        return [grid]
    return [block for block in blocks(grid) if block.name == part.name] or [replace(grid, name=part.name)]


def _repeated(cells: Sequence[str]) -> list[int]:
    """Return where blocks start whose headings are all repeated in the same order."""
    labels = [column_roles.plain(cell) for cell in cells]
    filled = [c for c, label in enumerate(labels) if label]
    first = filled[0] if filled else 0
    again = [c for c in filled if c > first and labels[c] == labels[first]]
    if not again:
        return []
    starts = [first, *again]
    width = again[0] - first
    want = [label for label in labels[first : first + width] if label]
    runs = [[label for label in labels[start : start + width] if label] for start in starts]
    is_alike = len(want) >= FEWEST and all(run[:FEWEST] == want[:FEWEST] for run in runs)
    return starts if is_alike else []


def _parted(grid: Grid, cells: Sequence[str]) -> list[int]:
    """Return where blocks start that an empty column parts, each with a text and an id of its own."""
    body = grid.rows[: column_roles.SEEN]
    empty = [c for c in range(len(cells)) if not cells[c] and not column_roles.texts(body, c)]
    starts, last = [], -1
    for column in [*empty, len(cells)]:
        if any(cells[last + 1 : column]):
            starts.append(last + 1)
        last = column
    ends = [*starts[1:], len(cells)]
    for start, end in zip(starts, ends, strict=True):
        roles = heading_row.named([*[""] * start, *cells[start:end]])[0]
        if not {"text", "id"} <= set(roles) or likeness(cells[roles["text"]], "text") < SURE:
            return []
    return starts if len(starts) > 1 else []


def _cut(grid: Grid, starts: Sequence[int]) -> list[Grid]:
    """Return the blocks between columns, each cell at its own place."""
    out = []
    for index, (start, end) in enumerate(zip(starts, [*starts[1:], max(grid.width, starts[-1] + 1)], strict=True)):
        left = 0 if index == 0 else start
        rows = [(n, [*[""] * left, *cells[left:end]]) for n, cells in grid.rows]
        rows = [(n, cells) for n, cells in rows if any(cells)]
        name = (
            grid.name
            if index == 0
            else message("{name}, from column {letters_of}", name=grid.name, letters_of=letters_of(start))
        )
        choices = tuple(c for c in grid.choices if any(left <= s.left < end for s in c.spans))
        out.append(replace(grid, name=name, rows=rows, choices=choices, part_of=grid.sheet))
    return out


def _is_table(part: Grid, header: int) -> bool:
    shape = layout.find(part, by_name=False)
    if shape is None or shape.header_row != header:
        return False
    body = [row for row in part.rows if row[0] > header]
    return column_roles.prose(body, shape.columns["text"]) >= PROSE
