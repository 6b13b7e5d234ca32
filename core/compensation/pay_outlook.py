"""What a plan will cost under the forecast's distribution, and what somebody would earn if they sold more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from core.compensation import pay_lines
from core.compensation.pay_lines import BASE, Credit, Quarter, Statement
from core.compensation.pay_plan import CENTS, Plan
from core.compensation.pay_statements import Payroll
from core.compensation.quota_chances import Prospect, QuotaChances
from core.localization import message
from core.metrics.measure import counted, money, percent, ratio

COSTS = {
    "rep_id": pl.String,
    "rep_name": pl.String,
    "plan": pl.String,
    "quota_amount": pl.Float64,
    "expected_bookings_amount": pl.Float64,
    "base_amount": pl.Float64,
    "earned_amount": pl.Float64,
    "variable_amount": pl.Float64,
    "high_amount": pl.Float64,
    "amount": pl.Float64,
}
CURVE = {"more_amount": pl.Float64, "attainment_rate": pl.Float64, "variable_amount": pl.Float64, "amount": pl.Float64}
LEVELS = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3)
POINTS = 41


@dataclass(frozen=True)
class Costs:
    """What plans are expected to cost in a quarter.

    Attributes
    ----------
    frame : pl.DataFrame
        The columns of `COSTS`, by person, most expensive first: earned is what the statement has so far, variable what
        is expected for the whole quarter, high what it stays below in nine of ten outcomes.
    sensitivity : pl.DataFrame
        [level, amount, rate]: cost of variable pay where everybody books so much of what is expected, and its share of
        bookings.
    """

    frame: pl.DataFrame
    sensitivity: pl.DataFrame
    label: str
    currency: str

    def sentence(self) -> str:
        """Say what is expected, and its share of bookings."""
        if self.frame.is_empty():
            return message("No plan is for anybody here in {label}.", label=self.label)
        total, variable = (float(self.frame[name].sum()) for name in ("amount", "variable_amount"))
        usual = self.sensitivity.filter(pl.col("level") == 1.0)
        more = self.sensitivity.filter(pl.col("level") == 1.2)
        share = usual["rate"][0]
        part = (
            message(", {share} of the bookings expected of their own deals", share=percent(share))
            if share is not None
            else ""
        )
        return message(
            "{people} are expected to cost {total} in {label}, {variable} of it variable{part}. "
            "Should everybody book a fifth more, variable pay comes to {amount}.",
            people=counted(self.frame.height, "person", "people"),
            total=money(total, self.currency),
            label=self.label,
            variable=money(variable, self.currency),
            part=part,
            amount=money(float(more["amount"][0]), self.currency),
        )


def costs(payroll: Payroll, chances: QuotaChances) -> Costs:
    """Expected cost of the plans in the running quarter.

    Formula: for each person, variable pay as the plan gives it for every outcome of bookings, weighted by the chance of
    the outcome under the forecast's distribution. Since accelerators pay more the further one is ahead, this is more
    than the pay at expected bookings. Types of deals count in the mix that is expected. Bonuses are those earned so
    far; balances of earlier quarters and clawbacks still to come are left out.

    Parameters
    ----------
    payroll : Payroll
        Of the quarter the chances speak of.
    chances : QuotaChances
        Under the forecast, or under a scenario.
    """
    rows, levels = [], np.zeros(len(LEVELS))
    bookings = 0.0
    for row in payroll.frame.sort("rep_id").iter_rows(named=True):
        plan, quarter = payroll.basis[row["rep_id"]]
        prospect = chances.prospects.get(row["rep_id"])
        if prospect is None:
            continue
        bonus = sum(line.cents for line in pay_lines.statement(plan, quarter).lines if line.kind == pay_lines.SPIFF)
        at, weight = _outcomes(prospect)
        pay = variable_pay(plan, quarter.quota_cents / CENTS, prospect, at, bonus / CENTS)
        mean = float(pay @ weight)
        high = float(pay[np.searchsorted(np.cumsum(weight), 0.9).clip(0, len(pay) - 1)])
        base = row["base_amount"]
        if plan.counts == "own":
            bookings += prospect.spread.mean
        levels += [
            float(variable_pay(plan, quarter.quota_cents / CENTS, prospect, at * level, bonus / CENTS) @ weight)
            for level in LEVELS
        ]
        rows.append(
            (
                *(row[name] for name in ("rep_id", "rep_name", "plan", "quota_amount")),
                prospect.spread.mean,
                base,
                row["variable_amount"],
                mean,
                high,
                base + mean,
            )
        )
    frame = pl.DataFrame(rows, schema=COSTS, orient="row").sort("amount", "rep_id", descending=[True, False])
    rates = [ratio(float(cost), bookings * level) for cost, level in zip(levels, LEVELS, strict=True)]
    columns = {"level": LEVELS, "amount": levels, "rate": rates}
    sensitivity = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))
    return Costs(frame, sensitivity, payroll.label, payroll.currency)


def variable_pay(plan: Plan, quota: float, prospect: Prospect, bookings: np.ndarray, bonus: float = 0.0) -> np.ndarray:
    """Return the variable pay of a quarter for each amount of bookings, not rounded to cents.

    Parameters
    ----------
    plan : Plan
    quota : float
        0 without one.
    prospect : Prospect
        Gives the mix of types.
    bookings : np.ndarray
        Money.
    bonus : float
        What bonuses add.
    """
    total = sum(prospect.by_type.values())
    mix = {
        kind: amount / total if total > 0 else 1 / len(prospect.by_type) for kind, amount in prospect.by_type.items()
    }
    counted_part = sum(part * float(plan.credit_share(kind)) for kind, part in mix.items())
    weighted = sum(part * float(plan.credit_share(kind) * plan.factor(kind)) for kind, part in mix.items())
    credit = np.asarray(bookings, float) * counted_part
    factor = weighted / counted_part if counted_part > 0 else 0.0
    if quota <= 0:
        pay = credit * float(plan.without_quota or 0)
    elif plan.method == "whole":
        ends = np.array([float(tier.up_to) for tier in plan.tiers if tier.up_to is not None])
        rates = np.array([float(tier.rate) for tier in plan.tiers])
        pay = credit * rates[np.searchsorted(ends, credit / quota, side="right")]
    else:
        pay = _marginal(plan, credit, quota)
    pay = pay * factor + bonus
    if plan.cap_cents is not None:
        pay = np.minimum(pay, plan.cap_cents / CENTS)
    floor = plan.draw.amount_cents / CENTS if plan.draw else -np.inf if plan.may_be_negative else 0.0
    return np.maximum(pay, floor)


def _marginal(plan: Plan, credit: np.ndarray, quota: float) -> np.ndarray:
    pay, low = np.zeros_like(credit), 0.0
    for tier in plan.tiers:
        high = np.inf if tier.up_to is None else float(tier.up_to) * quota
        pay += (np.clip(credit, low, high) - low) * float(tier.rate)
        low = high
    return np.asarray(pay + np.minimum(credit, 0.0) * float(plan.tiers[0].rate))


def _outcomes(prospect: Prospect) -> tuple[np.ndarray, np.ndarray]:
    """Return amounts and the chance of each, which add up to 1; their mean is the prospect's."""
    spread = prospect.spread
    below = np.clip(np.concatenate([[0.0], spread.below, [1.0]]), 0.0, 1.0)
    weight = np.diff(np.maximum.accumulate(below))
    at = np.concatenate([[spread.at[0]], (spread.at[1:] + spread.at[:-1]) / 2, [spread.at[-1]]])
    return at + spread.mean - float(at @ weight), weight


def earnings_if(payroll: Payroll, rep_id: str, more_cents: int, kind: str = "new") -> Statement | None:
    """Return what somebody's statement would be with one more deal in the quarter; None where they have no plan.

    Parameters
    ----------
    payroll : Payroll
    rep_id : str
    more_cents : int
        The amount of the deal.
    kind : str
        Its type.
    """
    basis = payroll.basis.get(rep_id)
    if basis is None:
        return None
    plan, quarter = basis
    cents = int(plan.credit_share(kind) * more_cents)
    deal = Credit("\uffff", date.max, kind, "", cents)
    credits = (*quarter.credits, deal) if cents else quarter.credits
    return pay_lines.statement(plan, _with(quarter, credits))


def earnings_curve(payroll: Payroll, rep_id: str, kind: str = "new") -> pl.DataFrame:
    """Return what somebody would earn with more bookings in the quarter, up to another one and a half quotas.

    Returns
    -------
    pl.DataFrame
        [more_amount, attainment_rate, variable_amount, amount]; no rows where they have no plan.
    """
    basis = payroll.basis.get(rep_id)
    if basis is None:
        return pl.DataFrame(schema=CURVE)
    _, quarter = basis
    booked = sum(credit.cents for credit in quarter.credits)
    most = most_more(payroll, rep_id)
    rows = []
    for step in range(POINTS):
        more = most * step // (POINTS - 1)
        result = earnings_if(payroll, rep_id, more, kind)
        if result is None:
            continue
        total, base = result.total_cents, result.of([BASE])
        rows.append((more / CENTS, ratio(booked + more, quarter.quota_cents), (total - base) / CENTS, total / CENTS))
    return pl.DataFrame(rows, schema=CURVE, orient="row")


def most_more(payroll: Payroll, rep_id: str) -> int:
    """Return the most that is asked about, in cents: one and a half quotas, or as much as was booked without one."""
    _, quarter = payroll.basis[rep_id]
    booked = sum(credit.cents for credit in quarter.credits)
    return max(quarter.quota_cents * 3 // 2, booked, 100_000 * CENTS)


def _with(quarter: Quarter, credits: tuple[Credit, ...]) -> Quarter:
    return Quarter(
        credits,
        quarter.quota_cents,
        quarter.base_cents,
        quarter.reversed_pay,
        quarter.exceptions,
        quarter.balance_cents,
    )
