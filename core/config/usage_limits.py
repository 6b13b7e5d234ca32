"""How much a company may use of an installation it shares with others: rows, storage, seats and sessions."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, NonNegativeInt


class UsageLimits(BaseModel):
    """The most there may be of each; 0: no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: NonNegativeInt = 0
    storage_mb: NonNegativeInt = 0
    seats: NonNegativeInt = 0
    sessions: NonNegativeInt = 0

    @property
    def is_any(self) -> bool:
        """Say whether anything is limited."""
        return any((self.rows, self.storage_mb, self.seats, self.sessions))
