"""What people and syncs did since the last look: forecasts submitted, lists read, answers approved, syncs failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select

from core.localization import message
from core.store.repositories import in_utc
from core.store.reviews import APPROVED
from core.store.sessions import Sessions
from core.store.tables import ForecastCallRow, JobRow, LibraryAnswerRow, RequirementSetRow, ReviewRow

MOST = 500


@dataclass(frozen=True)
class Happening:
    """Something a person or a sync did.

    Attributes
    ----------
    mark : str
        What makes it this one.
    subject : str
    content : dict
        Ids and figures, no names.
    at : datetime
        In UTC.
    """

    mark: str
    subject: str
    content: dict[str, Any]
    at: datetime


class RecentRows:
    """Reads what is new in a database."""

    def __init__(self, engine: Engine) -> None:
        self._sessions = Sessions(engine)

    def last_call(self) -> int:
        """Return the number of the newest forecast; 0 without any."""
        with self._sessions() as session:
            return int(session.scalar(select(func.max(ForecastCallRow.id))) or 0)

    def calls(self, after: int) -> list[tuple[int, Happening]]:
        """Return forecasts submitted after one, with their numbers."""
        asked = select(ForecastCallRow).where(ForecastCallRow.id > after).order_by(ForecastCallRow.id).limit(MOST)
        with self._sessions() as session:
            return [(row.id, _call(row)) for row in session.scalars(asked)]

    def lists(self, since: datetime) -> list[Happening]:
        """Return requirement lists first saved since a time."""
        new = (RequirementSetRow.version == 1) & (RequirementSetRow.saved_at > since)
        asked = select(RequirementSetRow).where(new).order_by(RequirementSetRow.saved_at).limit(MOST)
        with self._sessions() as session:
            return [
                Happening(
                    message("list {id}", id=row.id),
                    message("list {id}", id=row.id),
                    {"list_id": row.id},
                    in_utc(row.saved_at),
                )
                for row in session.scalars(asked)
            ]

    def approvals(self, since: datetime) -> list[Happening]:
        """Return answers approved since a time."""
        asked = select(ReviewRow).where(ReviewRow.approved_at > since).order_by(ReviewRow.approved_at).limit(MOST)
        with self._sessions() as session:
            rows = [_approval(row) for row in session.scalars(asked)]
        return sorted([*rows, *self._library_approvals(since)], key=lambda happening: happening.at)[:MOST]

    def _library_approvals(self, since: datetime) -> list[Happening]:
        """Return answers of the library approved since a time: versions that bear a new approval."""
        table = LibraryAnswerRow
        is_passed = (table.state == APPROVED) & (table.author == table.approved_by) & (table.saved_at > since)
        asked = select(table).where(is_passed).order_by(table.saved_at).limit(MOST)
        with self._sessions() as session:
            return [
                Happening(
                    message("library {answer_id} {version}", answer_id=row.answer_id, version=row.version),
                    row.answer_id,
                    {"answer_id": row.answer_id, "version": row.version, "capability_id": row.capability_id},
                    in_utc(row.saved_at),
                )
                for row in session.scalars(asked)
            ]

    def failed_syncs(self, kind: str, since: datetime) -> list[Happening]:
        """Return jobs of a kind that failed since a time."""
        is_failed = (JobRow.kind == kind) & (JobRow.state == "failed") & (JobRow.ended_at > since)
        asked = select(JobRow).where(is_failed).order_by(JobRow.ended_at).limit(MOST)
        with self._sessions() as session:
            return [
                Happening(
                    message("job {id} {n_attempts}", id=row.id, n_attempts=row.n_attempts),
                    row.subject,
                    {"connector": row.subject, "reason": row.message[:400]},
                    in_utc(row.ended_at or row.asked_at),
                )
                for row in session.scalars(asked)
            ]


def _call(row: ForecastCallRow) -> Happening:
    content = {
        "manager_id": row.manager_id,
        "quarter_begins_on": str(row.period_start_on),
        "version": row.version,
        "commit_amount": row.commit_amount,
        "best_case_amount": row.best_case_amount,
    }
    return Happening(message("call {id}", id=row.id), row.manager_id, content, in_utc(row.saved_at))


def _approval(row: ReviewRow) -> Happening:
    approved_at = in_utc(row.approved_at or row.changed_at)
    mark = message(
        "answer {requirement_set_id} {sheet} {row} {approved_at}",
        requirement_set_id=row.requirement_set_id,
        sheet=row.sheet,
        row=row.row,
        approved_at=approved_at.isoformat(),
    )
    content = {"list_id": row.requirement_set_id, "row": row.row, "capability_id": row.capability_id}
    return Happening(
        mark,
        message("list {requirement_set_id}, row {row}", requirement_set_id=row.requirement_set_id, row=row.row),
        content,
        approved_at,
    )
