"""Headers that keep a browser from doing with the app what it was not made for."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = {
    "default-src": "'self'",
    # Streamlit's document has a script of its own in it, and charts compile their expressions.
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob: {sockets}",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "{ancestors}",
}
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# A document's headers rule what it loads. Scripts, styles and fonts are a hundred answers before the first words, each
# with more headers than content; what is no document needs the first of them alone.
PARTS, ENDINGS = "/static/", (".js", ".css", ".woff2")


class SecurityHeaders:
    """ASGI middleware that adds the headers to every answer, and `Secure` to cookies that are set by way of TLS.

    Parameters
    ----------
    app : ASGI application
    ancestors : tuple of str
        Sites that may show the app in a frame, such as https://intranet.example.com; the app's own always may.
    """

    def __init__(self, app: ASGIApp, ancestors: tuple[str, ...] = ()) -> None:
        self.app = app
        self.ancestors = " ".join(("'self'", *ancestors))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_secure = _is_secure(scope)
        fixed, policy = FIXED, self.policy(scope)
        if scope.get("path", "").startswith(PARTS) and scope["path"].endswith(ENDINGS):
            fixed, policy = {"X-Content-Type-Options": FIXED["X-Content-Type-Options"]}, ""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in fixed.items():
                    headers[name] = value
                if policy:
                    headers.setdefault("Content-Security-Policy", policy)  # A page by signed link has a stricter one.
                if is_secure:
                    _secure_cookies(headers)
            await send(message)

        await self.app(scope, receive, with_headers)

    def policy(self, scope: Scope) -> str:
        """Return the policy for the host a browser asked: it may open websockets to that host and no other."""
        host = next((value.decode("latin-1") for key, value in scope["headers"] if key == b"host"), "")
        is_plain = host and all(letter.isalnum() or letter in ".-:[]" for letter in host)
        sockets = f"ws://{host} wss://{host}" if is_plain else ""
        texts = {"sockets": sockets, "ancestors": self.ancestors}
        return "; ".join(f"{name} {value.format(**texts).strip()}" for name, value in POLICY.items())


def _is_secure(scope: Scope) -> bool:
    """Say whether the browser asked by way of TLS; whoever says so wrongly makes their own cookie stricter only."""
    forwarded = next((value for key, value in scope["headers"] if key == b"x-forwarded-proto"), b"")
    return scope.get("scheme") == "https" or forwarded.split(b",")[0].strip().lower() == b"https"


def _secure_cookies(headers: MutableHeaders) -> None:
    cookies = headers.getlist("set-cookie")
    if cookies:
        del headers["set-cookie"]
    for cookie in cookies:
        is_marked = "secure" in [part.strip().lower() for part in cookie.split(";")]
        headers.append("set-cookie", cookie if is_marked else f"{cookie}; Secure")
