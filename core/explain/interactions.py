"""Which two features matter together otherwise than each alone, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import REASON, is_money
from core.contracts.errors import AmountsHiddenError, ModelError, closest
from core.explain import drivers
from core.explain.bins import Bins, bins
from core.explain.contributions import Floats, matrix, probability
from core.explain.explained_models import Subject, subject
from core.explain.nearest_cases import evenly
from core.explain.tree_interactions import interaction_values
from core.features.deals import FOLLOWS
from core.localization import message
from core.metrics.measure import chance, counted
from core.models.bundle import Bundle
from core.models.estimators.contenders import Trees

ROUGH_ROWS, ROWS = 40, 240
CASES = 120
MOST_POINTS = 25  # A chance moves by at most a quarter of what its log odds do, in per cent.
FEWEST = 10


@dataclass(frozen=True)
class Pairs:
    """Pairs of features by how much they matter together.

    Attributes
    ----------
    frame : pl.DataFrame
        [pair, one, other, strength], the strongest first; strength in log odds.
    verb : str
    """

    frame: pl.DataFrame
    verb: str

    def sentence(self) -> str:
        """Name the strongest pair, and say how much that is."""
        if self.frame.is_empty() or self.frame["strength"][0] < 0.005:
            return "No combination matters beyond its single drivers."
        top = self.frame.row(0, named=True)
        return message(
            "The strongest combination is {pair}{pair_2}: together they move the chance to {verb} by "
            "at most about {strength:.0f} points more than each alone.",
            pair=top["pair"][:1].lower(),
            pair_2=top["pair"][1:],
            verb=self.verb,
            strength=top["strength"] * MOST_POINTS,
        )


@dataclass(frozen=True)
class Together:
    """What the model says for each combination of two features.

    Attributes
    ----------
    frame : pl.DataFrame
        [one, other, n, p, p_alone, beyond]: the bins' labels, today's rows in both, the mean chance with all rows set
        so, the chance if the two did not act together, and p − p_alone; null where fewer than ten rows stand there.
    names : tuple of str
    order : tuple of tuples of str
        The labels of both in order.
    verb : str
    """

    frame: pl.DataFrame
    names: tuple[str, str]
    order: tuple[tuple[str, ...], tuple[str, ...]]
    noun: str
    verb: str

    def sentence(self) -> str:
        """Say where the two act together most."""
        seen = self.frame.drop_nulls("beyond")
        first, second = (drivers.plain(name).lower() for name in self.names)
        if seen.is_empty():
            return message(
                "Too few {noun}s share any one combination of {first} and {second}.",
                noun=self.noun,
                first=first,
                second=second,
            )
        top = seen.sort(pl.col("beyond").abs() * pl.col("n").sqrt(), descending=True).row(0, named=True)
        return message(
            "Strongest where {first} is {one} and {second} is {other} ({things}): {p} would {verb}, "
            "against {p_alone} if each worked alone.",
            first=first,
            one=top["one"],
            second=second,
            other=top["other"],
            things=counted(top["n"], self.noun),
            p=chance(top["p"]),
            verb=self.verb,
            p_alone=chance(top["p_alone"]),
        )


def pairs(dataset: Dataset, settings: Settings, bundle: Bundle, of: str = "close", most: int = 12) -> Pairs:
    """Rank pairs of features by how much they matter together, in whatever kind of model serves.

    Where trees serve it is the root mean square, over 240 rows, of the pair's SHAP interaction value (Lundberg and
    others 2020), from `shap.TreeExplainer`. Else the strength is the square root of mean(d²) / 4, with d = f(x) −
    f(x with one of z) − f(x with the other of z) + f(x with both of z), f being the log odds and z another row
    drawn at random: the superset importance of the pair (Liu and Owen 2006), 0 where f is a sum of its parts. What
    is worked out from two others, as the win rate against a competitor in a region, moves along with them. Pairs
    within one driver are left out: what is measured twice goes together by itself. All pairs are looked at over 40
    rows, the strongest again over 240; the draw is fixed.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    of : {"close", "churn"}
    most : int
        Pairs kept.

    Raises
    ------
    ModelError
        When there is no such model.
    """
    explained = subject(dataset, settings, bundle, of)
    if isinstance(explained.model.booster_, Trees):
        return Pairs(tree_strengths(explained, evenly(explained.rows, ROWS)).head(most), explained.verb)
    rough = strengths(explained, evenly(explained.rows, ROUGH_ROWS), _candidates(explained), settings.models.seed)
    likely = list(rough.head(3 * most).select("one", "other").iter_rows())
    return Pairs(
        strengths(explained, evenly(explained.rows, ROWS), likely, settings.models.seed).head(most), explained.verb
    )


def strengths(explained: Subject, some: pl.DataFrame, chosen: Sequence[tuple[str, str]], seed: int) -> pl.DataFrame:
    """Return [pair, one, other, strength] of pairs of a model's features over some rows, as `pairs` says.

    Parameters
    ----------
    explained : Subject
    some : pl.DataFrame
        The rows to look at.
    chosen : sequence of (feature, feature)
    seed : int
    """
    x, names = matrix(explained.model, some), list(explained.model.feature_names_)
    z = x[np.random.default_rng(seed).permutation(len(x))]
    follow = _following(explained)
    places = [(names.index(a), names.index(b)) for a, b in chosen]
    moved = sorted({i for pair in places for i in pair})

    def swapped(*columns: int) -> Floats:
        out = x.copy()
        out[:, columns] = z[:, columns]
        return _followed(out, columns, follow)

    asked = [x, *(swapped(i) for i in moved), *(swapped(*pair) for pair in places)]
    margins = _margins(explained.model, np.concatenate(asked)).reshape(len(asked), len(x))
    alone, both = dict(zip(moved, margins[1:], strict=False)), margins[1 + len(moved) :]
    return _ranked(
        [
            (a, b, _strength(margins[0] - alone[i] - alone[j] + m))
            for (a, b), (i, j), m in zip(chosen, places, both, strict=True)
        ]
    )


def tree_strengths(explained: Subject, some: pl.DataFrame) -> pl.DataFrame:
    """Return [pair, one, other, strength] of the pairs of a model of trees, from SHAP interaction values.

    Parameters
    ----------
    explained : Subject
        Whose model's booster is `Trees`.
    some : pl.DataFrame
        The rows to look at.
    """
    names = list(explained.model.feature_names_)
    values = interaction_values(explained.model.booster_.booster, matrix(explained.model, some))
    sizes = np.sqrt(np.mean((2 * values) ** 2, axis=0))
    return _ranked([(a, b, float(sizes[names.index(a), names.index(b)])) for a, b in _candidates(explained)])


def _ranked(sizes: Sequence[tuple[str, str, float]]) -> pl.DataFrame:
    rows = [
        (message("{plain} and {plain_2}", plain=drivers.plain(a), plain_2=drivers.plain(b).lower()), a, b, size)
        for a, b, size in sizes
    ]
    schema = {**dict.fromkeys(("pair", "one", "other"), pl.String), "strength": pl.Float64}
    order = ["strength", "one", "other"]
    return pl.DataFrame(rows, schema, orient="row").sort(order, descending=[True, False, False])


def _strength(beyond: Floats) -> float:
    return float(np.sqrt(np.mean(beyond**2) / 4))


def _candidates(explained: Subject) -> list[tuple[str, str]]:
    """Return every pair of features that vary, of different drivers; none that follows from others."""
    x, group = matrix(explained.model, explained.rows), drivers.load()
    names = [
        name
        for i, name in enumerate(explained.model.feature_names_)
        if name not in FOLLOWS and (x[:, i] != x[0, i]).any()
    ]
    return [(a, b) for a, b in combinations(names, 2) if group.driver(a) != group.driver(b)]


def together(
    dataset: Dataset, settings: Settings, bundle: Bundle, feature: str, other: str, of: str = "close"
) -> Together:
    """The chance for each combination of two facts about deals or accounts.

    Both features of 120 of today's rows are set to the middle of each range, or to each word, all else as it is; p is
    the mean chance. p_alone is the chance whose log odds are a sum of one number for each row and one for each column
    of the table, by least squares, combinations weighted by today's rows in them. It is the model's opinion of the
    rows, not a count of outcomes.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    feature, other : str
        Two features of the model.
    of : {"close", "churn"}

    Raises
    ------
    ModelError
        When there is no such model or feature; the closest is named.
    """
    explained = subject(dataset, settings, bundle, of)
    names = list(explained.model.feature_names_)
    for name in (feature, other):
        if dataset.amounts and is_money(name):
            raise AmountsHiddenError(REASON)
        if name not in names:
            near = closest(name, names)
            raise ModelError(
                message("The model has no feature {name!r}.", name=name),
                mend=message("Did you mean {near!r}?", near=near) if near else "",
            )
    first, second = (bins(explained.rows[name], order=settings.stages.open) for name in (feature, other))
    cut = first, second
    p, margin = _grid(explained, (feature, other), cut)
    n = np.zeros(p.shape)
    np.add.at(n, (cut[0].places.to_numpy(), cut[1].places.to_numpy()), 1)
    alone = 1 / (1 + np.exp(-_sums(margin, n)))
    rows = [
        (a, b, int(n[i, j]), p[i, j], alone[i, j], p[i, j] - alone[i, j] if n[i, j] >= FEWEST else None)
        for i, a in enumerate(cut[0].labels)
        for j, b in enumerate(cut[1].labels)
    ]
    schema = {
        "one": pl.String,
        "other": pl.String,
        "n": pl.Int64,
        **dict.fromkeys(("p", "p_alone", "beyond"), pl.Float64),
    }
    frame = pl.DataFrame(rows, schema, orient="row")
    return Together(frame, (feature, other), (cut[0].labels, cut[1].labels), explained.noun, explained.verb)


def _grid(explained: Subject, pair: tuple[str, str], cut: tuple[Bins, Bins]) -> tuple[Floats, Floats]:
    """Return the mean chance, and the log odds that go with it, of every combination."""
    rows = evenly(explained.rows, CASES)
    kinds = [rows.schema[name] for name in pair]
    parts = [
        rows.with_columns(**{name: pl.lit(v).cast(kind) for name, v, kind in zip(pair, (a, b), kinds, strict=True)})
        for a in cut[0].middles
        for b in cut[1].middles
    ]
    names = list(explained.model.feature_names_)
    x = _followed(matrix(explained.model, pl.concat(parts)), [names.index(n) for n in pair], _following(explained))
    margins = _margins(explained.model, x).reshape(len(parts), rows.height)
    p = _chances(explained.model, margins).mean(axis=1).reshape(len(cut[0].middles), -1)
    return p, np.log(p / (1 - p))


def _sums(margin: Floats, n: Floats) -> Floats:
    """Return the nearest table whose cells are the sum of a part of their row and a part of their column.

    Cells without rows count a little, so that each has a value.
    """
    i, j = np.indices(margin.shape)
    rows = np.concatenate([np.eye(margin.shape[0])[i.ravel()], np.eye(margin.shape[1])[j.ravel()]], axis=1)
    weight = np.sqrt(n.ravel() + 0.01)
    coefficients, *_ = np.linalg.lstsq(rows * weight[:, None], margin.ravel() * weight, rcond=None)
    return np.asarray(rows @ coefficients, dtype=np.float64).reshape(margin.shape)


def _margins(model: Any, x: Floats) -> Floats:
    return np.asarray(model.booster_.predict(x, raw_score=True), dtype=np.float64)


def _chances(model: Any, margins: Floats) -> Floats:
    return np.clip(probability(model, margins.ravel()).reshape(margins.shape), 1e-6, 1 - 1e-6)


def _following(explained: Subject) -> Mapping[int, tuple[tuple[int, ...], dict[tuple[float, ...], float]]]:
    """Return, for each feature that follows from others, which these are and its value for each of their values."""
    names, x = list(explained.model.feature_names_), matrix(explained.model, explained.rows)
    out = {}
    for name, parents in FOLLOWS.items():
        if name in names and set(parents) <= set(names):
            at = tuple(names.index(p) for p in parents)
            keys = map(tuple, np.nan_to_num(x[:, at], nan=-1.0).tolist())
            out[names.index(name)] = at, dict(zip(keys, x[:, names.index(name)].tolist(), strict=True))
    return out


def _followed(x: Floats, columns: Any, follow: Mapping[int, Any]) -> Floats:
    """Write what follows from the columns that were changed; not known where no row shows the combination."""
    for column, (parents, values) in follow.items():
        if set(parents) & set(columns):
            keys = map(tuple, np.nan_to_num(x[:, parents], nan=-1.0).tolist())
            x[:, column] = [values.get(key, np.nan) for key in keys]
    return x
