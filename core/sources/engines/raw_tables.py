"""Raw rows that stay in the tables of an engine, as lazy frames that fetch no more than is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

from core.config import Settings
from core.contracts.raw_rows import RawRows, WarehouseTable
from core.sources.engines.contract_columns import contract_types
from core.sources.engines.parquet_folder import ParquetFolder
from core.sources.engines.row_filters import as_narwhals
from core.sources.engines.spark import Lake
from core.sources.engines.warehouse import Warehouse


def opened(settings: Settings) -> Warehouse | Lake | ParquetFolder:
    """Return the database, the lake or the folder in which the company's tables lie.

    Raises
    ------
    ConfigError
        When what its engine needs is not installed.
    """
    kinds: dict[str, type[Warehouse | Lake | ParquetFolder]] = {"spark": Lake, "duckdb": ParquetFolder}
    return kinds.get(settings.engine, Warehouse)(settings)


@contextmanager
def connected(settings: Settings) -> Iterator[Warehouse | Lake | ParquetFolder]:
    """Give what `opened` returns to one thread that asks much of it, a database over one connection."""
    warehouse = opened(settings)
    if not isinstance(warehouse, Warehouse):
        yield warehouse
        return
    with warehouse.connected() as database:
        yield database


def raw_rows(settings: Settings, entity: str, table: WarehouseTable) -> RawRows:
    """Return a raw table of a warehouse; nothing is asked of it before somebody reads rows.

    Parameters
    ----------
    settings : Settings
    entity : str
    table : WarehouseTable

    Returns
    -------
    RawRows
        A plan made on it asks for the columns it needs. Comparisons with values, lists and spans of days are checked
        by the warehouse; whatever else is asked of rows is done after they came.
    """
    schema = contract_types(entity)
    fetch = partial(_fetched, settings, entity, table)
    rows = register_io_source(fetch, schema=schema)
    return RawRows(rows, table=table, made=partial(_made, settings, entity, table))


def _made(settings: Settings, entity: str, table: WarehouseTable, function: Callable[..., Any]) -> pl.DataFrame:
    return opened(settings).made(function, {entity: table})


def spark_made(settings: Settings, file: Path) -> Callable[[Callable[..., Any]], pl.DataFrame]:
    """Return what lets Spark work a function of `core.marts` out on a Parquet file."""
    return lambda function: Lake(settings).of_file(function, file)


def _fetched(
    settings: Settings,
    entity: str,
    table: WarehouseTable,
    columns: list[str] | None,
    predicate: pl.Expr | None,
    n_rows: int | None,
    batch_size: int | None,
) -> Iterator[pl.DataFrame]:
    """Answer Polars as it asks an engine for rows; see its `register_io_source`."""
    kinds = contract_types(entity)
    wanted = list(kinds) if columns is None else columns
    needed = [*wanted, *(c for c in (predicate.meta.root_names() if predicate is not None else ()) if c not in wanted)]

    def asked(rows: Any) -> Any:
        import narwhals as nw

        frame: Any = nw.from_native(rows)
        condition = None if predicate is None else as_narwhals(predicate)
        frame = frame if condition is None else frame.filter(condition)
        frame = frame.select(*needed)
        return (frame if n_rows is None or predicate is not None else frame.head(n_rows)).to_native()

    rows = opened(settings).made(asked, {entity: table})
    rows = rows.cast({name: kinds[name] for name in needed})
    if predicate is not None:
        rows = rows.filter(predicate)
    yield rows.select(wanted) if n_rows is None else rows.select(wanted).head(n_rows)
