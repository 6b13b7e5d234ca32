"""Small servers that speak as CRM systems do, over a book of deals that a log of events is played into."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

FIELDS = ("stage", "amount", "close_on", "owner_id")
BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)


@dataclass
class Deal:
    """A deal, and what its fields were: field -> (moment, value), oldest first."""

    id: str
    created: datetime
    modified: datetime
    values: dict[str, Any]
    past: dict[str, list[tuple[datetime, Any]]]
    deleted_at: datetime | None = None
    gaps: list[list[datetime | None]] = field(default_factory=list)


@dataclass
class Book:
    """Deals by id, and every event that was played into them."""

    deals: dict[str, Deal] = field(default_factory=dict)
    stage_names: dict[str, str] = field(default_factory=lambda: {f"s{k}": f"Step {k}" for k in range(4)})
    hidden: set[str] = field(default_factory=set)

    def create(self, deal_id: str, at: datetime, **values: Any) -> None:
        values = {"next_step": "Call", **values}
        past = {name: [(at, values[name])] for name in FIELDS}
        self.deals[deal_id] = Deal(deal_id, at, at, values, past)

    def change(self, deal_id: str, at: datetime, name: str, value: Any) -> None:
        deal = self.deals[deal_id]
        deal.values[name] = value
        deal.modified = max(deal.modified, at)
        if name in FIELDS:
            deal.past[name].append((at, value))

    def delete(self, deal_id: str, at: datetime) -> None:
        deal = self.deals[deal_id]
        deal.deleted_at = deal.modified = at
        deal.gaps.append([at, None])

    def restore(self, deal_id: str, at: datetime) -> None:
        deal = self.deals[deal_id]
        deal.deleted_at, deal.modified = None, at
        deal.gaps[-1][1] = at

    def live(self) -> list[Deal]:
        return [deal for deal in self.deals.values() if deal.deleted_at is None]

    def states(self) -> dict[str, list[tuple[date, tuple[Any, ...] | None]]]:
        """Deal -> (day, its fields at the end of that day), a row per day on which they differ; None while deleted."""
        out = {}
        for deal in self.live():
            moments = {m for listed in deal.past.values() for m, _ in listed} | {m for g in deal.gaps for m in g if m}
            rows: list[tuple[date, Any]] = []
            for day in sorted({m.date() for m in moments}):
                end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
                gone = any(a < end and (b is None or b >= end) for a, b in deal.gaps)
                state = None if gone else tuple([v for m, v in deal.past[n] if m < end][-1] for n in FIELDS)
                if not rows or rows[-1][1] != state:
                    rows.append((day, state))
            out[deal.id] = rows
        return out


class Stub:
    """A server that answers by `routes`; faults are answered first, one per request that matches.

    `routes` maps (method, beginning of the path) to a function of the request, the longest beginning first.
    """

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], Callable[[Request], Any]] = {}
        self.faults: list[tuple[str, int, Any, dict[str, str]]] = []
        self.requests: list[Request] = []
        self.url = ""

    def fault(self, path: str, status: int, body: Any = None, times: int = 1, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults += [(path, status, body, named)] * times

    def answer(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        self.requests.append(request)
        for k, (path, status, body, headers) in enumerate(self.faults):
            if path in request.path:
                del self.faults[k]
                return status, body, headers
        for (method, path), route in sorted(self.routes.items(), key=lambda item: -len(item[0][1])):
            if method == request.method and request.path.startswith(path):
                got = route(request)
                return got if isinstance(got, tuple) else (200, got, {})
        return 404, {"message": f"nothing at {request.path}"}, {}


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


@contextmanager
def serving(stub: Stub):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(length)
            is_json = "json" in self.headers.get("content-type", "")
            body = json.loads(raw) if raw and is_json else {k: v[0] for k, v in parse_qs(raw.decode()).items()}
            query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
            headers = {k.lower(): v for k, v in self.headers.items()}
            request = Request(self.command, parts.path, query, body, headers)
            status, content, more = stub.answer(request)
            text = content if isinstance(content, str) else "" if content is None else json.dumps(content)
            out = text.encode()
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        def do_GET(self) -> None:
            self.handle_any()

        def do_POST(self) -> None:
            self.handle_any()

        def do_PATCH(self) -> None:
            self.handle_any()

        def do_PUT(self) -> None:
            self.handle_any()

        def date_time_string(self, timestamp=None) -> str:
            return "Thu, 01 Jan 2037 00:00:00 GMT"

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.}{moment.microsecond // 1000:03d}Z"


def page_of(rows: list[Any], start: int, size: int) -> tuple[list[Any], int | None]:
    """Return a page of rows and where the next begins."""
    return rows[start : start + size], (start + size if start + size < len(rows) else None)
