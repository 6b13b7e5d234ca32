"""Keeps what several measures work out alike from one state of the data, so that it is worked out once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from core.config import Settings
from core.contracts import Dataset

T = TypeVar("T")


def remembered(most: int) -> Callable[[Callable[[Dataset, Settings], T]], Callable[[Dataset, Settings], T]]:
    """Keep the results for the last few states of data and settings.

    Parameters
    ----------
    most : int
        How many are kept; the oldest goes first.
    """

    def decorate(function: Callable[[Dataset, Settings], T]) -> Callable[[Dataset, Settings], T]:
        kept: dict[tuple[str, str, str], T] = {}

        @wraps(function)
        def call(data: Dataset, settings: Settings) -> T:
            key = (data.fingerprint, data.as_of.isoformat(), settings.model_dump_json())
            found = kept.get(key)
            if found is None:
                found = function(data, settings)
                while len(kept) >= most:
                    kept.pop(next(iter(kept)), None)
                kept[key] = found
            return found

        return call

    return decorate
