"""Mails, meetings and calls as they are kept: added once, deleted when they are old or a person asks for it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import delete, exists, func, insert, or_, select
from sqlalchemy.orm import Session

from core.store.audit_chain import write_down
from core.store.interaction_tables import CallTurnRow, InteractionPersonRow, InteractionRow
from core.store.repositories import Clock
from core.store.sessions import Sessions

MAIL, MEETING, CALL = "mail", "meeting", "call"
SENDER, SPEAKER = "from", "speaker"
MOMENT = pl.Datetime("us", "UTC")
AT_ONCE = 400
INTERACTIONS: dict[str, Any] = {
    "id": pl.Int64,
    "kind": pl.String,
    "occurred_at": MOMENT,
    "ended_at": MOMENT,
    "thread": pl.String,
    "opportunity_id": pl.String,
    "subject": pl.String,
    "size_bytes": pl.Int64,
    "n_attachments": pl.Int64,
    "is_cancelled": pl.Boolean,
}
PEOPLE: dict[str, Any] = {
    "interaction_id": pl.Int64,
    "address": pl.String,
    "name": pl.String,
    "role": pl.String,
    "answer": pl.String,
}
TURNS: dict[str, Any] = {
    "interaction_id": pl.Int64,
    "number": pl.Int64,
    "speaker": pl.String,
    "seconds": pl.Float64,
    "n_words": pl.Int64,
    "n_questions": pl.Int64,
    "topics": pl.String,
    "step": pl.String,
    "step_due_on": pl.Date,
    "n_sentences": pl.Int64,
    "n_positive": pl.Int64,
    "n_negative": pl.Int64,
    "text": pl.String,
}


@dataclass(frozen=True)
class NewPerson:
    """Somebody who took part: a mail address in small letters, or a name where a transcript gives no more.

    `role` is "from", "to", "cc", "organizer", "attendee" or "speaker"; `answer` to an invitation is "accepted",
    "declined", "tentative" or empty.
    """

    address: str
    name: str
    role: str
    answer: str = ""


@dataclass(frozen=True)
class NewTurn:
    """What one person said in one go, counted; `step` is the kind of next step that was promised, or empty."""

    number: int
    speaker: str
    seconds: float | None
    n_words: int
    n_questions: int
    topics: str = ""
    step: str = ""
    step_due_on: date | None = None
    n_sentences: int = 0
    n_positive: int = 0
    n_negative: int = 0
    text: str = ""


@dataclass(frozen=True)
class NewInteraction:
    """A mail, meeting or call that comes in.

    Attributes
    ----------
    key : str
        The same for the same mail, wherever it was exported.
    kind : {"mail", "meeting", "call"}
    occurred_at, ended_at : datetime
        In UTC.
    people : tuple of NewPerson
    thread : str
        The same for the mails of one exchange; empty where it is not known.
    opportunity_id : str
        The deal it was put to by hand; empty where it goes by the people.
    subject, text : str
        Empty unless the settings allow them to be kept.
    """

    key: str
    kind: str
    occurred_at: datetime
    people: tuple[NewPerson, ...]
    ended_at: datetime | None = None
    thread: str = ""
    opportunity_id: str = ""
    subject: str = ""
    text: str = ""
    size_bytes: int = 0
    n_attachments: int = 0
    is_cancelled: bool = False
    turns: tuple[NewTurn, ...] = ()


@dataclass(frozen=True)
class Added:
    """How many came in new, how many were there before, and how many stand otherwise now, as a meeting called off."""

    n_new: int
    n_there: int
    n_changed: int = 0


@dataclass(frozen=True)
class InteractionRecords:
    """The mails, meetings and calls of all books; a book is one source of data.

    Attributes
    ----------
    sessions, clock
        The database, and the time now.
    """

    sessions: Sessions
    clock: Clock

    def add(self, book: str, rows: Sequence[NewInteraction], author: str, source: str) -> Added:
        """Keep what is new; a meeting that was moved or called off since takes the place of its earlier state.

        Parameters
        ----------
        book : str
        rows : sequence of NewInteraction
        author, source : str
            Who brought them and from where, for the audit log, which names nobody of those who wrote.
        """
        by_key = {row.key: row for row in rows}
        n_new = n_changed = 0
        with self.sessions.begin() as session:
            keys = list(by_key)
            for begin in range(0, len(keys), AT_ONCE):
                part = keys[begin : begin + AT_ONCE]
                standing = {row.key: row for row in session.scalars(_of_keys(book, part))}
                changed = [
                    standing[key].id for key in part if key in standing and _is_other(standing[key], by_key[key])
                ]
                session.execute(delete(InteractionRow).where(InteractionRow.id.in_(changed)))
                gone = {row.key for row in standing.values() if row.id in changed}
                fresh = [by_key[key] for key in part if key not in standing or key in gone]
                self._insert(session, book, fresh)
                n_changed += len(gone)
                n_new += len(fresh) - len(gone)
            n_there = len(rows) - n_new - n_changed
            if n_new or n_changed:
                detail = f"{n_new:,} new, {n_changed:,} changed, {n_there:,} there before"
                entry = {"user": author, "action": "took in mails, meetings or calls", "target": source[:200]}
                write_down(session, [entry | {"at": self.clock(), "detail": detail}])
        return Added(n_new, n_there, n_changed)

    def _insert(self, session: Session, book: str, rows: Sequence[NewInteraction]) -> None:
        if not rows:
            return
        now = self.clock()
        # `turns` and `people` are rows of their own.
        own = [name for name in NewInteraction.__dataclass_fields__ if name not in ("people", "turns")]
        values = [{"book": book, "added_at": now, **{name: getattr(row, name) for name in own}} for row in rows]
        session.execute(insert(InteractionRow), values)
        asked = select(InteractionRow.key, InteractionRow.id).where(
            InteractionRow.book == book, InteractionRow.key.in_([row.key for row in rows])
        )
        ids = {row.key: row.id for row in session.execute(asked)}
        people = [{"interaction_id": ids[row.key], **vars(person)} for row in rows for person in row.people]
        turns = [{"interaction_id": ids[row.key], **vars(turn)} for row in rows for turn in row.turns]
        for table, parts in ((InteractionPersonRow, people), (CallTurnRow, turns)):
            if parts:
                session.execute(insert(table), parts)

    def interactions(self, book: str) -> pl.DataFrame:
        """Return every mail, meeting and call of a book with the columns of `INTERACTIONS`, the oldest first."""
        asked = select(*(getattr(InteractionRow, name) for name in INTERACTIONS)).where(InteractionRow.book == book)
        return self._frame(asked.order_by(InteractionRow.occurred_at, InteractionRow.id), INTERACTIONS)

    def people(self, book: str) -> pl.DataFrame:
        """Return who took part in those of a book, with the columns of `PEOPLE`."""
        asked = select(*(getattr(InteractionPersonRow, name) for name in PEOPLE)).join(InteractionRow)
        return self._frame(asked.where(InteractionRow.book == book).order_by(InteractionPersonRow.id), PEOPLE)

    def turns(self, book: str) -> pl.DataFrame:
        """Return what was counted of the transcripts of a book, with the columns of `TURNS`."""
        asked = select(*(getattr(CallTurnRow, name) for name in TURNS)).join(InteractionRow)
        order = (CallTurnRow.interaction_id, CallTurnRow.number)
        return self._frame(asked.where(InteractionRow.book == book).order_by(*order), TURNS)

    def state(self, book: str) -> str:
        """Return a short text that is another as soon as something was added to a book or deleted from it."""
        asked = select(func.count(), func.max(InteractionRow.id), func.max(InteractionRow.added_at))
        with self.sessions() as session:
            values = session.execute(asked.where(InteractionRow.book == book)).one()
            n_people = session.scalar(
                select(func.count())
                .select_from(InteractionPersonRow)
                .join(InteractionRow)
                .where(InteractionRow.book == book)
            )
        return hashlib.blake2b(f"{book} {tuple(values)} {n_people}".encode(), digest_size=8).hexdigest()

    def forget(self, address: str, author: str) -> dict[str, int]:
        """Delete what is kept of a person: what they wrote or said, and that they took part in anything.

        Parameters
        ----------
        address : str
            A mail address; or a name, of somebody who only spoke in transcripts.
        author : str

        Returns
        -------
        dict
            "mails, meetings and calls": those they wrote, and those in which nobody else took part but one person;
            "mentions" and "turns" in the others.
        """
        words = address.strip().lower()
        with self.sessions.begin() as session:
            is_theirs = func.lower(InteractionPersonRow.address) == words
            whole = _theirs_alone(session, is_theirs)
            for begin in range(0, len(whole), AT_ONCE):
                part = whole[begin : begin + AT_ONCE]
                session.execute(delete(InteractionRow).where(InteractionRow.id.in_(part)))
            mentions = session.execute(delete(InteractionPersonRow).where(is_theirs))
            turns = session.execute(delete(CallTurnRow).where(func.lower(CallTurnRow.speaker) == words))
            counts = {
                "mails, meetings and calls": len(whole),
                "mentions": mentions.rowcount,  # type: ignore[attr-defined]
                "turns": turns.rowcount,  # type: ignore[attr-defined]
            }
            detail = ", ".join(f"{n:,} {name}" for name, n in counts.items())
            entry = {"user": author, "action": "deleted a person's mails and calls", "target": "engagement"}
            write_down(session, [entry | {"at": self.clock(), "detail": detail}])
        return counts

    def forget_excluded(self, addresses: Sequence[str], domains: Sequence[str], author: str) -> int:
        """Delete all in which somebody of some addresses or domains took part; return how many it were."""
        if not addresses and not domains:
            return 0
        column = func.lower(InteractionPersonRow.address)
        ends = [column.endswith(f"{mark}{domain}", autoescape=True) for domain in domains for mark in ("@", ".")]
        named = exists().where(
            InteractionPersonRow.interaction_id == InteractionRow.id, or_(column.in_(list(addresses)), *ends)
        )
        with self.sessions.begin() as session:
            n_rows: int = session.execute(delete(InteractionRow).where(named)).rowcount  # type: ignore[attr-defined]
            if n_rows:
                entry = {"user": author, "action": "deleted mails and calls without consent", "target": "engagement"}
                write_down(session, [entry | {"at": self.clock(), "detail": f"{n_rows:,} rows"}])
        return n_rows

    def _frame(self, asked: Any, shape: dict[str, Any]) -> pl.DataFrame:
        with self.sessions() as session:
            rows = [tuple(row) for row in session.execute(asked)]
        # SQLite gives moments without their zone, which is UTC.
        plain = {name: pl.Datetime("us") if kind == MOMENT else kind for name, kind in shape.items()}
        bare = [tuple(v.replace(tzinfo=None) if isinstance(v, datetime) else v for v in row) for row in rows]
        frame = pl.DataFrame(bare, schema=plain, orient="row")
        moments = [name for name, kind in shape.items() if kind == MOMENT]
        return frame.with_columns(pl.col(moments).dt.replace_time_zone("UTC"))


def _of_keys(book: str, keys: Sequence[str]) -> Any:
    return select(InteractionRow).where(InteractionRow.book == book, InteractionRow.key.in_(keys))


def _is_other(row: InteractionRow, given: NewInteraction) -> bool:
    """Say whether a meeting was moved or called off since it was kept; a mail never changes."""
    standing = row.occurred_at.replace(tzinfo=None), row.is_cancelled
    return given.kind == MEETING and standing != (given.occurred_at.replace(tzinfo=None), given.is_cancelled)


def _theirs_alone(session: Session, is_theirs: Any) -> list[int]:
    """Return the ids of what somebody wrote, and of what they were in with one other person at most."""
    mine = select(InteractionPersonRow.interaction_id).where(is_theirs)
    wrote = set(session.scalars(mine.where(InteractionPersonRow.role == SENDER)))
    counts = (
        select(InteractionPersonRow.interaction_id)
        .where(InteractionPersonRow.interaction_id.in_(mine))
        .group_by(InteractionPersonRow.interaction_id)
        .having(func.count(func.distinct(InteractionPersonRow.address)) <= 2)
    )
    return sorted(wrote | set(session.scalars(counts)))
