"""A table of a page for files: as rows of text for PDF and HTML, with types for a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any, Literal

import polars as pl

from core.formats import Formats
from core.localization import message_plural
from core.localization import shown as in_words

Look = Literal["text", "money", "number", "percent", "day", "moment", "flag"]
MOST_ROWS, MOST_COLUMNS = 20, 7
TEXT_SHARE, NUMBER_SHARE = 2.0, 1.0
PRECISE = 100
NOTHING = "–"


@dataclass(frozen=True)
class Column:
    """One column of a table: the field, its heading, and how its values are written."""

    name: str
    label: str
    look: Look


@dataclass(frozen=True)
class PageTable:
    """A table as a page shows it.

    Attributes
    ----------
    frame : pl.DataFrame
    columns : tuple of Column
        Those shown, in their order.
    currency : str
        The unit of money; stands in the heading of money columns.
    """

    frame: pl.DataFrame
    columns: tuple[Column, ...]
    currency: str = ""

    def heading(self, column: Column) -> str:
        """Return a column's heading with its unit."""
        label = in_words(column.label)
        return f"{label}, {self.currency}" if column.look == "money" and self.currency else label

    def narrow(self) -> PageTable:
        """Return the table with as many columns as a leaf of paper holds, empty ones left out."""
        filled = [c for c in self.columns if self.frame[c.name].null_count() < self.frame.height]
        return PageTable(self.frame, tuple(filled[:MOST_COLUMNS]), self.currency)


def shown(frame: pl.DataFrame, config: Mapping[str, Any], order: list[str] | None, currency: str) -> PageTable:
    """Return a table as a page's configuration of columns heads and writes it.

    Parameters
    ----------
    frame : pl.DataFrame
    config : mapping
        A heading or a configuration of Streamlit by column; None hides one.
    order : list of str or None
        The columns shown; default all that are not hidden.
    currency : str
    """
    names = [name for name in (order or frame.columns) if name in frame.columns and config.get(name, name) is not None]
    columns = tuple(Column(name, *_written(name, frame.schema[name], config.get(name))) for name in names)
    plain = tuple(column for column in columns if not isinstance(frame.schema[column.name], pl.List | pl.Struct))
    return PageTable(frame, plain, currency)


def _written(name: str, kind: pl.DataType, given: Any) -> tuple[str, Look]:
    """Return a column's heading and look."""
    config = given if isinstance(given, dict) else {"label": given}
    inner = config.get("type_config") or {}
    label = str(config.get("label") or name.replace("_", " ").capitalize()).strip()
    return label, _look(name, kind, str(inner.get("format") or ""))


def _look(name: str, kind: pl.DataType, form: str) -> Look:
    if kind == pl.Boolean:
        return "flag"
    if kind.is_temporal():
        return "day" if kind == pl.Date else "moment"
    if not kind.is_numeric():
        return "text"
    if form == "percent" or name.endswith(("_rate", "_share")) or name.startswith("p_"):
        return "percent"
    return "money" if name == "amount" or name.endswith("_amount") else "number"


def rows_of_text(table: PageTable, formats: Formats, most: int = MOST_ROWS) -> list[list[str]]:
    """Return the head and the first rows as a person reads them.

    Parameters
    ----------
    table : PageTable
    formats : Formats
        How the reader writes numbers and days.
    most : int
        How many rows at most.
    """
    head = [table.heading(column) for column in table.columns]
    looks = [column.look for column in table.columns]
    body = table.frame.select([column.name for column in table.columns]).head(most)
    return [head, *([_cell(v, k, formats) for v, k in zip(row, looks, strict=True)] for row in body.iter_rows())]


def _cell(value: Any, look: Look, formats: Formats) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, date):
        return f"{formats.day(value)} {value:%H:%M}" if isinstance(value, datetime) else formats.day(value)
    if look == "percent":
        return formats.percent(value)
    if isinstance(value, int | float):
        digits = 0 if isinstance(value, int) or look == "money" or abs(value) >= PRECISE else 1
        return formats.number(value, digits)
    return str(value)


def widths(table: PageTable, room: float) -> list[float]:
    """Return how wide each column stands on a leaf, in points; text has twice the room of numbers."""
    shares = [TEXT_SHARE if column.look == "text" else NUMBER_SHARE for column in table.columns]
    return [room * share / sum(shares) for share in shares]


def left_out(table: PageTable, most: int = MOST_ROWS) -> str:
    """Say how many rows do not stand in the file; empty where all do."""
    rest = table.frame.height - most
    return (
        message_plural(
            "And {n:,} more row; the workbook has all of them.",
            "And {n:,} more rows; the workbook has all of them.",
            rest,
        )
        if rest > 0
        else ""
    )


def html(table: PageTable, formats: Formats) -> str:
    """Return the table as HTML, numbers to the right."""
    head, *body = rows_of_text(table, formats)
    sides = ["" if column.look in ("text", "flag") else " class=n" for column in table.columns]
    lines = ["".join(f"<td{s}>{escape(v)}</td>" for v, s in zip(row, sides, strict=True)) for row in body]
    top = "".join(f"<th{s}>{escape(v)}</th>" for v, s in zip(head, sides, strict=True))
    rest = left_out(table)
    more = f"<p><i>{escape(rest)}</i></p>" if rest else ""
    return f"<table><tr>{top}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>{more}"
