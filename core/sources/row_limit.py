"""Holds what is read against the rows a company may have; what was read before stays, whatever the limit is now."""

from __future__ import annotations

from core.config import Settings
from core.contracts.dataset import Dataset
from core.contracts.errors import SourceError
from core.localization import message
from core.usage.usage_standing import ROWS, Usage


def within(data: Dataset, settings: Settings) -> Dataset:
    """Return the data where they have no more rows than there may be.

    Raises
    ------
    SourceError
        It says how many rows there are, how many there may be, and who can mend it.
    """
    asked = Usage(ROWS, sum(data.row_counts.values()), settings.limits.rows)
    if not asked.leaves(0):
        raise SourceError(
            message("The data have {n:,} rows, and {limit:,} is the most here.", n=asked.used, limit=asked.limit),
            data.source,
            asked.mend(),
        )
    return data
