"""Brings the tables of a database up to date: all of it or nothing, one process at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text

from core.contracts.errors import StoreError
from core.localization import message
from core.store import schema_state
from core.store.schema_state import MIGRATIONS

LOCK_NUMBER = 7_031_974
WAIT_SECONDS = 60


def bring_up(engine: Engine, url: URL, busy_seconds: float) -> tuple[str, ...]:
    """Upgrade a database to the newest revision in one transaction; one that is whole is asked that and no more.

    Parameters
    ----------
    engine : sqlalchemy engine
    url : sqlalchemy URL
        Of SQLite or PostgreSQL.
    busy_seconds : float
        How long SQLite waits for somebody else who writes.

    Returns
    -------
    tuple of str
        Sentences about what was missing and had to be made anew.

    Raises
    ------
    StoreError
        When it was made by a newer Quarterdeck, a table lacks columns that cannot be put back, or another
        process keeps the upgrade to itself for more than a minute.
    """
    if _is_whole(engine, url):
        return ()
    if url.get_backend_name() == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK_NUMBER})
            return _upgrade(connection)
    if not url.database or url.database == ":memory:":
        with engine.begin() as connection:
            return _upgrade(connection)
    try:
        with FileLock(f"{url.database}.lock", timeout=WAIT_SECONDS), _exclusive(url, busy_seconds) as connection:
            return _upgrade(connection)
    except Timeout:
        raise StoreError(
            "Another process has been upgrading the database for a minute.",
            mend="Wait for it, or end it, and open Quarterdeck again.",
        ) from None


def _is_whole(engine: Engine, url: URL) -> bool:
    """Say whether a database needs nothing; it is read without a lock, for an upgrade is there whole or not at all.

    A SQLite file that does not write ahead yet is left for the way with a lock: of two processes that change that
    at once, one is refused.
    """
    if url.get_backend_name() == "sqlite" and not _writes_ahead(url):
        return False
    with engine.connect() as connection:
        return schema_state.is_whole(connection)


def _writes_ahead(url: URL) -> bool:
    """Say whether a SQLite file is there and bears the mark of a write-ahead log.

    Source: bytes 18 and 19 of the header, in "Database File Format" of SQLite's documentation.
    """
    try:
        with Path(url.database or "").open("rb") as file:
            return file.read(20)[18:] == b"\x02\x02"
    except OSError:
        return False


class _exclusive:  # noqa: N801
    """A connection of its own to a SQLite file, in a transaction that takes table changes back with all else.

    Python's driver begins a transaction by itself before rows are changed, but not before tables are: a process
    killed in between would leave half an upgrade. Foreign keys are off, for a table that is made anew must not
    take the rows along that point to it.
    """

    def __init__(self, url: URL, busy_seconds: float) -> None:
        self._engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": busy_seconds})
        event.listen(self._engine, "connect", _no_own_transactions)
        event.listen(self._engine, "begin", _begin)

    def __enter__(self) -> Connection:
        self._transaction = self._engine.begin()
        return self._transaction.__enter__()

    def __exit__(self, *error: Any) -> None:
        try:
            self._transaction.__exit__(*error)
        finally:
            self._engine.dispose()


def _no_own_transactions(connection: Any, _: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _upgrade(connection: Connection) -> tuple[str, ...]:
    absent, versions = schema_state.lacking(connection), schema_state.revisions(connection)
    is_current = versions == {schema_state.newest_revision()}
    if is_current and not absent:
        return ()
    _migrate(connection, versions)
    return tuple(_made_anew(absent)) if is_current else ()


def _migrate(connection: Connection, versions: set[str]) -> None:
    """Run every migration; the library for it is imported here, for most processes meet a database that is whole."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    if versions - {script.revision for script in scripts.walk_revisions()}:
        raise StoreError(
            "The database was made by a newer Quarterdeck.", mend="Update Quarterdeck, or name another database."
        )
    schema_state.drop_leftovers(connection)
    if versions:
        # All steps are run again, those before the version too: they add what is missing and nothing else.
        connection.execute(text("DELETE FROM alembic_version"))
    command.upgrade(config, "head")
    _check(connection)


def _check(connection: Connection) -> None:
    for table, columns in schema_state.lacking(connection).items():
        raise StoreError(
            message(
                "The table {table} of the database lacks {columns}, which cannot be put back.",
                table=table,
                columns=", ".join(columns),
            ),
            mend="Put back a copy of the database from before it was changed.",
        )


def _made_anew(absent: dict[str, tuple[str, ...]]) -> list[str]:
    return [
        message(
            "The table {table} of the database was missing and has been made anew, empty. If it held "
            "anything, put back a copy of the database.",
            table=table,
        )
        for table, columns in absent.items()
        if "id" in columns or "requirement_set_id" in columns
    ]
