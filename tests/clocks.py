"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Returns the same time until it is moved.

    Attributes
    ----------
    now : datetime
    """

    def __init__(self, now: datetime = datetime(2026, 5, 4, 8, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the time it shows."""
        return self.now

    def later(self, **words: float) -> None:
        """Move it on, by what `timedelta` takes."""
        self.now += timedelta(**words)
