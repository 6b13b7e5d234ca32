"""The process that reads changed data and makes their tables and models, and how a page starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from core.config import Settings, load
from core.config.stages import fitted
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.preparing import states

WANTED, LOW, PATIENCE = "QUARTERDECK_PREPARE", 10, 2.0
CHANGED = "The files changed while they were read."


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
    progress = states.progress(settings, source, state, now())
    if progress.stage != "none":
        return progress
    with states.asking(settings, source):
        progress = states.progress(settings, source, state, now())
        if progress.stage == "none":
            _start(settings, source, version, state, now())
    return states.progress(settings, source, state, now())


def again(settings: Settings, source: str, version: int, state: str, now: Callable[[], datetime]) -> None:
    """Start the work on a state that failed once more."""
    with states.asking(settings, source):
        if states.progress(settings, source, state, now()).stage != "running":
            _start(settings, source, version, state, now())


def _start(settings: Settings, source: str, version: int, state: str, now: datetime) -> None:
    states.note_work(settings, source, state, now)
    own = {"QUARTERDECK_HOME": str(settings.home), "QUARTERDECK_DATABASE_URL": settings.database, WANTED: "0"}
    subprocess.Popen(
        [sys.executable, "-m", "core.preparing.preparation", source, str(version), state],
        env={**os.environ, **own},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def prepare(settings: Settings, source: str, version: int, state: str) -> bool:
    """Read a source and make its tables and models; say whether its state can be shown now.

    Nothing is done where another process is at it. Why it cannot be done is noted for the pages.

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
            return False
        try:
            data = load_data(settings, source=source, version=version)
            if loading.state_of(settings, source, version).name != state:
                states.give_up(settings, source, state, CHANGED)
                return False
            _make(data, settings)
        except QuarterdeckError as error:
            states.give_up(settings, source, state, str(error))
            return False
        states.note_shown(settings, source, state, data.as_of.isoformat())
        return True


def _make(data: Dataset, settings: Settings) -> None:
    """Make what the first page would make: the tables, the models, and what is expected of accounts."""
    from core import marts
    from core.models import registry
    from core.models.customers import account_outlook

    own = fitted(settings, data)
    _ = marts.of(data).row_days  # One table asked for makes and keeps all.
    with suppress(QuarterdeckError):  # A model that cannot be trained is told by the page that asks for it.
        account_outlook.load_or_build(data, own, registry.load_or_train(data, own))


def main() -> None:
    """Prepare the state of a source that the arguments name, at a low priority."""
    source, version, state = sys.argv[1:4]
    if hasattr(os, "nice"):
        os.nice(LOW)
    prepare(load(), source, int(version), state)


if __name__ == "__main__":
    main()
