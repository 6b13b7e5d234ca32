"""Changed data are read, and their tables and models made, by a worker; a page asks for it and shows how far it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from core.config import Settings
from core.config.stages import fitted
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.preparing import states
from core.sources.source_registry import opened

WANTED, KIND, PATIENCE = "QUARTERDECK_PREPARE", "prepare", 2.0
BY = "Quarterdeck"
CHANGED = "The files changed while they were read."
BUSY = "Another process is at it."


def is_wanted() -> bool:
    """Say whether changed data are prepared beside the server, as `quarterdeck serve` asks for."""
    return os.environ.get(WANTED) == "1"


def ensure(settings: Settings, source: str, version: int, state: str, now: Callable[[], datetime]) -> states.Progress:
    """Start the work on a state of a source unless somebody asked for it before; say how far it is.

    Parameters
    ----------
    settings : Settings
    source : str
        The name of a source of the workspace.
    version : int
        Of a kept source.
    state : str
        The state the source is in.
    now : callable
        Returns the present time with a time zone.
    """
    progress = _progress(settings, source, state, now())
    if progress.stage != "none":
        return progress
    with states.asking(settings, source):
        progress = _progress(settings, source, state, now())
        if progress.stage == "none":
            _ask(settings, source, version, state, now())
    return _progress(settings, source, state, now())


def again(settings: Settings, source: str, version: int, state: str, now: Callable[[], datetime]) -> None:
    """Ask for the work on a state that failed once more."""
    with states.asking(settings, source):
        if _progress(settings, source, state, now()).stage != "running":
            _ask(settings, source, version, state, now())


def _progress(settings: Settings, source: str, state: str, now: datetime) -> states.Progress:
    """Return how far the work is; what nobody has begun, and the queue still has, has not ended."""
    progress = states.progress(settings, source, state, now)
    if progress.failure != states.ENDED:
        return progress
    with opened(settings) as store:
        waits = store.jobs.active(KIND, source) is not None
    return states.Progress("running") if waits else progress


def _ask(settings: Settings, source: str, version: int, state: str, now: datetime) -> None:
    states.note_work(settings, source, state, now)
    with opened(settings) as store:
        store.jobs.ask(KIND, source, {"version": version, "state": state}, BY)


def prepare(settings: Settings, source: str, version: int, state: str) -> str:
    """Read a source and make its tables and models; return why its state cannot be shown, or nothing where it can.

    Nothing is done where another process is at it. Why it cannot be done is noted for the pages too.

    Parameters
    ----------
    settings : Settings
    source : str
    version : int
    state : str
        The one that was asked for.
    """
    from core.sources import load_data, loading

    with states.working(settings, source, PATIENCE) as is_free:
        if not is_free:
            return BUSY
        try:
            data = load_data(settings, source=source, version=version)
            if loading.state_of(settings, source, version).name != state:
                states.give_up(settings, source, state, CHANGED)
                return CHANGED
            _make(data, settings)
        except QuarterdeckError as error:
            states.give_up(settings, source, state, str(error))
            return str(error)
        states.note_shown(settings, source, state, data.as_of.isoformat())
        return ""


def _make(data: Dataset, settings: Settings) -> None:
    """Make what the first page would make: the tables, the models, and what is expected of accounts."""
    from core import marts
    from core.models import registry
    from core.models.customers import account_outlook

    own = fitted(settings, data)
    _ = marts.of(data).row_days  # One table asked for makes and keeps all.
    with suppress(QuarterdeckError):  # A model that cannot be trained is told by the page that asks for it.
        account_outlook.load_or_build(data, own, registry.load_or_train(data, own))
