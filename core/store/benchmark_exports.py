"""What was made ready to leave the company, and how much of the privacy budget of a year that has spent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from core.contracts.errors import StoreError
from core.localization import message
from core.store.audit_chain import write_down
from core.store.benchmark_tables import BenchmarkExportRow
from core.store.repositories import Clock
from core.store.sessions import Sessions

BUDGET, YEAR = 4.0, timedelta(days=365)


@dataclass(frozen=True)
class Export:
    """Something made ready to leave: its number, content, budget, who made it and when."""

    id: int
    content: dict[str, Any]
    epsilon: float
    made_by: str
    made_on: date


@dataclass(frozen=True)
class BenchmarkExports:
    """The exports of all books; a book is one source of data.

    Attributes
    ----------
    sessions, clock
        The database, and the time now.
    """

    sessions: Sessions
    clock: Clock

    def spent(self, book: str) -> float:
        """Return the budget spent over the last year."""
        since = self.clock().date() - YEAR
        table = BenchmarkExportRow
        asked = select(func.sum(table.epsilon)).where(table.book == book, table.made_on > since)
        with self.sessions() as session:
            return float(session.scalar(asked) or 0.0)

    def make(self, book: str, epsilon: float, user: str, draw: Callable[[], Mapping[str, Any]]) -> Export:
        """Spend budget, draw the noise, and keep what came out, in one transaction.

        Parameters
        ----------
        book : str
        epsilon : float
        user : str
        draw : callable
            Makes the content; called only where the budget lasts.

        Raises
        ------
        StoreError
            When the budget of a year does not last.
        """
        now = self.clock()
        left = BUDGET - self.spent(book)
        if epsilon > left + 1e-9:
            raise StoreError(
                message(
                    "The privacy budget of a year is {budget:g}, and {left:g} of it is left.",
                    budget=BUDGET,
                    left=max(left, 0.0),
                ),
                mend="Give a smaller ε, send what was made before, or wait until it is a year old.",
            )
        content = dict(draw())
        entry = {"at": now, "user": user, "action": "made a benchmark file", "target": book}
        entry["detail"] = message(
            "ε {epsilon:g}, k {k}, {n_groups} groups",
            epsilon=epsilon,
            k=content.get("k"),
            n_groups=len(content.get("groups", [])),
        )
        with self.sessions.begin() as session:
            row = BenchmarkExportRow(
                book=book, content=content, epsilon=epsilon, made_by=user, made_on=now.date(), made_at=now
            )
            session.add(row)
            session.flush()
            write_down(session, [entry])
            return Export(row.id, content, epsilon, user, now.date())

    def latest(self, book: str) -> Export | None:
        """Return what was made last; None where nothing was."""
        asked = select(BenchmarkExportRow).where(BenchmarkExportRow.book == book).order_by(BenchmarkExportRow.id.desc())
        with self.sessions() as session:
            row = session.scalars(asked.limit(1)).first()
            return Export(row.id, row.content, row.epsilon, row.made_by, row.made_on) if row else None
