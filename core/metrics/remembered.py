"""Keeps what several measures work out alike from one state of the data, so that it is worked out once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from core.config import Settings
from core.contracts import Dataset

T = TypeVar("T")
P = ParamSpec("P")
Work = Callable[Concatenate[Dataset, Settings, P], T]


@dataclass(frozen=True, eq=False)
class Same:
    """Stands for an object in a key: the same object is the same key, and an equal one is not."""

    thing: object

    def __eq__(self, other: object) -> bool:
        """Say whether it is the very same object."""
        return isinstance(other, Same) and self.thing is other.thing

    def __hash__(self) -> int:
        """Return the object's own number, which nothing else has as long as the key is kept."""
        return id(self.thing)


@lru_cache(maxsize=16)
def _written(settings: Same) -> str:
    """Return all settings as text, written once per object; settings are frozen."""
    return cast("Settings", settings.thing).model_dump_json()


def remembered(most: int) -> Callable[[Work[P, T]], Work[P, T]]:
    """Keep the results for the last few states of data, settings and what else is given.

    Parameters
    ----------
    most : int
        How many are kept; the oldest goes first.
    """

    def decorate(function: Work[P, T]) -> Work[P, T]:
        cache: dict[tuple[object, ...], T] = {}

        @wraps(function)
        def call(data: Dataset, settings: Settings, /, *more: P.args, **named: P.kwargs) -> T:
            key = (data.fingerprint, data.as_of.isoformat(), _written(Same(settings)), more, *sorted(named.items()))
            result = cache.get(key)
            if result is None:
                result = function(data, settings, *more, **named)
                while len(cache) >= most:
                    cache.pop(next(iter(cache)), None)
                cache[key] = result
            return result

        return cast("Work[P, T]", call)

    return decorate
