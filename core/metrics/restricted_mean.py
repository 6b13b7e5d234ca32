"""How long something takes on average up to a limit, where for some it has not happened yet."""

from __future__ import annotations

import numpy as np


def restricted_mean(days: np.ndarray, has_happened: np.ndarray, limit: float) -> tuple[float, float]:
    """Return the mean time until something happens, counted up to a limit, and its standard error.

    Formula: the area under Kaplan and Meier's curve from 0 to the limit; who has waited without it counts for as long
    as they were watched. The variance is Greenwood's, Σ area right of t² · d / (n (n − d)) over the days t on which it
    happened, times events over events less one.

    Parameters
    ----------
    days : np.ndarray
        Days until it happened, or until nobody watched any more.
    has_happened : np.ndarray
        Whether it happened then.
    limit : float
        In days; whoever takes longer counts with it.

    Returns
    -------
    tuple of float
        Mean and standard error in days; the error is 0 where it happened to nobody before the limit.

    Source: J. O. Irwin, The standard error of an estimate of expectation of life, 1949; P. Royston and M. Parmar,
    Restricted mean survival time, 2013.

    Examples
    --------
    >>> mean, error = restricted_mean(np.array([10.0, 20.0, 30.0]), np.array([True, True, False]), 30.0)
    >>> round(mean, 3), round(error, 3)
    (20.0, 6.667)
    """
    moments = np.unique(days[has_happened & (days < limit)])
    at_risk = np.array([(days >= t).sum() for t in moments], dtype=float)
    events = np.array([((days == t) & has_happened).sum() for t in moments], dtype=float)
    share = np.concatenate([[1.0], np.cumprod(1 - events / at_risk)]) if len(moments) else np.ones(1)
    areas = share * np.diff(np.concatenate([[0.0], moments, [limit]]))
    right = np.cumsum(areas[::-1])[::-1][1:]
    last = at_risk == events
    spread = np.where(last, 0.0, right**2 * events / np.where(last, 1.0, at_risk * (at_risk - events)))
    total = events.sum()
    correction = total / (total - 1) if total > 1 else 1.0
    return float(areas.sum()), float(np.sqrt(spread.sum() * correction))
