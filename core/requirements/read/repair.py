"""What a person says about a buyer's layout; it holds for every later file with the same headings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from core.contracts.errors import RequirementError
from core.requirements.officefiles.grids import Grid
from core.requirements.read import (
    answer_cells,
    answer_vocabulary,
    clause_list,
    column_roles,
    forms,
    heading_row,
    layout,
)
from core.requirements.read.answer_cells import Place
from core.requirements.read.layout import Layout

SEARCHED = 60


@dataclass(frozen=True)
class Given:
    """How one sheet is to be read.

    Attributes
    ----------
    sheet : str
    is_list : bool
        Whether it holds requirements at all.
    header_row : int or None
        As in the file it was said for; None where there is no header.
    header : tuple of str
        The cells of that row, or of the first one where there is no header; by them the layout is known again.
    columns : dict of str to int
        The place (from 0) of text, id, priority and category.
    answers : dict of int to str
        The kind of each answer column: choice, mark, statement or text.
    leave_hidden : bool
        Whether hidden rows are left out.
    as_found : bool
        Whether the sheet is a list, read as Quarterdeck finds it, whatever its name or its other sheets say.
    taken : tuple of str
        Texts of rows that are requirements, whatever they look like.
    """

    sheet: str
    is_list: bool = True
    header_row: int | None = None
    header: tuple[str, ...] = ()
    columns: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[int, str] = field(default_factory=dict)
    leave_hidden: bool = False
    as_found: bool = False
    taken: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return the name under which the layout is remembered."""
        heading = "\x1f".join(_head(self.header)) or f"sheet {self.sheet}"
        return f"{self.sheet[:60]} {hashlib.sha256(heading.encode()).hexdigest()[:16]}"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            **asdict(self),
            "header": list(self.header),
            "taken": list(self.taken),
            "answers": {str(c): k for c, k in self.answers.items()},
        }


def from_dict(values: Mapping[str, Any]) -> Given:
    """Return what `to_dict` wrote.

    Raises
    ------
    RequirementError
        When it is something else.
    """
    try:
        return Given(
            str(values["sheet"]),
            bool(values["is_list"]),
            values["header_row"],
            tuple(map(str, values["header"])),
            {str(k): int(v) for k, v in values["columns"].items()},
            {int(k): str(v) for k, v in values["answers"].items()},
            bool(values["leave_hidden"]),
            bool(values.get("as_found", False)),
            tuple(map(str, values.get("taken", ()))),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RequirementError("A remembered layout cannot be understood.", mend="Repair the reading again.") from error


def of(given: Sequence[Given], grid: Grid) -> Given | None:
    """Return what is known of a sheet by its headings, wherever they stand; the last said counts.

    What was said of a sheet of the same name goes first. Nothing is carried over to a sheet with other
    headings, whatever its name.
    """
    best: Given | None = None
    for reading in reversed(given):
        wanted = _head(reading.header)
        row = next((n for n, cells in grid.rows[:SEARCHED] if _head(cells) == wanted), None) if wanted else None
        if row is None:
            continue
        moved = replace(reading, header_row=None if reading.header_row is None else row)
        if reading.sheet == grid.name:
            return moved
        if best is None and reading.is_list and reading.header_row is not None and len(wanted) > 2:
            best = moved
    return best


def _head(cells: Sequence[str]) -> list[str]:
    labels = [column_roles.plain(cell) for cell in cells]
    while labels and not labels[-1]:
        labels.pop()
    return labels


def apply(grid: Grid, reading: Given) -> Layout | None:
    """Return the layout a person asked for; None where the sheet is no list.

    Raises
    ------
    RequirementError
        When no column is named for the text.
    """
    if not reading.is_list:
        return None
    if reading.as_found:
        shape = found(grid)
        return None if shape is None else replace(shape, is_given=True, taken=_rows_with(grid, reading.taken))
    if "text" not in reading.columns:
        raise RequirementError("No column is chosen for the requirement's text.", grid.name, "Choose one.")
    shape = layout.complete(grid, reading.header_row, reading.columns, 1.0, is_given=True)
    cells = {cell.column: cell for cell in answer_cells.find(grid, _names(grid, reading), reading.columns, grid.rows)}
    answers = tuple(_place(grid, reading, cells, c, kind) for c, kind in sorted(reading.answers.items()))
    single = {role: c for role, c in shape.columns.items() if role in layout.SINGLE}
    single |= {"answer": answers[0].column} if answers else {}
    names = {role: name for role, name in shape.names.items() if role in single}
    return Layout(
        grid.name,
        reading.header_row,
        single,
        names,
        1.0,
        shape.sure,
        answers,
        shape.first_row,
        True,
        levels=shape.levels,
        taken=_rows_with(grid, reading.taken),
    )


def found(grid: Grid) -> Layout | None:
    """Return how a sheet is read by itself: as text, as a form, or as a table; None where nothing in it is a list."""
    if grid.is_prose:
        return clause_list.find(grid)
    shape = forms.find(grid) or layout.find(grid, by_name=False)
    if shape is None:
        row = heading_row.first_labels(grid)
        shape = layout.under_header(grid, row) if row is not None else None
    if shape is None and grid.rows:
        reading = with_text(Given(grid.name), grid)
        shape = layout.complete(grid, None, reading.columns, 0.5) if reading.columns else None
    return shape


def taking(reading: Given, grid: Grid, rows: Sequence[int]) -> Given:
    """Return a reading with rows taken for requirements, by what stands in them."""
    wanted = set(rows)
    texts = [_longest(cells) for n, cells in grid.rows if n in wanted]
    return replace(reading, taken=tuple(dict.fromkeys([*reading.taken, *texts])))


def as_found(grid: Grid) -> Given:
    """Return the reading of a sheet that is a list as it stands."""
    header = grid.rows[0][1] if grid.rows else []
    shape = found(grid)
    if shape is not None and shape.header_row is not None:
        header = dict(grid.rows)[shape.header_row]
    number = shape.header_row if shape is not None else None
    return Given(grid.name, True, number, tuple(header), as_found=True)


def with_guess(reading: Given, grid: Grid, row: int | None) -> Given:
    """Return a reading with another heading row, and the columns guessed again by it."""
    moved = with_header(replace(reading, as_found=False), grid, row)
    shape = layout.under_header(grid, row) if row is not None else None
    if shape is None:
        return with_text(moved, grid)
    fresh = of_layout(shape, grid)
    return replace(moved, columns=fresh.columns, answers=fresh.answers)


def _rows_with(grid: Grid, texts: Sequence[str]) -> tuple[int, ...]:
    wanted = set(texts)
    return tuple(n for n, cells in grid.rows if _longest(cells) in wanted) if wanted else ()


def _longest(cells: Sequence[str]) -> str:
    return max(cells, key=len, default="")


def _names(grid: Grid, reading: Given) -> Sequence[str]:
    return next((cells for n, cells in grid.rows if n == reading.header_row), [])


def _place(grid: Grid, reading: Given, cells: Mapping[int, Place], column: int, kind: str) -> Place:
    if column in cells and cells[column].kind == kind:
        return cells[column]
    names = _names(grid, reading)
    name = names[column] if column < len(names) else ""
    words = tuple(w for c in grid.choices if any(s.left <= column <= s.right for s in c.spans) for w in c.words)
    return Place(
        column, name, kind, tuple(dict.fromkeys(words)), answer_vocabulary.meaning(name)[0] if kind == "mark" else ""
    )


def with_header(reading: Given, grid: Grid, row: int | None) -> Given:
    """Return a reading with another header row; None where there is no header."""
    header = next((cells for n, cells in grid.rows if row in (n, None)), [])
    return replace(reading, header_row=row, header=tuple(header))


def with_text(reading: Given, grid: Grid) -> Given:
    """Return a reading with the column of most words as the requirement, where none is named yet."""
    body = [row for row in grid.rows if row[0] > (reading.header_row or 0)]
    free = [c for c in range(grid.width) if c not in reading.columns.values() and c not in reading.answers]
    if "text" in reading.columns or not free:
        return reading
    best = max(free, key=lambda c: column_roles.prose(body, c) * column_roles.filled(body, c))
    return replace(reading, columns={**reading.columns, "text": best}) if column_roles.texts(body, best) else reading


def with_column(reading: Given, grid: Grid, column: int, role: str) -> Given:
    """Return a reading with a column taken for something else.

    Parameters
    ----------
    reading : Given
    grid : Grid
    column : int
        From 0.
    role : str
        text, id, priority, category, "statement" (how far we comply), "words" (our words), or "" for nothing.
    """
    single = {r: c for r, c in reading.columns.items() if c != column}
    answers = {c: k for c, k in reading.answers.items() if c != column}
    if role in layout.SINGLE:
        single[role] = column
    elif role == "words":
        answers[column] = "text"
    elif role:
        name = reading.header[column] if reading.header_row is not None and column < len(reading.header) else ""
        answers[column] = kind_of(grid, column, name)
    return replace(reading, columns=single, answers=answers)


def kind_of(grid: Grid, column: int, name: str) -> str:
    """Say how a column says how far we comply: by a drop-down, an X, or in words."""
    if any(s.left <= column <= s.right for c in grid.choices for s in c.spans):
        return "choice"
    return "mark" if answer_vocabulary.meaning(name)[1] >= layout.SURE and len(name) <= 30 else "statement"


def of_layout(shape: Layout, grid: Grid) -> Given:
    """Return a reading as found, as the start of a repair."""
    header = next((cells for n, cells in grid.rows if shape.header_row in (n, None)), [])
    single = {role: c for role, c in shape.columns.items() if role in layout.SINGLE}
    kinds = {cell.column: cell.kind for cell in shape.answers}
    return Given(grid.name, True, shape.header_row, tuple(header), single, kinds)
