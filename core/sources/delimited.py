"""Text files with separators: which one, in which encoding, and which rows do not fit the header."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import polars as pl

from core.localization import message
from core.sources.decoding import decode
from core.sources.table import HEAD_ROWS, ROW, Misfit, Table, from_rows, header_index, header_names
from core.sources.trimming import trimmed

SEPARATORS = (",", ";", "\t", "|")
LARGE_CHARS = 2_000_000
csv.field_size_limit(10_000_000)


def read(
    file: str, content: bytes, is_known: Callable[[str], bool], tabbed: bool = False, header_row: int | None = None
) -> Table:
    """Read a text file with separators.

    Parameters
    ----------
    file : str
    content : bytes
    is_known : callable
        Says whether a folded header is one that some layout knows.
    tabbed : bool
        True where the file's name says it holds tabs.
    header_row : int, optional

    Notes
    -----
    Large files are read by Polars, and by Python's own reader where rows have different numbers of cells.
    """
    decoded = decode(content)
    text = decoded.text.lstrip("\ufeff")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    text, separator = _separated(text, tabbed)
    table = _large(file, text, separator, is_known, header_row) if len(text) > LARGE_CHARS else None
    if table is None:
        rows, loose = quoted_rows(text, separator)
        table = from_rows(rows, file, None, is_known, header_row)
        if loose:
            table = replace(table, misfits=(*table.misfits, *_told(loose, rows)))
    if decoded.is_sure:
        return table
    note = message("its text was read as {encoding}", encoding=decoded.encoding.replace("_", " "))
    return Table(table.file, None, table.frame, table.misfits, (*table.notes, note), table.header_row)


def quoted_rows(text: str, separator: str) -> tuple[list[list[str | None]], list[int]]:
    """Return the rows of a text, and the numbers of those with a quote that is opened and not closed.

    Such a quote takes the rows below into one cell. Where every line of it has as many cells as the table, they are
    rows, and the quote belongs to its text.
    """
    lines = io.StringIO(text, newline="").readlines()
    rows: list[list[str | None]] = []
    loose: list[int] = []
    first, width = 0, 0
    while first < len(lines):
        reader, before, is_loose = csv.reader(islice(lines, first, None), delimiter=separator), 0, False
        for row in reader:
            span = lines[first + before : first + reader.line_num]
            width = width or (len(row) if len(row) > 2 else 0)
            if len(span) > 1 and width and _are_rows(span, separator, width):
                is_loose = True
                break
            rows.append(list(row))
            before = reader.line_num
        if not is_loose:
            break
        rows.append(list(_unquoted(lines[first + before], separator)))
        loose.append(len(rows))
        first += before + 1
    return rows, loose


def _are_rows(lines: list[str], separator: str, width: int) -> bool:
    """Say whether the lines of one record are rows of their own: the first without its quote, others as they are."""
    others = [next(csv.reader([line], delimiter=separator), []) for line in lines[1:] if line.strip()]
    return len(_unquoted(lines[0], separator)) == width and all(len(row) == width for row in others)


def _unquoted(line: str, separator: str) -> list[str]:
    return line.rstrip("\r\n").split(separator)


def _told(loose: list[int], rows: list[list[str | None]]) -> list[Misfit]:
    why = "a quote is opened and not closed; the row is read up to its end"
    return [Misfit(k, why, " | ".join(c or "" for c in rows[k - 1])[:300], is_lost=False) for k in loose]


def _separated(text: str, tabbed: bool) -> tuple[str, str]:
    """Return the text without an Excel `sep=` line, and its separator."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return rest, first.strip()[4]
    return text, separator_of(text, "\t" if tabbed else None)


def separator_of(text: str, likely: str | None = None) -> str:
    """Return the separator under which most of the first rows have the same number of cells, and many of them."""
    head = text[:60_000]
    scores: dict[str, float] = {}
    for mark in SEPARATORS:
        rows = []
        try:
            for row in csv.reader(io.StringIO(head, newline=""), delimiter=mark):
                if any(row):
                    rows.append(len(row))
                if len(rows) >= HEAD_ROWS:
                    break
        except csv.Error:
            continue
        width, count = Counter(rows).most_common(1)[0] if rows else (1, 0)
        share = count / max(len(rows), 1)
        scores[mark] = (width - 1) * share * share + (0.5 if mark == likely else 0)
    best = max(scores, key=lambda mark: scores[mark], default=",")
    return best if scores.get(best) else (likely or ",")


def _large(
    file: str, text: str, separator: str, is_known: Callable[[str], bool], header_row: int | None
) -> Table | None:
    """Read with Polars; None where a row has too many or too few cells."""
    reader = csv.reader(io.StringIO(text[:400_000], newline=""), delimiter=separator)
    head: list[list[str | None]] = []
    ends: list[int] = []
    for row in reader:
        head.append(list(row))
        ends.append(reader.line_num)
        if len(head) > HEAD_ROWS:
            break
    index = header_row - 1 if header_row else header_index(head[:HEAD_ROWS], is_known)
    if index >= len(head):
        return None
    names = header_names(head[index], len(head[index]))
    body = (
        "".join(io.StringIO(text, newline="").readlines()[ends[index] :])
        if ends[index] > 50
        else _after(text, ends[index])
    )
    try:
        frame = pl.read_csv(
            io.BytesIO(body.encode("utf-8", errors="replace")),
            separator=separator,
            has_header=False,
            infer_schema=False,
            schema_overrides=None,
            new_columns=names,
        )
    except pl.exceptions.PolarsError:
        return None
    if frame.width != len(names) or not _is_even(body, frame, separator):
        return None
    if '"' in body and body.count("\n") > frame.height + 1:
        return None  # Cells of several lines, or a quote that is not closed: looked at row by row.
    frame = frame.with_row_index(ROW, offset=index + 2).with_columns(pl.col(ROW).cast(pl.Int64))
    frame, notes = trimmed(frame)
    above = from_rows(head[: index + 1], file, None, is_known, index + 1).notes
    return Table(file, None, frame, (), (*above, *notes), index + 1)


def _after(text: str, lines: int) -> str:
    start = 0
    for _ in range(lines):
        start = text.index("\n", start) + 1
    return text[start:]


def _is_even(body: str, frame: pl.DataFrame, separator: str) -> bool:
    """Say whether every row has as many cells as the header; Polars fills short rows without a word."""
    if frame[frame.columns[-1]].null_count() == 0:
        return True
    if '"' not in body:
        blank = frame.filter(pl.all_horizontal(pl.all().is_null())).height
        return body.count(separator) == (frame.height - blank) * (frame.width - 1)
    rows = csv.reader(io.StringIO(body, newline=""), delimiter=separator)
    return all(len(row) == frame.width for row in rows if row)
