"""What happened, as a log that is only added to and can be read again from any point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from core.contracts.errors import StoreError
from core.localization import message
from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions
from core.store.tables import EventRow

LONGEST_LIST = 1_000


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes
    ----------
    event_id : str
        The same for the same thing, however often it is seen.
    kind, subject : str
    content : dict
    happened_at : datetime
        In UTC.
    id : int
        Its place in the log; 0 before it is written.
    """

    event_id: str
    kind: str
    subject: str
    content: dict[str, Any]
    happened_at: datetime
    id: int = 0


class Events:
    """The log of events."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def add(self, events: Sequence[Event]) -> list[Event]:
        """Write events down; return those that were not there already, with their place."""
        if not events:
            return []
        values = [
            {
                "event_id": event.event_id,
                "kind": event.kind,
                "subject": event.subject[:400],
                "content": event.content,
                "happened_at": event.happened_at,
            }
            for event in events
        ]
        with self._sessions.begin() as session:
            dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
            last = session.scalar(select(EventRow.id).order_by(EventRow.id.desc()).limit(1)) or 0
            for value in values:
                session.execute(dialect.insert(EventRow).values(value).on_conflict_do_nothing())
            asked = select(EventRow).where(EventRow.id > last).order_by(EventRow.id)
            names = {event.event_id for event in events}
            return [_event(row) for row in session.scalars(asked) if row.event_id in names]

    def after(self, number: int = 0, most: int = 100, kind: str = "") -> list[Event]:
        """Return events after a place in the log, oldest first."""
        asked = select(EventRow).where(EventRow.id > number).order_by(EventRow.id).limit(min(most, LONGEST_LIST))
        if kind:
            asked = asked.where(EventRow.kind == kind)
        with self._sessions() as session:
            return [_event(row) for row in session.scalars(asked)]

    def get(self, event_id: str) -> Event:
        """Return one event.

        Raises
        ------
        StoreError
            When there is none of that id.
        """
        with self._sessions() as session:
            row = session.scalars(select(EventRow).where(EventRow.event_id == event_id)).first()
        if row is None:
            raise StoreError(
                message("There is no event {event_id!r}.", event_id=event_id),
                mend="The log of events lists those there are.",
            )
        return _event(row)


def _event(row: EventRow) -> Event:
    return Event(row.event_id, row.kind, row.subject, row.content, in_utc(row.happened_at), row.id)
