"""Holds what is read against the rows a company may have; what was read before stays, whatever the limit is now."""

from __future__ import annotations

from core.config import Settings
from core.contracts.dataset import Dataset
from core.usage import usage_guard


def within(data: Dataset, settings: Settings) -> Dataset:
    """Return the data where they have no more rows than there may be.

    Raises
    ------
    SourceError
        It says how many rows there are, how many there may be, and who can mend it.
    """
    usage_guard.refuse_rows(settings, sum(data.row_counts.values()), data.source)
    return data
