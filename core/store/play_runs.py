"""Runs of plays: started once per subject and occasion, their steps done or skipped, and every change of a step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from core.contracts.errors import StoreError
from core.localization import message
from core.store.audit_chain import write_down
from core.store.play_tables import PlayChangeRow, PlayRunRow, PlayStepRow
from core.store.repositories import Clock
from core.store.sessions import Sessions

WAITING, DONE, SKIPPED = "waiting", "done", "skipped"
LONGEST_REASON = 1_000
RUNS: dict[str, Any] = {
    "id": pl.Int64,
    "play": pl.String,
    "kind": pl.String,
    "subject_id": pl.String,
    "occasion": pl.String,
    "is_held_out": pl.Boolean,
    "started_on": pl.Date,
}
STEPS: dict[str, Any] = {
    "id": pl.Int64,
    "play_run_id": pl.Int64,
    "number": pl.Int64,
    "name": pl.String,
    "assignee_id": pl.String,
    "due_on": pl.Date,
    "state": pl.String,
    "reason": pl.String,
    "changed_by": pl.String,
    "changed_on": pl.Date,
}
CHANGES: dict[str, Any] = {
    "play_step_id": pl.Int64,
    "state": pl.String,
    "assignee_id": pl.String,
    "reason": pl.String,
    "changed_by": pl.String,
    "changed_on": pl.Date,
}


@dataclass(frozen=True)
class NewStep:
    """A step of a run that begins: its name, who is to do it (an id of the sales team, or empty), and until when."""

    name: str
    assignee_id: str
    due_on: date


@dataclass(frozen=True)
class NewRun:
    """A run that begins.

    Attributes
    ----------
    play : str
        The play's key.
    kind : {"deal", "account"}
    subject_id, occasion : str
        What it is about; the occasion tells two renewals of one account apart, and is empty where there is one.
    started_on : date
    steps : tuple of NewStep
        None where the subject is left out by chance.
    is_held_out : bool
    """

    play: str
    kind: str
    subject_id: str
    occasion: str
    started_on: date
    steps: tuple[NewStep, ...] = ()
    is_held_out: bool = False


@dataclass(frozen=True)
class PlayRuns:
    """The runs of all books; a book is one source of data.

    Attributes
    ----------
    sessions, clock
        The database, and the time now.
    """

    sessions: Sessions
    clock: Clock

    def start(self, book: str, runs: Sequence[NewRun], author: str) -> int:
        """Start runs, each in a transaction of its own, and none for a subject and occasion that had the play before.

        Returns
        -------
        int
            How many were started or left out by chance, and were not there before.
        """
        asked = select(PlayRunRow.play, PlayRunRow.subject_id, PlayRunRow.occasion).where(PlayRunRow.book == book)
        with self.sessions() as session:
            standing = {tuple(row) for row in session.execute(asked)}
        fresh = [run for run in runs if (run.play, run.subject_id, run.occasion) not in standing]
        return sum(self._start(book, run, author) for run in fresh)

    def _start(self, book: str, run: NewRun, author: str) -> bool:
        now = self.clock()
        values = {
            name: getattr(run, name) for name in ("play", "kind", "subject_id", "occasion", "started_on", "is_held_out")
        }
        entry = {
            "at": now,
            "user": author,
            "action": "left out of a play by chance" if run.is_held_out else "started a play",
            "target": message(
                "{play} for {kind} {subject_id}", play=run.play, kind=run.kind, subject_id=run.subject_id
            ),
            "detail": "; ".join(
                message("{name} until {due_on}", name=step.name, due_on=step.due_on) for step in run.steps
            ),
        }
        try:
            with self.sessions.begin() as session:
                row = PlayRunRow(book=book, started_at=now, **values)
                session.add(row)
                session.flush()
                steps = [
                    {
                        "play_run_id": row.id,
                        "number": number,
                        "name": step.name,
                        "assignee_id": step.assignee_id,
                        "due_on": step.due_on,
                        "state": WAITING,
                    }
                    for number, step in enumerate(run.steps, 1)
                ]
                if steps:
                    session.execute(insert(PlayStepRow), steps)
                write_down(session, [entry])
        except IntegrityError:
            return False  # somebody else started it in the same moment
        return True

    def runs(self, book: str) -> pl.DataFrame:
        """Return every run of a book with the columns of `RUNS`, the oldest first."""
        asked = select(PlayRunRow).where(PlayRunRow.book == book).order_by(PlayRunRow.started_on, PlayRunRow.id)
        return self._frame(asked, RUNS)

    def steps(self, book: str) -> pl.DataFrame:
        """Return every step of a book's runs with the columns of `STEPS`, by run and number."""
        asked = select(PlayStepRow).join(PlayRunRow, PlayRunRow.id == PlayStepRow.play_run_id)
        asked = asked.where(PlayRunRow.book == book).order_by(PlayStepRow.play_run_id, PlayStepRow.number)
        return self._frame(asked, STEPS)

    def waiting(self, book: str, assignees: Collection[str]) -> pl.DataFrame:
        """Return the steps some people have to do, those due first in front: `STEPS` and the run's subject.

        Parameters
        ----------
        book : str
        assignees : collection of str
            Ids of the sales team.
        """
        extra = {name: RUNS[name] for name in ("play", "kind", "subject_id")}
        asked = (
            select(PlayStepRow, *(getattr(PlayRunRow, name) for name in extra))
            .join(PlayRunRow, PlayRunRow.id == PlayStepRow.play_run_id)
            .where(PlayRunRow.book == book, PlayStepRow.state == WAITING, PlayStepRow.assignee_id.in_(list(assignees)))
            .order_by(PlayStepRow.due_on, PlayStepRow.id)
        )
        with self.sessions() as session:
            rows = [(*(getattr(step, name) for name in STEPS), *subject) for step, *subject in session.execute(asked)]
        return pl.DataFrame(rows, schema=STEPS | extra, orient="row")

    def changes(self, step_ids: Collection[int]) -> pl.DataFrame:
        """Return every change of some steps with the columns of `CHANGES`, the oldest first."""
        asked = select(PlayChangeRow).where(PlayChangeRow.play_step_id.in_(list(step_ids))).order_by(PlayChangeRow.id)
        return self._frame(asked, CHANGES)

    def mark(self, step_id: int, state: str, reason: str, user: str, on: date) -> None:
        """Note that a step was done, skipped for a reason, or is to be done after all.

        Raises
        ------
        StoreError
            When there is no such step, it stands so already, or it is skipped without a reason.
        """
        words = " ".join(reason.split())
        if state == SKIPPED and not words:
            raise StoreError("A step is skipped for a reason.", mend="Write in a few words why it is not done.")
        if len(words) > LONGEST_REASON:
            raise StoreError(
                message("A reason has at most {longest_reason:,} letters.", longest_reason=LONGEST_REASON),
                mend="Shorten it.",
            )
        self._change(
            step_id, user, on, message("marked a step of a play {state}", state=state), words, state=state, reason=words
        )

    def give(self, step_id: int, assignee_id: str, user: str, on: date) -> None:
        """Give a step to somebody else of the sales team. Raises as `mark`."""
        self._change(step_id, user, on, "gave a step of a play away", "", assignee_id=assignee_id)

    def _change(self, step_id: int, user: str, on: date, action: str, words: str, /, **values: str) -> None:
        now = self.clock()
        with self.sessions.begin() as session:
            row = session.get(PlayStepRow, step_id)
            if row is None:
                raise StoreError("There is no such step.", mend="Load the page again.")
            if all(getattr(row, name) == value for name, value in values.items() if name != "reason"):
                raise StoreError("The step stands so already.", mend="Somebody may have done it: load the page again.")
            for name, value in values.items():
                setattr(row, name, value)
            row.changed_by, row.changed_on = user, on
            change = {
                "play_step_id": step_id,
                "state": row.state,
                "assignee_id": row.assignee_id,
                "reason": words,
                "changed_by": user,
                "changed_on": on,
                "changed_at": now,
            }
            session.execute(insert(PlayChangeRow).values(**change))
            target = f"step {step_id}, {row.name}"
            write_down(session, [{"at": now, "user": user, "action": action, "target": target, "detail": words}])

    def _frame(self, asked: Any, shape: dict[str, Any]) -> pl.DataFrame:
        with self.sessions() as session:
            rows = [tuple(getattr(row, name) for name in shape) for row in session.scalars(asked)]
        return pl.DataFrame(rows, schema=shape, orient="row")
