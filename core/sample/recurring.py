"""Recurring revenue: contract lines from won deals, usage and tickets by month, and who leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from core.config.calendar import add_months

CHURN_EFFECTS = {
    "usage_change": -2.6,
    "tickets": 0.42,
    "sentiment": -1.8,
    "tenure": -0.03,
    "price_rise": 0.55,
}
BASE_HAZARD = -4.75
REPLICATES = 150


@dataclass(frozen=True)
class Recurring:
    """Contract lines, monthly readings per account, and the true churn probabilities."""

    subscriptions: pl.DataFrame
    readings: pl.DataFrame
    truth: pl.DataFrame


@dataclass
class _State:
    usage: np.ndarray
    slope: np.ndarray
    history: np.ndarray
    tickets: np.ndarray
    sentiment: np.ndarray
    tenure: np.ndarray
    mood: np.ndarray

    def repeat(self, rows: np.ndarray) -> _State:
        return _State(**{k: v[rows].copy() for k, v in self.__dict__.items()})


def simulate(rng: np.random.Generator, won: pl.DataFrame, n_accounts: int, months: list[date], rise: int) -> Recurring:
    """Play recurring revenue month by month.

    Parameters
    ----------
    rng : numpy.random.Generator
    won : pl.DataFrame
        Columns account (index), product_id, amount (yearly), month (index), opportunity_type,
        months_held (how long before that month the contract began).
    n_accounts : int
    months : list of date
        First day of each month played.
    rise : int
        Index of the month from which the price rise stands in the contracts.
    """
    state = _start(rng, n_accounts)
    active = np.zeros(n_accounts, dtype=bool)
    open_lines: dict[int, list[int]] = {}
    lines: list[list[object]] = []
    readings, truth = [], []
    by_month = {m[0]: f for m, f in won.group_by("month")} if won.height else {}
    for m, day in enumerate(months):
        left = active & (rng.random(n_accounts) < hazard(state, m >= rise))
        for a in np.flatnonzero(left):
            for line in open_lines.pop(int(a), []):
                lines[line][5] = day
        active &= ~left
        _contract(rng, lines, open_lines, active, day)
        for row in by_month[m].iter_rows(named=True) if m in by_month else ():
            _add_line(lines, open_lines, row, day, active, state)
        _month(rng, state)
        on = np.flatnonzero(active)
        readings.append(_reading(state, on, day))
        if m >= len(months) - 9 and len(on):
            truth.append(_truth(state, on, day, m >= rise))
    return Recurring(_frame(lines), pl.concat(readings), pl.concat(truth) if truth else pl.DataFrame())


def hazard(state: _State, risen: bool) -> np.ndarray:
    """Return each account's planted chance of leaving in one month."""
    change = np.log(
        np.maximum(state.history[:, 3:].mean(axis=1), 0.05) / np.maximum(state.history[:, :3].mean(axis=1), 0.05)
    )
    z = BASE_HAZARD + CHURN_EFFECTS["usage_change"] * np.clip(change, -1.5, 1.0)
    z = z + CHURN_EFFECTS["tickets"] * np.minimum(state.tickets, 8) + CHURN_EFFECTS["sentiment"] * state.sentiment
    z = z + CHURN_EFFECTS["tenure"] * np.minimum(state.tenure, 36) + CHURN_EFFECTS["price_rise"] * risen
    return np.asarray(1 / (1 + np.exp(-z)))


def _start(rng: np.random.Generator, n: int) -> _State:
    usage = np.exp(rng.normal(4.0, 0.7, n))
    return _State(
        usage=usage,
        slope=rng.normal(0.012, 0.02, n),
        history=np.tile(usage[:, None], (1, 6)),
        tickets=np.zeros(n),
        sentiment=np.full(n, 0.2),
        tenure=np.zeros(n),
        mood=rng.normal(0, 0.5, n),
    )


def _month(rng: np.random.Generator, state: _State) -> None:
    n = len(state.usage)
    slump = rng.random(n) < 0.012
    state.slope = np.where(slump, -0.22, 0.93 * state.slope + 0.07 * 0.012) + rng.normal(0, 0.012, n)
    state.usage = np.clip(state.usage * np.exp(state.slope + rng.normal(0, 0.04, n)), 2, 5_000)
    state.history = np.concatenate([state.history[:, 1:], state.usage[:, None]], axis=1)
    state.mood = 0.9 * state.mood + rng.normal(0, 0.22, n)
    month = rng.poisson(np.exp(-0.6 - 0.9 * state.mood - 2.0 * np.minimum(state.slope, 0)))
    state.tickets = 0.6 * state.tickets + month
    state.sentiment = np.clip(0.6 * state.sentiment + 0.4 * (0.15 + 0.55 * state.mood + rng.normal(0, 0.15, n)), -1, 1)
    state.tenure = state.tenure + 1


def _contract(
    rng: np.random.Generator,
    lines: list[list[object]],
    open_lines: dict[int, list[int]],
    active: np.ndarray,
    day: date,
) -> None:
    """Shrink a few contracts at random: one line ends, a smaller one starts the same day."""
    for a in np.flatnonzero(active & (rng.random(len(active)) < 0.006)):
        line_ids = open_lines[int(a)]
        old = lines[line_ids[0]]
        old[5] = day
        lines.append([old[0], old[1], round(float(str(old[2])) * rng.uniform(0.55, 0.85), 2), day, old[4], None])
        line_ids[0] = len(lines) - 1


def _add_line(
    lines: list[list[object]],
    open_lines: dict[int, list[int]],
    row: dict[str, object],
    day: date,
    active: np.ndarray,
    state: _State,
) -> None:
    account = int(str(row["account"]))
    line_ids = open_lines.setdefault(account, [])
    mrr = round(float(str(row["amount"])) / 12, 2)
    held_for = int(str(row["months_held"]))
    day = add_months(day, -held_for)
    if row["opportunity_type"] == "renewal" and line_ids:
        old = lines[line_ids.pop(0)]
        old[5] = day
        mrr = round(float(str(old[2])) * 1.03, 2)
    if not active[account]:
        state.tenure[account] = held_for
        state.history[account] = state.usage[account]
    active[account] = True
    lines.append([account, row["product_id"], mrr, day, add_months(day, 12 * (held_for // 12 + 1)), None])
    line_ids.append(len(lines) - 1)


def _reading(state: _State, on: np.ndarray, day: date) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account": on,
            "month": pl.Series([day] * len(on), dtype=pl.Date),
            "usage": state.usage[on],
            "tickets": state.tickets[on],
            "sentiment": state.sentiment[on],
        }
    )


def _truth(state: _State, on: np.ndarray, day: date, risen: bool) -> pl.DataFrame:
    """Play the next three months many times over; the share that left is the true probability."""
    rng = np.random.default_rng(day.toordinal())
    many = state.repeat(np.tile(on, REPLICATES))
    stay = np.ones(len(many.usage))
    for _ in range(3):
        stay *= 1 - hazard(many, risen)
        _month(rng, many)
    p = 1 - stay.reshape(REPLICATES, len(on)).mean(axis=0)
    return pl.DataFrame({"account_id": [f"A{a:05d}" for a in on], "month": [day] * len(on), "p_churn_90d": p})


def _frame(lines: list[list[object]]) -> pl.DataFrame:
    schema = {
        "account": pl.Int64,
        "product_id": pl.String,
        "mrr_amount": pl.Float64,
        "started_on": pl.Date,
        "renewal_on": pl.Date,
        "ended_on": pl.Date,
    }
    rows = pl.DataFrame(lines, schema=schema, orient="row")
    return rows.select(
        subscription_id=pl.format("S{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(6)),
        account_id=pl.format("A{}", pl.col("account").cast(pl.String).str.zfill(5)),
        product_id="product_id",
        mrr_amount="mrr_amount",
        started_on="started_on",
        renewal_on="renewal_on",
        ended_on="ended_on",
    )
