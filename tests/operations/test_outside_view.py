from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from core.contracts.errors import ConfigError
from core.operations import outside_view
from tests.servers import free_port

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@contextmanager
def server(good=True, at=NOW):
    class Handler(http.server.BaseHTTPRequestHandler):
        def date_time_string(self, timestamp=None):
            return format_datetime(at, usegmt=True)

        def do_GET(self):
            n_cookies = len(self.headers.get("Cookie", ""))
            status = {"/healthz": 431 if n_cookies > 8_000 and not good else 200, "/metrics": 404 if good else 200}
            self.send_response((101 if good else 400) if self.path == "/_stcore/stream" else status.get(self.path, 200))
            if self.path != "/_stcore/stream":
                self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listener.server_port}/"
        listener.shutdown()


def names(entries):
    return [entry.name for entry in entries if not entry.is_good]


def test_a_good_way_has_nothing_to_mend():
    with server() as address:
        assert names(outside_view.look(address, NOW)) == []


def test_a_proxy_that_stops_websockets_cookies_and_nothing_else_is_told_with_how_to_mend():
    with server(good=False, at=NOW - timedelta(minutes=3)) as address:
        seen = outside_view.look(address, NOW)
    assert names(seen) == [
        "The websocket of pages comes through",
        "Large cookies of identity providers come through",
        "The server's figures are not for everybody",
        "This machine's clock and the server's agree",
    ]
    assert seen[-1].seen == "They are 180 s apart."
    assert all(entry.mend for entry in seen if not entry.is_good)


def test_nobody_there_and_no_address_are_told():
    (entry,) = outside_view.look(f"http://127.0.0.1:{free_port()}", NOW)
    assert (entry.is_good, entry.is_needed) == (False, True)
    with pytest.raises(ConfigError, match="no address of a server"):
        outside_view.look("sales.example.com", NOW)
