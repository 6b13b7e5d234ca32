"""How often a key may ask, and how much a request may hold."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api import problems

A_MINUTE, MOST_KEYS = 60.0, 10_000
LARGEST_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True)
class Verdict:
    """Whether a request is taken.

    Attributes
    ----------
    is_taken : bool
    limit, n_left : int
        Requests in a minute, and how many are left now.
    wait : float
        Seconds until there is one more.
    """

    is_taken: bool
    limit: int
    n_left: int
    wait: float

    @property
    def headers(self) -> dict[str, str]:
        """Return what a client is told."""
        counts = {"RateLimit-Limit": str(self.limit), "RateLimit-Remaining": str(self.n_left)}
        reset = {"RateLimit-Reset": str(max(int(self.wait + 0.999), 0))}
        return counts | reset | ({} if self.is_taken else {"Retry-After": str(max(int(self.wait + 0.999), 1))})


class RateLimit:
    """A bucket of requests per key, in this process, that fills evenly over a minute."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit, self._clock = a_minute, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> Verdict:
        """Take one request of a key."""
        now, rate = self._clock(), self.limit / A_MINUTE
        with self._lock:
            level, at = self._buckets.pop(key, (float(self.limit), now))
            level = min(level + (now - at) * rate, float(self.limit))
            is_taken = level >= 1.0
            level -= float(is_taken)
            self._buckets[key] = (level, now)
            while len(self._buckets) > MOST_KEYS:
                self._buckets.popitem(last=False)
        wait = (1.0 - level) / rate if level < 1.0 else 0.0
        return Verdict(is_taken, self.limit, int(level), wait)


class SizeLimit:
    """ASGI middleware that refuses requests that hold too much, whether they say so or not."""

    def __init__(self, app: ASGIApp, most: int = LARGEST_BYTES) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or int(stated) > self.most:
            await self._refused(scope, receive, send)
            return
        n_read, is_answered = 0, False

        async def bounded() -> Message:
            nonlocal n_read, is_answered
            message = await receive()
            n_read += len(message.get("body", b""))
            if n_read <= self.most:
                return message
            if not is_answered:
                is_answered = True
                await self._refused(scope, receive, send)
            return {"type": "http.disconnect"}

        async def unless_answered(message: Message) -> None:
            if not is_answered:
                await send(message)

        await self.app(scope, bounded, unless_answered)

    async def _refused(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = problems.answer(413, "The request is too large.", mend=f"At most {self.most:,} bytes are read.")
        await response(scope, receive, send)
