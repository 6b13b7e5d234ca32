"""The catalogue as people edit it: each save is a version of its own, two at once lose nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.contracts.errors import ConflictError, StoreError
from core.store.append_only import LONGEST_NOTE, Versions
from core.store.audit_chain import write_down
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import CapabilityRow

MOST_AT_ONCE = 400
LONGEST = {"capability_id": 200, "category": 40, "status": 40, "owner": 200, "merged_into": 200}


@dataclass(frozen=True)
class CapabilityEdit:
    """What one capability shall say.

    Attributes
    ----------
    capability_id : str
    version : int
        The version its author saw; 0 where it was never edited here.
    values : mapping
        name, category, status, description, limit, commitments, available_on, effort_weeks, owner, evidence,
        how, scope, exception, evidence_on, is_retired, merged_into.
    """

    capability_id: str
    version: int
    values: Mapping[str, Any]


class Capabilities(Versions):
    """All versions of all capabilities."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        super().__init__(sessions, clock, CapabilityRow, "capability")

    def stamp(self, book: str) -> int:
        """Return a number that rises with every save."""
        with self.sessions() as session:
            return int(session.scalar(select(func.max(CapabilityRow.id)).where(CapabilityRow.book == book)) or 0)

    def save_all(self, book: str, edits: Sequence[CapabilityEdit], author: str) -> list[ConflictError]:
        """Save many capabilities in one go, with a row of the audit log each.

        Parameters
        ----------
        book : str
        edits : sequence of CapabilityEdit
        author : str

        Returns
        -------
        list of ConflictError
            One for each capability that somebody else saved in between; it is left as it stands, all others
            are saved.

        Raises
        ------
        StoreError
            When a value is too long, or others keep saving the same capabilities; nothing is saved then.
        """
        for edit in edits:
            self._check({"capability_id": edit.capability_id, **edit.values})
        for _ in range(3):
            try:
                with self.sessions.begin() as session:
                    return self._all(session, book, edits, author)
            except IntegrityError:
                continue
        raise StoreError("Others keep saving the same capabilities.", mend="Load the page again and repeat it.")

    def _all(self, session: Session, book: str, edits: Sequence[CapabilityEdit], author: str) -> list[ConflictError]:
        standing = self._standing(session, book, [edit.capability_id for edit in edits])
        met, rows, audit_rows = [], [], []
        at = self.clock()
        for edit in edits:
            newest = standing.get(edit.capability_id)
            if (newest.version if newest else 0) != edit.version:
                met.append(self._conflict(newest))
                continue
            about = {"capability_id": edit.capability_id}
            mark = {"book": book, "author": author[:200], "saved_at": at, "version": edit.version + 1}
            rows.append({**about, **edit.values, **mark})
            audit_rows.append({"at": at, **self._audit(about, edit.values, newest, author)})
        if rows:
            session.execute(insert(CapabilityRow), rows)
            write_down(session, audit_rows)
        return met

    def _standing(self, session: Session, book: str, ids: Sequence[str]) -> dict[str, CapabilityRow]:
        """Return the newest version of each of some capabilities."""
        newest: dict[str, CapabilityRow] = {}
        for begin in range(0, len(ids), MOST_AT_ONCE):
            some = ids[begin : begin + MOST_AT_ONCE]
            asked = select(CapabilityRow).where(CapabilityRow.book == book, CapabilityRow.capability_id.in_(some))
            for row in session.scalars(asked.order_by(CapabilityRow.version)):
                newest[row.capability_id] = row
        return newest

    def _check(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            most = LONGEST.get(name, LONGEST_NOTE)
            if isinstance(value, str) and len(value) > most:
                raise StoreError(
                    f"{name.replace('_', ' ').capitalize()} has {len(value):,} characters.",
                    str(values.get("capability_id", ""))[:60],
                    f"Shorten it to {most:,} or fewer.",
                )
