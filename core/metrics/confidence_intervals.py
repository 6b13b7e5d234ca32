"""How sure a share, or the difference of two shares, is."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from scipy.special import stdtrit

Z95 = 1.959964
# Of all that are looked at together, so many may be called beyond chance though they are not.
SHARE = 0.05


def wilson(hits: int, n: int, z: float = Z95) -> tuple[float, float] | None:
    """Return Wilson's interval of a share; None without cases.

    Parameters
    ----------
    hits, n : int
    z : float
        1.96 for 95 of 100.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.

    Examples
    --------
    >>> low, high = wilson(8, 10)
    >>> round(low, 3), round(high, 3)
    (0.49, 0.943)
    """
    if not n:
        return None
    share, part = hits / n, z * z / n
    middle = (share + part / 2) / (1 + part)
    reach = z * sqrt(share * (1 - share) / n + part / (4 * n)) / (1 + part)
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def z_for(n_claims: int) -> float:
    """Return how many standard errors an interval takes to each side where so many are looked at together.

    Source: C. E. Bonferroni, Teoria statistica delle classi e calcolo delle probabilità, 1936.

    Examples
    --------
    >>> round(z_for(1), 2), round(z_for(10), 2)
    (1.96, 2.81)
    """
    return NormalDist().inv_cdf(1 - SHARE / 2 / n_claims)


def t_for(degrees: int, n_claims: int) -> float:
    """Return the same by Student's t, for a spread that is estimated from few cases.

    Examples
    --------
    >>> round(t_for(9, 1), 2), round(t_for(9, 10), 2)
    (2.26, 3.69)
    """
    return float(stdtrit(degrees, 1 - SHARE / 2 / n_claims))


def is_beyond_chance(low: float, high: float) -> bool:
    """Say whether an interval of a difference does not hold 0.

    Examples
    --------
    >>> is_beyond_chance(-0.2, -0.1), is_beyond_chance(-0.1, 0.1), is_beyond_chance(0.0, 0.1)
    (True, False, False)
    """
    return low > 0 or high < 0


def difference(hits: int, n: int, others: int, m: int, z: float = Z95) -> tuple[float, float, float] | None:
    """Return the difference of two shares with Newcombe's interval; None without cases on either side.

    Parameters
    ----------
    hits, n : int
        The one side.
    others, m : int
        The other, which is taken off.

    Returns
    -------
    tuple of float or None
        Difference, low, high.

    Source: R. G. Newcombe, Interval estimation for the difference between independent proportions, 1998,
    method 10.

    Examples
    --------
    >>> [round(v, 4) for v in difference(56, 70, 48, 80)]
    [0.2, 0.0524, 0.3339]
    """
    own, other = wilson(hits, n, z), wilson(others, m, z)
    if own is None or other is None:
        return None
    p, q = hits / n, others / m
    low = p - q - sqrt((p - own[0]) ** 2 + (other[1] - q) ** 2)
    high = p - q + sqrt((own[1] - p) ** 2 + (q - other[0]) ** 2)
    return p - q, low, high
