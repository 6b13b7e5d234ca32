"""Leases: of several servers one does something, until it says it is through or has not been heard of for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import LeaseRow, SharedNoteRow

LEASE = timedelta(seconds=30)


class Leases:
    """The leases of an installation.

    Parameters
    ----------
    sessions : Sessions
    clock : callable
        Returns the present time in UTC; the clocks of all servers should agree within a few seconds.
    """

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def acquire(self, name: str, owner: str, length: timedelta = LEASE) -> bool:
        """Take a lease that nobody has, one's own, or one whose owner has not been heard of.

        Returns
        -------
        bool
            Whether it is one's own now.

        Raises
        ------
        StoreError
            When the database cannot be reached.
        """
        now = self._clock()
        free = (LeaseRow.owner == owner) | (LeaseRow.held_until <= now)
        values = {"owner": owner, "held_until": now + length}
        if self._changed(update(LeaseRow).where(LeaseRow.name == name, free).values(**values)):
            return True
        with self._sessions() as session:
            if session.scalar(select(LeaseRow.name).where(LeaseRow.name == name)) is not None:
                return False
        try:
            with self._sessions.begin() as session:
                session.execute(insert(LeaseRow).values(name=name, **values))
        except IntegrityError:
            return False
        return True

    def renew(self, name: str, owner: str) -> bool:
        """Say that one is still at it; say whether the lease is still one's own."""
        values = {"held_until": self._clock() + LEASE}
        return self._changed(update(LeaseRow).where(*_own(name, owner)).values(**values))

    def release(self, name: str, owner: str) -> None:
        """Give a lease back; nothing happens where another has it by now."""
        self._changed(delete(LeaseRow).where(*_own(name, owner)))

    def _changed(self, statement: Any) -> bool:
        with self._sessions.begin() as session:
            return int(cast("CursorResult[Any]", session.execute(statement)).rowcount) > 0


def _own(name: str, owner: str) -> tuple[Any, Any]:
    return LeaseRow.name == name, LeaseRow.owner == owner


class SharedNotes:
    """Short texts that servers share under a name."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def get(self, name: str) -> str | None:
        """Return a text; None where there is none."""
        with self._sessions() as session:
            return session.scalar(select(SharedNoteRow.content).where(SharedNoteRow.name == name))

    def put(self, name: str, content: str) -> None:
        """Keep a text in place of the one there is."""
        with self._sessions.begin() as session:
            session.merge(SharedNoteRow(name=name, content=content))

    def ensure(self, name: str, content: str) -> str:
        """Return a text; where there is none, this one from now on, whoever else comes with another."""
        present = self.get(name)
        if present is not None:
            return present
        try:
            with self._sessions.begin() as session:
                session.execute(insert(SharedNoteRow).values(name=name, content=content))
        except IntegrityError:
            return self.get(name) or content
        return content
