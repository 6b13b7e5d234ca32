"""The memory tier: shelves of values with a bound on their number, and one bound on the bytes of all.

A hit takes no lock: a dictionary is read and a counter is moved on. Whatever changes a shelf holds the one
lock of the memory. What is being made is made once; others who ask wait for it.
"""

from __future__ import annotations

import heapq
import weakref
from collections import deque
from collections.abc import Callable, Hashable
from itertools import count
from threading import Event, Lock, get_ident
from typing import Any, TypeVar, cast

from core.artifacts.notices import is_failure
from core.artifacts.sizes import size_of

T = TypeVar("T")
MEBIBYTE = 1 << 20
MOST_BYTES = 512 * MEBIBYTE
_USES = count()


class _Slot:
    __slots__ = ("n_bytes", "used", "value")

    def __init__(self, value: Any, n_bytes: int) -> None:
        self.value, self.n_bytes, self.used = value, n_bytes, next(_USES)


class _Flight:
    """Something that is being made, and who waits for it."""

    __slots__ = ("error", "is_done", "owner", "value")

    def __init__(self) -> None:
        self.is_done, self.owner = Event(), get_ident()
        self.value: Any = None
        self.error: BaseException | None = None


class Shelf:
    """Values of one kind, the last used of them kept.

    Parameters
    ----------
    memory : Memory
        Whose bound of bytes it counts against.
    name : str
        What a listing calls it.
    entries : int
        How many are kept at most; when one more comes, the sixteenth part not used for longest goes.
    """

    def __init__(self, memory: Memory, name: str, entries: int) -> None:
        self.name, self.entries = name, entries
        self._memory = memory
        self._slots: dict[Hashable, _Slot] = {}
        self._flights: dict[Hashable, _Flight] = {}
        self._bytes = [0]
        memory.open(self, self._bytes)

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._slots

    @property
    def nbytes(self) -> int:
        """0: what is on a shelf counts there, not in an object that has the shelf."""
        return 0

    @property
    def total_bytes(self) -> int:
        """About how many bytes its values take."""
        return self._bytes[0]

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return a value: the one that is there, else made now, by one thread for all that ask.

        Raises
        ------
        Exception
            Whatever `make` raises, to everybody who waited; nothing is kept then.
        RuntimeError
            When a value is asked for while the same thread is making it.
        """
        slot = self._slots.get(key)
        if slot is not None:
            slot.used = next(_USES)
            return cast("T", slot.value)
        return self._make_once(key, make)

    def peek(self, key: Hashable) -> Any:
        """Return a value that is there, None where there is none."""
        slot = self._slots.get(key)
        if slot is None:
            return None
        slot.used = next(_USES)
        return slot.value

    def put(self, key: Hashable, value: Any) -> None:
        """Keep a value, in place of the one that is there."""
        n_bytes = size_of(value)
        with self._memory.lock:
            self._admit(key, value, n_bytes)

    def drop(self, key: Hashable) -> None:
        """Forget one value."""
        with self._memory.lock:
            self._remove(key)

    def clear(self) -> None:
        """Forget all values; what is being made now is handed out and not kept."""
        with self._memory.lock:
            for key in list(self._slots):
                self._remove(key)
            self._flights = {}

    def _make_once(self, key: Hashable, make: Callable[[], T]) -> T:
        while True:
            with self._memory.lock:
                slot = self._slots.get(key)
                if slot is not None:
                    return cast("T", slot.value)
                flight = self._flights.get(key)
                if flight is None:
                    own = self._flights[key] = _Flight()
                    break
            if flight.owner == get_ident():
                raise RuntimeError(f"Something of {self.name} needs itself to be made.")
            flight.is_done.wait()
            if flight.error is None:
                return cast("T", flight.value)
            # A thread that was ended says nothing about the work: the next who waits takes it up.
            if is_failure(flight.error):
                raise flight.error
        return self._land(key, own, make)

    def _land(self, key: Hashable, flight: _Flight, make: Callable[[], T]) -> T:
        try:
            flight.value = make()
            n_bytes = size_of(flight.value)
            with self._memory.lock:
                if self._flights.get(key) is flight:
                    self._admit(key, flight.value, n_bytes)
            return cast("T", flight.value)
        except BaseException as error:
            flight.error = error
            raise
        finally:
            with self._memory.lock:
                if self._flights.get(key) is flight:
                    del self._flights[key]
            flight.is_done.set()

    def _admit(self, key: Hashable, value: Any, n_bytes: int) -> None:
        """Take a value in and make room; the memory's lock is held."""
        self._remove(key)
        if not self.entries or n_bytes > self._memory.most_bytes:
            return
        if len(self._slots) >= self.entries:
            for old, _ in heapq.nsmallest(max(self.entries // 16, 1), self._slots.items(), key=_last_use):
                self._remove(old)
        self._slots[key] = _Slot(value, n_bytes)
        self._bytes[0] += n_bytes
        self._memory.grow(n_bytes)

    def _remove(self, key: Hashable) -> None:
        slot = self._slots.pop(key, None)
        if slot is not None:
            self._bytes[0] -= slot.n_bytes
            self._memory.n_bytes -= slot.n_bytes


def _last_use(item: tuple[Hashable, _Slot]) -> int:
    return item[1].used


class Memory:
    """All shelves of a process, within one bound of bytes.

    Parameters
    ----------
    most_bytes : int
        When the values of all shelves take more, those not used for longest go, down to nine tenths of it.
        A single value that is larger is handed out and not kept.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self.n_bytes = 0
        self.lock = Lock()
        self._shelves: weakref.WeakSet[Shelf] = weakref.WeakSet()
        self._closed: deque[list[int]] = deque()
        self._shared: dict[str, Shelf] = {}

    def new_shelf(self, name: str, entries: int) -> Shelf:
        """Return a new shelf; what is on it is given back with the shelf itself."""
        return Shelf(self, name, entries)

    def shared_shelf(self, name: str, entries: int) -> Shelf:
        """Return the one shelf of a name that all who ask share, made when it is first asked for."""
        shelf = self._shared.get(name)
        return self._shared.setdefault(name, self.new_shelf(name, entries)) if shelf is None else shelf

    def shelves(self) -> list[Shelf]:
        """Return the shelves that are in use, by name."""
        return sorted(self._shelves, key=lambda shelf: shelf.name)

    def open(self, shelf: Shelf, n_bytes: list[int]) -> None:
        """Count a shelf in until it is gone."""
        with self.lock:
            self._shelves.add(shelf)
        # A shelf may be collected while the lock is held, so its bytes are taken off later.
        weakref.finalize(shelf, self._closed.append, n_bytes)

    def resize(self, most_bytes: int) -> None:
        """Set another bound of bytes, and make room for it at once."""
        with self.lock:
            self.most_bytes = most_bytes
            self.grow(0)

    def grow(self, n_bytes: int) -> None:
        """Count bytes in; when they are too many, the values not used for longest go. The lock is held."""
        self.n_bytes += n_bytes
        while self._closed:
            self.n_bytes -= self._closed.popleft()[0]
        if self.n_bytes <= self.most_bytes:
            return
        slots = [(slot.used, key, shelf) for shelf in self._shelves for key, slot in shelf._slots.items()]
        for _, key, shelf in sorted(slots, key=lambda item: item[0]):
            if self.n_bytes <= self.most_bytes * 9 // 10:
                break
            shelf._remove(key)


MEMORY = Memory()
