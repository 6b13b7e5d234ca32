"""Plays the whole company week by week: deals are created, worked, won and lost; contracts begin, renew and end."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from core.sample import account_life, deal_book, truth
from core.sample.account_life import AccountState
from core.sample.contracts import NEVER, Contracts, found
from core.sample.deal_book import DealBook, whole_amount
from core.sample.deal_life import EXPANSION, LOST, NEW, RENEWAL, WON, Pipeline, World, step
from core.sample.team import Team

RENEWAL_MONTHS_AHEAD = 4
RESIZED, HANDED_OVER = 0.03, 0.002


@dataclass
class CompanyRun:
    """The company in one week, and the log of all weeks so far."""

    rng: np.random.Generator
    world: World
    team: Team
    facts: dict[str, np.ndarray]
    contracts: Contracts
    accounts: AccountState
    book: DealBook
    live: Pipeline
    owner_of: np.ndarray
    is_customer: np.ndarray
    queue: dict[int, list[int]] = field(default_factory=dict)
    log: list[dict[str, np.ndarray]] = field(default_factory=list)
    met: list[np.ndarray] = field(default_factory=list)
    silent: list[np.ndarray] = field(default_factory=list)
    readings: list[pl.DataFrame] = field(default_factory=list)
    wins: list[tuple[int, int, float]] = field(default_factory=list)
    due: dict[int, float] = field(default_factory=dict)
    deal_truth: list[pl.DataFrame] = field(default_factory=list)
    account_truth: list[pl.DataFrame] = field(default_factory=list)


def begin(rng: np.random.Generator, world: World, team: Team, facts: dict[str, np.ndarray]) -> CompanyRun:
    """Return the company before the first week of the warm-up: founding customers with contracts, no deals."""
    n = len(facts["segment"])
    contracts = Contracts(
        world.days, world.profile.terms, np.full(n, NEVER), np.full(n, NEVER), np.zeros(n, bool), np.zeros(n, bool)
    )
    founders = np.flatnonzero(facts["founding"])
    paying = founders[rng.random(len(founders)) < world.profile.contract_rate]
    usual = deal_book.sizes(rng, facts["segment"][paying]) * world.profile.size_factor * 1.25
    products = rng.choice(len(deal_book.PRODUCT_SHARES), len(paying), p=deal_book.PRODUCT_SHARES)
    now = int(world.days.months(np.array([-7 * world.profile.warm_up_weeks]))[0])
    found(rng, contracts, paying, whole_amount(usual), products, now)
    accounts = account_life.begin(rng, facts["segment"] == 2)
    accounts.tenure[paying] = rng.integers(1, 31, len(paying))
    book = deal_book.empty_book(4_096)
    nobody = deal_book.opened(rng, book, np.array([], dtype=int), team, world, facts, contracts.renewal_day)
    return CompanyRun(
        rng, world, team, facts, contracts, accounts, book, nobody, facts["owner"].copy(), facts["founding"].copy()
    )


def play(run: CompanyRun, week: int, n_created: int) -> None:
    """Play one week, in place.

    Parameters
    ----------
    run : CompanyRun
    week : int
        Counted from the first week of the records; negative in the warm-up.
    n_created : int
        How many deals other than renewals are created.
    """
    born = _create(run, week, n_created)
    _write(run, born, week)
    live = run.live
    live.renewal_day = np.where(live.kind == RENEWAL, live.renewal_day, run.contracts.renewal_day[live.account])
    chance_lost = account_life.loss(run.accounts, truth.is_risen(run.world, week))[live.account]
    gone = (live.kind == EXPANSION) & run.contracts.has_left[live.account]
    live = step(live, week, run.rng, run.world, chance_lost, gone)
    changed = _change(run, live, week)
    _close(run, live, week)
    _write(run, live.take(changed), week)
    some = live.events["met"] > 0
    run.met.append(np.stack([live.index[some], live.events["met"][some], week * 7 + np.zeros(some.sum(), int)], axis=1))
    quiet = live.index[live.silent]
    run.silent.append(np.stack([quiet, np.full(len(quiet), week * 7)], axis=1))
    run.live = live.take(live.stage < WON).join(born)
    if truth.month_turns(run.world, week):
        _turn_month(run, week)


def _create(run: CompanyRun, week: int, n_created: int) -> Pipeline:
    """Create this week's deals: some with prospects, some with customers, and the renewals that come up."""
    rng, contracts = run.rng, run.contracts
    weights = deal_book.SEGMENT_WEIGHTS[run.facts["segment"]]
    busy = np.zeros(len(weights), dtype=bool)
    busy[run.live.account[run.live.kind == NEW]] = True
    n_new = int(rng.binomial(n_created, run.world.profile.new_rate))
    fresh = _some(rng, weights * (~run.is_customer & ~contracts.is_active & ~busy), n_new)
    more = _some(rng, weights * run.is_customer * ~contracts.has_left, n_created - n_new)
    columns = [
        deal_book.draw(rng, run.world, week, accounts, kind, run.facts["segment"])
        for accounts, kind in ((fresh, NEW), (more, EXPANSION))
    ]
    due = np.array([a for a in run.queue.pop(week, []) if contracts.is_active[a]], dtype=int)
    columns.append(_renewals(run, due, week))
    joined = {name: np.concatenate([part[name] for part in columns]) for name in columns[0]}
    joined["owner"] = np.where(
        joined["kind"] == NEW,
        _present(run, run.facts["region"][joined["account"]], week),
        _owners(run, joined["account"], week),
    )
    rows = run.book.add(**joined)
    return deal_book.opened(rng, run.book, rows, run.team, run.world, run.facts, contracts.renewal_day)


def _some(rng: np.random.Generator, weights: np.ndarray, n: int) -> np.ndarray:
    """Draw up to n different accounts by weight."""
    n = min(n, int((weights > 0).sum()))
    return np.asarray(rng.choice(len(weights), n, replace=False, p=weights / weights.sum())) if n else np.array([], int)


def _renewals(run: CompanyRun, accounts: np.ndarray, week: int) -> dict[str, np.ndarray]:
    n = len(accounts)
    return {
        "account": accounts,
        "created": np.full(n, week),
        "kind": np.full(n, RENEWAL),
        "product": np.array([run.contracts.running[a][0].product for a in accounts.tolist()], dtype=int),
        "amount": np.array([run.contracts.yearly(a) for a in accounts.tolist()], dtype=float),
        "contacts": 2 + run.rng.poisson(1.6, n),
        "competitor": np.full(n, -1),
    }


def _present(run: CompanyRun, region: np.ndarray, week: int) -> np.ndarray:
    """Draw a rep of each region who is there in a week."""
    out = np.zeros(len(region), dtype=int)
    for r in np.unique(region):
        own = np.flatnonzero(run.team.region == r)
        here = own[(run.team.hired[own] <= week) & (run.team.left[own] > week + 1)]
        rows = np.flatnonzero(region == r)
        out[rows] = run.rng.choice(here if len(here) else own, len(rows))
    return out


def _owners(run: CompanyRun, account: np.ndarray, week: int) -> np.ndarray:
    """Return who looks after each account; one whose rep has left gets another."""
    gone = run.team.left[run.owner_of[account]] <= week + 1
    late = run.team.hired[run.owner_of[account]] > week
    orphan = np.unique(account[gone | late])
    run.owner_of[orphan] = _present(run, run.facts["region"][orphan], week)
    return np.asarray(run.owner_of[account])


def _change(run: CompanyRun, live: Pipeline, week: int) -> np.ndarray:
    """Change some amounts and owners, and return which deals changed in any way."""
    rng, n = run.rng, len(live.index)
    is_open = (live.stage < WON) & (live.kind != RENEWAL)
    resized = is_open & (rng.random(n) < RESIZED)
    at = live.index[resized]
    run.book.amount[at] = whole_amount(run.book.amount[at] * np.exp(rng.normal(-0.02, 0.22, len(at))))
    gone = (live.stage < WON) & (run.team.left[run.book.owner[live.index]] <= week)
    moved = gone | (is_open & (rng.random(n) < HANDED_OVER))
    run.book.owner[live.index[moved]] = _present(run, run.facts["region"][live.account[moved]], week)
    live.skill = run.team.skill[run.book.owner[live.index]]
    e = live.events
    happened = e["won"] | e["lost"] | e["advanced"] | e["pushed"] | e["pulled"] | e["judged"]
    return np.asarray(happened | resized | moved)


def _close(run: CompanyRun, live: Pipeline, week: int) -> None:
    """Sign, renew and end contracts by what was won and lost this week."""
    for at in np.flatnonzero(live.stage >= WON).tolist():
        deal, account, kind = int(live.index[at]), int(live.account[at]), int(live.kind[at])
        day = week * 7 + int(live.weekday[at])
        if live.stage[at] == LOST:
            if kind == RENEWAL:
                run.contracts.leave(account)
                run.is_customer[account] = False
            continue
        if kind == RENEWAL:
            run.book.amount[deal] = run.contracts.renew(run.rng, account)
        else:
            _begin_contract(run, deal, account, day)
        run.wins.append((day, kind, float(run.book.amount[deal])))


def _begin_contract(run: CompanyRun, deal: int, account: int, day: int) -> None:
    was_active = bool(run.contracts.is_active[account])
    if run.book.kind[deal] == NEW:
        run.owner_of[account] = run.book.owner[deal]
    run.is_customer[account], run.contracts.has_left[account] = True, False
    if run.rng.random() < run.world.profile.contract_rate:
        start = int(run.world.days.months(np.array([day]))[0]) + 1
        run.contracts.sign(run.rng, account, int(run.book.product[deal]), float(run.book.amount[deal]), start)
    if not was_active:
        run.accounts.tenure[account] = 0
        run.accounts.history[account] = run.accounts.usage[account]


def _write(run: CompanyRun, deals: Pipeline, week: int) -> None:
    day = week * 7 + deals.weekday
    run.log.append(
        {
            "deal": deals.index,
            "day": day,
            "stage": deals.stage.copy(),
            "category": deals.category.copy(),
            "amount": run.book.amount[deals.index],
            "close_day": np.where(deals.stage >= WON, day, deals.close_day),
            "owner": run.book.owner[deals.index],
        }
    )


def _turn_month(run: CompanyRun, week: int) -> None:
    """Begin the month that falls into a week: read usage and tickets, put coming renewals in the queue."""
    month = int(run.world.days.months(np.array([week * 7 + 6]))[0])
    account_life.month(run.rng, run.accounts)
    active = np.flatnonzero(run.contracts.is_active)
    run.readings.append(
        pl.DataFrame(
            {
                "account": active,
                "month": pl.Series([run.world.days.date(run.world.days.begin(month))] * len(active), dtype=pl.Date),
                "usage": run.accounts.usage[active],
                "tickets": run.accounts.tickets[active],
                "sentiment": run.accounts.sentiment[active],
            }
        )
    )
    due = np.flatnonzero(run.contracts.renewal_month == month + RENEWAL_MONTHS_AHEAD)
    for account, wait in zip(due.tolist(), run.rng.integers(1, 4, len(due)).tolist(), strict=True):
        run.queue.setdefault(week + wait, []).append(account)
    if month % 3 == 0:
        run.due[month] = run.contracts.coming(month)
