"""What is to be done behind the pages, as rows several workers share: each is claimed by one of them at a time.

A claim is a lease. A worker that is killed lets it run out, and another takes the work over; one that merely lost
its lease learns of it when it renews, and stops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.contracts.errors import StoreError
from core.localization import message
from core.store import event_asks
from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions
from core.store.tables import ACTIVE, QUEUED, RUNNING, AlertRuleRow, AlertWayRow, JobRow, WorkerRow

DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS, FIRST_PAUSE = 3, timedelta(seconds=10)
LONGEST_MESSAGE = 2_000
ENDED = "The work ended before it was done."
STALE = timedelta(seconds=30)
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Job:
    """Something to be done.

    Attributes
    ----------
    id : int
    kind, subject : str
        What is done, and to what; of one subject at most one job of a kind waits or runs.
    payload : dict
        What else the work needs.
    state : str
        "queued", "running", "done", "failed" or "cancelled".
    n_attempts : int
        How often it was begun.
    share : float
        How much is done, from 0 to 1.
    message : str
        What is being done, or how it ended.
    asked_by : str
    asked_at : datetime
        This and the other times in UTC.
    started_at, ended_at : datetime, optional
        Of the last attempt.
    is_cancelled : bool
        Somebody asked for its end.
    worker : str
        Who claimed it last.
    """

    id: int
    kind: str
    subject: str
    payload: dict[str, Any]
    state: str
    n_attempts: int
    share: float
    message: str
    asked_by: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    is_cancelled: bool
    worker: str

    @property
    def is_active(self) -> bool:
        """Say whether it waits or runs."""
        return self.state in ACTIVE


class JobQueue:
    """The work of an installation."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def ask(self, kind: str, subject: str, payload: Mapping[str, Any] | None = None, by: str = "") -> Job:
        """Ask for work; where the same is waiting or running already, return that.

        Parameters
        ----------
        kind, subject : str
        payload : mapping, optional
            What JSON can hold.
        by : str
            Who asks.
        """
        now = self._clock()
        times = {"asked_at": now, "run_at": now}
        row = JobRow(kind=kind, subject=subject, payload=dict(payload or {}), state=QUEUED, asked_by=by[:200], **times)
        for _ in range(2):
            if (active := self.active(kind, subject)) is not None:
                return active
            try:
                with self._sessions.begin() as session:
                    session.add(row)
                return _job(row)
            except IntegrityError:
                continue  # Somebody else asked in the same moment.
        raise StoreError("The work could not be asked for.", f"{kind} {subject}", "Try again.")

    def ask_events(self, subject: str, pause: timedelta) -> bool:
        """Ask for a look at events after a pause; say whether one was asked for."""
        with self._sessions.begin() as session:
            return event_asks.ask(session, self._clock(), subject, pause)

    def has_alerts(self) -> bool:
        """Say whether anybody wants to be told anything: there is a rule, or a way for events."""
        tables = (AlertRuleRow.id, AlertWayRow.id)
        with self._sessions() as session:
            return any(session.scalar(select(column).limit(1)) is not None for column in tables)

    def active(self, kind: str, subject: str) -> Job | None:
        """Return the job of a subject that waits or runs, if there is one."""
        asked = select(JobRow).where(JobRow.kind == kind, JobRow.subject == subject, JobRow.state.in_(ACTIVE))
        with self._sessions() as session:
            row = session.scalars(asked).first()
        return None if row is None else _job(row)

    def get(self, number: int) -> Job:
        """Return one job.

        Raises
        ------
        StoreError
            When there is none of that number.
        """
        with self._sessions() as session:
            row = session.get(JobRow, number)
        if row is None:
            raise StoreError(
                message("There is no work number {number}.", number=number),
                mend="`quarterdeck jobs` lists what there is.",
            )
        return _job(row)

    def recent(self, most: int = 50) -> list[Job]:
        """Return what waits and runs, then what ended, newest first."""
        order = (JobRow.state.in_(ACTIVE).desc(), JobRow.asked_at.desc(), JobRow.id.desc())
        with self._sessions() as session:
            return [_job(row) for row in session.scalars(select(JobRow).order_by(*order).limit(most))]

    def last(self, kind: str, subject: str) -> Job | None:
        """Return the job of a subject that was asked for last."""
        asked = select(JobRow).where(JobRow.kind == kind, JobRow.subject == subject).order_by(JobRow.id.desc())
        with self._sessions() as session:
            row = session.scalars(asked.limit(1)).first()
        return None if row is None else _job(row)

    def claim(self, worker: str, kinds: Sequence[str]) -> Job | None:
        """Take over the next job, for the length of a lease; None where nothing is to be done.

        Parameters
        ----------
        worker : str
        kinds : sequence of str
            What it may take, most pressing first.
        """
        now = self._clock()
        if not self._is_something_due(now):
            return None
        self._give_up_lost(now)
        for kind in kinds:
            which = select(JobRow.id).where(JobRow.kind == kind, _is_due(now)).order_by(JobRow.id).limit(1)
            values = {"state": RUNNING, "worker": worker, "leased_until": now + LEASE, "started_at": now}
            taken = (
                update(JobRow)
                .where(JobRow.id == which.with_for_update(skip_locked=True).scalar_subquery())
                .values(n_attempts=JobRow.n_attempts + 1, share=0.0, message="", **values)
                .returning(JobRow.id)
            )
            with self._sessions.begin() as session:
                number = session.scalar(taken)
            if number is not None:
                return self.get(number)
        return None

    def renew(self, number: int, worker: str) -> bool:
        """Keep a claim; say whether it still holds and nobody asked for its end."""
        until = self._clock() + LEASE
        asked = update(JobRow).where(_mine(number, worker), JobRow.is_cancelled.is_(False)).values(leased_until=until)
        return self._changed(asked)

    def note(self, number: int, worker: str, share: float, message: str = "") -> bool:
        """Note how much is done, from 0 to 1, and what is being done; say whether the claim still holds."""
        values = {"share": min(max(share, 0.0), 1.0), "message": message[:LONGEST_MESSAGE]}
        return self._changed(update(JobRow).where(_mine(number, worker)).values(**values))

    def finish(self, number: int, worker: str, message: str = "") -> bool:
        """Note that a job is done; say whether it was still one's own."""
        is_mine = self._end(_mine(number, worker), DONE, message, share=1.0)
        return self._told(self.get(number), is_mine)

    def fail(self, number: int, worker: str, message: str, may_retry: bool = False) -> bool:
        """Note that a job failed; where it may be tried again and was not often, it waits for that.

        Parameters
        ----------
        number : int
        worker : str
        message : str
            Why, in a sentence.
        may_retry : bool
            Another attempt may end otherwise: each waits three times as long as the one before.
        """
        job = self.get(number)
        if job.is_cancelled:
            return self._end(_mine(number, worker), CANCELLED, "Cancelled.")
        if not may_retry or job.n_attempts >= MOST_ATTEMPTS:
            return self._told(job, self._end(_mine(number, worker), FAILED, message))
        pause = FIRST_PAUSE * 3 ** (job.n_attempts - 1)
        values = {"state": QUEUED, "run_at": self._clock() + pause, "leased_until": None}
        waiting = update(JobRow).where(_mine(number, worker)).values(message=message[:LONGEST_MESSAGE], **values)
        return self._changed(waiting)

    def give_back(self, number: int, worker: str) -> bool:
        """Put a job back that was not done, as when its worker is told to stop; the attempt does not count."""
        values = {"state": QUEUED, "run_at": self._clock(), "leased_until": None, "worker": ""}
        given = update(JobRow).where(_mine(number, worker)).values(n_attempts=JobRow.n_attempts - 1, **values)
        return self._changed(given)

    def cancel(self, number: int) -> bool:
        """Ask for the end of a job: one that waits ends at once, one that runs when its worker looks next."""
        waits = and_(JobRow.id == number, JobRow.state == QUEUED)
        if self._end(waits, CANCELLED, "Cancelled."):
            return True
        return self._changed(
            update(JobRow).where(JobRow.id == number, JobRow.state == RUNNING).values(is_cancelled=True)
        )

    def again(self, number: int, by: str) -> Job:
        """Ask for a job that ended once more."""
        job = self.get(number)
        return job if job.is_active else self.ask(job.kind, job.subject, job.payload, by)

    def alive(self, worker: str, host: str, process: int, public_key: str = "") -> None:
        """Note that a worker is there, and the public key by which something is sealed for it alone."""
        now = self._clock()
        values = {"host": host[:120], "process": process, "seen_at": now, "public_key": public_key}
        with self._sessions.begin() as session:
            same = update(WorkerRow).where(WorkerRow.name == worker).values(**values)
            if cast("CursorResult[Any]", session.execute(same)).rowcount == 0:
                session.execute(insert(WorkerRow).values(name=worker, started_at=now, **values))

    def gone(self, worker: str) -> None:
        """Note that a worker has stopped or was killed; what it had claimed may be claimed at once."""
        now = self._clock()
        with self._sessions.begin() as session:
            mine = and_(JobRow.worker == worker, JobRow.state == RUNNING)
            session.execute(update(JobRow).where(mine).values(leased_until=now - timedelta(seconds=1)))
            session.execute(delete(WorkerRow).where(WorkerRow.name == worker))

    def on_host(self, host: str) -> dict[str, int]:
        """Return the workers of a machine that did not say they stopped: name to process."""
        with self._sessions() as session:
            rows = session.execute(select(WorkerRow.name, WorkerRow.process).where(WorkerRow.host == host[:120]))
            return {row.name: row.process for row in rows}

    def workers(self) -> list[str]:
        """Return the workers that were there within the last half minute."""
        return list(self._present())

    def keys(self) -> dict[str, str]:
        """Return the public keys of the workers that are there, each by its worker's name."""
        return {name: key for name, key in self._present().items() if key}

    def _present(self) -> dict[str, str]:
        asked = select(WorkerRow.name, WorkerRow.public_key).where(WorkerRow.seen_at >= self._clock() - STALE)
        with self._sessions() as session:
            return {row.name: row.public_key for row in session.execute(asked.order_by(WorkerRow.name))}

    def tidy(self) -> int:
        """Delete jobs that ended a month ago, and workers nobody has seen for as long; return how many jobs."""
        before = self._clock() - KEPT
        with self._sessions.begin() as session:
            session.execute(delete(WorkerRow).where(WorkerRow.seen_at < before))
            ended = delete(JobRow).where(JobRow.ended_at < before, JobRow.state.not_in(ACTIVE))
            return int(cast("CursorResult[Any]", session.execute(ended)).rowcount)

    def _is_something_due(self, now: datetime) -> bool:
        """Say whether there may be work: whoever looks every second must not write every second."""
        with self._sessions() as session:
            return session.scalar(select(JobRow.id).where(_is_due(now)).limit(1)) is not None

    def _give_up_lost(self, now: datetime) -> None:
        """End jobs whose worker was lost as often as a job is tried, and those nobody wants any more."""
        lost = _is_lost(now)
        self._end(and_(lost, JobRow.is_cancelled.is_(True)), CANCELLED, "Cancelled.")
        self._end(and_(lost, JobRow.n_attempts >= MOST_ATTEMPTS), FAILED, ENDED)

    def _end(self, which: Any, state: str, message: str, **more: Any) -> bool:
        values = {"state": state, "message": message[:LONGEST_MESSAGE], "ended_at": self._clock(), "leased_until": None}
        return self._changed(update(JobRow).where(which).values(**values, **more))

    def _told(self, job: Job, is_ended: bool) -> bool:
        """Have events looked at where a job has ended that may be the cause of some."""
        if is_ended and job.kind in event_asks.CAUSES:
            with self._sessions.begin() as session:
                event_asks.ask(session, self._clock(), event_asks.CAUSES[job.kind])
        return is_ended

    def _changed(self, statement: Any) -> bool:
        with self._sessions.begin() as session:
            return _count(session, statement) > 0


def _count(session: Session, statement: Any) -> int:
    return int(cast("CursorResult[Any]", session.execute(statement)).rowcount)


def _is_lost(now: datetime) -> Any:
    return and_(JobRow.state == RUNNING, JobRow.leased_until < now)


def _is_due(now: datetime) -> Any:
    return or_(and_(JobRow.state == QUEUED, JobRow.run_at <= now), _is_lost(now))


def _mine(number: int, worker: str) -> Any:
    return and_(JobRow.id == number, JobRow.worker == worker, JobRow.state == RUNNING)


def _job(row: JobRow) -> Job:
    started_at, ended_at = (None if at is None else in_utc(at) for at in (row.started_at, row.ended_at))
    return Job(
        row.id,
        row.kind,
        row.subject,
        dict(row.payload),
        row.state,
        row.n_attempts,
        row.share,
        row.message,
        row.asked_by,
        in_utc(row.asked_at),
        started_at,
        ended_at,
        row.is_cancelled,
        row.worker,
    )
