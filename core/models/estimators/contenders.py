"""The kinds of model that race: base rate, table, logistic regression, boosted trees, and means of them.

All speak in log odds and split what they say exactly over the columns they were given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.contracts.errors import ModelError
from core.localization import message
from core.models.estimators.tree_scorer import Leaves, Walk

Floats = NDArray[np.float64]
CLIP = (0.01, 0.99)


class Contender(Protocol):
    """A fitted model of a yes or no outcome over a matrix of columns."""

    def predict(self, rows: Floats, *, raw_score: bool = False, pred_contrib: bool = False) -> Floats:
        """Return probabilities, log odds, or columns' contributions to the log odds with the base last."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        ...


def logit(p: Floats | float) -> Any:
    """Return the log odds of a probability, kept away from 0 and 1."""
    safe = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(safe / (1 - safe))


def sigmoid(margin: Floats | float) -> Floats:
    """Return the probability of log odds."""
    return np.asarray(1 / (1 + np.exp(-np.asarray(margin))), dtype=np.float64)


def answer(margin: Floats, raw_score: bool) -> Floats:
    """Return the margin itself, or its probability."""
    return margin if raw_score else sigmoid(margin)


MANY_ROWS = 5_000


class Trees:
    """LightGBM trees as text, read in only when they are asked: importing LightGBM takes seconds."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def booster(self) -> Any:
        """Return the LightGBM booster."""
        import lightgbm as lgb

        return lgb.Booster(model_str=self.text)

    @cached_property
    def leaves(self) -> Leaves | None:
        """Return the trees as bytes of leaves; None where they are too large for that."""
        return Leaves.of(self.booster.dump_model())

    def predict(self, rows: Floats, *, raw_score: bool = False, pred_contrib: bool = False) -> Any:
        """Return what the booster predicts; contributions are exact TreeSHAP values."""
        if pred_contrib:
            return self.booster.predict(rows, pred_contrib=True, num_threads=1 if len(rows) < MANY_ROWS else 4)
        if len(rows) >= MANY_ROWS and self.leaves is not None:
            return answer(self.leaves.predict(rows), raw_score)
        return self.booster.predict(rows, raw_score=raw_score, num_threads=1 if len(rows) < MANY_ROWS else 4)

    def feature_importance(self, kind: str = "gain") -> Any:
        """Return the importance of each feature."""
        return self.booster.feature_importance(kind)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"kind": "trees", "text": self.text}


@dataclass(frozen=True)
class BaseRate:
    """The same chance for everybody: the share of past cases that happened."""

    margin: float
    width: int

    def predict(self, rows: Floats, *, raw_score: bool = False, pred_contrib: bool = False) -> Floats:
        """Return the same for every row."""
        if pred_contrib:
            return np.concatenate([np.zeros((len(rows), self.width)), np.full((len(rows), 1), self.margin)], axis=1)
        return answer(np.full(len(rows), self.margin), raw_score)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"kind": "base rate", "margin": self.margin, "width": self.width}


@dataclass(frozen=True)
class Table:
    """A table of shares by one or two columns, drawn towards the overall share where rows are few.

    Attributes
    ----------
    columns : tuple of int
        One or two places of columns.
    edges : tuple of tuples
        Inner borders of the bins of each; a missing value is a bin of its own, the last.
    values : ndarray
        Log odds of each cell.
    alone : tuple of ndarray
        Log odds by each column alone, from which a cell is split over its two columns.
    base : float
        Log odds of the overall share.
    width : int
        Columns of the matrix.
    """

    columns: tuple[int, ...]
    edges: tuple[tuple[float, ...], ...]
    values: Floats
    alone: tuple[Floats, ...]
    base: float
    width: int

    def predict(self, rows: Floats, *, raw_score: bool = False, pred_contrib: bool = False) -> Floats:
        """Return the value of each row's cell; split over two columns by Shapley's rule."""
        bins = [place(rows[:, c], e) for c, e in zip(self.columns, self.edges, strict=True)]
        margin = self.values[tuple(bins)]
        if not pred_contrib:
            return answer(margin, raw_score)
        out = np.zeros((len(rows), self.width + 1))
        out[:, -1] = self.base
        own = [a[b] for a, b in zip(self.alone, bins, strict=True)]
        if len(own) == 1:
            out[:, self.columns[0]] = margin - self.base
        else:
            out[:, self.columns[0]] = (own[0] - self.base + margin - own[1]) / 2
            out[:, self.columns[1]] = (own[1] - self.base + margin - own[0]) / 2
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "kind": "table",
            "columns": list(self.columns),
            "edges": [list(e) for e in self.edges],
            "values": self.values.tolist(),
            "alone": [a.tolist() for a in self.alone],
            "base": self.base,
            "width": self.width,
        }


def place(values: Floats, edges: Sequence[float]) -> NDArray[np.intp]:
    """Return the bin of each value; missing ones come last."""
    bins = np.searchsorted(np.asarray(edges), values, side="right")
    return np.where(np.isnan(values), len(edges) + 1, bins)


# A factor of a term: (column, kind, low, high). `value` and `log` are clipped to low..high and missing counts
# as their middle; `missing` is 1 where nothing is known; `is` is 1 where the value equals low.
Factor = tuple[int, str, float, float, float]


def term(rows: Floats, factors: Sequence[Factor]) -> Floats:
    """Return a column worked out from others: the product of its factors."""
    out = np.ones(len(rows))
    for column, kind, low, high, middle in factors:
        value = rows[:, column]
        if kind == "missing":
            out = out * np.isnan(value)
        elif kind == "is":
            out = out * (value == low)
        else:
            filled = np.clip(np.where(np.isnan(value), middle, value), low, high)
            out = out * (np.log1p(filled - low) if kind == "log" else filled)
    return out


@dataclass(frozen=True)
class Line:
    """A regularised logistic regression over terms worked out from the columns.

    Attributes
    ----------
    terms : tuple of tuples of Factor
        The first factor's column carries the term's contribution.
    mean, spread, weights : ndarray
        Of each term: what it is standardised by, and its weight.
    base : float
        Log odds where every term stands at its mean.
    width : int
        Columns of the matrix.
    """

    terms: tuple[tuple[Factor, ...], ...]
    mean: Floats
    spread: Floats
    weights: Floats
    base: float
    width: int

    def predict(self, rows: Floats, *, raw_score: bool = False, pred_contrib: bool = False) -> Floats:
        """Return base + the weighted terms; a column's contribution is that of its terms."""
        if not pred_contrib:
            share = self.weights / self.spread
            total = np.full(len(rows), self.base - float((share * self.mean).sum()))
            for weight, factors in zip(share, self.terms, strict=True):
                total += weight * term(rows, factors)
            return answer(total, raw_score)
        each = standard(rows, self.terms, self.mean, self.spread) * self.weights
        out = np.zeros((len(rows), self.width + 1))
        out[:, -1] = self.base
        for i, factors in enumerate(self.terms):
            out[:, factors[0][0]] += each[:, i]
        return out

    def only(self, places: Sequence[int], base: float) -> Line:
        """Return the same line with some of its terms and another base."""
        indices = np.asarray(places, dtype=int)
        terms = tuple(self.terms[i] for i in places)
        return replace(
            self,
            terms=terms,
            mean=self.mean[indices],
            spread=self.spread[indices],
            weights=self.weights[indices],
            base=base,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "kind": "line",
            "terms": [[list(f) for f in t] for t in self.terms],
            "mean": self.mean.tolist(),
            "spread": self.spread.tolist(),
            "weights": self.weights.tolist(),
            "base": self.base,
            "width": self.width,
        }


def standard(rows: Floats, terms: Sequence[Sequence[Factor]], mean: Floats, spread: Floats) -> Floats:
    """Return the terms as a matrix, each less its mean over its spread."""
    out = np.empty((len(rows), len(terms)), order="F")
    for i, factors in enumerate(terms):
        np.divide(np.subtract(term(rows, factors), mean[i], out=out[:, i]), spread[i], out=out[:, i])
    return out


@dataclass(frozen=True)
class Mean:
    """The weighted mean of several models' log odds."""

    members: tuple[Any, ...]
    weights: tuple[float, ...]

    def predict(self, rows: Floats, *, raw_score: bool = False, pred_contrib: bool = False) -> Floats:
        """Return the weighted mean; contributions are the weighted sums of the members'."""
        options = {"pred_contrib": True} if pred_contrib else {"raw_score": True}
        parts = [w * np.asarray(m.predict(rows, **options)) for m, w in zip(self.members, self.weights, strict=True)]
        total = np.asarray(np.sum(parts, axis=0), dtype=np.float64)
        return total if pred_contrib else answer(total, raw_score)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"kind": "mean", "members": [m.to_dict() for m in self.members], "weights": list(self.weights)}


def halves(model: Any, moving: frozenset[int], is_many: bool = False) -> tuple[Any | None, Any | None]:
    """Split a model into two whose log odds add up to its own: one that looks at no moving column, and the rest.

    Parameters
    ----------
    model : contender
    moving : frozenset of int
        Columns that change while the others stay, as from one period ahead to the next.
    is_many : bool
        Whether the rows are many: then trees become a walk, which is for these rows only, for it remembers what
        their other columns say.

    Returns
    -------
    tuple
        None where nothing is left for a half. Only lines, and the lines within a mean, can be split.
    """
    if isinstance(model, Line):
        rest = [i for i, factors in enumerate(model.terms) if any(f[0] in moving for f in factors)]
        fixed = [i for i in range(len(model.terms)) if i not in set(rest)]
        return model.only(fixed, model.base), model.only(rest, 0.0) if rest else None
    if isinstance(model, Mean):
        pairs = [halves(member, moving, is_many) for member in model.members]
        sides = [[(p[k], w) for p, w in zip(pairs, model.weights, strict=True) if p[k] is not None] for k in (0, 1)]
        made = [Mean(tuple(m for m, _ in side), tuple(w for _, w in side)) if side else None for side in sides]
        return made[0], made[1]
    if is_many and isinstance(model, Trees) and model.leaves is not None:
        return None, Walk(model.leaves, moving)
    return None, model


def from_dict(saved: Mapping[str, Any]) -> Any:
    """Return the model a `to_dict` wrote.

    Raises
    ------
    ModelError
        When the kind is not known.
    """
    kind = saved.get("kind")
    if kind == "trees":
        return Trees(saved["text"])
    if kind == "base rate":
        return BaseRate(saved["margin"], saved["width"])
    if kind == "mean":
        return Mean(tuple(from_dict(m) for m in saved["members"]), tuple(saved["weights"]))
    if kind == "table":
        edges = tuple(tuple(e) for e in saved["edges"])
        alone = tuple(np.array(a) for a in saved["alone"])
        return Table(tuple(saved["columns"]), edges, np.array(saved["values"]), alone, saved["base"], saved["width"])
    if kind == "line":
        terms = tuple(tuple((int(c), str(k), a, b, m) for c, k, a, b, m in t) for t in saved["terms"])
        mean, spread, weights = (np.array(saved[n]) for n in ("mean", "spread", "weights"))
        return Line(terms, mean, spread, weights, saved["base"], saved["width"])
    raise ModelError(message("A kept model is of a kind not known here: {kind}.", kind=kind), mend="Train again.")
