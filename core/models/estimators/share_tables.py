"""Fits tables of shares by one or two columns, the simplest contender that looks at a row at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from core.models.estimators.contenders import Floats, Table, logit, place

BINS = 8
PRIOR_ROWS = 20


def best_table(x: Floats, y: Floats, words: Mapping[int, int], columns: Sequence[int] = ()) -> Table:
    """Fit the one- or two-way table that tells most, by log loss with shares drawn to the average.

    Parameters
    ----------
    x : ndarray, shape (rows, columns)
        Missing values are NaN.
    y : ndarray of 0 and 1
    words : mapping of int to int
        How many values each coded column has.
    columns : sequence of int
        Those a table may use; default all.
    """
    usable = [c for c in (columns or range(x.shape[1])) if not np.isnan(x[:, c]).all()]
    if not usable:
        return Table((0,), ((),), np.full(2, log_odds(y)), (np.full(2, log_odds(y)),), log_odds(y), x.shape[1])
    edges = {c: borders(x[:, c], words.get(c, 0)) for c in usable}
    singles = {c: _table(x, y, (c,), edges) for c in usable}
    ranked = sorted(usable, key=lambda c: _loss(singles[c], x, y))
    pairs = [_table(x, y, pair, edges) for pair in combinations(ranked[:4], 2)]
    return min([singles[ranked[0]], *pairs], key=lambda t: _loss(t, x, y))


def borders(values: Floats, n_words: int) -> tuple[float, ...]:
    """Return inner borders of bins: between words, else at quantiles."""
    if n_words:
        return tuple(float(k) + 0.5 for k in range(n_words - 1))
    filled = values[~np.isnan(values)]
    cuts = np.unique(np.quantile(filled, np.linspace(0, 1, BINS + 1)[1:-1]))
    return tuple(cuts[cuts > filled.min()].tolist())


def log_odds(y: Floats) -> float:
    """Return the log odds of the overall share, drawn a little towards one half so that it is never 0 or 1."""
    return float(logit((y.sum() + 0.5) / (len(y) + 1)))


def _cells(bins: Sequence[Any], shape: tuple[int, ...], y: Floats) -> Floats:
    flat = np.ravel_multi_index(tuple(bins), shape)
    size = int(np.prod(shape))
    n, happened = np.bincount(flat, minlength=size), np.bincount(flat, weights=y, minlength=size)
    overall = (y.sum() + 0.5) / (len(y) + 1)
    return np.asarray(logit((happened + PRIOR_ROWS * overall) / (n + PRIOR_ROWS)).reshape(shape), dtype=np.float64)


def _table(x: Floats, y: Floats, columns: tuple[int, ...], edges: Mapping[int, tuple[float, ...]]) -> Table:
    bins = [place(x[:, c], edges[c]) for c in columns]
    shape = tuple(len(edges[c]) + 2 for c in columns)
    alone = tuple(_cells([b], (n,), y) for b, n in zip(bins, shape, strict=True))
    return Table(columns, tuple(edges[c] for c in columns), _cells(bins, shape, y), alone, log_odds(y), x.shape[1])


def _loss(model: Table, x: Floats, y: Floats) -> float:
    """Return the log loss with a charge for every cell, so that a larger table must earn its cells."""
    margin = model.predict(x, raw_score=True)
    return float(np.sum(np.logaddexp(0, margin) - y * margin) + 0.5 * model.values.size)
