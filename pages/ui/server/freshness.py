"""Open pages learn that other data are there: one look for all, and pages that show earlier ones run again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from typing import Any

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime import get_instance
from streamlit.runtime.app_session import AppSessionState
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.artifacts import is_failure

LOOKS_EVERY_S = 4.0
logger = logging.getLogger(__name__)


class _Watch:
    """What each open page shows, by its session, and the task that looks."""

    def __init__(self) -> None:
        self.shown: dict[str, Hashable] = {}
        self.task: asyncio.Task[None] | None = None


_WATCH = _Watch()


def is_watching() -> bool:
    """Say whether this server tells open pages of newer data by itself."""
    return _WATCH.task is not None and not _WATCH.task.done()


def note(shown: Hashable) -> None:
    """Note what the page at hand shows; None where it follows nobody's data."""
    context = get_script_run_ctx()
    if context is not None:
        _WATCH.shown[context.session_id] = shown


def start(look: Callable[[], Hashable]) -> None:
    """Look every few seconds, on the server's loop, as long as it runs.

    Parameters
    ----------
    look : callable
        Returns what a page would show now.
    """
    _WATCH.task = asyncio.get_running_loop().create_task(_watch(look), name="freshness")


async def _watch(look: Callable[[], Hashable]) -> None:
    while True:
        await asyncio.sleep(LOOKS_EVERY_S)
        try:
            pages = {page.session.id: page.session for page in get_instance()._session_mgr.list_active_sessions()}
            for gone in _WATCH.shown.keys() - pages.keys():
                del _WATCH.shown[gone]
            if any(shown is not None for shown in _WATCH.shown.values()):
                tell(pages, await asyncio.to_thread(look))
        except BaseException as error:
            if not is_failure(error):
                raise
            logger.debug("Nobody is told of newer data: %s", error)  # The page says itself what is wrong.


def tell(pages: dict[str, Any], newest: Hashable) -> list[str]:
    """Let the pages run again that show something else, and are not at it; return their sessions."""
    reached = []
    for number, shown in list(_WATCH.shown.items()):
        page = pages.get(number)
        if page is None or shown in (None, newest) or page._state == AppSessionState.APP_IS_RUNNING:
            continue
        _WATCH.shown[number] = newest  # Told once: a page that cannot show it says why.
        page.request_rerun(_as_it_stands(page))
        reached.append(number)
    return reached


def _as_it_stands(page: Any) -> ClientState:
    """Return the page somebody is on, with what its controls hold."""
    state = ClientState()
    state.CopyFrom(page._client_state)
    state.fragment_id, state.is_auto_rerun = "", True
    return state
