"""Answers to writes that named an Idempotency-Key: given again where the same is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions
from core.store.tables import ApiReplayRow

LASTS = timedelta(hours=24)
GIVEN_UP = timedelta(minutes=5)
RUNNING = 0


@dataclass(frozen=True)
class Replay:
    """The answer to a write.

    Attributes
    ----------
    request_hash : str
        Of method, address and body.
    status : int
        0 while the first request is being answered.
    headers : dict
    body : str
    begun_at : datetime
    """

    request_hash: str
    status: int
    headers: dict[str, Any]
    body: str
    begun_at: datetime


class ApiReplays:
    """Answers to be given again, for a day."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def begin(self, owner: str, key: str, request_hash: str) -> Replay | None:
        """Begin a write; return what there is of an earlier one of the same owner and key, or None where it is new.

        A write that began five minutes ago and never ended counts as none.
        """
        now = self._clock()
        lapsed = (ApiReplayRow.begun_at < now - LASTS) | (
            (ApiReplayRow.status == RUNNING) & (ApiReplayRow.begun_at < now - GIVEN_UP)
        )
        row = {"owner": owner, "key": key, "request_hash": request_hash, "status": RUNNING, "headers": {}, "body": ""}
        try:
            with self._sessions.begin() as session:
                session.execute(delete(ApiReplayRow).where(lapsed))
                session.execute(insert(ApiReplayRow).values(**row, begun_at=now))
        except IntegrityError:
            return self._earlier(owner, key)
        return None

    def _earlier(self, owner: str, key: str) -> Replay | None:
        with self._sessions() as session:
            row = session.scalars(
                select(ApiReplayRow).where(ApiReplayRow.owner == owner, ApiReplayRow.key == key)
            ).first()
        if row is None:
            return None
        return Replay(row.request_hash, row.status, dict(row.headers), row.body, in_utc(row.begun_at))

    def end(self, owner: str, key: str, status: int, headers: dict[str, Any], body: str) -> None:
        """Keep the answer."""
        own = (ApiReplayRow.owner == owner) & (ApiReplayRow.key == key)
        with self._sessions.begin() as session:
            session.execute(update(ApiReplayRow).where(own).values(status=status, headers=headers, body=body))

    def drop(self, owner: str, key: str) -> None:
        """Forget a write that led to nothing, so that it may be tried again."""
        with self._sessions.begin() as session:
            session.execute(delete(ApiReplayRow).where(ApiReplayRow.owner == owner, ApiReplayRow.key == key))
