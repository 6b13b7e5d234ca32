"""Brings the tables of a database up to date: all of it or nothing, one process at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text

from core.contracts.errors import StoreError
from core.localization import message
from core.store import schema

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK_NUMBER = 7_031_974
WAIT_SECONDS = 60


def bring_up(engine: Engine, url: URL, busy_seconds: float) -> tuple[str, ...]:
    """Upgrade a database to the newest revision in one transaction.

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
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    versions = set(MigrationContext.configure(connection).get_current_heads())
    if versions - {script.revision for script in scripts.walk_revisions()}:
        raise StoreError(
            "The database was made by a newer Quarterdeck.", mend="Update Quarterdeck, or name another database."
        )
    head = scripts.get_current_head()
    absent = schema.lacking(connection)
    is_current = versions == {head}
    if is_current and not absent:
        return ()
    schema.drop_leftovers(connection)
    if versions:
        # All steps are run again, those before the version too: they add what is missing and nothing else.
        connection.execute(text("DELETE FROM alembic_version"))
    command.upgrade(config, "head")
    _check(connection)
    return tuple(_made_anew(absent)) if is_current else ()


def _check(connection: Connection) -> None:
    for table, columns in schema.lacking(connection).items():
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
