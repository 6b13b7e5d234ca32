"""Keeps what several measures work out alike from one state of the data, so that it is worked out once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from core.config import Settings
from core.contracts import Dataset

T = TypeVar("T")
P = ParamSpec("P")
Work = Callable[Concatenate[Dataset, Settings, P], T]


def remembered(most: int) -> Callable[[Work[P, T]], Work[P, T]]:
    """Keep the results for the last few states of data, settings and what else is given.

    Parameters
    ----------
    most : int
        How many are kept; the oldest goes first.
    """

    def decorate(function: Work[P, T]) -> Work[P, T]:
        kept: dict[tuple[object, ...], T] = {}

        @wraps(function)
        def call(data: Dataset, settings: Settings, /, *more: P.args, **named: P.kwargs) -> T:
            key = (data.fingerprint, data.as_of.isoformat(), settings.model_dump_json(), more, *sorted(named.items()))
            found = kept.get(key)
            if found is None:
                found = function(data, settings, *more, **named)
                while len(kept) >= most:
                    kept.pop(next(iter(kept)), None)
                kept[key] = found
            return found

        return cast("Work[P, T]", call)

    return decorate
