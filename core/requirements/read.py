"""A buyer's list in any layout, read into requirements at their own sheet and row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from core.contracts.errors import RequirementError
from core.requirements import grids, layout
from core.requirements.grids import Grid
from core.requirements.layout import Layout

MOST_REQUIREMENTS = 50_000
SHAPE = {
    "sheet": pl.String,
    "row": pl.Int64,
    "requirement_id": pl.String,
    "section": pl.String,
    "text": pl.String,
    "given_priority": pl.String,
    "given_category": pl.String,
}


@dataclass(frozen=True)
class RequirementList:
    """Requirements as they stand in a buyer's file.

    Attributes
    ----------
    name : str
        The file's name.
    frame : pl.DataFrame
        [sheet, row, requirement_id, section, text, given_priority, given_category]: row as in the
        file, from 1; what the file does not have is null; text is verbatim.
    layouts : tuple of Layout
        How each sheet with requirements was read.
    skipped : tuple of str
        Sheets that hold none.
    content : bytes
        The file itself, for the workbook that goes back.
    """

    name: str
    frame: pl.DataFrame
    layouts: tuple[Layout, ...]
    skipped: tuple[str, ...]
    content: bytes = b""

    def sentence(self) -> str:
        """Say how the file was read."""
        n, sheets = self.frame.height, len(self.layouts)
        where = f"{sheets} sheets" if sheets > 1 else f"sheet {self.layouts[0].sheet}" if self.layouts else ""
        if self.layouts and self.layouts[0].sheet == "csv":
            where = "the file"
        text = f"{n:,} requirements read from {where}."
        if self.skipped:
            text += f" {len(self.skipped)} sheets hold none: {', '.join(self.skipped[:5])}."
        return text


def read_list(file: Path | str | bytes | BinaryIO, name: str = "") -> RequirementList:
    """Read a requirement list from CSV, TSV or XLSX in any layout.

    Looks at every sheet: finds the header row by the words in it (or does without one), the column
    with the requirement's text by name and by how much prose it holds, and the columns with id,
    priority, category and answer. Section heads between the rows are carried down as `section`.
    A category written once over several rows holds for all of them.

    Parameters
    ----------
    file : path, bytes or binary file
    name : str
        The file's name, where `file` is not a path.

    Returns
    -------
    RequirementList

    Raises
    ------
    RequirementError
        When the file cannot be read, holds no requirement list, or its list has no rows or more than
        50,000.
    """
    title = name or (Path(file).name if isinstance(file, (str, Path)) else str(getattr(file, "name", "upload")))
    title, held = grids.content(file, title)
    found = grids.load(held, title)
    parts: list[pl.DataFrame] = []
    layouts: list[Layout] = []
    skipped: list[str] = []
    for grid in found:
        shape = None if grid.is_hidden else layout.find(grid)
        rows = _rows(grid, shape) if shape else pl.DataFrame(schema=SHAPE)
        if shape is None or (rows.is_empty() and len(found) > 1):
            skipped.append(grid.name)
            continue
        layouts.append(shape)
        parts.append(rows)
    if not layouts:
        raise RequirementError(
            "No requirement list was found in the file.",
            title,
            "It needs a column of requirements with a heading such as Requirement, Question or Description.",
        )
    frame = pl.concat(parts)
    if frame.is_empty():
        raise RequirementError("The list has a heading but no rows.", title, "Export it again with its rows.")
    if frame.height > MOST_REQUIREMENTS:
        raise RequirementError(
            f"The list has {frame.height:,} rows; at most {MOST_REQUIREMENTS:,} are taken at once.",
            title,
            "Split it, or leave out the sheets that hold no requirements.",
        )
    return RequirementList(title, frame, tuple(layouts), tuple(skipped), held)


def _rows(grid: Grid, shape: Layout) -> pl.DataFrame:
    body = [(n, cells) for n, cells in grid.rows if n > (shape.header_row or 0)]
    by_id = shape.columns.get("id")
    wants_id = by_id is not None and _share(body, by_id) > 0.6
    out: list[tuple[object, ...]] = []
    section, category = None, None
    for number, cells in body:
        at = {role: cells[c] if c < len(cells) else "" for role, c in shape.columns.items()}
        filled = [c for c in cells if c]
        if _is_heading(at, filled, wants_id=wants_id):
            section = " ".join(filled[0].split())[:120]
            continue
        if not at["text"] or _is_header_again(at, shape):
            continue
        category = at.get("category") or category
        out.append((grid.name, number, at.get("id") or None, section, at["text"], at.get("priority") or None, category))
    return pl.DataFrame(out, schema=SHAPE, orient="row")


def _share(body: list[tuple[int, list[str]]], column: int) -> float:
    return sum(bool(column < len(c) and c[column]) for _, c in body) / len(body) if body else 0.0


def _is_heading(at: dict[str, str], filled: list[str], *, wants_id: bool) -> bool:
    """Say whether a row is a section head: one filled cell (or the same text over a merge) where others have more."""
    alone = len(set(filled)) == 1
    if alone and not at["text"]:
        return True
    if wants_id:
        return not at.get("id") and (alone or layout.size(at["text"]) < 4)
    return False


def _is_header_again(at: dict[str, str], shape: Layout) -> bool:
    def plain(text: str) -> str:
        return re.sub(r"\s+", " ", text)

    return bool(shape.names) and all(plain(at[role]) == plain(name) for role, name in shape.names.items())
