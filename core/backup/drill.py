"""A restore that is tried out beside the running app, and what it would lose."""

from __future__ import annotations

import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

from core.backup import archive, engines
from core.backup.archive import Manifest
from core.backup.table_hashes import differing, row_hashes
from core.config import Settings
from core.sealing.sealing_keys import Key
from core.store.database import database_url, sqlite_file


@dataclass(frozen=True)
class Drill:
    """What a try came to.

    Attributes
    ----------
    manifest : Manifest
    since : dict
        Of tables that have changed since the backup: rows only it has, and rows only the running database has.
    """

    manifest: Manifest
    since: dict[str, tuple[int, int]]


def run(file: Path, settings: Settings, keys: Sequence[Key]) -> Drill:
    """Restore a backup into a database of its own, compare it row for row, and take it away again.

    Parameters
    ----------
    file : path
    settings : Settings
        Of the running app, whose database is only read.
    keys : sequence of Key

    Raises
    ------
    SourceError
        When the backup cannot be restored as it was.
    """
    live = database_url(settings.database)
    with archive.opened(file, keys) as (folder, manifest), _beside(live) as trial:
        engines.put_back(folder / archive.DATABASE, trial)
        archive.check(manifest, engines.hashes(trial))
        return Drill(manifest, differing(_rows(trial), _rows(live)))


@contextmanager
def _beside(live: URL) -> Iterator[URL]:
    """Give an empty database beside the running one, gone afterwards."""
    if sqlite_file(live) is not None:
        with tempfile.TemporaryDirectory(prefix="quarterdeck-drill-") as name:
            yield engines.sqlite_url(Path(name) / "drill.db")
        return
    trial = f"quarterdeck_drill_{secrets.token_hex(4)}"
    engine = create_engine(live, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{trial}"'))
    try:
        yield live.set(database=trial)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{trial}" WITH (FORCE)'))


def _rows(url: URL) -> dict[str, Counter[bytes]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return row_hashes(connection)
