"""A cookie that tells one browser from another, so that what is chosen for a browser stays chosen."""

from __future__ import annotations

import hashlib
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAME = "quarterdeck_browser"
YEAR = 365 * 24 * 3600
VALUE = "{name}={mark}; Max-Age={age}; Path=/; HttpOnly; SameSite=Lax"


def known_by(secret: str) -> str:
    """Return what a secret, such as a browser's mark, is known by; empty for none."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32] if secret else ""


class BrowserMark:
    """ASGI middleware that gives a browser without the cookie a random one with the first document it asks for.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] != "http" or _has_mark(scope):
            await self.app(scope, receive, send)
            return

        async def with_mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", VALUE.format(name=NAME, mark=secrets.token_urlsafe(24), age=YEAR))
            await send(message)

        await self.app(scope, receive, with_mark)


def _has_mark(scope: Scope) -> bool:
    sent = b";".join(value for key, value in scope["headers"] if key == b"cookie")
    return any(part.strip().startswith(f"{NAME}=".encode()) for part in sent.split(b";"))
