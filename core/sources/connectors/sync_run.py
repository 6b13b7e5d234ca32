"""A sync: every table of a connector brought up to date, then published as a source of the workspace."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from filelock import FileLock, Timeout

from core.config import Settings
from core.contracts.errors import QuarterdeckError, SourceError
from core.localization import joined, message
from core.sealing.secret_values import Secrets
from core.sources import source_folders, source_registry
from core.sources.connectors import brought, connector_files, publishing
from core.sources.connectors.declaration import Connector
from core.sources.connectors.http_client import HttpClient, RefusedError
from core.sources.connectors.sql_reader import SqlReader
from core.sources.connectors.sql_sync import SqlSync
from core.sources.connectors.sync_state import Run, SyncState
from core.sources.connectors.table_sync import TableSync
from core.store.source_versions import SourceVersion
from core.usage import usage_guard

if TYPE_CHECKING:
    from core.store import Store

LOCK = ".lock"
AUTHOR = "sync"


@dataclass
class Outcome:
    """How a sync went.

    Attributes
    ----------
    name : str
    n_changed, n_deleted, n_rows : int
        Rows that changed, rows that were deleted, and rows there are now.
    notes, failures : list of str
        What is to be said; what could not be read, table by table.
    version : int
        Of the source in the workspace; 0 where nothing was published.
    """

    name: str
    n_changed: int = 0
    n_deleted: int = 0
    n_rows: int = 0
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    version: int = 0

    def sentence(self) -> str:
        """Say how it went."""
        text = message(
            "{name}: {n_changed:,} rows changed, {n_deleted:,} deleted; {n_rows:,} there.",
            name=self.name,
            n_changed=self.n_changed,
            n_deleted=self.n_deleted,
            n_rows=self.n_rows,
        )
        return joined(text, *self.notes, *self.failures)


def sync(
    settings: Settings,
    name: str,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
    keys: Secrets | None = None,
) -> Outcome:
    """Bring a connector up to date and publish what it has brought.

    Parameters
    ----------
    settings : Settings
    name : str
        Of the connector.
    clock : callable
        The present time, in UTC.
    sleep : callable
    keys : Secrets, optional
        Default: environment, secrets file and keyring.

    Returns
    -------
    Outcome
        With the failure of each table that could not be read; the others are read all the same.

    Raises
    ------
    SourceError
        When there is no such connector, or another sync of it is running.
    StoreError
        When all the storage there may be is in use.
    """
    connector = connector_files.connector(settings, name)
    usage_guard.refuse_bytes(settings, 0)
    folder = connector_files.folder_of(settings, name)
    keys = keys or Secrets(connector_files.folder_of(settings))
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise SourceError(
            message("Another sync of {name} is running.", name=name), mend="Wait until it is done."
        ) from error
    try:
        with brought.alone(settings, name):
            state = SyncState(folder)
            try:
                return _synced(settings, connector, state, folder, keys, clock, sleep)
            finally:
                runs = state.runs()
                state.close()
                brought.share_state(settings, name, runs)
    finally:
        lock.release()


def _synced(
    settings: Settings,
    connector: Connector,
    state: SyncState,
    folder: Path,
    keys: Secrets,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> Outcome:
    begun = clock()
    number = state.begun(begun.isoformat(), os.getpid())
    outcome = Outcome(connector.name)
    _read(connector, state, outcome, keys, clock, sleep)
    outcome.n_rows = sum(state.count(table) for table in connector.tables)
    last = folder / publishing.TABLES
    if outcome.n_rows and (outcome.n_changed or outcome.n_deleted or _is_behind(settings, connector.name, last)):
        day = begun.astimezone(ZoneInfo(settings.time_zone)).date()
        with source_registry.opened(settings) as store:
            number = brought.free_number(store, connector.name, number)
            final = publishing.publish(connector, state, folder, number, day, settings.time_zone)
            brought.share_tables(settings, final)
            outcome.version = _register(settings, store, connector.name, final, outcome.n_rows, day)
    message = keys.hidden(" ".join(outcome.failures))
    state.ended(number, clock().isoformat(), outcome.n_changed, outcome.n_deleted, message)
    return outcome


def _read(
    connector: Connector,
    state: SyncState,
    outcome: Outcome,
    keys: Secrets,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> None:
    if connector.database:
        reader = SqlReader(connector.database, keys)
        for name in connector.tables:
            _take(SqlSync(reader, connector, state, name, clock), outcome, keys)
        return
    client = HttpClient(connector, keys, sleep)
    try:
        for name in connector.tables:
            _take(TableSync(client, state, name, clock, sleep), outcome, keys)
    finally:
        client.close()


def _take(reading: TableSync | SqlSync, outcome: Outcome, keys: Secrets) -> None:
    """Read a table, and note how it went."""
    name = reading.name
    try:
        reading.run()
    except QuarterdeckError as error:
        if reading.table.is_optional and isinstance(error, RefusedError) and error.status in (400, 403, 404):
            reading.notes.append(message("{name} is left out, for the sign-in may not read it.", name=name))
        else:
            outcome.failures.append(
                message("{name} was not read to its end: {hidden}", name=name, hidden=keys.hidden(str(error)))
            )
    outcome.n_changed += reading.n_changed
    outcome.n_deleted += reading.n_deleted
    outcome.notes += reading.notes


def _is_behind(settings: Settings, name: str, tables: Path) -> bool:
    """Say whether what was brought before was never published: a sync was killed in between."""
    published = sorted(tables.glob("[0-9]*[0-9]")) if tables.is_dir() else []
    if not published:
        return True
    with source_registry.opened(settings) as store:
        versions = store.sources.versions(name)
    if not versions or versions[0].is_removed:
        return not versions
    return source_folders.path_of(settings, versions[0]) != published[-1].absolute()


def _register(settings: Settings, store: Store, name: str, folder: Path, n_rows: int, day: object) -> int:
    """Keep the tables as the newest version of the source; where it serves everybody, the new version does."""
    versions = store.sources.versions(name)
    if versions and versions[0].is_removed:
        return 0
    values = {
        "folder": source_folders.name_in(settings, folder),
        "files": [],
        "mapping": dict(versions[0].mapping) if versions else {},
        "n_rows": n_rows,
        "as_of_on": day,
        "is_removed": False,
    }
    chosen = store.sources.chosen()
    last = versions[0].version if versions else 0
    serves = chosen is not None and chosen[0] == name
    saved = store.sources.keep(name, values, AUTHOR, last, is_chosen=serves)
    needed = _needed(settings, store.sources.versions(name), chosen)
    publishing.tidy(folder.parent.parent, needed)
    brought.tidy(settings, name, needed)
    return int(saved.version)


def _needed(settings: Settings, versions: list[SourceVersion], chosen: tuple[str, int] | None) -> list[Path]:
    return [source_folders.path_of(settings, v) for v in versions if chosen == (v.name, v.version)]


@dataclass(frozen=True)
class Freshness:
    """How current a connector is.

    Attributes
    ----------
    name, vendor : str
    last : Run, optional
        The last sync that came to its end.
    running : bool
    due_at : datetime, optional
        When `sync --due` asks again; None for never.
    """

    name: str
    vendor: str
    last: Run | None
    running: bool
    due_at: datetime | None


def freshness(settings: Settings, clock: Callable[[], datetime]) -> list[Freshness]:
    """Return how current each connector of the workspace is."""
    return [freshness_of(settings, name, clock()) for name in connector_files.names(settings)]


def freshness_of(settings: Settings, name: str, now: datetime) -> Freshness:
    """Return how current one connector is.

    Raises
    ------
    SourceError
        When there is no such connector, or its description cannot be read.
    """
    connector = connector_files.connector(settings, name)
    folder = connector_files.folder_of(settings, name)
    runs: list[Run] = brought.last_runs(settings, name)
    if (folder / "state.db").is_file():
        state = SyncState(folder)
        runs = max(runs, state.runs(), key=lambda some: some[0].started_at.timestamp() if some else 0.0)
        state.close()
    last = next((run for run in runs if run.ended_at is not None), None)
    wait = timedelta(minutes=connector.every_minutes)
    due = None if not connector.every_minutes else (last.started_at + wait if last else now)
    running = bool(runs) and runs[0].ended_at is None and _is_locked(folder)
    return Freshness(name, connector.vendor or connector.base, last, running, due)


def _is_locked(folder: Path) -> bool:
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False
