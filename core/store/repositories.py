"""Saving, finding and deleting, with nothing overwritten unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import polars as pl
from sqlalchemy import CursorResult, delete, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import local_times
from core.contracts.errors import StoreError
from core.localization import message
from core.sealing.vault import Vault
from core.store import audit_chain, event_asks, person_keys
from core.store.sessions import Sessions
from core.store.tables import LONGEST_NAME, AuditRow, DocumentRow, RequirementFileRow

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Saved:
    """A thing as it stands in the store.

    Attributes
    ----------
    id : int
    owner, name : str
    payload : dict
        What JSON can hold.
    version : int
        Rises by one with every save; hand it back when saving again.
    saved_at : datetime
        In UTC.
    """

    id: int
    owner: str
    name: str
    payload: dict[str, Any]
    version: int
    saved_at: datetime


class Documents:
    """Named JSON documents of one kind, each with its owner and version."""

    def __init__(self, sessions: Sessions, clock: Clock, table: type[DocumentRow], noun: str) -> None:
        self._sessions, self._clock, self._table, self._noun = sessions, clock, table, noun

    def list(self, owner: str | None = None) -> list[Saved]:
        """Return what is saved, newest first; of one owner, or of all."""
        asked = select(self._table).order_by(self._table.saved_at.desc(), self._table.id.desc())
        if owner is not None:
            asked = asked.where(self._table.owner == owner)
        with self._sessions() as session:
            return [_saved(row) for row in session.scalars(asked)]

    def get(self, name: str, owner: str) -> Saved:
        """Return one by its name.

        Raises
        ------
        StoreError
            When there is none of that name.
        """
        with self._sessions() as session:
            row = session.scalars(self._named(name, owner)).first()
        if row is None:
            raise StoreError(
                message("There is no {noun} called {name!r}.", noun=self._noun, name=name),
                mend="It may have been renamed or deleted.",
            )
        return _saved(row)

    def save(self, name: str, owner: str, payload: Mapping[str, Any], version: int | None = None) -> Saved:
        """Save under a name: a new one without `version`, else over the version last read.

        Parameters
        ----------
        name : str
            1 to 120 characters.
        owner : str
        payload : mapping
            What JSON can hold.
        version : int, optional
            That of the document being replaced.

        Raises
        ------
        StoreError
            When the name is taken, too long or empty, or when somebody has saved in between; nothing
            is overwritten then.
        """
        title = self._title(name)
        return self._save(title, owner, payload, version)

    def _save(
        self,
        title: str,
        owner: str,
        payload: Mapping[str, Any],
        version: int | None,
        beside: Callable[[Session, int], None] | None = None,
    ) -> Saved:
        """Save, and with it in the same transaction what `beside` does with the row's number."""
        values = {"payload": dict(payload), "saved_at": self._clock()}
        try:
            with self._sessions.begin() as session:
                if version is None:
                    session.execute(insert(self._table).values(name=title, owner=owner, version=1, **values))
                else:
                    self._replace(session, title, owner, version, values)
                if beside is not None:
                    row = session.scalars(self._named(title, owner)).one()
                    beside(session, row.id)
                if version is None:
                    self._begun(session)
                self._write_down(session, owner, "saved", title)
        except IntegrityError as error:
            raise StoreError(
                message("There is already a {noun} called {title!r}.", noun=self._noun, title=title),
                mend="Choose another name, or load it first.",
            ) from error
        return self.get(title, owner)

    def _begun(self, session: Session) -> None:
        """Do what belongs to a new document, in its transaction."""

    def _title(self, name: str) -> str:
        title = name.strip()
        if not 0 < len(title) <= LONGEST_NAME:
            raise StoreError(
                message(
                    "A {noun} needs a name of 1 to {longest_name} characters.",
                    noun=self._noun,
                    longest_name=LONGEST_NAME,
                ),
                mend="Shorten it.",
            )
        return title

    def _replace(self, session: Session, name: str, owner: str, version: int, values: dict[str, Any]) -> None:
        table = self._table
        same = (table.owner == owner) & (table.name == name) & (table.version == version)
        done = cast(
            "CursorResult[Any]", session.execute(update(table).where(same).values(version=version + 1, **values))
        )
        if done.rowcount == 1:
            return
        row = session.scalars(self._named(name, owner)).first()
        if row is None:
            raise StoreError(
                message("The {noun} {name!r} has been deleted meanwhile.", noun=self._noun, name=name),
                mend="Save it under a new name.",
            )
        raise StoreError(
            message(
                "The {noun} {name!r} was saved by somebody else at {at}. Nothing was overwritten.",
                noun=self._noun,
                name=name,
                at=local_times.of_reader(row.saved_at, "%Y-%m-%d %H:%M:%S"),
            ),
            mend="Load it again, or save yours under another name.",
        )

    def rename(self, name: str, new_name: str, owner: str, version: int | None = None) -> Saved:
        """Give it another name.

        Parameters
        ----------
        name, new_name, owner : str
        version : int, optional
            That last read; default the present one.

        Raises
        ------
        StoreError
            When there is none of that name, the new one is taken, or somebody has saved in between.
        """
        old = self.get(name, owner)
        title = new_name.strip()
        if not 0 < len(title) <= LONGEST_NAME:
            raise StoreError(
                message(
                    "A {noun} needs a name of 1 to {longest_name} characters.",
                    noun=self._noun,
                    longest_name=LONGEST_NAME,
                ),
                mend="Shorten it.",
            )
        values = {"name": title, "saved_at": self._clock()}
        try:
            with self._sessions.begin() as session:
                self._replace(session, old.name, owner, version or old.version, values)
                self._write_down(session, owner, "renamed", title, message("was {name}", name=old.name))
        except IntegrityError as error:
            raise StoreError(
                message("There is already a {noun} called {title!r}.", noun=self._noun, title=title),
                mend="Choose another.",
            ) from error
        return self.get(title, owner)

    def delete(self, name: str, owner: str) -> None:
        """Delete one; no error when it is gone already."""
        with self._sessions.begin() as session:
            same = (self._table.owner == owner) & (self._table.name == name.strip())
            done = cast("CursorResult[Any]", session.execute(delete(self._table).where(same)))
            if done.rowcount:
                self._write_down(session, owner, "deleted", name.strip())

    def _write_down(self, session: Session, user: str, action: str, name: str, detail: str = "") -> None:
        """Add to the audit log within the same transaction."""
        row = {"at": self._clock(), "user": user[:200], "action": action, "target": f"{self._noun} {name}"[:400]}
        audit_chain.write_down(session, [{**row, "detail": detail}])

    def _named(self, name: str, owner: str) -> Any:
        return select(self._table).where(self._table.owner == owner, self._table.name == name.strip())


class RequirementSets(Documents):
    """Requirement lists with the buyer's own file beside them, sealed where the installation has a key."""

    def __init__(
        self, sessions: Sessions, clock: Clock, table: type[DocumentRow], noun: str, vault: Vault | None = None
    ) -> None:
        super().__init__(sessions, clock, table, noun)
        self._vault = vault or Vault()

    def save_with_file(
        self,
        name: str,
        owner: str,
        payload: Mapping[str, Any],
        file: tuple[str, bytes],
        version: int | None = None,
    ) -> Saved:
        """Save a list and the buyer's file in one go: either both stand, or neither.

        Parameters
        ----------
        name, owner, payload, version
            As for `save`.
        file : (str, bytes)
            Its name and content; it takes the place of an earlier one.

        Raises
        ------
        StoreError
            As `save`.
        """
        file_name, content = file

        def keep(session: Session, number: int) -> None:
            session.merge(self._file_row(number, file_name, content))

        return self._save(self._title(name), owner, payload, version, keep)

    def keep_file(self, saved: Saved, file_name: str, content: bytes) -> None:
        """Keep the buyer's file of a list, in place of an earlier one."""
        with self._sessions.begin() as session:
            session.merge(self._file_row(saved.id, file_name, content))

    def _begun(self, session: Session) -> None:
        event_asks.ask(session, self._clock())

    def _file_row(self, number: int, file_name: str, content: bytes) -> RequirementFileRow:
        sealed = self._vault.seal(content, message("buyer's file {number}", number=number))
        return RequirementFileRow(requirement_set_id=number, file_name=file_name[:260], content=sealed)

    def reseal_files(self) -> int:
        """Seal every buyer's file with the key in force, one by one while others work; return how many were not.

        Raises
        ------
        StoreError
            When one was sealed with a key that is not at hand; those before it are done.
        """
        with self._sessions() as session:
            numbers = list(session.scalars(select(RequirementFileRow.requirement_set_id)))
        n_sealed = 0
        for number in numbers:
            with self._sessions.begin() as session:
                row = session.get(RequirementFileRow, number, with_for_update=True)
                if row is not None:
                    sealed = self._vault.reseal(row.content, message("buyer's file {number}", number=number))
                    n_sealed += sealed != row.content
                    row.content = sealed
        return n_sealed

    def file_names(self) -> dict[int, str]:
        """Return the name of the buyer's file of every list that has one, by the list's number."""
        asked = select(RequirementFileRow.requirement_set_id, RequirementFileRow.file_name)
        with self._sessions() as session:
            return {row.requirement_set_id: row.file_name for row in session.execute(asked)}

    def file(self, saved: Saved) -> tuple[str, bytes] | None:
        """Return the name and content of the buyer's file; None when none was kept."""
        with self._sessions() as session:
            row = session.get(RequirementFileRow, saved.id)
        return None if row is None else (row.file_name, self._vault.open(row.content, f"buyer's file {saved.id}"))


class Audit:
    """The audit log: rows are added and read, never changed."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def add(self, user: str, action: str, target: str, detail: str = "") -> None:
        """Write down who did what to what."""
        row = {"at": self._clock(), "user": user, "action": action, "target": target, "detail": detail}
        with self._sessions.begin() as session:
            audit_chain.write_down(session, [row])

    def newest(
        self,
        count: int | None = 200,
        user: str = "",
        action: str = "",
        word: str = "",
        begin: date | None = None,
        end: date | None = None,
    ) -> pl.DataFrame:
        """Return the newest rows: [at, user, action, target, detail], at in UTC.

        Parameters
        ----------
        count : int or None
            How many at most; None for all.
        user, action : str
            Only theirs, only such; empty for all.
        word : str
            What the target or the detail must contain, upper and lower case alike.
        begin, end : date, optional
            The first and the last day, in UTC.
        """
        asked = select(AuditRow).order_by(AuditRow.id.desc()).limit(count)
        if user:
            asked = asked.where(AuditRow.user.in_([user, *self._keys(user)]))
        if action:
            asked = asked.where(AuditRow.action == action)
        if word:
            columns, forms = (AuditRow.target, AuditRow.detail), [word, *self._keys(word)]
            asked = asked.where(or_(*(c.icontains(form, autoescape=True) for c in columns for form in forms)))
        if begin:
            asked = asked.where(AuditRow.at >= datetime.combine(begin, time(), UTC))
        if end:
            asked = asked.where(AuditRow.at < datetime.combine(end + timedelta(days=1), time(), UTC))
        return self._read(asked)

    def words(self) -> tuple[list[str], list[str]]:
        """Return the people and the actions that occur, in alphabetical order."""
        with self._sessions() as session:
            users, actions = (
                [str(word) for word in session.scalars(select(column).distinct().order_by(column))]
                for column in (AuditRow.user, AuditRow.action)
            )
            names = person_keys.words_by_key(session)
        return sorted({person_keys.named(user, names) for user in users}), actions

    def _keys(self, word: str) -> list[str]:
        with self._sessions() as session:
            return person_keys.keys_of(session, word)

    def about(self, target: str) -> pl.DataFrame:
        """Return the rows whose target begins so, oldest first: [at, user, action, target, detail]."""
        begins = AuditRow.target.startswith(target, autoescape=True)
        return self._read(select(AuditRow).where(begins).order_by(AuditRow.id))

    def verify(self, published: Iterable[str] = ()) -> audit_chain.Verdict:
        """Look through the whole trail for a row that is not as it was written; see `audit_chain.verify`.

        On PostgreSQL all of it is read as at one moment, for others may be writing.
        """
        with self._sessions() as session:
            if session.get_bind().dialect.name == "postgresql":
                session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            return audit_chain.verify(session, published)

    def base(self) -> int:
        """Return the number of the last row that was deleted as too old; 0 where none was."""
        with self._sessions() as session:
            return audit_chain.base(session)[0]

    def _read(self, asked: Any) -> pl.DataFrame:
        with self._sessions() as session:
            rows = session.scalars(asked).all()
            names = person_keys.words_by_key(session)
        words = ("user", "action", "target", "detail")
        entries = [
            (in_utc(r.at).replace(tzinfo=None), *(person_keys.named(getattr(r, word), names) for word in words))
            for r in rows
        ]
        return pl.DataFrame(entries, schema=[("at", pl.Datetime("us")), *((w, pl.String) for w in words)], orient="row")


def in_utc(at: datetime) -> datetime:
    """Return a time with its zone, UTC: SQLite gives times back without one."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _saved(row: DocumentRow) -> Saved:
    return Saved(row.id, row.owner, row.name, dict(row.payload), row.version, in_utc(row.saved_at))
