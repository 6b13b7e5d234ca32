"""How the work on a list is to go, and who has which role in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import CursorResult, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.contracts.errors import StoreError
from core.localization import message
from core.store.audit_chain import write_down
from core.store.project_tables import ProjectMemberRow, ProjectPlanRow
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import RequirementSetRow
from core.store.work_tasks import ROLES


@dataclass(frozen=True)
class Project:
    """The plan of a list as it stands.

    Attributes
    ----------
    requirement_set_id : int
    payload : mapping
        What JSON can hold; empty where nobody has planned anything.
    members : mapping
        Person, in lower case, to their roles.
    version : int
        0 where nothing was saved.
    """

    requirement_set_id: int
    payload: Mapping[str, Any] = field(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    version: int = 0


class Projects:
    """The plans and members of all lists."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def get(self, number: int) -> Project:
        """Return the plan and the members of a list."""
        asked = select(ProjectMemberRow.person, ProjectMemberRow.role).where(
            ProjectMemberRow.requirement_set_id == number
        )
        with self._sessions() as session:
            plan = session.get(ProjectPlanRow, number)
            members: dict[str, tuple[str, ...]] = {}
            for person, role in session.execute(asked.order_by(ProjectMemberRow.person)):
                members[person] = (*members.get(person, ()), role)
            payload, version = (dict(plan.payload), plan.version) if plan is not None else ({}, 0)
        ordered = {person: tuple(role for role in ROLES if role in roles) for person, roles in members.items()}
        return Project(number, payload, ordered, version)

    def save(self, before: Project, payload: Mapping[str, Any], user: str) -> Project:
        """Save a plan over the one last read.

        Parameters
        ----------
        before : Project
            As it was read.
        payload : mapping
        user : str

        Raises
        ------
        StoreError
            When somebody has saved in between, or the list was deleted; nothing is overwritten then.
        """
        number = before.requirement_set_id
        changed = [
            name for name in sorted({*before.payload, *payload}) if before.payload.get(name) != payload.get(name)
        ]
        with self._sessions.begin() as session:
            self._write(session, before, payload, user)
            self._note(session, number, user, "planned the work", ", ".join(changed))
        return self.get(number)

    def _write(self, session: Session, before: Project, payload: Mapping[str, Any], user: str) -> None:
        number, version = before.requirement_set_id, before.version
        values = {"payload": dict(payload), "version": version + 1, "saved_by": user[:200], "saved_at": self._clock()}
        same = (ProjectPlanRow.requirement_set_id == number) & (ProjectPlanRow.version == version)
        try:
            if version == 0:
                session.execute(insert(ProjectPlanRow).values(requirement_set_id=number, **values))
                return
        except IntegrityError as error:
            raise _raced() from error
        done = cast("CursorResult[Any]", session.execute(update(ProjectPlanRow).where(same).values(**values)))
        if done.rowcount != 1:
            raise _raced()

    def set_members(self, number: int, members: Mapping[str, Iterable[str]], user: str) -> Project:
        """Say who has which role in the work on a list; who is not named has none any more.

        Parameters
        ----------
        number : int
        members : mapping
            Person to roles: lead, writer, subject expert, legal, viewer.
        user : str

        Raises
        ------
        StoreError
            When there is no such role, or the list was deleted.
        """
        rows = sorted({(person.strip().lower(), role) for person, roles in members.items() for role in roles})
        for person, role in rows:
            if role not in ROLES:
                raise StoreError(
                    message("There is no role {role!r} in a project.", role=role),
                    mend=message("Known: {roles}.", roles=", ".join(ROLES)),
                )
            if not 0 < len(person) <= 200:
                raise StoreError("A person has a name of 1 to 200 characters.", mend="Write what they sign in as.")
        given = [{"requirement_set_id": number, "person": person, "role": role} for person, role in rows]
        detail = "; ".join(f"{person}: {role}" for person, role in rows) or "nobody"
        try:
            with self._sessions.begin() as session:
                session.execute(delete(ProjectMemberRow).where(ProjectMemberRow.requirement_set_id == number))
                if given:
                    session.execute(insert(ProjectMemberRow), given)
                self._note(session, number, user, "set the project's members", detail)
        except IntegrityError as error:
            raise _raced() from error
        return self.get(number)

    def _note(self, session: Session, number: int, user: str, action: str, detail: str) -> None:
        name = session.scalar(select(RequirementSetRow.name).where(RequirementSetRow.id == number)) or message(
            "list {number}", number=number
        )
        entry = {
            "at": self._clock(),
            "user": user,
            "action": action,
            "target": message("requirement list {name}", name=name),
        }
        write_down(session, [entry | {"detail": detail}])


def _raced() -> StoreError:
    return StoreError(
        "The project was changed by somebody else, or its list was deleted. Nothing was overwritten.",
        mend="Load the page again and repeat the change.",
    )
