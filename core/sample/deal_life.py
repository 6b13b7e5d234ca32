"""The life of a deal, week by week: meetings, stages, pushes, and at last a win or a loss.

Every week each open deal may be won, be lost, move on a stage, be pushed or pulled in. The chances depend on what a
CRM shows: stage, the expected close, meetings of the last eight weeks, silence, pushes, time in the stage, contacts,
competitor, segment, type, the rep. So a model that sees the history can learn them. Deals are won about when they
are expected to be; what is not ready is put off, or runs past its date and mostly goes nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.sample.account_life import EARLY_DAYS, LAST_DAYS, early_win
from core.sample.day_index import DayIndex
from core.sample.profiles import Profile
from core.sample.word_lists import Vocabulary

STAGES = ("Prospecting", "Qualification", "Discovery", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
NEW, EXPANSION, RENEWAL = 0, 1, 2
WON, LOST = 5, 6
PIPELINE, BEST_CASE, COMMIT, CLOSED, OMITTED = range(5)
CATEGORIES = np.array(["pipeline", "best_case", "commit", "closed", "omitted"])
ADVANCE = np.array([0.42, 0.38, 0.34, 0.32, 0.0])
WIN = np.array([0.0, 0.0005, 0.021, 0.128, 0.35])
LOSE = np.array([0.009, 0.009, 0.010, 0.014, 0.018])
EFFECTS = {
    "meetings_60d": 0.26,
    "pushes": -1.00,
    "contacts": 0.30,
    "single_contact": -1.10,
    "competitor": -0.50,
    "northbeam_emea": -0.90,
    "expansion": 0.95,
    "enterprise": -0.25,
    "skill": 1.0,
    "silent": -3.00,
    "stalled": -1.40,
}
STALLED_WEEKS, MOST_PUSHES = 8, 2
# Factor on wins by days to the expected close: from many days ahead down to long overdue.
NEARNESS_DAYS = np.array([-28, -8, 0, 7, 14, 28, 45])
NEARNESS = np.array([0.05, 0.20, 2.2, 2.8, 1.2, 0.45, 0.12, 0.03])


@dataclass
class Pipeline:
    """The open deals as arrays of one length; `index` points back at the deal, `account` at its account."""

    index: np.ndarray
    account: np.ndarray
    kind: np.ndarray
    stage: np.ndarray
    in_stage: np.ndarray
    pushes: np.ndarray
    meetings: np.ndarray
    engagement: np.ndarray
    silent: np.ndarray
    contacts: np.ndarray
    competitor: np.ndarray
    beaten: np.ndarray
    enterprise: np.ndarray
    skill: np.ndarray
    weekday: np.ndarray
    close_day: np.ndarray
    renewal_day: np.ndarray
    optimism: np.ndarray
    category: np.ndarray
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


@dataclass(frozen=True)
class World:
    """What all deals share: calendar, kind and words of the company, and the weeks in which the market differed."""

    days: DayIndex
    profile: Profile
    words: Vocabulary
    bad_from: int
    bad_to: int
    battle_from: int
    rise_month: int

    def is_bad(self, week: int) -> bool:
        """Say whether a week lies in the bad quarter."""
        return self.bad_from <= week < self.bad_to

    def is_battle(self, week: int) -> bool:
        """Say whether the competitor has already begun to win in its region."""
        return week >= self.battle_from


def score(deals: Pipeline, battle: bool) -> np.ndarray:
    """Return each deal's planted score: higher wins sooner and is lost less often."""
    recent = np.minimum(deals.meetings.sum(axis=1), 8)
    effect = EFFECTS["meetings_60d"] * (recent - 2.5)
    effect = effect + EFFECTS["pushes"] * np.sqrt(np.minimum(deals.pushes, MOST_PUSHES))
    effect = effect + EFFECTS["contacts"] * (np.minimum(deals.contacts, 6) - 2.5)
    effect = effect + EFFECTS["single_contact"] * (deals.contacts <= 1)
    effect = effect + EFFECTS["competitor"] * deals.competitor
    effect = effect + EFFECTS["expansion"] * (deals.kind == EXPANSION) + EFFECTS["enterprise"] * deals.enterprise
    effect = effect + EFFECTS["skill"] * deals.skill + EFFECTS["silent"] * deals.silent
    effect = effect + EFFECTS["stalled"] * (deals.in_stage > STALLED_WEEKS)
    return np.asarray(effect + (EFFECTS["northbeam_emea"] * deals.beaten if battle else 0.0))


def season(world: World, day: np.ndarray, bad: bool) -> np.ndarray:
    """Return the factor on wins on each day: a rush at the end of the quarter, a lull at its beginning."""
    left = world.days.last_of_quarter(day) - day
    usual = np.select([left < 7, left < 14, left < 30, left < 60], [2.9, 2.3, 0.9, 0.75], 0.65)
    return np.asarray(usual**world.profile.rush * (0.8 if bad else 1.0))


def step(
    deals: Pipeline, week: int, rng: np.random.Generator, world: World, chance_lost: np.ndarray, gone: np.ndarray
) -> Pipeline:
    """Move every open deal on by one week, in place, and note what happened in `events`.

    Parameters
    ----------
    deals : Pipeline
    week : int
    rng : numpy.random.Generator
    world : World
    chance_lost : numpy.ndarray
        Per deal the chance that its account ends its contract on the last week before a renewal.
    gone : numpy.ndarray
        Expansions whose account has left: they are lost.
    """
    n = len(deals.index)
    day = week * 7 + deals.weekday
    is_renewal = deals.kind == RENEWAL
    deals.silent = np.where(deals.silent, rng.random(n) >= 0.08, rng.random(n) < 0.050) & ~is_renewal
    met = rng.poisson(np.exp(-1.25 + 0.75 * deals.engagement) * (1 + 0.12 * deals.stage)) * ~deals.silent
    deals.meetings = np.concatenate([deals.meetings[:, 1:], met[:, None]], axis=1)
    strength = score(deals, world.is_battle(week))
    win, lose = _chances(deals, day, strength, season(world, day, world.is_bad(week)), chance_lost)
    draw = rng.random(n)
    won = (draw < win) & ~gone
    lost = (~won & (draw < win + lose)) | gone
    is_open = ~(won | lost)
    go = is_open & (rng.random(n) < _advance(deals, day, strength))
    pushed, pulled = _move_dates(deals, day, rng, is_open & ~is_renewal, world)
    deals.stage = np.where(won, WON, np.where(lost, LOST, np.where(go, _next_stage(deals, day), deals.stage)))
    deals.in_stage = np.where(go, 0, deals.in_stage + 1)
    judged = _judge(deals, day, rng, strength, world, chance_lost, won | lost | go | pushed | pulled)
    deals.events = {
        "met": met,
        "won": won,
        "lost": lost,
        "advanced": go,
        "pushed": pushed,
        "pulled": pulled,
        "judged": judged,
    }
    return deals


def _chances(
    deals: Pipeline, day: np.ndarray, strength: np.ndarray, rush: np.ndarray, chance_lost: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each deal's chances to be won and to be lost in this week."""
    left = deals.close_day - day
    near = NEARNESS[np.searchsorted(NEARNESS_DAYS, left, side="left")]
    win = np.minimum(WIN[np.minimum(deals.stage, 4)] * near * np.exp(strength) * rush, 0.85)
    until = deals.renewal_day - day
    win = np.where((deals.kind == EXPANSION) & (until > -7) & (until <= EARLY_DAYS + 7), 0.0, win)
    overdue = np.where(left < -7, 0.7, 1.0)
    lose = np.minimum(LOSE[np.minimum(deals.stage, 4)] * np.exp(-0.44 * strength) * overdue, 0.6)
    is_renewal = deals.kind == RENEWAL
    last = until <= LAST_DAYS
    signed = np.where(last, 1 - chance_lost, np.where(until <= EARLY_DAYS, early_win(chance_lost), 0.0))
    return np.where(is_renewal, signed, win), np.where(is_renewal, np.where(last, 1.0, 0.0), lose)


def _next_stage(deals: Pipeline, day: np.ndarray) -> np.ndarray:
    until = deals.renewal_day - day
    due = np.select([until > 75, until > 40], [1, 3], 4)
    return np.asarray(np.where(deals.kind == RENEWAL, due, deals.stage + 1))


def _advance(deals: Pipeline, day: np.ndarray, strength: np.ndarray) -> np.ndarray:
    behind = _next_stage(deals, day) > deals.stage
    usual = ADVANCE[np.minimum(deals.stage, 4)] * np.exp(0.25 * strength) * np.where(deals.silent, 0.4, 1.0)
    return np.asarray(np.where(deals.kind == RENEWAL, np.where(behind, 0.6, 0.0), usual))


def _move_dates(
    deals: Pipeline, day: np.ndarray, rng: np.random.Generator, may: np.ndarray, world: World
) -> tuple[np.ndarray, np.ndarray]:
    """Put off what is due and not ready, pull in a few, in place; say which."""
    n = len(day)
    left = deals.close_day - day
    unready = (left > 0) & (left <= 28) & (deals.stage <= 2)
    chance = np.select([unready, left > 0, left > -8], [0.58, 0.0, 0.27], 0.015)
    pushed = may & (rng.random(n) < chance)
    later = deals.close_day + np.maximum(5, np.round(np.exp(rng.normal(3.0, 0.5, n)))).astype(int)
    later = np.maximum(later, day + 4 + rng.integers(0, 10, n))
    end = world.days.last_of_quarter(day)
    keeps = (deals.close_day <= end) & (later > end) & (later - end < 21) & (end - day > 6) & (rng.random(n) < 0.4)
    later = np.where(keeps, np.maximum(end - rng.integers(0, 5, n), deals.close_day + 1), later)
    finish = world.days.last_of_quarter(later)
    later = np.where((finish - later < 28) & (rng.random(n) < 0.45), finish - rng.integers(0, 9, n), later)
    later = np.maximum(later, deals.close_day + 1)
    pulled = may & ~pushed & (left > 28) & (deals.stage >= 2) & (rng.random(n) < 0.095)
    earlier = day + np.maximum(8, (left * rng.uniform(0.35, 0.8, n)).astype(int))
    deals.close_day = np.where(pushed, later, np.where(pulled, earlier, deals.close_day))
    deals.pushes = deals.pushes + pushed
    return pushed, pulled


def _judge(
    deals: Pipeline,
    day: np.ndarray,
    rng: np.random.Generator,
    strength: np.ndarray,
    world: World,
    chance_lost: np.ndarray,
    moved: np.ndarray,
) -> np.ndarray:
    """Let the reps judge afresh in which forecast category a deal belongs, in place; say which changed."""
    left = deals.close_day - day
    this_quarter = deals.close_day <= world.days.last_of_quarter(day)
    outlook = strength + deals.optimism
    sure = ((deals.stage == 4) & (outlook > -2.8)) | ((deals.stage == 3) & (outlook > -0.45))
    commit = this_quarter & sure & (left > -24)
    best = this_quarter & (deals.stage >= 3) & (outlook > -3.2) & (left > -32)
    usual = np.where(commit, COMMIT, np.where(best, BEST_CASE, PIPELINE))
    renewal = np.where(this_quarter, np.where(chance_lost + 0.05 * deals.optimism < 0.55, COMMIT, BEST_CASE), PIPELINE)
    judged = np.where(deals.kind == RENEWAL, renewal, usual)
    judged = np.where(deals.stage == WON, CLOSED, np.where(deals.stage == LOST, OMITTED, judged))
    new_quarter = world.days.last_of_quarter(day - 7) != world.days.last_of_quarter(day)
    asked = moved | new_quarter | (rng.random(len(day)) < 0.25)
    changed = asked & (judged != deals.category)
    deals.category = np.where(changed, judged, deals.category)
    return np.asarray(changed)
