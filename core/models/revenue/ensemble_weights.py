"""How much each member of an ensemble counts for each series: by its own past misses, drawn to those of all."""

from __future__ import annotations

import numpy as np

from core.models.revenue.series import Floats

ORIGINS = 12
YOUNGEST = 18
MOST_UNITS = 60
PRIOR_ORIGINS = 3
POWER = 4
LONG = 60


def beforehand(n_months: int) -> Floats:
    """Return the weights of ETS, Theta, CES and the two boosted trees for a unit with such a history.

    The three models of each unit alone have a fifth each, and the trees, which learn the seasons from all units
    together, two: those on the year before only take part from five years on, where they have seen enough of
    them. Chosen by rolling origin on training months, of whole histories and of ones cut to 36 and 24 months;
    equal weights beat the median there, and finer weights gained nothing.

    Examples
    --------
    >>> beforehand(48).tolist()
    [0.2, 0.2, 0.2, 0.4, 0.0]
    """
    long = n_months >= LONG
    return np.array([0.2, 0.2, 0.2, 0.2 if long else 0.4, 0.2 if long else 0.0])


def learnt(fixed: Floats, misses: Floats) -> Floats:
    """Return weights by the members' past misses.

    Parameters
    ----------
    fixed : ndarray, shape (members, units)
        Weights before anything was seen; a member of weight 0 stays out.
    misses : ndarray, shape (origins, units, members)
        Mean miss of each past forecast, in units of how unsteady the unit was; NaN where there was none.

    Returns
    -------
    ndarray, shape (members, units)
        Each unit's sum to 1. A member's usual miss is the mean of the unit's own and, as if seen three times more, the
        mean over all units; the weight is the fixed one over the fourth power of it (after Bates and Granger 1969).

    Notes
    -----
    Power and prior were chosen on 250 public monthly series cut to 36, 48 and all months, three and six months ahead,
    each forecast weighed by earlier ones only.

    Examples
    --------
    >>> learnt(np.full((2, 1), 0.5), np.array([[[1.0, 2.0]]])).round(3).ravel().tolist()
    [0.941, 0.059]
    """
    seen = ~np.isnan(misses[:, :, 0]) if len(misses) else np.zeros((0, fixed.shape[1]), dtype=bool)
    if not seen.any():
        return fixed
    n = seen.sum(axis=0)[:, None]
    total = np.where(seen[:, :, None], np.nan_to_num(misses), 0.0).sum(axis=0)
    everywhere = total.sum(axis=0) / n.sum()
    usual = (total + PRIOR_ORIGINS * everywhere) / (n + PRIOR_ORIGINS)
    weights = fixed / np.maximum(usual.T, 1e-9) ** POWER
    return np.asarray(weights / weights.sum(axis=0), dtype=np.float64)
