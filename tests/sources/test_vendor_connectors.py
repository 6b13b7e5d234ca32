"""Five CRM systems: a random log played through a server that speaks as they do gives the log's own history."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from core.sources import load_data, source_registry
from core.sources.connectors import connector_files
from core.sources.connectors.sync_state import SyncState
from tests.sources import crm_stubs
from tests.sources.stub_servers import BEGIN, Book, Stub, serving
from tests.sources.test_connector_sync import assert_history, lines_of, played, settings_of, synced

SECRETS = {
    "SALESFORCE_CLIENT_ID": "id-1",
    "SALESFORCE_CLIENT_SECRET": "planted-secret-1",
    "HUBSPOT_TOKEN": crm_stubs.TOKEN,
    "DYNAMICS_CLIENT_ID": "id-2",
    "DYNAMICS_CLIENT_SECRET": "planted-secret-2",
    "PIPEDRIVE_TOKEN": crm_stubs.TOKEN,
    "ZOHO_CLIENT_ID": "id-3",
    "ZOHO_CLIENT_SECRET": "planted-secret-3",
    "ZOHO_REFRESH_TOKEN": "planted-refresh-3",
}
VENDORS = {
    "salesforce": ({"auth": {"token_url": "{url}/services/oauth2/token"}, "values": {"domain": "x"}}, "Opportunity"),
    "hubspot": ({}, "deals"),
    "dynamics": (
        {"base": "{url}/api/data/v9.2", "auth": {"token_url": "{url}/token"}, "values": {"domain": "x", "tenant": "t"}},
        "opportunities",
    ),
    "pipedrive": ({}, "deals"),
    "zoho": ({"auth": {"token_url": "{url}/oauth/v2/token"}}, "Deals"),
}
WITH_HISTORY = ("salesforce", "hubspot", "pipedrive")


@pytest.fixture
def settings(tmp_path, monkeypatch):
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    return settings_of(tmp_path)


@pytest.fixture
def server():
    with serving(Stub()) as stub:
        stub.now = BEGIN
        yield stub


def with_url(content, url):
    if isinstance(content, dict):
        return {k: with_url(v, url) for k, v in content.items()}
    return content.replace("{url}", url)


def connected(settings, server, vendor, book):
    getattr(crm_stubs, vendor)(book, server)
    own, _ = VENDORS[vendor]
    content = {"vendor": vendor, "base": server.url, **with_url(own, server.url)}
    return connector_files.add(settings, "shop", content)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_random_log_gives_its_own_history(settings, server, vendor):
    generator, book = random.Random(vendor), Book()
    connected(settings, server, vendor, book)
    table = {"salesforce": "queryAll", "zoho": "/Deals", "dynamics": "/opportunities"}.get(vendor, "/deals")
    for day in range(7):
        played(book, generator, day, 12)
        if day == 2:
            server.fault(table, 429, {"message": "slow down"}, Retry_After="0")
            server.fault(table, 500, {"message": "broken"})
        if day == 3:
            book.stage_names["s1"] = "Renamed"
        if day == 4 and hasattr(server, "expire"):
            server.fault(table, 401, [{"message": "Session expired", "errorCode": "INVALID_SESSION_ID"}])
        if day == 4:
            book.hidden = {"next_step"}
        if day == 5:
            server.is_refusing = True
        outcome = synced(settings, BEGIN + timedelta(days=day, hours=13))
        server.is_refusing = False
        assert outcome.failures == [], outcome.failures
    assert_history(settings, book)
    assert outcome.n_rows >= len(book.live())
    tokens = [r for r in server.requests if r.path.endswith("token")]
    assert len(tokens) == (8 if hasattr(server, "expire") else 0)


@pytest.mark.parametrize("vendor", WITH_HISTORY)
def test_a_system_that_keeps_history_gives_it_at_the_first_sync(settings, server, vendor):
    generator, book = random.Random(vendor), Book()
    connected(settings, server, vendor, book)
    for day in range(7):
        played(book, generator, day, 12, deletes=False)
    assert synced(settings, BEGIN + timedelta(days=6, hours=13)).failures == []
    assert_history(settings, book)


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_page_can_open_what_a_vendor_gives(settings, server, vendor):
    generator, book = random.Random(7), Book()
    connected(settings, server, vendor, book)
    for day in range(3):
        played(book, generator, day, 9, deletes=False)
        synced(settings, BEGIN + timedelta(days=day, hours=13))
    data = load_data(settings, source="shop")
    deals = data.opportunities
    assert sorted(deals["opportunity_id"]) == sorted(book.deals)
    amounts = {d.id: float(d.values["amount"]) for d in book.live()}
    assert dict(deals.select("opportunity_id", "amount").iter_rows()) == amounts
    has_names = vendor in WITH_HISTORY
    stages = {d.id: book.stage_names[d.values["stage"]] if has_names else d.values["stage"] for d in book.live()}
    assert dict(deals.select("opportunity_id", "stage").iter_rows()) == stages
    assert dict(deals.select("opportunity_id", "owner_id").iter_rows()) == {
        d.id: d.values["owner_id"] for d in book.live()
    }
    assert data.frame("opportunity_history")["opportunity_id"].n_unique() == len(book.deals)
    assert not deals["is_closed"].any()


KILLED = """
import os, signal, sys
from datetime import datetime
from core.config import load
from core.sources.connectors import sync_run, sync_state
home, table, moment = sys.argv[1:]
commit, calls = sync_state.SyncState.commit, []
def dies(state, name, *args, **kwargs):
    calls.append(name)
    if calls.count(table) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return commit(state, name, *args, **kwargs)
sync_state.SyncState.commit = dies
config = load(environ={"QUARTERDECK_HOME": home}).model_copy(update={"time_zone": "UTC"})
sync_run.sync(config, "shop", lambda: datetime.fromisoformat(moment), lambda _: None)
"""


KILLS = [*((vendor, False) for vendor in VENDORS), ("salesforce", True)]


# Each starts two processes: one vendor every time, the others in the slow parts.
@pytest.mark.parametrize(
    ("vendor", "is_large"), [KILLS[0], *(pytest.param(*k, marks=pytest.mark.slow) for k in KILLS[1:])]
)
def test_a_sync_killed_between_page_and_commit_gives_the_same_history(settings, server, vendor, is_large, tmp_path):
    generator, book = random.Random(f"{vendor} is killed"), Book()
    connected(settings, server, vendor, book)
    server.total = 60_000 if is_large else 10
    for day in range(5):
        played(book, generator, day, 24)
        moment = BEGIN + timedelta(days=day, hours=13)
        if day in (0, 3):
            command = [sys.executable, "-c", KILLED, str(tmp_path), VENDORS[vendor][1], moment.isoformat()]
            assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        assert synced(settings, moment + timedelta(hours=1)).failures == []
    assert_history(settings, book)
    deals = load_data(settings, source="shop").opportunities["opportunity_id"]
    assert sorted(deals) == sorted(d.id for d in book.live())


@pytest.mark.parametrize(("vendor", "column"), [("dynamics", "estimatedvalue"), ("pipedrive", "value")])
def test_a_tracked_field_that_stays_away_writes_no_history(settings, server, vendor, column):
    """These two list no fields: one that may no longer be read is not in the rows, and that is no change of it."""
    book = Book()
    for k in range(8):
        book.create(f"d{k}", BEGIN, stage="s0", amount=7, close_on="2026-03-31", owner_id="005000000000001AAA")
    connected(settings, server, vendor, book)
    synced(settings, BEGIN + timedelta(hours=1))
    book.hidden = {"amount"}
    for k in range(8):
        book.change(f"d{k}", BEGIN + timedelta(days=1), "stage", "s1")
    assert synced(settings, BEGIN + timedelta(days=1, hours=1)).failures == []
    assert_history(settings, book)
    assert {float(row[column]) for row in rows_of_any(settings, VENDORS[vendor][1])} == {7.0}


@pytest.mark.parametrize(
    ("vendor", "column"), [("salesforce", "NextStep"), ("hubspot", "hs_next_step"), ("zoho", "Next_Step")]
)
def test_a_field_no_longer_readable_is_told_and_keeps_its_values(settings, server, vendor, column):
    book = Book()
    for k in range(6):
        book.create(f"d{k}", BEGIN, stage="s0", amount=1, close_on="2026-03-31", owner_id="005000000000001AAA")
    connected(settings, server, vendor, book)
    synced(settings, BEGIN + timedelta(hours=1))
    book.hidden = {"next_step"}
    book.change("d1", BEGIN + timedelta(hours=2), "amount", 5)
    outcome = synced(settings, BEGIN + timedelta(hours=3))
    assert any(f"{column} can no longer be read" in note for note in outcome.notes)
    again = synced(settings, BEGIN + timedelta(hours=4))
    assert not any("can no longer be read" in note for note in again.notes)
    rows = {r.get("Id", r.get("hs_object_id", r.get("id"))): r for r in rows_of_any(settings, VENDORS[vendor][1])}
    assert (rows["d1"][column], float(rows["d1"].get("Amount", rows["d1"].get("amount")))) == ("Call", 5.0)


def rows_of_any(settings, table):
    state = SyncState(connector_files.folder_of(settings, "shop"))
    rows = [json.loads(line) for line in lines_of(state, table)]
    state.close()
    return rows


def test_large_tables_of_salesforce_come_by_the_bulk_api(settings, server):
    generator, book = random.Random(3), Book()
    connected(settings, server, "salesforce", book)
    server.total = 60_000
    for day in range(3):
        played(book, generator, day, 12)
        assert synced(settings, BEGIN + timedelta(days=day, hours=13)).failures == []
    paths = [r.path for r in server.requests]
    assert any("jobs/query" in path for path in paths)
    assert {r["IsClosed"] for r in rows_of_any(settings, "Opportunity")} == {False}
    assert_history(settings, book)


def test_what_may_not_be_read_is_left_out_where_it_is_not_needed(settings, server):
    book = Book()
    book.create("d1", BEGIN, stage="s0", amount=1, close_on="2026-03-31", owner_id="005000000000001AAA")
    connected(settings, server, "salesforce", book)
    server.fault("Task/describe", 403, [{"message": "no access", "errorCode": "INSUFFICIENT_ACCESS"}])
    server.fault("Opportunity/describe", 403, [{"message": "no access", "errorCode": "INSUFFICIENT_ACCESS"}])
    outcome = synced(settings)
    assert "Task is left out, for the sign-in may not read it." in outcome.notes
    assert "INSUFFICIENT_ACCESS no access" in outcome.failures[0]
    assert len(outcome.failures) == 1
    with source_registry.opened(settings) as store:
        assert source_registry.named(settings, store, "shop").n_rows > 0


def test_a_refused_sign_in_says_so_without_the_secret(settings, server):
    connected(settings, server, "zoho", Book())
    message = f"bad secret {SECRETS['ZOHO_CLIENT_SECRET']}"
    server.fault("/oauth/v2/token", 400, {"error": "invalid_client", "error_description": message}, times=9)
    failures = synced(settings).failures
    assert "gives no token: bad secret •••" in failures[0]
