"""How long a sync takes, and how much memory: a local server whose million deals have all changed since the last.

    python -m benchmarks.sync [ROWS]

A process of its own serves pages of 5,000 deals by rising stamps; a first sync brings them all, a second brings every
one of them again with another amount and stage, as rows, as history and as published tables.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PAGE = 5_000
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
ROWS = 1_000_000
COLUMNS = ("id", "name", "stage", "amount", "close_on", "owner_id", "created_on", "updated", "account_id", "next_step")


def page(first: int, n_rows: int, round_: int) -> bytes:
    """Return deals as JSON, one change a second after the other."""
    rows = []
    begin = BEGIN + timedelta(days=30 * round_)
    for k in range(first, min(first + PAGE, n_rows)):
        stamp = (begin + timedelta(milliseconds=k)).isoformat()
        rows.append(
            f'{{"id":"d{k:07d}","name":"Deal {k}","stage":"Step {(k + round_) % 5}","amount":{k * (1 + round_)}.5,'
            f'"close_on":"2026-0{k % 9 + 1}-15","owner_id":"u{k % 50}","created_on":"2025-06-01T08:00:00Z",'
            f'"updated":"{stamp}","account_id":"a{k % 40_000}","next_step":"Call {k % 100} before the month ends"}}'
        )
    following = first + PAGE if first + PAGE < n_rows else None
    return f'{{"rows":[{",".join(rows)}],"next":{json.dumps(following)}}}'.encode()


def serve(n_rows: int, address: multiprocessing.Queue) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
            content = page(int(query.get("from", 0)), n_rows, 1 if "since" in query else 0)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address.put(f"http://127.0.0.1:{server.server_address[1]}")
    server.serve_forever()


def described(url: str) -> dict[str, object]:
    request = {
        "path": "/deals",
        "records": "rows",
        "pages": {"kind": "cursor", "at": "next", "param": "from"},
        "is_ordered": True,
    }
    deals = {
        "table": "opportunities",
        "modified": "updated",
        "created": "created_on",
        "columns": {"opportunity_id" if name == "id" else name: name for name in COLUMNS if name != "updated"},
        "request": request,
        "changed": {**request, "query": {"since": "{since}"}},
        "track": {"stage": "stage", "amount": "amount", "close_on": "close_on", "owner_id": "owner_id"},
    }
    return {"base": url, "overlap": 0, "tables": {"deals": deals}}


def main() -> None:
    n_rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    address: multiprocessing.Queue = multiprocessing.get_context("spawn").Queue()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(n_rows, address), daemon=True)
    server.start()
    url = address.get()
    with tempfile.TemporaryDirectory(prefix="quarterdeck-") as home:
        os.environ |= {"QUARTERDECK_HOME": home, "QUARTERDECK_DATABASE_URL": ""}
        from core.config import load
        from core.sources.connectors import connector_files, sync_run

        gc.set_threshold(200_000, 50, 100)  # as `quarterdeck sync` does
        settings = load()
        connector_files.add(settings, "shop", described(url))
        for what, moment in (("first sync", BEGIN + timedelta(days=1)), ("all changed", BEGIN + timedelta(days=31))):
            begun, worked = time.perf_counter(), time.process_time()
            outcome = sync_run.sync(settings, "shop", lambda moment=moment: moment)
            seconds = time.perf_counter() - begun
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            used = time.process_time() - worked
            print(
                f"{what}: {outcome.n_changed:,} rows in {seconds:.1f} s ({used:.1f} s of a processor), "
                f"peak {peak:,.0f} MB; failures: {outcome.failures}"
            )
        size = sum(p.stat().st_size for p in Path(home).rglob("*") if p.is_file())
        print(f"on disk {size / 1e6:,.0f} MB")
    server.terminate()


if __name__ == "__main__":
    main()
