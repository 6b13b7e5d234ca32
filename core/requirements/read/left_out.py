"""What was not read: every sheet without a list and every row that looks like a requirement all the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from core.requirements.officefiles.grids import Grid
from core.requirements.read import column_roles
from core.requirements.read.layout import Layout

WORDS = 5
MOST_ROWS = 2_000
EXAMPLE = re.compile(
    r"^\W*(example|e\.g\.|sample|muster|beispiel|exemple|ejemplo|exemplo|esempio|voorbeeld|przykład|例)(\s+\w{1,12}){0,2}\s*[:：]|"
    r"^\W*(example|sample|beispiel|exemple|ejemplo|exemplo|esempio|voorbeeld|przykład|例)\W*$",
    re.IGNORECASE,
)
NOTE = re.compile(
    r"^\W*(note|notes|nb|n\.b\.|hint|hinweis|anmerkung|remarque|nota|opmerking|let op|uwaga|注|explanation|guidance|"
    r"rationale|erläuterung|begründung|explication|aclaración|explicação|toelichting|wyjaśnienie|说明)\s*\d*\s*[:：]",
    re.IGNORECASE,
)


# What is asked to stand in a column, under its heading: "(max. 200 characters)".
IN_BRACKETS = re.compile(r"^(?:\([^()]*\)|\[[^\[\]]*\]|<[^<>]*>)$")


@dataclass(frozen=True)
class NotRead:
    """A sheet, or rows of one, that were not read as requirements.

    Attributes
    ----------
    sheet : str
    reason : str
        Why not, in one sentence.
    rows : tuple of int
        Rows, as in the file, that look like requirements all the same.
    """

    sheet: str
    reason: str
    rows: tuple[int, ...] = ()


def is_aside(key: str, text: str) -> bool:
    """Say whether a row is an example or a note to whoever fills the list in.

    Examples
    --------
    >>> is_aside("Example", "The system shall …"), is_aside("", "Note: answer every row."), is_aside("1", "Notes")
    (True, True, False)
    """
    is_told = IN_BRACKETS.match(text) and (not key or IN_BRACKETS.match(key))
    return bool(EXAMPLE.match(key) or EXAMPLE.match(text) or is_told) or (not key and bool(NOTE.match(text)))


def looks_like_one(cells: Sequence[str]) -> bool:
    """Say whether a row holds a text of five words and more that asks for something."""
    return any(column_roles.size(cell) >= WORDS and column_roles.asks(cell) for cell in cells if len(cell) > 12)


def of_file(
    sheets: Sequence[Grid], tables: Sequence[tuple[Grid, Layout]], frame: pl.DataFrame, reasons: Mapping[str, str]
) -> tuple[NotRead, ...]:
    """Return every sheet and every requirement-like row that was not read.

    Parameters
    ----------
    sheets : sequence of Grid
        All blocks of all sheets.
    tables : sequence of (Grid, Layout)
        Those that were read.
    frame : pl.DataFrame
        [sheet, row, ...] of the requirements.
    reasons : mapping of str to str
        Why sheets were not read.
    """
    rows_read: dict[str, set[int]] = {}
    for sheet, row in frame.select("sheet", "row").iter_rows():
        rows_read.setdefault(sheet, set()).add(row)
    shapes: dict[str, list[tuple[Grid, Layout]]] = {}
    for grid, shape in tables:
        shapes.setdefault(grid.name, []).append((grid, shape))
    out: list[NotRead] = []
    for grid in sheets:
        if grid.name in shapes:
            whole, _ = shapes[grid.name][0]
            out += _rows_left(whole, [shape for _, shape in shapes[grid.name]], rows_read.get(grid.name, set()))
        elif grid.rows:
            rows = tuple(n for n, cells in grid.rows if looks_like_one(cells))[:MOST_ROWS]
            out.append(NotRead(grid.name, reasons.get(grid.name) or "It holds no rows below its heading.", rows))
        else:
            out.append(NotRead(grid.name, "It is empty."))
    return tuple(out)


def _rows_left(grid: Grid, shapes: Sequence[Layout], rows_read: set[int]) -> list[NotRead]:
    """Return the requirement-like rows of a list that were not read, by the reason."""
    first = min(shape.first_row for shape in shapes)
    by_reason: dict[str, list[int]] = {}
    headings = {shape.header_row for shape in shapes}
    for number, cells in grid.rows:
        if number in rows_read or number in headings or not looks_like_one(cells):
            continue
        by_reason.setdefault(_why(number, cells, first, grid), []).append(number)
    return [NotRead(grid.name, why, tuple(numbers[:MOST_ROWS])) for why, numbers in by_reason.items()]


def _why(number: int, cells: Sequence[str], first: int, grid: Grid) -> str:
    filled = [cell for cell in cells if cell]
    if number < first:
        return "It stands above the heading."
    if is_aside(filled[0], "") or any(is_aside("", cell) for cell in filled):
        return "It is an example or a note."
    if number in grid.hidden_rows:
        return "It stands in a hidden row."
    return "It was taken for a section's title, a remark or a part of the row above."
