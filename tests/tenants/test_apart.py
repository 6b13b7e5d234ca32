"""What keeps tenants apart inside a process: foreign names, neighbours' databases, and whose a line and a figure is."""

from __future__ import annotations

import io
import logging

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core.contracts.errors import SourceError
from core.operations import instruments, log_lines
from core.sealing.secret_values import Secrets
from core.sources.connectors.sql_reader import SqlReader
from pages.ui.server.known_hosts import REFUSAL, KnownHosts

TENANT = {"QUARTERDECK_TENANT": "north"}


@pytest.fixture(scope="module")
def client():
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])
    return TestClient(KnownHosts(app, ["North.example.com"]))


@pytest.mark.parametrize(
    "host", ["north.example.com", "NORTH.example.com:8443", "north.example.com.", "localhost", "[::1]:1"]
)
def test_the_own_names_and_this_machines_are_answered(client, host):
    assert client.get("/", headers={"Host": host}).text == "here"


@pytest.mark.parametrize(
    "host", ["south.example.com", "north.example.com.evil.test", "", "xnorth.example.com", "10.0.0.1"]
)
def test_a_foreign_name_gets_a_sentence(client, host):
    answer = client.get("/", headers={"Host": host})
    assert (answer.status_code, answer.text) == (421, REFUSAL)


def test_two_names_at_once_are_refused(client):
    hosts = [("Host", "north.example.com"), ("Host", "south.example.com")]
    assert client.get("/", headers=hosts).status_code == 421


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:////srv/tenants/south/home/quarterdeck.db",
        "sqlite://",
        "duckdb:///anything",
        "postgresql:///south",
        "postgresql://localhost/south",
        "postgresql://127.0.0.1:5432/south",
        "postgresql://[::1]/south",
        "postgresql://0.0.0.0/south",
        "postgresql:///south?host=/var/run/postgresql",
        "postgresql:///south?service=south",
        "postgresql://db.example.com/south?hostaddr=127.0.0.1",
        "mysql://LOCALHOST/south",
    ],
)
def test_no_database_of_the_machine_itself_is_connected_by_a_tenant(address, tmp_path):
    with pytest.raises(SourceError, match="Databases of the server itself"):
        SqlReader(address, Secrets(tmp_path, TENANT))
    assert SqlReader(address, Secrets(tmp_path, {})).address  # alone on the machine, they are


@pytest.mark.parametrize("address", ["postgresql://192.0.2.7/crm", "bigquery://", "snowflake://account/db"])
def test_databases_elsewhere_are_connected(address, tmp_path):
    assert SqlReader(address, Secrets(tmp_path, TENANT)).address


def test_lines_and_figures_say_whose_they_are(monkeypatch):
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        for name in ("north", ""):
            monkeypatch.setenv("QUARTERDECK_TENANT", name)
            log_lines.set_up({"QUARTERDECK_LOG": "plain"}, stream)
            logging.getLogger("other.library").warning("something of %s", "a library")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    first, second = stream.getvalue().splitlines()
    assert "tenant=north" in first
    assert "tenant" not in second
    monkeypatch.setenv("QUARTERDECK_TENANT", "north")
    instruments.answered("api", 200)
    lines = [line for line in instruments.exposition().decode().splitlines() if not line.startswith("#")]
    assert lines
    assert all('tenant="north"' in line for line in lines)
    monkeypatch.delenv("QUARTERDECK_TENANT")
    assert "tenant=" not in instruments.exposition().decode()
