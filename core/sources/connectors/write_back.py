"""Writes single fields of a deal back to the CRM: previewed, refused where somebody changed them, undone on request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Protocol
from urllib.parse import quote

import polars as pl

from core.config import Settings
from core.contracts.errors import ConflictError, SourceError
from core.sealing.secret_values import Secrets
from core.sources.connectors import connector_files
from core.sources.connectors.declaration import Connector, Writes
from core.sources.connectors.http_client import HttpClient, RefusedError, content_of
from core.sources.connectors.row_shape import canonical
from core.sources.connectors.templates import at, fill

WROTE, UNDID, REFUSED = "write to the CRM", "undo in the CRM", "refused by the CRM"
FIELDS = ("next_step", "close_on", "forecast_category", "amount")
Value = str | float | date | None


class Trail(Protocol):
    """Where it is written down who wrote what: the audit log of the store."""

    def add(self, user: str, action: str, target: str, detail: str = "") -> None:
        """Add a row."""
        ...

    def about(self, target: str) -> pl.DataFrame:
        """Return the rows about a target, oldest first."""
        ...


@dataclass(frozen=True)
class Change:
    """One field of a deal: what it is in the CRM and what it is to be, in the CRM's own words; empty for nothing."""

    opportunity_id: str
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Written(Change):
    """A change that was written, by whom, and whether it can still be undone."""

    user: str
    at: str
    is_undone: bool = False


class WriteBack:
    """Writes to the deals of one connector.

    Parameters
    ----------
    client : HttpClient
    trail : Trail
    """

    def __init__(self, client: HttpClient, trail: Trail) -> None:
        writes = client.connector.writes
        if writes is None:
            raise SourceError(f"Nothing is written back to {client.connector.name}.")
        self.client, self.trail, self.writes = client, trail, writes
        self.connector: Connector = client.connector

    def preview(self, opportunity_id: str, values: Mapping[str, Value]) -> list[Change]:
        """Return what would change: the values the CRM has now beside those it is to have; equal ones are left out.

        Parameters
        ----------
        opportunity_id : str
        values : mapping
            next_step, close_on, forecast_category, amount -> the new value; None empties the field.

        Raises
        ------
        SourceError
            When the deal cannot be read, or a field cannot be written.
        """
        present = self._present(opportunity_id)
        changes = []
        for name, value in values.items():
            if name not in self.writes.columns:
                raise SourceError(f"{name} cannot be written to {self.connector.name}.")
            before, after = (
                self._text(name, present.get(self.writes.columns[name])),
                self._text(name, _own(self.writes, name, value)),
            )
            if before != after:
                changes.append(Change(opportunity_id, name, before, after))
        return changes

    def write(self, changes: list[Change], user: str, action: str = WROTE) -> None:
        """Write changes of one deal, all in one request, and write down who did.

        Raises
        ------
        ConflictError
            When the CRM no longer holds what the preview showed; nothing is written then.
        SourceError
            When the CRM refuses.
        """
        if not changes:
            raise SourceError("There is nothing to write.", mend="Change a value first.")
        deal = changes[0].opportunity_id
        present = self._present(deal)
        for change in changes:
            now = self._text(change.field, present.get(self.writes.columns[change.field]))
            if now != change.before:
                raise ConflictError(
                    f"Somebody changed {change.field} of this deal to {now or 'nothing'} meanwhile.",
                    {change.field: now},
                    mend="Look at the preview again.",
                )
        values = {self.writes.columns[change.field]: self._sent(change.field, change.after) for change in changes}
        body = {self.writes.within: values} if self.writes.within else values
        # Written down before it is sent: what was sent and never answered is then known as well.
        for change in changes:
            self.trail.add(user, action, _target(self.connector.name, deal), json.dumps(asdict(change)))
        try:
            self.client.ask(self.writes.request.method, self._path(self.writes.request.path, deal), body=body)
        except RefusedError:
            for change in changes:
                self.trail.add(user, REFUSED, _target(self.connector.name, deal), json.dumps(asdict(change)))
            raise

    def undo(self, change: Change, user: str) -> None:
        """Put a field back to what it was before a change; refused where somebody changed it since.

        Raises
        ------
        ConflictError, SourceError
            As `write`.
        """
        self.write([Change(change.opportunity_id, change.field, change.after, change.before)], user, UNDID)

    def _present(self, deal: str) -> Mapping[str, Any]:
        query = fill(self.writes.read.query, {**self.connector.values, "columns": list(self.writes.columns.values())})
        answer = self.client.ask("GET", self._path(self.writes.read.path, deal), query)
        present = at(content_of(answer, self.connector.name), self.writes.take)
        return present if isinstance(present, dict) else {}

    def _path(self, path: str, deal: str) -> str:
        return str(fill(path, {**self.connector.values, "id": quote(deal, safe="")}))

    def _text(self, name: str, value: Any) -> str:
        text = canonical(value)
        return text[:10] if name == "close_on" else text

    def _sent(self, name: str, text: str) -> Any:
        if not text:
            return "" if self.writes.is_text else None
        if self.writes.is_text:
            return f"{text}T00:00:00Z" if name == "close_on" else text
        return float(text) if name == "amount" else text


def _own(writes: Writes, name: str, value: Value) -> Any:
    """Return a value of ours as the CRM says it."""
    if isinstance(value, date):
        return value.isoformat()
    return writes.words.get(str(value), value) if name == "forecast_category" and value else value


def _target(connector: str, deal: str = "") -> str:
    return f"connector {connector} deal {deal}"


def written(trail: Trail, connector: str, most: int = 20) -> list[Written]:
    """Return what was written to a CRM, newest first; what was undone, or an undoing itself, says so."""
    out: list[Written] = []
    rows = trail.about(_target(connector)).filter(pl.col("action").is_in([WROTE, UNDID, REFUSED]))
    for row in rows.iter_rows(named=True):
        change = Change(**json.loads(row["detail"]))
        if row["action"] == WROTE:
            out.append(Written(**asdict(change), user=row["user"], at=f"{row['at']:%Y-%m-%d %H:%M}"))
        elif row["action"] == UNDID:
            _mark(out, change, is_undone=True)
        elif not _mark(out, change, is_undone=False):
            out = [entry for entry in out if not (_change(entry) == change and entry is out[-1])]
    return out[::-1][:most]


def _change(entry: Written) -> Change:
    return Change(entry.opportunity_id, entry.field, entry.before, entry.after)


def _mark(out: list[Written], change: Change, is_undone: bool) -> bool:
    """Note that the latest writing that a change takes back is undone, or, where that was refused, is not."""
    taken_back = Change(change.opportunity_id, change.field, change.after, change.before)
    for k in range(len(out) - 1, -1, -1):
        if _change(out[k]) == taken_back and out[k].is_undone != is_undone:
            out[k] = replace(out[k], is_undone=is_undone)
            return True
    return False


def can_write(settings: Settings, source: str) -> bool:
    """Say whether a source of the workspace is a connector whose deals can be written to."""
    return source in connector_files.names(settings) and connector_files.connector(settings, source).writes is not None


@contextmanager
def opened(settings: Settings, source: str, trail: Trail, sleep: Callable[[float], None]) -> Iterator[WriteBack]:
    """Give what writes to the deals of a connector.

    Raises
    ------
    SourceError
        When nothing is written back to it.
    """
    connector = connector_files.connector(settings, source)
    client = HttpClient(connector, Secrets(connector_files.folder_of(settings)), sleep)
    try:
        yield WriteBack(client, trail)
    finally:
        client.close()
