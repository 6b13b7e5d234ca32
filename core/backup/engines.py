"""Copying a database while others write, and putting a copy back: SQLite by its backup call, PostgreSQL by pg_dump."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from core.backup.table_hashes import TableHash, table_hashes
from core.contracts.errors import StoreError
from core.store.database import sqlite_file
from core.store.tables import REBUILT

MOST_SECONDS = 6 * 3_600


def copy(url: URL, target: Path) -> dict[str, TableHash]:
    """Copy a database as it stands at one moment.

    Parameters
    ----------
    url : sqlalchemy URL
    target : path
        A file that is not there yet.

    Returns
    -------
    dict of TableHash
        What the copy holds: all but what servers share and is worked out anew.

    Raises
    ------
    StoreError
        When pg_dump is missing or fails.
    """
    file = sqlite_file(url)
    if file is not None:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copied:
            source.backup(copied)
            for name in sqlite_tables(copied):
                copied.execute(f'DELETE FROM "{name}"')
            copied.commit()
            copied.execute("VACUUM")
        return hashes(sqlite_url(target))
    engine = create_engine(url, poolclass=NullPool, isolation_level="REPEATABLE READ")
    with engine.begin() as connection:
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        left_out = [f"--exclude-table-data={name}" for name in REBUILT]
        words = ("--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={target}", *left_out)
        _run("pg_dump", url, *words)
        return table_hashes(connection)


def sqlite_tables(connection: sqlite3.Connection) -> list[str]:
    """Return the tables of a SQLite file whose rows are worked out anew."""
    present = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [name for name in REBUILT if name in present]


def put_back(file: Path, url: URL) -> None:
    """Put a copy into an empty place.

    Raises
    ------
    StoreError
        When something is there already, or pg_restore is missing or fails.
    """
    target = sqlite_file(url)
    if target is not None:
        if target.exists():
            raise StoreError(
                "There is a database already.",
                str(target),
                "Name another in QUARTERDECK_DATABASE_URL.",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        return
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        if inspect(connection).get_table_names():
            raise StoreError("The database is not empty.", str(url.database), "Restore into a new one.")
    _run("pg_restore", url, "--no-owner", "--exit-on-error", "--single-transaction", str(file))


def hashes(url: URL) -> dict[str, TableHash]:
    """Return what a database holds."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return table_hashes(connection)


def sqlite_url(file: Path) -> URL:
    """Return the URL of a SQLite file."""
    return URL.create("sqlite", database=str(file))


def _run(program: str, url: URL, *words: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise StoreError(f"{program} is missing.", mend="Install PostgreSQL's client programs on this machine.")
    environment: Mapping[str, str] = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    command = [path, f"--dbname={address}", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise StoreError(f"{program} failed: {last}", mend="See that its version is not older than the server's.")
