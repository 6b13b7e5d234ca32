"""Recurring revenue after the levers: what leaves, what shrinks, what new business adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.scenarios.data.arrays import Books
from core.scenarios.data.factors import Factor
from core.scenarios.data.recurring_history import MODEL_MONTHS
from core.scenarios.engine.win_timing import MONTH_DAYS, productive
from core.scenarios.levers import Scenario

LEAVING = ("churn", "contraction")


@dataclass(frozen=True)
class Lines:
    """Recurring revenue [place, month], and retention of today's customers [month].

    Attributes
    ----------
    mrr : np.ndarray
        At the end of each month, with what new and expansion bookings add.
    added, churned, shrunk : np.ndarray
        Gained and lost within each month; mrr of a month = that of the month before + added - churned - shrunk.
    net, gross : np.ndarray
        What today's customers will pay at the end of the month over what they pay now, with and without
        expansion, at today's prices; not a number without recurring revenue.
    """

    mrr: np.ndarray
    added: np.ndarray
    churned: np.ndarray
    shrunk: np.ndarray
    net: np.ndarray
    gross: np.ndarray


def run(books: Books, plan: Scenario, booked: np.ndarray) -> Lines:
    """Carry recurring revenue forward.

    Each account's line is kept with the chance that it has not left, at the churn model's rate for three
    months and its segment's after, times what it has not given up. Expected new and expansion bookings of
    a month add recurring revenue at last year's rate per unit booked; what they added leaves and shrinks at
    its segment's rates in turn. Price multiplies what stands today; deals carry it in their amounts.
    """
    standing = books.memo.get("lines", plan.of(*LEAVING, "price"), lambda: _standing(books, plan))
    retained, churned, shrunk, plain, loss, shrink = standing
    ratio, n = books.base.mrr_per_booking, books.places.height
    fresh, more = (
        _by_place(books, booked - books.closed, kinds) * ratio
        for kinds in (books.is_new, ~books.is_new & ~books.is_renewal)
    )
    both = fresh + more
    flows = np.concatenate([both, more])
    stands, gone, less = _cohorts(flows, np.tile(loss, 2), np.tile(shrink, 2))
    base = books.mrr.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        gross = plain / base if base > 0 else np.full(len(books.ends), np.nan)
        net = (plain + stands[n:].sum(0)) / base if base > 0 else np.full(len(books.ends), np.nan)
    return Lines(retained + stands[:n], both, churned + gone[:n], shrunk + less[:n], net, gross)


def _standing(books: Books, plan: Scenario) -> tuple[np.ndarray, ...]:
    """Return what today's lines come to by place and month: kept, left and given up, and at today's prices."""
    stays, keeps = staying(books, plan)
    loss, shrink = hazards(books, plan)
    now = (books.mrr * books.lines.factor(plan.of("price")))[:, None]
    earlier = np.concatenate([np.ones((len(stays), 1)), stays[:, :-1]], axis=1)
    whole = np.concatenate([np.ones((len(keeps), 1)), keeps[:, :-1]], axis=1)
    retained, churned, shrunk = (
        books.by_line.sum(now * part) for part in (stays * keeps, (earlier - stays) * whole, stays * (whole - keeps))
    )
    return retained, churned, shrunk, (books.mrr[:, None] * stays * keeps).sum(0), loss, shrink


def staying(books: Books, plan: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Return the chance each line is still there, and the share of it that is kept, by month."""

    def work_out() -> tuple[np.ndarray, np.ndarray]:
        months = books.ends / MONTH_DAYS
        near, far = np.minimum(months, MODEL_MONTHS), np.maximum(months - MODEL_MONTHS, 0.0)
        early, later, shrink = _rates(books, plan)
        return (1 - early)[:, None] ** near[None, :] * _power(1 - later, far), _power(1 - shrink, months)

    shares: tuple[np.ndarray, np.ndarray] = books.memo.get("staying", plan.of(*LEAVING), work_out)
    return shares


def hazards(books: Books, plan: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of recurring revenue that leaves, and that shrinks, in a month in each place."""
    _, later, shrink = _rates(books, plan)
    return _mean(books, later), _mean(books, shrink)


def _rates(books: Books, plan: Scenario) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each line's monthly rates of leaving, within the model's months and after, and of shrinking."""
    churn = books.lines.factor(plan.of("churn"))
    less = books.lines.factor(plan.of("contraction"))
    early, later = (np.clip(rate * churn, 0.0, 1.0) for rate in (books.early, books.later))
    return early, later, np.clip(books.shrink * less, 0.0, 1.0)


def _power(rate: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Raise rates to the months, each different rate once: a segment's accounts share theirs."""
    values, inverse = np.unique(rate, return_inverse=True)
    return np.asarray((values[:, None] ** months[None, :])[inverse.reshape(-1)])


def _mean(books: Books, rate: np.ndarray) -> np.ndarray:
    weighted = books.by_line.sum((rate * books.mrr)[:, None])[:, 0]
    weight = books.by_line.sum(books.mrr[:, None])[:, 0]
    return np.asarray(weighted / np.where(weight > 0, weight, 1.0))


def _by_place(books: Books, booked: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    out = np.zeros((books.places.height, booked.shape[1]))
    np.add.at(out, books.group_place[kinds], booked[kinds])
    return out


def _cohorts(flow: np.ndarray, loss: np.ndarray, shrink: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what stands of what came in, and what left and shrank of it in each month."""
    stands, gone, less = np.zeros_like(flow), np.zeros_like(flow), np.zeros_like(flow)
    now = np.zeros(len(flow))
    for month in range(flow.shape[1]):
        gone[:, month] = now * loss
        less[:, month] = (now - gone[:, month]) * shrink
        now = now - gone[:, month] - less[:, month] + flow[:, month]
        stands[:, month] = now
    return stands, gone, less


def quotas(books: Books, plan: Scenario) -> np.ndarray:
    """Return the quota of each quarter, 0 where there is none: changed by the quota lever, hires and leavers."""
    base = np.array([q or 0.0 for q in books.base.quotas])
    change: Factor = 1.0
    for s in plan.of("quota"):
        change = change * (1 + s.value)
    staff = plan.of("hires", "leavers")
    if not staff:
        return np.asarray(base * change)
    middle = (books.ends[0::3] + books.ends[2::3]) / 2
    reps = max(books.base.n_reps, 1)
    team = 1 + sum(productive(books, s, middle) for s in staff) / reps
    return np.asarray(np.maximum(base * change * team, 0.0))
