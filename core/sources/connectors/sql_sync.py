"""Brings one table of a database up to date, by the same rules as those of a REST API."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any

from core.contracts.errors import SourceError
from core.sources.connectors.declaration import Connector, Table
from core.sources.connectors.row_shape import shaper
from core.sources.connectors.sql_reader import SqlReader, statement
from core.sources.connectors.sync_state import Progress, SyncState
from core.sources.connectors.table_sync import row_of
from core.sources.connectors.templates import before, has


class SqlSync:
    """Brings one table of a database up to date; see `TableSync`."""

    def __init__(
        self, reader: SqlReader, connector: Connector, state: SyncState, name: str, clock: Callable[[], datetime]
    ) -> None:
        self.reader, self.connector, self.state, self.name, self.clock = reader, connector, state, name, clock
        self.table: Table = connector.tables[name]
        self.shape = shaper(self.table, {})
        self.n_changed = self.n_deleted = 0
        self.notes: list[str] = []

    def run(self) -> None:
        """Read what has changed, or the whole table where no column says what has, and which rows are gone.

        Raises
        ------
        SourceError
            When the database cannot be reached or refuses; what was committed stays.
        """
        table, progress = self.table, self.state.progress(self.name)
        progress.started = f"{self.clock():%Y-%m-%dT%H:%M:%S.%f}Z"
        since = (progress.top or progress.since) if table.modified else ""
        progress.generation += not since
        with self.reader.connected() as connection:
            asked = statement(table.query, table.modified, table.id, is_since=bool(since))
            moment = self._since(progress, since) if since else None
            with closing(self.reader.rows(connection, asked, moment)) as batches:
                for batch in batches:
                    self._take(batch, progress)
            if since:
                self._sweep(connection, progress)
        if not since:
            self._gone(self.state.unseen(self.name, progress.generation), progress)
        progress.since, progress.top = max(progress.since, progress.top), ""
        self.state.commit(self.name, [], [], progress, {})

    def _since(self, progress: Progress, since: str) -> Any:
        overlap = 0.0 if progress.top else self.connector.overlap
        moment = before(since, overlap, self.connector.stamps)
        # Databases compare times without a zone, as a rule; those with one take UTC for them.
        return moment.replace(tzinfo=None) if isinstance(moment, datetime) else int(moment)

    def _take(self, batch: list[dict[str, Any]], progress: Progress) -> None:
        for column in filter(None, (self.table.id, self.table.modified)):
            if not has(batch[0], column):
                raise SourceError(
                    f"{self.name} has no column {column!r}.", self.name, f"It has: {', '.join(batch[0])[:200]}."
                )
        rows = [row_of(self.connector, self.name, record, self.shape(record), progress.started) for record in batch]
        if self.table.modified:
            progress.top = max([progress.top, *(row.stamp for row in rows)])
        self.n_changed += self.state.commit(self.name, rows, [], progress, self.table.track)

    def _sweep(self, connection: Any, progress: Progress) -> None:
        """Ask for the ids alone, and mark as deleted what is no longer among them."""
        there: set[str] = set()
        for batch in self.reader.rows(connection, statement(self.table.query, only=self.table.id)):
            there |= {str(next(iter(record.values()))) for record in batch}
        self._gone([i for i in self.state.unseen(self.name, progress.generation + 1) if i not in there], progress)

    def _gone(self, ids: list[str], progress: Progress) -> None:
        self.n_deleted += self.state.delete(self.name, dict.fromkeys(ids, progress.started), self.table.track)
