"""What is used of a limit: how near it is, and the sentence that says what is full and who can mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.localization import joined, message, message_plural

ROWS, STORAGE, SEATS, SESSIONS = "rows", "storage", "seats", "sessions"
KINDS = (ROWS, STORAGE, SEATS, SESSIONS)
MB = 1_000_000
WARNED_AT = 0.8
SETTING = {ROWS: "limits.rows", STORAGE: "limits.storage_mb", SEATS: "limits.seats", SESSIONS: "limits.sessions"}
SUBJECT = {
    ROWS: "The data have",
    STORAGE: "What is stored here takes",
    SEATS: "People hold",
    SESSIONS: "Browsers hold",
}
MAKE_ROOM = {
    ROWS: "Leave rows out that nobody needs, such as early years",
    STORAGE: "Remove sources, attachments and backups that nobody needs",
    SEATS: "An administrator can take people off the list on the Admin page",
    SESSIONS: "Close windows that nobody uses and load the page again",
}
NAMES = {ROWS: "Rows of data", STORAGE: "Storage, MB", SEATS: "Seats", SESSIONS: "Open sessions"}
SHAPE: dict[str, Any] = {
    "kind": pl.String,
    "used": pl.Int64,
    "limit": pl.Int64,
    "share_rate": pl.Float64,
    "state": pl.String,
}
FREE, NEAR, FULL = "Room left", "Nearly full", "Full"


@dataclass(frozen=True)
class Usage:
    """How much there is of something, and how much there may be.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    used : int
        Rows, bytes, seats or sessions; never negative.
    limit : int
        In the same unit; 0: no limit.
    """

    kind: str
    used: int
    limit: int = 0

    @property
    def share_rate(self) -> float | None:
        """Return what is used as a share of the limit; None where there is no limit."""
        return self.used / self.limit if self.limit else None

    @property
    def state(self) -> str:
        """Return "Room left", "Nearly full" from four fifths of the limit on, or "Full"."""
        share = self.share_rate or 0.0
        return FULL if share >= 1 else NEAR if share >= WARNED_AT else FREE

    def leaves(self, more: int) -> bool:
        """Say whether there is room for so much more."""
        return not self.limit or self.used + more <= self.limit

    def sentence(self) -> str:
        """Say how much there is, and of how much.

        Examples
        --------
        >>> Usage(SEATS, 20, 25).sentence()
        'People hold 20 of 25 seats.'
        >>> Usage(STORAGE, 1_250_000).sentence()
        'What is stored here takes 1.2 MB, which nothing limits.'
        """
        if not self.limit:
            return message(
                "{subject} {amount}, which nothing limits.", subject=SUBJECT[self.kind], amount=self._amount(self.used)
            )
        return message(
            "{subject} {amount} of {amount_2}.",
            subject=SUBJECT[self.kind],
            amount=self._number(self.used),
            amount_2=self._amount(self.limit),
        )

    def mend(self) -> str:
        """Say who can make room, and who can raise the limit."""
        return message(
            "{make_room}, or ask whoever runs this installation to raise {setting}.",
            make_room=MAKE_ROOM[self.kind],
            setting=SETTING[self.kind],
        )

    def short(self) -> str:
        """Return what is used in a few letters, as a list of companies has room for it.

        Examples
        --------
        >>> Usage(SEATS, 20, 25).short(), Usage(ROWS, 1_200).short()
        ('20 of 25 seats (nearly full)', '1,200 rows')
        """
        if not self.limit:
            return self._amount(self.used)
        mark = "" if self.state == FREE else f" ({self.state.lower()})"
        return message(
            "{amount} of {amount_2}{mark}",
            amount=self._number(self.used),
            amount_2=self._amount(self.limit),
            mark=mark,
        )

    @property
    def row(self) -> tuple[str, int, int | None, float | None, str | None]:
        """Return its row of a table: a name with its unit, what is used, limit, share and state."""
        unit = MB if self.kind == STORAGE else 1
        if not self.limit:
            return NAMES[self.kind], round(self.used / unit), None, None, None
        return NAMES[self.kind], round(self.used / unit), self.limit // unit, self.share_rate, self.state

    def _amount(self, n: int) -> str:
        if self.kind == STORAGE:
            return message("{n:,.1f} MB", n=n / MB)
        if self.kind == ROWS:
            return message_plural("{n:,} row", "{n:,} rows", n)
        if self.kind == SEATS:
            return message_plural("{n:,} seat", "{n:,} seats", n)
        return message_plural("{n:,} session", "{n:,} sessions", n)

    def _number(self, n: int) -> str:
        return message("{n:,.1f}", n=n / MB) if self.kind == STORAGE else message("{n:,}", n=n)


@dataclass(frozen=True)
class Standing:
    """All that is limited, and what is used of it.

    Attributes
    ----------
    parts : sequence of Usage
    """

    parts: Sequence[Usage]

    @property
    def frame(self) -> pl.DataFrame:
        """Return one row each: [kind, used, limit, share_rate, state], storage in MB; null without a limit."""
        rows = [part.row for part in self.parts]
        return pl.DataFrame(rows, schema=SHAPE, orient="row")

    @property
    def warnings(self) -> list[str]:
        """Return a sentence for each limit that is reached by four fifths or more, with what mends it."""
        return [joined(part.sentence(), part.mend()) for part in self.parts if part.limit and part.state != FREE]

    def sentence(self) -> str:
        """Say what is full, what nearly is, or that there is room."""
        limited = [part for part in self.parts if part.limit]
        if not limited:
            return "Nothing is limited on this installation."
        full = [part.kind for part in limited if part.state == FULL]
        near = [part.kind for part in limited if part.state == NEAR]
        if not full and not near:
            return "There is room left under every limit."
        sentences = [
            message("{words}: {kinds}.", words=words, kinds=", ".join(kinds))
            for words, kinds in ((FULL, full), (NEAR, near))
            if kinds
        ]
        return joined(*sentences)
