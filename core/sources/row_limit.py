"""Holds what is read against the rows a company may have; what was read before stays, whatever the limit is now."""

from __future__ import annotations

from core.config import Settings
from core.contracts.dataset import Dataset


def within(data: Dataset, settings: Settings) -> Dataset:
    """Return the data where they have no more rows than there may be.

    Raises
    ------
    SourceError
        It says how many rows there are, how many there may be, and who can mend it.
    """
    if not settings.limits.rows:
        return data
    # The guard opens the store for what it counts elsewhere; whoever only reads files need not wait for that.
    from core.usage import usage_guard

    usage_guard.refuse_rows(settings, sum(data.row_counts.values()), data.source)
    return data
