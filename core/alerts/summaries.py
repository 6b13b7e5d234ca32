"""The weekly summary of the Digest page, sent to those who want it on Monday at their hour, in their own time zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core import digest
from core.alerts.message import Message
from core.alerts.quiet_hours import Habits
from core.alerts.readers import Reader
from core.alerts.telling import Look
from core.alerts.ways import COMPANY, MAIL
from core.branding import letterhead
from core.formats import Formats
from core.store.deliveries import NewDelivery, key_of

BOOKMARK = "summary of "
RIGHT = "executive:read"


def due(look: Look) -> list[NewDelivery]:
    """Return the summaries that are to be sent now: one a week to each who wants it, from the week after it was chosen.

    Parameters
    ----------
    look : Look
    """
    server = next((way for way in look.ways.values() if way.kind == MAIL and way.owner == COMPANY), None)
    users = look.readers.with_summary()
    if server is None or not users:
        return []
    marks = look.store.alert_ledger.bookmarks([BOOKMARK + user for user in users])
    out, after = [], {}
    for user in users:
        week = last_monday(look.readers.habits(user), look.now, look.settings.time_zone).isoformat()
        if marks.get(BOOKMARK + user) == week:
            continue
        who = look.readers.identity(user)
        if BOOKMARK + user in marks and who is not None and "@" in user:
            message = _summary(look, Reader(user, who))
            if message is None:
                continue  # The models are being learnt: it comes when they are there.
            content = message.content | {"is_masked": who.is_masked}
            out.append(NewDelivery(key_of("digest", user, week), "digest", user, server.id, message.title, content))
        after[BOOKMARK + user] = week
    look.store.alert_ledger.set_bookmarks(after)
    return out


def last_monday(habits: Habits, now: datetime, zone: str) -> datetime:
    """Return the last Monday, at the hour a person chose, in UTC."""
    own = ZoneInfo(habits.zone or zone)
    local = now.astimezone(own)
    day = local.date() - timedelta(days=local.weekday())
    at = datetime.combine(day, time(habits.hour), own).astimezone(UTC)
    return at if at <= now else datetime.combine(day - timedelta(days=7), time(habits.hour), own).astimezone(UTC)


def _summary(look: Look, reader: Reader) -> Message | None:
    if not look.readers.may(reader, RIGHT):
        return Message("Your weekly summary")
    ground = look.ground(look.readers.view(reader), "")
    if ground.bundle is None:
        return None
    plan = replace(digest.Plan(), person=reader.identity.name)
    content = digest.digest(ground.data, ground.settings, ground.bundle, plan)
    return Message(content.title, html=digest.html(content, Formats(), letterhead.of(ground.settings)))
