"""For functions that several others ask alike: what they return for the same state is worked out once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from core.artifacts.keys import result_text
from core.artifacts.kinds import MEASURES, SLIDER, Kind
from core.artifacts.memory import MEMORY, Memory
from core.config import Settings
from core.contracts import Dataset

T = TypeVar("T")
P = ParamSpec("P")
Work = Callable[Concatenate[Dataset, Settings, P], T]
_NO_OPTIONS: tuple[tuple[str, Any], ...] = ()


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
            options = tuple(sorted(named.items())) if named else _NO_OPTIONS
            key = (data.fingerprint, data.as_of, result_text(settings), args, options)
            return shelf.get(key, lambda: function(data, settings, *args, **named))

        call.shelf = shelf  # type: ignore[attr-defined]
        return cast("Work[P, T]", call)

    return decorate


def memoized(kind: Kind, entries: int, memory: Memory = MEMORY) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep a function's results by its arguments alone, for functions that read nothing else.

    Parameters
    ----------
    kind : Kind
        What the results count as in a listing of the memory.
    entries : int
        How many results are kept; those not used for longest go first.
    memory : Memory

    Returns
    -------
    callable
        A decorator for functions whose arguments can be hashed. The function's `shelf` holds the results.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        shelf = memory.new_shelf(f"{kind.name}: {function.__module__}.{function.__qualname__}", entries)

        @wraps(function)
        def call(*args: P.args, **named: P.kwargs) -> T:
            key = (args, tuple(sorted(named.items())) if named else _NO_OPTIONS)
            return shelf.get(key, lambda: function(*args, **named))

        call.shelf = shelf  # type: ignore[attr-defined]
        return cast("Callable[P, T]", call)

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
