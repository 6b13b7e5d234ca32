"""The life of a deal, week by week: meetings, stages, pushes, and at last a win or a loss.

Every week each open deal may be won, be lost, move on a stage, be pushed or pulled in, change its
amount or its owner. The chances depend on what a CRM shows: stage, meetings of the last eight weeks,
pushes, contacts, competitor, segment, type, the rep. So a model that sees the history can learn them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

STAGES = ("Prospecting", "Qualification", "Discovery", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
WON, LOST = 5, 6
ADVANCE = np.array([0.16, 0.15, 0.14, 0.15, 0.0])
WIN = np.array([0.0005, 0.001, 0.006, 0.035, 0.095])
LOSE = np.array([0.042, 0.040, 0.036, 0.038, 0.042])
EFFECTS = {
    "meetings_60d": 0.30,
    "pushes": -0.45,
    "contacts": 0.30,
    "competitor": -0.45,
    "northbeam_emea": -0.95,
    "expansion": 0.75,
    "enterprise": -0.25,
    "skill": 1.0,
}
PERIOD = 13


@dataclass
class Pipeline:
    """The open deals as arrays of one length; `index` points back at the deal."""

    index: np.ndarray
    stage: np.ndarray
    age: np.ndarray
    in_stage: np.ndarray
    pushes: np.ndarray
    meetings: np.ndarray
    engagement: np.ndarray
    contacts: np.ndarray
    competitor: np.ndarray
    beaten: np.ndarray
    expansion: np.ndarray
    enterprise: np.ndarray
    skill: np.ndarray
    close_in: np.ndarray
    events: dict[str, np.ndarray] = field(default_factory=dict)

    def take(self, rows: np.ndarray) -> Pipeline:
        """Return the deals at some positions, or under a mask."""
        parts: dict[str, Any] = {k: v[rows] for k, v in self.__dict__.items() if isinstance(v, np.ndarray)}
        return Pipeline(**parts)

    def join(self, other: Pipeline) -> Pipeline:
        """Return these deals followed by the other's."""
        mine = {k: v for k, v in self.__dict__.items() if isinstance(v, np.ndarray)}
        both: dict[str, Any] = {k: np.concatenate([v, getattr(other, k)]) for k, v in mine.items()}
        return Pipeline(**both)


def score(deals: Pipeline, battle: bool) -> np.ndarray:
    """Return each deal's planted score: higher wins sooner and is lost less often."""
    recent = np.minimum(deals.meetings.sum(axis=1), 8)
    effect = EFFECTS["meetings_60d"] * (recent - 2.5)
    effect = effect + EFFECTS["pushes"] * np.minimum(deals.pushes, 4)
    effect = effect + EFFECTS["contacts"] * (np.minimum(deals.contacts, 6) - 2.5)
    effect = effect + EFFECTS["competitor"] * deals.competitor
    effect = effect + EFFECTS["expansion"] * deals.expansion + EFFECTS["enterprise"] * deals.enterprise
    effect = effect + EFFECTS["skill"] * deals.skill
    return np.asarray(effect + (EFFECTS["northbeam_emea"] * deals.beaten if battle else 0.0))


def season(week: int, bad: bool = False) -> float:
    """Return the factor on wins in one week: a rush at the end of the quarter, a lull in summer."""
    week_of_quarter = week % PERIOD
    rush = 2.6 if week_of_quarter >= PERIOD - 2 else 1.35 if week_of_quarter >= PERIOD - 4 else 0.75
    summer = 0.8 if (week // PERIOD) % 4 == 2 else 1.0
    return rush * summer * (0.55 if bad else 1.0)


def step(deals: Pipeline, week: int, rng: np.random.Generator, battle: bool, bad: bool) -> Pipeline:
    """Move every open deal on by one week, in place, and note what happened in `events`."""
    n = len(deals.index)
    met = rng.poisson(np.exp(-1.25 + 0.75 * deals.engagement) * (1 + 0.12 * deals.stage))
    deals.meetings = np.concatenate([deals.meetings[:, 1:], met[:, None]], axis=1)
    strength = score(deals, battle)
    win = np.minimum(WIN[deals.stage] * np.exp(strength) * season(week, bad), 0.85)
    lose = np.minimum(LOSE[deals.stage] * np.exp(-0.55 * strength), 0.6)
    draw = rng.random(n)
    won = draw < win
    lost = ~won & (draw < win + lose)
    closed = won | lost
    go = ~closed & (rng.random(n) < ADVANCE[deals.stage] * np.exp(0.25 * strength))
    deals.age = deals.age + 1
    deals.close_in = deals.close_in - 1
    due = ~closed & (deals.close_in <= 0)
    pushed = due & (rng.random(n) < 0.55)
    pulled = ~closed & ~due & (deals.close_in > 4) & (rng.random(n) < 0.012)
    deals.close_in = np.where(pushed, rng.integers(3, 12, n), np.where(pulled, deals.close_in // 2, deals.close_in))
    deals.pushes = deals.pushes + pushed
    deals.stage = np.where(won, WON, np.where(lost, LOST, deals.stage + go))
    deals.in_stage = np.where(go, 0, deals.in_stage + 1)
    deals.events = {"met": met, "won": won, "lost": lost, "advanced": go, "pushed": pushed, "pulled": pulled}
    return deals


def true_probability(
    deals: Pipeline,
    week: int,
    horizons: tuple[int, ...],
    rng: np.random.Generator,
    replicates: int,
    phases: Phases,
) -> np.ndarray:
    """Play every open deal forward many times and count the wins.

    Parameters
    ----------
    deals : Pipeline
        Open deals at the end of `week`.
    week : int
    horizons : tuple of int
        Weeks ahead, rising.
    rng : numpy.random.Generator
    replicates : int
        Plays per deal; the standard error is at most 0.5 / sqrt(replicates).
    phases : Phases
        When the bad quarter and the lost battle take place.

    Returns
    -------
    numpy.ndarray
        Shape (deals, horizons): the share of plays won by then.
    """
    n = len(deals.index)
    live = deals.take(np.tile(np.arange(n), replicates))
    live.index = np.tile(np.arange(n), replicates)
    wins, out = np.zeros(n), []
    for ahead in range(1, horizons[-1] + 1):
        live = step(live, week + ahead, rng, phases.battle(week + ahead), phases.bad(week + ahead))
        wins += np.bincount(live.index[live.events["won"]], minlength=n)
        live = live.take(live.stage < WON)
        if ahead in horizons:
            out.append(wins / replicates)
    return np.stack(out, axis=1)


@dataclass(frozen=True)
class Phases:
    """The weeks in which the market was different."""

    bad_from: int
    bad_to: int
    battle_from: int

    def bad(self, week: int) -> bool:
        """Say whether a week lies in the bad quarter."""
        return self.bad_from <= week < self.bad_to

    def battle(self, week: int) -> bool:
        """Say whether the competitor has already begun to win in its region."""
        return week >= self.battle_from
