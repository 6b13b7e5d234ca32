"""Records of which many are saved at once: each save is a version of its own, two at once lose nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.contracts.errors import ConflictError, StoreError
from core.localization import message
from core.store.append_only import LONGEST_NOTE, Versions
from core.store.audit_chain import write_down
from core.store.tables import VersionedRow

MOST_AT_ONCE = 400


class Edit(Protocol):
    """What one record shall say, over the version its author saw."""

    @property
    def key(self) -> str:
        """Return the record's id."""
        ...

    @property
    def version(self) -> int:
        """Return the version its author saw; 0 where there was none."""
        ...

    @property
    def values(self) -> Mapping[str, Any]:
        """Return what it shall say."""
        ...


@dataclass(frozen=True)
class BulkVersions(Versions):
    """All versions of records that have one key each."""

    plural: ClassVar[str] = "records"
    longest: ClassVar[Mapping[str, int]] = {}

    def stamp(self, book: str) -> int:
        """Return a number that rises with every save."""
        with self.sessions() as session:
            return int(session.scalar(select(func.max(self.table.id)).where(self.table.book == book)) or 0)

    def save_all(self, book: str, edits: Sequence[Edit], author: str) -> list[ConflictError]:
        """Save many records in one go, with a row of the audit log each.

        Parameters
        ----------
        book : str
        edits : sequence of Edit
        author : str

        Returns
        -------
        list of ConflictError
            One for each record that somebody else saved in between; it is left as it stands, all others are saved.

        Raises
        ------
        StoreError
            When a value is too long, or others keep saving the same records; nothing is saved then.
        """
        name = self.table.KEYS[0]
        for edit in edits:
            self._check({name: edit.key, **edit.values})
        for _ in range(3):
            try:
                with self.sessions.begin() as session:
                    return self._all(session, book, edits, author)
            except IntegrityError:
                continue
        raise StoreError(
            message("Others keep saving the same {plural}.", plural=self.plural),
            mend="Load the page again and repeat it.",
        )

    def _all(self, session: Session, book: str, edits: Sequence[Edit], author: str) -> list[ConflictError]:
        standing = self._standing(session, book, [edit.key for edit in edits])
        met, rows, audit_rows = [], [], []
        at = self.clock()
        for edit in edits:
            newest = standing.get(edit.key)
            if (newest.version if newest else 0) != edit.version:
                met.append(self._conflict(newest))
                continue
            about = {self.table.KEYS[0]: edit.key}
            mark = {"book": book, "author": author[:200], "saved_at": at, "version": edit.version + 1}
            rows.append({**about, **edit.values, **mark})
            audit_rows.append({"at": at, **self._audit(about, edit.values, newest, author)})
        if rows:
            session.execute(insert(self.table), rows)
            write_down(session, audit_rows)
        return met

    def _standing(self, session: Session, book: str, ids: Sequence[str]) -> dict[str, VersionedRow]:
        """Return the newest version of each of some records."""
        newest: dict[str, VersionedRow] = {}
        name = self.table.KEYS[0]
        column = getattr(self.table, name)
        for begin in range(0, len(ids), MOST_AT_ONCE):
            some = ids[begin : begin + MOST_AT_ONCE]
            asked = select(self.table).where(self.table.book == book, column.in_(some))
            for row in session.scalars(asked.order_by(self.table.version)):
                newest[getattr(row, name)] = row
        return newest

    def _check(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            most = self.longest.get(name, LONGEST_NOTE)
            if isinstance(value, str) and len(value) > most:
                raise StoreError(
                    message(
                        "{name} has {n_value:,} characters.",
                        name=name.replace("_", " ").capitalize(),
                        n_value=len(value),
                    ),
                    str(values.get(self.table.KEYS[0], ""))[:60],
                    message("Shorten it to {most:,} or fewer.", most=most),
                )
