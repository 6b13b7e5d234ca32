"""Marts made by the engine of the settings where the raw rows lie; the rows are the same as those Polars makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import polars as pl

from core.contracts import RAW_FRAMES, Dataset
from core.contracts.raw_rows import RawRows
from core.marts.bookings import BILLED, BOOKING, bookings_daily
from core.marts.engine_plans import Plan, activity_plans, column_plans, day_plans, line_plans, orders_plan, states_plan
from core.marts.long_files import DuckDB, file_of, is_long
from core.marts.mart_tables import Make, in_order

Asked = Callable[[Callable[..., Any]], pl.DataFrame]
Columns = Callable[[str, pl.DataFrame], pl.DataFrame]
DUCKDB = "duckdb"


def by_engine(data: Dataset, makers: Mapping[str, Make], columns_of: Columns) -> dict[str, Make]:
    """Return what makes marts, with the engine of a dataset wherever it holds the raw rows.

    Parameters
    ----------
    data : Dataset
    makers : mapping of str to callable
        What makes each mart in Polars.
    columns_of : callable
        Makes the rows of `raw_columns` of an entity and what `column_values` gives.

    Returns
    -------
    dict of str to callable
        Tables with steps of their own (one person's part, hidden names, another currency) stay with Polars, which
        asks a warehouse for the columns they need. Where no engine is chosen, DuckDB makes those of long files that
        it is quicker at.
    """
    duckdb = DuckDB(data)
    asked = {entity: ask for entity in RAW_FRAMES if (ask := _asked(data, entity, duckdb)) is not None}
    engine = _Engine(data, asked)
    plans = {name: plan for name, plan in {**line_plans(data), **activity_plans()}.items() if plan.entity in asked}
    out: dict[str, Make] = {
        **makers,
        **{name: partial(engine.made_or, plan, makers[name]) for name, plan in plans.items()},
    }
    if "transactions" in asked and data.engine:
        out["customer_orders"] = partial(engine.orders, makers["customer_orders"])
    if "opportunity_history" in asked and file_of(data, "opportunity_history") is None:
        out["deal_states"] = partial(engine.made_or, states_plan(), makers["deal_states"])
    if data.engine and asked:
        out["row_days"] = engine.row_days
        out["raw_columns"] = partial(engine.raw_columns, columns_of)
    return out


def _asked(data: Dataset, entity: str, duckdb: DuckDB) -> Asked | None:
    """Return what asks the engine that holds a raw table; None where Polars is to read it."""
    rows = getattr(data, entity)
    if isinstance(rows, RawRows) and rows.made is not None:
        return rows.made
    if data.engine not in ("", DUCKDB) or file_of(data, entity) is None:
        return None
    return partial(duckdb.made, entity) if data.engine == DUCKDB or is_long(data, entity) else None


class _Engine:
    """The engine of a dataset, and what was made with it before another mart needs it."""

    def __init__(self, data: Dataset, asked: Mapping[str, Asked]) -> None:
        self.data, self.asked = data, asked
        self._bookings: pl.DataFrame | None = None

    def made(self, plan: Plan) -> pl.DataFrame:
        """Return a mart in the types Polars gives it, in order."""
        empty = pl.LazyFrame(schema=self.data.lazy(plan.entity).collect_schema())
        schema = plan.function(empty).collect_schema()
        ask = self.asked.get(plan.entity) or self._here(plan.entity)
        made = plan.after(ask(plan.function).select(schema.names()).cast(dict(schema)))
        return made if plan.is_in_order else in_order(made)

    def _here(self, entity: str) -> Asked:
        rows = self.data.lazy(entity)
        return lambda function: function(rows).collect(engine="streaming")

    def made_or(self, plan: Plan, ours: Make) -> pl.DataFrame:
        """Return a mart; where DuckDB refuses the numbers of a file, what Polars makes of it."""
        import duckdb

        try:
            table = self.made(plan)
        except duckdb.Error:
            return ours()
        if plan.function is bookings_daily:
            self._bookings = table
        return table

    def orders(self, ours: Make) -> pl.DataFrame:
        """Return what customers ordered: bookings, or invoices and refunds where nothing is booked."""
        booked = line_plans(self.data)["bookings_daily"]
        lines = self.made(booked) if self._bookings is None else self._bookings
        is_booked = lines["kind"].is_in([BOOKING]).any()
        return self.made_or(orders_plan((BOOKING,) if is_booked else BILLED), ours)

    def row_days(self) -> pl.DataFrame:
        """Return [entity, on, n_rows] of all raw tables."""
        return pl.concat([self.made(plan) for plan in day_plans().values()])

    def raw_columns(self, columns_of: Columns) -> pl.DataFrame:
        """Return how far the columns of all raw tables are filled."""
        return pl.concat([columns_of(entity, self.made(plan)) for entity, plan in column_plans(self.data).items()])
