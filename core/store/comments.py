"""What people say to each other about a deal, an account, a row or a cell of the review; only ever added to."""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import insert, select

from core.contracts.errors import StoreError
from core.localization import message
from core.store import work_tasks
from core.store.audit_chain import write_down
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import CommentRow

KINDS = ("deal", "account", "requirement", "review")
LONGEST, MOST = 4_000, 500
SHAPE: dict[str, Any] = {
    "kind": pl.String,
    "target": pl.String,
    "author": pl.String,
    "body": pl.String,
    "mentions": pl.List(pl.String),
    "said_at": pl.Datetime("us", "UTC"),
}


class Comments:
    """Comments of all books; a book is one source of data."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def add(self, book: str, kind: str, target: str, author: str, body: str, mentions: list[str]) -> None:
        """Add a comment; who is named in one on a row of a requirement list has a task.

        Parameters
        ----------
        book : str
            The source of the data it is about.
        kind : {"deal", "account", "requirement", "review"}
        target : str
            The id of what it is about.
        author : str
        body : str
            1 to 4,000 characters.
        mentions : list of str
            Whom it is for, as `mentioned` found them.

        Raises
        ------
        StoreError
            When it says nothing, is too long, or is about something unknown.
        """
        text = body.strip()
        if kind not in KINDS:
            raise StoreError(
                message("There are no comments on a {kind}.", kind=kind),
                mend=message("Known: {kinds}.", kinds=", ".join(KINDS)),
            )
        if not 0 < len(text) <= LONGEST:
            raise StoreError(
                message("A comment has 1 to {longest:,} characters.", longest=LONGEST),
                mend="Write it shorter, or write one.",
            )
        at = self._clock()
        values = {"book": book, "kind": kind, "target": target, "author": author, "body": text, "said_at": at}
        trail = {"at": at, "user": author, "action": message("{kind} commented on", kind=kind), "target": target}
        with self._sessions.begin() as session:
            session.execute(insert(CommentRow).values(mentions=mentions, **values))
            number, row, sheet = [*target.split("/", maxsplit=2), "", ""][:3]
            if kind == "requirement" and number.isdigit() and row.isdigit():
                work_tasks.mention(session, int(number), (sheet, int(row)), mentions, author, at)
            write_down(session, [trail])

    def about(self, book: str, kind: str, target: str) -> pl.DataFrame:
        """Return what was said about one thing, oldest first: [kind, target, author, body, mentions, said_at]."""
        return self._read(
            (CommentRow.book == book) & (CommentRow.kind == kind) & (CommentRow.target == target)
        ).reverse()

    def below(self, book: str, kind: str, begin: str) -> pl.DataFrame:
        """Return what was said about everything of a kind whose id begins so, newest first, as `about` does."""
        begins = CommentRow.target.startswith(begin, autoescape=True)
        return self._read((CommentRow.book == book) & (CommentRow.kind == kind) & begins)

    def naming(self, book: str, names: list[str]) -> pl.DataFrame:
        """Return the newest comments that mention one of some names, newest first."""
        rows = self._read(CommentRow.book == book)
        wanted = [name.lower() for name in names if name]
        lowered = pl.col("mentions").list.eval(pl.element().str.to_lowercase())
        return rows.filter(lowered.list.set_intersection(wanted).list.len() > 0) if wanted else rows.clear()

    def _read(self, where: Any) -> pl.DataFrame:
        asked = select(CommentRow).where(where).order_by(CommentRow.said_at.desc(), CommentRow.id.desc()).limit(MOST)
        with self._sessions() as session:
            rows = [tuple(getattr(row, name) for name in SHAPE) for row in session.scalars(asked)]
        return pl.DataFrame(rows, schema=SHAPE, orient="row")
