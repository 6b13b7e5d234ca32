"""The local members of the revenue forecast: ETS, Theta and CES of each unit alone."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SEASON = 12
FEWEST_MONTHS = 10
REACH = 3.0
ALONE = ("AutoETS", "AutoTheta", "AutoCES")


def alone(series: Sequence[Floats], h: int) -> Floats:
    """Return the forecasts of each unit alone by ETS, Theta and CES, shape (3, series, h)."""
    plain = np.array([drift(y, h) for y in series]).reshape(len(series), h)
    return np.stack([_each(series, h, name, plain) for name in ALONE])


def drift(y: Floats, h: int) -> Floats:
    """Carry the last value on with half the slope of the last half-year.

    Examples
    --------
    >>> drift(np.array([1.0, 2.0, 3.0]), 2).tolist()
    [3.5, 4.0]
    """
    back = min(6, len(y) - 1)
    slope = (y[-1] - y[-1 - back]) / back / 2 if back else 0.0
    return np.asarray(y[-1] + slope * np.arange(1, h + 1), dtype=np.float64)


def _each(series: Sequence[Floats], h: int, name: str, plain: Floats) -> Floats:
    """Forecast each series by a model of statsforecast; what numba compiles for it is kept for the next process."""
    os.environ.setdefault("NIXTLA_NUMBA_CACHE", "1")
    from statsforecast import models

    make: Callable[..., Any] = getattr(models, name)
    out = plain.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i, y in enumerate(series):
            if len(y) < FEWEST_MONTHS or np.ptp(y) == 0:
                continue
            try:
                forecast = make(season_length=SEASON if len(y) >= 2 * SEASON else 1).forecast(y.copy(), h=h)["mean"]
            except (ValueError, ZeroDivisionError, FloatingPointError, IndexError):
                continue
            out[i] = within_reach(y, np.asarray(forecast, dtype=np.float64), plain[i])
    return out


def within_reach(y: Floats, forecast: Floats, instead: Floats) -> Floats:
    """Return a forecast, or another where it leaves the range ever seen by more than three times its width."""
    room = REACH * max(float(np.ptp(y)), 1e-9)
    good = np.isfinite(forecast).all() and forecast.min() >= y.min() - room and forecast.max() <= y.max() + room
    return forecast if good else instead
