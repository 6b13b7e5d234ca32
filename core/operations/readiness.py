"""Whether this replica may be sent people: its database, disk, data and models, looked at cheaply.

Source: the readiness probe of Kubernetes. A replica that is not ready keeps the people it has and gets no new ones.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.artifacts import MODELS, SAMPLE, open_cache
from core.config import Settings
from core.contracts.errors import QuarterdeckError, StoreError
from core.localization import message
from core.sources import source_registry
from core.store import Store
from core.store.schema_state import newest_revision

FRESH_SECONDS = 5.0
FEWEST_FREE_BYTES = 500_000_000
REVISION = text("SELECT version_num FROM alembic_version")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: its name, whether it is good, what was seen, and how to mend it."""

    name: str
    is_good: bool
    sentence: str = ""
    mend: str = ""


class Readiness:
    """The checks of a replica; what they came to serves for five seconds.

    Parameters
    ----------
    settings : Settings
    opened : callable
        Returns the open database.
    monotonic : callable
        Counts seconds.
    is_leaving : callable
        Says whether the replica was told to stop: it then takes nobody new.
    """

    def __init__(
        self,
        settings: Settings,
        opened: Callable[[], Store],
        monotonic: Callable[[], float] = time.monotonic,
        is_leaving: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings, self._opened, self._monotonic, self._is_leaving = settings, opened, monotonic, is_leaving
        self._checks: tuple[Check, ...] = ()
        self._was_ready = False
        self._read_at: float | None = None

    def checks(self) -> tuple[Check, ...]:
        """Return every check: database, disk, data, models, and whether the replica stays."""
        leaving = self._is_leaving()
        stays = Check("staying", not leaving, "It was told to stop." if leaving else "")
        now = self._monotonic()
        if self._read_at is None or now - self._read_at >= FRESH_SECONDS:
            self._checks = self._looked()
            self._read_at = now
        self._was_ready = self._was_ready or all(check.is_good for check in self._checks)
        return (*self._checks, stays)

    def _looked(self) -> tuple[Check, ...]:
        """Look at everything; a database that is away is asked once alone, for the store tries again for a while."""
        answers = database(self._opened)
        source = data(self._settings, self._opened) if answers.is_good else UNKNOWN_DATA
        return answers, self._disk(), source, models(self._settings)

    def is_ready(self) -> bool:
        """Say whether every check is good."""
        return all(check.is_good for check in self.checks())

    def may_serve(self) -> bool:
        """Say whether it was ready once and was not told to stop.

        What proxies ask: where the database or the disk that all replicas share fails, none of them is ready, and a
        page that says so is better than the proxy's own.
        """
        return self.checks()[-1].is_good and self._was_ready

    def free_bytes(self) -> int:
        """Return how many bytes are free where the home folder lies."""
        return free_bytes(self._settings.home)

    def _disk(self) -> Check:
        return disk(self._settings.home)


UNKNOWN_DATA = Check("data", False, "The database tells which they are, and is not good.", "Mend the database first.")


def database(opened: Callable[[], Store]) -> Check:
    """Say whether the database answers and its tables are those of this version."""
    name = "database"
    try:
        with opened().engine.connect() as connection:
            revision = str(connection.scalar(REVISION))
    except StoreError as error:
        return Check(name, False, error.what, error.mend)
    except (SQLAlchemyError, OSError) as error:
        return Check(
            name, False, message("The database does not answer ({name}).", name=type(error).__name__), "Start it again."
        )
    return of_revision(revision)


def of_revision(revision: str) -> Check:
    """Say whether a database's tables are those of this version, by the revision it bears."""
    if revision == newest_revision():
        return Check("database", True, message("It answers; its tables are of revision {revision}.", revision=revision))
    seen = message(
        "Its tables are of revision {revision}, those of this version of {newest_revision}.",
        revision=revision,
        newest_revision=newest_revision(),
    )
    return Check("database", False, seen, "Run `quarterdeck migrate`, with the newer of the two versions.")


def free_bytes(home: Path) -> int:
    """Return how many bytes are free where a folder lies, or will lie."""
    folder = home.absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def disk(home: Path) -> Check:
    """Say whether the home folder can be written and has room."""
    free = free_bytes(home)
    room = message("{free:,.1f} GB are free", free=free / 1000000000.0)
    if not os.access(home, os.W_OK):
        return Check(
            "disk",
            False,
            message("{home} cannot be written.", home=home),
            "Give the account that runs Quarterdeck the folder.",
        )
    if free < FEWEST_FREE_BYTES:
        mend = "Make room, or run `quarterdeck artifacts --prune results` for what can be made again."
        return Check("disk", False, message("Only {room} at {home}.", room=room, home=home), mend)
    return Check("disk", True, message("{room} at {home}.", room=room, home=home))


def data(settings: Settings, opened: Callable[[], Store]) -> Check:
    """Say whether there are data to be read; nothing is read for it."""
    name, mend = "data", "Run `quarterdeck build`."
    try:
        source = source_registry.in_force(settings, opened())[0]
    except (QuarterdeckError, SQLAlchemyError, OSError) as error:
        return Check(
            name,
            False,
            message("Nobody can tell which they are ({name}).", name=type(error).__name__),
            "Mend the database first.",
        )
    if source_registry.is_sample(settings, source):
        is_there = bool(open_cache(settings.home).entries(SAMPLE))
        return Check(
            name,
            is_there,
            (message("The sample company is there.") if is_there else message("The sample company is not made yet.")),
            mend,
        )
    folder = settings.source.folder
    if source == source_registry.SETTINGS and "://" not in folder and not Path(folder).exists():
        return Check(
            name, False, message("There is nothing at {folder}.", folder=folder), "Mount it, or change source.folder."
        )
    return Check(name, True, message("They come from {source}.", source=source))


def models(settings: Settings) -> Check:
    """Say whether models are there; nothing is learnt for it."""
    n = sum(not entry.is_damaged for entry in open_cache(settings.home).entries(MODELS))
    if n:
        return Check(
            "models",
            True,
            (message("{n} versions are there.", n=n) if n > 1 else message("{n} version is there.", n=n)),
        )
    return Check("models", False, "No models are there yet.", "Run `quarterdeck build`, or let a worker do it.")
