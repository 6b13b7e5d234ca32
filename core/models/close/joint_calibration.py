"""Corrects the close model's two questions together, so that the ends they add up to match what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.models.close.competing_risks import paths
from core.models.estimators.calibration import Calibrator
from core.models.estimators.contenders import Floats

FEWEST = 200
FEWEST_STRETCHES = 3
STIFFNESS = 20.0
HALF_LIFE = 2


@dataclass(frozen=True)
class Ends:
    """Chances of past deals by a model that had not seen them, and how they ended.

    Attributes
    ----------
    margins : ndarray, shape (2, deals, periods)
        Log odds of won, and of lost when not won.
    follow_days, end_days : ndarray
        How long each was followed, and when it ended.
    is_won : ndarray of bool
    horizons : tuple of int
        Days ahead at which chances are held against ends.
    """

    margins: Floats
    follow_days: Any
    end_days: Any
    is_won: Any
    horizons: tuple[int, ...]

    def some(self, rows: Any) -> Ends:
        """Return the part of some deals."""
        parts = (self.follow_days[rows], self.end_days[rows], self.is_won[rows])
        return Ends(self.margins[:, rows], *parts, self.horizons)

    def n_known(self) -> int:
        """Return of how many deals the shortest horizon is over."""
        return int((self.follow_days >= self.horizons[0]).sum())

    def loss(self, four: Floats) -> float:
        """Return the sum over horizons of the mean negative log likelihood of won, lost, still open."""
        moved = self.margins * four[[0, 2]][:, None, None] + four[[1, 3]][:, None, None]
        total = 0.0
        for days, (won, lost) in zip(self.horizons, paths(moved, self.horizons), strict=True):
            here = self.follow_days >= days
            if here.any():
                over = self.end_days <= days
                p = np.where(over & self.is_won, won, np.where(over, lost, 1 - won - lost))[here]
                total -= float(np.log(np.clip(p, 1e-9, 1)).mean())
        return total


def corrected(ends: Ends, fold: Any) -> tuple[Calibrator, Calibrator]:
    """Fit two lines in log odds, keep them only if they help on later deals.

    Parameters
    ----------
    ends : Ends
    fold : ndarray of int
        The stretch of time each deal was judged in.

    Returns
    -------
    won, lost : Calibrator
        Both the identity where correcting does not help or there are too few deals.

    Notes
    -----
    A line per question, four numbers in all, minimises the log loss of won, lost and open at the
    horizons shown, with a light pull towards no correction. (Correcting the questions one by
    one would let small errors add up along the periods.) Every stretch gives its own four numbers and
    the median of each is taken, so that one bad quarter cannot move the correction; a stretch counts
    half as much for every two that came after it, for markets drift. It is kept only if what the
    stretches before said helped, in sum, on the stretches that followed.
    """
    parts = [ends.some(fold == k) for k in np.unique(fold)]
    parts = [part for part in parts if part.n_known() >= FEWEST]
    if len(parts) < FEWEST_STRETCHES:
        return Calibrator(), Calibrator()
    votes = np.stack([_fit(part) for part in parts])
    gains = [parts[k].loss(NONE) - parts[k].loss(middle(votes[:k])) for k in range(1, len(parts))]
    if sum(gains) <= 0:
        return Calibrator(), Calibrator()
    a, b, c, d = (float(v) for v in middle(votes))
    return Calibrator("platt", a, b), Calibrator("platt", c, d)


def middle(votes: Floats) -> Floats:
    """Return each column's median, the last row counting twice as much as the one two rows before it.

    Examples
    --------
    >>> middle(np.array([[9.0], [1.0], [1.1], [1.2]])).round(2).tolist()
    [1.15]
    """
    weight = 0.5 ** (np.arange(len(votes))[::-1] / HALF_LIFE)
    out = np.empty(votes.shape[1])
    for i, column in enumerate(votes.T):
        order = np.argsort(column)
        reach = np.cumsum(weight[order]) - weight[order] / 2
        out[i] = np.interp(weight.sum() / 2, reach, column[order])
    return out


NONE = np.array([1.0, 0.0, 1.0, 0.0])


def _fit(ends: Ends) -> Floats:
    from scipy.optimize import minimize

    pull = STIFFNESS / max(ends.n_known(), 1)
    solve: Any = minimize
    solution = solve(
        lambda v: ends.loss(v) + pull * float(((v - NONE) ** 2).sum()),
        NONE,
        method="L-BFGS-B",
        bounds=[(0.3, 3.0), (-2.0, 2.0), (0.3, 3.0), (-2.0, 2.0)],
        options={"maxiter": 40},
    )
    return np.asarray(solution.x, dtype=np.float64)
