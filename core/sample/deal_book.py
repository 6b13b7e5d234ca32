"""Facts of every deal of the sample, drawn when it is created."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.sample.deal_life import EXPANSION, NEW, RENEWAL, Pipeline, World
from core.sample.team import Team

SEGMENT_SIZE = {0: (9.75, 0.45), 1: (10.65, 0.45), 2: (11.5, 0.45)}
PRODUCT_SHARES = np.array([18, 10, 14, 12, 7, 13, 8, 8, 6, 4]) / 100
SEGMENT_WEIGHTS = np.array([1.0, 1.5, 2.4])
EXPANSION_SIZE = -1.66
COMPETITOR_RATE = 0.26


@dataclass
class DealBook:
    """Facts of every deal, as arrays with room to spare; `n` are taken."""

    created: np.ndarray
    account: np.ndarray
    owner: np.ndarray
    product: np.ndarray
    amount: np.ndarray
    kind: np.ndarray
    contacts: np.ndarray
    competitor: np.ndarray
    n: int = 0

    def add(self, **columns: np.ndarray) -> np.ndarray:
        """Add deals and return their indices; room is doubled where it runs out."""
        count = len(columns["account"])
        while self.n + count > len(self.created):
            for name, values in self.__dict__.items():
                if isinstance(values, np.ndarray):
                    setattr(self, name, np.concatenate([values, np.zeros_like(values)]))
        rows = np.arange(self.n, self.n + count)
        for name, values in columns.items():
            getattr(self, name)[rows] = values
        self.n += count
        return rows


def empty_book(room: int) -> DealBook:
    """Return a book without deals."""
    created, account, owner, product, kind, contacts = (np.zeros(room, dtype=int) for _ in range(6))
    return DealBook(created, account, owner, product, np.zeros(room), kind, contacts, np.full(room, -1))


def whole_amount(amount: np.ndarray) -> np.ndarray:
    """Return yearly amounts that are whole tens a month, at least a hundred."""
    return np.asarray(np.round(amount / 120).clip(10) * 120)


def sizes(rng: np.random.Generator, segment: np.ndarray) -> np.ndarray:
    """Draw yearly amounts by segment."""
    mean, spread = np.array([SEGMENT_SIZE[s] for s in range(3)]).T
    return np.asarray(np.exp(rng.normal(mean[segment], spread[segment])))


def draw(
    rng: np.random.Generator, world: World, week: int, accounts: np.ndarray, kind: int, segment: np.ndarray
) -> dict[str, np.ndarray]:
    """Draw the facts of new deals or expansions with some accounts."""
    n = len(accounts)
    rise = 1.09 if int(world.days.months(np.array([week * 7]))[0]) >= world.rise_month else 1.0
    usual = sizes(rng, segment[accounts]) * world.profile.size_factor * rise * (1 + 0.10 * week / 52)
    return {
        "account": accounts,
        "created": np.full(n, week),
        "kind": np.full(n, kind),
        "product": rng.choice(len(PRODUCT_SHARES), n, p=PRODUCT_SHARES),
        "amount": whole_amount(usual * (np.exp(EXPANSION_SIZE) if kind == EXPANSION else 1.0)),
        "contacts": 1 + rng.poisson(1.4, n),
        "competitor": np.where(rng.random(n) < COMPETITOR_RATE, rng.choice(4, n, p=[0.4, 0.25, 0.2, 0.15]), -1),
    }


def opened(
    rng: np.random.Generator,
    book: DealBook,
    rows: np.ndarray,
    team: Team,
    world: World,
    facts: dict[str, np.ndarray],
    renewal_day: np.ndarray,
) -> Pipeline:
    """Return new deals as they stand on the day they are created."""
    n = len(rows)
    zero = np.zeros(n, dtype=int)
    account, kind, rival = book.account[rows], book.kind[rows], book.competitor[rows]
    weekday = np.where(kind == RENEWAL, account % 5, (rows * 7919 // 13) % 5)
    enterprise = (facts["segment"][account] == 2).astype(int)
    day = book.created[rows] * 7 + weekday
    return Pipeline(
        index=rows,
        account=account,
        kind=kind,
        stage=np.where(kind == RENEWAL, 1, 0),
        in_stage=zero.copy(),
        pushes=zero.copy(),
        meetings=np.zeros((n, 8), dtype=int),
        engagement=rng.normal(0, 1, n),
        silent=np.zeros(n, dtype=bool),
        contacts=book.contacts[rows],
        competitor=(rival >= 0).astype(int),
        beaten=((rival == 0) & (facts["region"][account] == 1)).astype(int),
        enterprise=enterprise,
        skill=team.skill[book.owner[rows]],
        weekday=weekday,
        close_day=np.where(kind == RENEWAL, renewal_day[account] - 1, _first_date(rng, world, day, kind, enterprise)),
        renewal_day=renewal_day[account],
        optimism=rng.normal(0, 0.35, n),
        category=zero.copy(),
    )


def _first_date(
    rng: np.random.Generator, world: World, day: np.ndarray, kind: np.ndarray, enterprise: np.ndarray
) -> np.ndarray:
    """Return the first expected close: about a usual cycle ahead, often set to the end of a quarter or month."""
    n = len(day)
    new, more = world.profile.cycle_days
    usual = np.where(kind == NEW, new, more) * np.where(enterprise == 1, 1.25, 1.0)
    near = day + np.round(usual * np.exp(rng.normal(0, 0.35, n))).astype(int)
    turn, rush = rng.random(n), world.profile.rush
    quarter = world.days.last_of_quarter(near) - rng.integers(0, 13, n)
    month = world.days.last_of_month(near) - rng.integers(0, 6, n)
    dated = np.where(turn < 0.56 * rush, quarter, np.where(turn < 0.72 * rush, month, near))
    return np.asarray(np.maximum(dated, day + 20))
