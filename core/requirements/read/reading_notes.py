"""What a person should know about a reading: what is hidden, merged, beside the list or was not read."""

from __future__ import annotations

import polars as pl

from core.localization import message
from core.metrics.measure import counted
from core.requirements.officefiles import grids
from core.requirements.officefiles.grids import Grid
from core.requirements.officefiles.sheetxml import letters_of
from core.requirements.read import column_roles
from core.requirements.read.layout import Layout


def under(grid: Grid, text: int) -> frozenset[int]:
    """Return the rows over which the text of the requirement above them is merged."""
    spans = (m for m in grid.merges if m.left <= text <= m.right and m.bottom > m.top and m.bottom - m.top < 5_000)
    return frozenset(row for span in spans for row in range(span.top + 1, span.bottom + 1))


def notes(grid: Grid, shape: Layout, rows: pl.DataFrame) -> list[str]:
    """Say what is hidden, and what was not read."""
    where = "" if grid.name == grids.TEXT_SHEET else message(" of {name}", name=grid.name)
    out = []
    second = _beside(grid, shape)
    if second is not None:
        out.append(
            message(
                "A second list begins beside the first, with its text in column {letters_of}; it was not "
                "read. Put it below the first one, or into a sheet of its own.",
                letters_of=letters_of(second),
            )
        )
    below = under(grid, shape.columns["text"])
    more = [
        n for n, cells in grid.rows if n in below and shape.holds(n) and any(column_roles.size(c) >= 3 for c in cells)
    ]
    if more:
        added = counted(len(more), "row adds", "rows add")
        out.append(
            message(
                "{added} to a requirement merged over more than one, such as row {more}; look there for details.",
                added=added,
                more=more[0],
            )
        )
    hidden = int(rows["is_hidden"].sum())
    if hidden:
        out.append(
            message(
                "{hidden:,} of the requirements{where} stand in hidden rows; they were read.",
                hidden=hidden,
                where=where,
            )
        )
    used = sorted(c for c in grid.hidden_columns if c < grid.width)
    if used:
        out.append(
            message("Hidden columns{where}: {used}.", where=where, used=", ".join(letters_of(c) for c in used[:12]))
        )
    if grid.cut_at:
        out.append(
            message(
                "Rows{where} below row {cut_at:,} were not read: too many, or too many blank ones before them.",
                where=where,
                cut_at=grid.cut_at,
            )
        )
    return out


def _beside(grid: Grid, shape: Layout) -> int | None:
    """Return the column of a second list beside the first: its heading stands a second time over other sentences."""
    header = next((cells for n, cells in grid.rows if n == shape.header_row), [])
    body = [row for row in grid.rows if shape.holds(row[0])]
    text = shape.columns["text"]
    own = column_roles.plain(header[text]) if text < len(header) else ""
    again = [c for c in range(text + 1, len(header)) if own and column_roles.plain(header[c]) == own]
    return next((c for c in again if column_roles.prose(body, c) >= 2), None)
