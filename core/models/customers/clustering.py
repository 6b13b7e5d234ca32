"""k-means and mixtures, and how good their groups are: silhouette and agreement on resamples."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
STARTS, ROUNDS = 4, 60
RESAMPLES = 10
MOST_TO_JUDGE = 1_200
STEADY = 0.6
WAYS = {"kmeans": "Size and behaviour", "mixture": "Flexible groups"}
Grouper = Callable[[Floats], Labels]


def nearest(z: Floats, centres: Floats) -> Labels:
    """Return the place of the nearest centre of each row."""
    far = (centres**2).sum(axis=1) - 2 * z @ centres.T
    return np.asarray(far.argmin(axis=1), dtype=np.int64)


def kmeans(z: Floats, k: int, seed: int) -> Floats:
    """Return k centres (Lloyd 1982, started by k-means++), the best of four starts."""
    rng = np.random.default_rng(seed)
    tries = [_lloyd(z, _spread_out(z, k, rng)) for _ in range(STARTS)]
    return min(tries, key=lambda centres: ((z - centres[nearest(z, centres)]) ** 2).sum())


def _spread_out(z: Floats, k: int, rng: np.random.Generator) -> Floats:
    chosen = [z[rng.integers(len(z))]]
    for _ in range(k - 1):
        far = np.min([((z - c) ** 2).sum(axis=1) for c in chosen], axis=0)
        total = far.sum()
        chosen.append(z[rng.choice(len(z), p=far / total) if total > 0 else rng.integers(len(z))])
    return np.array(chosen)


def _lloyd(z: Floats, centres: Floats) -> Floats:
    for _ in range(ROUNDS):
        labels = nearest(z, centres)
        moved = np.array([z[labels == g].mean(axis=0) if (labels == g).any() else c for g, c in enumerate(centres)])
        if np.allclose(moved, centres):
            break
        centres = moved
    return centres


def groups(z: Floats, k: int, seed: int, way: str = "kmeans") -> Grouper:
    """Return what puts any row into one of k groups found in `z`.

    Parameters
    ----------
    z : ndarray
    k : int
    seed : int
    way : {"kmeans", "mixture"}
        The nearest of k centres; or the likeliest of k normal distributions, each with its own size and its own
        spread along every sign (diagonal covariance), by scikit-learn.
    """
    if way == "kmeans":
        centres = kmeans(z, k, seed)
        return lambda rows: nearest(rows, centres)
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = GaussianMixture(k, covariance_type="diag", reg_covar=1e-3, random_state=seed).fit(z)
    return lambda rows: np.asarray(fitted.predict(rows), dtype=np.int64)


def adjusted_rand(labels: NDArray[Any], other: NDArray[Any]) -> float:
    """Return how far two groupings agree beyond chance: 1 the same, 0 as by chance (Hubert and Arabie 1985)."""
    _, a = np.unique(labels, return_inverse=True)
    _, b = np.unique(other, return_inverse=True)
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)

    def pairs(n: Any) -> float:
        return float((n * (n - 1) / 2).sum())

    together, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    all_pairs = pairs(np.array(float(len(a))))
    by_chance = rows * columns / all_pairs if all_pairs else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == by_chance else (together - by_chance) / (most - by_chance)


def silhouette(z: Floats, labels: Labels) -> float | None:
    """Return the mean of (b − a) / max(a, b), a being the mean distance within a row's group and b the one to
    the next group (Rousseeuw 1987); null with one group only."""
    distinct = np.unique(labels)
    if len(distinct) < 2:
        return None
    far = np.sqrt(np.maximum((z**2).sum(1)[:, None] + (z**2).sum(1)[None] - 2 * z @ z.T, 0))
    member = labels[:, None] == distinct[None]
    sizes = member.sum(axis=0)
    sums = far @ member
    own = member.argmax(axis=1)
    rows = np.arange(len(z))
    inside = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    means = np.where(member, np.inf, sums / sizes)
    outside = means.min(axis=1)
    each = np.where(sizes[own] > 1, (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-12), 0.0)
    return float(each.mean())


def choose(z: Floats, seed: int, choices: Sequence[int], way: str = "kmeans") -> pl.DataFrame:
    """Try numbers of groups and choose one.

    Returns
    -------
    pl.DataFrame
        [n_groups, silhouette, agreement, is_chosen]: agreement is the mean adjusted Rand index between the
        groups of all rows and those found on ten resamples; chosen is the highest agreement among those
        whose groups lie nearly as far apart as the best (a silhouette of at least 80 % of its).
    """
    rng = np.random.default_rng(seed)
    distinct = len(np.unique(z.round(9), axis=0))
    rows: list[dict[str, Any]] = []
    for k in [c for c in choices if c < distinct] or [min(2, distinct)]:
        whole = groups(z, k, seed, way)(z)
        again = [groups(z[rng.integers(0, len(z), len(z))], k, seed + i, way)(z) for i in range(RESAMPLES)]
        some = rng.permutation(len(z))[:MOST_TO_JUDGE]
        agreement = float(np.mean([adjusted_rand(whole, labels) for labels in again]))
        rows.append({"n_groups": k, "silhouette": silhouette(z[some], whole[some]), "agreement": agreement})
    table = pl.DataFrame(rows, schema={"n_groups": pl.Int64, "silhouette": pl.Float64, "agreement": pl.Float64})
    apart = table.filter((pl.col("silhouette") >= 0.8 * pl.col("silhouette").max()).fill_null(value=True))
    best = apart.sort("agreement", "n_groups", descending=[True, False])["n_groups"][0]
    return table.with_columns(is_chosen=pl.col("n_groups") == best)
