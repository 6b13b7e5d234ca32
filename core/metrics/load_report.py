"""What was loaded and what was left out."""

from __future__ import annotations

from datetime import date

import polars as pl

from core import marts
from core.config import Settings
from core.contracts import FRAMES, RAW_FRAMES, Dataset
from core.contracts.amount_visibility import HIDDEN, is_money
from core.localization import joined, message
from core.metrics.measure import Measure, counted
from core.sources.engines.catalogue import ENGINES

DERIVED = {
    "bookings_daily": ("Bookings and invoices by day", "booked_on"),
    "revenue_months": ("Revenue by month", "month"),
    "customer_orders": ("Orders by customer", "booked_on"),
    "account_costs": ("Costs by account, last twelve months", None),
    "deal_states": ("Changes of deals", "valid_from"),
    "deal_activity_days": ("Activities by deal and day", "on"),
    "account_activity_days": ("Activities by account and day", "on"),
    "rep_activity_days": ("Activities by person and day", "on"),
}


def loaded(data: Dataset, settings: Settings) -> Measure:
    """Rows loaded, by kind of data.

    Returns
    -------
    Measure
        Unit count; the frame has columns entity, n_rows.
    """
    counts = {entity: _count(data, entity) for entity in FRAMES}
    frame = pl.DataFrame({"entity": [k.replace("_", " ") for k in counts], "n_rows": list(counts.values())})
    total = sum(counts.values())
    text = message(
        "{total:,} rows from {source}, as of {as_of:%d %B %Y}.", total=total, source=data.source, as_of=data.as_of
    )
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
    text = message("{rows} rejected.", rows=counted(n, "row was", "rows were")) if n else "All rows loaded."
    return Measure("Rejected rows", float(n), "count", frame, text)


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
        names = frame.columns if data.amounts != HIDDEN else [name for name in frame.columns if not is_money(name)]
        for name in names if frame.height else ():
            filled = frame[name].drop_nulls()
            example = str(filled[0]) if filled.len() else None
            rows.append((entity.replace("_", " "), name, filled.len() / frame.height, example))
    schema = {"entity": pl.String, "column": pl.String, "filled_rate": pl.Float64, "example": pl.String}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    if data.amounts:
        table = table.filter(~pl.Series([is_money(name) for name in table["column"]], dtype=pl.Boolean))
    n = table.filter(pl.col("filled_rate") > 0).height
    bare = table.filter(pl.col("filled_rate") == 0)
    text = message("{columns} values.", columns=counted(n, "column holds", "columns hold"))
    if bare.height:
        named = joined(
            *(message("{c} ({e})", c=c, e=e) for e, c in bare.head(5).select("entity", "column").iter_rows()), by=", "
        )
        text += message(
            " {are}{words} {named}.",
            are=counted(bare.height, "is empty", "are empty, among them"),
            words=":" * (bare.height == 1),
            named=named,
        )
    return Measure("Columns read", float(n), "count", table, text)


def derived(data: Dataset, settings: Settings) -> Measure:
    """List the tables that figures, forecasts and models are worked out from, and how fresh each is.

    They are summed from lines, activities and changes of deals once for a state of the data, so that no page reads
    those row by row.

    Returns
    -------
    Measure
        Unit count: rows of all tables together. Frame: table, n_rows, first_on, last_on; days are null where a table
        is empty or holds no days.
    """
    tables = marts.of(data)
    rows = [_described(title, tables.table(name), day) for name, (title, day) in DERIVED.items()]
    schema = {"table": pl.String, "n_rows": pl.Int64, "first_on": pl.Date, "last_on": pl.Date}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    total, n_raw = int(frame["n_rows"].sum()), int(tables.row_days["n_rows"].sum())
    latest = frame["last_on"].max()
    text = message(
        "{rows} in {tables} stand for {rows_2} as loaded",
        rows=counted(total, "row"),
        tables=counted(frame.height, "table"),
        rows_2=counted(n_raw, "row"),
    )
    text += message("; the newest is of {latest:%d %B %Y}.", latest=latest) if isinstance(latest, date) else "."
    if data.engine:
        text += message(" {title} worked them out.", title=ENGINES[data.engine].title)
    return Measure("Tables figures are worked out from", float(total), "count", frame, text)


def _described(title: str, table: pl.DataFrame, day: str | None) -> tuple[str, int, object, object]:
    first, last = (table[day].min(), table[day].max()) if day else (None, None)
    return title, table.height, first, last
