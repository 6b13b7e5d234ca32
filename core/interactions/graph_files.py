"""Mails and meetings as Microsoft Graph gives them: JSON of `messages` and `events`, one page or a list of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from core.contracts.errors import SourceError
from core.interactions.read_interaction import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    MOST_PEOPLE,
    ReadFile,
    ReadInteraction,
    hashed,
    in_utc,
    person,
    without_controls,
)
from core.localization import message
from core.store.interaction_records import MAIL, MEETING, NewPerson

MOST_ROWS = 200_000
ANSWERS = {"accepted": "accepted", "organizer": "accepted", "declined": "declined", "tentativelyaccepted": "tentative"}
DRAFT, UNREAD = "drafts", "rows that are neither a mail nor a meeting with a sender and a time"
WHOLE_DAY, ALONE = "entries of whole days", "entries without another person"
TOO_MANY = message("rows after the first {most_rows:,}", most_rows=MOST_ROWS)


def interactions(content: bytes, title: str) -> ReadFile:
    """Return the mails and meetings of a JSON file.

    Parameters
    ----------
    content : bytes
        An object with `value`, a list, or one object to a line.
    title : str
        The file's name, for errors.

    Raises
    ------
    SourceError
        When the file is no JSON.
    """
    out = ReadFile()
    for number, row in enumerate(_rows(content, title)):
        if number >= MOST_ROWS:
            out.leave_out(TOO_MANY)
            continue
        try:
            reason = _take(out, row)
        except (AttributeError, TypeError, ValueError, KeyError):
            reason = UNREAD
        if reason:
            out.leave_out(reason)
    return out


def _rows(content: bytes, title: str) -> Iterator[Any]:
    try:
        text = content.decode("utf-8-sig")
        try:
            read = json.loads(text)
        except json.JSONDecodeError:
            read = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise SourceError("The file is no JSON.", title, "Export messages or events of Microsoft Graph.") from error
    for page in read if isinstance(read, list) else [read]:
        yield from page["value"] if isinstance(page, dict) and isinstance(page.get("value"), list) else [page]


def _take(out: ReadFile, row: Mapping[str, Any]) -> str:
    if "start" in row and "end" in row:
        return _meeting(out, row)
    if row.get("isDraft") is True:
        return DRAFT
    moment = _stamp(row.get("sentDateTime") or row.get("receivedDateTime"))
    people = _people([("from", [row.get("from") or row.get("sender")])])
    if moment is None or not people:
        return UNREAD
    parts = [("to", row.get("toRecipients")), ("cc", row.get("ccRecipients")), ("cc", row.get("bccRecipients"))]
    everybody = {entry.address: entry for entry in reversed((*people, *_people(parts)))}
    reference = str(row.get("internetMessageId") or row.get("id") or f"{moment.isoformat()} {people[0].address}")
    body = row.get("body") or {}
    is_plain = str(body.get("contentType", "")).lower() == "text"
    out.interactions.append(
        ReadInteraction(
            MAIL,
            reference,
            moment,
            tuple(reversed(everybody.values())),
            thread=hashed(str(row.get("conversationId") or reference)),
            subject=without_controls(str(row.get("subject") or ""), LONGEST_SUBJECT),
            text=str(body.get("content") if is_plain else row.get("bodyPreview") or "")[:LONGEST_TEXT],
            size_bytes=len(str(body.get("content") or "")),
            n_attachments=int(bool(row.get("hasAttachments"))),
        )
    )
    return ""


def _meeting(out: ReadFile, row: Mapping[str, Any]) -> str:
    if row.get("isAllDay") is True:
        return WHOLE_DAY
    started_at, ended_at = _local(row["start"]), _local(row["end"])
    people = {
        entry.address: entry
        for entry in reversed(_people([("organizer", [row.get("organizer")]), ("attendee", row.get("attendees"))]))
    }
    if started_at is None:
        return UNREAD
    if len(people) < 2:
        return ALONE
    uid = str(row.get("iCalUId") or row.get("id") or started_at.isoformat())
    is_series = row.get("type") in ("occurrence", "exception")
    out.interactions.append(
        ReadInteraction(
            MEETING,
            f"{uid} {started_at.date().isoformat()}" if is_series else uid,
            started_at,
            tuple(reversed(people.values())),
            ended_at=ended_at if ended_at is not None and ended_at >= started_at else None,
            subject=without_controls(str(row.get("subject") or ""), LONGEST_SUBJECT),
            text=str(row.get("bodyPreview") or "")[:LONGEST_TEXT],
            is_cancelled=bool(row.get("isCancelled")),
        )
    )
    return ""


def _people(parts: list[tuple[str, Any]]) -> tuple[NewPerson, ...]:
    out: dict[str, NewPerson] = {}
    for role, rows in parts:
        for row in (rows or [])[:MOST_PEOPLE]:
            mail = (row or {}).get("emailAddress") or {}
            answer = ANSWERS.get(str(((row or {}).get("status") or {}).get("response", "")).lower(), "")
            answer = "accepted" if role == "organizer" else answer
            entry = person(str(mail.get("address") or ""), str(mail.get("name") or ""), role, answer)
            if entry is not None and str(row.get("type", "")).lower() != "resource":
                out.setdefault(entry.address, entry)
    return tuple(out.values())


def _stamp(value: Any) -> datetime | None:
    try:
        return in_utc(datetime.fromisoformat(str(value)[:40])) if value else None
    except ValueError:
        return None


def _local(value: Mapping[str, Any]) -> datetime | None:
    """Return a moment that Graph gives as a local time and a zone, by its own or by Windows' name."""
    # Seven digits of a second are Graph's; Python reads six.
    text = str(value.get("dateTime", ""))[:26].rstrip("Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return in_utc(moment if moment.tzinfo is not None else moment.replace(tzinfo=zone_of(str(value.get("timeZone")))))


def zone_of(name: str) -> tzinfo:
    """Return a time zone by the name of IANA or of Windows; UTC for a name nobody knows.

    Examples
    --------
    >>> str(zone_of("W. Europe Standard Time")), str(zone_of("Mars"))
    ('Europe/Berlin', 'UTC')
    """
    try:
        return ZoneInfo(WINDOWS_TO_OLSON.get(name, name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
