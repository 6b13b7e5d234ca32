"""Memory of closed pages goes back to the system: what Streamlit keeps of them ends, and free memory is handed back.

A closed page is kept for two minutes, in case its browser comes back; Streamlit lets it go only when the next one
closes. Its objects hold circles that Python collects late, and the C library keeps what was freed for later. So when
many pages have closed and the server has a quiet moment, all three are done.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
from contextlib import suppress
from typing import Any

from streamlit.runtime import get_instance

from core.artifacts import is_failure

LOOKS_EVERY_S = 30.0
FEWEST_CLOSED = 5
M_ARENA_MAX, ARENAS = -8, 2
logger = logging.getLogger(__name__)


class _Watch:
    """How many pages there were at most since memory was handed back last, and the task that looks."""

    most = 0
    task: asyncio.Task[None] | None = None


_WATCH = _Watch()


def start() -> None:
    """Look every half minute, on the server's loop, as long as it runs; from now on few heaps serve all threads."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
    _WATCH.task = asyncio.get_running_loop().create_task(_watch(), name="given back")


async def _watch() -> None:
    while True:
        await asyncio.sleep(LOOKS_EVERY_S)
        try:
            await look(get_instance()._session_mgr)
        except BaseException as error:
            if not is_failure(error):
                raise
            logger.debug("No memory was handed back: %s", error)


async def look(manager: Any) -> bool:
    """Hand memory back where enough pages are gone for good since the last time; say whether it was.

    Parameters
    ----------
    manager : SessionManager
        Streamlit's, which has the open pages and those that may come back.
    """
    expire(manager._session_storage)
    n_pages = len(manager.list_sessions())
    _WATCH.most = max(_WATCH.most, n_pages)
    if _WATCH.most - n_pages < FEWEST_CLOSED:
        return False
    _WATCH.most = n_pages
    await asyncio.to_thread(give_back)
    return True


def expire(storage: Any) -> None:
    """Let go of closed pages whose time to come back is over."""
    cache = getattr(storage, "_cache", None)
    if hasattr(cache, "expire"):
        cache.expire()


def give_back() -> None:
    """Collect what nobody holds, and hand free memory back to the system where its C library can."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
