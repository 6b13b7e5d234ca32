"""What people answered before: every confirmed or corrected counterpart and answer, added and never changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl
from sqlalchemy import func, insert, select

from core.contracts.errors import StoreError
from core.localization import message
from core.store.sessions import Sessions
from core.store.tables import AnswerRow

WITHDRAWN, PREFIX = "withdrawn", "answer "
LIKELY = "likely"
KINDS = ("confirmed", "corrected", LIKELY, WITHDRAWN)
SHAPE: dict[str, Any] = {
    "answer_id": pl.String,
    "text": pl.String,
    "capability_id": pl.String,
    "answer": pl.String,
    "category": pl.String,
    "source": pl.String,
    "place": pl.String,
    "owner": pl.String,
    "kind": pl.String,
    "chance": pl.Float64,
    "at": pl.Datetime("us"),
    "age_days": pl.Int64,
}


@dataclass(frozen=True)
class Decision:
    """What a person decided on one requirement.

    Attributes
    ----------
    text : str
        The requirement, verbatim.
    source, place : str
        The list it stood in, and where: its sheet and row.
    kind : str
        confirmed (the first candidate is right), likely (confirmed with many others at once, so that it is not
        certain), corrected (another one, or none), or withdrawn.
    capability_id : str, optional
        None where there is no counterpart.
    answer : str
        What is answered to the buyer; may be empty.
    category : str
    chance : float, optional
        How sure the first candidate was, as shipped; confidence is re-fitted on it.
    """

    text: str
    source: str
    place: str
    kind: str
    capability_id: str | None = None
    answer: str = ""
    category: str = ""
    chance: float | None = None


class Answers:
    """The library of answers; a later decision on the same row stands before an earlier one."""

    def __init__(self, sessions: Sessions, clock: Callable[[], datetime]) -> None:
        self._sessions, self._clock = sessions, clock

    def add(self, decisions: Sequence[Decision], user: str) -> None:
        """Write decisions down.

        Raises
        ------
        StoreError
            When a kind is not known or a requirement has no text; nothing is written then.
        """
        for decision in decisions:
            if decision.kind not in KINDS or not decision.text.strip():
                raise StoreError(
                    "A decision needs a requirement, and a kind.",
                    mend=message("Kinds: {kinds}.", kinds=", ".join(KINDS)),
                )
        at = self._clock()
        rows = [
            {
                "at": at,
                "owner": user[:200],
                "source": decision.source[:260],
                "place": decision.place[:260],
                "text": decision.text,
                "kind": decision.kind,
                "capability_id": decision.capability_id,
                "answer": decision.answer,
                "category": decision.category,
                "chance": decision.chance,
            }
            for decision in decisions
        ]
        if rows:
            with self._sessions.begin() as session:
                session.execute(insert(AnswerRow), rows)

    def withdraw(self, answer_ids: Sequence[str], user: str) -> int:
        """Take answers back: they and what was decided on the same rows before count no longer, and stay on record.

        Parameters
        ----------
        answer_ids : sequence of str
            As `frame` gives them, such as "answer 12"; others are passed over.
        user : str

        Returns
        -------
        int
            How many were taken back.
        """
        numbers = [
            int(answer_id.split()[-1])
            for answer_id in answer_ids
            if answer_id.startswith(PREFIX) and answer_id.split()[-1].isdigit()
        ]
        with self._sessions() as session:
            rows = session.scalars(
                select(AnswerRow).where(AnswerRow.id.in_(numbers), AnswerRow.kind != WITHDRAWN)
            ).all()
        self.add(
            [Decision(r.text, r.source, r.place, WITHDRAWN, r.capability_id, r.answer, r.category) for r in rows], user
        )
        return len(rows)

    def stamp(self) -> int:
        """Return a number that rises with every decision."""
        with self._sessions() as session:
            return int(session.scalar(select(func.max(AnswerRow.id))) or 0)

    def frame(self) -> pl.DataFrame:
        """Return what stands, newest first: [answer_id, text, capability_id, answer, category, source, place, \
owner, kind, chance, at, age_days], at in UTC."""
        newest = select(func.max(AnswerRow.id)).group_by(AnswerRow.source, AnswerRow.place, AnswerRow.text)
        asked = select(AnswerRow).where(AnswerRow.id.in_(newest), AnswerRow.kind != WITHDRAWN)
        now = self._clock()
        with self._sessions() as session:
            rows = [_as_row(row, now) for row in session.scalars(asked.order_by(AnswerRow.id.desc()))]
        return pl.DataFrame(rows, schema=SHAPE, orient="row")


def _as_row(row: AnswerRow, now: datetime) -> tuple[Any, ...]:
    at = row.at.replace(tzinfo=UTC) if row.at.tzinfo is None else row.at.astimezone(UTC)
    return (
        f"{PREFIX}{row.id}",
        row.text,
        row.capability_id,
        row.answer,
        row.category,
        row.source,
        row.place,
        row.owner,
        row.kind,
        row.chance,
        at.replace(tzinfo=None),
        max((now - at).days, 0),
    )
