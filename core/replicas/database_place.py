"""Artefacts that servers share, in the database: a row each, and their files in parts of a few megabytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.artifacts.tiers import Entry
from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions
from core.store.tables import SharedArtifactPartRow, SharedArtifactRow

PART_BYTES = 4 << 20


class DatabasePlace:
    """The artefacts in a database.

    Parameters
    ----------
    sessions : Sessions
    clock : callable
        Returns the present time in UTC.

    Notes
    -----
    Every method raises `StoreError` where the database cannot be reached.
    """

    address = "the database"

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def digest(self, kind: str, key: str) -> str | None:
        """Return the digest of an artefact's files; None where there is none."""
        with self._sessions() as session:
            return session.scalar(select(SharedArtifactRow.digest).where(*_of(SharedArtifactRow, kind, key)))

    def read(self, kind: str, key: str, target: BinaryIO) -> Entry | None:
        """Write the packed files of an artefact into an open file, and return what is known of it; None without one."""
        with self._sessions() as session:
            row = session.get(SharedArtifactRow, (kind, key))
            if row is None:
                return None
            columns = SharedArtifactPartRow
            which = (*_of(columns, kind, key), columns.digest == row.digest)
            numbers = session.scalars(select(columns.part).where(*which).order_by(columns.part)).all()
            for number in numbers:  # One part in memory at a time.
                content = session.scalar(select(columns.content).where(*which, columns.part == number))
                target.write(content or b"")
            return _entry(row)

    def write(self, kind: str, key: str, source: BinaryIO, digest: str, about: Mapping[str, Any]) -> None:
        """Keep packed files in place of those there are; others see all of them or none."""
        with self._sessions.begin() as session:
            session.execute(delete(SharedArtifactPartRow).where(*_of(SharedArtifactPartRow, kind, key)))
            session.execute(delete(SharedArtifactRow).where(*_of(SharedArtifactRow, kind, key)))
            n_bytes = 0
            for part, content in enumerate(_parts(source)):
                n_bytes += len(content)
                values = {"kind": kind, "key": key, "digest": digest, "part": part, "content": content}
                session.execute(insert(SharedArtifactPartRow).values(**values))
            number = _last(session, kind) + 1
            values = {"kind": kind, "key": key, "digest": digest, "n_bytes": n_bytes, "number": number}
            session.execute(
                insert(SharedArtifactRow).values(**values, written_at=self._clock(), about=dict(about)),
            )

    def renew(self, kind: str, key: str, latest: int) -> None:
        """Give an artefact the next number of its kind, unless it is among the latest."""
        with self._sessions() as session:
            last = _last(session, kind)
            number = session.scalar(select(SharedArtifactRow.number).where(*_of(SharedArtifactRow, kind, key)))
        if number is not None and number <= last - latest:
            with self._sessions.begin() as session:
                chosen = update(SharedArtifactRow).where(*_of(SharedArtifactRow, kind, key))
                session.execute(chosen.values(number=last + 1))

    def entries(self, kind: str) -> list[Entry]:
        """Return the artefacts of a kind, the lowest number first."""
        order = (SharedArtifactRow.number, SharedArtifactRow.key)
        with self._sessions() as session:
            chosen = select(SharedArtifactRow).where(SharedArtifactRow.kind == kind).order_by(*order)
            return [_entry(row) for row in session.scalars(chosen)]

    def delete(self, kind: str, key: str) -> None:
        """Delete an artefact; nothing happens where there is none."""
        with self._sessions.begin() as session:
            for table in (SharedArtifactPartRow, SharedArtifactRow):
                session.execute(delete(table).where(*_of(table, kind, key)))


def _of(table: type[SharedArtifactRow] | type[SharedArtifactPartRow], kind: str, key: str) -> tuple[Any, Any]:
    return table.kind == kind, table.key == key


def _last(session: Session, kind: str) -> int:
    number = session.scalar(select(func.max(SharedArtifactRow.number)).where(SharedArtifactRow.kind == kind))
    return int(number or 0)


def _parts(source: BinaryIO) -> Iterator[bytes]:
    while content := source.read(PART_BYTES):
        yield content


def _entry(row: SharedArtifactRow) -> Entry:
    at = in_utc(row.written_at).isoformat(timespec="seconds")
    return Entry(row.kind, row.key, row.number, row.n_bytes, at, dict(row.about))
