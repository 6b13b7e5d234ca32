"""What a language model was asked and answered, from which sources, and what that cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import func, insert, select

from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions
from core.store.tables import ModelCallRow

LONGEST_TEXT = 100_000
SHOWN = ("asked_at", "person", "purpose", "model", "host", "state", "struck", "n_tokens", "cost_amount")
SHAPE: dict[str, Any] = {
    "asked_at": pl.Datetime("us"),
    **dict.fromkeys(("person", "purpose", "model", "host", "state", "struck"), pl.String),
    "n_tokens": pl.Int64,
    "cost_amount": pl.Float64,
}


@dataclass(frozen=True)
class ModelCall:
    """One request to a language model.

    Attributes
    ----------
    person, purpose, model, host : str
    state : str
        answered, refused, timed out or failed.
    prompt, answer : str
        As the settings have them kept: whole, masked, or empty.
    sources, struck : tuple of str
        The ids of the sources, and why sentences were struck.
    n_tokens : int
    cost_amount : float
    """

    person: str
    purpose: str
    model: str
    host: str
    state: str
    prompt: str = ""
    answer: str = ""
    sources: tuple[str, ...] = field(default=())
    struck: tuple[str, ...] = field(default=())
    n_tokens: int = 0
    cost_amount: float = 0.0


class ModelCalls:
    """The log of what a language model was asked; rows are only added, until retention takes them."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def add(self, call: ModelCall) -> None:
        """Write one request down."""
        values = asdict(call)
        for name, most in (("person", 200), ("model", 200), ("host", 255)):
            values[name] = values[name][:most]
        for name in ("prompt", "answer"):
            values[name] = values[name][:LONGEST_TEXT]
        for name in ("sources", "struck"):
            values[name] = list(values[name])
        with self._sessions.begin() as session:
            session.execute(insert(ModelCallRow).values(asked_at=self._clock(), **values))

    def spent(self) -> tuple[int, float]:
        """Return the tokens and the cost of the last twenty-four hours."""
        since = self._clock() - timedelta(days=1)
        asked = select(func.sum(ModelCallRow.n_tokens), func.sum(ModelCallRow.cost_amount))
        with self._sessions() as session:
            tokens, amount = session.execute(asked.where(ModelCallRow.asked_at >= since)).one()
        return int(tokens or 0), float(amount or 0.0)

    def newest(self, most: int = 200) -> pl.DataFrame:
        """Return the newest requests without their texts: [asked_at, person, purpose, model, host, state, struck,
        n_tokens, cost_amount], the time in UTC.
        """
        asked = select(ModelCallRow).order_by(ModelCallRow.id.desc()).limit(most)
        with self._sessions() as session:
            rows = [_shown(row) for row in session.scalars(asked)]
        return pl.DataFrame(rows, schema=SHAPE, orient="row")

    def texts(self, most: int = 200) -> list[tuple[str, str]]:
        """Return prompt and answer of the newest requests, as they were kept."""
        asked = select(ModelCallRow.prompt, ModelCallRow.answer).order_by(ModelCallRow.id.desc()).limit(most)
        with self._sessions() as session:
            return [(str(prompt), str(answer)) for prompt, answer in session.execute(asked)]


def _shown(row: ModelCallRow) -> tuple[datetime, str, str, str, str, str, str, int, float]:
    at = in_utc(row.asked_at).astimezone(UTC).replace(tzinfo=None)
    about = (row.person, row.purpose, row.model, row.host, row.state)
    return at, *about, " ".join(row.struck), row.n_tokens, row.cost_amount
