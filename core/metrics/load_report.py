"""What was loaded and what was left out."""

from __future__ import annotations

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.metrics.measure import Measure, counted


def loaded(data: Dataset, settings: Settings) -> Measure:
    """Rows loaded, by kind of data.

    Returns
    -------
    Measure
        Unit count; the frame has columns entity, n_rows.
    """
    counts = data.row_counts
    frame = pl.DataFrame({"entity": [k.replace("_", " ") for k in counts], "n_rows": list(counts.values())})
    total = sum(counts.values())
    text = f"{total:,} rows from {data.source}, as of {data.as_of:%d %B %Y}."
    return Measure("Rows loaded", float(total), "count", frame, text)


def rejections(data: Dataset, settings: Settings) -> Measure:
    """Rejected rows, counted by entity, column and rule.

    Returns
    -------
    Measure
        Unit count: different rows left out. A row that breaks two rules is counted under both
        in the frame and once in the value.
    """
    frame = (
        data.rejected.group_by("entity", "file", "column", "rule", "reason")
        .agg(n_rows=pl.len())
        .sort("n_rows", "entity", "rule", descending=[True, False, False])
    )
    n = data.rejected.select("file", "row").unique().height
    text = f"{counted(n, 'row was', 'rows were')} rejected." if n else "All rows loaded."
    return Measure("Rejected rows", float(n), "count", frame, text)


def columns(data: Dataset, settings: Settings) -> Measure:
    """Which columns were read, how far they are filled, and one value of each.

    Returns
    -------
    Measure
        Value: columns with at least one value. Frame: entity, column, filled_rate, example; entities
        without rows are left out, columns without a value have no example.
    """
    rows = []
    for entity in data.row_counts:
        frame = data.frame(entity)
        for name in frame.columns if frame.height else ():
            filled = frame[name].drop_nulls()
            example = str(filled[0]) if filled.len() else None
            rows.append((entity.replace("_", " "), name, filled.len() / frame.height, example))
    schema = {"entity": pl.String, "column": pl.String, "filled_rate": pl.Float64, "example": pl.String}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    n = table.filter(pl.col("filled_rate") > 0).height
    bare = table.filter(pl.col("filled_rate") == 0)
    text = f"{counted(n, 'column holds', 'columns hold')} values."
    if bare.height:
        named = ", ".join(f"{c} ({e})" for e, c in bare.head(5).select("entity", "column").iter_rows())
        text += f" {counted(bare.height, 'is empty', 'are empty, among them')}{':' * (bare.height == 1)} {named}."
    return Measure("Columns read", float(n), "count", table, text)
