"""Asking for a look at events in the very transaction that writes their cause, so that nobody waits for the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.store.tables import QUEUED, RUNNING, AlertRuleRow, AlertWayRow, JobRow

TELL, ALERTS, EVENTS = "tell", "alerts", "events"
AGAIN = ", again"  # Beside a look that runs already, and may have passed what is new, another one waits.
CAUSES = {"sync": ALERTS, "prepare": ALERTS, "learn": ALERTS}  # jobs whose end is looked at


def ask(session: Session, now: datetime, subject: str = EVENTS, pause: timedelta = timedelta(0)) -> bool:
    """Ask for a look at events, in the transaction that writes their cause; say whether one was asked for.

    Nothing is asked for where nobody wants to be told anything, or where such a look waits already.

    Parameters
    ----------
    session : Session
        In its transaction.
    now : datetime
        In UTC.
    subject : {"events", "alerts"}
        What people did, or that and what the data and the models show.
    pause : timedelta
        How long it waits.
    """
    if not any(session.scalar(select(column).limit(1)) is not None for column in (AlertRuleRow.id, AlertWayRow.id)):
        return False
    names = (subject, f"{subject}{AGAIN}")
    active = select(JobRow.subject, JobRow.state).where(
        JobRow.kind == TELL, JobRow.subject.in_(names), JobRow.state.in_((QUEUED, RUNNING))
    )
    states = {row.subject: row.state for row in session.execute(active)}
    free = [name for name in names if name not in states]
    if QUEUED in states.values() or not free:
        return False
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    times = {"asked_at": now, "run_at": now + pause}
    fresh = {"n_attempts": 0, "share": 0.0, "message": "", "worker": "", "is_cancelled": False, "asked_by": "event"}
    row = {"kind": TELL, "subject": free[0], "payload": {}, "state": QUEUED, **times, **fresh}
    session.execute(dialect.insert(JobRow).values(row).on_conflict_do_nothing())
    return True
