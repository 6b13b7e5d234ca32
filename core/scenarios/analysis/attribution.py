"""Splits the difference a scenario makes over the levers moved."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import polars as pl

from core.contracts.errors import ScenarioError
from core.localization import message
from core.scenarios.data import arrays
from core.scenarios.data.baseline import Baseline
from core.scenarios.engine.expectation import MEASURES, RATES, figure, parts
from core.scenarios.engine.parts import Parts
from core.scenarios.levers import LEVERS, Scenario

MOST = 10
NAMES = (*MEASURES, *RATES)


@dataclass(frozen=True)
class Split:
    """The difference between a scenario and the baseline, lever by lever.

    Attributes
    ----------
    names : list of str
        The levers moved.
    values : np.ndarray
        [lever, measure, month], measures in the order of `NAMES`; not a number where the measure has none.
    difference : np.ndarray
        [measure, month]; the levers add up to it.
    """

    names: list[str]
    values: np.ndarray
    difference: np.ndarray

    def frame(self, measure: str = "bookings_amount") -> pl.DataFrame:
        """Return [lever, label, amount] over five quarters, or at their end for levels and rates."""
        rows = [
            {
                "lever": name,
                "label": LEVERS[name].label,
                "amount": figure(measure, self.values[i, NAMES.index(measure)]),
            }
            for i, name in enumerate(self.names)
        ]
        return pl.DataFrame(rows, schema={"lever": pl.String, "label": pl.String, "amount": pl.Float64})


def split(base: Baseline, plan: Scenario, plan_parts: Parts | None = None) -> Split:
    """Split the difference from the baseline, exactly, over the levers moved, for every measure and month.

    Each lever gets its mean effect over all orders in which the levers could be moved (Shapley 1953), so
    the parts add up to the difference. Every combination of the levers is worked out once.

    Parameters
    ----------
    base : Baseline
    plan : Scenario
        At most ten levers moved; settings of one lever count as one.
    plan_parts : Parts, optional
        The scenario's own expectations where they are worked out already.

    Raises
    ------
    ScenarioError
        When more than ten are.
    """
    names = plan.names
    n = len(names)
    if n > MOST:
        raise ScenarioError(
            message("{n} levers are moved; the split is exact for up to {most}.", n=n, most=MOST), mend="Move fewer."
        )
    sets = [frozenset(subset) for size in range(n + 1) for subset in combinations(names, size)]
    _worth(base, plan, plan_parts)
    worth = np.stack([_worth(base, plan.only(subset)) for subset in sets])
    weights = np.zeros((n, len(sets)))
    for j, subset in enumerate(sets):
        for i, name in enumerate(names):
            size = len(subset) - (name in subset)
            share = factorial(size) * factorial(n - size - 1) / factorial(n)
            weights[i, j] = share if name in subset else -share
    flat = np.nan_to_num(worth.reshape(len(sets), -1))
    values = (weights @ flat).reshape(n, *worth.shape[1:])
    gap = worth[-1] - worth[0]
    values = np.where(np.isnan(gap)[None], np.nan, values)
    return Split(names, values, gap)


def _worth(base: Baseline, plan: Scenario, plan_parts: Parts | None = None) -> np.ndarray:
    def work_out() -> np.ndarray:
        computed = plan_parts or parts(base, plan)
        return np.stack([computed.figures[name] for name in NAMES])

    figures: np.ndarray = arrays.books(base).memo.get("worth", plan.moved, work_out)
    return figures
