"""How sending can fail: for now, or for good."""

from __future__ import annotations

from math import isfinite


class PassingError(Exception):
    """Another try may help; `wait` is how many seconds the other side asks to wait."""

    def __init__(self, text: str, wait: float | None = None) -> None:
        self.text, self.wait = text, wait
        super().__init__(text)


class RefusedError(Exception):
    """Another try would meet the same."""


PASSING = (408, 409, 423, 425, 429, 500, 502, 503, 504)
LONGEST_WAIT = 6 * 3_600.0


def judge(status: int, words: str, retry_after: str | None) -> None:
    """Raise where a status of HTTP says that a message did not arrive.

    Raises
    ------
    PassingError, RefusedError
    """
    if 200 <= status < 300:
        return
    text = f"The other side answered {status}: {' '.join(words.split())[:200]}"
    if status not in PASSING:
        raise RefusedError(text)
    raise PassingError(text, seconds(retry_after))


def seconds(retry_after: str | None) -> float | None:
    """Return how long a Retry-After in seconds asks to wait, at most six hours; None where it asks for nothing."""
    try:
        wait = float(retry_after or "")
    except ValueError:
        return None
    return min(max(wait, 0.0), LONGEST_WAIT) if isfinite(wait) else None
