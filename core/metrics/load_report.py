"""What was loaded and what was left out."""

from __future__ import annotations

import polars as pl

from core import marts
from core.config import Settings
from core.contracts import FRAMES, RAW_FRAMES, Dataset
from core.metrics.measure import Measure, counted


def loaded(data: Dataset, settings: Settings) -> Measure:
    """Count the rows loaded of every entity.

    Returns
    -------
    Measure
        Unit count; the frame has columns entity, n_rows.
    """
    counts = {entity: _count(data, entity) for entity in FRAMES}
    frame = pl.DataFrame({"entity": [k.replace("_", " ") for k in counts], "n_rows": list(counts.values())})
    total = sum(counts.values())
    text = f"{total:,} rows from {data.source}, as of {data.as_of:%d %B %Y}."
    return Measure("Rows loaded", float(total), "count", frame, text)


def rejections(data: Dataset, settings: Settings) -> Measure:
    """Rows left out, counted by entity, column and rule.

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
    text = f"{counted(n, 'row was', 'rows were')} left out." if n else "Every row was taken in."
    return Measure("Rows left out", float(n), "count", frame, text)


def _count(data: Dataset, entity: str) -> int:
    if entity not in RAW_FRAMES:
        return data.frame(entity).height
    columns_of = marts.of(data).raw_columns.filter(pl.col("entity") == entity)
    return int(columns_of["n_rows"][0])


def _raw_columns(table: pl.DataFrame) -> list[tuple[str, str, float, str | None]]:
    return [
        (entity.replace("_", " "), name, n_values / n_rows, example)
        for entity, name, n_rows, n_values, example in table.iter_rows()
    ]


def columns(data: Dataset, settings: Settings) -> Measure:
    """Which columns were read, how far they are filled, and one value of each.

    Returns
    -------
    Measure
        Value: columns with at least one value. Frame: entity, column, filled_rate, example; entities
        without rows are left out, columns without a value have no example. Of the raw tables the example
        is the smallest value.
    """
    rows: list[tuple[str, str, float, str | None]] = []
    raw = marts.of(data).raw_columns
    for entity in FRAMES:
        if entity in RAW_FRAMES:
            rows += _raw_columns(raw.filter((pl.col("entity") == entity) & (pl.col("n_rows") > 0)))
            continue
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
