"""A buyer's list in any layout, read into requirements at their own sheet and row."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import polars as pl

from core.contracts.errors import RequirementError
from core.metrics.measure import counted
from core.requirements.officefiles import grids
from core.requirements.officefiles.grids import File, Grid
from core.requirements.officefiles.sheetxml import MOST_ROWS, letters_of
from core.requirements.read import column_roles, layout, reading_notes, repair, stacked_tables
from core.requirements.read.layout import Layout
from core.requirements.read.repair import Given

MOST_REQUIREMENTS = 50_000
LARGE = 2 * 2**20
HEAD_ROWS = 500
LONGEST_TITLE = 120
TELLING = 0.9
SEPARATORS = (".", "-", "_", "/")
SHAPE = {
    "sheet": pl.String,
    "row": pl.Int64,
    "requirement_id": pl.String,
    "section": pl.String,
    "text": pl.String,
    "given_priority": pl.String,
    "given_category": pl.String,
    "answer_cells": pl.String,
    "is_hidden": pl.Boolean,
}


@dataclass(frozen=True)
class RequirementList:
    """Requirements as they stand in a buyer's file.

    Attributes
    ----------
    name : str
        The file's name.
    frame : pl.DataFrame
        [sheet, row, requirement_id, section, text, given_priority, given_category, answer_cells,
        is_hidden]: row as in the file, from 1; what the file does not have is null; text is verbatim;
        answer_cells are the cells left for the answer, such as "D7 E7".
    layouts : tuple of Layout
        How each sheet with requirements was read.
    skipped : tuple of str
        Sheets that hold none.
    content : bytes
        The file itself, for the workbook that goes back.
    notes : tuple of str
        What a person should know: encoding, macros, hidden rows, columns and sheets, rows not read.
    grids : tuple of Grid
        The sheets with requirements, cell by cell.
    """

    name: str
    frame: pl.DataFrame
    layouts: tuple[Layout, ...]
    skipped: tuple[str, ...]
    content: bytes = b""
    notes: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()

    def sentence(self) -> str:
        """Say how the file was read."""
        n, sheets = self.frame.height, len({shape.sheet for shape in self.layouts})
        where = f"{sheets} sheets" if sheets > 1 else f"sheet {self.layouts[0].sheet}" if self.layouts else ""
        if self.layouts and self.layouts[0].sheet == grids.TEXT_SHEET:
            where = "the file"
        text = f"{counted(n, 'requirement')} read from {where}."
        if self.skipped:
            n = len(self.skipped)
            text += f" {n} {'sheets hold' if n != 1 else 'sheet holds'} none: {', '.join(self.skipped[:5])}."
        return text

    @cached_property
    def key(self) -> str:
        """Return a key of what was read and how: the same file read in the same way has the same."""
        description = repr(
            [(lay.sheet, lay.header_row, sorted(lay.columns.items()), lay.answers) for lay in self.layouts]
        )
        return hashlib.sha256(self.content + description.encode() + str(self.frame.height).encode()).hexdigest()[:24]


def read_list(
    file: Path | str | bytes | BinaryIO | RequirementList, name: str = "", given: Sequence[Given] = ()
) -> RequirementList:
    """Read a requirement list from CSV, TSV, XLSX, XLSM or ODS in any layout.

    Looks at every sheet: finds the header row by the words in it (or does without one), the column
    with the requirement's text by name and by how much prose it holds, the columns with id, priority
    and category, and those left for answers. Section heads between the rows are carried down as
    `section`. A category written once over several rows holds for all of them.

    Parameters
    ----------
    file : path, bytes or binary file
        A list already read comes back as it is.
    name : str
        The file's name, where `file` is not a path.
    given : sequence of Given
        What a person said about this buyer's layout; it goes before what is found.

    Returns
    -------
    RequirementList

    Raises
    ------
    RequirementError
        When the file cannot be read, holds no requirement list, or its list has no rows or more than
        50,000.
    """
    if isinstance(file, RequirementList):
        return file
    title = name or (Path(file).name if isinstance(file, (str, Path)) else str(getattr(file, "name", "upload")))
    title, content = grids.content(file, title)
    opened = grids.open_file(content, title)
    shapes, notes = _layouts(opened, given, len(content))
    lists: list[tuple[Grid, Layout, pl.DataFrame]] = []
    parts = [(grid, part) for grid, whole in shapes for part in stacked_tables.find(grid, whole, given)]
    for grid, shape in parts:
        rows = _rows(grid, shape, leave_hidden=_leaves(given, grid))
        if rows.height or len(opened.names) == 1:
            lists.append((grid, shape, rows))
    _check(lists, title)
    frame = pl.concat([rows for _, _, rows in lists])
    skipped = tuple(n for n in opened.names if n not in {grid.name for grid, _, _ in lists})
    notes = [
        *opened.notes,
        *notes,
        *(note for grid, shape, rows in lists for note in reading_notes.notes(grid, shape, rows)),
    ]
    return RequirementList(
        title, frame, tuple(lay for _, lay, _ in lists), skipped, content, tuple(notes), tuple(g for g, _, _ in lists)
    )


def _leaves(given: Sequence[Given], grid: Grid) -> bool:
    correction = repair.of(given, grid)
    return correction is not None and correction.leave_hidden


def _check(lists: list[tuple[Grid, Layout, pl.DataFrame]], title: str) -> None:
    if not lists:
        raise RequirementError(
            "No requirement list was found in the file.",
            title,
            "It needs a column of requirements with a heading such as Requirement, Question or Description.",
        )
    height = sum(rows.height for _, _, rows in lists)
    if height == 0:
        raise RequirementError("The list has a heading but no rows.", title, "Export it again with its rows.")
    if height > MOST_REQUIREMENTS:
        raise RequirementError(
            f"The list has {height:,} rows; at most {MOST_REQUIREMENTS:,} are taken at once.",
            title,
            "Split it, or leave out the sheets that hold no requirements.",
        )


def _layouts(opened: File, given: Sequence[Given], weight: int) -> tuple[list[tuple[Grid, Layout]], list[str]]:
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


def _rows(grid: Grid, shape: Layout, *, leave_hidden: bool = False) -> pl.DataFrame:
    body = [(n, cells) for n, cells in grid.rows if shape.holds(n)]
    by_id = shape.columns.get("id")
    wants_id = by_id is not None and _share(body, by_id) > 0.6
    merged = _merged(grid, [c for r, c in shape.columns.items() if r in ("id", "priority", "category")])
    under = reading_notes.under(grid, shape.columns["text"])
    letters = [letters_of(cell.column) for cell in shape.answers]
    out: list[tuple[object, ...]] = []
    section, category = _headed(grid, shape), None
    below = [*(_id(cells, by_id) for _, cells in body[1:]), ""]
    for (number, cells), following in zip(body, below, strict=False):
        at = _texts_by_role(cells, number, shape, merged)
        if number in under and not at["text"]:
            continue
        filled = [cell for cell in cells if cell]
        if _is_heading(at, filled, wants_id=wants_id) or _is_parent(at, following):
            section = _title_of(filled, at["text"])
        elif not at["text"]:
            section = _title_beside(cells, shape) or section
        elif not _is_header_again(at, shape) and not (leave_hidden and number in grid.hidden_rows):
            category = at.get("category") or category
            out.append(_record(grid, number, at, section, category, letters))
    return pl.DataFrame(out, schema=SHAPE, orient="row")


def _texts_by_role(
    cells: Sequence[str], number: int, shape: Layout, merged: Mapping[tuple[int, int], str]
) -> dict[str, str]:
    """Return what a row holds for each role; the priority is the name of its marked column, where there are such."""
    at = {role: _cell(cells, number, column, merged) for role, column in shape.columns.items()}
    if shape.levels:
        at["priority"] = next((name for column, name in shape.levels if column < len(cells) and cells[column]), "")
    return at


def _title_of(filled: Sequence[str], text: str) -> str:
    """Return a section's title: the one text of its row, else what stands in the text's column."""
    title = filled[0] if len(set(filled)) == 1 else text or filled[0]
    return " ".join(title.split())[:120]


def _record(
    grid: Grid, number: int, at: Mapping[str, str], section: str | None, category: str | None, letters: Sequence[str]
) -> tuple[object, ...]:
    """Return one requirement in the order of `SHAPE`."""
    return (
        grid.name,
        number,
        at.get("id") or None,
        section,
        at["text"],
        at.get("priority") or None,
        category,
        " ".join(f"{letter}{number}" for letter in letters) or None,
        number in grid.hidden_rows,
    )


def _headed(grid: Grid, shape: Layout) -> str | None:
    """Return the title right above a table that is not the first of its sheet."""
    before = [(n, cells) for n, cells in grid.rows if shape.header_row and shape.header_row - 2 <= n < shape.header_row]
    titles = [[c for c in cells if c] for _, cells in before]
    is_later = any(
        stacked_tables.is_header(cells) for n, cells in grid.rows if shape.header_row and n < shape.header_row
    )
    return next((t[0][:LONGEST_TITLE] for t in reversed(titles) if is_later and len(set(t)) == 1), None)


def _merged(grid: Grid, wanted: Sequence[int]) -> Mapping[tuple[int, int], str]:
    """Return what cells merged downwards hold, by each row and column they cover."""
    rows = dict(grid.rows)
    out: dict[tuple[int, int], str] = {}
    for span in grid.merges:
        if span.left in wanted and span.bottom > span.top and span.bottom - span.top < 5_000:
            cells = rows.get(span.top, [])
            value = cells[span.left] if span.left < len(cells) else ""
            out |= {(row, span.left): value for row in range(span.top + 1, span.bottom + 1)}
    return out


def _cell(cells: Sequence[str], row: int, column: int, merged: Mapping[tuple[int, int], str]) -> str:
    own = cells[column] if column < len(cells) else ""
    return own or merged.get((row, column), "")


def _share(body: Sequence[tuple[int, list[str]]], column: int) -> float:
    return sum(bool(column < len(c) and c[column]) for _, c in body) / len(body) if body else 0.0


def _is_heading(at: Mapping[str, str], filled: Sequence[str], *, wants_id: bool) -> bool:
    """Say whether a row is a section head: one filled cell (or the same text over a merge) where others have more."""
    alone = len(set(filled)) == 1
    if alone and not at["text"]:
        return True
    if wants_id and not at.get("id"):
        return alone or (len(at["text"]) <= LONGEST_TITLE and column_roles.size(at["text"]) < 4) or is_title(at["text"])
    return False


def _title_beside(cells: Sequence[str], shape: Layout) -> str | None:
    """Return the title that a row without a requirement has between its id and the text's column."""
    if "id" not in shape.columns or not _id(cells, shape.columns["id"]):
        return None
    taken = {c for role, c in shape.columns.items() if role != "text"}
    beside = [c for i, c in enumerate(cells[: shape.columns["text"] + 1]) if i not in taken and not c.isdigit()]
    return next((" ".join(c.split())[:120] for c in beside if len(c) > 3), None)


def _id(cells: Sequence[str], column: int | None) -> str:
    return cells[column] if column is not None and column < len(cells) else ""


def _is_parent(at: Mapping[str, str], following: str) -> bool:
    """Say whether a row is the head of the numbered rows below it: 2 Security, then 2.1."""
    own = at.get("id", "").rstrip(".")
    under = bool(own and at["text"]) and following.startswith(own) and following[len(own) : len(own) + 1] in SEPARATORS
    text = at["text"]
    if not under or len(text) > LONGEST_TITLE:
        return False
    short = column_roles.size(text) < 4 or is_title(text)
    return short and text[-1:] not in ".?!" and not at.get("priority") and not column_roles.asks(text)


def is_title(text: str) -> bool:
    """Say whether a text is a title: few words, no end of sentence, all but little ones in capitals.

    Examples
    --------
    >>> is_title("Privacy of Third Parties"), is_title("Reports shall be exported")
    (True, False)
    """
    if len(text) > LONGEST_TITLE:
        return False
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 3]
    short = len(words) > 0 and column_roles.size(text) <= 8
    return short and text[-1:] not in ".?!;" and all(word[0].isupper() for word in words)


def _is_header_again(at: Mapping[str, str], shape: Layout) -> bool:
    names = {role: name for role, name in shape.names.items() if role in at}
    return bool(names) and all(column_roles.plain(at[role]) == column_roles.plain(name) for role, name in names.items())
