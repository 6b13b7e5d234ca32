"""Opens the database, brings its tables up to date and hands out the repositories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from filelock import FileLock
from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import sessionmaker

from core.contracts.errors import StoreError
from core.store.answers import Answers
from core.store.append_only import DealEdits, ForecastCalls, Snapshots
from core.store.branches import Branches
from core.store.capabilities import Capabilities
from core.store.repositories import Audit, Clock, Documents, RequirementSets
from core.store.reviews import Reviews
from core.store.tables import (
    EnablementRow,
    GapGroupRow,
    RequirementLayoutRow,
    RequirementSetRow,
    ReviewViewRow,
    ScenarioRow,
)

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK_NUMBER = 7_031_974
BUSY_MILLISECONDS = 15_000


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
    deal_edits : DealEdits
    snapshots : Snapshots
    views : Documents
    answers : Answers
    capabilities : Capabilities
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
    deal_edits: DealEdits
    snapshots: Snapshots
    views: Documents
    answers: Answers
    capabilities: Capabilities

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
        url = _url(target)
        shown = url.render_as_string(hide_password=True)
        try:
            engine = _engine(url)
        except OSError as error:
            raise StoreError(
                "The database's folder cannot be made.", shown, "Name a folder you may write to."
            ) from error
        try:
            _migrate(engine, url)
        except StoreError:
            engine.dispose()
            raise
        except (SQLAlchemyError, OSError) as error:
            engine.dispose()
            raise StoreError(
                "The database cannot be opened.", shown, "Check that it runs, and that this user may write to it."
            ) from error
        sessions = sessionmaker(engine, expire_on_commit=False)
        return Store(
            engine,
            Branches(sessions, clock, ScenarioRow, "scenario"),
            RequirementSets(sessions, clock, RequirementSetRow, "requirement list"),
            Reviews(sessions, clock),
            Documents(sessions, clock, GapGroupRow, "grouping of gaps"),
            Documents(sessions, clock, EnablementRow, "record of enablement"),
            Audit(sessions, clock),
            Documents(sessions, clock, RequirementLayoutRow, "remembered layout"),
            ForecastCalls(sessions, clock),
            DealEdits(sessions, clock),
            Snapshots(sessions, clock),
            Documents(sessions, clock, ReviewViewRow, "view"),
            Answers(sessions, clock),
            Capabilities(sessions, clock),
        )

    @staticmethod
    def is_there(target: str) -> bool:
        """Say whether a database may hold anything: a SQLite file that does not exist yet holds nothing."""
        url = _url(target)
        return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _url(given: str) -> URL:
    try:
        url = make_url(given)
    except ArgumentError as error:
        raise StoreError(
            "The database setting is not a URL.", given[:60], "Write sqlite:///file.db or postgresql://user@host/name."
        ) from error
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise StoreError(f"Databases of the kind {backend} are not used.", mend="Use SQLite or PostgreSQL.")
    return url.set(drivername="postgresql+psycopg") if backend == "postgresql" else url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        try:
            return create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=15)
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise StoreError("The PostgreSQL driver is missing.", mend="Install psycopg.") from error
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_MILLISECONDS / 1000})
    event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: object, _: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for line in ("journal_mode=WAL", "foreign_keys=ON", f"busy_timeout={BUSY_MILLISECONDS}", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {line}")
    cursor.close()


def _migrate(engine: Engine, url: URL) -> None:
    """Upgrade to the newest revision, one process at a time."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["quiet"] = True
    if url.get_backend_name() == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK_NUMBER})
            config.attributes["connection"] = connection
            _upgrade(config)
        return
    lock = FileLock(f"{url.database}.lock") if url.database and url.database != ":memory:" else None
    with lock or _Open(), engine.begin() as connection:
        config.attributes["connection"] = connection
        _upgrade(config)


def _upgrade(config: Config) -> None:
    from alembic.util import CommandError

    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            "The database was made by a newer Quarterdeck.", mend="Update Quarterdeck, or name another database."
        ) from error


class _Open:
    """Stands where no lock is needed."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...
