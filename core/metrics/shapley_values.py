"""Shapley's fair division of what channels bring together: exact for few, drawn with intervals for many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Worth = Callable[[npt.NDArray[np.bool_]], Floats]
EXACT_UP_TO, PAIRS, SEED = 10, 300, 20


@dataclass(frozen=True)
class Division:
    """What each player is worth.

    Attributes
    ----------
    values : numpy.ndarray
        Shape (n,); they add up to the worth of all less the worth of none.
    margins : numpy.ndarray
        Shape (n,): half the width of the 95 % interval of the drawing; 0 where the values are exact.
    """

    values: Floats
    margins: Floats

    @property
    def is_exact(self) -> bool:
        """Say whether nothing was drawn."""
        return not self.margins.any()


def divide(worth: Worth, n: int, pairs: int = PAIRS) -> Division:
    """Return the Shapley values of a game: exact up to ten players, else from drawn orders.

    Parameters
    ----------
    worth : callable
        Takes coalitions as rows of booleans, shape (m, n), and returns what each is worth, shape (m,).
    n : int
        Players.
    pairs : int
        Of orders that are drawn, each with its reverse.

    Source: L. S. Shapley, A value for n-person games, 1953; for drawn orders J. Castro, D. Gomez, J. Tejada, Polynomial
    calculation of the Shapley value based on sampling, Computers & Operations Research 36, 2009.

    Examples
    --------
    Two do the same, the third nothing:

    >>> needs_one = lambda there: (there[:, 0] | there[:, 1]).astype(float) * 6
    >>> divide(needs_one, 3).values.tolist()
    [3.0, 3.0, 0.0]
    """
    return exact(worth, n) if n <= EXACT_UP_TO else sampled(worth, n, pairs)


def exact(worth: Worth, n: int) -> Division:
    """Return the values over all 2^n coalitions."""
    numbers = np.arange(2**n)
    there = (numbers[:, None] >> np.arange(n)) & 1 == 1
    values, sizes = worth(there), there.sum(axis=1)
    share = np.array([factorial(k) * factorial(n - k - 1) / factorial(n) for k in range(n)])
    out = np.zeros(n)
    for player in range(n):
        without = numbers[~there[:, player]]
        gains = values[without | (1 << player)] - values[without]
        out[player] = (share[sizes[without]] * gains).sum()
    return Division(out, np.zeros(n))


def sampled(worth: Worth, n: int, pairs: int = PAIRS, seed: int = SEED) -> Division:
    """Return the mean gain of each player over drawn orders in which they join; the same seed draws the same orders."""
    rng = np.random.default_rng(seed)
    means = np.empty((pairs, n))
    for k in range(pairs):
        order = rng.permutation(n)
        means[k] = (_gains(worth, order) + _gains(worth, order[::-1])) / 2
    return Division(means.mean(axis=0), 1.959964 * means.std(axis=0, ddof=1) / np.sqrt(pairs))


def _gains(worth: Worth, order: npt.NDArray[np.int64]) -> Floats:
    n = len(order)
    there = np.zeros((n + 1, n), dtype=bool)
    for k, player in enumerate(order):
        there[k + 1 :, player] = True
    out = np.empty(n)
    out[order] = np.diff(worth(there))
    return out
