"""Logs of characteristic functions of sums of deals: large deals exactly, the many small ones by six cumulants."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np

from core.scenarios.data.factors import alike

ORDER = 6
FEW, BLOCK = 150, 6
GONE = 1e-15


@dataclass(frozen=True)
class Sums:
    """Mean and width per shock, and the standardised log characteristic function [shock, frequency]."""

    mean: np.ndarray
    width: np.ndarray
    log: np.ndarray


def sums(
    amount: np.ndarray,
    given: np.ndarray,
    size: np.ndarray,
    square: np.ndarray,
    count: np.ndarray,
    shared: float,
    frequencies: np.ndarray,
    large: float,
    kind: np.ndarray | None = None,
) -> Sums:
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
    kind : np.ndarray, optional
        [cell], a number for each different size and square, where they are numbered already.
    """
    mean = amount @ given + size @ count
    variance = (amount**2) @ (given * (1 - given)) + square @ count + shared
    width = np.sqrt(np.maximum(variance, 0.0))
    safe = np.where(width > 1e-9, width, 1.0)
    exact = np.ones(len(amount), bool) if len(amount) <= FEW else amount > large * safe.min()
    log = _arriving(size, square, count, safe, frequencies, kind)
    log = log - 0.5 * (shared / safe**2)[:, None] * frequencies**2
    # No deal can lift the function again where deals to come and shared fates have put it out.
    live = int(np.flatnonzero(log.real.max(axis=0) > np.log(GONE))[-1:].sum()) + 1
    heard = frequencies[:live]
    if exact.any():
        log[:, :live] += _exactly(amount[exact], given[exact], safe, heard)
    if not exact.all():
        log[:, :live] += _series(amount[~exact], given[~exact], safe, heard)
    log = log - 1j * frequencies * (mean / safe)[:, None]
    return Sums(mean, width, np.minimum(log.real, 0.0) + 1j * log.imag)


def _exactly(amount: np.ndarray, given: np.ndarray, width: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Multiply the deals' own functions; powers by recurrence, a block of frequencies at a time."""
    step = np.exp(1j * frequencies[0] * amount / width[:, None])
    powers = np.multiply.accumulate(np.broadcast_to(step, (min(BLOCK, len(frequencies)), *step.shape)), axis=0)
    leap, won = powers[-1].copy(), np.ascontiguousarray(given.T)
    lost, part, blocks = 1 - won, np.empty_like(powers), []
    for begin in range(0, len(frequencies), BLOCK):
        if begin:
            powers *= leap
        np.multiply(won, powers, out=part)
        blocks.append(_product(part + lost))
    out = np.concatenate(blocks)[: len(frequencies)].T
    return np.log(np.where(np.abs(out) < 1e-200, 1e-200, out))


def _product(parts: np.ndarray) -> np.ndarray:
    """Multiply along the last axis, halves with halves: that order keeps the processor's vector units busy."""
    while parts.shape[-1] > 8:
        half = parts.shape[-1] // 2
        rest = parts[..., 2 * half :]
        parts = parts[..., :half] * parts[..., half : 2 * half]
        if rest.shape[-1]:
            parts[..., :1] *= rest
    return np.asarray(parts.prod(axis=-1))


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
    size: np.ndarray,
    square: np.ndarray,
    count: np.ndarray,
    width: np.ndarray,
    frequencies: np.ndarray,
    kind: np.ndarray | None = None,
) -> np.ndarray:
    """Sum the compound Poisson parts; cells of like amounts are taken together."""
    out = np.zeros((len(width), len(frequencies)), complex)
    which = alike(size, square)[1] if kind is None and len(size) else kind
    if which is None or not len(which):
        return out
    numbers = np.stack([np.bincount(which, weights=column) for column in count.T])
    member = np.zeros(numbers.shape[1], np.int64)
    member[which] = np.arange(len(which))
    live = (size[member] > 0) & (numbers.max(axis=0) > 0)
    size, square, numbers = size[member[live]], square[member[live]], numbers[:, live]
    excess = np.maximum(square / size**2 - 1, 1e-6)
    for k in range(len(width)):
        x = np.outer(size * excess, frequencies / width[k])
        shrink, turn = np.exp(-np.log1p(x * x) / (2 * excess[:, None])), np.arctan(x) / excess[:, None]
        out[k] = numbers[k] @ (shrink * np.cos(turn) - 1) + 1j * (numbers[k] @ (shrink * np.sin(turn)))
    return out
