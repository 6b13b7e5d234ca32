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
