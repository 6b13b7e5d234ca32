"""Reminders of missing calls that wait to be sent; whoever sends them reads this table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from core.localization import message
from core.store.audit_chain import write_down
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import CallReminderRow

SHAPE: dict[str, Any] = {
    "manager_id": pl.String,
    "period_start_on": pl.Date,
    "due_on": pl.Date,
    "reason": pl.String,
    "queued_by": pl.String,
    "queued_on": pl.Date,
}


@dataclass(frozen=True)
class CallReminders:
    """Reminders of all books; a book is one source of data.

    Attributes
    ----------
    sessions, clock
        The database, and the time now.
    """

    sessions: Sessions
    clock: Clock

    def queue(self, book: str, rows: Iterable[Mapping[str, Any]], author: str) -> list[str]:
        """Queue reminders, at most one a day for each manager and quarter, and none while an earlier one waits.

        Parameters
        ----------
        book : str
        rows : iterable of mappings
            manager_id, period_start_on, due_on, reason.
        author : str
            Who reminds.

        Returns
        -------
        list of str
            The managers for whom a reminder was added; the audit log names them too.
        """
        waiting = set(self.waiting(book).select("manager_id", "period_start_on").iter_rows())
        added = []
        for row in rows:
            if (row["manager_id"], row["period_start_on"]) not in waiting and self._add(book, row, author):
                added.append(str(row["manager_id"]))
        return added

    def _add(self, book: str, row: Mapping[str, Any], author: str) -> bool:
        now = self.clock()
        values = {name: row[name] for name in ("manager_id", "period_start_on", "due_on", "reason")}
        trail = {
            "at": now,
            "user": author[:200],
            "action": "reminder of the forecast call queued",
            "target": f"{row['manager_id']} {row['period_start_on']}",
            "detail": message("{reason}; due {due_on}", reason=row["reason"], due_on=row["due_on"]),
        }
        try:
            with self.sessions.begin() as session:
                session.execute(
                    insert(CallReminderRow).values(
                        book=book, queued_by=author[:200], queued_on=now.date(), queued_at=now, **values
                    )
                )
                write_down(session, [trail])
        except IntegrityError:
            return False
        return True

    def waiting(self, book: str, period: date | None = None) -> pl.DataFrame:
        """Return what waits to be sent, oldest first, of one quarter or of all.

        Returns
        -------
        pl.DataFrame
            [manager_id, period_start_on, due_on, reason, queued_by, queued_on].
        """
        asked = select(CallReminderRow).where(CallReminderRow.book == book, CallReminderRow.sent_at.is_(None))
        if period is not None:
            asked = asked.where(CallReminderRow.period_start_on == period)
        with self.sessions() as session:
            rows = [
                tuple(getattr(row, name) for name in SHAPE)
                for row in session.scalars(asked.order_by(CallReminderRow.id))
            ]
        return pl.DataFrame(rows, schema=SHAPE, orient="row")
