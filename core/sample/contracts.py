"""The customers' contracts: lines from won deals, all of an account with one renewal date, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from core.sample.day_index import DayIndex

NEVER = 10**6
SHRINKS, RISES = 0.10, 0.60
UPLIFT = 1.03
# Months in which contracts of before the records are renewed, from the start of a quarter on; most at such a start.
FOUNDED = (0, 7, 6, 2, 9, 3, 4, 6, 11, 3, 0, 9, 1, 0, 8, 6, 5, 3, 10, 9)


@dataclass
class Line:
    """A contract line: months are counted from that of day 0, the amount a month is in cents."""

    account: int
    product: int
    cents: int
    start: int
    renewal: int
    end: int | None = None


@dataclass
class Contracts:
    """Every line there ever was, and the state of each account.

    Attributes
    ----------
    renewal_month, renewal_day : numpy.ndarray
        When an account's contract is renewed next; `NEVER` without one.
    has_left : numpy.ndarray
        Accounts whose last renewal was lost and that have not come back.
    """

    days: DayIndex
    terms: tuple[float, float, float]
    renewal_month: np.ndarray
    renewal_day: np.ndarray
    is_active: np.ndarray
    has_left: np.ndarray
    lines: list[Line] = field(default_factory=list)
    running: dict[int, list[Line]] = field(default_factory=dict)

    def sign(self, rng: np.random.Generator, account: int, product: int, amount: float, start: int) -> None:
        """Add a line for a won deal; an account without a contract begins one with a term of its own."""
        if not self.is_active[account]:
            self._renew_next(account, start + 12 * self._term(rng))
            self.is_active[account], self.has_left[account] = True, False
        line = Line(account, product, round(amount / 12 * 100), start, int(self.renewal_month[account]))
        self.lines.append(line)
        self.running.setdefault(account, []).append(line)

    def renew(self, rng: np.random.Generator, account: int) -> float:
        """Carry every line of an account on from its renewal date, and return the yearly amount."""
        month = int(self.renewal_month[account])
        turn = rng.random()
        factor = rng.uniform(0.6, 0.88) if turn < SHRINKS else UPLIFT if turn < SHRINKS + RISES else 1.0
        following = month + 12 * self._term(rng)
        self._renew_next(account, following)
        renewed = []
        for line in self.running[account]:
            line.end = month
            renewed.append(Line(account, line.product, round(line.cents * factor), month, following))
        self.lines += renewed
        self.running[account] = renewed
        return 12 * sum(line.cents for line in renewed) / 100

    def leave(self, account: int) -> None:
        """End every line of an account on its renewal date."""
        for line in self.running.pop(account, []):
            line.end = int(self.renewal_month[account])
        self.is_active[account], self.has_left[account] = False, True
        self.renewal_month[account] = self.renewal_day[account] = NEVER

    def yearly(self, account: int) -> float:
        """Return what an account pays a year."""
        return 12 * sum(line.cents for line in self.running.get(account, [])) / 100

    def coming(self, month: int) -> float:
        """Return the yearly amount of what is renewed in the quarter that begins with a month."""
        ahead = (self.renewal_month > month) & (self.renewal_month <= month + 3)
        return float(sum(self.yearly(account) for account in np.flatnonzero(ahead).tolist()))

    def frame(self) -> pl.DataFrame:
        """Return all lines in the shape of the contract lines' file."""
        date_of = {m: self.days.date(self.days.begin(m)) for m in {x for line in self.lines for x in _months(line)}}
        ordered = sorted(self.lines, key=lambda line: (line.start, line.account, line.product, line.cents))
        return pl.DataFrame(
            {
                "subscription_id": [f"S{i:06d}" for i in range(len(ordered))],
                "account_id": [f"A{line.account:05d}" for line in ordered],
                "product_id": [f"P{line.product + 1:02d}" for line in ordered],
                "mrr_amount": [line.cents / 100 for line in ordered],
                "started_on": [date_of[line.start] for line in ordered],
                "renewal_on": [date_of[line.renewal] for line in ordered],
                "ended_on": [None if line.end is None else date_of[line.end] for line in ordered],
            },
            schema_overrides={"ended_on": pl.Date, "started_on": pl.Date, "renewal_on": pl.Date},
        )

    def _term(self, rng: np.random.Generator) -> int:
        return 1 + int(rng.choice(3, p=self.terms))

    def _renew_next(self, account: int, month: int) -> None:
        self.renewal_month[account] = month
        self.renewal_day[account] = self.days.begin(month)


def _months(line: Line) -> list[int]:
    return [m for m in (line.start, line.renewal, line.end) if m is not None]


def found(
    rng: np.random.Generator,
    contracts: Contracts,
    founders: np.ndarray,
    amounts: np.ndarray,
    products: np.ndarray,
    now: int,
) -> None:
    """Give contracts to the accounts that were customers before the records begin.

    Parameters
    ----------
    rng : numpy.random.Generator
    contracts : Contracts
        Changed in place.
    founders, amounts, products : numpy.ndarray
        Account, yearly amount and product of each line.
    now : int
        The month it is; each next renewal lies five months on or later, spread evenly by amount, more at the start of
        a quarter.
    """
    order = np.argsort(-amounts, kind="stable")
    largest_first = zip(founders[order].tolist(), amounts[order].tolist(), products[order].tolist(), strict=True)
    for rank, (account, amount, product) in enumerate(largest_first):
        term = 12 * (1 + int(rng.choice(3, p=contracts.terms)))
        turn = FOUNDED[rank % len(FOUNDED)] - now % 3
        following = now + 5 + (turn + 2) % 12 + 12 * int(rng.integers(0, term // 12))
        contracts._renew_next(account, following)
        contracts.is_active[account] = True
        line = Line(account, product, round(amount / 12 * 100), following - term, following)
        contracts.lines.append(line)
        contracts.running.setdefault(account, []).append(line)
