"""Sign-ins on our side: each is a row that can be listed and ended, whatever cookie a browser still has."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.store.audit_chain import write_down
from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions
from core.store.tables import SignInRow

NOTED_EVERY = timedelta(minutes=1)
IDLE, TOO_OLD, ENDED = "idle", "too old", "ended"
SHAPE: dict[str, Any] = {
    "key": pl.String,
    "user": pl.String,
    "device": pl.String,
    "address": pl.String,
    "signed_in_at": pl.Datetime("us"),
    "last_seen_at": pl.Datetime("us"),
}


def key_of(user: str, *marks: object) -> str:
    """Return what a sign-in is known by: a hash of the person and what tells one of their sign-ins from another."""
    return hashlib.sha256("\n".join(map(str, (user, *marks))).encode()).hexdigest()


class SignIns:
    """The sign-ins of an installation."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def seen(
        self,
        key: str,
        user: str,
        device: str,
        address: str,
        idle: timedelta,
        longest: timedelta,
        roles: str = "",
        refuse: Callable[[], None] | None = None,
    ) -> str:
        """Note that somebody signed in opens a page; the first time, write it into the audit log.

        Parameters
        ----------
        key : str
            As `key_of` gives it.
        user, device, address : str
        idle, longest : timedelta
            How long a sign-in lasts without and with a page being opened.
        roles : str
            What the person may do, for the audit log.
        refuse : callable, optional
            Raises where there is no room for the person. It is asked the first time only, while nobody else can be
            let in: the row of the audit log before it holds the end of the log until the transaction is over, on
            SQLite and on PostgreSQL. So two people never take the last seat together.

        Returns
        -------
        str
            Why the sign-in counts no more: "idle", "too old" or "ended"; empty where it counts.
        """
        now = self._clock()
        with self._sessions() as session:
            row = session.get(SignInRow, key)
        if row is None:
            self._first(key, user, device, address, roles, refuse)
            return ""
        reason = _reason(row, now, idle, longest)
        if not reason and now - in_utc(row.last_seen_at) > NOTED_EVERY:
            with self._sessions.begin() as session:
                session.execute(update(SignInRow).where(SignInRow.id == key).values(last_seen_at=now))
        return reason

    def counts(self, key: str, idle: timedelta, longest: timedelta) -> bool:
        """Say whether a page was opened with a sign-in, as `seen` notes it, that counts still; nothing is noted."""
        with self._sessions() as session:
            row = session.get(SignInRow, key)
        return row is not None and not _reason(row, self._clock(), idle, longest)

    def is_ended(self, key: str) -> bool:
        """Say whether a sign-in was ended; one that is not there was never begun."""
        with self._sessions() as session:
            row = session.get(SignInRow, key)
        return row is None or row.ended_at is not None

    def end(self, key: str, by: str) -> None:
        """End one sign-in; whoever has its cookie signs in anew. One that has ended stays as it is."""
        self._end(SignInRow.id == key, by)

    def end_all(self, user: str, by: str) -> int:
        """End all sign-ins of a person and return how many there were."""
        return self._end(SignInRow.user == user, by)

    def users(self, within: timedelta) -> set[str]:
        """Return who opened a page within some time, whether or not they have signed out since."""
        asked = select(SignInRow.user).where(SignInRow.last_seen_at >= self._clock() - within).distinct()
        with self._sessions() as session:
            return {user.lower() for user in session.scalars(asked)}

    def open(self, idle: timedelta, longest: timedelta) -> pl.DataFrame:
        """Return the sign-ins that count, last seen first: [key, user, device, address, signed_in_at, last_seen_at]."""
        now = self._clock()
        asked = (
            select(SignInRow)
            .where(SignInRow.ended_at.is_(None))
            .where(SignInRow.last_seen_at >= now - idle, SignInRow.signed_in_at >= now - longest)
            .order_by(SignInRow.last_seen_at.desc())
        )
        with self._sessions() as session:
            rows = [
                (r.id, r.user, r.device, r.address, _plain(r.signed_in_at), _plain(r.last_seen_at))
                for r in session.scalars(asked)
            ]
        return pl.DataFrame(rows, schema=SHAPE, orient="row")

    def _first(
        self, key: str, user: str, device: str, address: str, roles: str, refuse: Callable[[], None] | None
    ) -> None:
        now = self._clock()
        values = {"id": key, "user": user[:200], "device": device[:200], "address": address[:60], "ended_by": ""}
        try:
            with self._sessions.begin() as session:
                session.execute(insert(SignInRow).values(signed_in_at=now, last_seen_at=now, **values))
                self._audit(session, user, "signed in", roles, f"{device}, {address}".strip(", "))
                if refuse is not None:
                    refuse()  # After the audit row, for which others wait: what is read besides was committed.
        except IntegrityError:
            return  # The same sign-in opened two pages at once.

    def _end(self, which: Any, by: str) -> int:
        with self._sessions.begin() as session:
            rows = session.scalars(select(SignInRow).where(which, SignInRow.ended_at.is_(None))).all()
            for row in rows:
                row.ended_at, row.ended_by = self._clock(), by[:200]
                self._audit(session, by, "signed out" if by == row.user else "ended a sign-in", row.user, row.device)
            return len(rows)

    def _audit(self, session: Session, user: str, action: str, target: str, detail: str) -> None:
        entry = {"at": self._clock(), "user": user, "action": action, "target": target, "detail": detail}
        write_down(session, [entry])


def _reason(row: SignInRow, now: datetime, idle: timedelta, longest: timedelta) -> str:
    """Return why a sign-in counts no more; empty where it counts."""
    if row.ended_at is not None:
        return ENDED
    if now - in_utc(row.signed_in_at) > longest:
        return TOO_OLD
    return IDLE if now - in_utc(row.last_seen_at) > idle else ""


def _plain(at: datetime) -> datetime:
    return in_utc(at).replace(tzinfo=None)
