"""The tables."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

LONGEST_NAME = 120
QUEUED, RUNNING = "queued", "running"
ACTIVE = (QUEUED, RUNNING)
IS_ACTIVE = text("state IN ('queued', 'running')")


class Base(DeclarativeBase):
    """All tables; constraints are named alike everywhere, so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )


class DocumentRow(Base):
    """A named JSON document with its owner and version."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(Integer, default=1)
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ScenarioRow(DocumentRow):
    """A saved scenario."""

    __tablename__ = "scenarios"
    __table_args__ = (UniqueConstraint("owner", "name"),)

    parent: Mapped[str] = mapped_column(String(320), default="", server_default="")
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    is_shared: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    is_locked: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class RequirementSetRow(DocumentRow):
    """A saved requirement list; its file lies in a row of its own."""

    __tablename__ = "requirement_sets"
    __table_args__ = (UniqueConstraint("owner", "name"),)


class RequirementFileRow(Base):
    """The buyer's file of a requirement list, as it was uploaded."""

    __tablename__ = "requirement_files"

    requirement_set_id: Mapped[int] = mapped_column(
        ForeignKey("requirement_sets.id", ondelete="CASCADE"), primary_key=True
    )
    file_name: Mapped[str] = mapped_column(String(260))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class RequirementLayoutRow(DocumentRow):
    """How a buyer's layout is to be read, as a person said."""

    __tablename__ = "requirement_layouts"
    __table_args__ = (UniqueConstraint("owner", "name"),)


class GapGroupRow(DocumentRow):
    """Which gaps of the ledger count as one, by hand."""

    __tablename__ = "gap_groups"
    __table_args__ = (UniqueConstraint("owner", "name"),)


class EnablementRow(DocumentRow):
    """How far trainings, proofs of concept and contracts are."""

    __tablename__ = "enablement"
    __table_args__ = (UniqueConstraint("owner", "name"),)


class ReviewRow(Base):
    """What people did with one row of a requirement list."""

    __tablename__ = "review_rows"

    requirement_set_id: Mapped[int] = mapped_column(
        ForeignKey("requirement_sets.id", ondelete="CASCADE"), primary_key=True
    )
    sheet: Mapped[str] = mapped_column(String(200), primary_key=True)
    row: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(20))
    owner: Mapped[str | None] = mapped_column(String(200))
    due_on: Mapped[date | None] = mapped_column(Date)
    comment: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(String(40))
    priority: Mapped[str | None] = mapped_column(String(40))
    capability_id: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer)
    changed_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answered_by: Mapped[str | None] = mapped_column(String(200))
    approved_by: Mapped[str | None] = mapped_column(String(200))
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stage: Mapped[str | None] = mapped_column(String(40))
    is_public: Mapped[bool | None] = mapped_column(Boolean)


class AnswerRow(Base):
    """What a person decided on a requirement; rows are only ever added."""

    __tablename__ = "answers"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    owner: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(260))
    place: Mapped[str] = mapped_column(String(260))
    text: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    capability_id: Mapped[str | None] = mapped_column(String(200))
    answer: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(40))
    chance: Mapped[float | None] = mapped_column(Double)


class AuditRow(Base):
    """Who did what, when; rows are only ever added, each linked to the one before by its hash."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    user: Mapped[str] = mapped_column("user_name", String(200))
    action: Mapped[str] = mapped_column(String(80))
    target: Mapped[str] = mapped_column(String(400))
    detail: Mapped[str] = mapped_column(Text, default="")
    number: Mapped[int] = mapped_column(Integer, server_default="0")
    previous_hash: Mapped[str] = mapped_column(String(64), server_default="")
    hash: Mapped[str] = mapped_column(String(64), server_default="")


class AuditHeadRow(Base):
    """The number and hash of the audit log's newest row: one row, which whoever adds to the log takes first."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
    hash: Mapped[str] = mapped_column(String(64))


class SignInRow(Base):
    """One sign-in of a person; its id is a hash of what tells it from their others."""

    __tablename__ = "sign_ins"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user: Mapped[str] = mapped_column("user_name", String(200), index=True)
    device: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(60))
    signed_in_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    ended_by: Mapped[str] = mapped_column(String(200), default="")


class PersonKeyRow(Base):
    """The key under which the audit log has a mail address or a name; without it the line names nobody."""

    __tablename__ = "person_keys"

    word: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(40))


class KnownPersonRow(Base):
    """What the identity provider said of a person when they last signed in, and whether they wait to be let in."""

    __tablename__ = "known_people"

    user: Mapped[str] = mapped_column("user_name", String(200), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    groups: Mapped[list[str]] = mapped_column("group_names", JSON)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)


class VersionedRow(Base):
    """One version of a record about one thing; rows are only ever added."""

    __abstract__ = True
    KEYS: ClassVar[tuple[str, ...]]
    WORDS: ClassVar[tuple[str, ...]]

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    book: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer)
    author: Mapped[str] = mapped_column(String(200))
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ForecastCallRow(VersionedRow):
    """A manager's call for a period, with the system's number as it stood beside it."""

    __tablename__ = "forecast_calls"
    __table_args__ = (UniqueConstraint("book", "manager_id", "period_start_on", "version"),)
    KEYS = ("manager_id", "period_start_on")
    WORDS = ("commit_amount", "best_case_amount", "pipeline_amount", "note")

    manager_id: Mapped[str] = mapped_column(String(200))
    period_start_on: Mapped[date] = mapped_column(Date)
    called_on: Mapped[date] = mapped_column(Date)
    commit_amount: Mapped[float] = mapped_column(Double)
    best_case_amount: Mapped[float | None] = mapped_column(Double)
    pipeline_amount: Mapped[float | None] = mapped_column(Double)
    note: Mapped[str] = mapped_column(Text, default="")
    system_amount: Mapped[float | None] = mapped_column(Double)
    system_lower: Mapped[float | None] = mapped_column(Double)
    system_upper: Mapped[float | None] = mapped_column(Double)


class CallApprovalRow(VersionedRow):
    """What somebody above a manager decided on one version of the manager's call."""

    __tablename__ = "call_approvals"
    __table_args__ = (UniqueConstraint("book", "manager_id", "period_start_on", "version"),)
    KEYS = ("manager_id", "period_start_on")
    WORDS = ("call_version", "state", "decided_by", "note")

    manager_id: Mapped[str] = mapped_column(String(200))
    period_start_on: Mapped[date] = mapped_column(Date)
    call_version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20))
    decided_by: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text)


class CallReminderRow(Base):
    """A reminder of a missing call that waits to be sent: whom, of which quarter, due when."""

    __tablename__ = "call_reminders"
    __table_args__ = (UniqueConstraint("book", "manager_id", "period_start_on", "queued_on"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    book: Mapped[str] = mapped_column(String(200))
    manager_id: Mapped[str] = mapped_column(String(200))
    period_start_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(40))
    queued_by: Mapped[str] = mapped_column(String(200))
    queued_on: Mapped[date] = mapped_column(Date)
    queued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)


class DealEditRow(VersionedRow):
    """What a review said of a deal; the deal itself stays as the data has it."""

    __tablename__ = "deal_edits"
    __table_args__ = (UniqueConstraint("book", "opportunity_id", "version"),)
    KEYS = ("opportunity_id",)
    WORDS = ("forecast_category", "call_amount", "note")

    opportunity_id: Mapped[str] = mapped_column(String(200))
    edited_on: Mapped[date] = mapped_column(Date)
    forecast_category: Mapped[str | None] = mapped_column(String(40))
    call_amount: Mapped[float | None] = mapped_column(Double)
    note: Mapped[str] = mapped_column(Text, default="")


class ForecastSnapshotRow(Base):
    """One number of the system as it was published on a date."""

    __tablename__ = "forecast_snapshots"
    __table_args__ = (UniqueConstraint("book", "as_of_on", "window_name"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    book: Mapped[str] = mapped_column(String(200))
    as_of_on: Mapped[date] = mapped_column(Date)
    window: Mapped[str] = mapped_column("window_name", String(80))
    days: Mapped[int] = mapped_column(Integer)
    closed_amount: Mapped[float] = mapped_column(Double)
    open_amount: Mapped[float] = mapped_column(Double)
    new_amount: Mapped[float] = mapped_column(Double)
    amount: Mapped[float] = mapped_column(Double)
    lower: Mapped[float] = mapped_column(Double)
    upper: Mapped[float] = mapped_column(Double)
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ReviewViewRow(DocumentRow):
    """A saved view of the review grid."""

    __tablename__ = "review_views"
    __table_args__ = (UniqueConstraint("owner", "name"),)


class ScopeViewRow(DocumentRow):
    """A named scope: the part of the company somebody looks at again and again."""

    __tablename__ = "scope_views"
    __table_args__ = (UniqueConstraint("owner", "name"),)


class PreferenceRow(DocumentRow):
    """What a person prefers, such as the scope pages open with."""

    __tablename__ = "preferences"
    __table_args__ = (UniqueConstraint("owner", "name"),)


class DigestRow(DocumentRow):
    """A digest somebody set up: for whom, of what, and from which amount on."""

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("owner", "name"),)


class CommentRow(Base):
    """What somebody said about a deal, an account or a row of a requirement list; rows are only ever added."""

    __tablename__ = "comments"
    __table_args__ = (Index("ix_comments_target", "book", "kind", "target"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    book: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(400))
    author: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    mentions: Mapped[list[str]] = mapped_column(JSON)
    said_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class CapabilityRow(VersionedRow):
    """A capability of the catalogue as somebody wrote it; it stands before the one that was shipped."""

    __tablename__ = "capabilities"
    __table_args__ = (UniqueConstraint("book", "capability_id", "version"),)
    KEYS = ("capability_id",)
    WORDS = (
        "name",
        "category",
        "status",
        "description",
        "limit",
        "commitments",
        "available_on",
        "effort_weeks",
        "owner",
        "evidence",
        "how",
        "scope",
        "exception",
        "evidence_on",
        "is_retired",
        "merged_into",
    )

    capability_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(40))
    description: Mapped[str | None] = mapped_column(Text)
    limit: Mapped[str | None] = mapped_column("limit_text", Text)
    commitments: Mapped[str | None] = mapped_column(Text)
    available_on: Mapped[date | None] = mapped_column(Date)
    effort_weeks: Mapped[float | None] = mapped_column(Double)
    owner: Mapped[str | None] = mapped_column(String(200))
    evidence: Mapped[str | None] = mapped_column(Text)
    how: Mapped[str | None] = mapped_column(Text)
    scope: Mapped[str | None] = mapped_column(Text)
    exception: Mapped[str | None] = mapped_column(Text)
    evidence_on: Mapped[date | None] = mapped_column(Date)
    is_retired: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    merged_into: Mapped[str | None] = mapped_column(String(200))


class LibraryAnswerRow(VersionedRow):
    """One version of an answer of the library."""

    __tablename__ = "library_answers"
    __table_args__ = (UniqueConstraint("book", "answer_id", "version"),)
    KEYS = ("answer_id",)
    WORDS = (
        "question",
        "answer",
        "detail",
        "evidence",
        "tags",
        "product",
        "language",
        "category",
        "capability_id",
        "owner",
        "source",
        "reviewed_on",
        "state",
        "written_by",
        "approved_by",
        "approved_on",
        "merged_into",
        "import_id",
    )

    answer_id: Mapped[str] = mapped_column(String(40))
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[str | None] = mapped_column(Text)
    product: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(40))
    category: Mapped[str | None] = mapped_column(String(40))
    capability_id: Mapped[str | None] = mapped_column(String(200))
    owner: Mapped[str | None] = mapped_column(String(200))
    source: Mapped[str | None] = mapped_column(String(260))
    reviewed_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(20))
    written_by: Mapped[str | None] = mapped_column(String(200))
    approved_by: Mapped[str | None] = mapped_column(String(200))
    merged_into: Mapped[str | None] = mapped_column(String(40))
    import_id: Mapped[str | None] = mapped_column(String(40), index=True)
    approved_on: Mapped[date | None] = mapped_column(Date)


class LibraryFileRow(Base):
    """A file that proves an answer of the library."""

    __tablename__ = "library_files"
    __table_args__ = (UniqueConstraint("answer_id", "sha256"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    answer_id: Mapped[str] = mapped_column(String(40))
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    added_by: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    is_public: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class SourceRow(VersionedRow):
    """One version of a source of the workspace: where its files lie, and the map they are read by."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("book", "name", "version"),)
    KEYS = ("name",)
    WORDS = ("folder", "files", "mapping", "n_rows", "as_of_on", "is_removed")

    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    folder: Mapped[str] = mapped_column(Text, default="", server_default="")
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    n_rows: Mapped[int] = mapped_column(Integer)
    as_of_on: Mapped[date | None] = mapped_column(Date)
    is_removed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class SourceChoiceRow(Base):
    """Which source serves everybody from then on; rows are only ever added, and the last one counts."""

    __tablename__ = "source_choices"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    version: Mapped[int] = mapped_column(Integer)
    author: Mapped[str] = mapped_column(String(200))
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class AccessEntryRow(VersionedRow):
    """One version of who may do what, as an administrator wrote it: a person, a group or a role."""

    __tablename__ = "access_entries"
    __table_args__ = (UniqueConstraint("book", "kind", "name", "version"),)
    KEYS = ("kind", "name")
    WORDS = ("content", "is_removed")

    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text)
    is_removed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class JobRow(Base):
    """Something to be done behind the pages; of one subject at most one of a kind waits or runs."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("uq_jobs_active", "kind", "subject", unique=True, sqlite_where=IS_ACTIVE, postgresql_where=IS_ACTIVE),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12))
    n_attempts: Mapped[int] = mapped_column(Integer, default=0)
    share: Mapped[float] = mapped_column(Double, default=0.0)
    message: Mapped[str] = mapped_column(Text, default="")
    asked_by: Mapped[str] = mapped_column(String(200), default="")
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    run_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    worker: Mapped[str] = mapped_column(String(120), default="")
    is_cancelled: Mapped[bool] = mapped_column(Boolean, default=False)


class WorkerRow(Base):
    """A worker, and when it was there last."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    host: Mapped[str] = mapped_column(String(120))
    process: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    public_key: Mapped[str] = mapped_column(String(64), server_default="")


class SharedArtifactRow(Base):
    """Something worked out that servers share; its files lie in parts of a few megabytes."""

    __tablename__ = "shared_artifacts"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    n_bytes: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int] = mapped_column(BigInteger, index=True)
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    about: Mapped[dict[str, Any]] = mapped_column(JSON)


class SharedArtifactPartRow(Base):
    """One part of the files of an artefact; the digest says of which state of it."""

    __tablename__ = "shared_artifact_parts"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    part: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class LeaseRow(Base):
    """Who of several servers is at something, and until when that counts."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    owner: Mapped[str] = mapped_column(String(120))
    held_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))


REBUILT = (SharedArtifactRow.__tablename__, SharedArtifactPartRow.__tablename__, LeaseRow.__tablename__)
"""Tables of what is worked out anew where it is missing: no backup holds their rows."""


class SharedNoteRow(Base):
    """A short text that servers share under a name: a secret they sign with, how far something was read."""

    __tablename__ = "shared_notes"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    content: Mapped[str] = mapped_column(Text)


class ApiKeyRow(Base):
    """A key of the API: its secret is known to whoever made it, here is only its hash."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    prefix: Mapped[str] = mapped_column(String(12), unique=True)
    hash: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    owner: Mapped[str] = mapped_column(String(200))
    rights: Mapped[list[str]] = mapped_column(JSON)
    roles: Mapped[list[str]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)


class ScimTokenRow(Base):
    """A token by which a directory may provision people; only its hash is kept."""

    __tablename__ = "scim_tokens"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    label: Mapped[str] = mapped_column(String(LONGEST_NAME))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)


class ScimResourceRow(Base):
    """A person or a group as a directory provisioned it: "User" by sign-in name, "Group" by its name."""

    __tablename__ = "scim_resources"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    is_active: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ScimMemberRow(Base):
    """That a person is in a group, as a directory provisioned both."""

    __tablename__ = "scim_members"

    group_id: Mapped[str] = mapped_column(ForeignKey("scim_resources.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("scim_resources.id", ondelete="CASCADE"), primary_key=True)


class AlertRuleRow(DocumentRow):
    """What somebody wants to be told of, and how."""

    __tablename__ = "alert_rules"
    __table_args__ = (UniqueConstraint("owner", "name"),)


class AlertWayRow(DocumentRow):
    """A way messages go: a mail server, a Slack or Teams channel, a webhook; its secrets are sealed."""

    __tablename__ = "alert_ways"
    __table_args__ = (UniqueConstraint("owner", "name"),)


class AlertLedgerRow(Base):
    """What a rule has seen and told a reader of one subject; an empty subject notes that the rule has begun."""

    __tablename__ = "alert_ledger"
    __table_args__ = (UniqueConstraint("rule_id", "reader", "subject"), Index("ix_alert_ledger_reader", "reader"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    rule_id: Mapped[int] = mapped_column(Integer)
    reader: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(400))
    state: Mapped[str] = mapped_column(String(200))
    sentence: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(Text)
    is_masked: Mapped[bool] = mapped_column(Boolean)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    recovered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    snoozed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    acknowledged_by: Mapped[str] = mapped_column(String(200))
    acknowledged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    escalated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)


class EventRow(Base):
    """Something that happened, for webhooks and for reading again; rows are only ever added."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    event_id: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(400))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    happened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class DeliveryRow(Base):
    """A message on its way to somebody, or that came to its end; a key lets no message be made twice."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_due", "state", "due_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    reader: Mapped[str] = mapped_column(String(200))
    way_id: Mapped[int] = mapped_column(Integer)
    about: Mapped[str] = mapped_column(String(400))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    is_batched: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(12))
    n_attempts: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    claimed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    error: Mapped[str] = mapped_column(Text)


class EmbedLinkRow(Base):
    """A link that opens one answer without signing in; what it shows is signed, so that it cannot be altered here."""

    __tablename__ = "embed_links"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    mark: Mapped[str] = mapped_column(String(12), unique=True)
    title: Mapped[str] = mapped_column(String(LONGEST_NAME))
    owner: Mapped[str] = mapped_column(String(200))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)
    n_opened: Mapped[int] = mapped_column(Integer)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=True)


class ApiReplayRow(Base):
    """The answer to a write that named an Idempotency-Key: given again where the same is asked again."""

    __tablename__ = "api_replays"
    __table_args__ = (UniqueConstraint("owner", "key"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner: Mapped[str] = mapped_column(String(220))
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    headers: Mapped[dict[str, Any]] = mapped_column(JSON)
    body: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ModelCallRow(Base):
    """What a language model was asked, what it answered from which sources, and what of it was struck."""

    __tablename__ = "model_calls"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    person: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(40))
    model: Mapped[str] = mapped_column(String(200))
    host: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(20))
    prompt: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    sources: Mapped[list[str]] = mapped_column(JSON)
    struck: Mapped[list[str]] = mapped_column(JSON)
    n_tokens: Mapped[int] = mapped_column(Integer)
    cost_amount: Mapped[float] = mapped_column(Double)
