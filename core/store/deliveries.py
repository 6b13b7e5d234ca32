"""Messages on their way: made once, claimed by one sender at a time, tried again, and at last put aside."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.contracts.errors import StoreError
from core.localization import message
from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions
from core.store.tables import DeliveryRow

WAITING, SENT, DEAD, DROPPED = "waiting", "sent", "dead", "dropped"
CLAIM = timedelta(minutes=5)
KEPT = timedelta(days=90)
LONGEST_ERROR = 1_000
TABLE = DeliveryRow.__table__


@dataclass(frozen=True)
class NewDelivery:
    """A message to be sent.

    Attributes
    ----------
    key : str
        What makes it this message and no other; another of the same key is not made.
    kind : str
        "alert", "escalation", "digest", "event" or "test".
    reader : str
        For whom; empty for a webhook.
    way_id : int
    about : str
        What it says, in few words without a name.
    content : dict
        What JSON can hold.
    due_at : datetime, optional
        Not before then; default at once.
    is_batched : bool
        Whether it is sent together with others of the same reader and way.
    """

    key: str
    kind: str
    reader: str
    way_id: int
    about: str
    content: dict[str, Any]
    due_at: datetime | None = None
    is_batched: bool = False


@dataclass(frozen=True)
class Delivery:
    """A message as it stands.

    Attributes
    ----------
    id : int
    kind, reader, about : str
    way_id : int
    content : dict
    is_batched : bool
    state : str
        "waiting", "sent", "dead" (given up after the last attempt) or "dropped" (the reader may no longer have it).
    n_attempts : int
    made_at, due_at : datetime
        In UTC.
    ended_at : datetime, optional
    error : str
        Why the last attempt failed.
    """

    id: int
    kind: str
    reader: str
    about: str
    way_id: int
    content: dict[str, Any] = field(repr=False)
    is_batched: bool
    state: str
    n_attempts: int
    made_at: datetime
    due_at: datetime
    ended_at: datetime | None
    error: str


def key_of(*parts: object) -> str:
    """Return the key of a message: a hash of what makes it this one."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def add_deliveries(session: Session, rows: Sequence[NewDelivery], now: datetime) -> int:
    """Add messages within a transaction; one whose key is there already is left out. Return how many were added."""
    if not rows:
        return 0
    values = [
        {
            "key": row.key,
            "kind": row.kind,
            "reader": row.reader[:200],
            "way_id": row.way_id,
            "about": row.about[:400],
            "content": row.content,
            "is_batched": row.is_batched,
            "state": WAITING,
            "n_attempts": 0,
            "made_at": now,
            "due_at": row.due_at or now,
            "error": "",
        }
        for row in rows
    ]
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    n_added = 0
    for begin in range(0, len(values), 500):
        adding = dialect.insert(TABLE).values(values[begin : begin + 500]).on_conflict_do_nothing()
        n_added += cast("CursorResult[Any]", session.execute(adding)).rowcount
    return n_added


class Deliveries:
    """The messages of an installation."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def add(self, rows: Sequence[NewDelivery]) -> int:
        """Add messages; return how many were not there already."""
        with self._sessions.begin() as session:
            return add_deliveries(session, rows, self._clock())

    def claim(self, most: int = 500) -> list[Delivery]:
        """Return messages that are due, oldest first, none of which another sender has."""
        now = self._clock()
        mine: list[Delivery] = []
        with self._sessions() as session:
            numbers = list(
                session.scalars(
                    select(DeliveryRow.id).where(self._due()).order_by(DeliveryRow.due_at, DeliveryRow.id).limit(most)
                )
            )
        with self._sessions.begin() as session:
            for number in numbers:
                claim = update(DeliveryRow).where(DeliveryRow.id == number, self._due())
                done = session.execute(claim.values(claimed_until=now + CLAIM, n_attempts=DeliveryRow.n_attempts + 1))
                if cast("CursorResult[Any]", done).rowcount == 1:
                    mine.append(_delivery(session.get_one(DeliveryRow, number)))
        return mine

    def _due(self) -> Any:
        now = self._clock()
        is_free = or_(DeliveryRow.claimed_until.is_(None), DeliveryRow.claimed_until <= now)
        return (DeliveryRow.state == WAITING) & (DeliveryRow.due_at <= now) & is_free

    def end(self, numbers: Sequence[int], state: str, error: str = "") -> None:
        """Note how messages ended."""
        self._set(numbers, state=state, ended_at=self._clock(), error=error[:LONGEST_ERROR], claimed_until=None)

    def put_off(self, numbers: Sequence[int], until: datetime, error: str) -> None:
        """Try messages again later."""
        self._set(numbers, due_at=until, error=error[:LONGEST_ERROR], claimed_until=None)

    def tidy(self) -> None:
        """Delete messages that ended long ago."""
        with self._sessions.begin() as session:
            session.execute(delete(DeliveryRow).where(DeliveryRow.ended_at < self._clock() - KEPT))

    def again(self, number: int) -> Delivery:
        """Send a message once more, whatever became of it.

        Raises
        ------
        StoreError
            When there is none of that number.
        """
        now = self._clock()
        self.get(number)
        self._set([number], state=WAITING, due_at=now, n_attempts=0, ended_at=None, claimed_until=None)
        return self.get(number)

    def _set(self, numbers: Sequence[int], **values: Any) -> None:
        with self._sessions.begin() as session:
            session.execute(update(DeliveryRow).where(DeliveryRow.id.in_(list(numbers))).values(**values))

    def get(self, number: int) -> Delivery:
        """Return one message. Raises as `again`."""
        with self._sessions() as session:
            row = session.get(DeliveryRow, number)
        if row is None:
            raise StoreError(
                message("There is no message number {number}.", number=number),
                mend="The delivery log lists those there are.",
            )
        return _delivery(row)

    def recent(
        self, most: int = 200, readers: Sequence[str] | None = None, way_ids: Sequence[int] = ()
    ) -> list[Delivery]:
        """Return messages, newest first: all, or those for some readers or by some ways."""
        asked = select(DeliveryRow).order_by(DeliveryRow.id.desc()).limit(most)
        if readers is not None:
            asked = asked.where(or_(DeliveryRow.reader.in_(list(readers)), DeliveryRow.way_id.in_(list(way_ids))))
        with self._sessions() as session:
            return [_delivery(row) for row in session.scalars(asked)]


def _delivery(row: DeliveryRow) -> Delivery:
    ended_at = None if row.ended_at is None else in_utc(row.ended_at)
    made_at, due_at = in_utc(row.made_at), in_utc(row.due_at)
    return Delivery(
        row.id,
        row.kind,
        row.reader,
        row.about,
        row.way_id,
        row.content,
        row.is_batched,
        row.state,
        row.n_attempts,
        made_at,
        due_at,
        ended_at,
        row.error,
    )
