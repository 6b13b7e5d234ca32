"""Splits whole cents so that the parts add up to the whole: the largest remainder's method."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

import polars as pl


def split(cents: int, weights: Sequence[float]) -> list[int]:
    """Split cents by weights; what rounding down leaves goes to the largest fractions, of equal ones to the first.

    Parameters
    ----------
    cents : int
        May be negative, as credit notes are.
    weights : sequence of float
        0 or more. All 0 share alike.

    Returns
    -------
    list of int
        As many as weights; they add up to `cents`, and none is further than a cent from its exact part.

    Source: A. Hamilton's method of apportionment, 1792.

    Examples
    --------
    >>> split(100, [1, 1, 1]), split(-5, [3, 1]), split(7, [0, 0])
    ([34, 33, 33], [-4, -1], [4, 3])
    """
    if not weights:
        return []
    whole = sum(weights)
    exact = [abs(cents) * w / whole for w in weights] if whole > 0 else [abs(cents) / len(weights)] * len(weights)
    parts = [floor(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda k: (parts[k] - exact[k], k))
    for k in order[: abs(cents) - sum(parts)]:
        parts[k] += 1
    return parts if cents >= 0 else [-part for part in parts]


def split_within(rows: pl.DataFrame, by: str, weight: str, cents: str) -> pl.Series:
    """Split each group's cents over its rows, as `split` does.

    Parameters
    ----------
    rows : pl.DataFrame
        With the group, a weight per row that adds up to 1 in it, and its cents on every row of it.
    by, weight, cents : str
        Names of these columns.

    Returns
    -------
    pl.Series
        Int64, one per row.

    Examples
    --------
    >>> rows = pl.DataFrame({"deal": ["a", "a", "b"], "w": [0.5, 0.5, 1.0], "c": [3, 3, -2]})
    >>> split_within(rows, "deal", "w", "c").to_list()
    [2, 1, -2]
    """
    exact = pl.col(cents).abs() * pl.col(weight)
    parts = rows.with_columns(_exact=exact).with_columns(_whole=pl.col("_exact").floor().cast(pl.Int64))
    gap = (pl.col("_exact") - pl.col("_whole")).rank("ordinal", descending=True).over(by)
    left = (pl.col(cents).abs() - pl.col("_whole").sum().over(by)).alias("left")
    part = pl.col("_whole") + (gap <= left).cast(pl.Int64)
    return parts.select((part * pl.col(cents).sign()).cast(pl.Int64).alias("credit"))["credit"]
