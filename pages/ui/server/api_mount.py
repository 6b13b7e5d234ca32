"""The API beside the pages: built when it is first asked for, so that it costs a start nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/api"


class ApiMount:
    """An application that is built with its first request.

    Parameters
    ----------
    build : callable
        Returns the application.
    """

    def __init__(self, build: Callable[[], ASGIApp]) -> None:
        self._build, self._app, self._lock = build, None, threading.Lock()

    _app: ASGIApp | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._app is None:
            from starlette.concurrency import run_in_threadpool

            await run_in_threadpool(self._ensure)
        assert self._app is not None
        await self._app(scope, receive, send)

    @property
    def built(self) -> Any:
        """Return the application, built where it is not yet."""
        self._ensure()
        return self._app

    def _ensure(self) -> None:
        with self._lock:
            if self._app is None:
                self._app = self._build()


def route(answers: ApiMount) -> Mount:
    """Return the route under which the API answers."""
    return Mount(PATH, answers)
