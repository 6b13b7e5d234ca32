"""Tells when saves are missing from a SQLite file: a count of them in it, and the same count beside it.

SQLite writes to a log beside the file first and moves it into the file now and then. A log that is lost, emptied
or overwritten is no error to SQLite: the file opens as it was before, and without a word.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, event, text

from core.contracts.errors import StoreError
from core.localization import message

ENDING = ".saves"
MOST_SAVES, MOST_SECONDS = 10, 60.0
FRESH = "saved"


class SaveCount:
    """Counts saves, and moves the log into the file after ten of them or a minute.

    The count in the file is SQLite's `user_version`, which a save raises within its own transaction. The one beside
    it is written after the save, so it may be behind, but never ahead of what the file should hold.

    Parameters
    ----------
    database : path
        The SQLite file.
    """

    def __init__(self, database: Path) -> None:
        self.database = database
        self.beside = database.with_name(database.name + ENDING)
        self._lock = Lock()
        self._unmoved, self._moved_at = 0, time.monotonic()

    def check(self, engine: Engine) -> tuple[str, ...]:
        """Compare both counts of an open database, and write down where there is none yet.

        Returns
        -------
        tuple of str
            A sentence where the last few saves are gone, as after a power cut.

        Raises
        ------
        StoreError
            When all saves, or more of them than the log can have held, are gone.
        """
        expected = expected_saves(self.database)
        with engine.connect() as connection:
            saves = _count(connection)
            if not saves:
                saves = connection.execute(text("SELECT COUNT(*) FROM audit")).scalar_one()
                if saves and expected is None:
                    connection.execute(text(f"PRAGMA user_version = {int(saves)}"))
                    connection.commit()
        if expected is not None and saves < expected:
            return (self._gone(saves, expected),)
        if expected is None or saves > expected:
            self._write(saves)
        return ()

    def _gone(self, saves: int, expected: int) -> str:
        lost = expected - saves
        if saves == 0 or lost > MOST_SAVES:
            raise StoreError(
                message(
                    "{lost:,} of {expected:,} saves are gone from the database: its file or the log "
                    "beside it ({name}-wal) was lost, emptied or replaced.",
                    lost=lost,
                    expected=expected,
                    name=self.database.name,
                ),
                str(self.database),
                message(
                    "Put back a copy of the database. To go on with what is left, delete {name}.", name=self.beside.name
                ),
            )
        self._write(saves)
        return message(
            "The last {lost:,} of {expected:,} saves are gone from the database, as happens when the "
            "machine loses power. Look through what was changed last and repeat it.",
            lost=lost,
            expected=expected,
        )

    def listen(self, engine: Engine) -> None:
        """Count every save made through an engine from now on."""
        event.listen(engine, "commit", _raise_count)
        event.listen(engine, "checkin", self._after)

    def _after(self, connection: Any, record: Any) -> None:
        """Write the count down and move the log, once a connection is back and its transaction over."""
        if connection is None:
            return
        fresh = record.info.pop(FRESH, False)
        with self._lock:
            self._unmoved += bool(fresh)
            is_due = self._unmoved and (
                self._unmoved >= MOST_SAVES or time.monotonic() - self._moved_at >= MOST_SECONDS
            )
            if is_due:
                self._unmoved, self._moved_at = 0, time.monotonic()
        if fresh:
            self._write(int(connection.execute("PRAGMA user_version").fetchone()[0]))
        if is_due:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def move_log(self, engine: Engine) -> None:
        """Move the log into the file and empty it, as at the end of an upgrade or a process."""
        with engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).all()

    def _write(self, saves: int) -> None:
        fresh = self.beside.with_name(f"{self.beside.name}-{os.getpid()}")
        try:
            fresh.write_text(f"{saves}\n", encoding="ascii")
            fresh.replace(self.beside)
        except OSError:
            # The save itself stands; a count that is behind only notices less.
            fresh.unlink(missing_ok=True)


def expected_saves(database: Path) -> int | None:
    """Return how many saves the count beside a SQLite file says were made; None where there is no such count."""
    try:
        return int(database.with_name(database.name + ENDING).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def refuse_emptied(database: Path) -> None:
    """Refuse a file that is gone or empty though saves were made, before SQLite makes a new one of it.

    Raises
    ------
    StoreError
    """
    expected = expected_saves(database)
    if not expected or (database.is_file() and database.stat().st_size):
        return
    state = "empty" if database.is_file() else "gone"
    raise StoreError(
        message("The database file is {state}, though {expected:,} saves were made.", state=state, expected=expected),
        str(database),
        message(
            "Put back a copy of it. To begin anew, delete {name}{ending} beside it.", name=database.name, ending=ENDING
        ),
    )


def _count(connection: Connection) -> int:
    return int(connection.execute(text("PRAGMA user_version")).scalar_one())


def _raise_count(connection: Connection) -> None:
    """Raise the count within the transaction that saves; one that only read has begun none."""
    raw: Any = connection.connection.dbapi_connection
    if raw is not None and raw.in_transaction:
        number = raw.execute("PRAGMA user_version").fetchone()[0]
        raw.execute(f"PRAGMA user_version = {int(number) + 1}")
        connection.info[FRESH] = True
