"""The audit log as a chain: every row carries the hash of the one before it, so that no row changes unnoticed.

The number and hash of the newest row stand in a table of their own. Whoever adds rows takes that table's one row
first, so that writers follow one another and the chain never forks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.localization import message
from core.store import person_keys
from core.store.tables import AuditHeadRow, AuditRow

BEFORE_THE_FIRST = "0" * 64
HEAD, BASE = 1, 2
CUT = "deleted as too old"
AT_ONCE = 1_000


@dataclass(frozen=True)
class Verdict:
    """What a look through the whole chain came to.

    Attributes
    ----------
    n_rows : int
        How many rows were read.
    head : str
        The hash of the newest row, 64 hexadecimal digits.
    problem : str
        The first row that is not as it was written, in a sentence; empty when the chain is whole.
    n_cut : int
        How many rows before them were deleted as too old, and the log says so.
    """

    n_rows: int
    head: str
    problem: str = ""
    n_cut: int = 0

    @property
    def number(self) -> int:
        """Return the number of the newest row that was read, those deleted as too old counted."""
        return self.n_rows + self.n_cut

    @property
    def is_whole(self) -> bool:
        """Say whether every row stands as it was written."""
        return not self.problem


def row_hash(previous: str, number: int, row: Mapping[str, Any]) -> str:
    """Return the hash of a row: SHA-256 over the hash before it, its number, time, user, action, target and detail.

    Parameters
    ----------
    previous : str
        The hash of the row before.
    number : int
        The row's place in the chain, from 1.
    row : mapping
        With the keys at, user, action, target and detail; a time without a zone is UTC.
    """
    at: datetime = row["at"]
    moment = (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).isoformat(timespec="microseconds")
    content = [previous, number, moment, row["user"], row["action"], row["target"], row["detail"]]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def write_down(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to the log, within the transaction of the change they are about.

    Parameters
    ----------
    session : sqlalchemy session
    rows : sequence of mapping
        With at, user, action and target, and detail where there is any; texts are cut to the table's lengths, and
        mail addresses stand in them under the key of the person.
    """
    if not rows:
        return
    session.execute(update(AuditHeadRow).where(AuditHeadRow.id == HEAD).values(id=HEAD))  # others wait from here on
    newest = select(AuditHeadRow.number, AuditHeadRow.hash).where(AuditHeadRow.id == HEAD)
    number, previous = session.execute(newest).one()
    linked = []
    words = [str(row.get(name, "")) for row in rows for name in ("user", "target", "detail")]
    keyed = iter(person_keys.with_keys(session, words))
    for row in rows:
        number += 1
        entry = {
            "at": row["at"],
            "user": next(keyed)[:200],
            "action": str(row["action"])[:80],
            "target": next(keyed)[:400],
            "detail": next(keyed),
        }
        current = row_hash(previous, number, entry)
        linked.append({**entry, "number": number, "previous_hash": previous, "hash": current})
        previous = current
    session.execute(insert(AuditRow), linked)
    session.execute(update(AuditHeadRow).where(AuditHeadRow.id == HEAD).values(number=number, hash=previous))


def verify(session: Session, published: Iterable[str] = ()) -> Verdict:
    """Look through the whole chain for the first row that was altered, removed or inserted.

    Parameters
    ----------
    session : sqlalchemy session
    published : iterable of str
        Hashes that were published as the newest at some time; each must be that of a row.
    """
    waiting = set(published) - {BEFORE_THE_FIRST}
    number, previous = base(session)
    if number and not _is_cut_noted(session, number, previous):
        return Verdict(
            0,
            previous,
            message("Rows up to {number:,} were removed, and the log does not say that they were cut.", number=number),
        )
    waiting.discard(previous)
    n_cut = number
    asked = select(AuditRow).order_by(AuditRow.id).execution_options(yield_per=AT_ONCE)
    with closing(session.scalars(asked)) as rows:
        for row in rows:
            number += 1
            entry = {name: getattr(row, name) for name in ("at", "user", "action", "target", "detail")}
            if problem := _problem(row, number, previous, row_hash(row.previous_hash, row.number, entry)):
                return Verdict(number - n_cut, previous, problem, n_cut)
            previous = row.hash
            waiting.discard(previous)
    newest = select(AuditHeadRow.number, AuditHeadRow.hash).where(AuditHeadRow.id == HEAD)
    head = session.execute(newest).one_or_none()
    if head is None or tuple(head) != (number, previous):
        noted = head.number if head else 0
        problem = message("The log ends with row {number:,}, and {noted:,} were written.", number=number, noted=noted)
        return Verdict(number - n_cut, previous, problem, n_cut)
    if waiting:
        problem = message(
            "The published hash {waiting}… is that of no row: the log was rewritten.", waiting=min(waiting)[:12]
        )
        return Verdict(number - n_cut, previous, problem, n_cut)
    return Verdict(number - n_cut, previous, "", n_cut)


def base(session: Session) -> tuple[int, str]:
    """Return the number and hash of the last row that was deleted as too old; 0 where none was."""
    row = session.execute(select(AuditHeadRow.number, AuditHeadRow.hash).where(AuditHeadRow.id == BASE)).one_or_none()
    return (row.number, row.hash) if row else (0, BEFORE_THE_FIRST)


def _is_cut_noted(session: Session, number: int, current: str) -> bool:
    noted = select(AuditRow.id).where(
        AuditRow.action == CUT,
        AuditRow.detail.contains(message("row {number} with hash {current}", number=number, current=current)),
    )
    return session.scalar(noted.limit(1)) is not None


def _problem(row: AuditRow, number: int, previous: str, expected: str) -> str:
    about = message("({at:%Y-%m-%d %H:%M:%S} UTC, {user}, {action})", at=row.at, user=row.user, action=row.action)
    if row.hash != expected:
        return message("Row {number:,} was altered, or put in by hand {about}.", number=row.number, about=about)
    if row.number > number:
        return message(
            "Row {number:,} was removed: row {number_2:,} follows {about}.",
            number=number,
            number_2=row.number,
            about=about,
        )
    if row.number < number or row.previous_hash != previous:
        return message(
            "Row {number:,} does not follow the one before it: it was put in, or that one rewritten {about}.",
            number=row.number,
            about=about,
        )
    return ""
