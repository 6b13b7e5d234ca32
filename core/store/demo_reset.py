"""Empties what people made while they showed the sample company; people, rights and the audit log stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import Select, delete, func, select

from core.store.audit_chain import write_down
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import (
    AnswerRow,
    Base,
    CallApprovalRow,
    CallReminderRow,
    CapabilityRow,
    CommentRow,
    DealEditRow,
    DigestRow,
    EnablementRow,
    ForecastCallRow,
    ForecastSnapshotRow,
    GapGroupRow,
    LibraryAnswerRow,
    LibraryFileRow,
    RequirementFileRow,
    RequirementLayoutRow,
    RequirementSetRow,
    ReviewRow,
    ReviewViewRow,
    ScenarioRow,
    ScopeViewRow,
)

# What hangs on a row of another table goes before it.
EMPTIED: Mapping[str, tuple[type[Base], ...]] = {
    "scenarios": (ScenarioRow,),
    "requirement lists": (ReviewRow, RequirementFileRow, RequirementSetRow),
    "layouts and merged gaps": (RequirementLayoutRow, GapGroupRow),
    "answers": (AnswerRow, LibraryAnswerRow, LibraryFileRow),
    "capabilities": (CapabilityRow,),
    "calls and approvals": (CallReminderRow, CallApprovalRow, ForecastCallRow),
    "notes of reviews": (DealEditRow,),
    "comments": (CommentRow,),
    "trainings and trials": (EnablementRow,),
    "views and digests": (ReviewViewRow, ScopeViewRow, DigestRow),
}

# What Quarterdeck itself lays down there, and lays down again.
MADE_ANEW: tuple[type[Base], ...] = (ForecastSnapshotRow,)
SAMPLE_AUTHOR = "sample"


@dataclass(frozen=True)
class DemoReset:
    """Takes back what was made in a workspace that shows the sample company.

    Attributes
    ----------
    sessions, clock
        The database, and the time now.
    """

    sessions: Sessions
    clock: Clock

    def counts(self) -> dict[str, int]:
        """Return how many rows of each kind people made, kinds without any left out."""
        with self.sessions() as session:
            rows = {
                kind: sum(session.scalar(_made_by_people(table)) or 0 for table in tables)
                for kind, tables in EMPTIED.items()
            }
        return {kind: n for kind, n in rows.items() if n}

    def apply(self, author: str) -> dict[str, int]:
        """Delete all of it in one transaction, with one row in the audit log.

        Parameters
        ----------
        author : str
            Who asked for it.

        Returns
        -------
        dict
            Kind to the number of rows deleted.
        """
        counts = self.counts()
        with self.sessions.begin() as session:
            for table in (*chain.from_iterable(EMPTIED.values()), *MADE_ANEW):
                session.execute(delete(table))
            detail = ", ".join(f"{n:,} {kind}" for kind, n in counts.items()) or "nothing to delete"
            row = {"at": self.clock(), "user": author[:200], "action": "reset", "target": "demo", "detail": detail}
            write_down(session, [row])
        return counts


def _made_by_people(table: type[Base]) -> Select[int]:
    rows = select(func.count()).select_from(table)
    return rows.where(table.author != SAMPLE_AUTHOR) if issubclass(table, ForecastCallRow) else rows
