"""Opens files of every kind as tables of text, or of the types a Parquet file holds."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import PurePosixPath

import fastexcel
import polars as pl

from core.contracts.errors import SourceError, failures_as
from core.localization import message
from core.sources import delimited, guarded_read, records
from core.sources.headers import ENDINGS_OF_PACKED, ENDINGS_OF_TABLES
from core.sources.table import HEAD_ROWS, ROW, Table, from_rows, grouped_columns, header_index, header_names
from core.sources.trimming import trimmed

ENDINGS = (*ENDINGS_OF_TABLES, *ENDINGS_OF_PACKED)
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
THREE_DECIMALS = r"^-?\d{1,3}\.\d{3}$"
TEXTS = (".csv", ".tsv", ".txt")


def tables_of(
    name: str, content: bytes, is_known: Callable[[str], bool], sheet: str | None = None, header_row: int | None = None
) -> list[Table]:
    """Read the tables of a file: one of a text file, one per sheet of a workbook.

    Parameters
    ----------
    name : str
        File name; its ending says the kind.
    content : bytes
    is_known : callable
        Says whether a folded header is one that some layout knows.
    sheet : str, optional
        The one sheet to read; default all.
    header_row : int, optional

    Raises
    ------
    SourceError
        When the file is empty, of another kind than its name says, or cannot be read; when there is no such sheet.
    """
    if not content.strip():
        raise SourceError("The file is empty.", name, "Export it again.")
    ending = PurePosixPath(name).suffix.lower()
    what = message("The file cannot be read as {ending}.", ending=ending[1:].upper())
    with failures_as(SourceError, what, name, "Open and save it again, then retry."):
        guarded_read.check(name, content)
        if ending == ".parquet":
            return [_parquet(name, content)]
        if ending in WORKBOOKS:
            return _html(name, content, is_known) or _workbook(name, content, is_known, sheet, header_row)
        if ending in TEXTS:
            return [delimited.read(name, content, is_known, ending == ".tsv", header_row)]
        if ending in (".json", ".jsonl", ".ndjson"):
            return records.read(name, content, ending != ".json")
    raise SourceError(
        "This kind of file is not read.", name, message("Use one of {endings}.", endings=", ".join(ENDINGS))
    )


def _parquet(name: str, content: bytes) -> Table:
    frame = guarded_read.plain(pl.read_parquet(io.BytesIO(content)), name)
    frame = frame.drop(ROW, strict=False).with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))
    return Table(name, None, frame, header_row=0)


def _workbook(
    name: str, content: bytes, is_known: Callable[[str], bool], sheet: str | None, header_row: int | None
) -> list[Table]:
    book = fastexcel.read_excel(content)
    if sheet is not None and sheet not in book.sheet_names:
        raise SourceError(
            message("There is no sheet {sheet!r}.", sheet=sheet),
            name,
            message("Its sheets: {map}.", map=", ".join(map(repr, book.sheet_names))),
        )
    names = [sheet] if sheet is not None else book.sheet_names
    return [_sheet(name, title, book, is_known, header_row, several=len(book.sheet_names) > 1) for title in names]


def _sheet(
    name: str,
    title: str,
    book: fastexcel.ExcelReader,
    is_known: Callable[[str], bool],
    header_row: int | None,
    several: bool,
) -> Table:
    grid = book.load_sheet(title, header_row=None, skip_rows=0, dtypes="string").to_polars()
    label = title if several else None
    head = [list(row) for row in grid.head(HEAD_ROWS).iter_rows()]
    index = header_row - 1 if header_row else header_index(head, is_known)
    if index >= grid.height:
        return from_rows([], name, label, is_known)
    grid = _with_sure_points(grid, book, title, index + 1)
    cells = list(grid.row(index))
    while cells and not (cells[-1] or "").strip():
        cells.pop()
    names = header_names(cells, grid.width)
    frame = grid.rename(dict(zip(grid.columns, names, strict=True))).with_row_index(ROW, offset=1)
    frame = frame.slice(index + 1).with_columns(pl.col(ROW).cast(pl.Int64))
    bare = [n for k, n in enumerate(names) if k >= len(cells) and frame[n].null_count() == frame.height]
    frame = frame.drop(bare)
    groups = [names[k] for k in grouped_columns(cells)]
    frame, notes = trimmed(frame.with_columns(pl.col(groups).forward_fill()) if groups else frame)
    above = from_rows(head[: index + 1], name, label, is_known, index + 1).notes
    return Table(name, label, frame, (), (*above, *notes), index + 1)


def _with_sure_points(grid: pl.DataFrame, book: fastexcel.ExcelReader, title: str, first: int) -> pl.DataFrame:
    """Write numbers of a workbook so that their point cannot be taken for one that groups thousands: 12.345 as 12.3450.

    Only columns that hold such cells are looked at again, by the types of the workbook.
    """
    doubtful = [c for c in grid.columns if grid[c].slice(first).str.contains(THREE_DECIMALS).any()]
    if not doubtful or first >= grid.height:
        return grid
    typed = book.load_sheet(title, header_row=None, skip_rows=first).to_polars()
    numbers = [c for c in doubtful if c in typed.columns and typed[c].dtype.is_numeric()]
    is_below = pl.int_range(pl.len()) >= first
    return grid.with_columns(
        pl.when(is_below & pl.col(c).str.contains(THREE_DECIMALS)).then(pl.col(c) + "0").otherwise(pl.col(c)).alias(c)
        for c in numbers
    )


def _html(name: str, content: bytes, is_known: Callable[[str], bool]) -> list[Table] | None:
    """Read a page with a table that calls itself a workbook, as report exports do; None for a true workbook."""
    head = content[:2_000].lstrip().lower()
    if not (head.startswith((b"<html", b"<!doctype html", b"<table")) or b"<table" in head):
        return None
    from core.sources.markup import table_rows

    return [from_rows(table_rows(content), name, None, is_known)]
