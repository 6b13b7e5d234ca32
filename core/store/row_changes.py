"""What changed in the rows of a list, and when; whether two people's changes of one row go together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.store.project_tables import RowChangeRow
from core.store.repositories import in_utc
from core.store.sessions import Sessions

JUDGED = frozenset({"state", "stage", "is_public"})
"""What says something of the whole row: it goes together with no other change of what it speaks of."""
SPOKEN_OF = JUDGED | {"answer", "category", "priority", "capability_id"}
SHAPE: dict[str, Any] = {
    "sheet": pl.String,
    "row": pl.Int64,
    "version": pl.Int64,
    "fields": pl.List(pl.String),
    "state": pl.String,
    "stage": pl.String,
    "changed_by": pl.String,
    "changed_at": pl.Datetime("us"),
}


def go_together(mine: Iterable[str], theirs: Iterable[str]) -> bool:
    """Say whether two changes of a row can both stand: of different fields, and none judges what the other changes.

    Examples
    --------
    >>> go_together(["owner"], ["answer", "state"]), go_together(["state"], ["answer"])
    (True, False)
    """
    own, other = frozenset(mine), frozenset(theirs)
    judges = (own & JUDGED and other & SPOKEN_OF) or (other & JUDGED and own & SPOKEN_OF)
    return not (own & other or judges)


def since(session: Session, number: int, sheet: str, row: int, version: int) -> list[set[str]]:
    """Return the fields of each change of a row after a version, oldest first."""
    table = RowChangeRow
    same = (table.requirement_set_id == number) & (table.sheet == sheet) & (table.row == row)
    asked = select(table.fields).where(same, table.version > version).order_by(table.version)
    return [set(fields) for fields in session.scalars(asked)]


def add(session: Session, number: int, rows: list[Mapping[str, Any]]) -> None:
    """Add changes, within the transaction they are about."""
    if rows:
        session.execute(insert(RowChangeRow), [{"requirement_set_id": number, **row} for row in rows])


class RowChanges:
    """The changes of all lists."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def of_list(self, number: int) -> pl.DataFrame:
        """Return the changes of a list, oldest first, times in UTC.

        Returns
        -------
        pl.DataFrame
            [sheet, row, version, fields, state, stage, changed_by, changed_at]: state and stage as they stood after.
        """
        return self._read(RowChangeRow.requirement_set_id == number)

    def of_row(self, number: int, sheet: str, row: int) -> pl.DataFrame:
        """Return the changes of one row, as `of_list`."""
        table = RowChangeRow
        return self._read((table.requirement_set_id == number) & (table.sheet == sheet) & (table.row == row))

    def _read(self, where: Any) -> pl.DataFrame:
        columns = [RowChangeRow.__table__.c[name] for name in SHAPE]
        with self._sessions() as session:
            asked = select(*columns).where(where).order_by(RowChangeRow.id)
            rows = [(*row[:-1], in_utc(row[-1]).replace(tzinfo=None)) for row in session.execute(asked)]
        return pl.DataFrame(rows, schema=SHAPE, orient="row")
