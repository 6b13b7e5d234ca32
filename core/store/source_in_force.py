"""Which source serves everybody, asked on every run of every page: of a SQLite file without opening a store."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

SQLITE = "sqlite:///"
NEWEST = "SELECT name, version FROM source_choices ORDER BY id DESC LIMIT 1"


def chosen(database: str) -> tuple[str, int] | None:
    """Return the name and version of the source that serves everybody.

    Parameters
    ----------
    database : str
        An SQLAlchemy URL, as `settings.database` holds it.

    Returns
    -------
    (str, int) or None
        None where nobody ever chose, or there is no database yet; none is made.

    Raises
    ------
    StoreError
        When a database that is not a SQLite file does not answer.
    """
    if is_plain_file(database):
        return _of_file(Path(database.removeprefix(SQLITE)))
    from core.store.database import Store

    store = Store.open(database)
    try:
        return store.sources.chosen()
    finally:
        store.close()


def is_plain_file(database: str) -> bool:
    """Say whether a URL names a SQLite file and nothing else, which is asked quickest without a store."""
    return database.startswith(SQLITE) and ":memory:" not in database and "?" not in database


def _of_file(file: Path) -> tuple[str, int] | None:
    if not file.is_file():
        return None
    try:
        with closing(sqlite3.connect(file, timeout=15)) as connection:
            row = connection.execute(NEWEST).fetchone()
    except sqlite3.Error:
        # Not brought up to date yet, or damaged: opening the store mends the first and tells the second.
        return None
    return None if row is None else (str(row[0]), int(row[1]))
