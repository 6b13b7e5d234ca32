"""Records that are never overwritten: each save is a row of its own with the next version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Select, and_, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import local_times
from core.contracts.errors import ConflictError, StoreError
from core.localization import message
from core.store import event_asks
from core.store.audit_chain import write_down
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import (
    Base,
    CallApprovalRow,
    DealEditRow,
    ForecastCallRow,
    ForecastSnapshotRow,
    VersionedRow,
)

LONGEST_NOTE = 4_000
_POLARS: Mapping[type, pl.DataType] = {
    str: pl.String(),
    int: pl.Int64(),
    float: pl.Float64(),
    bool: pl.Boolean(),
    date: pl.Date(),
    datetime: pl.Datetime("us"),
}


@dataclass(frozen=True)
class Versions:
    """All versions of one kind of record; the newest stands, the older ones stay readable.

    Attributes
    ----------
    sessions, clock
        Where rows go, and the time they get.
    table : type
        Its `KEYS` name the thing a record is about; `WORDS` the values it holds.
    noun : str
        What one is called in a sentence.
    """

    sessions: Sessions
    clock: Clock
    table: type[VersionedRow]
    noun: str

    def save(
        self, book: str, about: Mapping[str, Any], values: Mapping[str, Any], author: str, version: int = 0
    ) -> int:
        """Add the next version of a record, and a row to the audit log, or neither.

        Parameters
        ----------
        book : str
            The data the record belongs to.
        about : mapping
            What it is about, one value per key of the table.
        values : mapping
            What it says.
        author : str
        version : int
            The version the author saw; 0 when there was none.

        Returns
        -------
        int
            The version saved.

        Raises
        ------
        ConflictError
            When somebody saved in between; it carries what they wrote, and nothing is overwritten.
        StoreError
            When a note is too long.
        """
        self._check(values)
        row = {"book": book, **about, **values, "author": author[:200], "version": version + 1}
        try:
            with self.sessions.begin() as session:
                newest = session.scalars(self._of(book, about)).first()
                if (newest.version if newest else 0) != version:
                    raise self._conflict(newest)
                session.execute(insert(self.table).values(saved_at=self.clock(), **row))
                write_down(session, [{"at": self.clock(), **self._audit(about, values, newest, author)}])
                self._written(session)
        except IntegrityError:
            with self.sessions() as session:
                raise self._conflict(session.scalars(self._of(book, about)).first()) from None
        return version + 1

    def _written(self, session: Session) -> None:
        """Do what belongs to a new version, in its transaction."""

    def newest(self, book: str, **about: Any) -> pl.DataFrame:
        """Return the newest version of every record of a book, narrowed to some keys."""
        table = self.table
        keys = [getattr(table, name) for name in table.KEYS]
        last = select(*keys, func.max(table.version).label("last")).where(table.book == book).group_by(*keys).subquery()
        same = [getattr(table, name) == last.c[name] for name in table.KEYS]
        asked = select(table).join(last, (table.version == last.c.last) & and_(*same)).where(table.book == book)
        return self._frame(_narrow(asked, table, about))

    def all(self, book: str, **about: Any) -> pl.DataFrame:
        """Return every version of every record of a book, oldest first, narrowed to some keys."""
        asked = select(self.table).where(self.table.book == book).order_by(self.table.id)
        return self._frame(_narrow(asked, self.table, about))

    def count(self, book: str) -> int:
        """Say how many versions a book holds."""
        with self.sessions() as session:
            return session.scalar(select(func.count(self.table.id)).where(self.table.book == book)) or 0

    def seed(self, book: str, rows: pl.DataFrame, author: str) -> None:
        """Fill an empty book with versions made elsewhere; one that holds any is left alone.

        Parameters
        ----------
        book : str
        rows : pl.DataFrame
            Keys, values and version.
        author : str
        """
        values = [{"book": book, "author": author, "saved_at": self.clock(), **row} for row in rows.to_dicts()]
        try:
            with self.sessions.begin() as session:
                if values and not session.scalar(select(func.count(self.table.id)).where(self.table.book == book)):
                    session.execute(insert(self.table), values)
        except IntegrityError:
            return

    def _of(self, book: str, about: Mapping[str, Any]) -> Select[Any]:
        asked = select(self.table).where(self.table.book == book).order_by(self.table.version.desc()).limit(1)
        return _narrow(asked, self.table, about)

    def _check(self, values: Mapping[str, Any]) -> None:
        for value in values.values():
            if isinstance(value, str) and len(value) > LONGEST_NOTE:
                raise StoreError(
                    message("The note has {n_value:,} characters.", n_value=len(value)),
                    mend=message("Shorten it to {longest_note:,} or fewer.", longest_note=LONGEST_NOTE),
                )

    def _conflict(self, newest: Any) -> ConflictError:
        if newest is None:
            return ConflictError(message("The {noun} is gone.", noun=self.noun), {}, mend="Load the page again.")
        return ConflictError(
            message(
                "{author} changed this {noun} at {at}, after you opened it. Nothing was overwritten.",
                author=newest.author,
                noun=self.noun,
                at=local_times.of_reader(newest.saved_at, "%H:%M:%S"),
            ),
            {name: getattr(newest, name) for name in ("version", "author", *self.table.WORDS)},
            mend="Both versions are shown; choose what shall stand.",
        )

    def _audit(self, about: Mapping[str, Any], values: Mapping[str, Any], newest: Any, author: str) -> dict[str, Any]:
        changes = [f"{k}: {getattr(newest, k, None)} → {v}" for k, v in values.items() if getattr(newest, k, None) != v]
        target = " ".join(str(v) for v in about.values())
        return {
            "user": author[:200],
            "action": message("{noun} saved", noun=self.noun)[:80],
            "target": target[:400],
            "detail": "; ".join(changes),
        }

    def _frame(self, asked: Select[Any]) -> pl.DataFrame:
        kinds = _kinds(self.table)
        with self.sessions() as session:
            rows = [[_plain(getattr(row, name)) for name in kinds] for row in session.scalars(asked)]
        return pl.DataFrame(rows, schema=kinds, orient="row")


class ForecastCalls(Versions):
    """What managers called for a period; every submission is kept."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        super().__init__(sessions, clock, ForecastCallRow, "forecast call")

    def _written(self, session: Session) -> None:
        event_asks.ask(session, self.clock())


class CallApprovals(Versions):
    """What those above a manager decided on the manager's calls."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        super().__init__(sessions, clock, CallApprovalRow, "decision on the forecast call")


class DealEdits(Versions):
    """What was written to a deal in a review: category, call and note, beside the deal itself."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        super().__init__(sessions, clock, DealEditRow, "review of the deal")


@dataclass(frozen=True)
class Snapshots:
    """The system's numbers as they were published; the first of a date stays."""

    sessions: Sessions
    clock: Clock

    def keep(self, book: str, as_of: date, rows: pl.DataFrame) -> int:
        """Keep the numbers of a date, unless they are kept already.

        Parameters
        ----------
        book : str
        as_of : date
        rows : pl.DataFrame
            [window, days, closed_amount, open_amount, new_amount, amount, lower, upper].

        Returns
        -------
        int
            Rows added.
        """
        names = ("window", "days", "closed_amount", "open_amount", "new_amount", "amount", "lower", "upper")
        windows = set(self.of(book).filter(pl.col("as_of_on") == as_of)["window"])
        fresh = [row for row in rows.select(names).to_dicts() if row["window"] not in windows]
        values = [{"book": book, "as_of_on": as_of, "saved_at": self.clock(), **row} for row in fresh]
        try:
            with self.sessions.begin() as session:
                if values:
                    session.execute(insert(ForecastSnapshotRow), values)
                    event_asks.ask(session, self.clock(), event_asks.ALERTS)
        except IntegrityError:
            return 0
        return len(values)

    def of(self, book: str) -> pl.DataFrame:
        """Return every number of a book, oldest first."""
        kinds = _kinds(ForecastSnapshotRow)
        asked = select(ForecastSnapshotRow).where(ForecastSnapshotRow.book == book)
        with self.sessions() as session:
            records = session.scalars(asked.order_by(ForecastSnapshotRow.as_of_on, ForecastSnapshotRow.days)).all()
            rows = [[_plain(getattr(row, name)) for name in kinds] for row in records]
        return pl.DataFrame(rows, schema=kinds, orient="row")


def _kinds(table: type[Base]) -> dict[str, pl.DataType]:
    """Return the columns a frame of a table has; the key and the book are the store's own."""
    kinds = {mapped.key: _POLARS[mapped.columns[0].type.python_type] for mapped in table.__mapper__.column_attrs}
    return {name: kind for name, kind in kinds.items() if name not in ("id", "book")}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _narrow(asked: Select[Any], table: type[VersionedRow], about: Mapping[str, Any]) -> Select[Any]:
    for name, value in about.items():
        asked = asked.where(getattr(table, name) == value)
    return asked
