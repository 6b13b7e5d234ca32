"""Guards against files made to exhaust the server: what they claim is checked before any reader makes room for it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from core.contracts.errors import SourceError
from core.localization import message

MOST_COLUMNS, MOST_CELLS, LONGEST_LINE = 2_000, 20_000_000, 2_000_000
MOST_IN_PARQUET, CELLS_PER_BYTE = 1_000_000_000, 10
MOST_UNPACKED, MOST_PARTS, CHUNK = 600_000_000, 5_000, 1 << 20
CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["']""")
OVERLAP = 64
KINDS = {
    pl.List: "lists",
    pl.Array: "lists",
    pl.Struct: "records",
    pl.Binary: "bytes",
    pl.Duration: "spans of time",
    pl.Object: "objects",
}


def check(name: str, content: bytes) -> None:
    """Refuse a file that claims more than can be read, before any reader makes room for it.

    Parameters
    ----------
    name : str
        Its ending says the kind.
    content : bytes

    Raises
    ------
    SourceError
        When a sheet reaches too far, a line or the unpacked file is too long, or there are too many columns.
    """
    ending = Path(name).suffix.lower()
    if ending in (".xlsx", ".xlsm"):
        _check_workbook(name, content)
    elif ending in (".csv", ".tsv", ".txt"):
        _check_lines(name, content)
    elif ending == ".parquet":
        _check_parquet(name, content)


def _refuse(what: str, name: str, mend: str = "Export only the columns and rows that are used.") -> SourceError:
    return SourceError(what, name, mend)


def _check_lines(name: str, content: bytes) -> None:
    begin, first = 0, content.find(b"\n")
    head = content if first < 0 else content[:first]
    if max(head.count(mark) for mark in (b",", b";", b"\t", b"|")) >= MOST_COLUMNS:
        raise _refuse(message("The file has more than {most_columns:,} columns.", most_columns=MOST_COLUMNS), name)
    while begin < len(content):
        end = content.find(b"\n", begin)
        end = len(content) if end < 0 else end
        if end - begin > LONGEST_LINE:
            raise _refuse("A line of the file is longer than 2 MB.", name, "Check that each record ends its line.")
        begin = end + 1


def _check_parquet(name: str, content: bytes) -> None:
    try:
        columns = len(pl.read_parquet_schema(io.BytesIO(content)))
        rows = pl.scan_parquet(io.BytesIO(content)).select(pl.len()).collect().item()
    except pl.exceptions.PolarsError:
        return  # Reading it will say so.
    # A long table takes its bytes too; a small file that claims as many cells is made to exhaust.
    most = max(5 * MOST_CELLS, min(MOST_IN_PARQUET, CELLS_PER_BYTE * len(content)))
    if columns > MOST_COLUMNS or rows * columns > most:
        raise _refuse(
            message("The file claims {rows:,} rows of {columns:,} columns.", rows=rows, columns=columns), name
        )


def _check_workbook(name: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = book.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise _refuse("The workbook unpacks to more than 600 MB.", name)
            for part in parts:
                if part.filename.lower().endswith(".xml"):
                    _check_extent(name, _chunks(book, part))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise SourceError(
            "The file cannot be read as XLSX.", name, "Open and save it again without a password."
        ) from error


def _chunks(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with book.open(part) as flow:
        rest = b""
        while chunk := flow.read(CHUNK):
            yield rest + chunk
            rest = chunk[-OVERLAP:]


def _check_extent(name: str, chunks: Iterator[bytes]) -> None:
    """Refuse a sheet whose last cell lies too far out: a reader makes room for all cells up to it."""
    last_row = last_column = 0
    for chunk in chunks:
        for letters, row in CELL.findall(chunk):
            last_row = max(last_row, int(row))
            last_column = max(last_column, _column(letters))
        if last_column > MOST_COLUMNS or last_row * last_column > MOST_CELLS:
            raise _refuse(
                message(
                    "A sheet reaches to row {last_row:,} and column {last_column:,}.",
                    last_row=last_row,
                    last_column=last_column,
                ),
                name,
                "Delete the rows and columns beyond the table, also those that look empty, and save it again.",
            )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def plain(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return a frame of texts, numbers, dates and yes or no.

    Parameters
    ----------
    frame : pl.DataFrame
    name : str
        The file, for the message.

    Returns
    -------
    pl.DataFrame
        Decimals as numbers, categories and times of day as text, times with a zone in UTC; null stays null.

    Raises
    ------
    SourceError
        When a column holds lists, records, bytes, spans of time or objects, or there are too many columns.
    """
    if frame.width > MOST_COLUMNS:
        raise _refuse(message("The file has more than {most_columns:,} columns.", most_columns=MOST_COLUMNS), name)
    for column, dtype in frame.schema.items():
        for kind, words in KINDS.items():
            if isinstance(dtype, kind):
                raise _refuse(
                    message(
                        "The column {column!r} holds {words}, which are not read.", column=column[:60], words=words
                    ),
                    name,
                    "Export it as text, number or date, or leave it out.",
                )
    changes = [
        changed for column, dtype in frame.schema.items() if (changed := _plain_column(column, dtype)) is not None
    ]
    return frame.with_columns(changes)


def _plain_column(name: str, dtype: pl.DataType) -> pl.Expr | None:
    column = pl.col(name)
    if isinstance(dtype, pl.Decimal | pl.Int128):
        return column.cast(pl.Float64)
    if isinstance(dtype, pl.Categorical | pl.Enum | pl.Time | pl.Null):
        return column.cast(pl.String)
    if isinstance(dtype, pl.Datetime):
        plain_time = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if dtype.time_zone else column
        return plain_time.cast(pl.Datetime("us"))
    return None
