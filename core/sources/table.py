"""A table found in a file: its header, its rows with their numbers, and what did not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from core.localization import message, message_plural
from core.sources import trimming
from core.sources.headers import fold
from core.sources.trimming import is_number, trimmed

ROW = trimming.ROW
HEAD_ROWS = 40
SURE_HITS = 5
ARROW = re.compile(r"\s*[↑↓]\s*$")


@dataclass(frozen=True)
class Misfit:
    """A row that does not fit its header.

    Attributes
    ----------
    row : int
        Its number in the file, as a spreadsheet counts.
    reason : str
    record : str
        The row as it was read.
    is_lost : bool
        False where the row is read all the same.
    """

    row: int
    reason: str
    record: str
    is_lost: bool = True


@dataclass(frozen=True)
class Table:
    """One table of one file.

    Attributes
    ----------
    file : str
    sheet : str, optional
        Of a workbook, or the entity's name in a JSON file that holds several.
    frame : pl.DataFrame
        Text, or the types of a Parquet file; the column `_row` holds the row's number in the file.
    misfits : tuple of Misfit
    notes : tuple of str
        What was left out above and below the table, and how its text was read.
    header_row : int
        Row number of the header; 0 where the file has none.
    """

    file: str
    sheet: str | None
    frame: pl.DataFrame
    misfits: tuple[Misfit, ...] = ()
    notes: tuple[str, ...] = field(default=())
    header_row: int = 1

    @property
    def headers(self) -> list[str]:
        """Return the columns as the file names them."""
        return [c for c in self.frame.columns if c != ROW]

    @property
    def place(self) -> str:
        """Name the file, and the sheet where it has one."""
        return message("{file}, sheet {sheet}", file=self.file, sheet=self.sheet) if self.sheet else self.file


def header_index(rows: Sequence[Sequence[str | None]], is_known: Callable[[str], bool]) -> int:
    """Return which of a table's first rows is its header.

    The first row with the most different known names, of three or more, that is wider than the rows above it; else the
    first row of at least two different words that is as wide as the rows below it; else the first row.
    """
    hits = [len({fold(cell) for cell in row if cell and is_known(fold(cell))}) for row in rows]
    widths = [sum(bool(cell and cell.strip()) for cell in row) for row in rows]
    wider = [max(widths[:k], default=0) < widths[k] or hits[k] >= SURE_HITS for k in range(len(rows))]
    scores = [hit if is_wider else 0 for hit, is_wider in zip(hits, wider, strict=True)]
    best = max(scores, default=0)
    if best >= 3 or (best == 2 and hits[0] < 2):
        return scores.index(best)
    if hits and hits[0]:
        return 0
    usual = sorted(widths)[len(widths) // 2] if widths else 0
    for index, row in enumerate(rows):
        words = [cell for cell in row if cell and cell.strip()]
        if len(words) >= max(2, usual) and len(set(words)) == len(words) and not any(is_number(w) for w in words):
            return index
    return 0


def header_names(cells: Sequence[str | None], width: int) -> list[str]:
    """Return one name per column: trimmed, without a trailing star or arrow, numbered where two are equal."""
    names: list[str] = []
    for index in range(width):
        cell = cells[index] if index < len(cells) else None
        text = ARROW.sub("", " ".join((cell or "").replace("\ufeff", "").split())).rstrip("*").strip()
        text = text or message("column {index}", index=index + 1)
        name, count = text, 1
        while name in names or name == ROW:
            count += 1
            name = f"{text} ({count})"
        names.append(name)
    return names


def grouped_columns(cells: Sequence[str | None]) -> list[int]:
    """Return the columns a formatted report groups by: their header ends in an arrow."""
    return [index for index, cell in enumerate(cells) if cell and ARROW.search(cell)]


def from_rows(
    rows: Sequence[Sequence[str | None]],
    file: str,
    sheet: str | None,
    is_known: Callable[[str], bool],
    header_row: int | None = None,
) -> Table:
    """Make a table of rows of cells, as a file holds them.

    Parameters
    ----------
    rows : sequence of rows
        All rows of the file, the first being row 1.
    file : str
    sheet : str, optional
    is_known : callable
        Says whether a folded header is one that some layout knows.
    header_row : int, optional
        Row number of the header, where a map names it.
    """
    index = header_row - 1 if header_row else header_index(rows[:HEAD_ROWS], is_known)
    if index >= len(rows):
        return Table(file, sheet, pl.DataFrame({ROW: []}, schema={ROW: pl.Int64}), header_row=0)
    body = rows[index + 1 :]
    cells = _full_header(rows[index], body)
    names = header_names(cells, len(cells))
    fitting, misfits = _fitting(body, len(names), index + 2)
    columns = {name: [row[1][k] or None for row in fitting] for k, name in enumerate(names)}
    frame = pl.DataFrame(
        {ROW: [row[0] for row in fitting], **columns}, schema={ROW: pl.Int64, **dict.fromkeys(names, pl.String)}
    )
    groups = [names[k] for k in grouped_columns(cells)]
    frame = frame.with_columns(pl.col(groups).forward_fill()) if groups else frame
    frame, notes = trimmed(frame)
    ends = dict.fromkeys(notes, True)
    return Table(file, sheet, frame, _outside(misfits, frame), (*_above(rows[:index]), *ends), index + 1)


def _full_header(cells: Sequence[str | None], body: Sequence[Sequence[str | None]]) -> list[str | None]:
    """Return a header without its empty tail; where every row has one cell more, the first names the row."""
    header = list(cells)
    while header and not (header[-1] or "").strip():
        header.pop()
    sizes = [len(row) for row in body[:200] if any(row)]
    if (
        sizes
        and len(header) > 1
        and all(size == len(header) + 1 for size in sizes)
        and all(r[-1] for r in body[:5] if r)
    ):
        return [None, *header]
    return header


def _fitting(
    body: Sequence[Sequence[str | None]], width: int, first: int
) -> tuple[list[tuple[int, list[str | None]]], list[Misfit]]:
    fitting: list[tuple[int, list[str | None]]] = []
    misfits: list[Misfit] = []
    for number, row in enumerate(body, first):
        cells = list(row[:width])
        over = [cell for cell in row[width:] if cell and cell.strip()]
        record = " | ".join(cell or "" for cell in row)[:300]
        if over:
            reason = message(
                "the row has {n_row} cells, its header {width}: a value may hold the separator without quotes",
                n_row=len(row),
                width=width,
            )
            misfits.append(Misfit(number, reason, record))
            continue
        if len(row) < width and any(row):
            misfits.append(
                Misfit(
                    number,
                    message("the row has {n_row} cells, its header {width}", n_row=len(row), width=width),
                    record,
                    is_lost=False,
                )
            )
        fitting.append((number, cells + [None] * (width - len(cells))))
    return fitting, misfits


def _outside(misfits: list[Misfit], frame: pl.DataFrame) -> tuple[Misfit, ...]:
    """Drop what is told of rows below the table, and of rows of totals: they are told already."""
    rows = set(frame[ROW].to_list())
    last = max(rows, default=0)
    return tuple(m for m in misfits if m.row in rows or (m.is_lost and m.row < last))


def _above(rows: Sequence[Sequence[str | None]]) -> list[str]:
    texts = [" ".join(cell.strip() for cell in row if cell and cell.strip()) for row in rows]
    texts = [text for text in texts if text]
    if not texts:
        return []
    return [
        message_plural("{n} line above the table was not read", "{n} lines above the table were not read", len(texts))
    ]
