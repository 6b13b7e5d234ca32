"""What was read from a buyer's file, as JSON: each list with its columns and rows, and what was not read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from core.localization import message
from core.requirements.officefiles import bundles
from core.requirements.officefiles.grids import Grid
from core.requirements.officefiles.sheetxml import letters_of
from core.requirements.read.answer_cells import Place
from core.requirements.read.layout import SINGLE, Layout
from core.requirements.read.requirement_list import RequirementList, read_any
from core.requirements.text.row_kind import row_kind

COLUMNS = ("id", "text", "priority", "category")


def of_paths(paths: Sequence[Path]) -> RequirementList:
    """Read a file; several of them, or a folder, as one.

    Raises
    ------
    RequirementError
        When one cannot be read.
    """
    if len(paths) == 1 and not paths[0].is_dir():
        return read_any(paths[0])
    name, content = bundles.of_paths(paths)
    return read_any(content, name)


def as_dict(source: RequirementList) -> dict[str, Any]:
    """Return the lists of a file and what was not read.

    Parameters
    ----------
    source : RequirementList

    Returns
    -------
    dict
        `lists`: one per table, [sheet, header_row, columns, answer_columns, rows], where `columns` names each
        role by its heading, or "column A" where there is none, null where the list has no such column; `rows`
        holds [row, id, text, kind, polarity]. `not_read`: [sheet, reason, rows], rows being numbers as in the
        file. `file` and `notes` say what else a person should know; lists of several files name theirs.
    """
    lists = [
        _table(grid, shape, source.rows_of(grid, shape))
        for grid, shape in zip(source.grids, source.layouts, strict=True)
    ]
    not_read = [{"sheet": part.sheet, "reason": part.reason, "rows": list(part.rows)} for part in source.not_read]
    return {"file": source.name, "lists": lists, "not_read": not_read, "notes": list(source.notes)}


def _table(grid: Grid, shape: Layout, rows: pl.DataFrame) -> dict[str, Any]:
    return {
        **({"file": grid.file} if grid.file else {}),
        "sheet": grid.sheet,
        "header_row": shape.header_row,
        "columns": {role: _column(shape, role) for role in COLUMNS},
        "answer_columns": _answer_columns(shape),
        "rows": [_row(*row) for row in rows.select("row", "requirement_id", "text").iter_rows()],
    }


def _row(number: int, key: str | None, text: str) -> dict[str, Any]:
    kind = row_kind(text)
    return {"row": number, "id": key, "text": text, "kind": kind.kind, "polarity": kind.polarity}


def _column(shape: Layout, role: str) -> str | None:
    """Return the heading of a role's column; several marked columns are named together."""
    if role in shape.columns and role in SINGLE:
        return shape.names.get(role) or message("column {letters_of}", letters_of=letters_of(shape.columns[role]))
    if role == "priority" and shape.levels:
        return " / ".join(name for _, name in shape.levels)
    return None


def _answer_columns(shape: Layout) -> list[str]:
    """Name the columns left for answers; columns of which one gets an X stand together."""
    marks = [cell for cell in shape.answers if cell.kind == "mark"]
    out: list[str] = []
    for cell in shape.answers:
        if cell.kind != "mark":
            out.append(_answer_column(cell))
        elif cell == marks[0]:
            out.append(
                message(
                    "one X in {letters_of}:{letters_of_2}",
                    letters_of=letters_of(marks[0].column),
                    letters_of_2=letters_of(marks[-1].column),
                )
            )
    return out


def _answer_column(cell: Place) -> str:
    letters = letters_of(cell.column)
    if cell.below:
        return (
            message("{letters} of the next row", letters=letters)
            if cell.below == 1
            else message("{letters} {below} rows below", letters=letters, below=cell.below)
        )
    return cell.name or message("column {letters}", letters=letters)


def sentences(source: RequirementList) -> list[str]:
    """Say in sentences which lists a file holds, and what was not read."""
    lines = [source.sentence() if source.layouts else message("{name} holds no requirement list.", name=source.name)]
    lines += [shape.sentence() for shape in source.layouts]
    lines += [message("Not read: {sheet}: {reason}", sheet=part.sheet, reason=part.reason) for part in source.not_read]
    return [*lines, *source.notes]
