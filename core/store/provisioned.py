"""People and groups as a directory provisioned them, and what follows at the door."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.contracts.errors import ConflictError, StoreError
from core.localization import message
from core.store.audit_chain import write_down
from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions
from core.store.tables import ScimMemberRow, ScimResourceRow

USER, GROUP = "User", "Group"
LONGEST = 200


@dataclass(frozen=True)
class Resource:
    """A person or a group.

    Attributes
    ----------
    id, kind, name : str
        "User" with the sign-in name in lower case, or "Group" with its name.
    content : mapping
        What the directory said of it, as JSON.
    is_active : bool
    version : int
    made_at, changed_at : datetime
        In UTC.
    linked : tuple of (str, str)
        Of a group its members, of a person the groups, by id and name.
    """

    id: str
    kind: str
    name: str
    content: Mapping[str, Any]
    is_active: bool
    version: int
    made_at: datetime
    changed_at: datetime
    linked: tuple[tuple[str, str], ...] = ()


class Provisioned:
    """All that directories provisioned."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def list(self, kind: str, name: str | None = None) -> list[Resource]:
        """Return people or groups, by name; where a name is given, that one alone."""
        asked = select(ScimResourceRow).where(ScimResourceRow.kind == kind).order_by(ScimResourceRow.name)
        if name is not None:
            asked = asked.where(ScimResourceRow.name == name)
        with self._sessions() as session:
            rows = session.scalars(asked).all()
            links = _links(session, kind, rows[0].id if len(rows) == 1 else None) if rows else {}
        return [_resource(row, links.get(row.id, ())) for row in rows]

    def get(self, kind: str, number: str) -> Resource | None:
        """Return one by its id; None where there is none."""
        with self._sessions() as session:
            row = session.get(ScimResourceRow, number)
            if row is None or row.kind != kind:
                return None
            return _resource(row, _links(session, kind, number).get(number, ()))

    def save(
        self,
        kind: str,
        name: str,
        content: Mapping[str, Any],
        author: str,
        is_active: bool = True,
        members: Iterable[str] = (),
        number: str | None = None,
        version: int | None = None,
    ) -> str:
        """Add a person or a group, or replace one; with a line in the audit log.

        Parameters
        ----------
        kind, name : str
        content : mapping
        author : str
            For the audit log.
        is_active : bool
        members : iterable of str
            Ids of the people in a group.
        number : str, optional
            Of the one replaced.
        version : int, optional
            The version that is replaced; default whichever stands.

        Returns
        -------
        str
            The id.

        Raises
        ------
        ConflictError
            When somebody saved in between, or it is not there any more.
        StoreError
            When the name is taken, empty or too long, or a member is nobody who was provisioned.
        """
        if not name or len(name) > LONGEST:
            raise StoreError(message("A name has 1 to {longest} characters.", longest=LONGEST), kind)
        values = {"name": name, "content": dict(content), "is_active": is_active, "changed_at": self._clock()}
        try:
            with self._sessions.begin() as session:
                if number is None:
                    number, before = uuid.uuid4().hex, None
                    made = {"id": number, "kind": kind, "version": 1, "made_at": self._clock()}
                    session.execute(insert(ScimResourceRow).values(**made, **values))
                else:
                    before = self._replace(session, kind, number, version, values)
                if kind == GROUP:
                    _set_members(session, number, set(members))
                self._audit(session, author, kind, name, before, is_active)
                return number
        except IntegrityError as error:
            raise StoreError(
                message("There is already a {kind} called {name!r}.", kind=kind, name=name), "name", "Choose another."
            ) from error

    def delete(self, kind: str, number: str, author: str, version: int | None = None) -> None:
        """Delete a person or a group.

        Raises
        ------
        ConflictError
            When somebody saved in between, or it is not there any more.
        """
        with self._sessions.begin() as session:
            row = session.get(ScimResourceRow, number)
            if row is None or row.kind != kind or (version is not None and row.version != version):
                raise _gone(kind)
            session.execute(delete(ScimResourceRow).where(ScimResourceRow.id == number))
            write_down(session, [self._line(author, message("{kind} deprovisioned", kind=kind.lower()), row.name)])

    def groups(self, user: str) -> tuple[str, ...]:
        """Return the names of the groups that somebody was provisioned into."""
        with self._sessions() as session:
            return _groups(session, user)

    def is_shut_out(self, user: str) -> bool:
        """Say whether a directory has deactivated somebody: they do not get in, whatever the rules say."""
        asked = select(ScimResourceRow.is_active).where(ScimResourceRow.kind == USER, ScimResourceRow.name == user)
        with self._sessions() as session:
            return session.scalar(asked) is False

    def _replace(
        self, session: Session, kind: str, number: str, version: int | None, values: Mapping[str, Any]
    ) -> Resource:
        row = session.get(ScimResourceRow, number)
        if row is None or row.kind != kind or (version is not None and row.version != version):
            raise _gone(kind)
        before = _resource(row, _links(session, kind, number).get(number, ()))
        asked = (
            update(ScimResourceRow)
            .where(ScimResourceRow.id == number, ScimResourceRow.version == before.version)
            .values(version=before.version + 1, **values)
        )
        if cast("CursorResult[Any]", session.execute(asked)).rowcount != 1:
            raise _gone(kind)
        return before

    def _audit(
        self, session: Session, author: str, kind: str, name: str, before: Resource | None, is_active: bool
    ) -> None:
        action = message("{kind} provisioned", kind=kind.lower())
        if before is not None:
            action = message("{kind} changed", kind=kind.lower())
            if before.is_active != is_active:
                action = f"{kind.lower()} {'activated' if is_active else 'deactivated'}"
        detail = message("renamed from {name}", name=before.name) if before is not None and before.name != name else ""
        write_down(session, [self._line(author, action, name, detail)])

    def _line(self, author: str, action: str, target: str, detail: str = "") -> dict[str, Any]:
        return {"at": self._clock(), "user": author, "action": action, "target": target, "detail": detail}


def _groups(session: Session, user: str) -> tuple[str, ...]:
    person = select(ScimResourceRow.id).where(ScimResourceRow.kind == USER, ScimResourceRow.name == user)
    asked = (
        select(ScimResourceRow.name)
        .join(ScimMemberRow, ScimMemberRow.group_id == ScimResourceRow.id)
        .where(ScimMemberRow.user_id.in_(person))
        .order_by(ScimResourceRow.name)
    )
    return tuple(session.scalars(asked))


def _links(session: Session, kind: str, number: str | None) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return by id of a group its members, or of a person the groups; of one of them, or of all."""
    own, other = ScimMemberRow.group_id, ScimMemberRow.user_id
    if kind == USER:
        own, other = other, own
    asked = select(own, other, ScimResourceRow.name).join(ScimResourceRow, ScimResourceRow.id == other)
    if number is not None:
        asked = asked.where(own == number)
    out: dict[str, tuple[tuple[str, str], ...]] = {}
    for mine, theirs, name in session.execute(asked.order_by(ScimResourceRow.name)):
        out[mine] = (*out.get(mine, ()), (theirs, name))
    return out


def _set_members(session: Session, group: str, members: set[str]) -> None:
    asked = select(ScimResourceRow.id).where(ScimResourceRow.kind == USER, ScimResourceRow.id.in_(members))
    if unknown := members - set(session.scalars(asked)):
        raise StoreError(
            message("{unknown} is no person who was provisioned.", unknown=min(unknown)[:40]),
            "members",
            "Provision them first.",
        )
    session.execute(delete(ScimMemberRow).where(ScimMemberRow.group_id == group))
    if members:
        rows = [{"group_id": group, "user_id": user} for user in sorted(members)]
        session.execute(insert(ScimMemberRow), rows)


def _gone(kind: str) -> ConflictError:
    return ConflictError(message("The {kind} was changed or deleted in between.", kind=kind), {}, mend="Read it anew.")


def _resource(row: ScimResourceRow, linked: tuple[tuple[str, str], ...]) -> Resource:
    times = (in_utc(row.made_at), in_utc(row.changed_at))
    return Resource(row.id, row.kind, row.name, row.content, row.is_active, row.version, *times, linked)
