"""What people do with the rows of a requirement list; two at once see each other's changes, none is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, cast

import polars as pl
from sqlalchemy import CursorResult, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.contracts.errors import StoreError
from core.store import event_asks
from core.store.audit_chain import write_down
from core.store.sessions import Sessions
from core.store.tables import RequirementSetRow, ReviewRow

TRIES = 3
FIELDS = ("state", "owner", "due_on", "comment", "answer", "category", "priority", "capability_id")
SHAPE: dict[str, Any] = {
    "sheet": pl.String,
    "row": pl.Int64,
    "state": pl.String,
    "owner": pl.String,
    "due_on": pl.Date,
    "comment": pl.String,
    "answer": pl.String,
    "category": pl.String,
    "priority": pl.String,
    "capability_id": pl.String,
    "version": pl.Int64,
    "changed_by": pl.String,
    "changed_at": pl.Datetime("us"),
    "answered_by": pl.String,
    "approved_by": pl.String,
    "approved_at": pl.Datetime("us"),
}
TIMES = ("changed_at", "approved_at")
APPROVED = "approved"


@dataclass(frozen=True)
class Change:
    """New values for one row of a list.

    Attributes
    ----------
    sheet : str
    row : int
        As in the buyer's file.
    version : int
        That last read; 0 where nobody has touched the row yet.
    values : mapping
        Any of state, owner, due_on, comment, answer, category, priority, capability_id.
    is_draft : bool
        Whether the answer is the drafted one as it stands, so that nobody wrote it.
    """

    sheet: str
    row: int
    version: int
    values: Mapping[str, str | date | None] = field(default_factory=dict)
    is_draft: bool = False


@dataclass(frozen=True)
class Conflict:
    """A change that was not made, because somebody was there first.

    Attributes
    ----------
    wanted : Change
    standing : mapping
        The row as it stands: the fields, version, changed_by and changed_at.
    """

    wanted: Change
    standing: Mapping[str, Any]

    def sentence(self) -> str:
        """Say who was there first, and what stands against what was wanted."""
        at: datetime = self.standing["changed_at"]
        differing = [
            f"{name.replace('_', ' ')} is {self.standing[name] or 'empty'}, yours is {value or 'empty'}"
            for name, value in self.wanted.values.items()
            if self.standing[name] != value
        ]
        what = "; ".join(differing) or "both say the same"
        return (
            f"Row {self.wanted.row} was changed by {self.standing['changed_by']} at {at:%H:%M:%S}: {what}. "
            "Nothing was overwritten."
        )


class Reviews:
    """The rows of requirement lists that somebody has worked on."""

    def __init__(self, sessions: Sessions, clock: Callable[[], datetime]) -> None:
        self._sessions, self._clock = sessions, clock

    def rows(self, requirement_set_id: int) -> pl.DataFrame:
        """Return the rows worked on, times in UTC.

        Returns
        -------
        pl.DataFrame
            [sheet, row, the fields, version, changed_by, changed_at, answered_by, approved_by, approved_at]:
            answered_by wrote the answer, null where it is the draft as it stood; the approval is null but for
            approved rows.
        """
        columns = [ReviewRow.__table__.c[name] for name in SHAPE]
        asked = select(*columns).where(ReviewRow.requirement_set_id == requirement_set_id)
        with self._sessions() as session:
            records = [
                [_plain(value) if name in TIMES and value else value for name, value in zip(SHAPE, row, strict=True)]
                for row in session.execute(asked)
            ]
        return pl.DataFrame(records, schema=SHAPE, orient="row").sort("sheet", "row")

    def change(self, requirement_set_id: int, changes: Sequence[Change], user: str) -> list[Conflict]:
        """Make changes, each only where the row still stands as it was read, with a row of the audit log each.

        Parameters
        ----------
        requirement_set_id : int
        changes : sequence of Change
        user : str
            Who makes them.

        Returns
        -------
        list of Conflict
            Those not made; all others are.

        Raises
        ------
        StoreError
            When a field is not known, or the list has been deleted.
        """
        for edit in changes:
            for name in edit.values:
                if name not in FIELDS:
                    raise StoreError(f"A row has no field {name!r}.", mend=f"Known: {', '.join(FIELDS)}.")
        for _ in range(TRIES):
            try:
                with self._sessions.begin() as session:
                    return self._all(session, requirement_set_id, changes, user)
            except (IntegrityError, _Raced):
                continue
        raise StoreError(
            "The changes could not be saved: the list was deleted, or somebody keeps saving the same rows.",
            mend="Open it again and repeat them.",
        )

    def _all(self, session: Session, number: int, changes: Sequence[Change], user: str) -> list[Conflict]:
        rows = session.scalars(select(ReviewRow).where(ReviewRow.requirement_set_id == number))
        standing = {(saved.sheet, saved.row): saved for saved in rows}
        at = self._clock()
        mark = {"requirement_set_id": number, "changed_by": user[:200], "changed_at": at}
        title = session.scalar(select(RequirementSetRow.name).where(RequirementSetRow.id == number)) or f"list {number}"
        met: list[Conflict] = []
        new: list[dict[str, Any]] = []
        over: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        trail: list[dict[str, Any]] = []
        for edit in changes:
            key = {"sheet": edit.sheet, "row": edit.row, "version": edit.version + 1}
            there = standing.get((edit.sheet, edit.row))
            if there is None and edit.version:
                raise StoreError("The list was deleted meanwhile.", mend="Keep it again under a name.")
            if there is not None and there.version != edit.version:
                met.append(Conflict(edit, _values(there)))
                continue
            trail.append({"target": _target(title, edit), "detail": _changes(there, edit)})
            values = {**edit.values, **_signed(edit, there, user[:200], at)}
            if there is None:
                new.append({**dict.fromkeys((*FIELDS, *SIGNED)), "state": "new", **values, **key, **mark})
            else:
                over.setdefault(tuple(sorted(values)), []).append({**values, **key, **mark})
        if new:
            session.execute(insert(ReviewRow), new)
        for names, group in over.items():
            _replace(session, names, group)
        who = {"at": mark["changed_at"], "user": user, "action": "requirement row saved"}
        write_down(session, [{**who, **entry} for entry in trail])
        if any(values.get("approved_at") == at for group in (new, *over.values()) for values in group):
            event_asks.ask(session, at)
        return met


SIGNED = ("answered_by", "approved_by", "approved_at")


def _signed(edit: Change, there: ReviewRow | None, user: str, at: datetime) -> dict[str, Any]:
    """Return who wrote and who approved, where a change touches answer or state."""
    signed: dict[str, Any] = {}
    if "answer" in edit.values:
        signed["answered_by"] = user if edit.values["answer"] and not edit.is_draft else None
    state = edit.values.get("state", there.state if there is not None else None)
    if "state" in edit.values or ("answer" in edit.values and state == APPROVED):
        is_approved = state == APPROVED
        signed |= {"approved_by": user if is_approved else None, "approved_at": at if is_approved else None}
    return signed


class _Raced(Exception):  # noqa: N818
    """Somebody saved between reading and writing."""


def _replace(session: Session, names: tuple[str, ...], group: list[dict[str, Any]]) -> None:
    """Write rows that stand as they were read; one of them having changed since undoes all."""
    table = ReviewRow.__table__
    same = [table.c[name] == bindparam(f"_{name}") for name in ("requirement_set_id", "sheet", "row")]
    was = table.c.version == bindparam("_version")
    written = (*names, "version", "changed_by", "changed_at")
    order = update(ReviewRow.__table__).where(*same, was).values({name: bindparam(f"new_{name}") for name in written})  # type: ignore[arg-type]
    given = [
        {f"new_{name}": row[name] for name in written}
        | {f"_{name}": row[name] for name in ("requirement_set_id", "sheet", "row")}
        | {"_version": row["version"] - 1}
        for row in group
    ]
    done = cast("CursorResult[Any]", session.connection().execute(order, given))
    if done.rowcount not in (-1, len(group)):
        raise _Raced


def _target(title: str, edit: Change) -> str:
    sheet = f", {edit.sheet}" if edit.sheet else ""
    return f"requirement list {title}{sheet}, row {edit.row}"[:400]


def _changes(there: ReviewRow | None, edit: Change) -> str:
    """Say what a change makes of each field, and what it said before."""
    before = {name: getattr(there, name) if there is not None else None for name in edit.values}
    return "; ".join(
        f"{name}: {before[name] or 'empty'} → {value or 'empty'}"
        for name, value in edit.values.items()
        if before[name] != value
    )


def _values(row: ReviewRow) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in SHAPE}
    return values | {name: _plain(values[name]) for name in TIMES if values[name]}


def _plain(at: datetime) -> datetime:
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).replace(tzinfo=None)
