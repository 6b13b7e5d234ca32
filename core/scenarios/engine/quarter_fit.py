"""The running quarter on the forecast page's number and range, whatever the levers then do to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.contracts.constants import Z80
from core.scenarios.data.baseline import QuarterForecast

CERTAIN = 1e-4


@dataclass(frozen=True)
class QuarterFit:
    """What carries the computed distribution of the running quarter to the one the forecast page tells.

    Attributes
    ----------
    shift : float
        Added to every outcome.
    half : float
        Half of the computed 80 % range without levers, by which distances from the mean are counted.
    computed, moved : np.ndarray
        Distances from the mean of computed outcomes, rising, and where each comes to lie, both in halves.
    """

    shift: float
    half: float
    computed: np.ndarray
    moved: np.ndarray

    def carried(self, at: np.ndarray, below: np.ndarray, mean: float, won: float) -> np.ndarray:
        """Return where outcomes come to lie.

        Parameters
        ----------
        at, below : np.ndarray
            Computed outcomes, rising, and the chance of not more than each.
        mean : float
            The mean of the computed outcomes.
        won : float
            What is certain: no outcome lies below.
        """
        half = _half(at, below)
        if half <= 0:
            return np.maximum(at + self.shift, won)
        away = (at - mean) / half
        moved = np.interp(away, self.computed, self.moved)
        first, last = self.computed[0], self.computed[-1]
        low = np.minimum(away - first, 0.0) * self.moved[0] / first
        high = np.maximum(away - last, 0.0) * self.moved[-1] / last
        return np.asarray(np.maximum(mean + self.shift + (moved + low + high) * half, won))


def fitted(forecast: QuarterForecast, at: np.ndarray, below: np.ndarray, mean: float) -> QuarterFit | None:
    """Return what carries a computed distribution to the forecast's number and range.

    Where past quarters have taught the range, outcomes take the normal distribution with that range, so that the
    chance of quota is the forecast's own; else the computed shape is kept and each side is stretched to the range.

    Parameters
    ----------
    forecast : QuarterForecast
    at, below : np.ndarray
        Computed outcomes without levers, rising, and the chance of not more than each.
    mean : float

    Returns
    -------
    QuarterFit or None
        None where nothing is uncertain on either side.
    """
    half = _half(at, below)
    low, high = mean - np.interp(0.1, below, at), np.interp(0.9, below, at) - mean
    under, over = forecast.amount - forecast.lower, forecast.upper - forecast.amount
    if min(half, low, high, over) <= 0:
        return None
    inside = (below > CERTAIN) & (below < 1 - CERTAIN)
    computed = (at[inside] - mean) / half
    if forecast.is_learnt:
        from scipy.special import ndtri

        moved = ndtri(below[inside]) * over / Z80 / half
    else:
        moved = np.where(computed < 0, computed * (under / low), computed * (over / high))
    if not (len(computed) and computed[0] < 0 < computed[-1] and moved[0] < 0 < moved[-1]):
        return None
    return QuarterFit(forecast.amount - mean, half, computed, moved)


def _half(at: np.ndarray, below: np.ndarray) -> float:
    return float(np.interp(0.9, below, at) - np.interp(0.1, below, at)) / 2
