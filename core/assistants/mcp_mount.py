"""The assistants' server beside the API: built with its first request, so that it costs a start nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/mcp"


class McpMount:
    """The server as an ASGI application.

    Parameters
    ----------
    api : callable
        Returns the API, as an application mounted at its root.
    """

    def __init__(self, api: Callable[[], ASGIApp]) -> None:
        self._api = api
        self._app: ASGIApp | None = None
        self._running: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        async with self._lock:
            # What serves requests belongs to one event loop; another one, as after a restart in a test, gets its own.
            if self._app is None or self._loop is not asyncio.get_running_loop():
                await self._start()
        assert self._app is not None
        await self._app(scope, receive, send)

    async def _start(self) -> None:
        def made() -> Any:
            from core.assistants import mcp_server
            from core.config import load

            server = mcp_server.build(self._api(), name=load().branding.name)
            return server, mcp_server.http_app(server, PATH)

        server, app = await run_in_threadpool(made)
        ready = asyncio.Event()

        async def run() -> None:
            async with server.session_manager.run():
                ready.set()
                await asyncio.Event().wait()

        self._loop = asyncio.get_running_loop()
        self._running = asyncio.create_task(run())
        await ready.wait()
        self._app = app


def route(api: Callable[[], ASGIApp]) -> Route:
    """Return the route under which assistants are answered."""
    return Route(PATH, McpMount(api))
