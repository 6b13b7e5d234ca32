"""What webhooks are told of: seven kinds of events, each written down once, in the order in which it was seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from core.alerts import watching
from core.alerts.alert_rule import Rule
from core.alerts.sight import Ground, Sight
from core.alerts.ways import COMPANY, WEBHOOK, Way
from core.config import Settings
from core.contracts import Dataset
from core.forecasts import calls
from core.sources.connectors import sync_request
from core.store import Store
from core.store.deliveries import NewDelivery, key_of
from core.store.events import Event
from core.store.recent_rows import Happening, RecentRows

STATES = {"deal.slipped": "slipped", "account.turned_red": "red_account"}
LAST_CALL, SINCE, FORECAST = "events: last call", "events: since", "events: forecast"
SEEN = "events: state of "


def look(
    store: Store, ground: Ground | None, now: datetime, published: tuple[Dataset, Settings] | None = None
) -> list[Event]:
    """Return what has happened since the last look, written down; the first look notes where to begin.

    Parameters
    ----------
    store : Store
    ground : Ground or None
        The whole company; None where the data have not changed since.
    now : datetime
        In UTC.
    published : tuple of Dataset and Settings, optional
        Whose published forecasts are looked at.
    """
    names = [LAST_CALL, SINCE, FORECAST, *(SEEN + kind for kind in STATES)]
    marks = store.alert_ledger.bookmarks(names)
    events, after = _done(store, marks, now)
    if published is not None:
        more, seen = _forecast(store, *published, marks)
        events, after = [*events, *more], after | seen
    if ground is not None:
        more, seen = _of_data(ground, marks, now)
        events, after = [*events, *more], after | seen
    written = store.events.add(events)
    store.alert_ledger.set_bookmarks(after)
    return written


def _done(store: Store, marks: dict[str, str], now: datetime) -> tuple[list[Event], dict[str, str]]:
    """Return what people and syncs did, and where to go on from."""
    rows = RecentRows(store.engine)
    if SINCE not in marks:
        return [], {SINCE: now.isoformat(), LAST_CALL: str(rows.last_call())}
    since = datetime.fromisoformat(marks[SINCE])
    submitted = rows.calls(int(marks.get(LAST_CALL, 0)))
    groups = {
        "call.submitted": [happening for _, happening in submitted],
        "list.read": rows.lists(since),
        "answer.approved": rows.approvals(since),
        "sync.failed": rows.failed_syncs(sync_request.KIND, since),
    }
    events = [_event(kind, happening) for kind, happenings in groups.items() for happening in happenings]
    latest = max((event.happened_at for event in events if event.kind != "call.submitted"), default=since)
    last = submitted[-1][0] if submitted else int(marks.get(LAST_CALL, 0))
    return events, {SINCE: latest.isoformat(), LAST_CALL: str(last)}


def _of_data(ground: Ground, marks: dict[str, str], now: datetime) -> tuple[list[Event], dict[str, str]]:
    """Return what the data show: deals that slipped, accounts that turned red."""
    events, after = list[Event](), dict[str, str]()
    for kind, watched in STATES.items():
        sights = watching.sights(Rule("", "", watched), ground)
        if sights is None:
            continue
        states = {sight.subject: sight.state for sight in sights}
        before = json.loads(marks[SEEN + kind]) if SEEN + kind in marks else None
        after[SEEN + kind] = json.dumps(states)
        if before is not None:
            fresh = [sight for sight in sights if before.get(sight.subject) != sight.state]
            events += [_event(kind, _happening(kind, sight, ground, now)) for sight in fresh]
    return events, after


def _happening(kind: str, sight: Sight, ground: Ground, now: datetime) -> Happening:
    as_of = ground.data.as_of.isoformat()
    if kind == "deal.slipped":
        content: dict[str, Any] = {
            "opportunity_id": sight.subject,
            "amount": sight.amount,
            "currency": ground.settings.currency,
            "close_on": sight.state if sight.state != "None" else None,
        }
    else:
        content = {"account_id": sight.subject, "health": sight.amount}
    return Happening(f"{sight.subject} {sight.state} {as_of}", sight.subject, content | {"as_of": as_of}, now)


def _forecast(
    store: Store, data: Dataset, settings: Settings, marks: dict[str, str]
) -> tuple[list[Event], dict[str, str]]:
    """Return that the number published last differs from the one before, to the cent."""
    rows = store.snapshots.of(calls.book(data))
    if rows.is_empty():
        return [], {}
    row = rows.sort("as_of_on", "days").row(-1, named=True)
    mark = f"{row['as_of_on']} {row['amount']:.2f}"
    before = marks.get(FORECAST)
    if before is None or before == mark:
        return [], {FORECAST: mark}
    content = {
        "as_of": str(row["as_of_on"]),
        "window": row["window"],
        "amount": row["amount"],
        "lower": row["lower"],
        "upper": row["upper"],
        "amount_before": float(before.rpartition(" ")[2]),
        "currency": settings.currency,
    }
    at = row["saved_at"] if row.get("saved_at") else datetime.combine(row["as_of_on"], datetime.min.time())
    return [_event("forecast.moved", Happening(mark, "forecast", content, at.replace(tzinfo=UTC)))], {FORECAST: mark}


def _event(kind: str, happening: Happening) -> Event:
    digest = hashlib.sha256(f"{kind}\x1f{happening.mark}".encode()).hexdigest()
    return Event(f"evt_{digest[:32]}", kind, happening.subject, happening.content, happening.at)


def deliveries(events: Iterable[Event], ways: Iterable[Way], again: str = "") -> list[NewDelivery]:
    """Return the messages events lead to: one to each webhook of the company that asked for the kind.

    Parameters
    ----------
    events : iterable of Event
    ways : iterable of Way
    again : str
        Makes it another message: for sending once more what was sent.
    """
    hooks = [way for way in ways if way.kind == WEBHOOK and way.owner == COMPANY]
    return [
        NewDelivery(
            key_of("event", event.event_id, way.id, again),
            "event",
            "",
            way.id,
            event.kind,
            {
                "event_id": event.event_id,
                "kind": event.kind,
                "at": event.happened_at.isoformat(),
                "data": event.content,
            },
        )
        for event in events
        for way in hooks
        if event.kind in way.events
    ]
