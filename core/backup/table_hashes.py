"""What a database holds, as one hash per row and per table, so that two of them can be compared."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, inspect, select, text

from core.store.tables import REBUILT, Base

AT_ONCE = 1_000


@dataclass(frozen=True)
class TableHash:
    """A table at one moment.

    Attributes
    ----------
    n_rows : int
    hash : str
        SHA-256 over the hashes of its rows, in order of those hashes.
    """

    n_rows: int
    hash: str


def table_hashes(connection: Connection) -> dict[str, TableHash]:
    """Return number of rows and hash of every table of Quarterdeck's; those that are not there count as empty."""
    return {name: _of(rows) for name, rows in row_hashes(connection).items()}


def row_hashes(connection: Connection) -> dict[str, Counter[bytes]]:
    """Return the hashes of all rows of every table but those worked out anew, each with how often it occurs."""
    present = set(inspect(connection).get_table_names()) - set(REBUILT)
    tables = {name: table for name, table in sorted(Base.metadata.tables.items()) if name in present}
    filled = _filled(connection, tables)
    return {name: Counter(_rows(connection, tables[name]) if name in filled else ()) for name in tables}


def _filled(connection: Connection, names: Iterable[str]) -> set[str]:
    """Return the tables that hold rows: one question, for most are empty, and each that is read takes several."""
    questions = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names]
    return set(connection.scalars(text(" UNION ALL ".join(questions)))) if questions else set()


def differing(left: Mapping[str, Counter[bytes]], right: Mapping[str, Counter[bytes]]) -> dict[str, tuple[int, int]]:
    """Compare two databases row for row.

    Returns
    -------
    dict
        Of tables that differ: how many rows only the left has, and how many only the right.
    """
    counts: dict[str, tuple[int, int]] = {}
    for name in sorted({*left, *right}):
        mine, others = left.get(name, Counter()), right.get(name, Counter())
        if mine != others:
            counts[name] = (mine - others).total(), (others - mine).total()
    return counts


def _of(rows: Counter[bytes]) -> TableHash:
    out = hashlib.sha256()
    for digest in sorted(rows.elements()):
        out.update(digest)
    return TableHash(rows.total(), out.hexdigest())


def _rows(connection: Connection, table: Table) -> Iterator[bytes]:
    result = connection.execution_options(yield_per=AT_ONCE).execute(select(table))
    for row in result:
        content = json.dumps([_plain(value) for value in row], sort_keys=True, ensure_ascii=False)
        yield hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds")
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(bytes(value)).hexdigest()
    return value if value is None or isinstance(value, str | int | float | bool | dict | list) else str(value)
