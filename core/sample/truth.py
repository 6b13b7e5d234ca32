"""The planted truth: chances found by playing deals and accounts forward many times by the sample's own rules."""

from __future__ import annotations

import numpy as np
import polars as pl

from core.sample import account_life
from core.sample.account_life import EARLY_DAYS, LAST_DAYS, AccountState
from core.sample.contracts import Contracts
from core.sample.deal_life import EXPANSION, WON, Pipeline, World, score, step

HORIZON_DAYS = (30, 60, 90, 180)
LANDMARK_DAY = 4
HORIZON_WEEKS = (4, 8, 9, 12, 13, 25, 26)
REPLICATES = 120
CHURN_DAYS, CHURN_REPLICATES = 90, 60


def month_turns(world: World, week: int) -> bool:
    """Say whether a month begins in a week."""
    edges = np.array([week * 7 - 1, week * 7 + 6])
    return bool(np.ptp(world.days.months(edges)))


def is_risen(world: World, week: int) -> bool:
    """Say whether the price rise stands in the contracts of a week."""
    return int(world.days.months(np.array([week * 7]))[0]) >= world.rise_month


def win_chances(
    deals: Pipeline,
    week: int,
    rng: np.random.Generator,
    world: World,
    accounts: AccountState,
    horizons: tuple[int, ...] = HORIZON_WEEKS,
    replicates: int = REPLICATES,
) -> np.ndarray:
    """Play every open deal forward many times and count the wins.

    Parameters
    ----------
    deals : Pipeline
        Open deals at the end of `week`.
    week : int
    rng : numpy.random.Generator
    world : World
    accounts : AccountState
        Of every account, as it stands.
    horizons : tuple of int
        Weeks ahead, rising.
    replicates : int
        Plays per deal; the standard error is at most 0.5 / sqrt(replicates).

    Returns
    -------
    numpy.ndarray
        Shape (deals, horizons + 1): the share of plays won by then, and by the end of the calendar quarter.
    """
    n = len(deals.index)
    quarter_end = world.days.last_of_quarter(np.array([week * 7 + LANDMARK_DAY]))[0]
    in_quarter = np.zeros(n)
    live = deals.take(np.tile(np.arange(n), replicates))
    live.index = np.tile(np.arange(n), replicates)
    state = accounts.take(live.account)
    wins, out = np.zeros(n), []
    for ahead in range(1, horizons[-1] + 1):
        now = week + ahead
        chance_lost = account_life.loss(state, is_risen(world, now))
        until = live.renewal_day - (now * 7 + live.weekday)
        decides = (live.kind == EXPANSION) & (until > 0) & (until <= LAST_DAYS)
        gone = decides & (rng.random(len(until)) < account_life.whole_loss(chance_lost))
        live = step(live, now, rng, world, chance_lost, gone)
        won = live.events["won"]
        wins += np.bincount(live.index[won], minlength=n)
        in_quarter += np.bincount(live.index[won & (now * 7 + live.weekday <= quarter_end)], minlength=n)
        if month_turns(world, now):
            account_life.month(rng, state)
        still = np.flatnonzero(live.stage < WON)
        live, state = live.take(still), state.take(still)
        if ahead in horizons:
            out.append(wins / replicates)
    return np.stack([*out, in_quarter / replicates], axis=1)


def by_horizon(weekday: np.ndarray, p: np.ndarray) -> dict[int, np.ndarray]:
    """Return each deal's chance within the days of `HORIZON_DAYS`, from its chances by whole weeks.

    A deal's changes are written down on a weekday of its own, so that one more week may lie within the same
    number of days for one deal than for another.
    """
    weeks = {d: (d + LANDMARK_DAY - weekday) // 7 for d in HORIZON_DAYS}
    return {d: p[np.arange(len(weekday)), np.searchsorted(HORIZON_WEEKS, n)] for d, n in weeks.items()}


def deals_frame(live: Pipeline, week: int, world: World, accounts: AccountState) -> pl.DataFrame:
    """Return the truth of every open deal at the end of a week: [deal, as_of, score, p_win_30, …, p_win_quarter]."""
    p = win_chances(live, week, np.random.default_rng(100_000 + week), world, accounts)
    return pl.DataFrame(
        {
            "deal": live.index,
            "as_of": [world.days.date(week * 7 + LANDMARK_DAY)] * len(live.index),
            "score": score(live, world.is_battle(week)),
            **{f"p_win_{d}": chance for d, chance in by_horizon(live.weekday, p).items()},
            "p_win_quarter": p[:, -1],
        }
    )


def accounts_frame(contracts: Contracts, week: int, world: World, accounts: AccountState) -> pl.DataFrame:
    """Return each paying account's chance to leave within 90 days of the end of a week.

    The state of every account whose contract is renewed within that time is played forward many times; given the
    state, the chance that the renewal is lost is worked out.
    """
    day = week * 7 + LANDMARK_DAY
    ends = {line.account: world.days.begin(line.end) for line in contracts.lines if line.end is not None}
    begun = {line.account for line in contracts.lines if world.days.begin(line.start) <= day}
    active = np.flatnonzero(contracts.is_active)
    active = active[np.isin(active, list(begun))]
    renewal = contracts.renewal_day[active]
    soon = active[(renewal > day) & (renewal <= day + CHURN_DAYS)]
    p = np.zeros(len(contracts.is_active))
    p[soon] = _lost(soon, contracts.renewal_day[soon], week, world, accounts)
    leaving = [a for a in np.flatnonzero(contracts.has_left).tolist() if day < ends.get(a, day) <= day + CHURN_DAYS]
    p[leaving] = 1.0
    rows = np.concatenate([active, np.array(leaving, dtype=active.dtype)])
    return pl.DataFrame(
        {
            "account_id": [f"A{a:05d}" for a in rows],
            "as_of": [world.days.date(day)] * len(rows),
            "p_churn_90d": p[rows],
        }
    ).sort("account_id")


def _lost(rows: np.ndarray, renewal_day: np.ndarray, week: int, world: World, accounts: AccountState) -> np.ndarray:
    rng = np.random.default_rng(200_000 + week)
    many = np.tile(rows, CHURN_REPLICATES)
    state, until_day = accounts.take(many), np.tile(renewal_day, CHURN_REPLICATES)
    undecided, lost = np.ones(len(many)), np.zeros(len(many))
    for now in range(week + 1, week + 15):
        until = until_day - (now * 7 + many % 5)
        chance = account_life.loss(state, is_risen(world, now))
        is_early = (until > LAST_DAYS) & (until <= EARLY_DAYS)
        is_last = (until > 0) & (until <= LAST_DAYS)
        lost += np.where(is_last, undecided * chance, 0.0)
        undecided *= np.where(is_early, 1 - account_life.early_win(chance), 1.0)
        if month_turns(world, now):
            account_life.month(rng, state)
    return np.asarray(lost.reshape(CHURN_REPLICATES, len(rows)).mean(axis=0))
