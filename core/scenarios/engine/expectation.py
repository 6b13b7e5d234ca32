"""Runs a scenario on a baseline: bookings, margin and recurring revenue by month and part, with their range."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import Z80
from core.scenarios.data import arrays
from core.scenarios.data.arrays import Books
from core.scenarios.data.baseline import Baseline, build
from core.scenarios.data.factors import Factor
from core.scenarios.engine import distribution, quarter_fit, recurring_range, recurring_revenue, win_timing
from core.scenarios.engine.distribution import Spread
from core.scenarios.engine.parts import Parts
from core.scenarios.engine.quarter_fit import QuarterFit
from core.scenarios.levers import Scenario

if TYPE_CHECKING:
    from core.models.bundle import Bundle

MEASURES = {
    "bookings_amount": "bookings",
    "new_amount": "bookings from new customers",
    "expansion_amount": "bookings from existing customers",
    "renewal_amount": "renewals booked",
    "margin_amount": "gross margin of bookings",
    "mrr_amount": "recurring revenue",
    "added_mrr_amount": "recurring revenue added",
    "churned_mrr_amount": "recurring revenue lost to churn",
    "contraction_mrr_amount": "recurring revenue lost to contraction",
}
RATES = {
    "nrr_rate": "net revenue retention",
    "grr_rate": "gross revenue retention",
    "attainment_rate": "quota attainment",
    "coverage_ratio": "pipeline coverage",
    "margin_rate": "gross margin rate",
}
MONTHS_OF_QUARTER = 3
LEVELS = {"mrr_amount": -1, "nrr_rate": 13, "grr_rate": 13, "attainment_rate": 2, "coverage_ratio": 2, "margin_rate": 2}


def figure(measure: str, months: np.ndarray) -> float:
    """Return the one number a measure comes to: money summed over five quarters, a level at its month.

    Recurring revenue counts at the end of the fifth quarter, retention a year on, attainment, coverage and
    margin rate at the end of the running quarter.
    """
    return float(months[LEVELS[measure]]) if measure in LEVELS else float(months.sum())


def span(measure: str) -> str:
    """Say what time the one number of a measure speaks of."""
    when = {-1: "At the end of five quarters", 13: "A year on", 2: "At the quarter's end"}
    return when[LEVELS[measure]] if measure in LEVELS else "Over five quarters"


def parts(base: Baseline, plan: Scenario | None = None) -> Parts:
    """Work out a scenario's expectations.

    Bookings of a month = already won + Σ open amount × chance of a win in it + Σ won deals to come × mean
    amount; in the running quarter, what the forecast page puts right beyond that is added, which no lever moves.
    Parts that a lever does not touch are remembered between calls.
    """
    computed = _computed(base, plan or Scenario())
    correction = base.laid_out(_correction)
    if correction is None:
        return computed
    return replace(
        computed, booked=computed.booked + correction.booked, cost=computed.cost + correction.cost, fit=correction.fit
    )


@dataclass(frozen=True)
class Correction:
    """What the forecast page puts right in the running quarter: money by group and month, and the range."""

    booked: np.ndarray
    cost: np.ndarray
    fit: QuarterFit


def _correction(base: Baseline) -> Correction | None:
    """Return what carries the running quarter to the forecast's number and range, by what each part still expects."""
    if base.forecast is None:
        return None
    usual = _computed(base, Scenario())
    spread = distribution.work_out(usual.window(0), base.correlation)
    fit = quarter_fit.fitted(base.forecast, spread.at, spread.below, spread.mean)
    is_ahead = np.arange(usual.booked.shape[1]) < MONTHS_OF_QUARTER
    ahead = (usual.booked - usual.books.closed) * is_ahead
    if fit is None or ahead.sum() <= 0:
        return None
    share = fit.shift / float(ahead.sum())
    return Correction(ahead * share, (usual.cost - usual.books.closed_cost) * is_ahead * share, fit)


def _computed(base: Baseline, plan: Scenario) -> Parts:
    books = arrays.books(base)
    books.check(plan)
    chance, count = win_timing.open_chance(books, plan), win_timing.arrivals(books, plan)
    amount, cost = _amounts(books, plan)
    size, square, cell_cost = _sizes(books, plan)
    booked = books.by_deal.sum(amount[:, None] * chance) + books.by_cell.sum(size[:, None] * count) + books.closed
    spent = books.by_deal.sum(cost[:, None] * chance) + books.by_cell.sum(cell_cost[:, None] * count)
    spent = spent + books.closed_cost
    return Parts(
        books,
        plan,
        chance,
        amount,
        count,
        size,
        square,
        booked,
        spent,
        recurring_revenue.run(books, plan, booked),
        recurring_revenue.quotas(books, plan),
    )


def _discounted(books: Books, value: float) -> float:
    return max(1 - value / max(1 - books.base.discount_rate, 1e-6), 0.0)


def _factors(books: Books, plan: Scenario, side: str) -> tuple[Factor, Factor]:
    """Return what multiplies amounts, and costs: prices and discounts move the one alone."""
    rows = getattr(books, side)
    size = rows.factor(plan.of("deal_size"))
    more = plan.of("expansion")
    if more:
        expansion = books.deal_is_expansion if side == "deals" else books.cell_is_expansion
        size = size * np.where(expansion, rows.factor(more), 1.0)
    price = rows.factor(plan.of("price")) * rows.factor(plan.of("discount"), lambda s: _discounted(books, s.value))
    return size * price, size


def _amounts(books: Books, plan: Scenario) -> tuple[np.ndarray, np.ndarray]:
    worth, cost = _factors(books, plan, "deals")
    return books.amount * worth, books.amount * books.cost_rate * cost


def _sizes(books: Books, plan: Scenario) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    worth, cost = _factors(books, plan, "cells")
    return books.size * worth, books.square * worth**2, books.size * books.cell_cost * cost


@dataclass(frozen=True)
class Outcome:
    """What a scenario comes to.

    Attributes
    ----------
    window : int
        The quarter `spread` speaks of: 0 for the running one.
    spread : Spread
        The distribution of that quarter's bookings.
    """

    parts: Parts
    window: int
    spread: Spread

    @property
    def quarter(self) -> dict[str, float | None]:
        """Return p10, p50, p90, mean, p_target and tail_mean of the quarter's bookings."""
        return self.spread.summary

    @cached_property
    def monthly(self) -> pl.DataFrame:
        """Return [month, segment, region] with every measure in money, one row per month and place."""
        books, computed = self.parts.books, self.parts
        places, months = books.places.height, len(books.base.months)

        def by_place(values: np.ndarray) -> np.ndarray:
            out = np.zeros((places, months))
            np.add.at(out, books.group_place, values)
            return out

        booked, lines = computed.booked, computed.lines
        columns = {
            "bookings_amount": by_place(booked),
            "new_amount": by_place(booked * books.is_new[:, None]),
            "expansion_amount": by_place(booked * (~books.is_new & ~books.is_renewal)[:, None]),
            "renewal_amount": by_place(booked * books.is_renewal[:, None]),
            "margin_amount": by_place(booked - computed.cost),
            "mrr_amount": lines.mrr,
            "added_mrr_amount": lines.added,
            "churned_mrr_amount": lines.churned,
            "contraction_mrr_amount": lines.shrunk,
        }
        keys = books.places.select("segment", "region")
        frame = pl.concat([keys] * months).with_columns(
            month=pl.Series([m for m in books.base.months for _ in range(places)], dtype=pl.Date)
        )
        return frame.select("month", "segment", "region").with_columns(
            pl.Series(name, values.T.reshape(-1)) for name, values in columns.items()
        )

    @cached_property
    def recurring(self) -> Spread:
        """Return the distribution of monthly recurring revenue at the end of five quarters."""
        return recurring_range.spread(self.parts)

    @cached_property
    def by_month(self) -> pl.DataFrame:
        """Return [month, amount, lower, upper]: bookings, the range holding four outcomes of five."""
        return self.months("bookings_amount")

    def months(self, measure: str) -> pl.DataFrame:
        """Return [month, amount, lower, upper] of a measure; bookings and recurring revenue have a range."""
        values, low, high = self.lines(measure)
        columns = {"month": self.parts.books.base.months, "amount": values, "lower": low, "upper": high}
        return pl.DataFrame(columns, nan_to_null=True)

    def lines(self, measure: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return a measure by month, and the ends of its range."""
        values = self.parts.figures[measure]
        if measure == "mrr_amount":
            reach = recurring_range.deviations(self.parts) * Z80
            return values, np.maximum(values - reach, 0.0), values + reach
        if measure != "bookings_amount":
            return values, values, values
        reach = self.parts.deviations * Z80
        return values, np.maximum(values - reach, self.parts.books.closed.sum(0)), values + reach

    def total(self, measure: str = "bookings_amount") -> float:
        """Return the one number a measure comes to over five quarters; see `figure`."""
        return figure(measure, self.parts.figures[measure])


def run(base: Baseline, plan: Scenario | None = None, window: int = 0) -> Outcome:
    """Work a scenario out, with the distribution of one quarter's bookings.

    Parameters
    ----------
    base : Baseline
    plan : Scenario, optional
        Without one, the company as it stands.
    window : int
        The quarter whose distribution is worked out: 0 the running one, to 4.

    Raises
    ------
    ScenarioError
        When settings contradict each other or speak of what is not there.
    """
    computed = parts(base, plan)
    quota = float(computed.quotas[window])
    target = quota if quota > 0 else None
    spread = distribution.work_out(computed.window(window), base.correlation, computed.plan.correlation, target)
    return Outcome(computed, window, spread)


def start(dataset: Dataset, settings: Settings, bundle: Bundle | None) -> Outcome:
    """Work out the baseline of a dataset with its models, with no lever moved."""
    return run(build(dataset, settings, bundle))
