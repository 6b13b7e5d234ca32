"""Clocks in disguise: columns that say when a row was and nothing else, on which no claim of skill may rest."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST_BINS, ROWS_OF_A_BIN = 50, 20
ORDERED, STRAY_WORDS = 0.9, 0.15
FEWEST_VALUES = 3
FEWEST_ROWS = 40
MOST_GAP = 2
MONTHS = {name: k + 1 for k, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())}
PERIODS = (
    re.compile(r"^(?P<year>(?:19|20)\d\d)[-/. ](?P<month>0?[1-9]|1[0-2])(?:[-/.](?:0?[1-9]|[12]\d|3[01]))?$"),
    re.compile(r"^(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?$"),
    re.compile(r"^(?P<year>(?:19|20)\d\d)[-/. ]?q(?P<quarter>[1-4])$"),
    re.compile(r"^q(?P<quarter>[1-4])[-/. ]?(?P<year>(?:19|20)\d\d)$"),
    re.compile(r"^(?P<year>(?:19|20)\d\d)[-/. ]?w(?P<week>\d\d?)$"),
    re.compile(r"^(?P<month>[a-z]{3})[a-z]*[-/. ]?(?P<year>(?:19|20)\d\d)$"),
    re.compile(r"^(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*$"),
)
CALENDAR = {"month": 12, "quarter": 4, "week": 53}
WHY = "it only says when a row was, so it cannot rank rows of the same time"
SERIAL = "it is a running number: it only says in what order the rows came"


def ordinals(column: pl.Series) -> Floats:
    """Return a column as numbers that rise with time: dates in days, periods in years, numbers as they are.

    Examples
    --------
    >>> ordinals(pl.Series(["2024-03", "2024-Q4", None])).round(2).tolist()
    [2024.17, 2024.75, nan]
    """
    if column.dtype.is_temporal():
        return column.cast(pl.Date, strict=False).to_physical().cast(pl.Float64).to_numpy().astype(np.float64)
    if column.dtype == pl.Boolean or not (column.dtype.is_numeric() or column.dtype == pl.String):
        return np.full(len(column), np.nan)
    plain = column.cast(pl.Float64, strict=False)
    words = {word: period(word) for word in column.cast(pl.String).drop_nulls().unique().to_list()}
    as_period = column.cast(pl.String).replace_strict(words, default=None, return_dtype=pl.Float64)
    is_period = as_period.null_count() <= column.null_count() + 0.05 * len(column)
    return (as_period if is_period else plain).to_numpy().astype(np.float64)


def period(text: str) -> float | None:
    """Return the year, with its month, quarter or week as a fraction, that a text names; a month alone counts as 0.

    Examples
    --------
    >>> period("202407"), period("Q3 2024"), period("17")
    (2024.5, 2024.5, None)
    """
    for pattern in PERIODS:
        match = pattern.match(text.strip().lower().removesuffix(".0"))
        if match is None:
            continue
        parts = match.groupdict()
        month = parts.get("month")
        if month is not None and not month.isdigit() and month not in MONTHS:
            return None
        number = int(MONTHS.get(month, 0) or month) if month is not None else 1
        share = (number - 1) / 12
        if parts.get("quarter"):
            share = (int(parts["quarter"]) - 1) / 4
        if parts.get("week"):
            share = (int(parts["week"]) - 1) / 53
        return float(parts.get("year") or 0) + share
    return None


def clocks(table: pl.DataFrame, names: Sequence[str], when: Floats | None) -> dict[str, str]:
    """Name the columns that say when a row was and nothing else, and why each counts as such.

    Parameters
    ----------
    table : pl.DataFrame
    names : sequence of str
        The columns to look at.
    when : ndarray, optional
        The time of each row. Without it running numbers and calendar periods are named by their look alone.

    Returns
    -------
    dict of str to str

    Notes
    -----
    With a time, rows are put into up to 50 bins of it. A column of numbers is a clock when the bins explain nine
    tenths of the variance of its ranks, one of words when its commonest word in each bin leaves at most 15 % of the
    rows that the commonest word of all leaves: what it says, the time says.
    """
    out = {}
    for name in names:
        if when is not None and follows(table[name], when):
            out[name] = WHY
        elif when is None and is_serial(table[name]):
            out[name] = SERIAL
        elif when is None and is_calendar(table[name]):
            out[name] = WHY
    return out


def of_table(table: pl.DataFrame, names: Sequence[str]) -> str | None:
    """Return the column that says when the rows were where nobody named it: dates or periods in the rows' order first.

    Returns
    -------
    str or None
        A column of dates or calendar periods by which the rows are sorted, else a running number, else nothing.
    """
    order = np.arange(table.height, dtype=np.float64)
    for name in names:
        column = table[name]
        if (column.dtype.is_temporal() or is_calendar(column)) and follows(column, order):
            return name
    return next((name for name in names if is_serial(table[name])), None)


def follows(column: pl.Series, when: Floats) -> bool:
    """Say whether a column says hardly more than the time does (see `clocks`)."""
    values = ordinals(column)
    if np.isnan(values).mean() > 0.5:
        return _words_follow(column, when)
    usable = np.isfinite(values) & np.isfinite(when)
    if usable.sum() < FEWEST_ROWS or len(np.unique(values[usable])) < FEWEST_VALUES:
        return False
    rank, bins = _ranks(values[usable]), _bins(when[usable])
    n = np.bincount(bins)
    if len(n) < FEWEST_VALUES:
        return False
    means = np.bincount(bins, weights=rank) / n
    return bool((n * (means - rank.mean()) ** 2).sum() >= ORDERED * ((rank - rank.mean()) ** 2).sum())


def _words_follow(column: pl.Series, when: Floats) -> bool:
    rows = pl.DataFrame({"word": column.cast(pl.String), "bin": _bins(when)}).drop_nulls()
    n_bins, n_words = rows["bin"].n_unique(), rows["word"].n_unique()
    if rows.height < FEWEST_ROWS or min(n_bins, n_words) < FEWEST_VALUES:
        return False
    counts = rows.group_by("bin", "word").len()
    within = counts.group_by("bin").agg(pl.col("len").max())["len"].sum()
    overall = rows.group_by("word").len()["len"].max()
    return bool(rows.height - within <= STRAY_WORDS * (rows.height - overall))  # type: ignore[operator]


def _ranks(values: Floats) -> Floats:
    """Return ranks, the mean of them where values are equal."""
    distinct, code, n = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(n) - (n - 1) / 2
    return np.asarray(middle[code.ravel()][: len(values)], dtype=np.float64) if len(distinct) else values


def _bins(when: Floats) -> NDArray[np.int64]:
    """Return which of up to 50 stretches of time each row falls into, of 20 rows or more each, numbered from 0."""
    most = max(min(MOST_BINS, len(when) // ROWS_OF_A_BIN), 1)
    stretch = np.ceil(_ranks(when) * most / len(when)).astype(np.int64)
    return np.unique(stretch, return_inverse=True)[1].ravel().astype(np.int64)


def is_serial(column: pl.Series) -> bool:
    """Say whether a column is a running number: whole numbers, all different, with few left out between."""
    values = column.cast(pl.Float64, strict=False).drop_nulls().to_numpy() if column.dtype.is_numeric() else np.zeros(0)
    if len(values) < max(FEWEST_ROWS, len(column)) or len(np.unique(values)) < len(values):
        return False
    return bool((values == np.round(values)).all() and np.ptp(values) < MOST_GAP * len(values))


def is_calendar(column: pl.Series) -> bool:
    """Say whether a column holds months, quarters or weeks: by how its values are written, else by its name."""
    filled = column.drop_nulls()
    if filled.n_unique() < FEWEST_VALUES or column.dtype == pl.Boolean:
        return False
    if column.dtype == pl.String or column.dtype.is_integer():
        words = filled.cast(pl.String).unique().to_list()
        if all(period(word) is not None for word in words):
            return True
    most = next((n for unit, n in CALENDAR.items() if unit in _name_words(column.name)), 0)
    if not most or not column.dtype.is_numeric():
        return False
    values = filled.cast(pl.Float64).to_numpy()
    return bool((values == np.round(values)).all() and values.min() >= 1 and values.max() <= most)


def _name_words(name: str) -> set[str]:
    return set(re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()))
