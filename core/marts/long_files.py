"""Marts of long files worked out in DuckDB, where it is quicker at them than Polars; the rows are the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import polars as pl

from core.config import windows
from core.contracts import Dataset
from core.contracts.raw_rows import RawRows
from core.marts.activities import account_activity_days, deal_activity_days, rep_activity_days
from core.marts.bookings import account_costs, bookings_daily, products_sold, revenue_months
from core.marts.mart_tables import Make, in_order

MANY_ROWS = 1_000_000
Plan = tuple[Callable[..., Any], tuple[str, ...]]
# Nothing is fetched from anywhere, and rows need not come back in the order of the file: marts are sorted.
OPTIONS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "false",
}


def quicker(data: Dataset, makers: Mapping[str, Make]) -> dict[str, Make]:
    """Return what makes marts, in DuckDB where a raw table is a long file as it is and DuckDB is quicker.

    Parameters
    ----------
    data : Dataset
    makers : mapping of str to callable
        What makes each mart in Polars.

    Returns
    -------
    dict of str to callable
        Tables with steps of their own (one person's part, hidden names, another currency) and short ones stay with
        Polars.
    """
    engine = DuckDB(data)
    return {**makers, **{name: partial(engine.table_or, plan, makers[name]) for name, plan in plans(data).items()}}


def plans(data: Dataset) -> dict[str, Plan]:
    """Return what is quicker in DuckDB: each mart's function, and the entities it takes."""
    year = windows.last_months(data.as_of)
    of_lines: dict[str, Plan] = {
        "bookings_daily": (bookings_daily, ("transactions",)),
        "revenue_months": (revenue_months, ("transactions", "accounts")),
        "products_sold": (products_sold, ("transactions",)),
        "account_costs": (lambda lines: account_costs(lines, year.begin, year.last), ("transactions",)),
    }
    of_activities: dict[str, Plan] = {
        "deal_activity_days": (deal_activity_days, ("activities",)),
        "account_activity_days": (account_activity_days, ("activities",)),
        "rep_activity_days": (rep_activity_days, ("activities",)),
    }
    return {name: plan for name, plan in {**of_lines, **of_activities}.items() if _is_long(data, plan[1][0])}


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

    def _relation(self, entity: str) -> Any:
        if entity not in self._relations:
            file = _file(self._data, entity)
            rows = None if file else self._data.frame(entity).to_arrow()
            self._relations[entity] = (
                self._connection.read_parquet(str(file)) if file else self._connection.from_arrow(rows)
            )
        return self._relations[entity]

    def table(self, plan: Plan) -> pl.DataFrame:
        """Return one mart of `plans`, its rows in no order.

        Raises
        ------
        duckdb.Error
            When DuckDB refuses the rows, as it does a number too large for 64 bits.
        """
        function, entities = plan
        schema = function(*(self._data.lazy(entity) for entity in entities)).collect_schema()
        rows: pl.DataFrame = function(*(self._relation(entity) for entity in entities)).pl()
        return rows.select(schema.names()).cast(dict(schema))

    def table_or(self, plan: Plan, ours: Make) -> pl.DataFrame:
        """Return one mart in order; where DuckDB refuses, what Polars makes of it."""
        import duckdb

        try:
            return in_order(self.table(plan))
        except duckdb.Error:
            return ours()


def _is_long(data: Dataset, entity: str) -> bool:
    return _file(data, entity) is not None and data.row_counts[entity] >= MANY_ROWS


def _file(data: Dataset, entity: str) -> Path | None:
    rows = getattr(data, entity)
    return rows.file if isinstance(rows, RawRows) else None
