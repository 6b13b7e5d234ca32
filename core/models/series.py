"""The members of the revenue forecast: ETS, Theta, and boosted trees over the changes of all units."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SEASON = 12
FEWEST_MONTHS = 10
FEWEST_ROWS = 200
LAGS = 13
REACH = 3.0
MEMBERS = ("ETS", "Theta", "Boosted trees")


def members(series: Sequence[Floats], h: int, seed: int) -> Floats:
    """Return each member's forecast of each series, shape (members, series, h).

    Parameters
    ----------
    series : sequence of ndarray
        Monthly values of each unit up to its own last month, oldest first, without gaps.
    h : int
        Months ahead.
    seed : int
        Of the boosted trees.

    Notes
    -----
    A member that has too little to go on, or leaves the range ever seen by more than three times its
    width, gives the drift of the last months instead.
    """
    plain = np.stack([drift(y, h) for y in series])
    out = np.stack([_each(series, h, "AutoETS", plain), _each(series, h, "AutoTheta", plain), plain])
    boosted_ = boosted(series, h, seed)
    if boosted_ is None:
        out[2] = out[:2].mean(axis=0)
    else:
        out[2] = [_kept(y, f, p) for y, f, p in zip(series, boosted_, plain, strict=True)]
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


def _each(series: Sequence[Floats], h: int, name: str, plain: Floats) -> Floats:
    from statsforecast import models

    make: Callable[..., Any] = getattr(models, name)
    out = plain.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i, y in enumerate(series):
            if len(y) < FEWEST_MONTHS or np.ptp(y) == 0:
                continue
            try:
                found = make(season_length=SEASON if len(y) >= 2 * SEASON else 1).forecast(y.copy(), h=h)["mean"]
            except (ValueError, ZeroDivisionError, FloatingPointError, IndexError):
                continue
            out[i] = _kept(y, np.asarray(found, dtype=np.float64), plain[i])
    return out


def _kept(y: Floats, found: Floats, instead: Floats) -> Floats:
    room = REACH * max(float(np.ptp(y)), 1e-9)
    good = np.isfinite(found).all() and found.min() >= y.min() - room and found.max() <= y.max() + room
    return found if good else instead


def boosted(series: Sequence[Floats], h: int, seed: int) -> Floats | None:
    """Forecast all units by one LightGBM on their scaled monthly changes, a month at a time.

    Returns
    -------
    ndarray, shape (series, h), or None
        None with fewer than 200 past changes to learn from.

    Notes
    -----
    Values are taken as asinh(value / a tenth of the usual size), close to a logarithm for large values
    and at ease with 0 and returns; changes are measured in units of each series' mean change.
    Inputs are the last 13 changes, how far the level stands from its last year and quarter, the same
    month's usual change, the change over the year, and where last year's month stood in its year.
    """
    z, size = _aligned(series)
    change = np.diff(z, axis=1)
    unit = _mean(np.abs(change)) + 1e-9
    change, level = change / unit, z / unit
    x, y = _lessons(change, level)
    if len(y) < FEWEST_ROWS:
        return None
    import lightgbm as lgb

    params: dict[str, Any] = {
        "objective": "regression_l1", "num_leaves": 15, "learning_rate": 0.03, "min_data_in_leaf": 50,
        "feature_fraction": 0.7, "bagging_fraction": 0.7, "bagging_freq": 1, "verbose": -1, "num_threads": 1,
        "deterministic": True, "force_row_wise": True, "seed": seed,
    }  # fmt: skip
    booster = lgb.train(params, lgb.Dataset(x, y), 400)
    for _ in range(h):
        step = np.asarray(booster.predict(_inputs(change, level, change.shape[1] - 1), num_threads=1))[:, None]
        change = np.concatenate([change, step], axis=1)
        level = np.concatenate([level, level[:, -1:] + step], axis=1)
    return np.asarray(np.sinh(level[:, -h:] * unit) * size, dtype=np.float64)


def _aligned(series: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return transformed series side by side, their last months in one column, and each one's size."""
    longest = max(map(len, series))
    out = np.full((len(series), longest), np.nan)
    size = np.array([[max(float(np.abs(y[-SEASON:]).mean()), 1e-9) / 10] for y in series])
    for i, y in enumerate(series):
        out[i, longest - len(y) :] = np.arcsinh(y / size[i])
    return out, size


def _mean(values: Floats) -> Floats:
    """Return each row's mean over what is known; 0 where nothing is."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1, keepdims=True)
    return np.asarray(total / np.maximum(known.sum(axis=1, keepdims=True), 1), dtype=np.float64)


def _lessons(change: Floats, level: Floats) -> tuple[Floats, Floats]:
    xs, ys = [np.zeros((0, LAGS + 7))], [np.zeros(0)]
    for t in range(SEASON, change.shape[1] - 1):
        known = ~np.isnan(change[:, t - SEASON])
        xs.append(_inputs(change, level, t)[known])
        ys.append(change[known, t + 1])
    return np.concatenate(xs), np.concatenate(ys)


def _inputs(change: Floats, level: Floats, t: int) -> Floats:
    """Return what is known when the change after column `t` is to be said; level is one column ahead."""
    n, now = len(change), level[:, t + 1]
    none = np.full(n, np.nan)
    lags = [change[:, t - k] if t >= k else none for k in range(LAGS)]
    year = now - _mean(level[:, max(0, t - 10) : t + 2])[:, 0]
    quarter = now - _mean(level[:, max(0, t - 1) : t + 2])[:, 0]
    same = [t + 1 - SEASON * k for k in range(1, 6) if t + 1 >= SEASON * k]
    usual = _mean(change[:, same])[:, 0] if same else none
    over = now - level[:, t + 1 - SEASON] if t + 1 >= SEASON else none
    trend = _mean(change[:, max(0, t - 23) : t + 1])[:, 0]
    begin = t + 2 - SEASON
    stood = level[:, begin] - _mean(level[:, max(0, begin - 6) : begin + 6])[:, 0] if begin >= 0 else none
    return np.stack([*lags, year, quarter, usual, over, trend, stood, stood - year], axis=1)
