"""Doing something while a lease is held, which is renewed beside the work as long as this process lives."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from core.contracts.errors import StoreError
from core.store.leases import LEASE, Leases

logger = logging.getLogger(__name__)
RENEWED_EVERY_S = LEASE.total_seconds() / 6
FIRST_LOOK_S, LONGEST_LOOK_S = 0.05, 1.0


@contextmanager
def held(leases: Leases, name: str) -> Iterator[bool]:
    """Wait for a lease, and hold it inside the block.

    Parameters
    ----------
    leases : Leases
    name : str

    Yields
    ------
    bool
        False where the database cannot be reached: nobody else is kept away then, and the work is merely done twice.
    """
    owner = f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid.uuid4().hex[:16]}"
    try:
        _wait(leases, name, owner)
    except StoreError as error:
        logger.warning("No lease on %s: %s", name, error)
        yield False
        return
    done = threading.Event()
    renewing = threading.Thread(target=_renew, args=(leases, name, owner, done), name="lease", daemon=True)
    renewing.start()
    try:
        yield True
    finally:
        done.set()
        renewing.join(RENEWED_EVERY_S)
        with suppress(StoreError):  # It runs out by itself.
            leases.release(name, owner)


def _wait(leases: Leases, name: str, owner: str) -> None:
    pause = FIRST_LOOK_S
    while not leases.acquire(name, owner):
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_LOOK_S)


def _renew(leases: Leases, name: str, owner: str, done: threading.Event) -> None:
    while not done.wait(RENEWED_EVERY_S):
        with suppress(StoreError):  # The next time; the lease outlasts several.
            if not leases.renew(name, owner):
                logger.warning("The lease on %s ran out while the work went on.", name)
                return
