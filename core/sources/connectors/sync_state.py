"""What a connector has brought so far, and how far it is: one SQLite file, in which both are committed together."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from core.sources.connectors.row_shape import canonical

FILE = "state.db"
# The state of a deal from its beginning on, where no time is known for it.
BEGINNING = ""
DELETED = "_deleted"
FIRST, SEEN, STATED = "first", "seen", "stated"
CHUNK = 50_000
CELL = "\x1f"
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
TABLES = """
CREATE TABLE IF NOT EXISTS rows (
    object TEXT NOT NULL, id TEXT NOT NULL, stamp TEXT NOT NULL, created TEXT NOT NULL, content TEXT NOT NULL,
    is_deleted INTEGER NOT NULL, generation INTEGER NOT NULL, first_at TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS rows_by_id ON rows (object, id);
CREATE TABLE IF NOT EXISTS events (
    object TEXT NOT NULL, id TEXT NOT NULL, field TEXT NOT NULL, at TEXT NOT NULL, value TEXT NOT NULL,
    origin TEXT NOT NULL, PRIMARY KEY (object, id, field, at)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS progress (object TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT, n_changed INTEGER NOT NULL DEFAULT 0,
    n_deleted INTEGER NOT NULL DEFAULT 0, message TEXT NOT NULL DEFAULT '', process INTEGER);
"""


class Row(NamedTuple):
    """A row as the system gave it."""

    id: str
    stamp: str
    created: str
    content: dict[str, Any]
    is_deleted: bool = False
    is_open: bool = True


class Event(NamedTuple):
    """What a field of a deal became, and when; `at` is empty for its beginning."""

    id: str
    field: str
    at: str
    value: str
    origin: str


@dataclass
class Progress:
    """How far a table is.

    Attributes
    ----------
    since : str
        What has changed from this stamp on is asked next; empty before the first complete reading.
    delta : str
        The link that gives what has changed, where the system hands one out.
    phase : str
        "first" or "changed" in the middle of a reading, else empty.
    page : str
        Where that reading goes on.
    top : str
        The highest stamp of that reading.
    started : str
        When that reading began.
    generation : int
        Number of the last reading of the whole list.
    fields : list of str
        The fields that could be read last time.
    """

    since: str = ""
    delta: str = ""
    phase: str = ""
    page: str = ""
    top: str = ""
    started: str = ""
    generation: int = 0
    fields: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Run:
    """One sync, as it went; `ended_at` is None while it runs, or where it was killed."""

    started_at: datetime
    ended_at: datetime | None
    n_changed: int
    n_deleted: int
    message: str
    process: int | None


class SyncState:
    """What a connector has brought so far.

    Parameters
    ----------
    folder : Path
        Of the connector.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.database = sqlite3.connect(folder / FILE, isolation_level=None, timeout=60)
        self.database.execute("PRAGMA journal_mode=WAL")
        # A power cut may undo the last pages, never tear one apart; they are asked for again.
        self.database.execute("PRAGMA synchronous=NORMAL")
        self.database.execute("PRAGMA cache_size=-65536")
        self.database.executescript(TABLES)

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def progress(self, name: str) -> Progress:
        """Return how far a table is."""
        row = self.database.execute("SELECT content FROM progress WHERE object = ?", (name,)).fetchone()
        return Progress(**json.loads(row[0])) if row else Progress()

    def commit(
        self,
        name: str,
        rows: Sequence[Row],
        events: Iterable[Event],
        progress: Progress,
        track: Mapping[str, str],
        told_of: str = "",
    ) -> int:
        """Take over a page: its rows, what they changed, and how far the table is, all or nothing.

        Parameters
        ----------
        name : str
            Of the table.
        rows : sequence of Row
            One older than what is there changes nothing; a column that is not in a row keeps its value.
        events : iterable of Event
            What the system itself tells of earlier values.
        progress : Progress
        track : mapping
            Column -> field that is kept as history.
        told_of : str
            The table the events belong to; default this one.

        Returns
        -------
        int
            How many rows changed.
        """
        writes, seen, touched = self._changes(name, rows, progress.generation, track)
        self.database.execute("BEGIN IMMEDIATE")
        try:
            self.database.executemany(
                "INSERT INTO rows VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (object, id) DO UPDATE SET stamp=excluded.stamp,"
                " created=excluded.created, content=excluded.content, is_deleted=excluded.is_deleted,"
                " generation=excluded.generation",
                writes,
            )
            self.database.executemany(
                "UPDATE rows SET generation = ? WHERE object = ? AND id = ?",
                [(progress.generation, name, i) for i in touched],
            )
            self._put_events(told_of or name, [*seen, *events])
            self._put_progress(name, progress)
            self.database.execute("COMMIT")
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        return len(writes)

    def _changes(
        self, name: str, rows: Sequence[Row], generation: int, track: Mapping[str, str]
    ) -> tuple[list[tuple[Any, ...]], list[Event], list[str]]:
        newest: dict[str, Row] = {}
        for row in rows:
            if row.id not in newest or row.stamp >= newest[row.id].stamp:
                newest[row.id] = row
        there = {i: rest for i, *rest in self._stored(name, list(newest))}
        writes: list[tuple[Any, ...]] = []
        events: list[Event] = []
        touched: list[str] = []
        for row in newest.values():
            stored = there.get(row.id)
            fresh = _text(row.content)
            if stored is None:
                first_at = BEGINNING if row.is_open else row.stamp
                writes.append((name, row.id, row.stamp, row.created, fresh, row.is_deleted, generation, first_at))
                if row.is_deleted and track:
                    events.append(Event(row.id, DELETED, row.stamp, "1", SEEN))
                continue
            stamp, created, content, was_deleted, first_at = stored
            is_same = bool(was_deleted) == row.is_deleted
            if row.stamp < stamp or (fresh == content and is_same):
                touched.append(row.id)
                continue
            before = json.loads(content)
            text = fresh if list(before) == list(row.content) else _text(before | row.content)
            if text == content and is_same:
                touched.append(row.id)
                continue
            created = row.created or created
            writes.append((name, row.id, row.stamp, created, text, row.is_deleted, generation, first_at))
            if track:
                events += _events(row, before, bool(was_deleted), first_at, track)
        return writes, events, touched

    def _stored(self, name: str, ids: list[str]) -> Iterator[tuple[Any, ...]]:
        return self.database.execute(
            "SELECT id, stamp, created, content, is_deleted, first_at FROM rows"
            " WHERE object = ? AND id IN (SELECT value FROM json_each(?))",
            (name, json.dumps(ids)),
        )

    def _put_events(self, name: str, events: list[Event]) -> None:
        """Add events.

        What the system itself states stands above what was seen; of the state a deal began with, the first word counts.
        """
        self.database.executemany(
            "INSERT INTO events VALUES (?,?,?,?,?,?) ON CONFLICT (object, id, field, at) DO UPDATE"
            " SET value=excluded.value, origin=excluded.origin"
            " WHERE excluded.origin = 'stated' AND (events.origin <> 'stated' OR excluded.at <> '')"
            " OR excluded.origin = 'seen' AND events.origin <> 'stated'",
            [(name, *event) for event in events],
        )

    def _put_progress(self, name: str, progress: Progress) -> None:
        self.database.execute(
            "INSERT INTO progress VALUES (?,?) ON CONFLICT (object) DO UPDATE SET content=excluded.content",
            (name, json.dumps(asdict(progress))),
        )

    def delete(self, name: str, ids_at: Mapping[str, str], track: Mapping[str, str]) -> int:
        """Mark rows as deleted at their times, and return how many were not so before.

        A row that was changed after its deletion has been brought back since, and stays.
        """
        stored = [(i, stamp, deleted) for i, stamp, _, _, deleted, _ in self._stored(name, list(ids_at))]
        gone = [(i, ids_at[i]) for i, stamp, deleted in stored if not deleted and ids_at[i] >= stamp]
        self.database.execute("BEGIN IMMEDIATE")
        self.database.executemany(
            "UPDATE rows SET is_deleted = 1, stamp = max(stamp, ?) WHERE object = ? AND id = ?",
            [(at, name, i) for i, at in gone],
        )
        if track:
            self._put_events(name, [Event(i, DELETED, at, "1", SEEN) for i, at in gone])
        self.database.execute("COMMIT")
        return len(gone)

    def unseen(self, name: str, generation: int) -> list[str]:
        """Return the ids of rows that the last reading of the whole list did not bring."""
        rows = self.database.execute(
            "SELECT id FROM rows WHERE object = ? AND is_deleted = 0 AND generation < ?", (name, generation)
        )
        return [i for (i,) in rows]

    def live(self, name: str) -> Iterator[str]:
        """Yield the JSON of every row that is not deleted, some thousand lines at a time, in the order they came."""
        last = int(self.database.execute("SELECT coalesce(max(rowid), 0) FROM rows").fetchone()[0])
        for first in range(0, last + 1, CHUNK):
            (lines,) = self.database.execute(
                "SELECT group_concat(content, x'0a') FROM rows"
                " WHERE rowid >= ? AND rowid < ? AND object = ? AND is_deleted = 0",
                (first, first + CHUNK, name),
            ).fetchone()
            if lines:
                yield lines

    def count(self, name: str) -> int:
        """Return how many rows are not deleted."""
        query = "SELECT count(*) FROM rows WHERE object = ? AND is_deleted = 0"
        return int(self.database.execute(query, (name,)).fetchone()[0])

    def histories(self, name: str, track: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield what is known of deals that were ever seen to change and are not deleted, some thousand at a time.

        Yields
        ------
        (events, deals)
            Lines of id, field, at, value and origin; and of id, created, the stamp of the first sight and the present
            value of every tracked column; cells are parted by `CELL`.
        """
        cells = f" || '{CELL}' || "
        values = [f"coalesce({_plain_text('r.content ->> ' + _quoted(column))}, '')" for column in track]
        of_deals = cells.join(["r.id", "r.created", "r.first_at", *values])
        of_events = cells.join(["e.id", "e.field", "e.at", _plain_text("e.value"), "e.origin"])
        source = "FROM events e WHERE e.object = :name AND e.id > :last"
        last = ""
        while True:
            query = f"SELECT e.id {source} ORDER BY e.id LIMIT 1 OFFSET {CHUNK * 4}"
            bound = self.database.execute(query, {"name": name, "last": last}).fetchone()
            upper = bound[0] if bound else "\U0010ffff"
            span = {"name": name, "last": last, "upper": upper}
            (deals,) = self.database.execute(
                f"SELECT group_concat({of_deals}, x'0a') FROM rows r WHERE r.object = :name AND r.is_deleted = 0"
                f" AND r.id IN (SELECT e.id {source} AND e.id <= :upper)",
                span,
            ).fetchone()
            (events,) = self.database.execute(
                f"SELECT group_concat({of_events}, x'0a') {source} AND e.id <= :upper", span
            ).fetchone()
            if events and deals:
                yield events, deals
            if bound is None:
                return
            last = upper

    def begun(self, at: str, process: int) -> int:
        """Note that a sync begins, and return its number."""
        return int(
            self.database.execute("INSERT INTO runs (started_at, process) VALUES (?,?)", (at, process)).lastrowid or 0
        )

    def ended(self, number: int, at: str, n_changed: int, n_deleted: int, message: str) -> None:
        """Note how a sync went."""
        self.database.execute(
            "UPDATE runs SET ended_at = ?, n_changed = ?, n_deleted = ?, message = ? WHERE id = ?",
            (at, n_changed, n_deleted, message, number),
        )

    def runs(self, most: int = 20) -> list[Run]:
        """Return the last syncs, newest first."""
        rows = self.database.execute(
            "SELECT started_at, ended_at, n_changed, n_deleted, message, process FROM runs ORDER BY id DESC LIMIT ?",
            (most,),
        )
        return [
            Run(datetime.fromisoformat(begun), datetime.fromisoformat(ended) if ended else None, *rest)
            for begun, ended, *rest in rows
        ]


def _text(content: Mapping[str, Any]) -> str:
    return ENCODER.encode(content)


def _quoted(column: str) -> str:
    """Return a column's name as a path of SQLite's JSON."""
    escaped = column.replace("'", "''")
    return f"""'$."{escaped}"'"""


def _plain_text(expression: str) -> str:
    """Return an expression without what parts cells and lines."""
    return f"replace(replace({expression}, '{CELL}', ' '), x'0a', ' ')"


def _events(
    row: Row, before: Mapping[str, Any], was_deleted: bool, first_at: str, track: Mapping[str, str]
) -> list[Event]:
    """Return what changed, with what it was before: its first state, where no earlier change is there."""
    events = []
    for column, ours in track.items():
        if column not in row.content or row.content[column] == before.get(column):
            continue
        now, then = canonical(row.content[column]), canonical(before.get(column))
        if now != then:
            events += [Event(row.id, ours, first_at, then, FIRST), Event(row.id, ours, row.stamp, now, SEEN)]
    if row.is_deleted != was_deleted:
        events.append(Event(row.id, DELETED, row.stamp, "1" if row.is_deleted else "", SEEN))
    return events
