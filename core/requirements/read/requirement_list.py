"""A buyer's list in any layout, read into requirements at their own sheet and row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import polars as pl

from core.contracts.errors import RequirementError
from core.localization import message
from core.requirements.officefiles import bundles, grids
from core.requirements.officefiles.grids import Grid
from core.requirements.read import left_out, project, reading_notes, repair, sheet_choice, stacked_tables, table_rows
from core.requirements.read.buyers_list import RequirementList
from core.requirements.read.layout import Layout
from core.requirements.read.repair import Given

MOST_REQUIREMENTS = 50_000

__all__ = ["MOST_REQUIREMENTS", "RequirementList", "read_any", "read_list"]


def read_list(
    file: Path | str | bytes | BinaryIO | RequirementList, name: str = "", given: Sequence[Given] = ()
) -> RequirementList:
    """Read a requirement list from a file of any kind in any layout.

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
    source = read_any(file, name, given)
    _check(source)
    return source


def read_any(
    file: Path | str | bytes | BinaryIO | RequirementList, name: str = "", given: Sequence[Given] = ()
) -> RequirementList:
    """Read a file as `read_list` does, but return a list without rows where the file holds none.

    Raises
    ------
    RequirementError
        When the file cannot be read at all.
    """
    if isinstance(file, RequirementList):
        return file
    title = name or (Path(file).name if isinstance(file, (str, Path)) else str(getattr(file, "name", "upload")))
    title, content = grids.content(file, title)
    if bundles.is_bundle(content):
        return project.read(content, title, given, read_any)
    opened = grids.open_file(content, title)
    choice = sheet_choice.choose(opened, given, len(content))
    lists: list[tuple[Grid, Layout, pl.DataFrame]] = []
    parts = [(grid, part) for grid, whole in choice.tables for part in stacked_tables.find(grid, whole, given)]
    for grid, shape in parts:
        rows = table_rows.rows(grid, shape, leave_hidden=_leaves(given, grid))
        if rows.height or len(opened.names) == 1:
            lists.append((grid, shape, rows))
    frame = pl.concat([rows for _, _, rows in lists]) if lists else pl.DataFrame(schema=table_rows.SHAPE)
    skipped = tuple(n for n in opened.names if n not in {grid.sheet for grid, _, _ in lists})
    more = [note for grid, shape, rows in lists for note in reading_notes.notes(grid, shape, rows)]
    return RequirementList(
        title,
        frame,
        tuple(shape for _, shape, _ in lists),
        skipped,
        content,
        (*opened.notes, *choice.notes, *more),
        tuple(grid for grid, _, _ in lists),
        left_out.of_file(choice.sheets, [(grid, shape) for grid, shape, _ in lists], frame, choice.reasons),
    )


def _leaves(given: Sequence[Given], grid: Grid) -> bool:
    correction = repair.of(given, grid)
    return correction is not None and correction.leave_hidden


def _check(source: RequirementList) -> None:
    if not source.layouts:
        raise RequirementError(
            "No requirement list was found in the file.",
            source.name,
            "It needs a column of requirements with a heading such as Requirement, Question or Description.",
        )
    height = source.frame.height
    if height == 0:
        raise RequirementError("The list has a heading but no rows.", source.name, "Export it again with its rows.")
    if height > MOST_REQUIREMENTS:
        raise RequirementError(
            message(
                "The list has {height:,} rows; at most {most_requirements:,} are taken at once.",
                height=height,
                most_requirements=MOST_REQUIREMENTS,
            ),
            source.name,
            "Split it, or leave out the sheets that hold no requirements.",
        )
