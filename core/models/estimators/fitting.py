"""Fits the kinds of model that race, each on a matrix with missing values and coded categories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from core.localization import joined
from core.models.estimators.contenders import (
    CLIP,
    BaseRate,
    Factor,
    Floats,
    Line,
    Mean,
    Trees,
    sigmoid,
    standard,
)
from core.models.estimators.share_tables import best_table, log_odds

FEWEST_OF_A_WORD = 10
WIDE = 2.0
MOST_ROUNDS, QUIET_ROUNDS = 600, 40
# What trees of so many leaves are grown with, where several sizes race: the larger look at every column, for a split
# that rests on three columns together is seen only by a tree that is offered all three.
SIZES: Mapping[int, Mapping[str, Any]] = {
    4: {"num_leaves": 4, "feature_fraction": 0.6},
    15: {"num_leaves": 15, "feature_fraction": 1.0},
    31: {"num_leaves": 31, "feature_fraction": 1.0},
}
TREES: Mapping[str, Any] = {
    "num_leaves": 6,
    "min_data_in_leaf": 60,
    "learning_rate": 0.03,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "cat_smooth": 30.0,
    "cat_l2": 20.0,
}


@dataclass(frozen=True)
class Plan:
    """How the contenders are to be fitted.

    Attributes
    ----------
    names : tuple of str
        The columns of the matrix.
    words : dict of int to int
        How many values each coded column has.
    parameters : mapping
        LightGBM's.
    rounds : int
        Trees; 0 leaves it to early stopping on the last fifth of the rows.
    rising, falling : frozenset of str
        Columns that may only raise, or only lower, the chance, in trees.
    ridge : float
        The inverse strength of the logistic regression's penalty.
    products : tuple of (int, str, int, str)
        Pairs of columns whose terms are multiplied in the logistic regression.
    table : tuple of int
        The columns a table may use; default all.
    contenders : tuple of str
        Which race. "boosted trees" and "mean of both" followed by "of 15 leaves" have trees of that size (`SIZES`).
    threads : int
        Fits that run side by side; each uses one.
    """

    names: tuple[str, ...]
    words: Mapping[int, int]
    parameters: Mapping[str, Any] = field(default_factory=lambda: TREES)
    rounds: int = 0
    rising: frozenset[str] = frozenset()
    falling: frozenset[str] = frozenset()
    ridge: float = 0.05
    products: tuple[tuple[int, int], ...] = ()
    table: tuple[int, ...] = ()
    contenders: tuple[str, ...] = ("base rate", "table", "logistic regression", "boosted trees", "mean of both")
    threads: int = 2
    seed: int = 7

    def of_size(self, leaves: int) -> Plan:
        """Return the same plan with trees of so many leaves; 0 leaves its own parameters."""
        return replace(self, parameters={**self.parameters, **SIZES[leaves]}) if leaves else self


def fit_all(x: Floats, y: Floats, plan: Plan) -> dict[str, Any]:
    """Fit every contender of a plan.

    Parameters
    ----------
    x : ndarray, shape (rows, columns)
        Missing values are NaN; rows in the order of time where there is one.
    y : ndarray of 0 and 1
    plan : Plan

    Returns
    -------
    dict of str to Contender
        By name, simplest first.
    """
    makers: Mapping[str, Callable[[], Any]] = {
        "base rate": lambda: base_rate(x, y),
        "table": lambda: best_table(x, y, plan.words, plan.table),
        "logistic regression": lambda: line(x, y, plan),
    }
    fitted: dict[tuple[str, int], Any] = {}

    def part(kind: str, size: int) -> Any:
        if (kind, size) not in fitted:
            fitted[kind, size] = makers[kind]() if kind in makers else trees(x, y, plan.of_size(size))
        return fitted[kind, size]

    out: dict[str, Any] = {}
    for name in plan.contenders:
        kind, size = kind_and_size(name)
        if kind == "mean of both":
            out[name] = Mean((part("logistic regression", 0), part("boosted trees", size)), (0.5, 0.5))
        else:
            out[name] = part(kind, size)
    return out


def kind_and_size(name: str) -> tuple[str, int]:
    """Return the kind of a contender and the leaves of its trees, 0 where the plan's parameters say.

    Examples
    --------
    >>> kind_and_size("mean of both of 15 leaves"), kind_and_size("table")
    (('mean of both', 15), ('table', 0))
    """
    words = name.split()
    sized = words[-1] == "leaves"
    return (joined(*words[:-3]), int(words[-2])) if sized else (name, 0)


def fit_one(x: Floats, y: Floats, plan: Plan, name: str) -> Any:
    """Fit one contender by name."""
    return fit_all(x, y, replace(plan, contenders=(name,)))[name]


def base_rate(x: Floats, y: Floats) -> BaseRate:
    """Fit the overall share, drawn a little towards one half so that it is never 0 or 1."""
    return BaseRate(log_odds(y), x.shape[1])


def design(x: Floats, plan: Plan) -> tuple[tuple[Factor, ...], ...]:
    """Return the terms of the logistic regression: numbers clipped, straight and as logarithm, gaps, words."""
    own = {c: _factors(x[:, c], c, plan.words.get(c)) for c in range(x.shape[1])}
    single = [(f,) for factors in own.values() for f in factors]
    double = [
        (a, b)
        for left, right in plan.products
        for a in own[left]
        for b in own[right]
        if {a[1], b[1]} <= {"value", "is"}
    ]
    return (*single, *double)


def _factors(values: Floats, column: int, n_words: int | None) -> list[Factor]:
    gaps = np.isnan(values)
    flag: list[Factor] = [(column, "missing", 0.0, 0.0, 0.0)] if 0.002 < gaps.mean() < 0.998 else []
    filled = values[~gaps]
    if not len(filled):
        return []
    if n_words is not None:
        counts = np.bincount(filled.astype(int), minlength=n_words)
        codes = [k for k in range(n_words) if counts[k] >= FEWEST_OF_A_WORD and counts[k] < len(values)]
        return [*flag, *((column, "is", float(k), 0.0, 0.0) for k in codes)]
    low, middle, high = (float(v) for v in np.quantile(filled, [CLIP[0], 0.5, CLIP[1]]))
    if low == high:
        low, high = float(filled.min()), float(filled.max())
    if low == high:
        return flag
    curve: list[Factor] = [(column, "log", low, high, middle)] if high - low > WIDE else []
    return [*flag, (column, "value", low, high, middle), *curve]


def line(x: Floats, y: Floats, plan: Plan) -> Line:
    """Fit a logistic regression with a ridge penalty on standardised terms."""
    terms = design(x, plan)
    raw = standard(x, terms, np.zeros(len(terms)), np.ones(len(terms)))
    mean, spread = (raw.mean(axis=0), raw.std(axis=0)) if terms else (np.zeros(0), np.ones(0))
    varying = [i for i in range(len(terms)) if spread[i] > 1e-9]
    terms, mean, spread = tuple(terms[i] for i in varying), mean[varying], spread[varying]
    if not terms:
        return Line((), mean, spread, np.zeros(0), log_odds(y), x.shape[1])
    z = np.asfortranarray(raw[:, varying])
    z -= mean
    z /= spread
    free = np.ones(len(terms), dtype=bool)
    signs = np.array([_sign(t, plan) for t in terms])
    base, weights = log_odds(y), np.zeros(len(terms))
    while True:
        base, weights[free] = ridge_logistic(z[:, free], y, plan.ridge, np.array([base, *weights[free]]))
        against = free & (signs * weights < 0)
        if not against.any():
            break
        free &= ~against
        weights[against] = 0.0
    return Line(terms, mean, spread, weights, base, x.shape[1])


def _sign(factors: tuple[Factor, ...], plan: Plan) -> int:
    """Return the direction a term is held to: that of its column, unless it flags a gap or is a product."""
    name = plan.names[factors[0][0]]
    single = len(factors) == 1 and factors[0][1] in ("value", "log")
    return int(single) * ((name in plan.rising) - (name in plan.falling))


def ridge_logistic(z: Floats, y: Floats, inverse_penalty: float, start: Floats | None = None) -> tuple[float, Floats]:
    """Fit intercept and weights by Newton's method: least log loss + |weights|² / (2 × inverse_penalty).

    Parameters
    ----------
    z : ndarray, shape (rows, terms)
    y : ndarray of 0 and 1
    inverse_penalty : float
    start : ndarray, optional
        Intercept and weights to begin with; default the overall share and zeros.

    Examples
    --------
    >>> base, weights = ridge_logistic(np.zeros((4, 1)), np.array([0.0, 1.0, 1.0, 1.0]), 1.0)
    >>> round(base, 4), weights.tolist()
    (1.0986, [0.0])
    """
    rows = np.ones((len(z), z.shape[1] + 1), order="F")
    rows[:, 1:] = z
    penalty = np.full(rows.shape[1], 1 / inverse_penalty)
    penalty[0] = 1e-9
    coefficients = np.array([log_odds(y), *np.zeros(z.shape[1])]) if start is None else start.copy()
    light = rows.astype(np.float32)
    for _ in range(25):
        p = sigmoid(rows @ coefficients)
        slope = rows.T @ (p - y) + penalty * coefficients
        bend = ((light * (p * (1 - p)).astype(np.float32)[:, None]).T @ light).astype(np.float64)
        bend += np.diag(penalty + 1e-9)
        step = np.linalg.solve(bend, slope)
        longest = float(np.abs(step).max())
        coefficients -= step * min(1.0, 4.0 / max(longest, 1e-12))
        if longest < 1e-4:
            break
    return float(coefficients[0]), coefficients[1:]


def trees(x: Floats, y: Floats, plan: Plan) -> Trees:
    """Fit LightGBM; without a number of rounds, as many as help on the last fifth of the rows."""
    import lightgbm as lgb

    options = {
        "objective": "binary",
        "verbose": -1,
        "num_threads": 1,
        "seed": plan.seed,
        "deterministic": True,
        "force_col_wise": True,
        "max_cat_to_onehot": 8,
        "max_bin": 63,
        **plan.parameters,
        "monotone_constraints": [(n in plan.rising) - (n in plan.falling) for n in plan.names],
    }

    def data(rows: slice) -> Any:
        coded = [c for c, n in plan.words.items() if n]
        return lgb.Dataset(x[rows], y[rows], categorical_feature=coded, params={"verbose": -1})

    rounds = plan.rounds
    if not rounds:
        cut = len(y) * 4 // 5
        stop = lgb.early_stopping(QUIET_ROUNDS, verbose=False)
        later = [data(slice(cut, None))]
        booster = lgb.train(options, data(slice(cut)), MOST_ROUNDS, valid_sets=later, callbacks=[stop])
        rounds = max(int(booster.best_iteration), 10)
    return Trees(lgb.train(options, data(slice(None)), rounds).model_to_string())
