"""Half-open spans of days, [begin, end): the one way contracts, states and people are valid for a time."""

from __future__ import annotations

from datetime import date

import polars as pl


def holds(day: date, begin: str, end: str) -> pl.Expr:
    """Say whether a row's span holds a day: begun by then, and ended later or not at all.

    Parameters
    ----------
    day : date
    begin, end : str
        Columns of dates; a null end is still running.
    """
    return (pl.col(begin) <= day) & (pl.col(end).is_null() | (pl.col(end) > day))


def line_runs(day: date) -> pl.Expr:
    """Say whether a contract line runs on a day."""
    return holds(day, "started_on", "ended_on")


def is_valid(day: date) -> pl.Expr:
    """Say whether a state of a deal, or a person's place in the team, is valid on a day."""
    return holds(day, "valid_from", "valid_to")


NEVER = date(9999, 12, 31)


def unbroken(rows: pl.DataFrame, key: str, begin: str, end: str) -> pl.DataFrame:
    """Join spans of the same key that overlap or touch into unbroken ones.

    Parameters
    ----------
    rows : pl.DataFrame
    key, begin, end : str
        Columns; a null end is still running.

    Returns
    -------
    pl.DataFrame
        [key, begin, end], by key and begin; two spans with days between them stay two.
    """
    ordered = rows.sort(key, begin)
    reach = pl.col(end).fill_null(NEVER).cum_max().shift(1).over(key)
    fresh = (pl.col(begin) > reach).fill_null(value=True)
    spans = ordered.with_columns(span=fresh.cum_sum().over(key)).group_by(key, "span")
    merged = spans.agg(pl.col(begin).min(), pl.col(end).fill_null(NEVER).max())
    ended = pl.when(pl.col(end) != NEVER).then(end)
    return merged.with_columns(ended.alias(end)).drop("span").sort(key, begin)
