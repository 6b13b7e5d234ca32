"""Past cases like one of today: found by the chance the model gave them, and held against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.metrics import confidence_intervals
from core.metrics.measure import ratio

Floats = NDArray[np.float64]
NEAREST = 400
FEWEST = 20
FAR = 0.95
SAMPLE = 150
CLOSE = 10


@dataclass(frozen=True)
class Difference:
    """Two shares and how far they lie apart.

    Attributes
    ----------
    n_did, n_not : int
        Cases on either side.
    did_rate, not_rate : float or None
    low, high : float or None
        The 95 % interval of did_rate − not_rate.
    """

    n_did: int
    n_not: int
    did_rate: float | None
    not_rate: float | None
    low: float | None
    high: float | None

    @property
    def value(self) -> float | None:
        """Return did_rate − not_rate."""
        return None if self.did_rate is None or self.not_rate is None else self.did_rate - self.not_rate


def difference(did: Sequence[bool], did_not: Sequence[bool]) -> Difference:
    """Hold two shares against each other, with Newcombe's interval; null without cases on either side."""
    n, m = len(did), len(did_not)
    gap = confidence_intervals.difference(sum(did), n, sum(did_not), m)
    low, high = (None, None) if gap is None else gap[1:]
    return Difference(n, m, ratio(sum(did), n), ratio(sum(did_not), m), low, high)


def logit(p: Floats) -> Floats:
    """Return log odds."""
    safe = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(safe / (1 - safe)), dtype=np.float64)


def alike(
    model: Any, past: pl.DataFrame, row: pl.DataFrame, fixed_names: Sequence[str], most: int = NEAREST
) -> pl.DataFrame:
    """Return the past cases nearest to one of today in all the model knows but the fields held fixed.

    Nearness is the distance of the model's log odds with the held fields set to the same value for all
    (matching on the prognostic score; Hansen 2008), so that what matters more counts for more.

    Parameters
    ----------
    model : object with `predict(frame)`
    past : pl.DataFrame
        Past cases with their features.
    row : pl.DataFrame
        The one case, one row.
    fixed_names : sequence of str
        Fields that are to differ.
    """
    fixed = {name: pl.lit(row[name][0]).cast(row.schema[name]) for name in fixed_names if name in row.columns}
    score = logit(np.asarray(model.predict(past.with_columns(**fixed))))
    own = logit(np.asarray(model.predict(row)))[0]
    near = past.with_columns(distance=pl.Series(np.abs(score - own)))
    return near.sort("distance", "account_id", "as_of").head(most)


def evenly(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return at most so many rows, evenly spread over all of them."""
    return rows[np.unique(np.linspace(0, rows.height - 1, min(most, rows.height)).astype(int))]


def changed(row: pl.DataFrame, values: Mapping[str, float]) -> pl.DataFrame:
    """Return the row with some fields set, each in the type it has (counts are rounded)."""
    out = row
    for name, value in values.items():
        kind = row.schema[name]
        out = out.with_columns(pl.lit(round(value) if kind.is_integer() else float(value)).cast(kind).alias(name))
    return out


@dataclass(frozen=True)
class Crowd:
    """Past cases laid out by rank, so that the nearest to a supposed one are found at once.

    Attributes
    ----------
    frame : pl.DataFrame
        By id and date.
    names : tuple of str
        The numbers nearness is measured by.
    weights : ndarray
        How much each counts.
    ranks : ndarray
        Each number's known values in order, then infinity.
    places : ndarray
        Where each case lies: the share of past cases below it, number by number; the middle where not known.
    usual : float
        95 of 100 past cases have ten others nearer than this.
    """

    frame: pl.DataFrame
    names: tuple[str, ...]
    weights: Floats
    ranks: Floats
    places: Floats
    ids: NDArray[np.int64]
    usual: float

    @staticmethod
    def of(past: pl.DataFrame, names: Sequence[str], entity: str, weights: Mapping[str, float] | None = None) -> Crowd:
        """Lay past cases out.

        Parameters
        ----------
        past : pl.DataFrame
            Past cases with `entity`, as_of and the numbers.
        names : sequence of str
            Those the frame lacks are passed over.
        entity : str
            The id; of each entity only the nearest case is given.
        weights : mapping, optional
            How much each number counts; default all alike.
        """
        columns = tuple(n for n in names if n in past.columns)
        if past.is_empty():
            none = np.zeros((0, len(columns)))
            return Crowd(past, columns, np.ones(len(columns)), none, none, np.zeros(0, dtype=np.int64), 0.0)
        frame = past.sort(entity, "as_of")
        raw = _numbers(frame, columns)
        ranks = np.sort(np.where(np.isnan(raw), np.inf, raw), axis=0)
        scale = np.array([1.0 if weights is None else weights.get(n, 0.0) for n in columns])
        places = _places(ranks, raw) * scale
        ids = frame[entity].rank("dense").cast(pl.Int64).to_numpy()
        some = places[np.linspace(0, len(places) - 1, min(SAMPLE, len(places))).astype(int)]
        squares = (some**2).sum(axis=1)[:, None] + (places**2).sum(axis=1)[None] - 2 * some @ places.T
        near = np.partition(np.sqrt(np.clip(squares, 0, None)), min(CLOSE, len(places) - 1), axis=1)
        return Crowd(
            frame, columns, scale, ranks, places, ids, float(np.quantile(near[:, min(CLOSE, len(places) - 1)], FAR))
        )

    def nearest(self, row: pl.DataFrame, most: int, but: str | None = None) -> tuple[pl.DataFrame, bool]:
        """Return the past cases nearest to a row, each entity once, and whether even they are far off.

        Parameters
        ----------
        row : pl.DataFrame
            One row with the numbers.
        most : int
        but : str, optional
            The first column's value that is passed over: what is supposed is not held beside its own past.
        """
        if self.frame.is_empty():
            return self.frame, False
        at = _places(self.ranks, _numbers(row, self.names))[0] * self.weights
        distance = np.sqrt(((self.places - at) ** 2).sum(axis=1))
        others = np.ones(len(distance), dtype=bool) if but is None else (self.frame.to_series(0) != but).to_numpy()
        order = np.argsort(distance, kind="stable")
        order = order[others[order]]
        if not len(order):
            return self.frame.clear(), False
        first = np.sort(np.unique(self.ids[order], return_index=True)[1])[:most]
        chosen = order[first]
        neighbours = self.frame[chosen].with_columns(distance=pl.Series(distance[chosen]))
        return neighbours, bool(distance[order[min(CLOSE, len(order) - 1)]] > self.usual)


def _numbers(frame: pl.DataFrame, names: Sequence[str]) -> Floats:
    return frame.select(pl.col(list(names)).cast(pl.Float64)).to_numpy().astype(np.float64)


def _places(ranks: Floats, values: Floats) -> Floats:
    """Return the share of known past values below each value; the middle where it is not known."""
    n = np.maximum(np.isfinite(ranks).sum(axis=0), 1)
    each = [np.searchsorted(ranks[: n[i], i], values[:, i]) / n[i] for i in range(values.shape[1])]
    shares = np.column_stack(each) if each else np.zeros((len(values), 0))
    return np.where(np.isnan(values), 0.5, shares)
