"""Which sheets of a file are lists, by what stands in them; a name never beats that."""

from __future__ import annotations

from collections.abc import Sequence

from core.requirements.officefiles.grids import File, Grid
from core.requirements.officefiles.sheetxml import MOST_ROWS
from core.requirements.read import column_roles, layout, repair
from core.requirements.read.layout import Layout
from core.requirements.read.repair import Given

LARGE = 2 * 2**20
HEAD_ROWS = 500
TELLING = 0.9


def layouts(opened: File, given: Sequence[Given], weight: int) -> tuple[list[tuple[Grid, Layout]], list[str]]:
    """Choose the sheets with requirements; sheets named otherwise are asked only when no other is one."""
    most = HEAD_ROWS if weight > LARGE else MOST_ROWS
    chosen, notes = _chosen([opened.grid(sheet, most) for sheet in opened.names], given)
    chosen = _telling(chosen)
    if most == MOST_ROWS:
        return chosen, notes
    whole = [(opened.grid(grid.name), shape) for grid, shape in chosen]
    return [(grid, _again(grid, shape)) for grid, shape in whole], notes


def _chosen(sheets: Sequence[Grid], given: Sequence[Given]) -> tuple[list[tuple[Grid, Layout]], list[str]]:
    """Choose the visible sheets named like lists; where none is one, any visible sheet, and then the hidden ones."""
    chosen, notes = _first_choice(sheets, given)
    if not chosen and not given:
        chosen = _lists_among([grid for grid in sheets if not grid.is_hidden], by_name=False)
    if not chosen and not given:
        chosen = _lists_among([grid for grid in sheets if grid.is_hidden])
        notes = [f"The sheet {grid.name} is hidden; it was read, for no other one holds a list." for grid, _ in chosen]
    return chosen, notes


def _first_choice(sheets: Sequence[Grid], given: Sequence[Given]) -> tuple[list[tuple[Grid, Layout]], list[str]]:
    """Choose the sheets a person corrected and the visible lists; note the hidden ones that look like a list too."""
    chosen: list[tuple[Grid, Layout]] = []
    notes: list[str] = []
    for grid in sheets:
        correction = repair.of(given, grid)
        shape = repair.apply(grid, correction) if correction else None if grid.is_hidden else layout.find(grid)
        if shape is not None:
            chosen.append((grid, shape))
        elif correction is None and grid.is_hidden and layout.find(grid) is not None:
            notes.append(f"The hidden sheet {grid.name} looks like a list too; it was left out.")
    return chosen, notes


def _lists_among(sheets: Sequence[Grid], *, by_name: bool = True) -> list[tuple[Grid, Layout]]:
    shapes = [(grid, layout.find(grid, by_name=by_name)) for grid in sheets]
    return [(grid, shape) for grid, shape in shapes if shape is not None]


def _telling(chosen: list[tuple[Grid, Layout]]) -> list[tuple[Grid, Layout]]:
    """Leave out what only resembles a list, where another sheet of the file surely is one.

    A data model or a table of interfaces has a description too, but no ids, and asks for nothing.
    """
    if not any(_is_named(shape) for _, shape in chosen):
        return chosen
    return [(g, s) for g, s in chosen if s.is_given or "id" in s.columns or _asks(g, s) or _is_named(s)]


def _is_named(shape: Layout) -> bool:
    return column_roles.likeness(shape.names.get("text", ""), "text") >= TELLING


def _asks(grid: Grid, shape: Layout) -> bool:
    body = [row for row in grid.rows if row[0] >= shape.first_row]
    return column_roles.asking(body, shape.columns["text"]) >= 0.3


def _again(grid: Grid, shape: Layout) -> Layout:
    """Look at a sheet in full, once its head has told its layout: answer columns need its drop-downs."""
    if shape.is_given:
        return shape
    return layout.complete(grid, shape.header_row, shape.columns, shape.confidence)
