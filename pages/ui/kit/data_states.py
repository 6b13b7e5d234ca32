"""Which state of the data a page shows: the newest, or, while that is being prepared in a process of its own, the last.

Without `quarterdeck serve` nothing is prepared beside, and a page reads whatever the source holds.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from core.artifacts import RESULTS, process_shelf, settings_text
from core.config import Settings
from core.contracts import Dataset
from core.preparing import making, preparation, states
from core.preparing.making import Lack
from core.sources import load_data, loading, snapshot, source_registry
from core.sources.loading import SourceState

LOOK_SECONDS, SETTLED_SECONDS = 3.0, 3.0
SECOND = 1_000_000_000


@dataclass(frozen=True)
class Waiting:
    """A newer state that is not shown yet.

    Attributes
    ----------
    state : str
    as_of : date
        The last day of the data that are shown meanwhile.
    failure : str
        Why it could not be prepared; empty while it is being.
    """

    state: str
    as_of: date
    failure: str = ""


@dataclass(frozen=True)
class Served:
    """What a page shows of a source.

    Attributes
    ----------
    source : str
    version : int
    state : str
        The state that is shown; empty where nothing is prepared beside.
    waiting : Waiting, optional
        The newer one.
    lack : Lack, optional
        What a page needs of it and a worker is making.
    """

    source: str
    version: int
    state: str = ""
    waiting: Waiting | None = None
    lack: Lack | None = None


@dataclass(frozen=True)
class _Look:
    """When a source was looked at, the state it was in, that in which its files had come to rest; can it change?"""

    at: float
    state: str
    settled: str
    is_fixed: bool


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def served(settings: Settings, source: str, version: int) -> Served:
    """Return which state of a source is shown; where a newer one is there, see to it that somebody prepares it.

    Parameters
    ----------
    settings : Settings
    source : str
        The name of a source of the workspace.
    version : int

    Returns
    -------
    Served
        The state shown last where it is another than that of the source; at the very first opening, and after
        settings or code changed how rows are read, that of the source.
    """
    if not preparation.is_wanted():
        return Served(source, version)
    state = _state(settings, source, version)
    earlier = states.last(settings, source, state)
    if earlier is None:
        return Served(source, version, state, lack=_lacking(settings, source, version, state))
    progress = preparation.ensure(settings, source, version, state, now)
    waiting = Waiting(state, date.fromisoformat(earlier.as_of), progress.failure)
    return Served(source, version, earlier.state, waiting)


def note_lack(settings: Settings, shown: Served, lack: Lack) -> None:
    """Note what a page found lacking of a state, so that all pages of it learn when it is there."""
    process_shelf(RESULTS).put(_lack_key(settings, shown.source, shown.version, shown.state), lack)


def _lacking(settings: Settings, source: str, version: int, state: str) -> Lack | None:
    """Return what was found lacking of a state and is not there yet; looked at as often as whoever waits asks."""
    shelf, key = process_shelf(RESULTS), _lack_key(settings, source, version, state)
    lack: Lack | None = shelf.peek(key)
    if lack is None or making.is_there(lack, settings):
        shelf.drop(key)
        return None
    return lack


def _lack_key(settings: Settings, source: str, version: int, state: str) -> tuple[Hashable, ...]:
    return ("lack", settings_text(settings), source, version, state)


def read(settings: Settings, shown: Served) -> Dataset:
    """Return the rows of the state that is shown, and note that it is."""
    if shown.waiting is not None:
        rows = snapshot.kept(shown.state, settings)
        if rows is not None:
            return rows if shown.source in source_registry.RESERVED else replace(rows, source=shown.source)
    data = load_data(settings, source=shown.source, version=shown.version)
    if shown.state:
        newest = shown.waiting.state if shown.waiting else shown.state
        states.note_shown(settings, shown.source, newest, data.as_of.isoformat())
    return data


def try_again(settings: Settings, source: str, version: int, state: str) -> None:
    """Prepare a state that failed once more."""
    preparation.again(settings, source, version, state, now)


def _state(settings: Settings, source: str, version: int) -> str:
    """Return the state of a source, looked at every few seconds.

    Files that are being written are left alone: a state counts when its newest file is some seconds old, or when
    nothing changed from one look to the next.
    """
    shelf, key = process_shelf(RESULTS), ("state of a source", settings_text(settings), source, version)
    before: _Look | None = shelf.peek(key)
    if before is not None and (before.is_fixed or time.monotonic() - before.at < LOOK_SECONDS):
        return before.settled
    current = loading.state_of(settings, source, version)
    is_settled = before is None or before.state == current.name or _is_at_rest(current)
    settled = current.name if is_settled or before is None else before.settled
    shelf.put(key, _Look(time.monotonic(), current.name, settled, current.changed_ns is None))
    return settled


def _is_at_rest(state: SourceState) -> bool:
    return time.time_ns() - (state.changed_ns or 0) > SETTLED_SECONDS * SECOND
