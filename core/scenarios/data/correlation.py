"""How far deals share one fate: of a quarter, of a segment, of a rep; measured on past forecasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from core.localization import message
from core.metrics.measure import counted

HORIZON = 60
FEWEST = 6
MOST = 0.5
NO_PAST = 0.02
LOW, HIGH = 0.05, 0.2


@dataclass(frozen=True)
class Correlation:
    """Correlation of the hidden score behind winning, between deals.

    Attributes
    ----------
    quarter : float
        Between any two deals of the same time.
    segment, rep : float
        What deals of one segment, or of one rep, share beyond that.
    surprises : tuple of float
        Wins over expected wins, less one, of each past date; oldest first.
    """

    quarter: float = NO_PAST
    segment: float = 0.0
    rep: float = 0.0
    surprises: tuple[float, ...] = ()

    @property
    def is_measured(self) -> bool:
        """Say whether there was enough past to measure it."""
        return len(self.surprises) >= FEWEST

    def sentence(self) -> str:
        """Say what was measured, on what."""
        if not self.is_measured:
            return message(
                "Too few past forecasts show how much deals move together: {together} is assumed.",
                together=together(self.quarter),
            )
        return message(
            "How much deals move together, over {pasts}: {together} across all deals, {together_2} "
            "within a segment, {together_3} for one rep.",
            pasts=counted(len(self.surprises), "past date"),
            together=together(self.quarter),
            together_2=together(self.quarter + self.segment),
            together_3=together(self.quarter + self.segment + self.rep),
        )


def together(correlation: float) -> str:
    """Name how much deals move together.

    Examples
    --------
    >>> together(0.006), together(0.1), together(0.4)
    ('low', 'medium', 'high')
    """
    return "low" if correlation < LOW else "medium" if correlation < HIGH else "high"


def measure(past: pl.DataFrame, places: pl.DataFrame) -> Correlation:
    """Measure the correlations from what past chances missed.

    A deal's miss is won or not, less its chance; over the normal density at the chance's quantile it
    estimates the shared part of the hidden score. The mean product of two deals' misses over that of
    their densities is their correlation: of deals that share date, segment and rep, of those that share
    less, and the differences between them (moments of a one-way random effect; Vasicek 2002 for the
    hidden score).

    Parameters
    ----------
    past : pl.DataFrame
        [opportunity_id, as_of, horizon_days, target, p] by a model that had not seen them.
    places : pl.DataFrame
        [opportunity_id, segment, owner_id].

    Returns
    -------
    Correlation
        Each part within 0 and 0.5; an assumed 0.02 for the quarter where fewer than six dates are known.
    """
    from scipy.special import ndtri

    if past.is_empty():
        return Correlation()
    rows = past.filter((pl.col("horizon_days") == HORIZON) & pl.col("p").is_between(1e-6, 1 - 1e-6))
    rows = rows.join(places, on="opportunity_id", how="left", maintain_order="left")
    if rows["as_of"].n_unique() < FEWEST:
        return Correlation()
    cut = ndtri(rows["p"].to_numpy())
    rows = rows.with_columns(miss=pl.col("target") - pl.col("p"), weight=np.exp(-(cut**2) / 2) / np.sqrt(2 * np.pi))
    all_, same_segment, same_rep = (_pairs(rows, keys) for keys in ([], ["segment"], ["segment", "owner_id"]))
    apart = _share(all_, same_segment)
    near = _share(same_segment, same_rep)
    close = _ratio(same_rep)
    quarter = min(max(apart, 0.0), MOST)
    segment = min(max(near - quarter, 0.0), MOST)
    rep = min(max(close - quarter - segment, 0.0), MOST)
    dates = rows.group_by("as_of").agg(pl.col("target").sum(), pl.col("p").sum()).sort("as_of")
    return Correlation(quarter, segment, rep, tuple((dates["target"] / dates["p"] - 1).to_list()))


def _pairs(rows: pl.DataFrame, keys: list[str]) -> tuple[float, float]:
    """Return the summed products of misses and of weights over pairs of different deals of one group."""
    sums = rows.group_by("as_of", *keys).agg(
        pl.col("miss").sum(),
        pl.col("weight").sum(),
        miss2=(pl.col("miss") ** 2).sum(),
        weight2=(pl.col("weight") ** 2).sum(),
    )
    top = float((sums["miss"] ** 2 - sums["miss2"]).sum())
    return top, float((sums["weight"] ** 2 - sums["weight2"]).sum())


def _share(wide: tuple[float, float], narrow: tuple[float, float]) -> float:
    return _ratio((wide[0] - narrow[0], wide[1] - narrow[1]))


def _ratio(parts: tuple[float, float]) -> float:
    return parts[0] / parts[1] if parts[1] > 1e-9 else 0.0
