"""The members of the revenue forecast: ETS, Theta and CES of each unit alone, and boosted trees over all of them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from core.models.revenue.series import SEASON, Fitters, Floats

FEWEST_MONTHS = 10
REACH = 3.0
NEAR_MONTHS, FAR_OUT, LATEST_MONTHS = 6, 15.0, 2
MEMBERS = ("ETS", "Theta", "CES", "Trees on the month before", "Trees on the year before")
ALONE = ("AutoETS", "AutoTheta", "AutoCES")


Problems = dict[tuple[str, int], str]


def members(
    series: Sequence[Floats], h: int, seed: int, pool: Fitters | None = None, problems: Problems | None = None
) -> Floats:
    """Return each member's forecast of each series, shape (members, series, h).

    Parameters
    ----------
    series : sequence of ndarray
        Monthly values of each unit up to its own last month, oldest first, without gaps.
    h : int
        Months ahead.
    seed : int
        Of the boosted trees.
    pool : Fitters, optional
        Processes that fit the models of each unit alone while the trees grow here. The forecasts are the same
        without.
    problems : dict, optional
        Filled with the member and the number of each series it could not forecast, and why.

    Notes
    -----
    A member that has too little to go on, or leaves the range ever seen by more than three times its
    width, gives the drift of the last months instead; trees that have too little, and any member that fails for
    whatever reason, give the mean of the others. All see the series without lone outliers (`calmed`).
    """
    series = [calmed(y) for y in series]
    noted: Problems = {} if problems is None else problems
    plain = np.stack([drift(y, h) for y in series])
    is_shared = pool is not None and pool.submit(series, h)
    grown = _grown(series, h, seed, noted)
    answers = pool.results(len(series), h) if pool is not None and is_shared else None
    own = _without_failures(alone(series, h, noted) if answers is None else answers, plain, noted)
    bounded = [
        np.mean(own, axis=0)
        if forecast is None
        else np.stack([_within_reach(y, f, p) for y, f, p in zip(series, forecast, plain, strict=True)])
        for forecast in grown
    ]
    return np.stack([*own, *bounded])


def _grown(series: Sequence[Floats], h: int, seed: int, problems: Problems) -> list[Floats | None]:
    """Return what the boosted trees forecast; None of those that have too little to learn from, or fail."""
    from core.models.revenue import global_trees

    forecasts: list[Floats | None] = []
    for name, grow in zip(MEMBERS[len(ALONE) :], (global_trees.on_month, global_trees.on_year), strict=True):
        try:
            forecasts.append(grow(series, h, seed))
        except Exception as error:
            problems |= dict.fromkeys(((name, i) for i in range(len(series))), str(error))
            forecasts.append(None)
    return forecasts


def _without_failures(own: Floats, plain: Floats, problems: Problems) -> Floats:
    """Put the mean of the other members, else the drift, where one could not forecast a series (not a number)."""
    out = own.copy()
    for index in range(own.shape[1]):
        missing = [member for member in range(len(own)) if np.isnan(own[member, index]).any()]
        serving = [own[member, index] for member in range(len(own)) if member not in missing]
        for member in missing:
            out[member, index] = np.mean(serving, axis=0) if serving else plain[index]
            problems.setdefault((MEMBERS[member], index), "it could not be fitted")
    return out


def alone(series: Sequence[Floats], h: int, problems: Problems | None = None) -> Floats:
    """Return the forecasts of each unit alone by ETS, Theta and CES, shape (3, series, h), nan where one fails.

    Parameters
    ----------
    series : sequence of ndarray
    h : int
    problems : dict, optional
        As of `members`.
    """
    plain = np.array([drift(y, h) for y in series]).reshape(len(series), h)
    noted: Problems = {} if problems is None else problems
    return np.stack([_each(series, h, name, plain, noted) for name in ALONE])


def calmed(y: Floats) -> Floats:
    """Return a series whose lone outliers are at the median of the months around them.

    An outlier lies further than fifteen times the usual distance (the median one) from the median of the six months on
    either side. Outliers that come back, more than one in two years, are the way the series is, and stay; so do the
    last two months, of which nobody can say yet, and series that mostly do not move.

    Examples
    --------
    >>> calmed(np.array([5.0, 6, 5, 6, 900, 5, 6, 5, 6, 5])).tolist()
    [5.0, 6.0, 5.0, 6.0, 5.0, 5.0, 6.0, 5.0, 6.0, 5.0]
    """
    around = (
        np.array(
            [
                np.median(np.delete(y[max(0, t - NEAR_MONTHS) : t + NEAR_MONTHS + 1], min(t, NEAR_MONTHS)))
                for t in range(len(y))
            ]
        )
        if len(y) >= FEWEST_MONTHS
        else y
    )
    distance = np.abs(y - around)
    usual = float(np.median(distance)) if len(y) else 0.0
    far = np.flatnonzero(distance[: len(y) - LATEST_MONTHS] > FAR_OUT * usual) if usual > 0 else np.zeros(0, dtype=int)
    if not len(far) or len(far) > max(len(y) // (2 * SEASON), 1):
        return y
    out = y.copy()
    out[far] = around[far]
    return out


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


@cache
def _models() -> Any:
    """Return statsforecast's models, without what numba would compile for them in every process anew.

    CES puts its first parameters into a dictionary in compiled code, which takes 1.4 s of compiling to be read out of;
    the same code, not compiled, gives the same dictionary.
    """
    os.environ.setdefault("NIXTLA_NUMBA_CACHE", "1")
    from statsforecast import ces, models

    begin = ces.initparamces
    ces.initparamces = getattr(begin, "py_func", begin)
    return models


def _each(series: Sequence[Floats], h: int, name: str, plain: Floats, problems: Problems) -> Floats:
    """Forecast each series by a model of statsforecast; what numba compiles for it is kept for the next process."""
    make: Callable[..., Any] = getattr(_models(), name)
    out, fitted = plain.copy(), dict[bytes, int]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i, y in enumerate(series):
            if len(y) < FEWEST_MONTHS or np.ptp(y) == 0:
                continue
            first = fitted.setdefault(y.tobytes(), i)
            if first != i and not np.isnan(out[first]).any():
                out[i] = out[first]  # Of one region alone, the whole is the same series.
                continue
            try:
                forecast = make(season_length=SEASON if len(y) >= 2 * SEASON else 1).forecast(y.copy(), h=h)["mean"]
            except Exception as error:  # The library raises plain ones: whatever it is, the other members serve.
                problems[name.removeprefix("Auto"), i] = str(error)
                out[i] = np.nan
                continue
            out[i] = _within_reach(y, np.asarray(forecast, dtype=np.float64), plain[i])
    return out


def _within_reach(y: Floats, forecast: Floats, instead: Floats) -> Floats:
    room = REACH * max(float(np.ptp(y)), 1e-9)
    good = np.isfinite(forecast).all() and forecast.min() >= y.min() - room and forecast.max() <= y.max() + room
    return forecast if good else instead
