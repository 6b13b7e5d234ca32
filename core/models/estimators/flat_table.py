"""Reads any flat table for the learner: outcomes as 0 and 1, columns as numbers, dates or words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.contracts.errors import ModelError, closest
from core.localization import message

Floats = NDArray[np.float64]
NUMBER_SHARE = 0.95
MOST_WORDS = 60
YES = ("yes", "true", "1", "y", "won", "churned", "left")
AGE = "days before"


def as_polars(frame: Any) -> pl.DataFrame:
    """Return a table of polars, of what may be pandas."""
    return frame if isinstance(frame, pl.DataFrame) else pl.from_pandas(frame)


def with_outcome(frame: Any, target: Any) -> tuple[pl.DataFrame, Floats]:
    """Return a table without its outcome, and the outcome as 0, 1 and NaN where it is not known.

    Raises
    ------
    ModelError
        When there is no such column, the lengths differ, or the outcome has more than two values.
    """
    table = as_polars(frame)
    if isinstance(target, str):
        if target not in table.columns:
            near = closest(target, table.columns)
            raise ModelError(
                message("There is no column {target}.", target=target),
                mend=message("Is it {near}?", near=near) if near else "Name the outcome.",
            )
        return table.drop(target), _outcome(table[target])
    series = target if isinstance(target, pl.Series) else pl.Series(np.asarray(target).ravel().tolist())
    if len(series) != table.height:
        raise ModelError(
            message("{n_series} outcomes do not fit {height} rows.", n_series=len(series), height=table.height),
            mend="Give one for each row.",
        )
    return table, _outcome(series)


def _outcome(series: pl.Series) -> Floats:
    kinds = series.drop_nulls().unique().sort().to_list()
    if len(kinds) > 2:
        raise ModelError(message("The outcome has {n_kinds} values.", n_kinds=len(kinds)), mend="It must be yes or no.")
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        return series.cast(pl.Float64).to_numpy().astype(np.float64)
    yes = [k for k in kinds if str(k).strip().lower() in YES]
    happened = yes[0] if yes else min(kinds, key=lambda k: (series == k).sum() or 0, default=None)
    return (series == happened).cast(pl.Float64).to_numpy().astype(np.float64)


def kind(column: pl.Series) -> str:
    """Return how a column is read: "number", "date", "text number" or "words"."""
    if column.dtype == pl.Boolean or column.dtype.is_numeric():
        return "number"
    if column.dtype.is_temporal():
        return "date"
    if column.dtype == pl.String:
        filled = column.str.strip_chars().replace("", None).drop_nulls()
        read = filled.cast(pl.Float64, strict=False).is_not_null().mean() if len(filled) else 0.0
        if read is not None and float(read) >= NUMBER_SHARE:  # type: ignore[arg-type]
            return "text number"
    return "words"


def vocabulary(column: pl.Series) -> tuple[str, ...] | None:
    """Return the words of a column that are learnt, up to 60; None where nearly every row has its own."""
    filled = column.drop_nulls().cast(pl.String)
    counts = filled.value_counts(sort=True)
    if counts.height > max(0.5 * len(filled), MOST_WORDS):
        return None
    top = counts.sort("count", column.name, descending=[True, False]).head(MOST_WORDS)
    return tuple(sorted(top[column.name].to_list()))


def encoded(
    table: pl.DataFrame,
    names: Sequence[str],
    numbers: Mapping[str, str],
    words: Mapping[str, tuple[str, ...]],
    time: str | None,
) -> Floats:
    """Return columns as a matrix; a column the table lacks, and a word never seen, is NaN.

    Parameters
    ----------
    table : pl.DataFrame
    names : sequence of str
        The columns, in order.
    numbers : mapping of str to str
        How each column that is no words is read: a `kind`, or "days before" for days from a date to the time.
    words : mapping of str to tuple of str
    time : str, optional
        The column of time.
    """
    if not names:
        return np.zeros((table.height, 0))
    columns = [_number(table, name, numbers[name], time) for name in names if name in numbers]
    for name in names:
        if name in words:
            codes = {word: float(code) for code, word in enumerate(words[name])}
            column = table[name].cast(pl.String) if name in table.columns else _empty(table, name, pl.String())
            columns.append(column.replace_strict(codes, default=None, return_dtype=pl.Float64).alias(name))
    return pl.DataFrame(columns).select(names).to_numpy().astype(np.float64)


def _empty(table: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Series:
    return pl.Series(name, [None] * table.height, dtype=dtype)


def _number(table: pl.DataFrame, name: str, reading: str, time: str | None) -> pl.Series:
    lacks = name not in table.columns or (reading == AGE and time not in table.columns)
    if lacks:
        return _empty(table, name, pl.Float64())
    column = table[name]
    if reading in ("date", AGE):
        days = column.cast(pl.Date, strict=False).to_physical().cast(pl.Float64)
        if reading == AGE:
            days = table[str(time)].cast(pl.Date, strict=False).to_physical().cast(pl.Float64) - days
        return days.alias(name)
    if column.dtype == pl.String:
        column = column.str.strip_chars()
    return column.cast(pl.Float64, strict=False).alias(name)
