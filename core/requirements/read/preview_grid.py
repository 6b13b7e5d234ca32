"""A sheet as it stands in the file, with what each row and column was taken for."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.requirements.officefiles.grids import Grid
from core.requirements.officefiles.sheetxml import letters_of
from core.requirements.read.layout import Layout

ROLE_NAMES = {
    "text": "Requirement",
    "id": "Id",
    "priority": "Priority",
    "category": "Category",
    "choice": "Answer: drop-down",
    "mark": "Answer: put an X",
    "statement": "Answer: compliance",
    "words": "Answer: comment",
}
ROW_NAMES = {
    "header": "Heading",
    "requirement": "Requirement",
    "section": "Section",
    "hidden": "Hidden",
    "": "Ignored",
}
MOST_SHOWN = 60
WIDEST = 24
LEAD = 8


@dataclass(frozen=True)
class Painted:
    """A window on a sheet.

    Attributes
    ----------
    frame : pl.DataFrame
        [row, taken_for, A, B, …]: the row's number in the file, what it was taken for, and its cells.
    roles : dict of str to str
        Per column letter what the column was taken for; columns taken for nothing are left out.
    """

    frame: pl.DataFrame
    roles: dict[str, str]


def roles(shape: Layout | None) -> dict[int, str]:
    """Return what each column was taken for, by its place from 0: text, id, ..., choice, mark, statement, words."""
    if shape is None:
        return {}
    by_column = {column: role for role, column in shape.columns.items() if role not in ("answer", "comment")}
    return by_column | {p.column: "words" if p.kind == "text" else p.kind for p in shape.answers}


def paint(grid: Grid, shape: Layout | None, rows: pl.DataFrame | None, most: int = MOST_SHOWN) -> Painted:
    """Return the first rows of a sheet and what they were taken for.

    Parameters
    ----------
    grid : Grid
    shape : Layout or None
        How it was read; None where it was not taken for a list.
    rows : pl.DataFrame or None
        [sheet, row, ...] of the requirements read.
    most : int
        How many rows to show, from a little above the first that matters.
    """
    taken = set(rows.filter(pl.col("sheet") == grid.name)["row"]) if rows is not None else set()
    by_column = roles(shape)
    width = min(max(grid.width, *(column + 1 for column in by_column), 1) if by_column else max(grid.width, 1), WIDEST)
    letters = [letters_of(column) for column in range(width)]
    out = []
    first = next((i for i, (n, _) in enumerate(grid.rows) if n in taken or (shape and n == shape.header_row)), 0)
    start = max(0, first - LEAD)
    for number, cells in grid.rows[start : start + most]:
        kind = ROW_NAMES[_kind(number, cells, grid, shape, taken)]
        out.append((number, kind, *(cells[c] if c < len(cells) else "" for c in range(width))))
    schema = {"row": pl.Int64, "taken_for": pl.String, **dict.fromkeys(letters, pl.String)}
    named = {letters_of(column): ROLE_NAMES[role] for column, role in by_column.items() if column < width}
    return Painted(pl.DataFrame(out, schema=schema, orient="row"), named)


def _kind(number: int, cells: list[str], grid: Grid, shape: Layout | None, taken: set[int]) -> str:
    if number in taken:
        return "requirement"
    if number in grid.hidden_rows:
        return "hidden"
    if shape is None:
        return ""
    if shape.header_row is not None and shape.header_row <= number < shape.first_row:
        return "header"
    return "section" if number >= shape.first_row and len({c for c in cells if c}) == 1 else ""
