"""Brings one table up to date: page by page, each committed with how far it is."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from core.contracts.errors import SourceError
from core.sources.connectors import deal_changes, page_reader
from core.sources.connectors.declaration import Connector, Detail, Kind, Request, Table
from core.sources.connectors.http_client import HttpClient, RefusedError
from core.sources.connectors.page_reader import Page
from core.sources.connectors.row_shape import KINDS, canonical, shaper
from core.sources.connectors.sync_state import Event, Progress, Row, SyncState
from core.sources.connectors.templates import at, before, fill, has, stamp

FIRST, CHANGED = "first", "changed"
STALE = (400, 404, 410)


class TableSync:
    """Brings one table of a connector up to date.

    Parameters
    ----------
    client : HttpClient
    state : SyncState
    name : str
        Of the table.
    clock : callable
        The present time, in UTC.
    sleep : callable
        Waits so many seconds.

    Attributes
    ----------
    n_changed, n_deleted : int
    notes : list of str
        What is to be said of it.
    """

    def __init__(
        self,
        client: HttpClient,
        state: SyncState,
        name: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.client, self.state, self.name, self.clock, self.sleep = client, state, name, clock, sleep
        self.connector: Connector = client.connector
        self.table: Table = self.connector.tables[name]
        self.n_changed = self.n_deleted = 0
        self.notes: list[str] = []
        self.kinds: Mapping[str, Kind] = {}
        self.values: dict[str, Any] = dict(self.connector.values)

    def run(self) -> None:
        """Read what has changed and what was deleted.

        Raises
        ------
        SourceError
            When the system refuses or keeps failing; what was committed stays.
        """
        progress = self.state.progress(self.name)
        self._settle_fields(progress)
        self.shape = shaper(self.table, self.kinds)
        if not progress.phase:
            self._begin(progress)
        try:
            self._read(progress)
        except RefusedError as error:
            if error.status not in STALE or not (progress.page or (progress.delta and progress.phase == CHANGED)):
                raise
            # A link of the day before has expired: what has changed is read without it.
            self._restart(progress)
            self._read(progress)
        self._finish(progress)
        self._deletes()

    def _settle_fields(self, progress: Progress) -> None:
        """Ask which fields may be read; where there are more than last time, every row is read anew."""
        fields = list(self.table.fields)
        readable = self.table.readable
        if readable:
            listed = {
                str(at(entry, readable.name)): str(at(entry, readable.type) or "").lower()
                for entry in page_reader.all_records(self.client, readable, self.values)
            }
            own = [name for name in listed if readable.custom and re.search(readable.custom, name)]
            gone = [name for name in progress.fields if name not in listed]
            fields = [name for name in dict.fromkeys((*fields, *own)) if name in listed]
            self.kinds = {name: KINDS[kind] for name, kind in listed.items() if kind in KINDS}
            if gone:
                self.notes.append(
                    f"{self.name}: {', '.join(gone)} can no longer be read; what was read before is kept."
                )
            if progress.fields and set(fields) - set(progress.fields):
                progress.since = progress.delta = progress.phase = progress.page = progress.top = ""
            progress.fields = fields
        self.values |= {"fields": fields, "history": list(self.table.track)}

    def _begin(self, progress: Progress) -> None:
        can_follow = bool(progress.delta) or (self.table.modified and self.table.changed and progress.since)
        progress.phase = CHANGED if can_follow else FIRST
        progress.started = f"{self.clock():%Y-%m-%dT%H:%M:%S.%f}Z"
        progress.page, progress.top = (progress.delta if progress.phase == CHANGED else ""), ""
        progress.generation += progress.phase == FIRST

    def _restart(self, progress: Progress) -> None:
        progress.delta, progress.phase, progress.page = "", "", ""
        self._begin(progress)

    def _read(self, progress: Progress) -> None:
        is_bulk = bool(self.table.bulk) and progress.phase == FIRST and self._is_bulk(progress.page)
        request = self.table.request
        since = ""
        if progress.phase == CHANGED and not progress.delta:
            request = self.table.changed or request
            since = progress.top or progress.since
        elif progress.top and request.is_ordered and self.table.changed and not is_bulk:
            request, since = self.table.changed, progress.top
        overlap = 0.0 if progress.top else self.connector.overlap
        while True:
            page = self._page(request, since, overlap, progress.page, is_bulk)
            self._take(page, progress, request)
            if not page.next:
                return
            if request.is_restarted and since and progress.top > since:
                since, overlap, progress.page = progress.top, 0.0, ""

    def _page(self, request: Request, since: str, overlap: float, position: str, is_bulk: bool) -> Page:
        values = dict(self.values)
        if since:
            values["since"] = before(since, overlap, self.connector.stamps)
        if is_bulk:
            return page_reader.bulk_page(self.client, self.table.bulk, values, position, self.sleep)
        return page_reader.read_page(self.client, request, values, position)

    def _is_bulk(self, position: str) -> bool:
        """Say whether rows come by a query job: a reading that was broken off goes on in the way it began."""
        return page_reader.is_of_job(position) if position else self._is_large()

    def _is_large(self) -> bool:
        """Say whether the first page of the list says that there are more rows than one asks for page by page."""
        answer = self.client.ask(
            "GET",
            str(fill("/services/data/{version}/query", self.values)),
            {"q": f"SELECT COUNT() FROM {self.name}"},
        )
        return int(answer.json().get("totalSize", 0)) > page_reader.BULK_ROWS

    def _take(self, page: Page, progress: Progress, request: Request) -> None:
        """Commit a page, together with where the next one lies."""
        if page.sent_at is not None and not progress.page:
            sent = f"{datetime.fromtimestamp(page.sent_at, UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
            progress.started = min(progress.started, sent)
        current = [record for record in self._spread(page.records) if not self._is_removed(record)]
        rows = [row_of(self.connector, self.name, record, self.shape(record), progress.started) for record in current]
        speaking = current if self.table.changes else ()
        events = deal_changes.begun(event for record in speaking for event in self._events(record))
        rows, more = self._detailed(rows, progress)
        progress.top = max([progress.top, *(row.stamp for row in rows)]) if self.table.modified else ""
        # A reading by rising stamps goes on at the last of them, any other at its next page.
        progress.page = page.next
        if page.delta:
            progress.delta = page.delta
        self._remove(page.records)
        stored = [] if self.table.history_of else rows
        is_by_stamp = request.is_ordered and bool(progress.top) and not self.table.bulk
        saved = _without_page(progress) if is_by_stamp else progress
        self.n_changed += self.state.commit(
            self.name, stored, [*events, *more], saved, self.table.track, self.table.history_of
        )

    def _is_removed(self, record: Any) -> bool:
        return bool(self.table.removed) and has(record, self.table.removed)

    def _spread(self, records: Sequence[Any]) -> Iterable[Any]:
        spread = self.table.spread
        if spread is None:
            return records
        return [
            {**inner, **{name: at(record, path) for name, path in spread.columns.items()}}
            for record in records
            for inner in at(record, spread.records) or ()
        ]

    def _events(self, record: Any) -> Iterator[Event]:
        if self.table.changes is not None:
            track = self.table.track or self.connector.tables[self.table.history_of].track
            yield from deal_changes.events(record, self.table.changes, track, str(at(record, self.table.id)))

    def _detailed(self, rows: list[Row], progress: Progress) -> tuple[list[Row], list[Event]]:
        """Ask what the list does not say of its rows, in batches of their ids."""
        events: list[Event] = []
        columns: dict[str, dict[str, Any]] = {row.id: {} for row in rows}
        for detail in self.table.details:
            if detail.only_changed and progress.phase != CHANGED:
                continue
            listed = list(self._details(detail, list(columns)))
            for record_id, record in listed:
                columns.setdefault(record_id, {}).update({n: at(record, path) for n, path in detail.columns.items()})
            events += self._told(detail, listed)
        return [row._replace(content=row.content | columns[row.id]) for row in rows], deal_changes.begun(events)

    def _told(self, detail: Detail, listed: Iterable[tuple[str, Any]]) -> Iterator[Event]:
        """Yield what the answers to a detail tell of earlier values, each row's oldest first."""
        changes = detail.changes
        if changes is None:
            return
        for record_id, pairs in groupby(listed, itemgetter(0)):
            records = [record for _, record in pairs]
            for record in deal_changes.in_order(records, changes.time) if changes.field else records:
                yield from deal_changes.events(record, changes, self.table.track, record_id)

    def _details(self, detail: Detail, ids: Sequence[str]) -> Iterable[tuple[str, Any]]:
        for first in range(0, len(ids), detail.batch):
            batch = list(ids[first : first + detail.batch])
            values = self.values | {"ids": batch, "id": batch[0], "inputs": [{"id": i} for i in batch]}
            try:
                for record in page_reader.all_records(self.client, detail, values):
                    yield (str(at(record, detail.id)) if detail.id else batch[0]), record
            except RefusedError as error:
                if error.status != 404:
                    raise

    def _finish(self, progress: Progress) -> None:
        """Note up to where the table is complete, and what the whole list no longer held."""
        was_whole = progress.phase == FIRST
        request = self.table.request if was_whole else self.table.changed or self.table.request
        reached = progress.top if request.is_ordered or self.connector.stamps == "number" else progress.started
        if was_whole and self.connector.stamps == "time":
            reached = min(progress.top, progress.started)
        progress.since = max(progress.since, reached) if self.table.modified else ""
        progress.phase = progress.page = progress.top = ""
        if was_whole:
            ended = progress.started
            gone = self.state.unseen(self.name, progress.generation)
            self.n_deleted += self.state.delete(self.name, dict.fromkeys(gone, ended), self.table.track)
        self.state.commit(self.name, [], [], progress, {})

    def _remove(self, records: Sequence[Any]) -> None:
        removed = [record for record in records if self._is_removed(record)]
        if removed:
            now = f"{self.clock():%Y-%m-%dT%H:%M:%S.%f}Z"
            ids = {str(at(record, self.table.removed_id)): now for record in removed}
            self.n_deleted += self.state.delete(self.name, ids, self.table.track)

    def _deletes(self) -> None:
        """Ask what was deleted."""
        now = f"{self.clock():%Y-%m-%dT%H:%M:%S.%f}Z"
        for deletes in self.table.deletes:
            ids: dict[str, str] = {}
            for record in page_reader.all_records(self.client, deletes, self.values):
                moment = stamp(at(record, deletes.at), "time") if deletes.at else ""
                ids[str(at(record, deletes.id))] = moment or now
            self.n_deleted += self.state.delete(self.name, ids, self.table.track)


def row_of(connector: Connector, name: str, record: Any, content: dict[str, Any], started: str) -> Row:
    """Return a record as a row of a table, whose columns are `content`; without a stamp it has that of the reading.

    Raises
    ------
    SourceError
        When it has no id.
    """
    table = connector.tables[name]
    row_id = at(record, table.id)
    if row_id is None or row_id == "":
        raise SourceError(f"{connector.name}: a record of {name} has no {table.id!r}.", name)
    moment = stamp(at(record, table.modified), connector.stamps) if table.modified else started
    created = stamp(at(record, table.created), "time") if table.created else ""
    return Row(
        str(row_id),
        moment,
        created,
        content,
        bool(table.deleted_when) and _matches(content, table.deleted_when),
        not table.open_when or _matches(content, table.open_when),
    )


def _without_page(progress: Progress) -> Progress:
    return Progress(**{**vars(progress), "page": ""})


def _matches(content: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(canonical(content.get(column)) == canonical(value) for column, value in wanted.items())
