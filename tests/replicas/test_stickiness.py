"""A proxy that sends one browser's requests to several servers in turn is told."""

from __future__ import annotations

import http.server
import threading
from itertools import cycle

import pytest
from typer.testing import CliRunner

from core.cli import app
from core.contracts.errors import ConfigError
from core.replicas import stickiness


@pytest.fixture
def proxy():
    """Something that answers in the name of several servers: by its cookie for a browser, or in turn."""
    names = {"is_sticky": True}
    turn = cycle(["one", "two"])

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            chosen = self.headers.get("Cookie", "").partition("route=")[2] if names["is_sticky"] else ""
            server = chosen or next(turn)
            self.send_response(200)
            self.send_header(stickiness.HEADER, server)
            self.send_header("Set-Cookie", f"route={server}; Path=/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", names
        server.shutdown()


def test_a_browser_that_stays_and_one_that_is_sent_about(proxy):
    address, names = proxy
    stays = stickiness.answers(f"{address}/")
    assert stays.is_sticky
    assert stays.sentence() == "One browser's 13 requests were answered by one server."
    names["is_sticky"] = False
    sent_about = stickiness.answers(address, 3)
    assert not sent_about.is_sticky
    assert "by 2 servers in turn" in sent_about.sentence()


def test_doctor_tells_it(proxy, tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path))
    address, names = proxy
    names["is_sticky"] = False
    printed = CliRunner().invoke(app, ["doctor", "--url", address]).stdout
    assert "MISSING  A browser stays with one server" in printed
    assert "servers in turn" in printed
    assert "deploy/proxies" in printed


@pytest.mark.parametrize("address", ["sales.example.com", "http://127.0.0.1:1"])
def test_where_nobody_answers_it_is_said(address):
    with pytest.raises(ConfigError, match=r"begin with http|Nobody answers"):
        stickiness.answers(address)
