"""Meetings of a calendar: iCalendar files as calendars export and mail them, with what repeats laid out one by one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import recurring_ical_events
from icalendar import Calendar

from core.contracts.errors import SourceError
from core.interactions.read_interaction import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    MOST_PEOPLE,
    ReadFile,
    ReadInteraction,
    in_utc,
    person,
    without_controls,
)
from core.localization import message
from core.store.interaction_records import MEETING, NewPerson

LARGEST_BYTES, MOST_EVENTS, MOST_OF_EVENT, MOST_LAID_OUT = 20 * 2**20, 20_000, 1_000, 50_000
BACK, AHEAD = timedelta(days=3 * 366), timedelta(days=190)
DAYS = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
TOO_OFTEN = "entries that repeat by the hour, minute or second"
WHOLE_DAY, ALONE, UNDATED = "entries of whole days", "entries without another person", "entries without a time"
OUTSIDE = "entries of more than three years ago, or of more than half a year ahead"
TOO_MANY = message("entries after the first {most_events:,}", most_events=MOST_EVENTS)
ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}


def meetings(content: bytes, zone: tzinfo, around: date) -> ReadFile:
    """Return the meetings of an iCalendar file with somebody else in them.

    Parameters
    ----------
    content : bytes
    zone : tzinfo
        Of moments without a zone.
    around : date
        Repeated meetings are laid out from three years before to half a year after it.

    Raises
    ------
    SourceError
        When the file is none, or larger than 20 MB.
    """
    if len(content) > LARGEST_BYTES:
        raise SourceError("The calendar is larger than 20 MB.", mend="Export fewer years.")
    out = ReadFile()
    try:
        calendars = Calendar.from_ical(content, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError("The calendar cannot be read.", mend="Export it again as an .ics file.") from error
    for calendar in calendars:
        is_off = str(calendar.get("METHOD", "")).upper() == "CANCEL"
        events = list(calendar.walk("VEVENT"))
        if len(events) > MOST_EVENTS:
            out.leave_out(TOO_MANY, len(events) - MOST_EVENTS)
        for group in _by_uid(events[:MOST_EVENTS]):
            _lay_out(out, group, zone, around, is_off)
    return out


def _by_uid(events: Iterable[Any]) -> Iterable[list[Any]]:
    groups: dict[str, list[Any]] = {}
    for number, event in enumerate(events):
        groups.setdefault(str(event.get("UID", "")) or f"no {number}", []).append(event)
    return groups.values()


def _lay_out(out: ReadFile, group: list[Any], zone: tzinfo, around: date, is_off: bool) -> None:
    """Read one entry, or each time of one that repeats, as far as they lie within the span."""
    if not any(_repeats(event) for event in group) and len(group) == 1:
        _take(out, group[0], zone, is_off, repeats=False)
        return
    if any(not _is_daily(event) for event in group):
        out.leave_out(TOO_OFTEN)
        return
    if len(out.interactions) >= MOST_LAID_OUT:
        out.leave_out(TOO_MANY)
        return
    calendar = Calendar()
    for event in group:
        calendar.add_component(event)
    begin, end = around - BACK, around + AHEAD
    try:
        within = recurring_ical_events.of(calendar).between(begin, end)[:MOST_OF_EVENT]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, IndexError):
        out.leave_out(UNDATED)
        return
    if not within:
        out.leave_out(OUTSIDE)
    for event in within:
        _take(out, event, zone, is_off, repeats=True)


def _repeats(event: Any) -> bool:
    return event.get("RRULE") is not None or event.get("RDATE") is not None or event.get("RECURRENCE-ID") is not None


def _is_daily(event: Any) -> bool:
    rules = event.get("RRULE", [])
    rules = rules if isinstance(rules, list) else [rules]
    return all(
        str(kind).upper() in DAYS and not any(name in rule for name in WITHIN_A_DAY)
        for rule in rules
        for kind in rule.get("FREQ", ["DAILY"])
    )


def _take(out: ReadFile, event: Any, zone: tzinfo, is_off: bool, repeats: bool) -> None:
    try:
        begin, end = event.start, event.end
    except (ValueError, KeyError, TypeError, AttributeError):
        # A start is asked for; an end that contradicts it is not worth losing the meeting for.
        begin, end = getattr(event.get("DTSTART"), "dt", None), None
    if begin is None:
        out.leave_out(UNDATED)
        return
    if not isinstance(begin, datetime):
        out.leave_out(WHOLE_DAY)
        return
    started_at, ended_at = _moment(begin, zone), _moment(end, zone) if isinstance(end, datetime) else None
    people = _people(event)
    if started_at is None:
        out.leave_out(UNDATED)
        return
    if len(people) < 2:
        out.leave_out(ALONE)
        return
    uid = str(event.get("UID", "")) or f"{started_at.isoformat()} {people[0].address}"
    reference = f"{uid} {_occasion(event, begin)}" if repeats else uid
    out.interactions.append(
        ReadInteraction(
            MEETING,
            reference,
            started_at,
            people,
            ended_at=ended_at if ended_at is not None and ended_at >= started_at else None,
            subject=without_controls(str(event.get("SUMMARY", "")), LONGEST_SUBJECT),
            text=str(event.get("DESCRIPTION", ""))[:LONGEST_TEXT],
            is_cancelled=is_off or str(event.get("STATUS", "")).upper() == "CANCELLED",
        )
    )


def _occasion(event: Any, begin: datetime) -> str:
    """Return which of its times a repeated meeting is: the day it was first meant for, also where it was moved."""
    original = getattr(event.get("RECURRENCE-ID"), "dt", begin)
    return original.date().isoformat() if isinstance(original, datetime) else str(original)


def _moment(value: datetime, zone: tzinfo) -> datetime | None:
    return in_utc(value if value.tzinfo is not None else value.replace(tzinfo=zone))


def _people(event: Any) -> tuple[NewPerson, ...]:
    out: dict[str, NewPerson] = {}
    for role, name in (("organizer", "ORGANIZER"), ("attendee", "ATTENDEE")):
        values = event.get(name, [])
        for value in (values if isinstance(values, list) else [values])[:MOST_PEOPLE]:
            given = getattr(value, "params", {})
            if str(given.get("CUTYPE", "")).upper() in ("ROOM", "RESOURCE"):
                continue
            answer = ANSWERS.get(str(given.get("PARTSTAT", "")).upper(), "")
            entry = person(str(value), str(given.get("CN", "")), role, "accepted" if role == "organizer" else answer)
            if entry is not None:
                out.setdefault(entry.address, entry)
    return tuple(out.values())
