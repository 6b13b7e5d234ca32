"""Mails, meetings and calls as a list: CSV with one row each, as exports of telephony and calendars have them."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta, tzinfo

from core.contracts.errors import SourceError
from core.interactions.read_interaction import (
    LONGEST_SUBJECT,
    MOST_PEOPLE,
    ReadFile,
    ReadInteraction,
    hashed,
    in_utc,
    person,
    without_controls,
)
from core.localization import message
from core.store.interaction_records import CALL, MAIL, MEETING, NewPerson

MOST_ROWS, LONGEST_CELL = 200_000, 200_000
HEADINGS = {
    "kind": ("kind", "type", "activity type", "channel"),
    "at": ("at", "date", "start", "started at", "start time", "occurred at", "sent at", "datetime"),
    "ended": ("ended at", "end", "end time"),
    "minutes": ("minutes", "duration", "duration minutes"),
    "from": ("from", "sender", "organizer", "organiser", "caller"),
    "to": ("to", "attendees", "participants", "recipients", "callee", "receiver", "required attendees"),
    "cc": ("cc", "optional attendees"),
    "thread": ("thread", "thread id", "conversation", "conversation id"),
    "subject": ("subject", "title", "summary"),
    "id": ("id", "message id", "uid", "call id"),
    "deal": ("deal", "deal id", "opportunity id", "opportunity"),
    "cancelled": ("cancelled", "canceled", "is cancelled", "status"),
}
KINDS = {"mail": MAIL, "email": MAIL, "e-mail": MAIL, "meeting": MEETING, "event": MEETING, "call": CALL, "phone": CALL}
PARTS = re.compile(r"[;,\n]")
ADDRESS = re.compile(r"[^\s<>;,\"]+@[^\s<>;,\"]+")
UNREAD = "rows without a kind, a time that can be read, or a sender"
TOO_MANY = message("rows after the first {most_rows:,}", most_rows=MOST_ROWS)


def interactions(content: bytes, title: str, zone: tzinfo) -> ReadFile:
    """Return the mails, meetings and calls of a CSV file.

    Parameters
    ----------
    content : bytes
        UTF-8, with a heading; commas, semicolons or tabs between cells. Times are ISO 8601.
    title : str
    zone : tzinfo
        Of moments without a zone.

    Raises
    ------
    SourceError
        When it has no columns for the time and the sender.
    """
    text = content.decode("utf-8-sig", "replace")
    heading = text.partition("\n")[0]
    mark = max(",;\t", key=heading.count)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    out = ReadFile()
    try:
        columns = _columns(next(reader, []))
        if not {"at", "from"} <= columns.keys():
            raise SourceError(
                "The list has no columns for the time and the sender.",
                title,
                "Name them kind, at, from and to; ended at, subject, thread, id and deal are read too.",
            )
        for number, cells in enumerate(reader):
            if number >= MOST_ROWS:
                out.leave_out(TOO_MANY)
                continue
            row = {name: cells[at].strip() for name, at in columns.items() if at < len(cells)}
            read = _row(row, zone)
            if read is None:
                out.leave_out(UNREAD)
            else:
                out.interactions.append(read)
    except csv.Error as error:
        raise SourceError("The list is no CSV.", title, "Save it as CSV in UTF-8.") from error
    return out


def _columns(cells: list[str]) -> dict[str, int]:
    plain = [" ".join(re.split(r"[\W_]+", cell.lower())).strip() for cell in cells]
    return {name: plain.index(word) for name, words in HEADINGS.items() for word in reversed(words) if word in plain}


def _row(row: dict[str, str], zone: tzinfo) -> ReadInteraction | None:
    kind = KINDS.get(row.get("kind", "mail").lower())
    started_at = _moment(row.get("at", ""), zone)
    people = _people(row, kind or MAIL)
    if kind is None or started_at is None or not people or people[0].role not in ("from", "organizer"):
        return None
    ended_at = _moment(row.get("ended", ""), zone)
    if ended_at is None and (minutes := _minutes(row.get("minutes", ""))):
        ended_at = started_at + timedelta(minutes=minutes)
    reference = row.get("id") or f"{started_at.isoformat()} {' '.join(entry.address for entry in people)}"
    is_timed = kind != MAIL and ended_at is not None and ended_at >= started_at
    return ReadInteraction(
        kind,
        reference,
        started_at,
        people,
        ended_at=ended_at if is_timed else None,
        thread=hashed(row.get("thread") or reference) if kind == MAIL else "",
        opportunity_id=row.get("deal", "")[:200],
        subject=without_controls(row.get("subject", ""), LONGEST_SUBJECT),
        is_cancelled=row.get("cancelled", "").lower() in ("true", "yes", "1", "cancelled", "canceled"),
    )


def _people(row: dict[str, str], kind: str) -> tuple[NewPerson, ...]:
    out: dict[str, NewPerson] = {}
    first, others = ("from", "to") if kind != MEETING else ("organizer", "attendee")
    for role, name in ((first, "from"), (others, "to"), ("cc" if kind == MAIL else others, "cc")):
        for words in PARTS.split(row.get(name, ""))[:MOST_PEOPLE]:
            match = ADDRESS.search(words)
            if match is None:
                continue
            entry = person(match[0], words.replace(match[0], "").strip(' <>"'), role)
            if entry is not None:
                out.setdefault(entry.address, entry)
    return tuple(out.values())


def _moment(value: str, zone: tzinfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if value else None
    except ValueError:
        return None
    return in_utc(moment.replace(tzinfo=zone) if moment is not None and moment.tzinfo is None else moment)


def _minutes(value: str) -> float:
    try:
        minutes = float(value)
    except ValueError:
        return 0.0
    return minutes if 0 < minutes < 24 * 60 else 0.0
