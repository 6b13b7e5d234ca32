"""What pages need and never make: which of it is not there yet for a state of the data, and asking a worker for it.

Changed rows have a way of their own (`preparation`). This one is for rows that are read already, or are read for the
first time: after a change of settings or of the code, at the first opening, and for a source one session chose.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.artifacts import (
    ACCOUNTS,
    KINDS,
    LANDMARKS,
    MARTS,
    MODELS,
    REPLAYS,
    RESULTS,
    SNAPSHOTS,
    Kind,
    open_cache,
    process_shelf,
)
from core.artifacts.left_to_workers import is_left, is_tried, leave, note_tried
from core.config import Settings
from core.config.stages import fitted
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.preparing.preparation import BY
from core.store.jobs import DONE
from core.store.tables import QUEUED

if TYPE_CHECKING:
    from core.store import Store

KIND = "make"
Report = Callable[[float, str], None]
MODELLED, READ = (MODELS, ACCOUNTS, LANDMARKS, REPLAYS), (SNAPSHOTS, MARTS)
LATER = (ACCOUNTS.name, LANDMARKS.name)
AGAIN, PATIENCE = timedelta(minutes=10), timedelta(seconds=5)
SEEN_SECONDS = 60.0


@dataclass(frozen=True)
class Lack:
    """What is not there yet for some rows.

    Attributes
    ----------
    source : str
        The name of a source of the workspace.
    version : int
    names : tuple of (str, str)
        The kind and the name of each artefact that is not kept.
    wanted : str
        What tells this work from that on other data, settings and code.
    """

    source: str
    version: int
    names: tuple[tuple[str, str], ...]
    wanted: str

    @property
    def has_no_tables(self) -> bool:
        """Say whether rows or tables are lacking, without which a page has nothing to show."""
        return any(kind in {made.name for made in READ} for kind, _ in self.names)


@dataclass(frozen=True)
class Work:
    """How far a worker is.

    Attributes
    ----------
    share : float
        How much is done, from 0 to 1.
    message : str
        What it is at.
    failure : str
        Why it gave up; empty while it did not.
    has_worker : bool
    is_late : bool
        Workers are at other work, and have not begun within seconds.
    """

    share: float = 0.0
    message: str = ""
    failure: str = ""
    has_worker: bool = True
    is_late: bool = False


def leave_to_workers(settings: Settings) -> None:
    """Let this process, which answers for pages, train no models; where servers share what is made, nor read rows.

    Parameters
    ----------
    settings : Settings
    """
    leave(MODELLED)
    if settings.replicas.artifacts:
        leave(READ)


def lack_of(data: Dataset, settings: Settings, source: str, version: int, tables: bool = False) -> Lack | None:
    """Return what is not there yet for some rows; None where all is, or where they are one session's own.

    Parameters
    ----------
    data : Dataset
        One person's part of a company needs what the company needs.
    settings : Settings
        With the data's stages and currency.
    source : str
    version : int
    tables : bool
        Whether the tables count where this process may make them too.
    """
    from core.marts.build import name_of
    from core.models import registry
    from core.models.close import landmark_archive
    from core.models.customers import account_outlook

    company = data.company
    if company.is_transient:
        return None
    own = registry.key(company, settings)
    serving = registry.bundle_key(company, settings)
    names = [(MARTS, name_of(company.origin or company)), (LANDMARKS, landmark_archive.key(company, settings))]
    if not registry.is_pinned(settings):
        names.append((MODELS, own))
        serving = own
    names.append((ACCOUNTS, account_outlook.key(company, settings, serving)))
    wanted = " ".join(name for _, name in names)
    shelf, seen = process_shelf(RESULTS), ("all there", str(settings.home), wanted)
    if time.monotonic() - (shelf.peek(seen) or float("-inf")) < SEEN_SECONDS:
        return None
    left = [(kind, name) for kind, name in names if is_left(kind, name) or (tables and _is_read_ahead(kind, name))]
    lacking = tuple((kind.name, name) for kind, name in left if not is_made(kind, name, settings))
    if lacking:
        return Lack(source, version, lacking, wanted)
    if left:
        shelf.put(seen, time.monotonic())
    return None


def rows_lack(settings: Settings, source: str, version: int) -> Lack | None:
    """Return that the rows of a source are not read yet; None where they are.

    Raises
    ------
    QuarterdeckError
        When the source cannot be looked at.
    """
    from core.sources import loading

    name = loading.state_of(settings, source, version).name
    return None if is_made(SNAPSHOTS, name, settings) else Lack(source, version, ((SNAPSHOTS.name, name),), name)


def is_there(lack: Lack, settings: Settings) -> bool:
    """Say whether what was lacking is there by now, or is tried here because no worker could make it."""
    waited_for = [(KINDS[kind], name) for kind, name in lack.names]
    return not any(
        (is_left(kind, name) or _is_read_ahead(kind, name)) and not is_made(kind, name, settings)
        for kind, name in waited_for
    )


def make_here(lack: Lack) -> None:
    """Let this process read and make tables after all, as where no worker is there; models it trains in no case."""
    note_tried(name for kind, name in lack.names if KINDS[kind] in READ)


def _is_read_ahead(kind: Kind, name: str) -> bool:
    return kind in READ and not is_tried(name)


def is_made(kind: Kind, name: str, settings: Settings) -> bool:
    """Say whether an artefact is kept."""
    return open_cache(settings.home).is_kept(kind, name)


def ask(store: Store, lack: Lack, now: datetime) -> Work | None:
    """Ask a worker for what is lacking, unless it is at it or has said why it cannot; say how far it is.

    Returns
    -------
    Work or None
        None where a worker has made what can be made: whoever asks for the rest is told why there is none.
    """
    queue = store.jobs
    last = queue.last(KIND, lack.source)
    if last is not None and not last.is_active and last.payload.get("wanted") == lack.wanted:
        if last.state != DONE:
            return Work(failure=last.message or "The work was cancelled.")
        if last.ended_at is not None and now - last.ended_at < AGAIN:
            note_tried(name for kind, name in lack.names if kind in LATER)
            return None
    if last is None or not last.is_active:
        last = queue.ask(KIND, lack.source, {"version": lack.version, "wanted": lack.wanted}, BY)
        return Work(last.share, last.message, has_worker=bool(queue.workers()))
    is_other = last.payload.get("version") != lack.version
    is_late = is_other or (last.state == QUEUED and now - last.asked_at > PATIENCE)
    return Work(last.share, last.message, has_worker=bool(queue.workers()), is_late=is_late)


def again(store: Store, lack: Lack) -> None:
    """Ask once more for what a worker could not make."""
    store.jobs.ask(KIND, lack.source, {"version": lack.version, "wanted": lack.wanted}, BY)


def make(settings: Settings, source: str, version: int, report: Report) -> str:
    """Read a source where it is not read yet, and make its tables, models, accounts and past landmarks.

    Parameters
    ----------
    settings : Settings
    source : str
    version : int
    report : callable
        Takes the share that is done, from 0 to 1, and what is being done.

    Raises
    ------
    QuarterdeckError
        When the rows cannot be read, or no model can be trained on them.
    """
    from core import marts
    from core.models import registry
    from core.models.close import landmark_archive
    from core.models.customers import account_outlook
    from core.sources import load_data

    report(0.0, "Reading the data")
    data = load_data(settings, source=source, version=version)
    own = fitted(settings, data)
    report(0.1, "Making the tables")
    _ = marts.of(data).row_days  # One table asked for makes and keeps all.
    report(0.2, "Training the models")
    bundle = registry.load_or_train(data, own, lambda share, text: report(0.2 + 0.6 * share, text))
    report(0.8, "Working out what is expected of accounts")
    with suppress(QuarterdeckError):  # The page that asks for it tells why there is none.
        account_outlook.load_or_build(data, own, bundle)
    with suppress(QuarterdeckError):
        landmark_archive.load_or_build(data, own)
    return "Tables and models are ready."
