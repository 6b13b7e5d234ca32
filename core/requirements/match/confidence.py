"""How sure a match is: the chance that the first candidate is right."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.localization import message

SHIPPED = Path(__file__).with_name("confidence.json")
FEATURES = ("lead", "lead_over_next_four", "covered")
LIKELY, FLOOR = 0.72, 0.18
# Below this score nothing comes near; the scale depends on whether meaning takes part.
NOTHING = {"vectors": 0.2, "words": 0.1}
ENOUGH = 40
# How strongly a re-fit is held to what ships: as many confirmations as this weigh the same.
HELD = 10.0
Floats = NDArray[np.float64]


@cache
def _shipped() -> dict[str, list[float]]:
    weights: dict[str, list[float]] = json.loads(SHIPPED.read_text(encoding="utf-8"))["weights"]
    return weights


def chance(features: Floats, *, with_vectors: bool) -> Floats:
    """Return the chance that the first candidate of each row is right.

    1 / (1 + exp(-(b + w · features))) of how far the first candidate leads and of how much of the text it
    covers, fitted on the requirements of six public crosswalks, those without a counterpart too, by
    `benchmarks/matching.py`. Likeness itself is no feature: a row whose counterpart is missing resembles its
    neighbours as much as a loosely worded one its own. Left out one family of sources at a time, chance and
    truth differ by less than 0.05 on the mean; with the counterpart of every row taken out of the catalogue
    fewer than 3 % of rows come out Compliant from a chance of 72 % on (`LIKELY`), where a match answers.

    Parameters
    ----------
    features : array, [n, 4]
        score, lead over the second, lead over the mean of the next four, share of the text's words covered,
        rare words weighing more.
    with_vectors : bool
        One set of weights for matches with sentence vectors, one for those without.

    Returns
    -------
    array, [n]
        0 where nothing is in common, which is where the score is 0; below `FLOOR` where so little is that nothing
        comes near, and nowhere else. Of right matches one in a hundred scores that little.
    """
    weights = np.array(_shipped()["vectors" if with_vectors else "words"])
    z = weights[0] + features[:, 1:] @ weights[1:]
    sure = 1 / (1 + np.exp(-z))
    near = features[:, 0] >= NOTHING["vectors" if with_vectors else "words"]
    floored = np.where(near, np.maximum(sure, FLOOR), np.minimum(sure, FLOOR / 2))
    return np.asarray(np.where(features[:, 0] > 0, floored, 0.0), np.float64)


@dataclass(frozen=True)
class Refit:
    """What the user's own confirmations say of the chances that ship.

    Attributes
    ----------
    slope, shift : float
        chance = logistic(shift + slope × logit of the shipped chance).
    n : int
        Confirmations behind it; below 40 nothing is changed.
    """

    slope: float = 1.0
    shift: float = 0.0
    n: int = 0

    def __call__(self, chances: Floats) -> Floats:
        """Return chances brought in line; 0 stays 0."""
        z = self.shift + self.slope * _logit(chances)
        return np.asarray(np.where(chances > 0, 1 / (1 + np.exp(-z)), 0.0), np.float64)

    def sentence(self) -> str:
        """Say on what the confidence stands."""
        if self.n < ENOUGH:
            return message(
                "Match confidence is calibrated on public RFPs; after {enough} rows you have decided "
                "one by one it is fitted to yours ({n} so far).",
                enough=ENOUGH,
                n=self.n,
            )
        return message("Confidence is fitted to the {n:,} rows you have decided one by one.", n=self.n)


def refit(chances: Floats, right: Floats) -> Refit:
    """Fit the chances to what people confirmed or corrected.

    Two numbers, shift and slope on the log-odds, by penalised likelihood (the shipped chances count as 10
    confirmations), so that 40 of them cannot lead astray. A slope below 0.05 is held there: order stays.

    Parameters
    ----------
    chances : array, [n]
        As shipped, at the time of the decision.
    right : array, [n]
        1 where the first candidate was confirmed, 0 where another was chosen.

    Returns
    -------
    Refit
        One that changes nothing below 40 decisions.
    """
    n = len(chances)
    if n < ENOUGH:
        return Refit(n=n)
    x = np.column_stack([np.ones(n), _logit(np.asarray(chances, np.float64))])
    start = np.array([0.0, 1.0])
    at = start.copy()
    for _ in range(50):
        p = 1 / (1 + np.exp(-(x @ at)))
        slope = x.T @ (p - right) + HELD / 4 * (at - start)
        curve = (x * (p * (1 - p))[:, None]).T @ x + HELD / 4 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        at = at - step
        if np.abs(step).max() < 1e-9:
            break
    return Refit(max(float(at[1]), 0.05), float(at[0]), n)


def _logit(chances: Floats) -> Floats:
    clipped = np.clip(chances, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)
