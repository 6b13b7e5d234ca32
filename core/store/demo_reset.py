"""Empties what people made while they showed the sample company; people, rights and the audit log stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import Select, delete, func, select

from core.store.audit_chain import write_down
from core.store.benchmark_tables import BenchmarkExportRow, BenchmarkFileRow
from core.store.interaction_tables import CallTurnRow, InteractionPersonRow, InteractionRow
from core.store.pay_tables import PayApprovalRow, PayExceptionRow, PayPlansRow
from core.store.play_tables import PlayChangeRow, PlayRow, PlayRunRow, PlayStepRow
from core.store.project_tables import BuyerQuestionRow, ProjectMemberRow, ProjectPlanRow, RowChangeRow, WorkTaskRow
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import (
    AccessEntryRow,
    AlertLedgerRow,
    AlertRuleRow,
    AlertWayRow,
    AnswerRow,
    ApiKeyRow,
    ApiReplayRow,
    AuditHeadRow,
    AuditRow,
    Base,
    CallApprovalRow,
    CallReminderRow,
    CapabilityRow,
    CommentRow,
    DealEditRow,
    DeliveryRow,
    DigestRow,
    EmbedLinkRow,
    EnablementRow,
    EventRow,
    ForecastCallRow,
    ForecastSnapshotRow,
    GapGroupRow,
    JobRow,
    KnownPersonRow,
    LeaseRow,
    LibraryAnswerRow,
    LibraryFileRow,
    ModelCallRow,
    PersonKeyRow,
    PreferenceRow,
    RequirementFileRow,
    RequirementLayoutRow,
    RequirementSetRow,
    ReviewRow,
    ReviewViewRow,
    ScenarioRow,
    ScimMemberRow,
    ScimResourceRow,
    ScimTokenRow,
    ScopeViewRow,
    SharedArtifactPartRow,
    SharedArtifactRow,
    SharedNoteRow,
    SignInRow,
    SourceChoiceRow,
    SourceRow,
    WorkerRow,
)

# What hangs on a row of another table goes before it.
EMPTIED: Mapping[str, tuple[type[Base], ...]] = {
    "scenarios": (ScenarioRow,),
    "requirement lists": (
        *(WorkTaskRow, BuyerQuestionRow, RowChangeRow, ProjectMemberRow, ProjectPlanRow),
        *(ReviewRow, RequirementFileRow, RequirementSetRow),
    ),
    "layouts and merged gaps": (RequirementLayoutRow, GapGroupRow),
    "answers": (AnswerRow, LibraryAnswerRow, LibraryFileRow),
    "capabilities": (CapabilityRow,),
    "calls and approvals": (CallReminderRow, CallApprovalRow, ForecastCallRow),
    "plans, exceptions and approvals of pay": (PayApprovalRow, PayExceptionRow, PayPlansRow),
    "notes of reviews": (DealEditRow,),
    "comments": (CommentRow,),
    "trainings and trials": (EnablementRow,),
    "views and digests": (ReviewViewRow, ScopeViewRow, DigestRow),
    "embedded answers": (EmbedLinkRow,),
    "plays": (PlayRow,),
    "benchmark files": (BenchmarkFileRow, BenchmarkExportRow),
    "mails, meetings and calls": (InteractionRow,),
    "alerts": (AlertRuleRow,),
    "ways of messages": (AlertWayRow,),
}

# What Quarterdeck itself lays down there, and lays down again.
MADE_ANEW: tuple[type[Base], ...] = (ForecastSnapshotRow,)

# What follows from the work that goes: it speaks of what is no more.
FOLLOWS: Mapping[type[Base], str] = {
    AlertLedgerRow: "what alerts that are gone have told",
    DeliveryRow: "messages of alerts and webhooks that are gone, sent or waiting",
    EventRow: "events of forecasts, lists and answers that are gone",
    CallTurnRow: "what was counted of transcripts",
    InteractionPersonRow: "who took part in mails, meetings and calls",
    PlayChangeRow: "what became of steps of plays",
    PlayStepRow: "steps of runs of plays",
    PlayRunRow: "runs of plays, which begin anew",
    ApiReplayRow: "answers to writes through the API, which would name what is gone",
}
# How far events were read, by how the note's name begins: the numbers of rows may begin again.
BOOKMARK = "events: "

KEPT: Mapping[type[Base], str] = {
    AuditRow: "the audit log: what was done stays written down, the reset with it",
    AuditHeadRow: "the end of the audit log's chain",
    SignInRow: "who is signed in",
    PersonKeyRow: "the keys under which the audit log names people",
    KnownPersonRow: "who came, and who waits to be let in",
    AccessEntryRow: "people, groups, roles and demo links",
    PreferenceRow: "how a person wants to see the pages: hidden names must not come back by a reset",
    SourceRow: "data of the workspace's own; where there are any, a reset is refused",
    SourceChoiceRow: "which data serve; where they are others than the sample's, a reset is refused",
    JobRow: "what the server works at and has worked at",
    WorkerRow: "which workers are there",
    SharedArtifactRow: "models and results, which hold for the sample as it is",
    SharedArtifactPartRow: "the files of models and results",
    ModelCallRow: "what a language model was asked, and what it cost: the limits of the day count it",
    LeaseRow: "who of several servers is at something",
    SharedNoteRow: "secrets to sign with and the app's address; bookmarks of events go",
    ApiKeyRow: "keys of the API: a right, no work",
    ScimTokenRow: "tokens of directories: a right, no work",
    ScimResourceRow: "people and groups as a directory provisioned them",
    ScimMemberRow: "who is in which group",
}
"""Tables a reset leaves, each with the reason."""
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
            for table in (*chain.from_iterable(EMPTIED.values()), *MADE_ANEW, *FOLLOWS):
                session.execute(delete(table))
            session.execute(delete(SharedNoteRow).where(SharedNoteRow.name.startswith(BOOKMARK)))
            detail = ", ".join(f"{n:,} {kind}" for kind, n in counts.items()) or "nothing to delete"
            row = {"at": self.clock(), "user": author[:200], "action": "reset", "target": "demo", "detail": detail}
            write_down(session, [row])
        return counts


def _made_by_people(table: type[Base]) -> Select[int]:
    rows = select(func.count()).select_from(table)
    return rows.where(table.author != SAMPLE_AUTHOR) if issubclass(table, ForecastCallRow) else rows
