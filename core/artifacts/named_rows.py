"""Rows of numbers kept by name, to which new ones are added: what a text means, by the text's hash."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from core.artifacts.cache import ArtifactCache
from core.artifacts.kinds import Kind
from core.artifacts.memory import Shelf
from core.artifacts.opened import process_shelf

Numbers = NDArray[np.float32]
Make = Callable[[list[str]], Numbers]
MOST_ROWS = 40_000
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class RowTable:
    """The rows that are kept on disk, those added last at the end."""

    names: tuple[str, ...]
    rows: Numbers

    @cached_property
    def index(self) -> dict[str, int]:
        """Where the row of each name is."""
        return {name: number for number, name in enumerate(self.names)}

    def row_of(self, name: str) -> Numbers | None:
        """Return a name's row, None where there is none."""
        number = self.index.get(name)
        return None if number is None else self.rows[number]

    def extended(self, rows: dict[str, Numbers], most: int) -> RowTable:
        """Return the table with further rows; beyond `most` the oldest go."""
        new = {name: row for name, row in rows.items() if name not in self.index}
        if not new:  # another process added the same rows meanwhile
            return self
        names = (*self.names, *new)[-most:]
        return RowTable(names, np.concatenate([self.rows, np.array(list(new.values()), np.float32)])[-most:])


def rows_by_name(
    cache: ArtifactCache | None,
    kind: Kind,
    key: str,
    names: Sequence[str],
    make: Make,
    keep: Collection[str] = (),
    most: int = MOST_ROWS,
) -> Numbers:
    """Return a row of numbers for each name; those not there yet are made at once.

    Parameters
    ----------
    cache : ArtifactCache, optional
        Without one, or where its disk cannot be written, rows stay in memory.
    kind : Kind
    key : str
        What made the rows, such as the version of the weights: other makers have other tables.
    names : sequence of str
        Such as hashes of texts; one may come twice.
    make : callable
        Given the names without a row, each once, returns [name, number] of float32.
    keep : collection of str
        Those of the names whose rows may be written to disk; the others are remembered in memory alone.
    most : int
        How many rows the disk keeps, those added last.

    Returns
    -------
    array of float32, [len(names), numbers]; [0, 0] without names
    """
    if not names:
        return np.zeros((0, 0), np.float32)
    distinct = list(dict.fromkeys(names))
    table: RowTable | None = cache.read(kind, key) if cache else None
    rows = _rows_there(distinct, table, key, _shelf(cache, kind))
    is_kept = cache is None or not keep or (table is not None and all(name in table.index for name in keep))
    if len(rows) < len(distinct) or not is_kept:
        rows = _rows_made(cache, kind, key, distinct, make, frozenset(keep), most)
    return np.array([rows[name] for name in names], np.float32)


def _rows_made(
    cache: ArtifactCache | None,
    kind: Kind,
    key: str,
    names: list[str],
    make: Make,
    keep: frozenset[str],
    most: int,
) -> dict[str, Numbers]:
    """Make the rows that are missing and keep them; one at a time, so that what two ask for is made once."""
    with _ONE_AT_A_TIME:
        shelf = _shelf(cache, kind)
        table: RowTable | None = cache.read(kind, key) if cache else None
        rows = _rows_there(names, table, key, shelf)
        missing = [name for name in names if name not in rows]
        rows |= zip(missing, make(missing), strict=True) if missing else ()
        fresh = {name: rows[name] for name in names if name in keep and (table is None or name not in table.index)}
        if cache and fresh:
            cache.update(kind, key, lambda old: _extended(old, fresh, most))
        for name in missing:
            if cache is None or name not in fresh:
                shelf.put((key, name), rows[name])
    return rows


def _shelf(cache: ArtifactCache | None, kind: Kind) -> Shelf:
    return cache.shared(kind) if cache else process_shelf(kind)


def _rows_there(names: list[str], table: RowTable | None, key: str, shelf: Shelf) -> dict[str, Numbers]:
    """Return the rows that are kept: on disk, or on the shelf that all homes of a process share."""
    rows: dict[str, Numbers] = {}
    for name in names:
        row = table.row_of(name) if table else None
        row = shelf.peek((key, name)) if row is None else row
        if row is not None:
            rows[name] = row
    return rows


def _extended(table: RowTable | None, rows: dict[str, Numbers], most: int) -> RowTable:
    if table is None:
        names = tuple(rows)[-most:]
        return RowTable(names, np.array([rows[name] for name in names], np.float32))
    return table.extended(rows, most)
