"""What may leave the company: sums over many customers with noise, so that no customer can be told from them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Any

import polars as pl

from core.benchmarking import discrete_laplace
from core.benchmarking.discrete_laplace import Below
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ContractError
from core.localization import message
from core.metrics.benchmarks import cases
from core.metrics.measure import Measure, counted, money

BY = ("segment",)
DEALS_EACH = 3
LONGEST_DAYS, LARGEST_AMOUNT, AMOUNT_UNIT = 365, 250_000, 1_000
# Two numbers of Laplace's shape together exceed 8.5 scales with a chance of (1 + 8.5/2) exp(-8.5)/2, under 1 in 1,000.
RARELY = 8.5
PARTS = 4  # counts, slips, days, amounts: each gets a quarter of the privacy budget
AGGREGATES: dict[str, Any] = {
    "group": pl.String,
    "n_deals": pl.Int64,
    "win_rate": pl.Float64,
    "slip_rate": pl.Float64,
    "mean_cycle_days": pl.Float64,
    "mean_deal_amount": pl.Float64,
}


@dataclass(frozen=True)
class Terms:
    """On what terms figures leave.

    Attributes
    ----------
    k : int
        The fewest customers of a group that is shown.
    epsilon : Fraction
        The privacy budget of the export, for a customer with up to three deals that count.
    groups : tuple of str
        The segments that are reported on, said beforehand and whatever the data hold.
    months : int
    """

    k: int
    epsilon: Fraction
    groups: tuple[str, ...]
    months: int = 12

    @property
    def each(self) -> Fraction:
        """Return the budget of one of the four figures."""
        return self.epsilon / PARTS

    @property
    def threshold(self) -> int:
        """Return from which noisy number of deals on a group is shown.

        Three times k, for a customer counts with up to three deals, and what noise adds less than once in a thousand.
        """
        return DEALS_EACH * self.k + ceil(RARELY * DEALS_EACH / float(self.each))

    def noise(self, bound: int, n: int) -> float:
        """Return the usual size of the noise in a mean of n deals whose values go from 0 to a bound."""
        return DEALS_EACH * bound / float(self.each) / n


def checked(k: int, epsilon: str, groups: tuple[str, ...], months: int = 12) -> Terms:
    """Return terms that can be kept.

    Raises
    ------
    ContractError
        When k is under 5, or epsilon is no number from 0.1 to 10.
    """
    try:
        budget = Fraction(epsilon)
    except (ValueError, ZeroDivisionError):
        budget = Fraction(0)
    if not 5 <= k <= 1_000:
        raise ContractError("Customers of so small a group could be told apart.", "k", "Give 5 to 1,000 customers.")
    if not Fraction(1, 10) <= budget <= 10:
        raise ContractError("The noise cannot be set so.", "epsilon", "Give a number from 0.1 to 10.")
    if not groups:
        raise ContractError("No group is chosen.", "groups", "Choose at least one segment.")
    return Terms(k, budget, tuple(dict.fromkeys(groups)), months)


def aggregates(data: Dataset, settings: Settings, terms: Terms, below: Below = secrets.randbelow) -> Measure:
    """Deals, win rate, slip rate, sales cycle and deal size by segment, with noise that hides every customer.

    Formula: of each customer the three latest closed deals count. Days are cut to 0 to 365, amounts to 0 to 250,000, in
    thousands; sums are whole numbers. To each sum a discrete Laplace number is added with scale s/ε', where ε' is a
    quarter of ε and s what one customer can change: 3 deals, 3 slips, 3 × 365 days, 3 × 250 thousands. Customers lie in
    one segment, so the segments cost no more than one; the four figures add up to ε. Rates and means are made of the
    noisy sums and rounded after. Groups are those chosen beforehand; one is shown from a noisy number of deals on that
    fewer than k customers reach less than once in a thousand.

    Parameters
    ----------
    data : Dataset
        The whole company.
    settings : Settings
    terms : Terms
    below : callable
        As `discrete_laplace.sample` takes it.

    Returns
    -------
    Measure
        Unit count. Value: groups shown. Frame: group, n_deals, win_rate, slip_rate, mean_cycle_days, mean_deal_amount,
        in the order chosen; a mean is null where too few deals were won.
    """
    deals = _bounded(data, settings, terms.months)
    rows = [_noisy(deals.filter(pl.col("group") == group), group, terms, below) for group in terms.groups]
    shown = [row for row in rows if row is not None]
    frame = pl.DataFrame(shown, schema=AGGREGATES, orient="row")
    left_out = len(rows) - len(shown)
    text = message(
        "{groups} can leave, {groups_2} too small: shown from {threshold:,} deals on, noise "
        "included, with ε {epsilon:g} and k {k:,}. In a mean of 100 won deals the noise is about "
        "{noise:.0f} days and {noise_2}.",
        groups=counted(len(shown), "group"),
        groups_2=counted(left_out, "group"),
        threshold=terms.threshold,
        epsilon=float(terms.epsilon),
        k=terms.k,
        noise=terms.noise(LONGEST_DAYS, 100),
        noise_2=money(terms.noise(LARGEST_AMOUNT, 100), settings.currency),
    )
    return Measure("Groups that can leave", float(len(shown)), "count", frame, text)


def _bounded(data: Dataset, settings: Settings, months: int) -> pl.DataFrame:
    """Return the deals that count, at most three a customer, with numbers cut to their bounds."""
    rows = cases(data, settings, "segment", months).drop_nulls("account_id")
    closes = data.opportunities.select("opportunity_id", "close_on")
    latest = rows.join(closes, on="opportunity_id").sort("close_on", "opportunity_id", descending=True)
    few = latest.group_by("account_id", maintain_order=True).head(DEALS_EACH)
    unit = (pl.col("amount").fill_null(0.0) / AMOUNT_UNIT).clip(0, LARGEST_AMOUNT // AMOUNT_UNIT)
    return few.with_columns(
        pl.col("is_slipped").fill_null(value=False),
        days=pl.col("days").fill_null(0.0).clip(0, LONGEST_DAYS).round().cast(pl.Int64),
        units=unit.round().cast(pl.Int64),
    )


def _noisy(deals: pl.DataFrame, group: str, terms: Terms, below: Below) -> tuple[Any, ...] | None:
    won = deals.filter("is_won")

    def hidden(value: int, bound: int) -> int:
        return value + discrete_laplace.sample(Fraction(DEALS_EACH * bound) / terms.each, below)

    n_won, n_lost = hidden(won.height, 1), hidden(deals.height - won.height, 1)
    n_slipped = hidden(int(deals["is_slipped"].sum()), 1)
    days = hidden(int(won["days"].sum()), LONGEST_DAYS)
    units = hidden(int(won["units"].sum()), LARGEST_AMOUNT // AMOUNT_UNIT)
    n = n_won + n_lost
    if n < terms.threshold:
        return None
    has_won = n_won >= terms.k
    return (
        group,
        n,
        round(_within(n_won / n, 1.0), 3),
        round(_within(n_slipped / n, 1.0), 3),
        round(_within(days / n_won, LONGEST_DAYS), 0) if has_won else None,
        round(_within(units * AMOUNT_UNIT / n_won, LARGEST_AMOUNT), -3) if has_won else None,
    )


def _within(value: float, most: float) -> float:
    return min(max(value, 0.0), most)


def content(measure: Measure, terms: Terms, as_of: date, currency: str) -> dict[str, Any]:
    """Return what the file holds: the terms, and a row for each group; no name of the company."""
    return {
        "format": "quarterdeck benchmark 1",
        "as_of": as_of.replace(day=1).isoformat(),
        "months": terms.months,
        "currency": currency,
        "k": terms.k,
        "epsilon": float(terms.epsilon),
        "groups": measure.frame.to_dicts(),
    }
