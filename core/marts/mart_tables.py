"""The marts of one dataset as tables that are read when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import RLock

import polars as pl

Make = Callable[[], pl.DataFrame]


class Table:
    """One table of `Marts`, as an attribute."""

    def __set_name__(self, owner: type, name: str) -> None:
        """Note what the attribute is called."""
        self.name = name

    def __get__(self, marts: Marts, owner: type) -> pl.DataFrame:
        """Return the table, made or read when it is first asked for."""
        return marts.table(self.name)


class Marts:
    """The tables that measures, models and explanations are worked out from.

    Parameters
    ----------
    makers : mapping of str to callable
        Makes or reads each table.

    Attributes
    ----------
    row_days : pl.DataFrame
        [entity, on, n_rows]: rows of each raw table by day.
    raw_columns : pl.DataFrame
        [entity, column, n_rows, n_values, example] of each raw table, in its order.
    bookings_daily : pl.DataFrame
        Lines by day, region, product, rep and kind; see `bookings.bookings_daily`. Where no lines were loaded, won
        deals stand for bookings.
    revenue_months : pl.DataFrame
        [month, region, segment, product_id, rep_id, amount] of the months complete on the as-of date.
    customer_orders : pl.DataFrame
        [booked_on, account_id, region, product_id, rep_id, kind, amount, n_lines]: booking lines; where nothing was
        booked, invoices and refunds; where no lines were loaded, won deals.
    products_sold : pl.DataFrame
        [account_id, product_id, rep_id, first_on]: which customers were sold which product by whom, and since when.
    account_costs : pl.DataFrame
        [account_id, amount, cost_amount] invoiced in the twelve months that end on the as-of date.
    deal_states : pl.DataFrame
        The history of deals, in the order of the source; see `deals.deal_states`.
    deal_activity_days, account_activity_days, rep_activity_days : pl.DataFrame
        What was done by day; see `activities`.
    """

    row_days = Table()
    raw_columns = Table()
    bookings_daily = Table()
    revenue_months = Table()
    customer_orders = Table()
    products_sold = Table()
    account_costs = Table()
    deal_states = Table()
    deal_activity_days = Table()
    account_activity_days = Table()
    rep_activity_days = Table()

    def __init__(self, makers: Mapping[str, Make]) -> None:
        self._makers = dict(makers)
        self._tables: dict[str, pl.DataFrame] = {}
        self._lock = RLock()

    def table(self, name: str) -> pl.DataFrame:
        """Return a table by its name."""
        with self._lock:
            if name not in self._tables:
                self._tables[name] = self._makers[name]()
                del self._makers[name]  # It may hold the packed bytes of the table.
            return self._tables[name]

    def has(self, entity: str) -> bool:
        """Say whether a raw table has any rows up to the as-of date."""
        return not self.row_days.filter(pl.col("entity") == entity).is_empty()


def in_order(table: pl.DataFrame) -> pl.DataFrame:
    """Return a mart sorted by its keys: the columns that are neither a sum nor a count."""
    keys = [name for name in table.columns if not name.startswith("n_") and not name.endswith(("amount", "_sum"))]
    return table.sort(keys, nulls_last=True)


NAMES = tuple(name for name, value in vars(Marts).items() if isinstance(value, Table))
