"""Addresses for whoever runs the server: /healthz, /readyz and /metrics, and the count of every answer."""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.access.proxy_gate import is_this_machine
from core.contracts.errors import ConfigError
from core.operations import instruments, log_lines, traces

if TYPE_CHECKING:
    from core.operations.readiness import Readiness

TOKEN, TOKEN_FILE = "QUARTERDECK_METRICS_TOKEN", "QUARTERDECK_METRICS_TOKEN_FILE"
SHORTEST_TOKEN = 16
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
ONCE = "once"
REQUEST_ID = "x-request-id"
PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
PARTS = ("api", "mcp", "odata", "scim", "_stcore", "media", "healthz", "readyz", "metrics", "static", "auth")


def token_in_force(environ: Mapping[str, str]) -> str:
    """Return the token figures are given for; empty where none is set, and only this machine itself may read them.

    Raises
    ------
    ConfigError
        When its file cannot be read, or it is too short to be secret.
    """
    token = environ.get(TOKEN, "")
    if file := environ.get(TOKEN_FILE, ""):
        try:
            token = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                "The token's file cannot be read.", TOKEN_FILE, "Name one the server may read."
            ) from error
    if token and len(token) < SHORTEST_TOKEN:
        raise ConfigError(f"The token is shorter than {SHORTEST_TOKEN} letters.", TOKEN, "Choose a longer one.")
    return token


def may_read(request: Request, token: str) -> bool:
    """Say whether a request may read figures: it bears the token, or without one comes from this machine itself.

    A proxy on this machine asks for others: what it sends on bears a header that says so, or a name of the network's.
    """
    if token:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(shown.encode(), token.encode())
    peer = request.client.host if request.client else ""
    is_forwarded = any(name in request.headers for name in FORWARDED)
    return is_this_machine(peer) and not is_forwarded and is_this_machine(request.url.hostname or "")


def routes(
    readiness: Callable[[], Readiness], figures: Callable[[], bytes], environ: Mapping[str, str] = os.environ
) -> list[Route]:
    """Return the three addresses.

    Parameters
    ----------
    readiness : callable
        Returns the checks of this replica.
    figures : callable
        Returns everything that is counted, as text.
    environ : mapping
        Holds the token, if there is one.

    Raises
    ------
    ConfigError
        As `token_in_force`.
    """
    token = token_in_force(environ)
    return [
        Route("/healthz", _health, methods=["GET"]),
        Route("/readyz", partial(_ready, readiness, token), methods=["GET"]),
        Route("/metrics", partial(_figures, figures, token), methods=["GET"]),
    ]


async def _health(_: Request) -> Response:
    """Say that the process answers; what it needs is /readyz's matter."""
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


async def _ready(readiness: Callable[[], Readiness], token: str, request: Request) -> Response:
    checks = await run_in_threadpool(lambda: readiness().checks())
    is_ready = readiness().may_serve() if ONCE in request.query_params else all(check.is_good for check in checks)
    content: dict[str, Any] = {"ready": is_ready, "checks": {check.name: check.is_good for check in checks}}
    if may_read(request, token):
        content["why"] = {c.name: f"{c.sentence} {c.mend}".strip() for c in checks if not c.is_good}
    return JSONResponse(content, 200 if is_ready else 503, headers={"Cache-Control": "no-store"})


async def _figures(figures: Callable[[], bytes], token: str, request: Request) -> Response:
    if not may_read(request, token):
        return PlainTextResponse("Not found", 404)
    text = await run_in_threadpool(figures)
    return Response(text, media_type=instruments.CONTENT_TYPE, headers={"Cache-Control": "no-store"})


class CountedRequests:
    """ASGI middleware that counts answers, and gives each request a number that its log lines and its answer bear.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        number = given if PLAIN_ID.fullmatch(given) else secrets.token_hex(8)
        part = part_of(scope["path"])

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                instruments.answered(part, message["status"])
                MutableHeaders(scope=message)[REQUEST_ID] = number
            await send(message)

        with log_lines.bound(request=number), traces.span("request", part=part, request=number):
            try:
                await self.app(scope, receive, counted)
            except Exception as error:
                instruments.error_met(error, part)
                instruments.take_failure()
                instruments.answered(part, 500)
                raise


def part_of(path: str) -> str:
    """Return the part of the server that a path belongs to; an address of a page is one of "pages".

    Examples
    --------
    >>> part_of("/api/v1/measures"), part_of("/pipeline"), part_of("/")
    ('api', 'pages', 'pages')
    """
    first = path.lstrip("/").partition("/")[0]
    return first if first in PARTS else "pages"
