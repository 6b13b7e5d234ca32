"""Splits the difference a scenario makes over the levers moved."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import polars as pl

from core.contracts.errors import ScenarioError
from core.scenarios.baseline import Baseline
from core.scenarios.engine import bookings_total, recurring_total, run
from core.scenarios.levers import LEVERS, Scenario


def shapley(baseline: Baseline, scenario: Scenario, measure: str = "bookings_amount") -> pl.DataFrame:
    """Split the difference from the baseline, exactly, over the levers moved.

    Each lever gets its mean effect over all orders in which the levers could be moved, so the parts
    add up to the difference.

    Returns
    -------
    pl.DataFrame
        [lever, label, amount], one row per lever moved; empty when none is.
    """
    names = sorted({s.lever for s in scenario.levers if s.value != 0})
    if len(names) > 10:
        raise ScenarioError("At most ten levers can be split.", mend="Move fewer.")
    worth = {
        frozenset(kept): _worth(baseline, _only(scenario, kept), measure)
        for size in range(len(names) + 1)
        for kept in combinations(names, size)
    }
    n = len(names)
    rows = []
    for name in names:
        part = sum(
            factorial(len(kept)) * factorial(n - len(kept) - 1) / factorial(n) * (worth[kept | {name}] - value)
            for kept, value in worth.items()
            if name not in kept
        )
        rows.append({"lever": name, "label": LEVERS[name].label, "amount": part})
    return pl.DataFrame(rows, schema={"lever": pl.String, "label": pl.String, "amount": pl.Float64})


def _worth(baseline: Baseline, plan: Scenario, measure: str) -> float:
    if measure == "bookings_amount":
        return bookings_total(baseline, plan)
    if measure == "mrr_amount":
        return recurring_total(baseline, plan)
    return run(baseline, plan).total(measure)


def _only(scenario: Scenario, kept: tuple[str, ...]) -> Scenario:
    return Scenario(scenario.name, tuple(s for s in scenario.levers if s.lever in kept))
