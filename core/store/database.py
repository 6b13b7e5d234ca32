"""Opens the database, brings its tables up to date and hands out the repositories."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from core.contracts.errors import StoreError
from core.localization import message
from core.store import save_count
from core.store.access_entries import AccessEntries
from core.store.alert_ledger import AlertLedger
from core.store.answers import Answers
from core.store.api_keys import ApiKeys
from core.store.api_replays import ApiReplays
from core.store.append_only import CallApprovals, DealEdits, ForecastCalls, Snapshots
from core.store.benchmark_exports import BenchmarkExports
from core.store.benchmark_tables import BenchmarkFileRow
from core.store.branches import Branches
from core.store.buyer_questions import BuyerQuestions
from core.store.call_reminders import CallReminders
from core.store.capabilities import Capabilities
from core.store.comments import Comments
from core.store.deliveries import Deliveries
from core.store.demo_reset import DemoReset
from core.store.embed_links import EmbedLinks
from core.store.events import Events
from core.store.expiry import Retention
from core.store.interaction_records import InteractionRecords
from core.store.jobs import JobQueue
from core.store.known_people import KnownPeople
from core.store.library_answers import LibraryAnswers, LibraryFiles
from core.store.model_calls import ModelCalls
from core.store.pay_records import PayApprovals, PayExceptions, PayPlans
from core.store.personal_data import PersonalData
from core.store.play_runs import PlayRuns
from core.store.play_tables import PlayRow
from core.store.projects import Projects
from core.store.provisioned import Provisioned
from core.store.repositories import Audit, Clock, Documents, RequirementSets
from core.store.reviews import Reviews
from core.store.row_changes import RowChanges
from core.store.save_count import SaveCount
from core.store.scim_tokens import ScimTokens
from core.store.sessions import Sessions, sentence
from core.store.sign_ins import SignIns
from core.store.source_versions import SourceVersions
from core.store.tables import (
    AlertRuleRow,
    AlertWayRow,
    DigestRow,
    EnablementRow,
    GapGroupRow,
    PreferenceRow,
    RequirementLayoutRow,
    RequirementSetRow,
    ReviewViewRow,
    ScenarioRow,
    ScopeViewRow,
)
from core.store.upgrade import bring_up
from core.store.work_tasks import WorkTasks

logger = logging.getLogger(__name__)
BUSY_MILLISECONDS = 15_000
CONNECT_SECONDS = 10
THIS_MACHINE = ("", "localhost", "127.0.0.1", "::1")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Store:
    """An open database.

    Attributes
    ----------
    scenarios : Branches
    requirement_sets : RequirementSets
    reviews : Reviews
    gap_groups : Documents
    enablement : Documents
    audit : Audit
    requirement_layouts : Documents
    calls : ForecastCalls
    call_approvals : CallApprovals
    call_reminders : CallReminders
    deal_edits : DealEdits
    snapshots : Snapshots
    views : Documents
    answers : Answers
    capabilities : Capabilities
    sources : SourceVersions
    scope_views : Documents
    preferences : Documents
    digests : Documents
    comments : Comments
    sign_ins : SignIns
    access : AccessEntries
    known_people : KnownPeople
    retention : Retention
    personal_data : PersonalData
    jobs : JobQueue
    api_keys : ApiKeys
    provisioned : Provisioned
    scim_tokens : ScimTokens
    demo_reset : DemoReset
    alert_rules : Documents
    alert_ways : Documents
    alert_ledger : AlertLedger
    deliveries : Deliveries
    events : Events
    api_replays : ApiReplays
    projects : Projects
    row_changes : RowChanges
    work_tasks : WorkTasks
    buyer_questions : BuyerQuestions
    library : LibraryAnswers
    library_files : LibraryFiles
    model_calls : ModelCalls
    embed_links : EmbedLinks
    pay_plans : PayPlans
    pay_exceptions : PayExceptions
    pay_approvals : PayApprovals
    plays : Documents
    play_runs : PlayRuns
    benchmark_files : Documents
    benchmark_exports : BenchmarkExports
    interactions : InteractionRecords
    notices : tuple of str
        What was found wanting when it was opened, in sentences: saves that are gone, tables made anew.
    save_count : SaveCount, optional
        Of a SQLite file.
    """

    engine: Engine
    scenarios: Branches
    requirement_sets: RequirementSets
    reviews: Reviews
    gap_groups: Documents
    enablement: Documents
    audit: Audit
    requirement_layouts: Documents
    calls: ForecastCalls
    call_approvals: CallApprovals
    call_reminders: CallReminders
    deal_edits: DealEdits
    snapshots: Snapshots
    views: Documents
    answers: Answers
    capabilities: Capabilities
    sources: SourceVersions
    scope_views: Documents
    preferences: Documents
    digests: Documents
    comments: Comments
    sign_ins: SignIns
    access: AccessEntries
    known_people: KnownPeople
    retention: Retention
    personal_data: PersonalData
    jobs: JobQueue
    api_keys: ApiKeys
    provisioned: Provisioned
    scim_tokens: ScimTokens
    demo_reset: DemoReset
    alert_rules: Documents
    alert_ways: Documents
    alert_ledger: AlertLedger
    deliveries: Deliveries
    events: Events
    api_replays: ApiReplays
    projects: Projects
    row_changes: RowChanges
    work_tasks: WorkTasks
    buyer_questions: BuyerQuestions
    library: LibraryAnswers
    library_files: LibraryFiles
    model_calls: ModelCalls
    embed_links: EmbedLinks
    pay_plans: PayPlans
    pay_exceptions: PayExceptions
    pay_approvals: PayApprovals
    plays: Documents
    play_runs: PlayRuns
    benchmark_files: Documents
    benchmark_exports: BenchmarkExports
    interactions: InteractionRecords
    notices: tuple[str, ...] = ()
    save_count: SaveCount | None = None

    @staticmethod
    def open(target: str, clock: Clock = _now) -> Store:
        """Open a database and bring its tables up to date.

        Parameters
        ----------
        target : str
            An SQLAlchemy URL of SQLite or PostgreSQL, as `settings.database` holds it.
        clock : callable
            Returns the time of a save, in UTC.

        Raises
        ------
        StoreError
            When the URL is not understood, the database cannot be reached or written to, or it was
            made by a newer Quarterdeck.
        """
        url = database_url(target)
        shown = _shown(url)
        database = sqlite_file(url)
        try:
            if database is not None:
                save_count.refuse_emptied(database)
                database.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                "The database's folder cannot be made.", shown, "Name a folder you may write to."
            ) from error
        engine = _engine(url)
        saves = SaveCount(database) if database is not None else None
        try:
            notices = _prepared(engine, url, saves)
        except StoreError:
            engine.dispose()
            raise
        except (SQLAlchemyError, OSError) as error:
            engine.dispose()
            raise _unopened(error, shown) from error
        sessions = Sessions(engine)
        store = Store(
            engine,
            Branches(sessions, clock, ScenarioRow, "scenario"),
            RequirementSets(sessions, clock, RequirementSetRow, "requirement list"),
            Reviews(sessions, clock),
            Documents(sessions, clock, GapGroupRow, "grouping of gaps"),
            Documents(sessions, clock, EnablementRow, "record of enablement"),
            Audit(sessions, clock),
            Documents(sessions, clock, RequirementLayoutRow, "remembered layout"),
            ForecastCalls(sessions, clock),
            CallApprovals(sessions, clock),
            CallReminders(sessions, clock),
            DealEdits(sessions, clock),
            Snapshots(sessions, clock),
            Documents(sessions, clock, ReviewViewRow, "view"),
            Answers(sessions, clock),
            Capabilities(sessions, clock),
            SourceVersions(sessions, clock),
            Documents(sessions, clock, ScopeViewRow, "view"),
            Documents(sessions, clock, PreferenceRow, "preference"),
            Documents(sessions, clock, DigestRow, "digest"),
            Comments(sessions, clock),
            SignIns(sessions, clock),
            AccessEntries(sessions, clock),
            KnownPeople(sessions, clock),
            Retention(sessions, clock),
            PersonalData(sessions, clock),
            JobQueue(sessions, clock),
            ApiKeys(sessions, clock),
            Provisioned(sessions, clock),
            ScimTokens(sessions, clock),
            DemoReset(sessions, clock),
            Documents(sessions, clock, AlertRuleRow, "alert"),
            Documents(sessions, clock, AlertWayRow, "way"),
            AlertLedger(sessions, clock),
            Deliveries(sessions, clock),
            Events(sessions, clock),
            ApiReplays(sessions, clock),
            Projects(sessions, clock),
            RowChanges(sessions),
            WorkTasks(sessions, clock),
            BuyerQuestions(sessions, clock),
            LibraryAnswers(sessions, clock),
            LibraryFiles(sessions, clock),
            ModelCalls(sessions, clock),
            EmbedLinks(sessions, clock),
            PayPlans(sessions, clock),
            PayExceptions(sessions, clock),
            PayApprovals(sessions, clock),
            Documents(sessions, clock, PlayRow, "play"),
            PlayRuns(sessions, clock),
            Documents(sessions, clock, BenchmarkFileRow, "benchmark file"),
            BenchmarkExports(sessions, clock),
            InteractionRecords(sessions, clock),
            notices,
            saves,
        )
        store._note()
        return store

    @staticmethod
    def is_there(target: str) -> bool:
        """Say whether a database may hold anything: a SQLite file that never was one holds nothing."""
        url = database_url(target)
        database = sqlite_file(url)
        return database is None or database.is_file() or bool(save_count.expected_saves(database))

    def _note(self) -> None:
        """Write down what was found wanting, in the log and in the audit log."""
        for notice in self.notices:
            logger.warning("%s", notice)
            self.audit.add("Quarterdeck", "found", "the database", notice)

    def close(self) -> None:
        """Move what was saved into the file itself, and give all connections back."""
        if self.save_count is not None:
            with suppress(SQLAlchemyError):
                # Somebody else may be reading: the log then stays, and whoever closes last moves it.
                self.save_count.move_log(self.engine)
        self.engine.dispose()


def database_url(given: str) -> URL:
    """Return a URL that was understood; what was given is never repeated, for it may hold a password."""
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise StoreError(
            "The database setting is not a URL.",
            "database_url",
            "Write sqlite:///file.db or postgresql://user@host:5432/name; %-escape what a password has of @ : / %.",
        ) from None
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise StoreError(
            message("Databases of the kind {backend} are not used.", backend=backend), mend="Use SQLite or PostgreSQL."
        )
    return url.set(drivername="postgresql+psycopg") if backend == "postgresql" else url


def sqlite_file(url: URL) -> Path | None:
    """Return the file of a SQLite database; None for one in memory and for a server's."""
    is_file = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    return Path(str(url.database)) if is_file else None


def is_verified(given: str) -> bool:
    """Say whether a database can be no other than the one meant: it lies on this machine, or shows who it is by TLS.

    Raises
    ------
    StoreError
        As `database_url`.
    """
    url = database_url(given)
    host = url.host or url.query.get("host") or ""
    is_here = host in THIS_MACHINE or str(host).startswith("/")
    return url.get_backend_name() == "sqlite" or is_here or url.query.get("sslmode") == "verify-full"


def _shown(url: URL) -> str:
    """Write a URL without what may be secret: the password, also where it stands among the options."""
    return url.set(query={}).render_as_string(hide_password=True)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        wait = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_SECONDS}
        try:
            return create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=15, connect_args=wait)
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise StoreError("The PostgreSQL driver is missing.", mend="Install psycopg.") from error
    engine = create_engine(url, connect_args={"timeout": BUSY_MILLISECONDS / 1000})
    event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: object, _: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for line in ("journal_mode=WAL", "foreign_keys=ON", f"busy_timeout={BUSY_MILLISECONDS}", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {line}")
    cursor.close()


def _prepared(engine: Engine, url: URL, saves: SaveCount | None) -> tuple[str, ...]:
    """Bring the tables up to date and compare what is saved with what should be; return what is wanting."""
    notices = bring_up(engine, url, BUSY_MILLISECONDS / 1000)
    if saves is None:
        return notices
    missing = saves.check(engine)
    saves.move_log(engine)
    saves.listen(engine)
    return (*notices, *missing)


def _unopened(error: SQLAlchemyError | OSError, shown: str) -> StoreError:
    reason = sentence(error, "")
    return StoreError(message("The database cannot be opened. {what}", what=reason.what), shown, reason.mend)
