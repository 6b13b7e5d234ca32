"""Saved scenarios as branches: each knows what it was saved from, who may see it, and whether it is locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.contracts.errors import StoreError
from core.localization import message
from core.store.repositories import Documents, Saved, in_utc
from core.store.tables import ScenarioRow

LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Branch(Saved):
    """A saved scenario and its place among the others.

    Attributes
    ----------
    parent : str
        Key of the scenario it was saved from; empty for a root. It stays when the parent is deleted.
    description : str
    is_shared, is_locked : bool
    """

    parent: str = ""
    description: str = ""
    is_shared: bool = False
    is_locked: bool = False

    @property
    def key(self) -> str:
        """Return what tells this scenario from all others."""
        return f"{self.owner}/{self.name}"


class Branches(Documents):
    """Scenarios, one's own and those that others share."""

    def visible(self, user: str) -> list[Branch]:
        """Return one's own scenarios and those shared by others, newest first."""
        rows = (ScenarioRow.owner == user) | ScenarioRow.is_shared
        asked = select(ScenarioRow).where(rows).order_by(ScenarioRow.saved_at.desc(), ScenarioRow.id.desc())
        with self._sessions() as session:
            return [_branch(row) for row in session.scalars(asked)]

    def branch(self, key: str, user: str) -> Branch:
        """Return one by its key.

        Raises
        ------
        StoreError
            When there is none, or it is another's and not shared.
        """
        saved = {b.key: b for b in self.visible(user)}.get(key)
        if saved is None:
            raise StoreError(
                message("There is no scenario called {partition!r}.", partition=key.partition("/")[2]),
                mend="It may have been deleted.",
            )
        return saved

    def keep(
        self,
        name: str,
        user: str,
        payload: Mapping[str, Any],
        version: int | None = None,
        *,
        parent: str = "",
        description: str = "",
        is_shared: bool = False,
    ) -> Branch:
        """Save a scenario: a new one without `version`, else over the version last read.

        Parameters
        ----------
        name, user : str
        payload : mapping
            What JSON can hold.
        version : int, optional
        parent : str
            Key of the scenario it comes from; one saved again keeps the parent it has.
        description : str
            Up to 2,000 characters.
        is_shared : bool

        Raises
        ------
        StoreError
            When it is locked, or as for `Documents.save`; nothing is overwritten then.
        """
        if len(description) > LONGEST_TEXT:
            raise StoreError(
                "The description is too long.",
                mend=message("Keep it to {longest_text:,} characters.", longest_text=LONGEST_TEXT),
            )

        def beside(session: Session, row_id: int) -> None:
            row = session.get_one(ScenarioRow, row_id)
            if row.is_locked:
                raise StoreError(
                    message("{name!r} is locked.", name=row.name), mend="Save under another name; it becomes a branch."
                )
            own = f"{row.owner}/{row.name}"
            row.parent = row.parent or ("" if parent == own else parent)
            row.description, row.is_shared = description.strip(), is_shared

        saved = self._save(self._title(name), user, payload, version, beside)
        return self.branch(f"{saved.owner}/{saved.name}", user)

    def lock(self, name: str, user: str, locked: bool = True) -> None:
        """Lock one's own scenario against changes, or open it again.

        Raises
        ------
        StoreError
            When it is not one's own.
        """
        self.get(name, user)
        with self._sessions.begin() as session:
            same = (ScenarioRow.owner == user) & (ScenarioRow.name == name.strip())
            session.execute(update(ScenarioRow).where(same).values(is_locked=locked))
            self._write_down(session, user, "locked" if locked else "unlocked", name.strip())

    def remove(self, name: str, user: str) -> None:
        """Delete one's own scenario; its branches stay.

        Raises
        ------
        StoreError
            When it is locked or not one's own.
        """
        if self.branch(f"{user}/{name.strip()}", user).is_locked:
            raise StoreError(message("{name!r} is locked.", name=name), mend="Unlock it first.")
        self.delete(name, user)


def tree(branches: Sequence[Branch]) -> list[tuple[int, Branch]]:
    """Return scenarios in the order of a tree, each with its depth; one whose parent is gone is a root."""
    keys = {b.key for b in branches}
    children: dict[str, list[Branch]] = {}
    for b in sorted(branches, key=lambda b: (b.saved_at, b.id)):
        children.setdefault(b.parent if b.parent in keys else "", []).append(b)
    out: list[tuple[int, Branch]] = []
    seen: set[str] = set()

    def walk(parent: str, depth: int) -> None:
        for b in children.get(parent, []):
            if b.key not in seen:
                seen.add(b.key)
                out.append((depth, b))
                walk(b.key, depth + 1)

    walk("", 0)
    for b in branches:
        if b.key not in seen:
            seen.add(b.key)
            out.append((0, b))
            walk(b.key, 1)
    return out


def _branch(row: ScenarioRow) -> Branch:
    return Branch(
        row.id,
        row.owner,
        row.name,
        dict(row.payload),
        row.version,
        in_utc(row.saved_at),
        row.parent,
        row.description,
        row.is_shared,
        row.is_locked,
    )
