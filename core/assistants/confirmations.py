"""Tokens that confirm a change: made for one change of one key, good for a few minutes."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

SECONDS = 300
N_SECRET = 32


class Confirmations:
    """Makes and checks tokens, for as long as this process runs.

    Parameters
    ----------
    clock : callable
        Returns seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._secret, self._clock = secrets.token_bytes(N_SECRET), clock

    def token(self, identity: str, change: Mapping[str, Any]) -> str:
        """Return a token for one change."""
        end = int(self._clock()) + SECONDS
        return f"{end}.{self._mark(identity, change, end)}"

    def is_good(self, token: str, identity: str, change: Mapping[str, Any]) -> bool:
        """Say whether a token was made for this very change and has not ended."""
        end, _, mark = token.partition(".")
        if not end.isdigit() or int(end) < self._clock():
            return False
        return hmac.compare_digest(mark.encode(), self._mark(identity, change, int(end)).encode())

    def _mark(self, identity: str, change: Mapping[str, Any], end: int) -> str:
        text = json.dumps([identity, change, end], sort_keys=True, default=str)
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()
