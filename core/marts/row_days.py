"""How many rows a raw table has of each day, and how far its columns are filled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from narwhals.typing import IntoFrameT

DAY_OF = {"opportunity_history": "valid_from", "transactions": "booked_on", "activities": "occurred_at"}


def row_days(rows: IntoFrameT, entity: str) -> IntoFrameT:
    """Count the rows of a raw table by day.

    Parameters
    ----------
    rows : frame of Polars, DuckDB or another engine narwhals knows
    entity : {"opportunity_history", "transactions", "activities"}

    Returns
    -------
    frame of the same engine
        [entity, on, n_rows]: a state counts on the day it begins.
    """
    import narwhals as nw

    frame: Any = nw.from_native(rows)
    day = nw.col(DAY_OF[entity])
    dated = frame.select(on=day.dt.date() if entity == "activities" else day)
    counted = dated.group_by("on").agg(n_rows=nw.len())
    out: IntoFrameT = counted.select(nw.lit(entity).alias("entity"), "on", "n_rows").to_native()
    return out


def column_values(rows: IntoFrameT, like: Any = None) -> IntoFrameT:
    """Count the values of every column of a raw table, and return the smallest of each as an example.

    Parameters
    ----------
    rows : frame
    like : frame, optional
        One of Polars with the same columns, where the engine itself cannot say which there are.

    Returns
    -------
    frame of the same engine
        One row: n_rows, and per column n_<column> and min_<column>.
    """
    import narwhals as nw

    frame: Any = nw.from_native(rows)
    schema = (frame if like is None else nw.from_native(like)).collect_schema()
    names = schema.names()
    counts = [nw.col(name).count().alias(f"n_{name}") for name in names]
    # A database finds the least of numbers, texts and days, but not of yes and no.
    least = [_least(nw.col(name), schema[name]).alias(f"min_{name}") for name in names]
    out: IntoFrameT = frame.select(nw.len().alias("n_rows"), *counts, *least).to_native()
    return out


def _least(column: Any, kind: Any) -> Any:
    import narwhals as nw

    return column.all() if kind == nw.Boolean else column.min()
