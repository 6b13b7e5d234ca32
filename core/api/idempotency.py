"""Writes that may be asked twice: with an `Idempotency-Key` the second asking gets the first one's answer.

A request is read whole and hashed on its way in; once the caller is known, an earlier answer under the same key is
given again, or, where the same key came with another request, refused. What comes of a new one is kept for a day.
"""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import Request, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.problems import ApiError
from core.store import Store
from core.store.api_replays import RUNNING, Replay

HEADER, REPLAYED, STATE = "idempotency-key", "Idempotency-Replayed", "idempotency"
METHODS = ("POST", "PUT", "PATCH", "DELETE")
LONGEST_KEY, LARGEST_ANSWER = 200, 1_000_000
KEPT_STATUSES = (200, 201, 202, 204, 404, 409, 422)


class ReplayedError(Exception):
    """The same was asked before, and this was answered."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay
        super().__init__(replay.request_hash)


class Idempotency:
    """ASGI middleware that reads requests with a key whole, and keeps what they were answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" and scope["method"] in METHODS else None
        if key is None:
            await self.app(scope, receive, send)
            return
        body, is_whole = await _read(receive)
        asked = [scope["method"], scope["path"], scope.get("query_string", b"").decode("latin-1")]
        digest = hashlib.sha256("\x1f".join(asked).encode() + b"\x1f" + body).hexdigest()
        begun: dict[str, Any] = {"key": key, "hash": digest}
        scope.setdefault("state", {})[STATE] = begun
        answer = _Answer(send)
        try:
            await self.app(scope, _again(body, is_whole), answer)
        finally:
            await _keep(begun, answer)


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """Return a request's body, and whether it came to its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts), False
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts), True


def _again(body: bytes, is_whole: bool) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}] if is_whole else []

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return receive


class _Answer:
    """Sends an answer on, and notes it."""

    def __init__(self, send: Send) -> None:
        self._send, self.status, self.headers, self.parts, self.is_over = send, 0, {}, list[bytes](), False

    headers: dict[str, str]

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {"content-type": MutableHeaders(scope=message).get("content-type", "")}
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))
            self.is_over = not message.get("more_body", False)
        await self._send(message)


async def _keep(begun: dict[str, Any], answer: _Answer) -> None:
    """Keep an answer, or forget the request where it led to nothing that lasts."""
    from starlette.concurrency import run_in_threadpool

    if "store" not in begun:
        return  # Nobody known asked, or it was answered before.
    store: Store = begun["store"]
    body = b"".join(answer.parts)
    if answer.is_over and answer.status in KEPT_STATUSES and len(body) <= LARGEST_ANSWER:
        text = body.decode("utf-8", "replace")
        await run_in_threadpool(
            store.api_replays.end, begun["owner"], begun["name"], answer.status, answer.headers, text
        )
    else:
        await run_in_threadpool(store.api_replays.drop, begun["owner"], begun["name"])


def begin(request: Request, store: Store, owner: str, prefix: str) -> None:
    """Begin a write that names a key, or end the request with what it was answered before.

    Parameters
    ----------
    request : Request
    store : Store
    owner : str
        What the caller signs in as.
    prefix : str
        Of the API key it came with.

    Raises
    ------
    ReplayedError
        When the same was asked and answered before.
    ApiError
        When the same key came with another request (422), or the first is still being answered (409).
    """
    begun = getattr(request.state, STATE, None)
    if begun is None:
        return
    if not 0 < len(begun["key"]) <= LONGEST_KEY or not begun["key"].isprintable():
        raise ApiError(
            422, f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.", "Send a fresh UUID with each write."
        )
    name = f"{prefix}:{begun['key']}"
    earlier = store.api_replays.begin(owner, name, begun["hash"])
    if earlier is None:
        begun |= {"store": store, "owner": owner, "name": name}
        return
    if earlier.request_hash != begun["hash"]:
        raise ApiError(422, "This Idempotency-Key came with another request before.", "Send a fresh one.")
    if earlier.status == RUNNING:
        raise ApiError(409, "The same request is being answered.", "Ask again in a moment.", {"Retry-After": "1"})
    raise ReplayedError(earlier)


def replayed(_: Request, error: Any) -> Response:
    """Return what was answered before."""
    replay: Replay = error.replay
    media = replay.headers.get("content-type") or None
    body = replay.body if replay.status != 204 else None
    return Response(body, replay.status, {REPLAYED: "true"}, media)
