"""The difference of two shares among cases that are alike: strata by strata, pooled."""

from __future__ import annotations

from math import sqrt

import polars as pl

from core.metrics.confidence_intervals import Z95


def pooled_difference(counts: pl.DataFrame, z: float = Z95) -> tuple[float, float, float] | None:
    """Return the pooled difference of two shares over strata, with its interval.

    Formula: Mantel-Haenszel's risk difference, the strata's differences weighed with n * m / (n + m), so that a stratum
    counts as far as it has cases on both sides. The variance is Sato's, which holds for many thin strata and for few
    thick ones alike.

    Parameters
    ----------
    counts : pl.DataFrame
        [hits, n, others_hits, others], one row per stratum.
    z : float
        1.96 for 95 of 100.

    Returns
    -------
    tuple of float or None
        Difference, low, high; None where no stratum has cases on both sides.

    Source: T. Sato, On the variance estimator for the Mantel-Haenszel risk difference, Biometrics 45, 1989.

    Examples
    --------
    >>> one = pl.DataFrame({"hits": [56], "n": [70], "others_hits": [48], "others": [80]})
    >>> [round(v, 3) for v in pooled_difference(one)]
    [0.2, 0.058, 0.342]
    """
    both = counts.select(pl.col("hits", "n", "others_hits", "others").cast(pl.Float64)).filter(
        pl.col("n") > 0, pl.col("others") > 0
    )
    if both.is_empty():
        return None
    a, n, b, m = (pl.col(name) for name in ("hits", "n", "others_hits", "others"))
    total = n + m
    sums = both.select(
        weight=(n * m / total).sum(),
        gap=((a * m - b * n) / total).sum(),
        p=((n**2 * b - m**2 * a + n * m * (m - n) / 2) / total**2).sum(),
        q=((a * (m - b) + b * (n - a)) / (2 * total)).sum(),
    ).row(0, named=True)
    difference = sums["gap"] / sums["weight"]
    reach = z * sqrt(max(difference * sums["p"] + sums["q"], 0.0)) / sums["weight"]
    return difference, max(difference - reach, -1.0), min(difference + reach, 1.0)
