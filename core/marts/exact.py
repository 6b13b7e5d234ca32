"""Sums of money that are the same in whatever order, and on however many threads, they are added up."""

from __future__ import annotations

from typing import Any

import polars as pl

DIGITS = 6
PARTS = 10**DIGITS


def exact_sum(value: pl.Expr | str) -> pl.Expr:
    """Add numbers up in whole millionths.

    Floating-point addition depends on its order, and a sum by group is added up in as many pieces as there are
    threads: 0.1 + 0.2 + 0.3 may be 0.6 today and 0.6000000000000001 tomorrow, and a difference of two such sums
    0 or a trace of it. Whole numbers add up to the same in every order.

    Parameters
    ----------
    value : pl.Expr or str
        Numbers, or the column that holds them; each counts to the nearest millionth.

    Returns
    -------
    pl.Expr
        The sum, Float64; nulls count as nothing, and nothing adds up to 0. It can stand in `agg`, in `over`
        and by itself.

    Examples
    --------
    >>> frame = pl.DataFrame({"amount": [0.1, 0.2, 0.3, None]})
    >>> frame.select(exact_sum("amount")).item()
    0.6
    """
    column = pl.col(value) if isinstance(value, str) else value
    # The division is one by a multiplication, which can miss the nearest number; rounding puts that right.
    total: pl.Expr = ((column * PARTS).round().cast(pl.Int128).sum() / PARTS).round(DIGITS)
    return total


def exact_mean(value: pl.Expr | str) -> pl.Expr:
    """Return the mean of numbers from their exact sum; see `exact_sum`.

    Returns
    -------
    pl.Expr
        Float64; nulls count neither above nor below the line, and null comes of nothing but nulls.

    Examples
    --------
    >>> frame = pl.DataFrame({"amount": [0.1, 0.2, None]})
    >>> round(frame.select(exact_mean("amount")).item(), 6)
    0.15
    """
    column = pl.col(value) if isinstance(value, str) else value
    return pl.when(column.count() > 0).then(exact_sum(column) / column.count())


def exact_total(column: Any, frame: Any, digits: int = DIGITS) -> Any:
    """Return `exact_sum` as an expression of the engine a frame is in.

    Parameters
    ----------
    column : narwhals expression
    frame : narwhals frame
        Says which engine it is.
    digits : int
        Each number counts to the nearest of so many decimals: 6 for money, 12 for rates.

    Returns
    -------
    narwhals expression
        Float64; see `whole_parts` for what each engine adds up.
    """
    return from_parts(whole_parts(column, frame, digits).sum(), frame, digits)


def whole_parts(column: Any, frame: Any, digits: int = DIGITS) -> Any:
    """Return numbers in whole parts, millionths by default, whose sums are exact and may be summed again.

    Polars has whole numbers of 128 bits. All other engines take whole numbers of 64 bits, which each of them adds up
    exactly or refuses: DuckDB, PostgreSQL, Redshift and Snowflake into longer ones, BigQuery and Spark up to 9.2
    million million of the currency to one row of the table that is made (at 12 digits, 9.2 million). DuckDB rounds
    halves to even as it casts, as Polars does; some of the others cut off, so that they are given the number below.
    """
    import narwhals as nw

    scaled = column * 10**digits
    if frame.implementation.is_polars():
        return scaled.round().cast(nw.Int128)
    return scaled.cast(nw.Int64) if frame.implementation.is_duckdb() else (scaled + 0.5).floor().cast(nw.Int64)


def from_parts(total: Any, frame: Any, digits: int = DIGITS) -> Any:
    """Return a sum of whole parts as a number, Float64."""
    import narwhals as nw

    number = total.cast(nw.Float64) / 10**digits
    # Polars may divide by multiplying, which can miss the nearest number; a database that rounds would go by decimals.
    return number.round(digits) if frame.implementation.is_polars() else number
