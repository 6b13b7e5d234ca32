"""Deletes what people left once it is old enough, and leaves the rest of the audit log provable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Delete, Engine, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from core.localization import message
from core.store import audit_guards
from core.store.audit_chain import BASE, CUT, write_down
from core.store.interaction_tables import InteractionRow
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import AuditHeadRow, AuditRow, CommentRow, ModelCallRow, SignInRow

AUDIT, COMMENTS, SIGN_INS, MODEL_CALLS = "audit log", "comments", "sign-ins", "model calls"
INTERACTIONS = "mails, meetings and calls"
USER = "Quarterdeck"


@dataclass(frozen=True)
class Retention:
    """What is deleted after how many days.

    Attributes
    ----------
    sessions, clock
        The database, and the time now.
    """

    sessions: Sessions
    clock: Clock

    @property
    def engine(self) -> Engine:
        """Return the database's engine."""
        return self.sessions.engine

    def apply(self, days: Mapping[str, int], is_trial: bool = False) -> dict[str, int]:
        """Delete what is older than some days, each kind in a transaction of its own with a row in the audit log.

        Parameters
        ----------
        days : mapping
            "comments", "sign-ins", "model calls", "mails, meetings and calls" and "audit log" to days; 0 keeps for
            good. Of sign-ins those count that have ended or were last seen so long ago.
        is_trial : bool
            Only count.

        Returns
        -------
        dict
            Kind to the number of rows deleted.

        Raises
        ------
        StoreError
            When the account may not take the guards of the audit log away: on PostgreSQL its owner must do it.
        """
        out = {}
        for kind, most in days.items():
            if most:
                before = self.clock() - timedelta(days=most)
                with self.sessions.begin() as session:
                    out[kind] = self._rows(session, kind, before)
                    if out[kind] and not is_trial:
                        self._delete(session, kind, before, out[kind])
        return out

    def _rows(self, session: Session, kind: str, before: datetime) -> int:
        table, which = _which(session, kind, before)
        return session.scalar(select(func.count()).select_from(table).where(which)) or 0

    def _delete(self, session: Session, kind: str, before: datetime, n_rows: int) -> None:
        table, which = _which(session, kind, before)
        detail = message("{n_rows:,} rows before {before:%Y-%m-%d %H:%M} UTC", n_rows=n_rows, before=before)
        asked: Delete = delete(table).where(which)
        if kind == AUDIT:
            last = session.execute(
                select(AuditRow.number, AuditRow.hash).where(which).order_by(AuditRow.id.desc()).limit(1)
            ).one()
            detail = message(
                "{detail}; the last of them was row {number} with hash {hash}",
                detail=detail,
                number=last.number,
                hash=last.hash,
            )
            audit_guards.drop(session.connection())
            session.execute(asked)
            audit_guards.create(session.connection())
            _set_base(session, last.number, last.hash)
        else:
            session.execute(asked)
        write_down(session, [{"at": self.clock(), "user": USER, "action": CUT, "target": kind, "detail": detail}])


def _which(session: Session, kind: str, before: datetime) -> tuple[Any, Any]:
    """Return the table of a kind, and which of its rows are old enough."""
    if kind == COMMENTS:
        return CommentRow, CommentRow.said_at < before
    if kind == INTERACTIONS:
        return InteractionRow, InteractionRow.occurred_at < before
    if kind == MODEL_CALLS:
        return ModelCallRow, ModelCallRow.asked_at < before
    if kind == SIGN_INS:
        is_over = and_(SignInRow.ended_at.is_not(None), SignInRow.ended_at < before)
        return SignInRow, or_(is_over, SignInRow.last_seen_at < before)
    # A clock that was set back leaves older times after newer ones: only rows in front of the first young one go.
    first = session.scalar(select(func.min(AuditRow.id)).where(AuditRow.at >= before))
    newest = session.scalar(select(func.max(AuditRow.id))) or 0
    return AuditRow, AuditRow.id < (first if first is not None else newest)


def _set_base(session: Session, number: int, current: str) -> None:
    values = {"number": number, "hash": current}
    if session.get(AuditHeadRow, BASE) is None:
        session.execute(insert(AuditHeadRow).values(id=BASE, **values))
    else:
        session.execute(update(AuditHeadRow).where(AuditHeadRow.id == BASE).values(**values))
