"""For functions of data and settings that several others ask alike: each state is worked out once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from core.artifacts.keys import settings_text
from core.artifacts.kinds import MEASURES, SLIDER
from core.artifacts.memory import MEMORY, Memory
from core.config import Settings
from core.contracts import Dataset

T = TypeVar("T")
P = ParamSpec("P")
Work = Callable[Concatenate[Dataset, Settings, P], T]


def remembered(entries: int, memory: Memory = MEMORY) -> Callable[[Work[P, T]], Work[P, T]]:
    """Keep a function's results for the last few states of data, settings and what else it is given.

    Parameters
    ----------
    entries : int
        How many results are kept; the one not used for longest goes first. Their bytes count against the
        bound of all that is in memory.
    memory : Memory

    Returns
    -------
    callable
        A decorator for functions of (dataset, settings, …) whose other arguments can be hashed. Results are
        kept by the dataset's fingerprint and as-of date, the text of the settings and the other arguments,
        never on disk. Threads that ask at once get one and the same result, worked out once. The function's
        `shelf` holds the results, and its `clear()` forgets them.
    """

    def decorate(function: Work[P, T]) -> Work[P, T]:
        shelf = memory.new_shelf(f"{MEASURES.name}: {function.__module__}.{function.__qualname__}", entries)

        @wraps(function)
        def call(data: Dataset, settings: Settings, /, *args: P.args, **named: P.kwargs) -> T:
            options = tuple(sorted(named.items())) if named else ()
            key = (data.fingerprint, data.as_of, settings_text(settings), args, options)
            return shelf.get(key, lambda: function(data, settings, *args, **named))

        call.shelf = shelf  # type: ignore[attr-defined]
        return cast("Work[P, T]", call)

    return decorate


class Memo:
    """Remembers parts of one object's work by the settings they depend on; gone with the object that holds it.

    Parameters
    ----------
    memory : Memory
        Whose bound of bytes the parts count against.
    """

    def __init__(self, memory: Memory = MEMORY) -> None:
        self._shelf = memory.new_shelf(SLIDER.name, SLIDER.in_memory)

    def get(self, name: str, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return a part, made when it is first asked for.

        Parameters
        ----------
        name : str
            Which part.
        key : hashable
            What it depends on.
        make : callable
        """
        return self._shelf.get((name, key), make)
