"""The sources of a workspace: every version of each, and which of them serves everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.contracts.errors import ConflictError, StoreError
from core.localization import message
from core.store.append_only import Versions
from core.store.audit_chain import write_down
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import LONGEST_NAME, SourceChoiceRow, SourceRow

BOOK = "workspace"


@dataclass(frozen=True)
class SourceVersion:
    """One version of a source, as it was saved.

    Attributes
    ----------
    name : str
    version : int
    author : str
    saved_at : datetime
        In UTC.
    folder : str
        The folder its files are read from, as they are there; empty where they are kept by Quarterdeck.
    files : tuple of mapping
        Of each kept file its name, the hash of its content and its size in bytes.
    mapping : mapping
        The column map, with as_of and currency where they were set; empty where the files are recognised anew.
    n_rows : int
        How many rows were read when it was saved.
    as_of_on : date, optional
    is_removed : bool
    """

    name: str
    version: int
    author: str
    saved_at: datetime
    folder: str
    files: tuple[Mapping[str, Any], ...]
    mapping: Mapping[str, Any]
    n_rows: int
    as_of_on: date | None
    is_removed: bool


class SourceVersions(Versions):
    """All versions of all sources of the workspace, and the choice among them."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        super().__init__(sessions, clock, SourceRow, "source")

    def keep(
        self, name: str, values: Mapping[str, Any], author: str, version: int = 0, is_chosen: bool = True
    ) -> SourceVersion:
        """Save the next version of a source, and choose it for everybody, or neither.

        Parameters
        ----------
        name : str
            1 to 120 characters.
        values : mapping
            folder, files, mapping, n_rows, as_of_on, is_removed.
        author : str
        version : int
            The version the author saw; 0 for a source that is new.
        is_chosen : bool

        Raises
        ------
        ConflictError
            When somebody saved a version of the same name in between; nothing is overwritten.
        StoreError
            When the name is empty or too long.
        """
        title = name.strip()
        if not 0 < len(title) <= LONGEST_NAME:
            raise StoreError(
                message("A source needs a name of 1 to {longest_name} characters.", longest_name=LONGEST_NAME),
                mend="Shorten it.",
            )
        at = self.clock()
        row = {"book": BOOK, "name": title, **values, "author": author[:200], "version": version + 1, "saved_at": at}
        try:
            with self.sessions.begin() as session:
                newest = session.scalars(self._of(BOOK, {"name": title})).first()
                if (newest.version if newest else 0) != version:
                    raise self._conflict(newest)
                session.execute(insert(SourceRow).values(**row))
                self._write_down(session, "source removed" if values["is_removed"] else "source saved", row, author)
                if is_chosen:
                    self._choose(session, title, version + 1, author)
        except IntegrityError:
            with self.sessions() as session:
                raise self._conflict(session.scalars(self._of(BOOK, {"name": title})).first()) from None
        return _version(SourceRow(**row))

    def choose(self, name: str, version: int, author: str) -> None:
        """Let a version of a source, or one of those that need no saving, serve everybody from now on."""
        with self.sessions.begin() as session:
            self._choose(session, name, version, author)

    def chosen(self) -> tuple[str, int] | None:
        """Return the name and version that serve everybody; None where nobody ever chose."""
        with self.sessions() as session:
            row = session.scalars(select(SourceChoiceRow).order_by(SourceChoiceRow.id.desc()).limit(1)).first()
            return None if row is None else (row.name, row.version)

    def versions(self, name: str | None = None) -> list[SourceVersion]:
        """Return every version of every source, or of the one named, newest first."""
        asked = select(SourceRow).where(SourceRow.book == BOOK).order_by(SourceRow.id.desc())
        if name is not None:
            asked = asked.where(SourceRow.name == name)
        with self.sessions() as session:
            return [_version(row) for row in session.scalars(asked)]

    def standing(self) -> list[SourceVersion]:
        """Return the newest version of every source that was not removed, newest first."""
        newest: dict[str, SourceVersion] = {}
        for entry in self.versions():
            newest.setdefault(entry.name, entry)
        return [entry for entry in newest.values() if not entry.is_removed]

    def version(self, name: str, version: int = 0) -> SourceVersion:
        """Return one version of a source; the newest where none is named.

        Raises
        ------
        StoreError
            When there is no such source or version.
        """
        entries = self.versions(name)
        if not entries or entries[0].is_removed:
            raise StoreError(
                message("There is no source called {name!r}.", name=name), mend="It may have been removed."
            )
        listed: Sequence[SourceVersion] = [e for e in entries if not e.is_removed and version in (0, e.version)]
        if not listed:
            raise StoreError(
                message("The source {name!r} has no version {version}.", name=name, version=version),
                mend="Choose one that is listed.",
            )
        return listed[0]

    def _choose(self, session: Session, name: str, version: int, author: str) -> None:
        at = self.clock()
        values = {"name": name, "version": version, "author": author[:200], "saved_at": at}
        session.execute(insert(SourceChoiceRow).values(**values))
        self._write_down(session, "source chosen for everybody", values, author)

    def _write_down(self, session: Session, action: str, row: Mapping[str, Any], author: str) -> None:
        target = (
            message("{name}, version {version}", name=row["name"], version=row["version"])
            if row["version"]
            else str(row["name"])
        )
        write_down(session, [{"at": row["saved_at"], "user": author, "action": action, "target": target}])

    def _conflict(self, newest: Any) -> ConflictError:
        if newest is None:
            return ConflictError("The source is gone.", {}, mend="Load the page again.")
        theirs = {"version": newest.version, "author": newest.author, "is_removed": newest.is_removed}
        return ConflictError(
            message(
                "There is a version {version} of the source {name!r} already, by {author}. Nothing was overwritten.",
                version=newest.version,
                name=newest.name,
                author=newest.author,
            ),
            theirs,
            mend="Load the page again and keep it as a further version, or under another name.",
        )


def _version(row: SourceRow) -> SourceVersion:
    at = row.saved_at.replace(tzinfo=UTC) if row.saved_at.tzinfo is None else row.saved_at.astimezone(UTC)
    return SourceVersion(
        row.name,
        row.version,
        row.author,
        at,
        row.folder,
        tuple(row.files),
        dict(row.mapping),
        row.n_rows,
        row.as_of_on,
        row.is_removed,
    )
