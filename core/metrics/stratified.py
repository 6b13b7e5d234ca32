"""The difference of two shares among cases that are alike: strata by strata, pooled."""

from __future__ import annotations

from math import log, sqrt

import polars as pl

from core.metrics.confidence_intervals import Z95

SIZES = ("smallest third", "middle third", "largest third", "no amount")
JUDGED_AT = 0.05


def third_of(amounts: pl.Series) -> pl.Expr:
    """Return the third of some amounts that the column of their name lies in; "no amount" for a null.

    Examples
    --------
    >>> frame = pl.DataFrame({"amount": [1.0, 2.0, 3.0, 9.0, None]})
    >>> frame.select(third_of(frame["amount"]).alias("size"))["size"].to_list()
    ['smallest third', 'smallest third', 'middle third', 'largest third', 'no amount']
    """
    low, high = (amounts.quantile(q) or 0.0 for q in (1 / 3, 2 / 3))
    amount = pl.col(amounts.name)
    smallest, middle, largest, no_amount = (pl.lit(size) for size in SIZES)
    size = pl.when(amount.is_null()).then(no_amount).when(amount <= low).then(smallest)
    return size.when(amount <= high).then(middle).otherwise(largest)


def always_valid(counts: pl.DataFrame, share: float) -> tuple[float, float, float] | None:
    """Return the pooled difference of two shares with an interval that holds however often it is looked at.

    Formula: `pooled_difference`, with z = √((1 + τ/t) · (ln(1 + t/τ) + 2 ln(1/share))), where t = 1/SE² is the
    information so far and τ is chosen for the narrowest interval where SE is 5 points. Whoever looks every day and
    stops when it pleases is wrong no more often than in `share` of all cases. SE is at least that of both sides at
    their common share, (hits + 1)/(n + 2), so that a few cases that all went one way are not taken for sure.

    Parameters
    ----------
    counts : pl.DataFrame
        As `pooled_difference` takes them.
    share : float
        0.05 for wrong in at most 5 of 100.

    Returns
    -------
    tuple of float or None
        Difference, low, high; None where no stratum has cases on both sides.

    Source: H. Robbins, Statistical methods related to the law of the iterated logarithm, 1970; S. Howard et al.,
    Time-uniform, nonparametric, nonasymptotic confidence sequences, 2021.

    Examples
    --------
    >>> one = pl.DataFrame({"hits": [560], "n": [700], "others_hits": [480], "others": [800]})
    >>> [round(v, 3) for v in always_valid(one, 0.05)]
    [0.2, 0.125, 0.275]
    """
    tiny = 1e-3
    narrow = pooled_difference(counts, tiny)
    if narrow is None:
        return None
    gap, low, high = narrow
    sums = counts.filter(pl.col("n") > 0, pl.col("others") > 0).sum().row(0, named=True)
    common = (sums["hits"] + sums["others_hits"] + 1) / (sums["n"] + sums["others"] + 2)
    least = sqrt(common * (1 - common) * (1 / sums["n"] + 1 / sums["others"]))
    error = max((high - low) / 2 / tiny, least)
    chance = 2 * log(1 / share)
    ratio = (error / JUDGED_AT) ** 2 / (chance + log(1 + chance))  # τ/t
    reach = error * sqrt((1 + ratio) * (log(1 + 1 / ratio) + chance))
    return gap, max(gap - reach, -1.0), min(gap + reach, 1.0)


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
