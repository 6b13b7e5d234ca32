"""Addresses of the server that are not for everybody who reaches it: files made for somebody, and its own figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.web.server.starlette import starlette_auth_routes

FILES, FIGURES = "/media/", "/_stcore/metrics"
PICTURES = (".svg", ".png", ".ico")  # the logo, which stands on the page where people sign in


class PrivateAddresses:
    """ASGI middleware that answers as if there were no such address.

    The server's own figures are told to nobody. A file that was made for a page opens only for somebody who is signed
    in, where people sign in: its address is long and random, but addresses are passed on, and a cookie may outlive the
    sign-in that was ended.

    Parameters
    ----------
    app : ASGI application
    sign_in : str
        "none", "oidc" or "header".
    header : str
        The identity header, in lower case, which others than the proxy have been kept from sending.
    counts : callable
        Says of what an identity provider told about a person whether that sign-in counts still.
    """

    def __init__(self, app: ASGIApp, sign_in: str, header: str, counts: Callable[[dict[str, Any]], bool]) -> None:
        self.app, self.sign_in, self.header, self.counts = app, sign_in, header.lower(), counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        path = scope.get("path", "") if scope["type"] == "http" else ""
        if path.endswith(FIGURES) or (self._is_private(path) and not await self._is_signed_in(scope)):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_private(self, path: str) -> bool:
        return self.sign_in != "none" and FILES in path and not path.lower().endswith(PICTURES)

    async def _is_signed_in(self, scope: Scope) -> bool:
        request = Request(scope)
        if self.sign_in == "header":
            return bool(request.headers.get(self.header))
        cookie = starlette_auth_routes._get_cookie_value_from_request(request, starlette_auth_routes.USER_COOKIE_NAME)
        return cookie is not None and await run_in_threadpool(self.counts, json.loads(cookie))
