"""A server that is told to stop lets open pages finish what they do; their browsers then go on with another server.

From the first moment it says that it is not ready, so that nobody new is sent to it. A moment later it takes no new
pages, and closes those that are quiet, one by one; a browser whose page is closed connects again by itself.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from streamlit.runtime import get_instance
from streamlit.runtime.app_session import AppSessionState

from core.replicas import stickiness

HEALTH, SOCKET = "/_stcore/health", "/_stcore/stream"
NOTED, MARK = "quarterdeck", "last_message"
GRACE_SECONDS, QUIET_SECONDS, LOOK_SECONDS = 3.0, 1.5, 0.1
SERVICE_RESTART = 1012  # RFC 6455, registered with IANA: the client should connect again.
GOING = "This server is being restarted. Try again; another one answers."
SERVER = secrets.token_hex(4)
logger = logging.getLogger(__name__)


class _Drain:
    """Since when this server drains, as the monotonic clock has it; None where it does not."""

    since: float | None = None


_DRAIN = _Drain()


def is_draining() -> bool:
    """Say whether this server was told to stop: nobody new should be sent to it."""
    return _DRAIN.since is not None


def is_closed() -> bool:
    """Say whether this server takes no new pages any more: whoever balances the load had time to notice."""
    return _DRAIN.since is not None and time.monotonic() - _DRAIN.since >= GRACE_SECONDS


class Draining:
    """ASGI middleware that says so when the server was told to stop, and notes when each page was heard of last.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        path = str(scope.get("path", ""))
        if scope["type"] == "websocket" and path.endswith(SOCKET):
            await self._page(scope, receive, send)
        elif scope["type"] == "http" and ((is_draining() and path.endswith(HEALTH)) or self._is_new(scope)):
            await PlainTextResponse(GOING, 503, {"Retry-After": "1"})(scope, receive, send)
        elif path == "/" or path.endswith(HEALTH):
            await self.app(scope, receive, _named(send))
        else:
            await self.app(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_closed():
            socket = WebSocket(scope, receive, send)
            await socket.receive()
            await socket.send_denial_response(PlainTextResponse(GOING, 503, {"Retry-After": "1"}))
            return
        noted = {MARK: time.monotonic()}

        async def heard() -> Message:
            message = await receive()
            noted[MARK] = time.monotonic()
            return message

        await self.app({**scope, NOTED: noted}, heard, send)

    @staticmethod
    def _is_new(scope: Scope) -> bool:
        """Say whether a browser asks for a page to begin with, which another server had better answer."""
        return is_closed() and Request(scope).headers.get("sec-fetch-mode") == "navigate"


def _named(send: Send) -> Send:
    """Say which server answers, by a random name, so that `quarterdeck doctor --url` can tell one from another."""

    async def with_name(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)[stickiness.HEADER] = SERVER
        await send(message)

    return with_name


def install(longest_seconds: float) -> None:
    """Let the signal to stop drain this server first; a second one stops it at once.

    Parameters
    ----------
    longest_seconds : float
        After which it stops, whatever pages still do.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGTERM)
    if not callable(before):
        return

    def stop() -> None:
        before(signal.SIGTERM, None)

    def begin() -> None:
        if is_draining():
            stop()
            return
        _DRAIN.since = time.monotonic()
        task = loop.create_task(drain(longest_seconds, stop), name="drain")
        task.add_done_callback(_tell)

    signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(begin))


async def drain(longest_seconds: float, stop: Callable[[], None]) -> None:
    """Close quiet pages until none is left or the time is up, then stop."""
    end = time.monotonic() + longest_seconds
    try:
        while (pages := _pages()) and time.monotonic() < end:
            if is_closed():
                for page in [p for p in pages if _is_quiet(p)]:
                    await _close(page)
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        logger.info("This server stops; %d pages are left.", len(_pages()))
        stop()


def _pages() -> list[Any]:
    return list(get_instance()._session_mgr.list_active_sessions())


def _is_quiet(page: Any) -> bool:
    """Say whether nothing runs for a page, and nobody has clicked in it for a moment."""
    if page.session._state == AppSessionState.APP_IS_RUNNING:
        return False
    noted = page.client._websocket.scope.get(NOTED, {})
    return time.monotonic() - noted.get(MARK, 0.0) >= QUIET_SECONDS


async def _close(page: Any) -> None:
    try:
        await page.client._websocket.close(SERVICE_RESTART)
    except RuntimeError:
        logger.debug("A page was closed by its browser in the same moment.")


def _tell(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("Draining failed, so the server stopped at once.", exc_info=error)
