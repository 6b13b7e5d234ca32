"""Who may do what, as administrators write it in the app: every save is a version, and a line of the audit log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl
from sqlalchemy import func, select

from core.store.append_only import Versions
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import AccessEntryRow

BOOK = "access"
Entry = tuple[str, str, str, int]


class AccessEntries(Versions):
    """All versions of all people, groups and roles."""

    _latest: list[tuple[int, tuple[Entry, ...]]]

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        super().__init__(sessions, clock, AccessEntryRow, "rule of access")
        object.__setattr__(self, "_latest", [])

    def current(self) -> tuple[Entry, ...]:
        """Return the newest version of each rule, those taken away left out; read anew when somebody has saved."""
        with self.sessions() as session:
            stamp = int(session.scalar(select(func.max(AccessEntryRow.id))) or 0)
        if self._latest and self._latest[0][0] == stamp:
            return self._latest[0][1]
        standing = self.newest(BOOK).filter(~pl.col("is_removed")).sort("kind", "name")
        entries = tuple(standing.select("kind", "name", "content", "version").iter_rows())
        self._latest[:] = [(stamp, entries)]
        return entries

    def keep(self, kind: str, name: str, content: str, author: str) -> None:
        """Save a rule.

        Raises
        ------
        ConflictError
            When somebody saved it at the same moment.
        StoreError
            When it is too long.
        """
        self.save(
            BOOK,
            {"kind": kind, "name": name},
            {"content": content, "is_removed": False},
            author,
            self._version(kind, name),
        )

    def remove(self, kind: str, name: str, author: str) -> None:
        """Take a rule away; its versions stay."""
        values = {"content": "{}", "is_removed": True}
        self.save(BOOK, {"kind": kind, "name": name}, values, author, self._version(kind, name))

    def _version(self, kind: str, name: str) -> int:
        newest = self.newest(BOOK, kind=kind, name=name)
        return int(newest["version"][0]) if newest.height else 0

    def _audit(self, about: Mapping[str, Any], values: Mapping[str, Any], newest: Any, author: str) -> dict[str, Any]:
        before = _readable(newest.content) if newest is not None and not newest.is_removed else "nothing"
        after = "nothing" if values["is_removed"] else _readable(values["content"])
        action = f"{about['kind']} {'taken away' if values['is_removed'] else 'saved'}"
        return {"user": author[:200], "action": action, "target": about["name"], "detail": f"{before} → {after}"}


def _readable(content: str) -> str:
    """Return a rule as a line of the audit log, in which names stand letter by letter."""
    try:
        return json.dumps(json.loads(content), ensure_ascii=False)
    except ValueError:
        return content
