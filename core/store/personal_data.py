"""What the database keeps about one person, and its erasure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Table, cast, delete, func, or_, select, update
from sqlalchemy import types as kinds
from sqlalchemy.orm import Session

from core.localization import message
from core.store import person_keys
from core.store.audit_chain import write_down
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import Base

PRIVATE = {"preferences": "owner", "scope_views": "owner", "digests": "owner", "review_views": "owner"}
OWN_ROWS = PRIVATE | {"sign_ins": "user_name", "known_people": "user_name", "access_entries": "name"}
OWN_ROWS |= {"scim_resources": "name", "alert_rules": "owner", "alert_ways": "owner", "alert_ledger": "reader"}
OWN_ROWS |= {"deliveries": "reader", "api_replays": "owner", "project_members": "person", "work_tasks": "assignee"}
OWN_ROWS |= {"embed_links": "owner", "interaction_people": "address", "call_turns": "speaker"}
NOT_SEARCHED = ("audit", "audit_head", "person_keys", "alembic_version")
USER = "command line"


@dataclass(frozen=True)
class PersonalData:
    """Finds and erases a person in every table.

    Attributes
    ----------
    sessions, clock
        The database, and the time now.
    """

    sessions: Sessions
    clock: Clock

    def export(self, mail: str, name: str = "") -> dict[str, list[dict[str, Any]]]:
        """Return every row that names a person, by table, and their lines of the audit log.

        Parameters
        ----------
        mail : str
            What the person signs in as.
        name : str
            The full name, which comments and training records use; empty for the name known of them.
        """
        with self.sessions() as session:
            words = self._words(session, mail, name)
            out = {table.name: [_plain(row) for row in rows] for table, rows in _naming(session, words) if rows}
            out |= {"audit": self._lines(session, words)}
        return {table: rows for table, rows in out.items() if rows}

    def erase(self, mail: str, name: str = "") -> dict[str, int]:
        """Erase a person: delete what is theirs alone, name nobody where they worked with others, destroy their key.

        Parameters
        ----------
        mail, name : str
            As `export`.

        Returns
        -------
        dict
            Table to the number of rows deleted or changed; under "audit" the lines that named them by their key and
            now name nobody, and under "audit, by address" lines of before there were keys, which still do.

        Raises
        ------
        StoreError
            When the database does not answer; nothing is erased then.
        """
        with self.sessions.begin() as session:
            words = self._words(session, mail, name)
            counts = {"audit": len(self._lines(session, words))}
            legacy = _matches(Base.metadata.tables["audit"], words)
            counts["audit, by address"] = (
                session.scalar(select(func.count()).select_from(Base.metadata.tables["audit"]).where(legacy)) or 0
            )
            person_keys.destroy(session, words)
            for table, rows in list(_naming(session, words)):
                counts[table.name] = len(rows)
                for row in rows:
                    _erase_row(session, table, row, words)
            entry = {"at": self.clock(), "user": USER, "action": "erased a person", "target": "personal data"}
            write_down(session, [entry | {"detail": message("{values:,} rows", values=sum(counts.values()))}])
        self._sweep()
        return {table: n_rows for table, n_rows in counts.items() if n_rows}

    def _words(self, session: Session, mail: str, name: str) -> tuple[str, ...]:
        people = Base.metadata.tables["known_people"]
        full_name = session.scalar(select(people.c.name).where(people.c.user_name == mail.lower())) or ""
        # A first name alone would be found in the middle of sentences about others.
        return (mail.lower(), *sorted({word.lower() for word in (name.strip(), full_name) if " " in word}))

    def _lines(self, session: Session, mine: tuple[str, ...]) -> list[dict[str, Any]]:
        audit = Base.metadata.tables["audit"]
        words = person_keys.words_by_key(session)
        keys = [key for key, word in words.items() if word.lower() in mine]
        rows = session.execute(select(audit).where(_matches(audit, tuple(keys)))) if keys else ()
        return [
            {k: person_keys.named(v, words) if isinstance(v, str) else v for k, v in _plain(r).items()} for r in rows
        ]

    def _sweep(self) -> None:
        """Let a SQLite file overwrite what was deleted: it would stay readable in pages that are free."""
        if self.sessions.engine.dialect.name == "sqlite":
            with self.sessions.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _naming(session: Session, words: tuple[str, ...]) -> Iterator[tuple[Table, list[Row[Any]]]]:
    """Return each table with its rows that name a person in any text."""
    for table in Base.metadata.sorted_tables:
        if table.name not in NOT_SEARCHED and _texts(table):
            yield table, list(session.execute(select(table).where(_matches(table, words))))


def _texts(table: Table) -> list[Any]:
    return [column for column in table.columns if isinstance(column.type, kinds.String | kinds.JSON)]


def _matches(table: Table, words: tuple[str, ...]) -> Any:
    # JSON escapes letters outside ASCII, so a name is looked for both ways.
    forms = {form for word in words for form in (word, json.dumps(word)[1:-1])}
    return or_(
        *(cast(column, kinds.Text).icontains(form, autoescape=True) for column in _texts(table) for form in forms)
    )


def _erase_row(session: Session, table: Table, row: Row[Any], words: tuple[str, ...]) -> None:
    same = [column == getattr(row, column.key) for column in table.primary_key.columns]
    own = OWN_ROWS.get(table.name)
    if own is not None and str(row._mapping[own]).lower() == words[0]:
        session.execute(delete(table).where(*same))
        return
    values = {column.name: _without(row._mapping[column.name], words) for column in _texts(table)}
    session.execute(update(table).where(*same).values(**values))


def _without(value: Any, words: tuple[str, ...]) -> Any:
    """Return a value, however nested, in which nobody is named."""
    if isinstance(value, dict):
        return {_without(key, words): _without(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, words) for inner in value]
    if not isinstance(value, str):
        return value
    for word in words:
        value = re.sub(re.escape(word), person_keys.ERASED, value, flags=re.IGNORECASE)
    return value


def _plain(row: Row[Any]) -> dict[str, Any]:
    return {
        key: value.isoformat()
        if isinstance(value, date | datetime)
        else message("{n_value:,} bytes", n_value=len(value))
        if isinstance(value, bytes)
        else value
        for key, value in row._mapping.items()
    }
