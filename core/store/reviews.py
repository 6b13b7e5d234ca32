"""What people do with the rows of a requirement list; two at once see each other's changes, none is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, cast

import polars as pl
from sqlalchemy import CursorResult, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from core.contracts.errors import StoreError
from core.store.tables import ReviewRow

FIELDS = ("state", "owner", "due_on", "comment", "answer", "category", "priority", "capability_id")
SHAPE: dict[str, Any] = {
    "sheet": pl.String, "row": pl.Int64, "state": pl.String, "owner": pl.String, "due_on": pl.Date,
    "comment": pl.String, "answer": pl.String, "category": pl.String, "priority": pl.String,
    "capability_id": pl.String, "version": pl.Int64, "changed_by": pl.String, "changed_at": pl.Datetime("us"),
}  # fmt: skip


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
    """

    sheet: str
    row: int
    version: int
    values: Mapping[str, str | date | None] = field(default_factory=dict)


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

    def __init__(self, sessions: sessionmaker[Session], clock: Callable[[], datetime]) -> None:
        self._sessions, self._clock = sessions, clock

    def rows(self, requirement_set_id: int) -> pl.DataFrame:
        """Return the rows worked on: [sheet, row, the fields, version, changed_by, changed_at], in UTC."""
        asked = select(ReviewRow).where(ReviewRow.requirement_set_id == requirement_set_id)
        with self._sessions() as session:
            found = [tuple(_held(one)[name] for name in SHAPE) for one in session.scalars(asked)]
        return pl.DataFrame(found, schema=SHAPE, orient="row").sort("sheet", "row")

    def change(self, requirement_set_id: int, changes: Sequence[Change], user: str) -> list[Conflict]:
        """Make changes, each only where the row still stands as it was read.

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
        for one in changes:
            for name in one.values:
                if name not in FIELDS:
                    raise StoreError(f"A row has no field {name!r}.", mend=f"Known: {', '.join(FIELDS)}.")
        try:
            with self._sessions.begin() as session:
                return [c for one in changes if (c := self._one(session, requirement_set_id, one, user)) is not None]
        except IntegrityError as error:
            raise StoreError(
                "The changes could not be saved: the list was deleted, or somebody saved the same row this moment.",
                mend="Open it again and repeat them.",
            ) from error

    def _one(self, session: Session, number: int, wanted: Change, user: str) -> Conflict | None:
        place = {"requirement_set_id": number, "sheet": wanted.sheet, "row": wanted.row}
        mark = {"changed_by": user[:200], "changed_at": self._clock()}
        standing = session.get(ReviewRow, place)
        if standing is None and wanted.version == 0:
            values = {"state": "new", **wanted.values, **mark, "version": 1}
            session.execute(insert(ReviewRow).values(**place, **values))
            return None
        if standing is None:
            raise StoreError("The list was deleted meanwhile.", mend="Keep it again under a name.")
        same = [getattr(ReviewRow, name) == value for name, value in place.items()]
        new = {**wanted.values, **mark, "version": wanted.version + 1}
        made = update(ReviewRow).where(*same, ReviewRow.version == wanted.version).values(**new)
        if cast("CursorResult[Any]", session.execute(made)).rowcount == 1:
            return None
        session.refresh(standing)
        return Conflict(wanted, _held(standing))


def _held(row: ReviewRow) -> dict[str, Any]:
    at = row.changed_at
    at = (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).replace(tzinfo=None)
    return {name: getattr(row, name) for name in SHAPE} | {"changed_at": at}
