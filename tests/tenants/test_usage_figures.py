"""The list of tenants shows what each uses, as its own server counts it."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from core.tenants import tenant_registry, usage_figures
from core.tenants.tenant_registry import METRICS_TOKEN

FIGURES = """# TYPE quarterdeck_usage gauge
quarterdeck_usage{kind="rows",tenant="north"} 900.0
quarterdeck_usage{kind="seats",tenant="north"} 3.0
# TYPE quarterdeck_usage_limit gauge
quarterdeck_usage_limit{kind="rows",tenant="north"} 1000.0
"""


@pytest.fixture
def server(registry, monkeypatch):
    """A server that answers as a tenant's does, to its own token alone."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            token = registry.get("north").key_file(METRICS_TOKEN).read_text().strip()
            is_own = self.headers["Authorization"] == f"Bearer {token}"
            self.send_response(200 if is_own else 404)
            self.end_headers()
            self.wfile.write(FIGURES.encode() if is_own else b"Not found")

        def log_message(self, *_):
            pass

    http = HTTPServer(("127.0.0.1", 0), Answers)
    monkeypatch.setattr(tenant_registry, "FIRST_PORT", http.server_port)
    monkeypatch.setattr(tenant_registry, "LAST_PORT", http.server_port + 1)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield http
    http.shutdown()
    http.server_close()


def test_the_list_shows_what_a_tenant_uses_and_nothing_of_one_that_does_not_answer(server, tenant_command, registry):
    for name in ("north", "south"):
        tenant_command("create", name, "--host", f"{name}.example.com")
    text = tenant_command("list").stdout
    assert "uses 900 of 1,000 rows (nearly full), 3 seats" in text
    assert text.count("uses ") == 1
    north, south = json.loads(tenant_command("list", "--json").stdout)
    assert north["usage"][0]["state"] == "Nearly full"
    assert south["usage"] is None


def test_another_tenants_token_opens_no_figures(server, tenant_command, registry):
    for name in ("north", "south"):
        tenant_command("create", name, "--host", f"{name}.example.com")
    at_norths_server = replace(registry.get("south"), port=registry.get("north").port)
    assert usage_figures.of_tenant(registry.get("north")) is not None
    assert usage_figures.of_tenant(at_norths_server) is None
