"""What alerts have seen and told, row by row; who alone may tell at a time; and how far things were read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.contracts.errors import StoreError
from core.localization import message
from core.store.audit_chain import write_down
from core.store.deliveries import NewDelivery, add_deliveries
from core.store.leases import Leases
from core.store.repositories import Clock, Saved, in_utc
from core.store.sessions import Sessions
from core.store.tables import AlertLedgerRow, AlertRuleRow, LeaseRow, SharedNoteRow

BEGUN = ""
LEDGER = AlertLedgerRow.__table__
TIMES = ("seen_at", "told_at", "recovered_at", "snoozed_until", "acknowledged_at", "escalated_at")


class LapsedError(StoreError):
    """Somebody else has done meanwhile what was about to be done; nothing was written."""


@dataclass(frozen=True)
class Entry:
    """What was seen and told of one subject.

    Attributes
    ----------
    id, rule_id : int
    reader : str
        What the person signs in as.
    subject, state : str
        What it is about, and how that stood when it was last seen.
    sentence, link : str
        What the reader was told, and the address of the cell that shows it.
    is_masked : bool
        Whether the sentence was written for somebody who does not see names.
    seen_at : datetime
        This and the other times in UTC.
    told_at, recovered_at, snoozed_until, acknowledged_at, escalated_at : datetime, optional
        `told_at` is None of what was there when the rule began.
    acknowledged_by : str
    """

    id: int
    rule_id: int
    reader: str
    subject: str
    state: str
    sentence: str
    link: str
    is_masked: bool
    seen_at: datetime
    told_at: datetime | None = None
    recovered_at: datetime | None = None
    snoozed_until: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    escalated_at: datetime | None = None


class Standing(NamedTuple):
    """How one subject stands: its row, its state, whether it has gone, whether it was ever told, and until when not."""

    id: int
    state: str
    is_recovered: bool
    is_told: bool
    snoozed_until: datetime | None


@dataclass
class Changes:
    """What one look at the rules changes in the ledger.

    Attributes
    ----------
    new : list of dict
        Rows to add, without an id.
    changed : dict
        Columns that change, by row.
    deliveries : list of NewDelivery
    """

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[NewDelivery] = field(default_factory=list)


class AlertLedger:
    """The ledger of an installation."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock
        self._leases = Leases(sessions, clock)

    def entries(self, reader: str | None = None, rule_id: int | None = None) -> list[Entry]:
        """Return what was seen and told, newest first; of one reader or rule, or all."""
        asked = select(LEDGER).order_by(LEDGER.c.id.desc())
        if reader is not None:
            asked = asked.where(LEDGER.c.reader == reader)
        if rule_id is not None:
            asked = asked.where(LEDGER.c.rule_id == rule_id)
        with self._sessions() as session:
            return [_entry(row) for row in session.execute(asked).mappings()]

    def rules(self) -> list[Saved]:
        """Return every rule as it is saved; quick also where there are many thousands."""
        table = AlertRuleRow.__table__
        columns = [table.c[name] for name in ("id", "owner", "name", "payload", "version", "saved_at")]
        with self._sessions() as session:
            return [Saved(*row) for row in session.execute(select(*columns).order_by(table.c.id))]

    def standing(self) -> dict[tuple[int, str], dict[str, Standing]]:
        """Return how all subjects stand, by rule and reader, then by subject; quick also where there are many."""
        table = LEDGER.c
        marks = (table.recovered_at.is_not(None), table.told_at.is_not(None), table.snoozed_until)
        asked = select(table.rule_id, table.reader, table.subject, table.id, table.state, *marks)
        out: dict[tuple[int, str], dict[str, Standing]] = {}
        with self._sessions() as session:
            for row in session.execute(asked):
                rule_id, reader, subject, number, state, is_recovered, is_told, snoozed = tuple(row)
                until = None if snoozed is None else in_utc(snoozed)
                out.setdefault((rule_id, reader), {})[subject] = Standing(number, state, is_recovered, is_told, until)
        return out

    def apply(self, changes: Changes, holder: str, lease: str) -> None:
        """Write changes and the messages they lead to, all of them or none.

        Raises
        ------
        LapsedError
            When the lease has passed to somebody else meanwhile: nothing is written then.
        """
        try:
            with self._sessions.begin() as session:
                same = update(LeaseRow).where(LeaseRow.name == lease, LeaseRow.owner == holder).values(name=lease)
                if cast("CursorResult[Any]", session.execute(same)).rowcount != 1:
                    raise LapsedError("Somebody else looks at the alerts by now.", mend="Nothing has to be done.")
                self._write(session, changes)
        except IntegrityError as error:
            raise LapsedError("Somebody else has told this already.", mend="Nothing has to be done.") from error

    def _write(self, session: Session, changes: Changes) -> None:
        if changes.new:
            session.execute(insert(AlertLedgerRow), changes.new)
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row in changes.changed:
            alike.setdefault(tuple(sorted(row)), []).append(row)
        for rows in alike.values():
            session.execute(update(AlertLedgerRow), rows)
        add_deliveries(session, changes.deliveries, self._clock())

    def acknowledge(self, number: int, reader: str) -> Entry:
        """Note that somebody takes care of what they were told.

        Raises
        ------
        StoreError
            When there is no such line of that reader.
        """
        return self._mark(
            number, reader, "acknowledged an alert", acknowledged_by=reader, acknowledged_at=self._clock()
        )

    def snooze(self, number: int, reader: str, until: datetime) -> Entry:
        """Tell nothing more of a subject until some time. Raises as `acknowledge`."""
        return self._mark(number, reader, "snoozed an alert", snoozed_until=until)

    def _mark(self, number: int, reader: str, action: str, **values: Any) -> Entry:
        own = (AlertLedgerRow.id == number) & (AlertLedgerRow.reader == reader) & (AlertLedgerRow.subject != BEGUN)
        with self._sessions.begin() as session:
            done = session.execute(update(AlertLedgerRow).where(own).values(**values))
            if cast("CursorResult[Any]", done).rowcount != 1:
                raise StoreError(
                    message("There is no alert number {number}.", number=number),
                    mend="The Alerts page lists those you were sent.",
                )
            entry = {
                "at": self._clock(),
                "user": reader,
                "action": action,
                "target": message("alert {number}", number=number),
            }
            write_down(session, [entry])
            row = session.execute(select(LEDGER).where(LEDGER.c.id == number)).mappings().one()
            return _entry(row)

    def forget(self, rule_ids: Iterable[int]) -> None:
        """Delete the lines of rules that are no more."""
        with self._sessions.begin() as session:
            session.execute(delete(AlertLedgerRow).where(AlertLedgerRow.rule_id.in_(list(rule_ids))))

    def take_lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take a lease that nobody has, or renew one's own; say whether it was taken."""
        return self._leases.acquire(name, holder, timedelta(seconds=seconds))

    def drop_lease(self, name: str, holder: str) -> None:
        """Give a lease back."""
        self._leases.release(name, holder)

    def bookmarks(self, names: Sequence[str]) -> dict[str, str]:
        """Return how far things were read, by name; what was never read is left out."""
        asked = select(SharedNoteRow.name, SharedNoteRow.content).where(SharedNoteRow.name.in_(list(names)))
        with self._sessions() as session:
            return {row.name: row.content for row in session.execute(asked)}

    def set_bookmarks(self, values: Mapping[str, str]) -> None:
        """Note how far things were read."""
        with self._sessions.begin() as session:
            for name, value in values.items():
                session.merge(SharedNoteRow(name=name, content=value))


def _entry(row: Mapping[Any, Any]) -> Entry:
    values = dict(row)
    for name in TIMES:
        values[name] = None if values[name] is None else in_utc(values[name])
    return Entry(**values)
