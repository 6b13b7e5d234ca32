"""What the app adds to Streamlit's sign-in: the page that was wanted is opened afterwards, and cookies stay small.

An identity provider may name hundreds of groups. In a cookie they would be sent with every request, and proxies
refuse such headers; here they are noted on our side, and the cookie says only who the person is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette import starlette_auth_routes

WANTED = "quarterdeck_wanted"
SECONDS = 600
LONGEST_ADDRESS = 2_000
LONGEST_TOKEN = 3_000
OUTCOME, BROKEN_OFF, REFUSED = "sign_in", "broken_off", "refused"
OF_PROVIDER = ("/auth/", "/oauth2callback", "/_stcore/")
IN_COOKIE = (
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "email",
    "email_verified",
    "name",
    "preferred_username",
    "origin",
    "provider",
    "is_logged_in",
)
Note = Callable[[str, str, tuple[str, ...]], None]


class WantedPage:
    """ASGI middleware that brings people to the page they asked for before they signed in.

    On the way to the identity provider the address they came from is kept in a cookie of ten minutes, signed with the
    secret that signs the sign-in itself; on the way back it takes the place of the start page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.endswith(("/auth/login", "/oauth2callback")):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if path.endswith("/auth/login"):
                    _keep(headers, answer, scope["scheme"])
                else:
                    _go(headers, answer)
                    _explain(scope.get("query_string", b"").decode("latin-1"), answer)
            await send(message)

        await self.app(scope, receive, with_cookie)


def _keep(asked: Headers, answer: MutableHeaders, scheme: str) -> None:
    address = wanted_address(asked.get("referer", ""))
    if address:
        secure = "; Secure" if scheme == "https" else ""
        value = signed(address, int(time.time()) + SECONDS, get_cookie_secret())
        answer.append("set-cookie", f"{WANTED}={value}; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Lax{secure}")


def _go(asked: Headers, answer: MutableHeaders) -> None:
    value = cookie_parser(asked.get("cookie", "")).get(WANTED, "")
    is_signed_in = any(
        cookie.startswith(starlette_auth_routes.USER_COOKIE_NAME) and "Max-Age=0" not in cookie
        for cookie in answer.getlist("set-cookie")
    )
    if not value or not is_signed_in:
        return
    answer.append("set-cookie", f"{WANTED}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    if address := read(value, int(time.time()), get_cookie_secret()):
        answer["location"] = address


def _explain(query: str, answer: MutableHeaders) -> None:
    """Send whom the provider brings back without a sign-in to the page that says why."""
    error = parse_qs(query).get("error", [""])[0]
    if error and "location" in answer:
        answer["location"] += f"?{OUTCOME}={BROKEN_OFF if error == 'access_denied' else REFUSED}"


def wanted_address(referrer: str) -> str:
    """Return the page somebody came from as an address within the app; empty for the start page and for none.

    Examples
    --------
    >>> wanted_address("https://sales.example.com/pipeline?stage=Proposal")
    '/pipeline?stage=Proposal'
    >>> wanted_address("https://evil.example.com//elsewhere.example.com/")
    ''
    """
    parts = urlsplit(referrer)
    query = "" if parts.query.startswith(f"{OUTCOME}=") else parts.query
    address = parts.path + (f"?{query}" if query else "")
    is_inside = address.startswith("/") and not address.startswith(("//", "/\\", *OF_PROVIDER))
    is_plain = address.isascii() and address.isprintable() and len(address) <= LONGEST_ADDRESS
    return address if is_inside and is_plain and address != "/" else ""


def signed(address: str, until: int, secret: str) -> str:
    """Return an address as a cookie keeps it: with the second it holds until, and a signature over both."""
    content = f"{base64.urlsafe_b64encode(address.encode()).decode().rstrip('=')}.{until}"
    return f"{content}.{_signature(content, secret)}"


def read(value: str, now: int, secret: str) -> str:
    """Return the address a cookie keeps; empty where it was not signed by us, or is too old."""
    content, _, signature = value.rpartition(".")
    if not content or not hmac.compare_digest(signature.encode(), _signature(content, secret).encode()):
        return ""
    encoded, _, until = content.partition(".")
    if int(until) < now:
        return ""
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


def _signature(content: str, secret: str) -> str:
    return hmac.new(f"{WANTED} {secret}".encode(), content.encode(), hashlib.sha256).hexdigest()


def trim(claims: tuple[str, ...], note: Note) -> None:
    """Let sign-ins from now on keep in the cookie who the person is, and hand their groups to `note`.

    Parameters
    ----------
    claims : tuple of str
        Where the identity provider names groups and app roles.
    note : callable
        Takes sign-in name, name and groups. A person whose mail address is not verified is not noted, for their
        claims would stand for whoever owns the address.
    """
    original = starlette_auth_routes._set_auth_cookie
    original = getattr(original, "original", original)

    async def set_auth_cookie(response: Any, user_info: dict[str, Any], tokens: dict[str, Any]) -> None:
        login = str(user_info.get("email") or user_info.get("sub") or "").strip().lower()
        if login and user_info.get("email_verified") is not False:
            await run_in_threadpool(note, login, str(user_info.get("name") or ""), groups_of(user_info, claims))
        kept_tokens = {k: v for k, v in tokens.items() if k == "id_token" and len(str(v)) <= LONGEST_TOKEN}
        await original(response, {k: v for k, v in user_info.items() if k in IN_COOKIE}, kept_tokens)

    vars(set_auth_cookie)["original"] = original
    vars(starlette_auth_routes)["_set_auth_cookie"] = set_auth_cookie


def groups_of(user_info: Mapping[str, Any], claims: tuple[str, ...]) -> tuple[str, ...]:
    """Return the groups and app roles in some claims: lists of texts, or one text.

    Examples
    --------
    >>> groups_of({"groups": ["a", 3], "roles": "seller", "name": "Ana"}, ("groups", "roles"))
    ('a', 'seller')
    """
    out: list[str] = []
    for claim in claims:
        value = user_info.get(claim)
        out += (
            [value]
            if isinstance(value, str)
            else [v for v in value if isinstance(v, str)]
            if isinstance(value, list)
            else []
        )
    return tuple(dict.fromkeys(out))
