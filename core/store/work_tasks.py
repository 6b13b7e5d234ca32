"""What people have to do with the rows of requirement lists: made with the change that leads to it, done, put off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import CursorResult, and_, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from core.contracts.errors import StoreError
from core.localization import message
from core.store.audit_chain import write_down
from core.store.project_tables import ProjectMemberRow, WorkTaskRow
from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions
from core.store.tables import RequirementSetRow

ANSWER, SIGN_OFF, MENTION = "answer", "sign off", "mention"
DONE = ("answered", "approved")
ROLE = "role: "
ROLES = ("lead", "writer", "subject expert", "legal", "viewer")
MOST = 500


@dataclass(frozen=True)
class Task:
    """Something somebody has to do.

    Attributes
    ----------
    id, requirement_set_id : int
    list_name, sheet : str
    row : int
        As in the buyer's file.
    kind : str
        "answer", "sign off" or "mention".
    assignee : str
        A person in lower case, or "role: " and a role of the list.
    due_on, snoozed_until : date, optional
    made_by : str
    made_at : datetime
        In UTC.
    """

    id: int
    requirement_set_id: int
    list_name: str
    sheet: str
    row: int
    kind: str
    assignee: str
    due_on: date | None
    snoozed_until: date | None
    made_by: str
    made_at: datetime


@dataclass(frozen=True)
class RowNow:
    """A row after a change, as tasks follow from it.

    Attributes
    ----------
    sheet : str
    row : int
    owner : str, optional
    state : str
    due_on : date, optional
    signers : tuple of str, optional
        Roles that are to sign the row off; None where the change does not touch that.
    """

    sheet: str
    row: int
    owner: str | None
    state: str
    due_on: date | None
    signers: tuple[str, ...] | None = None


def follow(session: Session, number: int, rows: Sequence[RowNow], user: str, at: datetime) -> None:
    """Bring the tasks of rows in line with them, within the transaction of their change.

    Parameters
    ----------
    session : sqlalchemy session
    number : int
        The list's.
    rows : sequence of RowNow
    user : str
        Who changed them.
    at : datetime
    """
    table = WorkTaskRow
    asked = select(table).where(table.requirement_set_id == number, table.kind.in_([ANSWER, SIGN_OFF]))
    standing = {(task.sheet, task.row, task.kind, task.assignee): task for task in session.scalars(asked)}
    by_row: dict[tuple[str, int], list[WorkTaskRow]] = {}
    for task in standing.values():
        by_row.setdefault((task.sheet, task.row), []).append(task)
    new = []
    for now in rows:
        wanted = _wanted(now)
        for task in by_row.get((now.sheet, now.row), ()):
            is_kept = (task.kind, task.assignee) in wanted or (task.kind == SIGN_OFF and now.signers is None)
            if task.is_open and not is_kept:
                task.is_open, task.closed_by, task.closed_at = False, user, at
        for kind, assignee in sorted(wanted):
            there = standing.get((now.sheet, now.row, kind, assignee))
            if there is None:
                new.append(_values(number, now.sheet, now.row, kind, assignee, user, at) | {"due_on": now.due_on})
            else:
                _open_again(there, now.due_on, user, at)
    session.flush()
    if new:
        session.execute(insert(WorkTaskRow), new)


def mention(
    session: Session, number: int, row: tuple[str, int], people: Iterable[str], user: str, at: datetime
) -> None:
    """Give everybody named in a comment on a row a task, within the transaction of the comment.

    Parameters
    ----------
    session : sqlalchemy session
    number : int
        The list's; nothing happens where it is no more.
    row : (str, int)
        Its sheet and number.
    people : iterable of str
    user : str
        Who named them; nobody gives themselves a task.
    at : datetime
    """
    if session.get(RequirementSetRow, number) is None:
        return
    sheet, row_number = row
    for person in sorted({name.strip().lower() for name in people} - {"", user.lower()}):
        key = (
            (WorkTaskRow.requirement_set_id == number) & (WorkTaskRow.sheet == sheet) & (WorkTaskRow.row == row_number)
        )
        own = (WorkTaskRow.kind == MENTION) & (WorkTaskRow.assignee == person)
        there = session.scalars(select(WorkTaskRow).where(key & own)).first()
        if there is None:
            session.execute(insert(WorkTaskRow).values(_values(number, sheet, row_number, MENTION, person, user, at)))
        else:
            _open_again(there, None, user, at)


def _wanted(now: RowNow) -> set[tuple[str, str]]:
    owner = (now.owner or "").strip().lower()
    wanted = {(ANSWER, owner)} if owner and now.state not in DONE else set()
    return wanted | {(SIGN_OFF, ROLE + role) for role in now.signers or ()}


def _values(number: int, sheet: str, row: int, kind: str, assignee: str, user: str, at: datetime) -> dict[str, Any]:
    key = {"requirement_set_id": number, "sheet": sheet, "row": row, "kind": kind, "assignee": assignee[:200]}
    return key | {"due_on": None, "is_open": True, "made_by": user, "made_at": at, "closed_by": ""}


def _open_again(task: WorkTaskRow, due_on: date | None, user: str, at: datetime) -> None:
    if not task.is_open:
        task.is_open, task.snoozed_until, task.made_by, task.made_at = True, None, user, at
        task.closed_by, task.closed_at = "", None
    task.due_on = due_on


class WorkTasks:
    """The tasks of all lists."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def today(self) -> date:
        """Return the day, in UTC."""
        return self._clock().date()

    def mine(self, names: Iterable[str], with_snoozed: bool = False) -> list[Task]:
        """Return the open tasks of a person, those due first in front; one query over an index.

        Parameters
        ----------
        names : iterable of str
            What the person signs in as, and is called.
        with_snoozed : bool
            Also those put off to a later day.
        """
        own = sorted({name.strip().lower() for name in names} - {""})
        member = exists().where(
            ProjectMemberRow.requirement_set_id == WorkTaskRow.requirement_set_id,
            ProjectMemberRow.person.in_(own),
            WorkTaskRow.assignee == ROLE + ProjectMemberRow.role,
        )
        among = WorkTaskRow.assignee.in_([*own, *(ROLE + role for role in ROLES)])
        return self._read(among, or_(WorkTaskRow.assignee.in_(own), member), with_snoozed=with_snoozed)

    def of_list(self, number: int) -> list[Task]:
        """Return every open task of a list, those put off too."""
        return self._read(WorkTaskRow.requirement_set_id == number, with_snoozed=True)

    def due(self, until: date) -> list[Task]:
        """Return every open task due by a day and not put off beyond today, those due first in front."""
        return self._read(WorkTaskRow.due_on <= until)

    def _read(self, *where: Any, with_snoozed: bool = False) -> list[Task]:
        table = WorkTaskRow.__table__.c
        columns = [RequirementSetRow.name if name == "list_name" else table[name] for name in Task.__annotations__]
        asked = select(*columns).join(RequirementSetRow, RequirementSetRow.id == table.requirement_set_id)
        asked = asked.where(table.is_open.is_(True), *where)
        if not with_snoozed:
            asked = asked.where(or_(table.snoozed_until.is_(None), table.snoozed_until <= self.today()))
        asked = asked.order_by(table.due_on.is_(None), table.due_on, table.id).limit(MOST)
        with self._sessions() as session:
            return [_task(tuple(row)) for row in session.execute(asked)]

    def close(self, number: int, names: Iterable[str], user: str) -> None:
        """Note that a person has done a task of theirs.

        Raises
        ------
        StoreError
            When the person has no such open task.
        """
        self._mark(number, names, user, "did a task", is_open=False, closed_by=user, closed_at=self._clock())

    def snooze(self, number: int, names: Iterable[str], user: str, until: date) -> None:
        """Put a task off to a day; until then it is neither counted nor reminded of. Raises as `close`."""
        self._mark(number, names, user, message("put a task off to {until}", until=until), snoozed_until=until)

    def _mark(self, number: int, names: Iterable[str], user: str, action: str, **values: Any) -> None:
        if number not in {task.id for task in self.mine(names, with_snoozed=True)}:
            raise StoreError("You have no such open task.", mend="Somebody may have done it: load the page again.")
        same = and_(WorkTaskRow.id == number, WorkTaskRow.is_open.is_(True))
        with self._sessions.begin() as session:
            changed = cast("CursorResult[Any]", session.execute(update(WorkTaskRow).where(same).values(**values)))
            if changed.rowcount:
                entry = {
                    "at": self._clock(),
                    "user": user,
                    "action": action,
                    "target": message("task {number}", number=number),
                }
                write_down(session, [entry])


def _task(row: tuple[Any, ...]) -> Task:
    values: Mapping[str, Any] = dict(zip(Task.__annotations__, row, strict=True))
    return Task(**{**values, "made_at": in_utc(values["made_at"])})
