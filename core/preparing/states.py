"""Which state of a source was shown last, and how far the work on a newer one is.

Processes of one machine share it as files; servers that share artefacts, in the database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from core.artifacts import SNAPSHOTS, open_cache
from core.config import Settings
from core.contracts.errors import StoreError
from core.replicas import sharing
from core.sources import snapshot

FOLDER = "preparing"
STARTING = timedelta(seconds=30)
ENDED = "The work ended before it was done."
Stage = Literal["none", "running", "failed"]


@dataclass(frozen=True)
class Shown:
    """The state of a source that was shown last.

    Attributes
    ----------
    state : str
        What its snapshot is kept under.
    rules : str
        The settings and the code it was read by.
    as_of : str
        The last day it speaks of, as ISO text.
    """

    state: str
    rules: str
    as_of: str


@dataclass(frozen=True)
class Work:
    """The work on a newer state of a source.

    Attributes
    ----------
    state : str
    started_at : str
        When it was asked for, as ISO text in UTC.
    failure : str
        Why it was given up; empty while nobody gave it up.
    """

    state: str
    started_at: str
    failure: str = ""


@dataclass(frozen=True)
class Progress:
    """How far the work on a state is: none asked for, running, or failed and why."""

    stage: Stage
    failure: str = ""


def last(settings: Settings, source: str, state: str) -> Shown | None:
    """Return the state shown before another one of the same source.

    Parameters
    ----------
    settings : Settings
    source : str
        The name of a source of the workspace.
    state : str
        The state it is in now.

    Returns
    -------
    Shown or None
        None where that is the state shown last, where none was shown yet or its rows are not kept any more, and
        where the settings or the code read rows in another way by now.
    """
    shown = _read(settings, source, "shown", Shown)
    if shown is None or shown.state == state or shown.rules != _rules(settings):
        return None
    return shown if open_cache(settings.home).is_kept(SNAPSHOTS, shown.state) else None


def note_shown(settings: Settings, source: str, state: str, as_of: str) -> None:
    """Note that a state is shown from now on."""
    _write(settings, source, "shown", Shown(state, _rules(settings), as_of))


def progress(settings: Settings, source: str, state: str, now: datetime) -> Progress:
    """Return how far the work on a state of a source is.

    Parameters
    ----------
    settings : Settings
    source, state : str
    now : datetime
        With a time zone.

    Returns
    -------
    Progress
        Running while any work on the source goes on, that on an earlier state too. Work that neither goes on nor
        gave a reason ended by itself, as when somebody killed it.
    """
    if _is_held(settings, source):
        return Progress("running")
    work = _read(settings, source, "work", Work)
    if work is None or work.state != state:
        return Progress("none")
    if work.failure:
        return Progress("failed", work.failure)
    is_starting = now - datetime.fromisoformat(work.started_at) < STARTING
    return Progress("running") if is_starting else Progress("failed", ENDED)


def note_work(settings: Settings, source: str, state: str, now: datetime) -> None:
    """Note that a state is asked for."""
    _write(settings, source, "work", Work(state, now.astimezone(UTC).isoformat()))


def give_up(settings: Settings, source: str, state: str, failure: str) -> None:
    """Note why a state cannot be prepared."""
    work = _read(settings, source, "work", Work)
    _write(settings, source, "work", Work(state, work.started_at if work else "", failure))


@contextmanager
def asking(settings: Settings, source: str) -> Iterator[None]:
    """Let one process at a time ask for work on a source."""
    with FileLock(_file(settings, source, "ask.lock", make=True)):
        yield


@contextmanager
def working(settings: Settings, source: str, patience: float = 0.0) -> Iterator[bool]:
    """Hold a source while it is worked on; give whether nobody else does. The system frees it with the process.

    Parameters
    ----------
    settings : Settings
    source : str
    patience : float
        Seconds to wait for it: whoever only looks whether it is free holds it for a moment.
    """
    lock = FileLock(_file(settings, source, "work.lock", make=True))
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _is_held(settings: Settings, source: str) -> bool:
    if not _file(settings, source, "work.lock").exists():
        return False
    with working(settings, source) as is_free:
        return not is_free


def _rules(settings: Settings) -> str:
    return snapshot.name_of("", settings)


def _file(settings: Settings, source: str, ending: str, make: bool = False) -> Path:
    """Return a file of a source, whose own name may hold anything."""
    folder = settings.home / FOLDER
    if make:
        folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{hashlib.blake2b(source.encode(), digest_size=8).hexdigest()}.{ending}"


def _note(source: str, ending: str) -> str:
    return f"{ending} of {hashlib.blake2b(source.encode(), digest_size=8).hexdigest()}"


def _read(settings: Settings, source: str, ending: str, kind: type[Any]) -> Any:
    try:
        shared = sharing.notes(settings)
        if shared is not None:
            return kind(**json.loads(shared.get(_note(source, ending)) or "null"))
        return kind(**json.loads(_file(settings, source, f"{ending}.json").read_text(encoding="utf-8")))
    except (OSError, StoreError, ValueError, TypeError):
        return None


def _write(settings: Settings, source: str, ending: str, value: Shown | Work) -> None:
    """Write a note whole or not at all; a full disk loses it, and the next page is a first one."""
    with suppress(OSError, StoreError):
        shared = sharing.notes(settings)
        if shared is not None:
            shared.put(_note(source, ending), json.dumps(asdict(value)))
            return
        file = _file(settings, source, f"{ending}.json", make=True)
        part = file.with_suffix(".part")
        part.write_text(json.dumps(asdict(value)), encoding="utf-8")
        part.replace(file)
