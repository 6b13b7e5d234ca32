"""The range of recurring revenue: which accounts stay, which deals are won, and which of them stay."""

from __future__ import annotations

import numpy as np

from core.scenarios.engine import distribution, recurring_revenue
from core.scenarios.engine.distribution import Spread, Window
from core.scenarios.engine.parts import Parts


def spread(parts: Parts, month: int = -1) -> Spread:
    """Work out the distribution of monthly recurring revenue at the end of a month.

    Accounts leave independently of each other; a deal won adds to it and may leave again, at the rates of its
    place. Deals share the shock of their time, accounts that may leave do not. The mean is the number the
    scenario shows.

    Parameters
    ----------
    parts : Parts
    month : int
        The number of a month of the horizon; default the last.
    """
    return distribution.work_out(_window(parts, month), parts.books.base.correlation, parts.plan.correlation)


def deviations(parts: Parts) -> np.ndarray:
    """Return the standard deviation of recurring revenue at the end of each month."""
    books, ratio = parts.books, parts.books.base.mrr_per_booking
    deals, cells = _lasting(parts)
    amount, size = _adding(parts)
    staying, worth = _accounts(parts)
    own = (amount**2) @ (deals * (1 - deals)) + (ratio**2 * parts.square * (size > 0)) @ cells
    own = own + (worth**2 * staying * (1 - staying)).sum(0)
    shared = distribution.shared_variance(books, parts.plan, amount, deals, size @ cells)
    return np.asarray(np.sqrt(np.maximum(own + shared, 0.0)))


def _window(parts: Parts, month: int) -> Window:
    books, ratio = parts.books, parts.books.base.mrr_per_booking
    deals, cells = _lasting(parts)
    amount, size = _adding(parts)
    staying, worth = _accounts(parts)
    none = np.zeros(len(staying), np.int64)
    return distribution.Window(
        np.concatenate([amount, worth[:, month]]),
        np.concatenate([deals[:, month], staying[:, month]]),
        size,
        ratio**2 * parts.square * (size > 0),
        cells[:, month],
        0.0,
        np.concatenate([books.segment, none]),
        np.concatenate([books.owner, none]),
        steady=np.concatenate([np.zeros(len(amount), bool), np.ones(len(staying), bool)]),
    )


def _adding(parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """Return the recurring revenue an open deal, and one to come, would add; renewals add none."""
    books, ratio = parts.books, parts.books.base.mrr_per_booking
    return (
        ratio * parts.amount * ~books.is_renewal[books.deal_group],
        ratio * parts.size * ~books.is_renewal[books.cell_group],
    )


def _lasting(parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """Return the chance that a deal has been won and still pays, and the number to come that do, by month."""
    books = parts.books
    loss, shrink = recurring_revenue.hazards(books, parts.plan)
    keep = (1 - loss) * (1 - shrink)
    return (
        _kept(parts.chance, keep[books.group_place[books.deal_group]]),
        _kept(parts.count, keep[books.group_place[books.cell_group]]),
    )


def _kept(flow: np.ndarray, keep: np.ndarray) -> np.ndarray:
    out = np.empty_like(flow)
    now = np.zeros(len(flow))
    for month in range(flow.shape[1]):
        now = now * keep + flow[:, month]
        out[:, month] = now
    return out


def _accounts(parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """Return each account's chance of still being there, and what it would then pay, by month."""
    books = parts.books
    stays, keeps = recurring_revenue.staying(books, parts.plan)
    price = books.lines.factor(parts.plan.of("price"))
    return stays, (books.mrr * price)[:, None] * keeps
