"""A scenario's expectations as arrays: what every measure, range and distribution is read off."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.scenarios.data.arrays import Books
from core.scenarios.data.factors import alike
from core.scenarios.engine import distribution, recurring_revenue
from core.scenarios.engine.quarter_fit import QuarterFit
from core.scenarios.levers import Scenario

AMOUNT = ("deal_size", "price", "discount", "expansion")


@dataclass(frozen=True)
class Parts:
    """A scenario's expectations as arrays: money by group or place and month.

    Attributes
    ----------
    chance : np.ndarray
        [deal, month]; `amount` per deal after the levers.
    count, size, square : np.ndarray
        Won deals to come [cell, month], their mean amount and mean squared amount.
    booked, cost : np.ndarray
        [group, month].
    fit : QuarterFit, optional
        Carries the running quarter to the forecast's number and range; its shift is in `booked`.
    """

    books: Books
    plan: Scenario
    chance: np.ndarray
    amount: np.ndarray
    count: np.ndarray
    size: np.ndarray
    square: np.ndarray
    booked: np.ndarray
    cost: np.ndarray
    lines: recurring_revenue.Lines
    quotas: np.ndarray
    fit: QuarterFit | None = None

    @property
    def nbytes(self) -> int:
        """Return the memory the largest parts take."""
        return sum(part.nbytes for part in (self.chance, self.amount, self.count, self.size, self.square))

    @cached_property
    def totals(self) -> dict[str, np.ndarray]:
        """Return every measure's sum over the company by month."""
        kinds = self.books
        out = {
            "bookings_amount": self.booked.sum(0),
            "new_amount": self.booked[kinds.is_new].sum(0),
            "expansion_amount": self.booked[~kinds.is_new & ~kinds.is_renewal].sum(0),
            "renewal_amount": self.booked[kinds.is_renewal].sum(0),
            "margin_amount": (self.booked - self.cost).sum(0),
            "mrr_amount": self.lines.mrr.sum(0),
            "added_mrr_amount": self.lines.added.sum(0),
            "churned_mrr_amount": self.lines.churned.sum(0),
            "contraction_mrr_amount": self.lines.shrunk.sum(0),
        }
        return out

    @cached_property
    def rates(self) -> dict[str, np.ndarray]:
        """Return every ratio by month; not a number without a denominator."""
        booked = self.totals["bookings_amount"]
        so_far = np.concatenate([np.cumsum(booked[i : i + 3]) for i in range(0, len(booked), 3)])
        quota = np.repeat(self.quotas, 3)[: len(booked)]
        left = self.quotas[0] - float(self.books.closed[:, :3].sum())
        lost = 1 - self.books.deals.total(self.plan.of("deal_lost"))
        pipeline = float((self.amount * np.maximum(lost, 0.0)).sum())
        cover = np.full(len(booked), np.nan)
        cover[:3] = pipeline / left if left > 0 else np.nan
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                "nrr_rate": self.lines.net,
                "grr_rate": self.lines.gross,
                "attainment_rate": np.where(quota > 0, so_far / quota, np.nan),
                "coverage_ratio": cover,
                "margin_rate": np.where(booked > 0, self.totals["margin_amount"] / booked, np.nan),
            }

    @cached_property
    def deviations(self) -> np.ndarray:
        """Return the standard deviation of each month's bookings: the deals' own and the shock they share."""
        a, p = self.amount, self.chance
        own = (a**2) @ (p * (1 - p)) + self.square @ self.count
        shared = distribution.shared_variance(self.books, self.plan, a, p, self.size @ self.count)
        return np.asarray(np.sqrt(np.maximum(own + shared, 0.0)))

    @cached_property
    def figures(self) -> dict[str, np.ndarray]:
        """Return every measure and ratio by month."""
        return {**self.totals, **self.rates}

    @property
    def _kinds(self) -> np.ndarray:
        """Number the deals to come by their amounts; a lever that tells them apart numbers them anew."""
        same = self.plan.of(*AMOUNT)
        kinds = self.books.cell_kind
        return (
            kinds
            if all(s.scope == "all" and s.lever != "expansion" for s in same)
            else alike(self.size, self.square)[1]
        )

    def window(self, quarter: int) -> distribution.Window:
        """Return what the distribution of a quarter's bookings is made of."""
        months = slice(3 * quarter, 3 * quarter + 3)
        return distribution.Window(
            self.amount,
            self.chance[:, months].sum(1),
            self.size,
            self.square,
            self.count[:, months].sum(1),
            float(self.books.closed[:, months].sum()),
            self.books.segment,
            self.books.owner,
            self._kinds,
            fit=self.fit if quarter == 0 else None,
        )
