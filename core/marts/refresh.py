"""Carries marts forward by the rows that changed: only the days, months and deals they touch are worked out again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from core.config.calendar import add_months, month_start
from core.contracts import Dataset
from core.marts.build import (
    activity_makers,
    booking_lines,
    build,
    counted_days,
    line_makers,
    order_kinds,
    states_of,
)
from core.marts.mart_tables import NAMES, Marts, in_order
from core.marts.row_days import DAY_OF

ACTIVITIES = ("deal_activity_days", "account_activity_days", "rep_activity_days")


@dataclass(frozen=True)
class Touched:
    """What rows that came, changed or went lie on.

    Attributes
    ----------
    booked_on : frozenset of date
        Days of transaction lines.
    occurred_on : frozenset of date
        Days of activities.
    deals : frozenset of str
        Deals whose history changed.
    """

    booked_on: frozenset[date] = field(default_factory=frozenset)
    occurred_on: frozenset[date] = field(default_factory=frozenset)
    deals: frozenset[str] = field(default_factory=frozenset)


def touched_by(rows: Mapping[str, pl.DataFrame]) -> Touched:
    """Return what changed rows touch.

    Parameters
    ----------
    rows : mapping of str to pl.DataFrame
        By entity: rows that are new or gone, and of rows that changed what they were and what they are.
    """

    def values(entity: str, column: pl.Expr) -> frozenset[Any]:
        frame = rows.get(entity)
        return frozenset() if frame is None else frozenset(frame.select(column).to_series().drop_nulls())

    return Touched(
        values("transactions", pl.col(DAY_OF["transactions"])),
        values("activities", pl.col(DAY_OF["activities"]).dt.date()),
        frozenset(str(deal) for deal in values("opportunity_history", pl.col("opportunity_id"))),
    )


def refresh(marts: Marts, data: Dataset, touched: Touched) -> Marts:
    """Return the marts of changed data from those before, reading no untouched day of lines or activities.

    Parameters
    ----------
    marts : Marts
        As `build` made them of the rows before; not cut to a day.
    data : Dataset
        All rows as they are now. Its accounts are those of before: where an account changed segment or owner, or
        lines stand in for deals no longer, build anew.
    touched : Touched

    Returns
    -------
    Marts
        The same rows as `build(data)` gives. Rows of days, the fill of columns, who was sold what and the costs of
        the last year are counted anew; the engine reads only the columns they need.
    """
    if not touched.booked_on and not touched.occurred_on and not touched.deals:
        return marts
    changed = {"row_days": counted_days(data), "raw_columns": build(data, ("raw_columns",)).raw_columns}
    if touched.booked_on:
        changed |= _lines(marts, data, touched.booked_on)
    if touched.occurred_on:
        changed |= _activities(marts, data, touched.occurred_on)
    if touched.deals:
        # A history has no order but its own: late states stand where the source puts them.
        changed["deal_states"] = states_of(data)
    makers = {name: partial(marts.table, name) for name in NAMES if name not in changed}
    return Marts(makers | {name: partial(changed.__getitem__, name) for name in changed})


def _lines(marts: Marts, data: Dataset, days: frozenset[date]) -> dict[str, pl.DataFrame]:
    lines = booking_lines(data)
    fresh = line_makers(data, lines.filter(pl.col("booked_on").is_in(sorted(days))))
    months = sorted({month_start(day) for day in days})
    spans = [pl.col("booked_on").is_between(month, add_months(month, 1), closed="left") for month in months]
    whole = line_makers(data, lines.filter(pl.any_horizontal(spans)))
    kinds = order_kinds(lines)
    orders, ordered = marts.customer_orders, sorted(days)
    # The first booking of a company that only invoiced, or the last one gone, changes what an order is.
    is_same = not orders.is_empty() and set(orders["kind"].unique()) <= set(kinds)
    made = fresh["customer_orders"]() if is_same else line_makers(data, lines)["customer_orders"]()
    return {
        "bookings_daily": _replaced(marts.bookings_daily, fresh["bookings_daily"](), "booked_on", ordered),
        "revenue_months": _replaced(marts.revenue_months, whole["revenue_months"](), "month", months),
        "customer_orders": _replaced(orders, made, "booked_on", ordered) if is_same else made,
        **{name: line_makers(data, lines)[name]() for name in ("products_sold", "account_costs")},
    }


def _activities(marts: Marts, data: Dataset, days: frozenset[date]) -> dict[str, pl.DataFrame]:
    is_touched = pl.col("occurred_at").dt.date().is_in(sorted(days))
    fresh = activity_makers(data.lazy("activities").filter(is_touched))
    return {name: _replaced(marts.table(name), fresh[name](), "on", sorted(days)) for name in ACTIVITIES}


def _replaced(before: pl.DataFrame, fresh: pl.DataFrame, column: str, days: list[date]) -> pl.DataFrame:
    """Put the rows of some days in the place of those there were, in the order of the table."""
    rest = before.filter(~pl.col(column).is_in(days))
    return in_order(pl.concat([rest, fresh]))
