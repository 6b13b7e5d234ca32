"""What every engine is asked to make a mart: its function, the raw tables it takes, and what is done to the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from core.config import windows
from core.contracts import RAW_FRAMES, Dataset
from core.marts.activities import account_activity_days, deal_activity_days, rep_activity_days
from core.marts.bookings import (
    account_costs,
    account_months,
    bookings_daily,
    customer_orders,
    placed_months,
    products_sold,
)
from core.marts.deals import deal_states
from core.marts.row_days import column_values, row_days

STATE_ORDER = ("opportunity_id", "valid_from", "valid_to", "stage", "amount", "close_on", "owner_id")


@dataclass(frozen=True)
class Plan:
    """How an engine makes a mart of one raw table.

    Attributes
    ----------
    function : callable
        One of `core.marts`, or one that calls it with what it takes beside the rows.
    entity : str
        The raw table.
    after : callable, optional
        What Polars does to the rows the engine gives.
    is_in_order : bool
        Whether `after` puts the rows in order.
    """

    function: Callable[..., Any]
    entity: str
    after: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows
    is_in_order: bool = False


def line_plans(data: Dataset) -> dict[str, Plan]:
    """Return the plans of the marts of transaction lines but that of orders, which are told by what was booked."""
    year = windows.last_months(data.as_of)
    return {
        "bookings_daily": Plan(bookings_daily, "transactions"),
        "revenue_months": Plan(
            account_months, "transactions", lambda rows: placed_months(rows.lazy(), data.accounts.lazy()).collect()
        ),
        "products_sold": Plan(products_sold, "transactions"),
        "account_costs": Plan(partial(_costs, year.begin, year.last), "transactions"),
    }


def _costs(since: Any, until: Any, lines: Any) -> Any:
    return account_costs(lines, since, until)


def orders_plan(kinds: tuple[str, ...]) -> Plan:
    """Return the plan of orders of some kinds of lines."""
    return Plan(lambda lines: customer_orders(lines, kinds), "transactions")


def activity_plans() -> dict[str, Plan]:
    """Return the plans of the marts of activities."""
    functions = (deal_activity_days, account_activity_days, rep_activity_days)
    return {function.__name__: Plan(function, "activities") for function in functions}


def states_plan() -> Plan:
    """Return the plan of the states of deals; a database has no order of its own, so they come by deal and time."""
    return Plan(
        deal_states, "opportunity_history", lambda rows: rows.sort(STATE_ORDER, nulls_last=True), is_in_order=True
    )


def day_plans() -> dict[str, Plan]:
    """Return the plans that count the rows of each raw table by day."""
    return {entity: Plan(partial(_days_of, entity), entity) for entity in RAW_FRAMES}


def _days_of(entity: str, rows: Any) -> Any:
    return row_days(rows, entity)


def column_plans(data: Dataset) -> dict[str, Plan]:
    """Return the plans that look how far the columns of each raw table are filled."""
    schemas = {entity: data.lazy(entity).collect_schema() for entity in RAW_FRAMES}
    return {
        entity: Plan(partial(_filled, pl.LazyFrame(schema=schema)), entity, is_in_order=True)
        for entity, schema in schemas.items()
    }


def _filled(like: pl.LazyFrame, rows: Any) -> Any:
    return column_values(rows, like)
