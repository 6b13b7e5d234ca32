"""DuckDB on the files of a dataset: quicker than Polars at grouping long ones; what memory cannot hold is spilled."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import polars as pl

from core.contracts import Dataset
from core.contracts.raw_rows import RawRows

MANY_ROWS = 1_000_000
# Nothing is fetched from anywhere, and rows need not come back in the order of the file: marts are sorted.
OPTIONS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "false",
}


class DuckDB:
    """DuckDB on the files of a dataset, one connection for all its marts.

    Parameters
    ----------
    data : Dataset
    """

    def __init__(self, data: Dataset) -> None:
        self._data = data
        self._relations: dict[str, Any] = {}

    @cached_property
    def _connection(self) -> Any:
        import duckdb

        # Made only where memory does not suffice, and removed with the connection.
        spill = Path(gettempdir()) / f"quarterdeck-{os.getpid()}-{id(self)}"
        return duckdb.connect(config={**OPTIONS, "temp_directory": str(spill)})

    def made(self, entity: str, function: Callable[..., Any]) -> pl.DataFrame:
        """Return what a function of `core.marts` makes of a raw table, in no order.

        Raises
        ------
        duckdb.Error
            When DuckDB refuses the rows, as it does a number too large for 64 bits.
        """
        if entity not in self._relations:
            self._relations[entity] = self._connection.read_parquet(str(file_of(self._data, entity)))
        rows: pl.DataFrame = function(self._relations[entity]).pl()
        return rows


def file_of(data: Dataset, entity: str) -> Path | None:
    """Return the Parquet file that holds exactly the rows of a raw table; None where there is none."""
    rows = getattr(data, entity)
    return rows.file if isinstance(rows, RawRows) else None


def is_long(data: Dataset, entity: str) -> bool:
    """Say whether a raw table is a file of a million rows or more, as it is."""
    return file_of(data, entity) is not None and data.row_counts[entity] >= MANY_ROWS
