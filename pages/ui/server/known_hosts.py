"""Answers to the names of the company alone, where several share an installation; every other name gets a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.config.handover import THIS_MACHINE

REFUSAL = "No Quarterdeck answers under this name. Check the address, or ask whoever gave it to you.\n"
MISDIRECTED = 421  # RFC 9110, 15.5.20


class KnownHosts:
    """ASGI middleware that refuses requests under a foreign name, in whichever of its headers that stands.

    Parameters
    ----------
    app : ASGI application
    hosts : iterable of str
        Without ports. This machine's own names are asked under by whoever watches the server.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self.hosts = {host.lower() for host in hosts} | {host for host in THIS_MACHINE if host}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "http" and not self._is_known(Headers(scope=scope)):
            await PlainTextResponse(REFUSAL, MISDIRECTED)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_known(self, headers: Headers) -> bool:
        named = headers.getlist("host")
        return len(named) == 1 and _plain(named[0]) in self.hosts


def _plain(host: str) -> str:
    """Return a name without port and the dot at its end.

    Examples
    --------
    >>> _plain("Sales.Example.com:8443"), _plain("[::1]:80")
    ('sales.example.com', '::1')
    """
    text = host.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].removesuffix(".")
