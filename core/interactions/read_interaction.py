"""A mail, meeting or call as a file gives it, before consent and the settings decide what of it is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.localization import message
from core.store.interaction_records import NewPerson

EARLIEST, LATEST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
LONGEST_TEXT, LONGEST_SUBJECT = 20_000, 300
MOST_PEOPLE = 200


@dataclass(frozen=True)
class SpokenTurn:
    """What one person said in one go; seconds from the beginning of the call, None where they are not given."""

    speaker: str
    text: str
    started_s: float | None = None
    ended_s: float | None = None


@dataclass(frozen=True)
class ReadInteraction:
    """A mail, meeting or call with all that was written in it; nothing of this is kept as it is."""

    kind: str
    reference: str
    occurred_at: datetime
    people: tuple[NewPerson, ...]
    ended_at: datetime | None = None
    thread: str = ""
    opportunity_id: str = ""
    subject: str = ""
    text: str = ""
    size_bytes: int = 0
    n_attachments: int = 0
    is_cancelled: bool = False
    turns: tuple[SpokenTurn, ...] = ()

    @property
    def key(self) -> str:
        """The same for the same mail, wherever it was exported."""
        return hashed(f"{self.kind} {self.reference}")


@dataclass
class ReadFile:
    """What was read of some files.

    Attributes
    ----------
    interactions : list of ReadInteraction
    left_out : dict of str to int
        Why something was not read, in words, and how often.
    """

    interactions: list[ReadInteraction] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, reason: str, n: int = 1) -> None:
        """Count what was not read."""
        self.left_out[reason] = self.left_out.get(reason, 0) + n

    def take(self, other: ReadFile) -> None:
        """Take in what was read of another file."""
        self.interactions += other.interactions
        for reason, n in other.left_out.items():
            self.leave_out(reason, n)

    def reasons(self) -> Iterator[str]:
        """Yield why things were left out, the most frequent first."""
        for reason, n in sorted(self.left_out.items(), key=lambda item: (-item[1], item[0])):
            yield message("{n:,} left out: {reason}", n=n, reason=reason)


def hashed(text: str) -> str:
    """Return 32 hexadecimal digits for a text, which does not lead back to it by itself.

    Examples
    --------
    >>> len(hashed("<a@example.com>")), hashed("a") == hashed("a")
    (32, True)
    """
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def in_utc(moment: datetime | None) -> datetime | None:
    """Return a moment in UTC, one without a zone as UTC; None for one no mail or meeting can have."""
    if moment is None:
        return None
    try:
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return aware if EARLIEST <= aware < LATEST else None


def without_controls(text: str, most: int) -> str:
    """Return a text on one line, without control characters, cut to a length.

    Examples
    --------
    >>> without_controls("a\\r\\n b\\x00c", 10)
    'a b c'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * most]).split())[:most]


def person(address: str, name: str, role: str, answer: str = "") -> NewPerson | None:
    """Return somebody who took part; None where the address is none.

    Examples
    --------
    >>> person("mailto:Ana@Example.com", " Ana ", "to")
    NewPerson(address='ana@example.com', name='Ana', role='to', answer='')
    >>> person("undisclosed-recipients", "", "to") is None
    True
    """
    plain = without_controls(address, 320).lower().removeprefix("mailto:").strip("<> ")
    local, _, domain = plain.rpartition("@")
    if not local or "." not in domain or " " in plain:
        return None
    return NewPerson(plain, without_controls(name, 200), role, answer)
