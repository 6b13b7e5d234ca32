"""What a system itself tells of a deal's earlier values, as events of one form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core.sources.connectors.declaration import Changes
from core.sources.connectors.row_shape import canonical
from core.sources.connectors.sync_state import BEGINNING, STATED, Event
from core.sources.connectors.templates import at, has, stamp

# What systems call the fields of a deal in their lists of changes, where not by the name of the column.
ALSO: Mapping[str, str] = {
    "Owner": "owner_id",
    "StageName": "stage",
    "Amount": "amount",
    "CloseDate": "close_on",
    "ForecastCategoryName": "forecast_category",
    "ForecastCategory": "forecast_category",
    "user_id": "owner_id",
    "value": "amount",
}


def events(record: Any, changes: Changes, track: Mapping[str, str], deal: str) -> Iterator[Event]:
    """Yield what a record tells of a deal's fields.

    Parameters
    ----------
    record : plain values
    changes : Changes
        Where it says so.
    track : mapping
        Column -> field.
    deal : str
        Id of the deal, where the record does not name one.
    """
    deal = str(at(record, changes.of) or deal) if changes.of else deal
    if changes.lists:
        listed = at(record, changes.lists) or {}
        for column, field in track.items():
            for entry in in_order(listed.get(column) or [], changes.time):
                yield Event(deal, field, _time(entry, changes), canonical(at(entry, changes.value)), STATED)
    elif changes.states:
        for column, field in track.items():
            if has(record, column):
                yield Event(deal, field, _time(record, changes), canonical(at(record, column)), STATED)
    else:
        yield from _changed(record, changes, track, deal)


def in_order(entries: list[Any], path: str) -> list[Any]:
    """Return entries oldest first, whichever way round they are listed; of equal times as systems do: newest first.

    Examples
    --------
    >>> in_order([{"t": 2}, {"t": 1}], "t"), in_order([{"t": 1}, {"t": 2}], "t")
    ([{'t': 1}, {'t': 2}], [{'t': 1}, {'t': 2}])
    """
    is_newest_first = bool(entries) and at(entries[0], path) >= at(entries[-1], path)
    return entries[::-1] if is_newest_first else entries


def _changed(record: Any, changes: Changes, track: Mapping[str, str], deal: str) -> Iterator[Event]:
    name = str(at(record, changes.field))
    field = track.get(name) or (ALSO.get(name) if ALSO.get(name) in track.values() else None)
    if not field:
        return
    moment = _time(record, changes)
    values = [str(at(record, path) or "") for path in (changes.value, changes.old) if path]
    if changes.pattern and not all(re.fullmatch(changes.pattern, value) for value in values):
        return
    if changes.old:
        # Named by its time, so that of several the first can be told: `begun`.
        yield Event(deal, field, f"{BEGINNING}<{moment}", canonical(at(record, changes.old)), STATED)
    yield Event(deal, field, moment, canonical(at(record, changes.value)), STATED)


def _time(record: Any, changes: Changes) -> str:
    return stamp(at(record, changes.time), "time")


def begun(listed: Iterable[Event]) -> list[Event]:
    """Return events in which each field's first old value is its state from the beginning on.

    Examples
    --------
    >>> first, later = Event("1", "stage", "<b", "A", STATED), Event("1", "stage", "<c", "B", STATED)
    >>> begun([later, first])
    [Event(id='1', field='stage', at='', value='A', origin='stated')]
    """
    out: list[Event] = []
    first: dict[tuple[str, str], Event] = {}
    for event in listed:
        if not event.at.startswith("<"):
            out.append(event)
        elif event.at < first.get((event.id, event.field), event._replace(at="=")).at:
            first[event.id, event.field] = event
    return out + [event._replace(at=BEGINNING) for event in first.values()]
