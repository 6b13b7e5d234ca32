"""The members of the revenue forecast: ETS, Theta and CES of each unit alone, and boosted trees over all of them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from core.models.revenue.series import SEASON, Fitters, Floats

FEWEST_MONTHS = 10
REACH = 3.0
MEMBERS = ("ETS", "Theta", "CES", "Trees on the month before", "Trees on the year before")
ALONE = ("AutoETS", "AutoTheta", "AutoCES")


def members(series: Sequence[Floats], h: int, seed: int, crew: Fitters | None = None) -> Floats:
    """Return each member's forecast of each series, shape (members, series, h).

    Parameters
    ----------
    series : sequence of ndarray
        Monthly values of each unit up to its own last month, oldest first, without gaps.
    h : int
        Months ahead.
    seed : int
        Of the boosted trees.
    crew : Fitters, optional
        Processes that fit the models of each unit alone while the trees grow here. The forecasts are the same
        without.

    Notes
    -----
    A member that has too little to go on, or leaves the range ever seen by more than three times its
    width, gives the drift of the last months instead; trees that have too little give the mean of the others.
    """
    from core.models.revenue import global_trees

    plain = np.stack([drift(y, h) for y in series])
    apart = crew if crew is not None and crew.ask(series, h) else None
    grown = [global_trees.on_month(series, h, seed), global_trees.on_year(series, h, seed)]
    answers = None if apart is None else apart.answers(len(series), h)
    own = alone(series, h) if answers is None else answers
    bounded = [
        np.mean(own, axis=0)
        if forecast is None
        else np.stack([_within_reach(y, f, p) for y, f, p in zip(series, forecast, plain, strict=True)])
        for forecast in grown
    ]
    return np.stack([*own, *bounded])


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
            out[i] = _within_reach(y, np.asarray(forecast, dtype=np.float64), plain[i])
    return out


def _within_reach(y: Floats, forecast: Floats, instead: Floats) -> Floats:
    room = REACH * max(float(np.ptp(y)), 1e-9)
    good = np.isfinite(forecast).all() and forecast.min() >= y.min() - room and forecast.max() <= y.max() + room
    return forecast if good else instead
