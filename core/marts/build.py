"""The marts of one dataset: built from its raw rows once, kept in its home, and cut to earlier days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

import polars as pl

from core.artifacts import MARTS, frame_later, key, open_cache, process_shelf, write_frame
from core.config import windows
from core.config.calendar import DAY
from core.contracts import RAW_FRAMES, Dataset
from core.marts.activities import account_activity_days, deal_activity_days, rep_activity_days
from core.marts.bookings import (
    BILLED,
    account_costs,
    bookings_daily,
    customer_orders,
    products_sold,
    revenue_months,
)
from core.marts.deals import deal_states
from core.marts.engine_marts import by_engine
from core.marts.mart_tables import NAMES, Make, Marts, in_order
from core.marts.row_days import column_values, row_days

DAYS = {
    "row_days": "on",
    "bookings_daily": "booked_on",
    "customer_orders": "booked_on",
    "products_sold": "first_on",
    "deal_activity_days": "on",
    "account_activity_days": "on",
    "rep_activity_days": "on",
}


class MartsCodec:
    """Marts as one Parquet file per table."""

    def write(self, value: Marts, folder: Path) -> None:
        """Write every table."""
        for name in NAMES:
            write_frame(value.table(name), folder / f"{name}.parquet")

    def read(self, folder: Path) -> Marts:
        """Return the tables that were written, each unpacked when it is first asked for.

        A page asks for one or two of them, and those of many raw rows are long. Their bytes are read at once, for the
        files may be removed afterwards.
        """
        return Marts({name: frame_later(folder / f"{name}.parquet") for name in NAMES})


CODEC = MartsCodec()


def of(data: Dataset) -> Marts:
    """Return the marts of a dataset, with nothing in them that is later than its as-of date.

    Those of a dataset read from files are kept in its home folder, so that the raw rows are read once for a state of
    the data. Those of an earlier state are the later one's, cut to the day. Everything else is built from the rows
    when it is first asked for.
    """
    return process_shelf(MARTS).get((data.fingerprint, data.as_of), lambda: _made(data))


def _made(data: Dataset) -> Marts:
    if data.origin is not None:
        return until(of(data.origin), data, is_past=True)
    if data.home is None or data.is_transient:
        return until(build(data), data)
    return until(open_cache(data.home).get(MARTS, name_of(data), lambda: build(data), CODEC), data)


def name_of(data: Dataset) -> str:
    """Return the name of the marts of a dataset that was read from files."""
    return key(MARTS, data, (), "core.marts.build")


def build(data: Dataset, names: Sequence[str] = NAMES) -> Marts:
    """Build marts from the raw rows.

    Parameters
    ----------
    data : Dataset
    names : sequence of str
        Which tables; all by default.

    Returns
    -------
    Marts
        Of all rows, those later than the as-of date among them; every table sorted by its keys.
    """
    makers = _makers(data)
    tables = {name: makers[name]() for name in names}
    return Marts({name: partial(tables.__getitem__, name) for name in names})


def booking_lines(data: Dataset) -> pl.LazyFrame:
    """Return the transaction lines; where none were loaded, won deals stand for bookings.

    Parameters
    ----------
    data : Dataset

    Returns
    -------
    pl.LazyFrame
        In the shape of transactions: a won deal with an amount is booked on its close date by its owner in its
        account's region, at no known cost or discount.
    """
    if data.has("transactions"):
        return data.lazy("transactions")
    regions = data.accounts.select("account_id", "region")
    won = data.opportunities.filter("is_won", pl.col("amount").is_not_null()).join(regions, on="account_id", how="left")
    nothing = pl.lit(None, pl.Float64)
    return won.lazy().select(
        "account_id",
        "product_id",
        "region",
        "amount",
        rep_id=pl.col("owner_id"),
        booked_on=pl.col("close_on"),
        kind=pl.lit("booking"),
        cost_amount=nothing,
        discount_rate=nothing,
    )


def order_kinds(lines: pl.LazyFrame) -> tuple[str, ...]:
    """Return which lines are what customers ordered: bookings, or invoices and refunds where nothing is booked."""
    n_booked = lines.filter(pl.col("kind") == "booking").select(pl.len()).collect(engine="streaming").item()
    return ("booking",) if n_booked else BILLED


def collected(plan: pl.LazyFrame) -> pl.DataFrame:
    """Run a plan and sort its rows by their keys."""
    return in_order(plan.collect(engine="streaming"))


def line_makers(data: Dataset, lines: pl.LazyFrame) -> dict[str, Make]:
    """Return what makes the tables of transaction lines from some of them."""
    year = windows.last_months(data.as_of)
    owners = data.accounts.lazy()
    return {
        "bookings_daily": lambda: collected(bookings_daily(lines)),
        "revenue_months": lambda: collected(revenue_months(lines, owners)),
        "customer_orders": lambda: collected(customer_orders(lines, order_kinds(booking_lines(data)))),
        "products_sold": lambda: collected(products_sold(lines)),
        "account_costs": lambda: collected(account_costs(lines, year.begin, year.last)),
    }


def activity_makers(rows: pl.LazyFrame) -> dict[str, Make]:
    """Return what makes the tables of activities from some of them."""
    return {
        "deal_activity_days": lambda: collected(deal_activity_days(rows)),
        "account_activity_days": lambda: collected(account_activity_days(rows)),
        "rep_activity_days": lambda: collected(rep_activity_days(rows)),
    }


def _remade(data: Dataset, name: str) -> pl.DataFrame:
    return _makers(data)[name]()


def _makers(data: Dataset) -> dict[str, Make]:
    makers = {
        "row_days": lambda: counted_days(data),
        "raw_columns": lambda: pl.concat([_columns(name, _values(data.lazy(name))) for name in RAW_FRAMES]),
        "deal_states": lambda: states_of(data),
        **line_makers(data, booking_lines(data)),
        **activity_makers(data.lazy("activities")),
    }
    return by_engine(data, makers, _columns)


def states_of(data: Dataset) -> pl.DataFrame:
    """Return the states of deals in the order of the source."""
    return deal_states(data.lazy("opportunity_history")).collect()


def counted_days(data: Dataset) -> pl.DataFrame:
    """Return [entity, on, n_rows] of all raw tables."""
    return pl.concat([collected(row_days(data.lazy(name), name)) for name in RAW_FRAMES])


def _values(rows: pl.LazyFrame) -> pl.DataFrame:
    return column_values(rows).collect(engine="streaming")


def _columns(entity: str, filled: pl.DataFrame) -> pl.DataFrame:
    values = filled.row(0, named=True)
    schema = {"column": pl.String, "n_values": pl.Int64, "example": pl.String}
    names = [name.removeprefix("min_") for name in filled.columns if name.startswith("min_")]
    cells = [(values[f"min_{name}"], values[f"n_{name}"], name) for name in names]
    frame = pl.DataFrame(
        [(name, n, str(least) if n and least is not None else None) for least, n, name in cells],
        schema=schema,
        orient="row",
    )
    total = pl.lit(values["n_rows"], pl.Int64)
    return frame.select(entity=pl.lit(entity), column="column", n_rows=total, n_values="n_values", example="example")


def until(marts: Marts, data: Dataset, *, is_past: bool = False) -> Marts:
    """Return marts without what is later than a dataset's as-of date.

    Parameters
    ----------
    marts : Marts
        Of the dataset, or of the later one it is an earlier state of.
    data : Dataset
    is_past : bool
        True for an earlier state: what ended later runs on, and the costs of a year are summed from the rows again.

    Returns
    -------
    Marts
        Cut when they are asked for.
    """
    day = data.as_of
    makers: dict[str, Make] = {name: partial(marts.table, name) for name in NAMES}
    makers |= {name: partial(_cut, partial(marts.table, name), column, day) for name, column in DAYS.items()}
    makers["revenue_months"] = partial(_cut, partial(marts.table, "revenue_months"), "month", _last_month(day))
    if is_past:
        makers["deal_states"] = lambda: past_states(marts.deal_states, day)
        makers |= {name: partial(_remade, data, name) for name in ("account_costs", "raw_columns")}
    return Marts(makers)


def _last_month(day: date) -> date:
    return windows.running_month(day) - DAY


def _cut(table: Callable[[], pl.DataFrame], column: str, day: date) -> pl.DataFrame:
    rows = table()
    last = rows[column].max()
    return rows.filter(pl.col(column) <= day) if isinstance(last, date) and last > day else rows


Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def past_states(states: Frame, day: date) -> Frame:
    """Return the states of deals begun by a day; one that ended later was still running then."""
    ended = pl.when(pl.col("valid_to") <= day).then(pl.col("valid_to"))
    return states.filter(pl.col("valid_from") <= day).with_columns(valid_to=ended)
