"""People as the identity provider last named them: their groups, and whether they wait to be let in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import polars as pl
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core.store.audit_chain import write_down
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import KnownPersonRow, SignInRow

MOST_GROUPS = 2_000
SHAPE: dict[str, Any] = {
    "user": pl.String,
    "name": pl.String,
    "groups": pl.List(pl.String),
    "seen_at": pl.Datetime("us"),
    "asked_at": pl.Datetime("us"),
}


class KnownPeople:
    """Everybody who has ever signed in."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def note(self, user: str, name: str, groups: Iterable[str]) -> None:
        """Note what the identity provider says of a person who signs in; what it said before counts no more."""
        values = {"name": name[:200], "groups": sorted({group[:400] for group in groups})[:MOST_GROUPS]}
        try:
            with self._sessions.begin() as session:
                row = session.get(KnownPersonRow, user[:200])
                if row is None:
                    session.add(KnownPersonRow(user=user[:200], seen_at=self._clock(), asked_at=None, **values))
                else:
                    row.name, row.groups, row.seen_at = str(values["name"]), list(values["groups"]), self._clock()
        except IntegrityError:
            return  # The same person signs in twice at once: both say the same.

    def groups(self, user: str) -> tuple[str, ...]:
        """Return the groups and app roles a person had at the last sign-in."""
        with self._sessions() as session:
            return tuple(session.scalar(select(KnownPersonRow.groups).where(KnownPersonRow.user == user[:200])) or ())

    def ask(self, user: str, name: str) -> bool:
        """Note that somebody without a role wants in; say whether that is new, for then it is in the audit log."""
        with self._sessions.begin() as session:
            row = session.get(KnownPersonRow, user[:200])
            if row is not None and row.asked_at is not None:
                return False
            now = self._clock()
            if row is None:
                session.add(KnownPersonRow(user=user[:200], name=name[:200], groups=[], seen_at=now, asked_at=now))
            else:
                row.asked_at = now
            write_down(
                session,
                [{"at": now, "user": user, "action": "was turned away", "target": "sign-in", "detail": "no role"}],
            )
            return True

    def settle(self, user: str) -> None:
        """Take somebody off those who wait."""
        with self._sessions.begin() as session:
            row = session.get(KnownPersonRow, user[:200])
            if row is not None:
                row.asked_at = None

    def frame(self) -> pl.DataFrame:
        """Return everybody, by sign-in name: [user, name, groups, seen_at, asked_at], times in UTC.

        `seen_at` is when they last opened a page, or signed in where none was opened.
        """
        with self._sessions() as session:
            latest = select(SignInRow.user, func.max(SignInRow.last_seen_at)).group_by(SignInRow.user)
            pages = {row[0]: row[1] for row in session.execute(latest)}
            people = {row.user: row for row in session.scalars(select(KnownPersonRow))}
        rows = []
        for user in sorted({*people, *pages}):
            row = people.get(user)
            times = [_plain(at) for at in (pages.get(user), row.seen_at if row else None) if at is not None]
            asked = _plain(row.asked_at) if row is not None and row.asked_at is not None else None
            rows.append((user, row.name if row else "", list(row.groups) if row else [], max(times), asked))
        return pl.DataFrame(rows, schema=SHAPE, orient="row")


def _plain(at: datetime) -> datetime:
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).replace(tzinfo=None)
