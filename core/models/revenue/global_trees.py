"""Boosted trees over the changes of all units at once: from the month before, and from the same month a year before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.models.revenue.series import SEASON, Floats

FEWEST_ROWS = 200
LAGS = 13
PARAMS: dict[str, Any] = {
    "objective": "regression_l1",
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
}


def on_month(series: Sequence[Floats], h: int, seed: int) -> Floats | None:
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
    change, level, unit, size = _changes(series)
    x, y = _lessons(change, level)
    if len(y) < FEWEST_ROWS:
        return None
    import lightgbm as lgb

    params = {
        **PARAMS,
        "num_leaves": 15,
        "learning_rate": 0.03,
        "min_data_in_leaf": 50,
        "feature_fraction": 0.7,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "seed": seed,
    }
    booster = lgb.train(params, lgb.Dataset(x, y), 400)
    for _ in range(h):
        step = np.asarray(booster.predict(_inputs(change, level, change.shape[1] - 1), num_threads=1))[:, None]
        change = np.concatenate([change, step], axis=1)
        level = np.concatenate([level, level[:, -1:] + step], axis=1)
    return np.asarray(np.sinh(level[:, -h:] * unit) * size, dtype=np.float64)


def on_year(series: Sequence[Floats], h: int, seed: int) -> Floats | None:
    """Forecast all units by one LightGBM on their change from the same month a year before.

    Returns
    -------
    ndarray, shape (series, h), or None
        None with fewer than 200 past changes to learn from; a series without two years and a month is carried
        on with last year's months.

    Notes
    -----
    Changes are measured in standard deviations from each series' mean change; inputs are the last 12 of them.
    """
    longest = max(map(len, series))
    level = np.full((len(series), longest + h), np.nan)
    for i, y in enumerate(series):
        level[i, longest - len(y) : longest] = y
    change = np.full_like(level, np.nan)
    change[:, SEASON:] = level[:, SEASON:] - level[:, :-SEASON]
    middle = _mean(change)
    unit = np.sqrt(_mean((change - middle) ** 2)) + 1e-9
    change = (change - middle) / unit
    x, y = _yearly(change[:, :longest])
    if len(y) < FEWEST_ROWS:
        return None
    import lightgbm as lgb

    booster = lgb.train({**PARAMS, "seed": seed}, lgb.Dataset(x, y), 200)
    for t in range(longest, longest + h):
        predicted = np.asarray(booster.predict(change[:, t - SEASON : t][:, ::-1], num_threads=1))
        change[:, t] = np.where(np.isnan(change[:, t - SEASON]), 0.0, predicted)
        level[:, t] = level[:, t - SEASON] + change[:, t] * unit[:, 0] + middle[:, 0]
    return level[:, longest:]


def _yearly(change: Floats) -> tuple[Floats, Floats]:
    xs, ys = [np.zeros((0, SEASON))], [np.zeros(0)]
    for t in range(2 * SEASON, change.shape[1]):
        usable = ~np.isnan(change[:, t - SEASON])
        xs.append(change[usable, t - SEASON : t][:, ::-1])
        ys.append(change[usable, t])
    return np.concatenate(xs), np.concatenate(ys)


def _changes(series: Sequence[Floats]) -> tuple[Floats, Floats, Floats, Floats]:
    """Return changes and levels in units of each series' mean change, that unit, and each series' size."""
    z, size = _aligned(series)
    change = np.diff(z, axis=1)
    unit = _mean(np.abs(change)) + 1e-9
    return change / unit, z / unit, unit, size


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
    is_known = ~np.isnan(values)
    total = np.where(is_known, values, 0.0).sum(axis=1, keepdims=True)
    return np.asarray(total / np.maximum(is_known.sum(axis=1, keepdims=True), 1), dtype=np.float64)


def _lessons(change: Floats, level: Floats) -> tuple[Floats, Floats]:
    xs, ys = [np.zeros((0, LAGS + 7))], [np.zeros(0)]
    for t in range(SEASON, change.shape[1] - 1):
        usable = ~np.isnan(change[:, t - SEASON])
        xs.append(_inputs(change, level, t)[usable])
        ys.append(change[usable, t + 1])
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
