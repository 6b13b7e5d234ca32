"""Several files of one buyer, read as one list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import polars as pl

from core.contracts.errors import RequirementError
from core.requirements.officefiles import bundles, grids
from core.requirements.officefiles.grids import Grid
from core.requirements.read import side_by_side, table_rows
from core.requirements.read.buyers_list import RequirementList
from core.requirements.read.left_out import NotRead
from core.requirements.read.repair import Given

BETWEEN = ": "


Reader = Callable[[bytes, str, Sequence[Given]], RequirementList]


def read(content: bytes, title: str, given: Sequence[Given], read_file: Reader) -> RequirementList:
    """Read every file of a zip, and name each sheet by its file.

    A file that cannot be read is named with its reason; the others are read all the same.

    Parameters
    ----------
    content : bytes
    title : str
    given : sequence of Given
        What people said about layouts.
    read_file : callable
        Reads a single file.

    Raises
    ------
    RequirementError
        When the zip file cannot be read, or holds no file of a kind that is read.
    """
    files = bundles.members(content, title)
    if not files:
        raise RequirementError("The zip file holds no file that is read.", title, "Put the buyer's files into it.")
    sources: list[tuple[str, RequirementList]] = []
    not_read: list[NotRead] = [NotRead(name, "Files of this kind are not read.") for name in bundles.left_out(content)]
    for name, data in files.items():
        try:
            source = read_file(data, name.rsplit("/", 1)[-1], _own(given, name))
        except RequirementError as error:
            not_read.append(NotRead(name, error.what))
            continue
        sources.append((name, source))
    frames = [source.frame.with_columns(sheet=pl.lit(name + BETWEEN) + pl.col("sheet")) for name, source in sources]
    return RequirementList(
        title,
        pl.concat(frames) if frames else pl.DataFrame(schema=table_rows.SHAPE),
        tuple(replace(s, sheet=f"{name}{BETWEEN}{s.sheet}") for name, source in sources for s in source.layouts),
        tuple(f"{name}{BETWEEN}{sheet}" for name, source in sources for sheet in source.skipped),
        content,
        tuple(f"{name}: {note}" for name, source in sources for note in source.notes),
        tuple(
            replace(grid, name=f"{name}{BETWEEN}{grid.name}", part_of=grid.sheet, file=name)
            for name, source in sources
            for grid in source.grids
        ),
        (*not_read, *(_named(name, part) for name, source in sources for part in source.not_read)),
        tuple(sources),
    )


def heads(content: bytes, title: str, most_rows: int) -> list[Grid]:
    """Return the first rows of every block of every sheet of a file, or of each file of a zip.

    Raises
    ------
    RequirementError
        When the file cannot be read; files of a zip that cannot are left out.
    """
    if not bundles.is_bundle(content):
        opened = grids.open_file(content, title)
        return [block for name in opened.names for block in side_by_side.blocks(opened.grid(name, most_rows))]
    out: list[Grid] = []
    for name, data in bundles.members(content, title).items():
        try:
            own = heads(data, name.rsplit("/", 1)[-1], most_rows)
        except RequirementError:
            continue
        out += [replace(grid, name=f"{name}{BETWEEN}{grid.name}", part_of=grid.sheet, file=name) for grid in own]
    return out


def _named(name: str, part: NotRead) -> NotRead:
    return replace(part, sheet=f"{name}{BETWEEN}{part.sheet}")


def _own(given: Sequence[Given], name: str) -> list[Given]:
    """Return what was said, with the file's name taken off the sheets it was said of."""
    prefix = name + BETWEEN
    return [replace(g, sheet=g.sheet.removeprefix(prefix)) for g in given]
