"""Who should have which accounts, by mixed-integer programming, with the gap to the best there could be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

GOOD_ENOUGH, LEAST_GAIN = 0.01, 1e-4


@dataclass(frozen=True)
class Problem:
    """Groups of accounts to be spread over reps.

    Attributes
    ----------
    loads : mapping of str to np.ndarray
        By measure, such as potential or work: how much each group has.
    weights : mapping of str to float
        How much each measure counts.
    owner : np.ndarray
        Number of the rep each group has today; -1 where it has none and must get one.
    allowed : np.ndarray
        [group, rep], whether the rep may have the group.
    most_moves : int
        How many groups may leave a rep they have; groups without one do not count.
    """

    loads: Mapping[str, np.ndarray]
    weights: Mapping[str, float]
    owner: np.ndarray
    allowed: np.ndarray
    most_moves: int

    @property
    def n_reps(self) -> int:
        """Return how many reps there are."""
        return int(self.allowed.shape[1])


@dataclass(frozen=True)
class Assignment:
    """Who has which group.

    Attributes
    ----------
    owner : np.ndarray
        Number of the rep of each group; -1 where nobody may have it.
    unevenness : float
        The weighted mean distance from even, as a share: 0 is even.
    bound : float
        No assignment within the constraints is more even than this.
    is_proven : bool
        Whether it is within one hundredth of the bound.
    """

    owner: np.ndarray
    unevenness: float
    bound: float
    is_proven: bool


def solve(problem: Problem, seconds: float) -> Assignment:
    """Spread groups as evenly as the constraints allow.

    Minimised is the sum over measures of weight times the mean absolute distance of the reps' loads from their mean,
    as a share of that mean. Each group has one rep who may have it; at most so many leave the one they have.

    Parameters
    ----------
    problem : Problem
    seconds : float
        After so long the best that is there by then is returned, with the bound. It is never worse than what moving
        one group after the other gives, however little time there is.

    Returns
    -------
    Assignment
        Groups nobody may have, and those of a problem without reps, stay as they are.
    """
    groups, reps = np.nonzero(problem.allowed)
    has_rep = problem.allowed.any(axis=1)
    measures = [name for name, weight in problem.weights.items() if weight > 0 and problem.loads[name].sum() > 0]
    if not len(groups) or not measures:
        return _as_today(problem, measures)
    n, r, m = len(groups), problem.n_reps, len(measures)
    one_each = sparse.csr_matrix((np.ones(n), (groups, np.arange(n))), shape=(len(problem.owner), n + r * m))
    constraints = [LinearConstraint(one_each[np.flatnonzero(has_rep)], 1, 1)]
    cost = np.zeros(n + r * m)
    for k, name in enumerate(measures):
        load = problem.loads[name].astype(float)
        mean = load[has_rep].sum() / r
        own = sparse.csr_matrix((load[groups] / mean, (reps, np.arange(n))), shape=(r, n + r * m)).tolil()
        over, under = own.copy(), own.copy()
        for rep in range(r):
            over[rep, n + k * r + rep], under[rep, n + k * r + rep] = -1.0, 1.0
        constraints += [LinearConstraint(over.tocsr(), -np.inf, 1), LinearConstraint(under.tocsr(), 1, np.inf)]
        cost[n + k * r : n + (k + 1) * r] = problem.weights[name] / r
    moves = (problem.owner[groups] >= 0) & (problem.owner[groups] != reps)
    row = sparse.csr_matrix(np.concatenate([moves.astype(float), np.zeros(r * m)])[None, :])
    constraints.append(LinearConstraint(row, 0, problem.most_moves))
    total = sum(problem.weights[name] for name in measures)
    # Of two ways that are as even, the one with fewer moves.
    cost[:n] = moves * (total * 1e-6)
    upper = np.concatenate([np.ones(n), np.full(r * m, np.inf)])
    result = milp(
        cost,
        integrality=np.concatenate([np.ones(n), np.zeros(r * m)]),
        bounds=Bounds(0, upper),
        constraints=constraints,
        options={"time_limit": seconds, "mip_rel_gap": GOOD_ENOUGH, "disp": False},
    )
    bound = max(float(getattr(result, "mip_dual_bound", None) or 0.0), 0.0) / total
    ways = [one_by_one(problem, measures)]
    if result.x is not None:
        owner = np.where(has_rep, -1, problem.owner)
        chosen = result.x[:n] > 0.5
        owner[groups[chosen]] = reps[chosen]
        ways.insert(0, owner)
    scored = [(unevenness(problem, way, measures), way) for way in ways if way is not None]
    if not scored:
        today = _as_today(problem, measures)
        return Assignment(today.owner, today.unevenness, min(bound, today.unevenness), is_proven=False)
    reached, owner = min(scored, key=lambda way: way[0])
    bound = min(bound, reached)
    return Assignment(owner, reached, bound, reached - bound <= GOOD_ENOUGH * max(reached, 1e-9) + 1e-5)


def one_by_one(problem: Problem, measures: list[str]) -> np.ndarray | None:
    """Place the groups without a rep, the largest first, then make the move that evens most, again and again.

    Returns
    -------
    np.ndarray
        The number of each group's rep, within all limits; None where a group has a rep who may not have it.
    """
    has_rep = problem.allowed.any(axis=1)
    owned = problem.owner >= 0
    if not problem.allowed[np.flatnonzero(owned & has_rep), problem.owner[owned & has_rep]].all():
        return None
    loads = np.array([problem.loads[name] / problem.loads[name][has_rep].sum() * problem.n_reps for name in measures])
    weights = np.array([problem.weights[name] for name in measures])
    owner = problem.owner.copy()
    own = owned & has_rep
    sums = np.array([np.bincount(owner[own], load[own], problem.n_reps) for load in loads], dtype=float)

    def gains(groups: np.ndarray, reps: np.ndarray) -> np.ndarray:
        """Return how much less even the reps are with each group at a rep: below 0 is better."""
        load, before = loads[:, groups], owner[groups]
        change = np.abs(sums[:, reps] + load - 1) - np.abs(sums[:, reps] - 1)
        left = np.abs(sums[:, before] - load - 1) - np.abs(sums[:, before] - 1)
        out: np.ndarray = weights @ (change + np.where(before >= 0, left, 0.0))
        return out

    def give(group: int, rep: int) -> None:
        if owner[group] >= 0:
            sums[:, owner[group]] -= loads[:, group]
        sums[:, rep] += loads[:, group]
        owner[group] = rep

    vacant = np.flatnonzero(has_rep & ~owned)
    for group in vacant[np.argsort(-(weights @ loads[:, vacant]), kind="stable")]:
        reps = np.flatnonzero(problem.allowed[group])
        give(group, reps[np.argmin(gains(np.full(len(reps), group), reps))])
    groups, reps = np.nonzero(problem.allowed & own[:, None])
    for _ in range(problem.most_moves):
        stays = owner[groups] == problem.owner[groups]
        change = np.where(stays & (owner[groups] != reps), gains(groups, reps), np.inf)
        best = int(np.argmin(change)) if len(change) else -1
        if best < 0 or change[best] > -LEAST_GAIN:
            break
        give(groups[best], reps[best])
    return owner


def unevenness(problem: Problem, owner: np.ndarray, measures: list[str] | None = None) -> float:
    """Return the weighted mean distance from even of an assignment; 0 is even.

    Examples
    --------
    Two reps, one with all:

    >>> problem = Problem({"a": np.array([1.0, 1.0])}, {"a": 1.0}, np.array([0, 0]), np.ones((2, 2), bool), 1)
    >>> unevenness(problem, problem.owner), solve(problem, 1.0).unevenness
    (1.0, 0.0)
    """
    names = list(problem.weights) if measures is None else measures
    total, out = sum(problem.weights[name] for name in names), 0.0
    has_rep = problem.allowed.any(axis=1)
    for name in names:
        load = problem.loads[name].astype(float)
        mean = load[has_rep].sum() / max(problem.n_reps, 1)
        own = (owner >= 0) & has_rep
        sums = np.bincount(owner[own], weights=load[own], minlength=problem.n_reps)
        out += problem.weights[name] * float(np.abs(sums / mean - 1).mean()) if mean > 0 else 0.0
    return out / total if total > 0 else 0.0


def _as_today(problem: Problem, measures: list[str]) -> Assignment:
    value = unevenness(problem, problem.owner, measures) if problem.n_reps else 0.0
    return Assignment(problem.owner, value, value, is_proven=True)
