"""Cuts one feature's values into a few ranges or words, each with a label and a value that stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from core.explain.drivers import NOT_KNOWN

MOST = 5
OTHERS = "others"


@dataclass(frozen=True)
class Bins:
    """The cut.

    Attributes
    ----------
    places : pl.Series
        Which bin each row falls into; rows where the value is not known fall into the last, if there are any.
    labels : tuple of str
        Of each bin.
    middles : tuple
        A value that stands for each: the median of its numbers, its word, None where it is not known.
    """

    places: pl.Series
    labels: tuple[str, ...]
    middles: tuple[Any, ...]


def bins(values: pl.Series, most: int = MOST, order: Sequence[str] = ()) -> Bins:
    """Cut a feature at its quantiles, or by its most frequent words.

    Parameters
    ----------
    values : pl.Series
        Numbers, true or false, or words; null where not known.
    most : int
        Bins besides the one of what is not known.
    order : sequence of str
        Words that come first, in this order; others follow by name.

    Returns
    -------
    Bins
        Numbers of at most `most` different values are not cut. Words beyond the most frequent are put together as
        others, and the most frequent of them stands for them all.

    Examples
    --------
    >>> bins(pl.Series([1, 1, 2, None])).labels
    ('1', '2', 'not known')
    """
    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        return _numbers(values.cast(pl.Float64).fill_nan(None), values.dtype == pl.Boolean, most)
    return _words(values.cast(pl.String), most, list(order))


def _numbers(values: pl.Series, is_flag: bool, most: int) -> Bins:
    observed = values.drop_nulls().to_numpy()
    different = np.unique(observed)
    if len(different) > most:
        cuts = np.unique(np.quantile(observed, np.linspace(0, 1, most + 1)[1:-1], method="higher"))
        inner = cuts[cuts > different[0]]
    else:
        inner = different[1:]
    raw = values.to_numpy()
    where = np.searchsorted(inner, raw, side="right")
    labels, middles = [], []
    for k in range(len(inner) + 1 if len(different) else 0):
        own = observed[np.searchsorted(inner, observed, side="right") == k]
        low, high = float(own.min()), float(own.max())
        written = " to ".join(dict.fromkeys(_written(v, "_rate" in values.name) for v in (low, high)))
        labels.append(("no", "yes")[int(low)] if is_flag else written)
        middles.append(float(np.quantile(own, 0.5, method="higher")))
    return _with_gaps(where, values.is_null().to_numpy(), labels, middles)


def _words(values: pl.Series, most: int, order: list[str]) -> Bins:
    counts = values.drop_nulls().value_counts().rename({values.name or "": "word"}) if len(values) else None
    if counts is None or counts.is_empty():
        return _with_gaps(np.zeros(len(values), dtype=int), values.is_null().to_numpy(), [], [])
    words = counts.sort("count", "word", descending=[True, False])["word"].to_list()
    frequent, rest = (words, []) if len(words) <= most else (words[: most - 1], words[most - 1 :])
    frequent.sort(key=lambda word: (order.index(word) if word in order else len(order), word))
    codes = {word: k for k, word in enumerate(frequent)} | dict.fromkeys(rest, len(frequent))
    where = np.array([codes.get(word, 0) for word in values.to_list()], dtype=int)
    labels, middles = [*frequent, *([OTHERS] if rest else [])], [*frequent, *rest[:1]]
    return _with_gaps(where, values.is_null().to_numpy(), labels, middles)


def _with_gaps(where: Any, gaps: Any, labels: list[str], middles: list[Any]) -> Bins:
    if gaps.any():
        where = np.where(gaps, len(labels), where)
        labels, middles = [*labels, NOT_KNOWN], [*middles, None]
    return Bins(pl.Series("place", where, dtype=pl.Int64), tuple(labels), tuple(middles))


def _written(value: float, is_rate: bool) -> str:
    if is_rate:
        return f"{value * 100:,.0f} %"
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:,.2f}"
