"""The life of a customer, month by month: usage, tickets and mood, and what they make of its next renewal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CHURN_EFFECTS = {
    "usage_change": -3.4,
    "tickets": 0.42,
    "sentiment": -1.8,
    "tenure": -0.03,
    "price_rise": 0.55,
    "enterprise": -0.2,
}
BASE = -1.36
EARLY_DAYS, LAST_DAYS = 28, 7
EARLY_RATE = 0.15


@dataclass
class AccountState:
    """What a month leaves of every account, as arrays of one length."""

    usage: np.ndarray
    slope: np.ndarray
    history: np.ndarray
    tickets: np.ndarray
    sentiment: np.ndarray
    tenure: np.ndarray
    mood: np.ndarray
    enterprise: np.ndarray

    def take(self, rows: np.ndarray) -> AccountState:
        """Return copies of some accounts' states, in the order asked for."""
        return AccountState(**{name: values[rows].copy() for name, values in self.__dict__.items()})


def begin(rng: np.random.Generator, enterprise: np.ndarray) -> AccountState:
    """Draw the state of every account before the first month."""
    n = len(enterprise)
    usage = np.exp(rng.normal(4.0, 0.7, n))
    return AccountState(
        usage=usage,
        slope=rng.normal(0.012, 0.02, n),
        history=np.tile(usage[:, None], (1, 6)),
        tickets=np.zeros(n),
        sentiment=np.full(n, 0.2),
        tenure=np.zeros(n),
        mood=rng.normal(0, 0.5, n),
        enterprise=enterprise.astype(float),
    )


def month(rng: np.random.Generator, state: AccountState) -> None:
    """Move every account on by one month, in place."""
    n = len(state.usage)
    slump = rng.random(n) < 0.020
    state.slope = np.where(slump, -0.22, 0.93 * state.slope + 0.07 * 0.012) + rng.normal(0, 0.012, n)
    state.usage = np.clip(state.usage * np.exp(state.slope + rng.normal(0, 0.04, n)), 2, 5_000)
    state.history = np.concatenate([state.history[:, 1:], state.usage[:, None]], axis=1)
    state.mood = 0.9 * state.mood + rng.normal(0, 0.22, n)
    opened = rng.poisson(np.exp(-0.6 - 0.9 * state.mood - 2.0 * np.minimum(state.slope, 0)))
    state.tickets = 0.6 * state.tickets + opened
    state.sentiment = np.clip(0.6 * state.sentiment + 0.4 * (0.15 + 0.55 * state.mood + rng.normal(0, 0.15, n)), -1, 1)
    state.tenure = state.tenure + 1


def loss(state: AccountState, risen: bool) -> np.ndarray:
    """Return each account's planted chance to end its contract on the last week before a renewal."""
    now, before = state.history[:, 3:].mean(axis=1), state.history[:, :3].mean(axis=1)
    change = np.log(np.maximum(now, 0.05) / np.maximum(before, 0.05))
    z = BASE + CHURN_EFFECTS["usage_change"] * np.clip(change, -1.5, 1.0)
    z = z + CHURN_EFFECTS["tickets"] * (np.minimum(state.tickets, 8) - 2) + CHURN_EFFECTS["sentiment"] * state.sentiment
    z = z + CHURN_EFFECTS["tenure"] * np.minimum(state.tenure, 36) + CHURN_EFFECTS["price_rise"] * risen
    z = z + CHURN_EFFECTS["enterprise"] * state.enterprise
    return np.asarray(1 / (1 + np.exp(-z)))


def early_win(chance_lost: np.ndarray) -> np.ndarray:
    """Return the chance to sign a renewal in each of the weeks before its last."""
    return np.asarray(EARLY_RATE * (1 - chance_lost))


def whole_loss(chance_lost: np.ndarray) -> np.ndarray:
    """Return the chance that a renewal is lost over its last four weeks, the state standing still."""
    return np.asarray((1 - early_win(chance_lost)) ** 3 * chance_lost)
