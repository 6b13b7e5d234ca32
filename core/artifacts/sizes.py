"""How much memory a value takes, estimated cheaply."""

from __future__ import annotations

import sys
from typing import Any

import polars as pl

from core.contracts import Dataset

BASE, NUMBER = 64, 32
SAMPLED = 200
DEEPEST = 8
MOST_VISITED = 5_000


def size_of(value: Any) -> int:
    """Return about how many bytes a value takes.

    Frames and arrays are asked; containers and objects are walked a few steps down, long ones by a sample of
    their items. What is met twice counts once. A dataset within another value counts as nothing, for it is
    kept by itself and only pointed to. At most a few thousand objects are looked at.

    Examples
    --------
    >>> size_of(b"0" * 10_000) // 1_000
    10
    """
    return _Walk().size(value, 0)


def _own_size(value: Any) -> int | None:
    """Return the size of what can say it itself; None where its parts have to be looked at."""
    if isinstance(value, str | bytes | bytearray):
        return sys.getsizeof(value)
    if isinstance(value, pl.DataFrame | pl.Series):
        return int(value.estimated_size()) + BASE
    n_bytes = getattr(value, "nbytes", None)
    return n_bytes + BASE if isinstance(n_bytes, int) else None


class _Walk:
    def __init__(self) -> None:
        self._visited: set[int] = set()

    def size(self, value: Any, depth: int) -> int:
        if isinstance(value, int | float | bool | type(None)):
            return NUMBER
        if id(value) in self._visited or len(self._visited) > MOST_VISITED:
            return 0
        self._visited.add(id(value))
        if depth > DEEPEST or isinstance(value, type) or (isinstance(value, Dataset) and depth):
            return BASE
        own = _own_size(value)
        return self._parts(value, depth) if own is None else own

    def _parts(self, value: Any, depth: int) -> int:
        if isinstance(value, dict):
            return BASE + self._items(list(value.keys()), depth) + self._items(list(value.values()), depth)
        if isinstance(value, list | tuple | set | frozenset):
            return BASE + self._items(list(value), depth)
        names = getattr(value, "__dict__", None)
        inner = list(names.values()) if isinstance(names, dict) else []
        inner += [getattr(value, name, None) for name in getattr(type(value), "__slots__", ()) if name != "__dict__"]
        return BASE + self._items(inner, depth)

    def _items(self, items: list[Any], depth: int) -> int:
        if len(items) <= SAMPLED:
            return sum(self.size(item, depth + 1) + 8 for item in items)
        step = len(items) // SAMPLED
        sample = items[::step]
        return sum(self.size(item, depth + 1) + 8 for item in sample) * len(items) // len(sample)
