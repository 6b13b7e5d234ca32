"""What people do with the rows of a requirement list; two at once see each other's changes, none is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, cast

import polars as pl
from sqlalchemy import CursorResult, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import local_times
from core.contracts.errors import StoreError
from core.localization import message
from core.store import event_asks, row_changes, work_tasks
from core.store.audit_chain import write_down
from core.store.sessions import Sessions
from core.store.tables import RequirementSetRow, ReviewRow

TRIES = 3
FIELDS = (
    *("state", "owner", "due_on", "comment", "answer", "category", "priority", "capability_id"),
    *("stage", "is_public"),
)
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
    "stage": pl.String,
    "is_public": pl.Boolean,
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
        Any of state, owner, due_on, comment, answer, category, priority, capability_id, stage, is_public.
    is_draft : bool
        Whether the answer is the drafted one as it stands, so that nobody wrote it.
    signers : tuple of str, optional
        Roles of the list that are to sign the row off from now on; None where the change does not touch that.
    """

    sheet: str
    row: int
    version: int
    values: Mapping[str, str | date | bool | None] = field(default_factory=dict)
    is_draft: bool = False
    signers: tuple[str, ...] | None = None


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
        differing = [
            message(
                "{name} is {standing}, yours is {value}",
                name=name.replace("_", " "),
                standing=self.standing[name] or message("empty"),
                value=value or message("empty"),
            )
            for name, value in self.wanted.values.items()
            if self.standing[name] != value
        ]
        what = "; ".join(differing) or "both say the same"
        return message(
            "Row {row} was changed by {changed_by} at {at}: {what}. Nothing was overwritten.",
            row=self.wanted.row,
            changed_by=self.standing["changed_by"],
            at=local_times.of_reader(self.standing["changed_at"], "%H:%M:%S"),
            what=what,
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
            [sheet, row, the fields, version, changed_by, changed_at, answered_by, approved_by, approved_at,
            stage, is_public]: answered_by wrote the answer, null where it is the draft as it stood; the approval is
            null but for approved rows.
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

        What somebody else changed meanwhile in other fields stands beside them, unless one of the two judges the
        row (its state, its stage, whether it is public) and the other changes what was judged.
        A new text of an answer takes back its review stage, its approval where it has a stage, and that it is public.

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
                    raise StoreError(
                        message("A row has no field {name!r}.", name=name),
                        mend=message("Known: {fields}.", fields=", ".join(FIELDS)),
                    )
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

    def stamp(self, requirement_set_id: int) -> int:
        """Return a number that rises with every change of a list's rows."""
        asked = select(func.sum(ReviewRow.version)).where(ReviewRow.requirement_set_id == requirement_set_id)
        with self._sessions() as session:
            return int(session.scalar(asked) or 0)

    def carry(self, requirement_set_id: int, rows: pl.DataFrame, user: str, source: str) -> int:
        """Write rows carried from an earlier version of a list, with whoever wrote and approved them then.

        Parameters
        ----------
        requirement_set_id : int
            The later version.
        rows : pl.DataFrame
            [sheet, row, the fields, answered_by, approved_by, approved_at]; rows somebody has worked on already stay.
        user : str
            Who carries them over.
        source : str
            The earlier version's name.

        Returns
        -------
        int
            How many were written.

        Raises
        ------
        StoreError
            When the list has been deleted, or somebody works on the same rows just now; nothing is written then.
        """
        taken = self.rows(requirement_set_id).select("sheet", "row")
        fresh = rows.join(taken, on=["sheet", "row"], how="anti", maintain_order="left")
        at = self._clock()
        mark = {"requirement_set_id": requirement_set_id, "version": 1, "changed_by": user[:200], "changed_at": at}
        names = ("sheet", "row", *FIELDS, *SIGNED)
        values = [{**row, **mark} for row in fresh.select(names).to_dicts()]
        for row in values:
            row["approved_at"] = row["approved_at"].replace(tzinfo=UTC) if row["approved_at"] else None
        if not values:
            return 0
        try:
            with self._sessions.begin() as session:
                session.execute(insert(ReviewRow), values)
                entry = {"at": at, "user": user, "action": "requirement row carried over"}
                write_down(session, [{**entry, **_carried(row, source)} for row in values])
                row_changes.add(session, requirement_set_id, [_first_step(row) for row in values])
                owned = [work_tasks.RowNow(*(row[name] for name in OWNED)) for row in values]
                work_tasks.follow(session, requirement_set_id, owned, user[:200], at)
        except IntegrityError as error:
            raise StoreError(
                "The answers could not be carried over: the list was deleted, or somebody works on it just now.",
                mend="Open it again and repeat it.",
            ) from error
        return len(values)

    def _all(self, session: Session, number: int, changes: Sequence[Change], user: str) -> list[Conflict]:
        rows = session.scalars(select(ReviewRow).where(ReviewRow.requirement_set_id == number))
        standing = {(saved.sheet, saved.row): saved for saved in rows}
        at = self._clock()
        mark = {"requirement_set_id": number, "changed_by": user[:200], "changed_at": at}
        title = session.scalar(select(RequirementSetRow.name).where(RequirementSetRow.id == number)) or message(
            "list {number}", number=number
        )
        met: list[Conflict] = []
        new: list[dict[str, Any]] = []
        over: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        trail: list[dict[str, Any]] = []
        steps: list[Mapping[str, Any]] = []
        followed: list[work_tasks.RowNow] = []
        for wanted in changes:
            there = standing.get((wanted.sheet, wanted.row))
            if there is None and wanted.version:
                raise StoreError("The list was deleted meanwhile.", mend="Keep it again under a name.")
            edit = _merged(session, number, wanted, there)
            if edit is None:
                met.append(Conflict(wanted, _values(cast("ReviewRow", there))))
                continue
            edit = _taken_back(edit, there)
            key = {"sheet": edit.sheet, "row": edit.row, "version": edit.version + 1}
            trail.append({"target": _target(title, edit), "detail": _changes(there, edit)})
            values = {**edit.values, **_signed(edit, there, user[:200], at)}
            now: dict[str, Any] = {
                name: values.get(name, getattr(there, name, None)) for name in ("owner", "state", "due_on", "stage")
            }
            now["state"] = str(now["state"] or "new")
            steps.append({**key, **mark, "fields": sorted(edit.values), "state": now["state"], "stage": now["stage"]})
            row = work_tasks.RowNow(edit.sheet, edit.row, now["owner"], now["state"], now["due_on"], edit.signers)
            followed.append(row)
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
        row_changes.add(session, number, steps)
        work_tasks.follow(session, number, followed, user[:200], at)
        if any(values.get("approved_at") == at for group in (new, *over.values()) for values in group):
            event_asks.ask(session, at)
        return met


SIGNED = ("answered_by", "approved_by", "approved_at")
OWNED = ("sheet", "row", "owner", "state", "due_on")
STEP = ("sheet", "row", "version", "state", "stage", "changed_by", "changed_at")


def _first_step(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first change of a row that comes with what was written before."""
    fields = sorted(name for name in FIELDS if row[name] is not None)
    return {"fields": fields, **{name: row[name] for name in STEP}}


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


def _merged(session: Session, number: int, wanted: Change, there: ReviewRow | None) -> Change | None:
    """Return a change as it is to be made on the row as it stands; None where it meets somebody else's."""
    if there is None or there.version == wanted.version:
        return wanted
    theirs = row_changes.since(session, number, wanted.sheet, wanted.row, wanted.version)
    is_known = len(theirs) == there.version - wanted.version
    if not is_known or not row_changes.go_together(wanted.values, set().union(*theirs)):
        return None
    return replace(wanted, version=there.version)


def _taken_back(edit: Change, there: ReviewRow | None) -> Change:
    """Let a new text, and a row that is approved no more, fall back: what was signed was another one."""
    if there is None or "stage" in edit.values:
        return edit
    is_new_text = "answer" in edit.values and (edit.values["answer"] or None) != (there.answer or None)
    reopened = there.state == APPROVED and edit.values.get("state", APPROVED) != APPROVED
    if not is_new_text and not reopened:
        return edit
    values: dict[str, Any] = {}
    if there.is_public and "is_public" not in edit.values:
        values["is_public"] = None
    if there.stage is not None:
        values["stage"] = None
        if there.state == APPROVED and "state" not in edit.values:
            values["state"] = "answered"
    if not values:
        return edit
    return replace(edit, values={**edit.values, **values}, signers=() if there.stage is not None else edit.signers)


def _carried(row: Mapping[str, Any], source: str) -> dict[str, str]:
    approved = message(", approved by {approved_by}", approved_by=row["approved_by"]) if row["approved_by"] else ""
    sheet = f"{row['sheet']}, " if row["sheet"] else ""
    return {
        "target": message(
            "requirement list {requirement_set_id}, {sheet}row {row}",
            requirement_set_id=row["requirement_set_id"],
            sheet=sheet,
            row=row["row"],
        )[:400],
        "detail": message("from {source}: {state}{approved}", source=source, state=row["state"], approved=approved),
    }


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
    return message("requirement list {title}{sheet}, row {row}", title=title, sheet=sheet, row=edit.row)[:400]


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
