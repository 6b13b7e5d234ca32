"""Logs of characteristic functions of sums of deals: large deals exactly, the many small ones by six cumulants."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np

ORDER = 6
FEW = 150


@dataclass(frozen=True)
class Sums:
    """Mean and width per shock, and the standardised log characteristic function [shock, frequency]."""

    mean: np.ndarray
    width: np.ndarray
    log: np.ndarray


def sums(
    amount: np.ndarray, given: np.ndarray, size: np.ndarray, square: np.ndarray, count: np.ndarray, shared: float,
    frequencies: np.ndarray, large: float,
) -> Sums:  # fmt: skip
    """Work out the characteristic function of a sum for each shock, in units of its own width.

    A deal won with chance p contributes log(1 + p (exp(ita) - 1)). For deals small beside the width the
    series of that log in its cumulants up to the sixth is as good as exact at every frequency where the
    function has not died away: the next term is below 1e-6. A cell of deals to come contributes
    count × (gamma function's characteristic function - 1).

    Parameters
    ----------
    amount : np.ndarray
        [deal].
    given : np.ndarray
        [deal, shock], chances.
    size, square : np.ndarray
        [cell].
    count : np.ndarray
        [cell, shock].
    shared : float
        Variance to add as a normal.
    frequencies : np.ndarray
        In units of one over the width.
    large : float
        Deals above this share of the width are taken exactly.
    """
    mean = amount @ given + size @ count
    variance = (amount**2) @ (given * (1 - given)) + square @ count + shared
    width = np.sqrt(np.maximum(variance, 0.0))
    safe = np.where(width > 1e-9, width, 1.0)
    exact = np.ones(len(amount), bool) if len(amount) <= FEW else amount > large * safe.min()
    log = _arriving(size, square, count, safe, frequencies)
    log = log - 0.5 * (shared / safe**2)[:, None] * frequencies**2
    if exact.any():
        log = log + _exactly(amount[exact], given[exact], safe, frequencies)
    if not exact.all():
        log = log + _series(amount[~exact], given[~exact], safe, frequencies)
    log = log - 1j * frequencies * (mean / safe)[:, None]
    return Sums(mean, width, np.minimum(log.real, 0.0) + 1j * log.imag)


def _exactly(amount: np.ndarray, given: np.ndarray, width: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Multiply the deals' own functions; powers by recurrence."""
    step = np.exp(1j * frequencies[0] * amount[:, None] / width)
    power = np.ones_like(step)
    out = np.empty((len(width), len(frequencies)), complex)
    for j in range(len(frequencies)):
        power = power * step
        out[:, j] = (1 + given * (power - 1)).prod(axis=0)
    tiny = np.abs(out) < 1e-200
    return np.log(np.where(tiny, 1e-200, out))


def _series(amount: np.ndarray, given: np.ndarray, width: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Sum the cumulants of the small deals, polynomials in their chances."""
    p = given
    powers = np.stack([amount**k for k in range(1, ORDER + 1)])
    out = np.zeros((len(width), len(frequencies)), complex)
    moments, power = [], np.ones_like(p)
    for _ in range(ORDER):
        power = power * p
        moments.append(powers @ power)
    for k, row in enumerate(_BERNOULLI, start=1):
        kappa = sum(c * moments[j][k - 1] for j, c in enumerate(row))
        out += np.outer(kappa / width**k / factorial(k), (1j * frequencies) ** k)
    return out


_BERNOULLI = (
    (1,),
    (1, -1),
    (1, -3, 2),
    (1, -7, 12, -6),
    (1, -15, 50, -60, 24),
    (1, -31, 180, -390, 360, -120),
)


def _arriving(
    size: np.ndarray, square: np.ndarray, count: np.ndarray, width: np.ndarray, frequencies: np.ndarray
) -> np.ndarray:
    """Sum the compound Poisson parts; cells of like amounts are taken together."""
    out = np.zeros((len(width), len(frequencies)), complex)
    rows = (size > 0) & (count.max(axis=1) > 0) if len(size) else np.zeros(0, bool)
    if not rows.any():
        return out
    kinds, inverse = np.unique(np.stack([size[rows], square[rows]], 1), axis=0, return_inverse=True)
    numbers = np.zeros((len(kinds), count.shape[1]))
    np.add.at(numbers, inverse.reshape(-1), count[rows])
    excess = np.maximum(kinds[:, 1] / kinds[:, 0] ** 2 - 1, 1e-6)
    for k in range(len(width)):
        t = frequencies / width[k]
        gamma = np.exp(-np.log(1 - 1j * np.outer(kinds[:, 0] * excess, t)) / excess[:, None])
        out[k] = numbers[:, k] @ (gamma - 1)
    return out
