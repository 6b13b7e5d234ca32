"""Requirements as they stand in a buyer's file, and how each sheet of it was read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from core.localization import message, message_plural
from core.metrics.measure import counted
from core.requirements.officefiles import grids
from core.requirements.officefiles.grids import Grid
from core.requirements.read.layout import Layout
from core.requirements.read.left_out import NotRead


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
        The sheets with requirements, cell by cell, one for each layout.
    not_read : tuple of NotRead
        Every sheet and every requirement-like row that was not read, and why.
    parts : tuple of (str, RequirementList)
        The files this was read from, by their names, where there are several.
    """

    name: str
    frame: pl.DataFrame
    layouts: tuple[Layout, ...]
    skipped: tuple[str, ...]
    content: bytes = b""
    notes: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    not_read: tuple[NotRead, ...] = ()
    parts: tuple[tuple[str, RequirementList], ...] = ()

    def rows_of(self, grid: Grid, shape: Layout) -> pl.DataFrame:
        """Return the rows of one table."""
        first, last = shape.first_row, shape.last_row if shape.last_row is not None else pl.col("row").max()
        is_own = pl.col("row").is_between(first, last) | pl.col("row").is_in(list(shape.taken))
        return self.frame.filter(pl.col("sheet") == grid.name, is_own)

    def sentence(self) -> str:
        """Say how the file was read."""
        n, sheets = self.frame.height, len({shape.sheet for shape in self.layouts})
        where = (
            message("{sheets} sheets", sheets=sheets)
            if sheets > 1
            else message("sheet {sheet}", sheet=self.layouts[0].sheet)
            if self.layouts
            else ""
        )
        if self.layouts and self.layouts[0].sheet == grids.TEXT_SHEET:
            where = "the file"
        text = message("{requirements} read from {where}.", requirements=counted(n, "requirement"), where=where)
        if self.skipped:
            n = len(self.skipped)
            text += message_plural(
                " {n} sheet holds none: {skipped}.",
                " {n} sheets hold none: {skipped}.",
                n,
                skipped=", ".join(self.skipped[:5]),
            )
        return text

    @cached_property
    def key(self) -> str:
        """Return a key of what was read and how: the same file read in the same way has the same."""
        description = repr(
            [(lay.sheet, lay.header_row, sorted(lay.columns.items()), lay.answers, lay.taken) for lay in self.layouts]
        )
        return hashlib.sha256(self.content + description.encode() + str(self.frame.height).encode()).hexdigest()[:24]
