"""Whole-number noise of Laplace's shape, drawn exactly: no rounding of floating numbers gives away what was hidden."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from fractions import Fraction

Below = Callable[[int], int]


def sample(scale: Fraction, below: Below = secrets.randbelow) -> int:
    """Return one number x with a chance in proportion to exp(-|x| / scale).

    Added to a whole number that one customer changes by at most s, with scale s/ε, it hides the customer with ε.

    Parameters
    ----------
    scale : Fraction
        Above 0.
    below : callable
        Returns a number from 0 to below its argument; default the system's source of secrets.

    Source: C. Canonne, G. Kamath, T. Steinke, The discrete Gaussian for differential privacy, 2020, algorithm 2, in
    whole numbers only, for I. Mironov, On significance of the least significant bits for differential privacy, 2012.

    Examples
    --------
    >>> sample(Fraction(1, 1000)) in range(-1, 2)
    True
    """
    top, bottom = scale.numerator, scale.denominator
    while True:
        rest = below(top)
        if not _happens(Fraction(rest, top), below):
            continue
        whole = 0
        while _happens(Fraction(1), below):
            whole += 1
        size = (rest + top * whole) // bottom
        is_negative = below(2) == 1
        if not (is_negative and size == 0):
            return -size if is_negative else size


def _happens(rate: Fraction, below: Below) -> bool:
    """Say yes with a chance of exp(-rate), for a rate from 0 to 1."""
    k = 1
    while below(rate.denominator * k) < rate.numerator:
        k += 1
    return k % 2 == 1
