"""How far what is scored today has moved from what the model learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

BINS = 10
WATCH, ALERT = 0.1, 0.25
FEWEST = 50


def reference(frame: pl.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    """Return each feature's spread over past rows, small enough for a model card.

    Parameters
    ----------
    frame : pl.DataFrame
    names : sequence of str
        Numbers are kept as shares between quantiles, words as shares by word; missing is one of its own.
    """
    out: dict[str, Any] = {}
    for name in names:
        column = frame[name]
        if column.dtype.is_numeric() or column.dtype == pl.Boolean:
            values = column.cast(pl.Float64).fill_nan(None)
            observed = values.drop_nulls().to_numpy()
            edges = (
                np.unique(np.quantile(observed, np.linspace(0, 1, BINS + 1)[1:-1])).tolist() if len(observed) else []
            )
            out[name] = {"edges": edges, "shares": _binned(values, edges)}
        else:
            words = sorted(column.drop_nulls().cast(pl.String).unique().to_list())[:50]
            out[name] = {"words": words, "shares": _worded(column, words)}
    return out


def _binned(values: pl.Series, edges: Sequence[float]) -> list[float]:
    given = values.to_numpy()
    bins = np.where(np.isnan(given), len(edges) + 1, np.searchsorted(np.asarray(edges), given, side="right"))
    return (np.bincount(bins.astype(int), minlength=len(edges) + 2) / max(len(given), 1)).tolist()  # type: ignore[no-any-return]


def _worded(column: pl.Series, words: Sequence[str]) -> list[float]:
    text = column.cast(pl.String)
    n = max(len(text), 1)
    counts = [int((text == w).sum()) for w in words]
    gaps = text.null_count()
    return [c / n for c in (*counts, len(text) - sum(counts) - gaps, gaps)]


def stability(references: Mapping[str, Any], frame: pl.DataFrame) -> pl.DataFrame:
    """Return the population stability index of each feature.

    Parameters
    ----------
    references : mapping
        As `reference` gives it.
    frame : pl.DataFrame
        What is scored today.

    Returns
    -------
    pl.DataFrame
        [feature, psi, state], most moved first; PSI = sum over bins of (now − then) × ln(now / then), empty
        bins counted as half a row. Below 0.1 steady, to 0.25 moving, above moved. Empty with fewer
        than 50 rows.

    Notes
    -----
    Source: Siddiqi 2006, Credit Risk Scorecards.
    """
    shape = {"feature": pl.String, "psi": pl.Float64, "state": pl.String}
    if frame.height < FEWEST:
        return pl.DataFrame(schema=shape)
    rows = []
    for name, then in references.items():
        if name not in frame.columns:
            continue
        column = frame[name]
        now = (
            _worded(column, then["words"])
            if "words" in then
            else _binned(column.cast(pl.Float64).fill_nan(None), then["edges"])
        )
        index = psi(then["shares"], now, frame.height)
        rows.append((name, index, "moved" if index > ALERT else "moving" if index > WATCH else "steady"))
    return pl.DataFrame(rows, schema=shape, orient="row").sort("psi", "feature", descending=[True, False])


def psi(then: Sequence[float], now: Sequence[float], n: int) -> float:
    """Return the population stability index of two lists of shares.

    Examples
    --------
    >>> round(psi([0.5, 0.5], [0.25, 0.75], 1000), 4)
    0.2747
    """
    floor = 0.5 / max(n, 1)
    a, b = np.maximum(np.asarray(then), floor), np.maximum(np.asarray(now), floor)
    used = (np.asarray(then) > 0) | (np.asarray(now) > 0)
    return float(np.sum(((b - a) * np.log(b / a))[used]))
