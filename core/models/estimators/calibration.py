"""From margins to probabilities that mean what they say, and how well they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FLOOR, MOST_ODDS = 0.001, 30.0
FEWEST_TO_FIT = 50
# Of the level that moves with the times: how fast older folds fade, and how far it is likely to move.
FADING, LIKELY_MOVE = 0.1, 0.5


@dataclass(frozen=True)
class Calibrator:
    """A monotone map from margin (log odds) to probability.

    Attributes
    ----------
    kind : {"identity", "platt", "isotonic"}
        `platt` is 1 / (1 + exp(−(slope × margin + shift))); `isotonic` reads the straight lines
        between `x` and `y`, flat beyond their ends.
    """

    kind: str = "identity"
    slope: float = 1.0
    shift: float = 0.0
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def __call__(self, margin: Floats) -> Floats:
        """Return probabilities, never below 0.001 or above 0.999: nothing is certain before it has happened."""
        if self.kind == "isotonic":
            chance = np.interp(margin, self.x, self.y)
        else:
            chance = 1 / (1 + np.exp(-np.clip(self.slope * margin + self.shift, -MOST_ODDS, MOST_ODDS)))
        return np.clip(np.asarray(chance, dtype=np.float64), FLOOR, 1 - FLOOR)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"kind": self.kind, "slope": self.slope, "shift": self.shift, "x": list(self.x), "y": list(self.y)}

    def moved(self, by: float) -> Calibrator:
        """Return the same map with all its log odds moved."""
        if not by:
            return self
        if self.kind == "isotonic":
            odds = np.array(self.y) / (1 - np.array(self.y)) * np.exp(by)
            return replace(self, y=tuple((odds / (1 + odds)).tolist()))
        return Calibrator("platt", self.slope, self.shift + by)

    @staticmethod
    def from_dict(saved: Mapping[str, Any]) -> Calibrator:
        """Return the calibrator `to_dict` wrote."""
        return Calibrator(saved["kind"], saved["slope"], saved["shift"], tuple(saved["x"]), tuple(saved["y"]))


def platt(margin: Floats, target: Floats) -> Calibrator:
    """Fit a logistic line (Platt 1999); a line that would turn the order round is left level."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1e6).fit(margin[:, None], target)
    return Calibrator("platt", max(float(fitted.coef_[0, 0]), 1e-6), float(fitted.intercept_[0]))


def isotonic(margin: Floats, target: Floats) -> Calibrator:
    """Fit a rising step map and join its steps by straight lines (Zadrozny and Elkan 2002)."""
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression(y_min=FLOOR, y_max=1 - FLOOR, out_of_bounds="clip").fit(margin, target)
    return Calibrator("isotonic", x=tuple(fitted.X_thresholds_.tolist()), y=tuple(fitted.y_thresholds_.tolist()))


def choose(margin: Floats, target: Floats, order: Floats, only_lines: bool = False) -> Calibrator:
    """Fit a map on the earlier half of a slice, keep it only if it helps on the later half.

    Parameters
    ----------
    margin, target, order : numpy arrays of one length
        Log odds, outcome (0 or 1) and the time of each row; earlier rows fit, later rows judge.
    only_lines : bool
        Leave isotonic out, for a map that must stay a line in log odds.

    Returns
    -------
    Calibrator
        Platt where its log loss on later rows is lower than that of no map; isotonic where it is lower
        still by more than a standard error; the identity otherwise, and where there are fewer
        than 50 rows or only one kind of outcome on a side. What is kept is fitted on all rows.
    """
    middle = np.median(order)
    early = order <= middle if (order > middle).any() else order < middle
    sides = (target[early], target[~early])
    if any(len(side) < FEWEST_TO_FIT or side.min() == side.max() for side in sides):
        return Calibrator()
    maps = (Calibrator(), platt(margin[early], target[early]), isotonic(margin[early], target[early]))
    none, line, steps = (losses(target[~early], calibrator(margin[~early])) for calibrator in maps)
    best, maker = (line, platt) if line.mean() < none.mean() else (none, None)
    gain = best - steps
    if not only_lines and gain.mean() > gain.std() / np.sqrt(len(gain)):
        return isotonic(margin, target)
    return maker(margin, target) if maker else Calibrator()


def level(p: Floats, target: Floats, fold: Floats) -> float:
    """Return by how much the log odds must move so that recent outcomes come out as they did.

    Parameters
    ----------
    p, target : ndarrays
        Chances and outcomes.
    fold : ndarray
        Number of the stretch of time of each row; one further back counts a tenth as much.

    Returns
    -------
    float
        The intercept of most likelihood, drawn to 0 as if moves had a standard deviation of one half.
    """
    weight = FADING ** (fold.max() - fold)
    odds, moved = np.log(p / (1 - p)), 0.0
    for _ in range(20):
        now = 1 / (1 + np.exp(-(odds + moved)))
        slope = float((weight * (now - target)).sum()) + moved / LIKELY_MOVE**2
        step = slope / (float((weight * now * (1 - now)).sum()) + 1 / LIKELY_MOVE**2)
        moved -= float(np.clip(step, -1.0, 1.0))
        if abs(step) < 1e-6:
            break
    return moved


def follow(calibrator: Calibrator, margin: Floats, target: Floats, fold: Floats) -> Calibrator:
    """Move a map to the level of recent outcomes where doing so would have helped on each next stretch of time.

    Parameters
    ----------
    calibrator : Calibrator
    margin, target : ndarrays
        Log odds of rows the model had not seen, and their outcomes.
    fold : ndarray
        Number of the stretch of time of each row, from 0.

    Returns
    -------
    Calibrator
        As it was, unless moving by the folds before had less log loss on the later folds, by more than one standard
        error.
    """
    gains = []
    for k in np.unique(fold)[1:]:
        here, before = fold == k, fold < k
        if before.sum() < FEWEST_TO_FIT or len(set(target[before].tolist())) < 2:
            continue
        earlier = _refitted(calibrator.kind, margin[before], target[before])
        moved = earlier.moved(level(earlier(margin[before]), target[before], fold[before]))
        gains.append(losses(target[here], earlier(margin[here])) - losses(target[here], moved(margin[here])))
    gain = np.concatenate(gains) if gains else np.zeros(1)
    if gain.mean() <= gain.std() / np.sqrt(len(gain)):
        return calibrator
    return calibrator.moved(level(calibrator(margin), target, fold))


def _refitted(kind: str, margin: Floats, target: Floats) -> Calibrator:
    """Return a map of the same kind, fitted on other rows."""
    makers = {"platt": platt, "isotonic": isotonic}
    return makers[kind](margin, target) if kind in makers else Calibrator()


def log_loss(target: Floats, p: Floats) -> float:
    """Return the mean negative log likelihood of outcomes under probabilities."""
    return float(losses(target, p).mean())


def losses(target: Floats, p: Floats) -> Floats:
    """Return each row's negative log likelihood."""
    safe = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(-(target * np.log(safe) + (1 - target) * np.log(1 - safe)), dtype=np.float64)


def brier(target: Floats, p: Floats) -> float:
    """Return the mean squared distance between chance and outcome (Brier 1950)."""
    return float(np.mean((p - target) ** 2))


def auc(target: Floats, score: Floats) -> float | None:
    """Return the share of (happened, did not) pairs put in the right order; null with only one kind."""
    from sklearn.metrics import roc_auc_score

    return None if len(set(target.tolist())) < 2 else float(roc_auc_score(target, score))


def reliability(target: Floats, p: Floats, bins: int = 10) -> pl.DataFrame:
    """Group predictions into bins of equal count and compare them with what happened.

    Returns
    -------
    pl.DataFrame
        [bin, low_rate, high_rate, mean_rate, n, n_happened, happened_rate], lowest bin first.
    """
    frame = pl.DataFrame({"p": p, "target": target}).sort("p")
    bin_of = (pl.int_range(pl.len()) * bins // pl.len()).alias("bin")
    return (
        frame.with_columns(bin_of)
        .group_by("bin", maintain_order=True)
        .agg(
            low_rate=pl.col("p").min(),
            high_rate=pl.col("p").max(),
            mean_rate=pl.col("p").mean(),
            n=pl.len(),
            n_happened=pl.col("target").sum().cast(pl.Int64),
            happened_rate=pl.col("target").mean(),
        )
    )


def error(target: Floats, p: Floats, bins: int = 10) -> float:
    """Return the expected calibration error: mean |predicted − happened| over equal-count bins."""
    table = reliability(target, p, bins)
    return float(
        table.select(
            ((pl.col("mean_rate") - pl.col("happened_rate")).abs() * pl.col("n")).sum() / pl.col("n").sum()
        ).item()
    )
