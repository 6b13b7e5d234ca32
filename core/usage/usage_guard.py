"""Counts what is used where it grows, and refuses what there is no room for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from core.access import directory
from core.artifacts import MEMORY, RESULTS
from core.config import Settings
from core.contracts.errors import AccessError, StoreError
from core.localization import message
from core.store import Store
from core.store.provisioned import USER
from core.usage.usage_standing import MB, ROWS, SEATS, SESSIONS, STORAGE, Usage

SEAT_DAYS = timedelta(days=90)
READING_S, MOST_HOMES = 60.0, 64


def rows(settings: Settings, n: int) -> Usage:
    """Return what so many rows of data are of the limit."""
    return Usage(ROWS, n, settings.limits.rows)


def storage(settings: Settings, store: Store | None = None) -> Usage:
    """Return the bytes of the home folder, and of the database where it lies on a server of its own."""
    n_bytes = sum(_sizes(settings.home))
    if store is not None and store.engine.dialect.name == "postgresql":
        with store.engine.connect() as connection:
            n_bytes += int(connection.scalar(select(func.pg_database_size(func.current_database()))) or 0)
    return Usage(STORAGE, n_bytes, settings.limits.storage_mb * MB)


class StorageReadings:
    """What was stored when it was last looked at, for notices; what is refused is counted anew.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    entries : int
        How many homes' readings are kept.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, entries: int = MOST_HOMES) -> None:
        self._clock, self._shelf = clock, MEMORY.new_shelf(f"{RESULTS.name}: {__name__}.StorageReadings", entries)

    def storage(self, settings: Settings, store: Store | None = None) -> Usage:
        """Return what `storage` does, as it was at most a minute ago."""
        minute = int(self._clock() // READING_S)
        n_bytes = self._shelf.get((settings.home, minute), lambda: storage(settings, store).used)
        return Usage(STORAGE, n_bytes, settings.limits.storage_mb * MB)


def refuse_bytes(settings: Settings, n: int, store: Store | None = None) -> None:
    """Refuse to store so many bytes more where there is no room for them; nothing is looked at without a limit.

    Raises
    ------
    StoreError
        It says how full it is, and who can mend it.
    """
    if not settings.limits.storage_mb:
        return
    used = storage(settings, store)
    if not used.leaves(n):
        what = message("There is no room for {n:,.1f} MB more: {short} are in use.", n=n / MB, short=used.short())
        raise StoreError(what, "storage", used.mend())


def seat_holders(settings: Settings, store: Store) -> set[str]:
    """Return who holds a seat: who is listed or provisioned, and who signed in within 90 days; not who is shut out."""
    accounts = store.provisioned.list(USER)
    active = {account.name for account in accounts if account.is_active}
    shut_out = {account.name for account in accounts if not account.is_active}
    listed = set(directory.in_force(settings, store.access.current()).people)
    return (listed | active | store.sign_ins.users(SEAT_DAYS)) - shut_out


def seats(settings: Settings, store: Store) -> Usage:
    """Return how many people hold a seat; nobody does where nobody signs in."""
    n = len(seat_holders(settings, store)) if settings.access.sign_in != "none" else 0
    return Usage(SEATS, n, settings.limits.seats)


def refuse_seat(settings: Settings, store: Store, user: str) -> None:
    """Refuse to let one more person in where every seat is taken; who holds a seat already is never refused.

    Raises
    ------
    AccessError
        It says how many seats there are, and who can mend it.
    """
    if not settings.limits.seats or settings.access.sign_in == "none":
        return
    holders = seat_holders(settings, store)
    used = Usage(SEATS, len(holders), settings.limits.seats)
    if user.strip().lower() not in holders and not used.leaves(1):
        raise AccessError(
            message("No seat is free for {user}: {short} are taken.", user=user, short=used.short()), mend=used.mend()
        )


def sessions(settings: Settings, n: int) -> Usage:
    """Return what so many open sessions are of the limit."""
    return Usage(SESSIONS, n, settings.limits.sessions)


def session_refusal(settings: Settings, n: int) -> AccessError:
    """Return what is said to whoever opens one session more than there may be."""
    used = sessions(settings, n)
    return AccessError(
        message("Nobody more can work here now: {short} are open.", short=used.short()), mend=used.mend()
    )


def _sizes(folder: Path) -> Iterator[int]:
    """Yield the size of each file below a folder; what goes away meanwhile counts nothing, and no link is followed."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _sizes(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
