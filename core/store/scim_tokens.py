"""Tokens by which a directory may provision people and groups; what is kept of one is its hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import func, select, update

from core.contracts.errors import StoreError
from core.localization import message
from core.store.audit_chain import write_down
from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions
from core.store.tables import LONGEST_NAME, ScimTokenRow

PREFIX = "qd-scim-"
NOTED_EVERY = timedelta(minutes=1)
SHAPE: dict[str, Any] = {
    "label": pl.String,
    "made_by": pl.String,
    "made_at": pl.Datetime("us"),
    "last_used_at": pl.Datetime("us"),
}


class ScimTokens:
    """The tokens of an installation."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def issue(self, label: str, by: str) -> str:
        """Make a token, and return it: it is not kept, and cannot be shown again.

        Parameters
        ----------
        label : str
            What it is called in lists and in the audit log, 1 to 120 characters, such as the directory's name.
        by : str

        Raises
        ------
        StoreError
            When a token of that label counts already, or the label is empty or too long.
        """
        title = label.strip()
        if not title or len(title) > LONGEST_NAME:
            raise StoreError(
                message("A token needs a label of 1 to {longest_name} characters.", longest_name=LONGEST_NAME),
                mend="Name the directory.",
            )
        token = PREFIX + secrets.token_urlsafe(32)
        now = self._clock()
        with self._sessions.begin() as session:
            asked = select(func.count()).where(ScimTokenRow.label == title, ScimTokenRow.ended_at.is_(None))
            if session.scalar(asked):
                raise StoreError(
                    message("There is a token called {title!r}.", title=title),
                    mend="End it first, or choose another label.",
                )
            session.add(ScimTokenRow(label=title, hash=_hash(token), made_by=by[:200], made_at=now))
            write_down(session, [{"at": now, "user": by, "action": "made a SCIM token", "target": title}])
        return token

    def end(self, label: str, by: str) -> None:
        """End a token at once.

        Raises
        ------
        StoreError
            When none of that label counts.
        """
        now = self._clock()
        with self._sessions.begin() as session:
            asked = select(ScimTokenRow).where(ScimTokenRow.label == label, ScimTokenRow.ended_at.is_(None))
            row = session.scalar(asked)
            if row is None:
                raise StoreError(
                    message("There is no token called {label!r}.", label=label), mend="See `quarterdeck scim list`."
                )
            row.ended_at = now
            write_down(session, [{"at": now, "user": by, "action": "ended a SCIM token", "target": label}])

    def label_of(self, token: str) -> str | None:
        """Return the label of a token that counts, and note that it was used; None for any other word."""
        with self._sessions() as session:
            asked = select(ScimTokenRow).where(ScimTokenRow.hash == _hash(token), ScimTokenRow.ended_at.is_(None))
            row = session.scalar(asked)
        if row is None:
            return None
        now = self._clock()
        if row.last_used_at is None or now - in_utc(row.last_used_at) > NOTED_EVERY:
            with self._sessions.begin() as session:
                session.execute(update(ScimTokenRow).where(ScimTokenRow.id == row.id).values(last_used_at=now))
        return row.label

    def is_any(self) -> bool:
        """Say whether any token counts: where none does, there is no provisioning."""
        with self._sessions() as session:
            return bool(session.scalar(select(func.count()).where(ScimTokenRow.ended_at.is_(None))))

    def frame(self) -> pl.DataFrame:
        """Return the tokens that count, by label: [label, made_by, made_at, last_used_at], times in UTC."""
        with self._sessions() as session:
            asked = select(ScimTokenRow).where(ScimTokenRow.ended_at.is_(None)).order_by(ScimTokenRow.label)
            rows = [(r.label, r.made_by, _plain(r.made_at), _plain(r.last_used_at)) for r in session.scalars(asked)]
        return pl.DataFrame(rows, schema=SHAPE, orient="row")


def _hash(token: str) -> str:
    """Return what is kept of a token; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(at: datetime | None) -> datetime | None:
    return None if at is None else in_utc(at).replace(tzinfo=None)
