"""Takes the identity header from requests that do not come from the proxy, before any page reads it."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from core.access.proxy_gate import ProxyGate


class IdentityHeader:
    """ASGI middleware in front of pages, websockets and routes alike.

    Parameters
    ----------
    app : ASGI application
    gate : ProxyGate
        Decides which headers are handed on.
    """

    def __init__(self, app: ASGIApp, gate: ProxyGate) -> None:
        self.app = app
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] in ("http", "websocket"):
            peer = (scope.get("client") or (None,))[0]
            scope = {**scope, "headers": self.gate.headers(peer, scope["headers"])}
        await self.app(scope, receive, send)
