"""The race: contenders judged on later rows they had not seen, the winner calibrated where that helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.models.estimators import calibration
from core.models.estimators.calibration import Calibrator
from core.models.estimators.contenders import Floats, sigmoid

SIMPLE = "base rate"
FEWEST_OF_EACH = 10
CLEAR_RANKING = 2.0
Rows = NDArray[np.intp]
Split = tuple[Rows, Rows]


@dataclass(frozen=True)
class Race:
    """What every contender said of rows it had not seen.

    Attributes
    ----------
    margins : dict of str to ndarray
        Log odds by contender, one entry per row judged.
    target : ndarray
        What happened.
    rows : ndarray of int
        Places of the judged rows in the training matrix.
    fold : ndarray of int
        Which fold judged each row; folds are in the order of time where there is one.
    group : ndarray of int, optional
        Which rows belong together, as those of one account on several dates.
    """

    margins: Mapping[str, Floats]
    target: Floats
    rows: Rows
    fold: NDArray[np.int64]
    group: NDArray[np.int64] | None = None

    @property
    def n_folds(self) -> int:
        """Return how many folds judged."""
        return int(self.fold.max()) + 1 if len(self.fold) else 0

    def within(self, first: int, last: int) -> Race:
        """Return the part of the folds from `first` up to, not including, `last`."""
        here = (self.fold >= first) & (self.fold < last)
        group = None if self.group is None else self.group[here]
        margins = {n: m[here] for n, m in self.margins.items()}
        return Race(margins, self.target[here], self.rows[here], self.fold[here], group)

    def table(self) -> list[dict[str, Any]]:
        """Return [contender, log_loss, brier, auc, calibration_error, n] per contender, best first."""
        out = []
        for name, margin in self.margins.items():
            p = sigmoid(margin)
            out.append(
                {
                    "contender": name,
                    "log_loss": calibration.log_loss(self.target, p),
                    "brier": calibration.brier(self.target, p),
                    "auc": calibration.auc(self.target, p),
                    "calibration_error": calibration.error(self.target, p),
                    "n": len(p),
                }
            )
        return sorted(out, key=lambda row: row["log_loss"])

    def result(self, only_lines: bool = False, is_strict: bool = False, follows: bool = False) -> Result:
        """Name the winner and its calibration.

        Parameters
        ----------
        only_lines : bool
            Calibrate by a line in log odds or not at all. A map of steps makes neighbours equal, so that nothing
            explains a difference between them, and knows nothing but 0.1 and 99.9 % at its ends.
        is_strict : bool
            Grant skill only to a contender that beats the base rate and chance ranking on every fold (`is_steady`).
        follows : bool
            Let the calibration follow a base rate that moves from fold to fold, which are in the order of time.
        """
        if not len(self.target):
            return Result("", Calibrator(), [], has_skill=True)
        rows = self.table()
        best = rows[0]["contender"]
        skilled = SIMPLE not in self.margins or self._beats(best, SIMPLE)
        if skilled and is_strict and SIMPLE in self.margins:
            skilled = self.is_steady(best)
        winner = best if skilled else SIMPLE
        calibrator = Calibrator()
        if winner != SIMPLE:
            order = self.fold.astype(np.float64)
            calibrator = calibration.choose(self.margins[winner], self.target, order, only_lines)
            if follows:
                calibrator = calibration.follow(calibrator, self.margins[winner], self.target, order)
        return Result(winner, calibrator, rows, skilled)

    def is_steady(self, name: str) -> bool:
        """Say whether a contender beats the base rate and ranks better than chance on every fold, and clearly in all.

        Folds with fewer than ten of either outcome are joined with the next. Ranking is clear when the mean AUC within
        folds lies two standard errors above one half.
        """
        target, p, usual = self.target, sigmoid(self.margins[name]), sigmoid(self.margins[SIMPLE])
        ranked, variance = [], []
        for rows in self._judging():
            here = target[rows]
            auc = calibration.auc(here, p[rows])
            gain = calibration.log_loss(here, usual[rows]) - calibration.log_loss(here, p[rows])
            if auc is None or auc <= 0.5 or gain <= 0:
                return False
            n, happened = len(here), float(here.sum())
            ranked.append(auc - 0.5)
            variance.append((n + 1) / (12 * happened * (n - happened)))
        return bool(np.mean(ranked) > CLEAR_RANKING * np.sqrt(np.sum(variance)) / len(ranked))

    def _judging(self) -> list[Rows]:
        """Return the rows of each fold, small ones joined with the next and the last with the one before."""
        out: list[Rows] = []
        waiting = np.zeros(0, dtype=np.intp)
        for k in range(self.n_folds):
            waiting = np.concatenate([waiting, np.flatnonzero(self.fold == k)])
            happened = self.target[waiting].sum()
            if min(happened, len(waiting) - happened) >= FEWEST_OF_EACH:
                out.append(waiting)
                waiting = np.zeros(0, dtype=np.intp)
        if len(waiting):
            last = out.pop() if out else np.zeros(0, dtype=np.intp)
            out.append(np.concatenate([last, waiting]))
        return out

    def _beats(self, name: str, other: str) -> bool:
        return is_better(self.target, sigmoid(self.margins[name]), sigmoid(self.margins[other]), self.group)


@dataclass(frozen=True)
class Result:
    """Who won and what that rests on.

    Attributes
    ----------
    winner : str
        Empty when there was nothing to judge on.
    calibrator : Calibrator
    rows : list of dict
        As `Race.table` gives them.
    has_skill : bool
        False where no contender clearly beat the base rate, which then serves.
    """

    winner: str
    calibrator: Calibrator
    rows: list[dict[str, Any]] = field(default_factory=list)
    has_skill: bool = True


def is_better(target: Floats, p: Floats, other: Floats, group: NDArray[np.int64] | None = None) -> bool:
    """Say whether chances are better by more than one standard error of log loss.

    Parameters
    ----------
    target, p, other : ndarrays
    group : ndarray of int, optional
        Rows of one group, as one account looked at on several dates, are not independent and count as one.
    """
    gain = calibration.losses(target, other) - calibration.losses(target, p)
    if not len(gain):
        return False
    apart = gain - gain.mean()
    sums = apart if group is None else np.bincount(np.unique(group, return_inverse=True)[1], weights=apart)
    return bool(gain.mean() > np.sqrt((sums**2).sum()) / len(gain) and gain.mean() > 0)


def run(
    x: Floats,
    y: Floats,
    splits: Sequence[Split],
    fit: Callable[[Floats, Floats], Mapping[str, Any]],
    threads: int = 1,
    group: NDArray[np.int64] | None = None,
) -> Race:
    """Fit all contenders on each split's first rows and let them speak of its second.

    Parameters
    ----------
    x, y : ndarrays
    splits : sequence of (train rows, judged rows)
        Splits whose training rows hold fewer than two of either outcome are left out.
    fit : callable
        As `training.fit_all`.
    threads : int
        Splits fitted at once.
    group : ndarray of int, optional
        Which rows belong together.
    """

    def judge(train: Rows, test: Rows) -> dict[str, Floats]:
        fitted = fit(x[train], y[train])
        return {name: np.asarray(m.predict(x[test], raw_score=True), dtype=np.float64) for name, m in fitted.items()}

    usable = [s for s in splits if len(s[1]) and 2 <= y[s[0]].sum() <= len(s[0]) - 2]
    parts = [
        (judged, test, k)
        for k, (judged, (_, test)) in enumerate(zip(side_by_side(judge, usable, threads), usable, strict=True))
    ]
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Race({}, np.zeros(0), none, none)
    rows = np.concatenate([test for _, test, _ in parts])
    margins = {name: np.concatenate([fold_margins[name] for fold_margins, _, _ in parts]) for name in parts[0][0]}
    fold = np.concatenate([np.full(len(test), k, dtype=np.int64) for _, test, k in parts])
    return Race(margins, y[rows], rows, fold, None if group is None else group[rows])


def side_by_side(work: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], threads: int) -> list[Any]:
    """Return work's result for each task, some at once; all it needs is imported before a thread starts."""
    import lightgbm  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda task: work(*task), tasks))


def in_order(when: Floats, known_on: Floats, cuts: Sequence[float]) -> list[Split]:
    """Return splits in the order of time: what was known at a cut trains, what came until the next is judged.

    Parameters
    ----------
    when, known_on : ndarrays
        When a row was looked at, and when its outcome was known.
    cuts : sequence of float
        Rising; the last one only ends the last judged stretch.
    """
    return [
        (np.flatnonzero(known_on <= begin), np.flatnonzero((when >= begin) & (when < end)))
        for begin, end in pairwise(cuts)
    ]


def at_random(y: Floats, folds: int, seed: int) -> list[Split]:
    """Return shuffled folds with the same share of outcomes in each, for rows without time."""
    draw = np.random.default_rng(seed)
    fold = np.empty(len(y), dtype=np.int64)
    for value in (0, 1):
        here = draw.permutation(np.flatnonzero(y == value))
        fold[here] = np.arange(len(here)) % folds
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(folds)]
