"""Past cases like one of today: found by the chance the model gave them, and held against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.metrics import intervals
from core.metrics.measure import ratio

Floats = NDArray[np.float64]
NEAREST = 400
FEWEST = 20


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
    gap = intervals.difference(sum(did), n, sum(did_not), m)
    low, high = (None, None) if gap is None else gap[1:]
    return Difference(n, m, ratio(sum(did), n), ratio(sum(did_not), m), low, high)


def logit(p: Floats) -> Floats:
    """Return log odds."""
    safe = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(safe / (1 - safe)), dtype=np.float64)


def alike(model: Any, past: pl.DataFrame, row: pl.DataFrame, held: Sequence[str], most: int = NEAREST) -> pl.DataFrame:
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
    held : sequence of str
        Fields that are to differ.
    """
    fixed = {name: pl.lit(row[name][0]).cast(row.schema[name]) for name in held if name in row.columns}
    score = logit(np.asarray(model.predict(past.with_columns(**fixed))))
    own = logit(np.asarray(model.predict(row)))[0]
    near = past.with_columns(distance=pl.Series(np.abs(score - own)))
    return near.sort("distance", "account_id", "as_of").head(most)


def changed(row: pl.DataFrame, values: Mapping[str, float]) -> pl.DataFrame:
    """Return the row with some fields set, each in the type it has (counts are rounded)."""
    out = row
    for name, value in values.items():
        kind = row.schema[name]
        out = out.with_columns(pl.lit(round(value) if kind.is_integer() else float(value)).cast(kind).alias(name))
    return out
