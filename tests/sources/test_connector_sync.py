"""A system described in YAML: what changed, what was deleted, what failed, and what became of secrets."""

from __future__ import annotations

import json
import logging
import random
import signal
import subprocess
import sys
from datetime import datetime, timedelta

import polars as pl
import pytest

from core.config import load
from core.contracts.errors import SourceError
from core.sealing.secret_values import Secrets
from core.sources import load_data, source_registry
from core.sources.connectors import connector_files, sync_run
from core.sources.connectors.declaration import parse
from core.sources.connectors.sync_state import SyncState
from tests.sources.stub_servers import BEGIN, Book, Stub, iso, page_of, serving

SECRET = "planted-secret-0815"
PAGE = 3
OWNER = "00500000000000{}AAA"


def described(url, **more):
    return {
        "base": url,
        "auth": {"kind": "token", "token": "${SHOP_TOKEN}"},
        "overlap": 5,
        "tables": {
            "deals": {
                "table": "opportunities",
                "id": "id",
                "modified": "meta.updated",
                "created": "created_on",
                "columns": {
                    "opportunity_id": "id",
                    "opportunity_name": "name",
                    "stage": "stage",
                    "amount": "amount",
                    "close_on": "close_on",
                    "owner_id": "owner_id",
                    "created_on": "created_on",
                    "next_step": "next_step",
                },
                "request": {
                    "path": "/deals",
                    "query": {"size": PAGE},
                    "records": "rows",
                    "pages": {"kind": "cursor", "at": "next", "param": "from"},
                    "is_ordered": True,
                },
                "changed": {
                    "path": "/deals",
                    "query": {"size": PAGE, "since": "{since}"},
                    "records": "rows",
                    "pages": {"kind": "cursor", "at": "next", "param": "from"},
                    "is_ordered": True,
                },
                "deletes": [{"path": "/deleted", "records": "rows", "at": "at"}],
                "track": {"stage": "stage", "amount": "amount", "close_on": "close_on", "owner_id": "owner_id"},
            }
        },
        **more,
    }


def shop(book, stub):
    """A shop's own system: rows by rising stamps, from a stamp on, `PAGE` at a time."""

    def deals(request):
        rows = sorted(book.live(), key=lambda d: (d.modified, d.id))
        since = request.query.get("since")
        if since:
            rows = [d for d in rows if d.modified >= datetime.fromisoformat(since)]
        page, following = page_of(rows, int(request.query.get("from", 0)), int(request.query["size"]))
        return {"rows": [record(book, d) for d in page], "next": following}

    stub.routes["GET", "/deals"] = deals
    stub.routes["GET", "/deleted"] = lambda _: {
        "rows": [{"id": d.id, "at": iso(d.deleted_at)} for d in book.deals.values() if d.deleted_at]
    }
    return stub


def record(book, deal):
    values = {k: v for k, v in deal.values.items() if k not in book.hidden}
    return {"id": deal.id, "name": f"Deal {deal.id}", "created_on": iso(deal.created), **values} | {
        "meta": {"updated": iso(deal.modified)}
    }


def filled_book(n):
    book = Book()
    for k in range(n):
        book.create(
            f"d{k}",
            BEGIN + timedelta(minutes=k // 2),
            stage="s0",
            amount=100.5 * k,
            close_on="2026-03-31",
            owner_id=OWNER.format(1),
        )
    return book


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    return settings_of(tmp_path)


def settings_of(home):
    return load(environ={"QUARTERDECK_HOME": str(home)}).model_copy(update={"time_zone": "UTC"})


@pytest.fixture
def server():
    with serving(Stub()) as stub:
        yield stub


def clock_at(moment):
    return lambda: moment


def synced(settings, moment=BEGIN + timedelta(hours=9), name="shop", waits=None):
    return sync_run.sync(settings, name, clock_at(moment), (waits if waits is not None else []).append)


def lines_of(state, table):
    return [line for lines in state.live(table) for line in lines.splitlines()]


def rows_of(settings, name="shop", table="deals"):
    state = SyncState(connector_files.folder_of(settings, name))
    try:
        return {r["opportunity_id"]: r for r in map(json.loads, lines_of(state, table))}
    finally:
        state.close()


def test_everything_is_brought_once_and_then_only_what_changed(settings, server):
    book = filled_book(8)
    shop(book, server)
    connector_files.add(settings, "shop", described(server.url))
    first = synced(settings)
    assert (first.n_changed, first.n_rows, first.failures) == (8, 8, [])
    book.change("d1", BEGIN + timedelta(hours=10), "amount", 7)
    book.delete("d2", BEGIN + timedelta(hours=10))
    server.requests.clear()
    second = synced(settings, BEGIN + timedelta(hours=11))
    assert (second.n_changed, second.n_deleted, second.n_rows) == (1, 1, 7)
    assert all("since" in r.query for r in server.requests if r.path == "/deals")
    assert rows_of(settings)["d1"]["amount"] == 7
    again = synced(settings, BEGIN + timedelta(hours=12))
    assert (again.n_changed, again.n_deleted, again.version) == (0, 0, 0)


def test_what_was_brought_opens_as_a_source_of_the_workspace(settings, server):
    book = filled_book(4)
    shop(book, server)
    connector_files.add(settings, "shop", described(server.url))
    synced(settings)
    book.change("d1", BEGIN + timedelta(days=1), "stage", "s1")
    synced(settings, BEGIN + timedelta(days=1, hours=1))
    data = load_data(settings, source="shop")
    assert (data.row_counts["opportunities"], data.as_of.isoformat()) == (4, "2026-01-06")
    history = data.frame("opportunity_history").filter(opportunity_id="d1").sort("valid_from")
    assert history.select("valid_from", "stage").rows() == [(BEGIN.date(), "s0"), (data.as_of, "s1")]
    with source_registry.opened(settings) as store:
        source = source_registry.named(settings, store, "shop")
        assert (source.version, source.n_rows, source.author) == (2, 4, "sync")


def test_a_source_in_force_serves_its_newest_version_after_a_sync(settings, server):
    book = filled_book(3)
    shop(book, server)
    connector_files.add(settings, "shop", described(server.url))
    synced(settings)
    with source_registry.opened(settings) as store:
        source_registry.choose(store, settings, "shop", "me")
    book.change("d1", BEGIN + timedelta(days=1), "amount", 1)
    synced(settings, BEGIN + timedelta(days=1, hours=1))
    assert source_registry.in_force(settings) == ("shop", 2)


def test_a_removed_source_does_not_come_back(settings, server):
    shop(filled_book(3), server)
    connector_files.add(settings, "shop", described(server.url))
    synced(settings)
    with source_registry.opened(settings) as store:
        source_registry.remove(store, settings, "shop", "me")
    assert synced(settings, BEGIN + timedelta(days=2)).version == 0


def test_it_waits_as_long_as_the_system_says(settings, server):
    shop(filled_book(3), server)
    server.fault("/deals", 429, {"message": "slow down"}, Retry_After="7")
    server.fault("/deals", 503, {"message": "busy"}, Retry_After="Thu, 01 Jan 2037 00:00:09 GMT")
    connector_files.add(settings, "shop", described(server.url))
    waits = []
    assert synced(settings, waits=waits).failures == []
    assert waits == [7, 9]


def test_it_does_not_wait_for_hours(settings, server):
    shop(filled_book(3), server)
    server.fault("/deals", 429, {"message": "daily limit"}, Retry_After="7200")
    connector_files.add(settings, "shop", described(server.url))
    (failure,) = synced(settings).failures
    assert "asks to wait 120 minutes: daily limit" in failure


def test_a_page_that_keeps_failing_ends_the_run_and_the_next_goes_on_there(settings, server):
    book = filled_book(8)
    shop(book, server)
    connector_files.add(settings, "shop", described(server.url, attempts=2))
    inner, calls = server.routes["GET", "/deals"], []

    def fails(request):
        calls.append(request)
        return (500, {"message": "broken"}, {}) if len(calls) > 2 else inner(request)

    server.routes["GET", "/deals"] = fails
    outcome = synced(settings)
    assert outcome.n_rows == 6
    assert "keeps failing: 500 broken" in outcome.failures[0]
    assert "the next sync goes on from there" in outcome.failures[0]
    server.routes["GET", "/deals"] = inner
    server.requests.clear()
    assert synced(settings).n_rows == 8
    asked = [r for r in server.requests if r.path == "/deals"]
    assert len(asked) == 2
    assert asked[0].query["since"]


def test_an_answer_that_is_no_json_is_named(settings, server):
    server.routes["GET", "/deals"] = lambda _: (200, "<html>maintenance", {"Content-Type": "text/html"})
    connector_files.add(settings, "shop", described(server.url))
    assert "answers with text/html instead of JSON" in synced(settings).failures[0]


def test_new_fields_become_columns_and_one_no_longer_readable_keeps_its_values(settings, server):
    book = filled_book(4)
    shop(book, server)
    connector = described(server.url)
    connector["tables"]["deals"]["columns"] = {}
    connector_files.add(settings, "shop", connector)
    synced(settings)
    book.deals["d1"].values["region"] = "North"
    book.change("d1", BEGIN + timedelta(days=1), "amount", 5)
    book.hidden = {"next_step"}
    synced(settings, BEGIN + timedelta(days=1, hours=1))
    folder = connector_files.folder_of(settings, "shop")
    state = SyncState(folder)
    rows = {r["id"]: r for r in map(json.loads, lines_of(state, "deals"))}
    state.close()
    assert (rows["d1"]["region"], rows["d1"]["next_step"], rows["d1"]["amount"]) == ("North", "Call", 5)
    assert "region" not in rows["d2"]
    newest = max((folder / "tables").glob("*"))
    data = source_registry.load(settings, source_registry.saved_version(settings, "shop", 0))
    assert data.opportunities.filter(opportunity_id="d1")["region"].to_list() == ["North"]
    assert (newest / "opportunities.parquet").is_file()


KILLED = """
import os, signal, sys
from datetime import datetime
from core.config import load
from core.sources.connectors import publishing, sync_run, sync_state
home, at, when, moment = sys.argv[1:]
calls = []
whole = {"commit": sync_state.SyncState.commit, "publish": publishing.publish}
def dies(*args, **kwargs):
    calls.append(1)
    if len(calls) == int(when):
        os.kill(os.getpid(), signal.SIGKILL)
    return whole[at](*args, **kwargs)
setattr({"commit": sync_state.SyncState, "publish": publishing}[at], at, dies)
config = load(environ={"QUARTERDECK_HOME": home}).model_copy(update={"time_zone": "UTC"})
sync_run.sync(config, "shop", lambda: datetime.fromisoformat(moment), lambda _: None)
"""


@pytest.mark.parametrize(("at", "when"), [("commit", 1), ("commit", 3), ("commit", 4), ("publish", 1)])
def test_a_killed_sync_loses_and_doubles_nothing(settings, server, tmp_path, at, when):
    book = filled_book(9)
    shop(book, server)
    connector_files.add(settings, "shop", described(server.url))
    moment = BEGIN + timedelta(hours=9)
    command = [sys.executable, "-c", KILLED, str(tmp_path), at, str(when), moment.isoformat()]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    book.change("d0", BEGIN + timedelta(hours=10), "stage", "s2")
    assert synced(settings, BEGIN + timedelta(hours=11)).version == 1
    rows = rows_of(settings)
    assert sorted(rows) == [f"d{k}" for k in range(9)]
    assert rows["d0"]["stage"] == "s2"
    data = load_data(settings, source="shop")
    assert data.row_counts["opportunities"] == 9


def played(book, generator, day, n, deletes=True):
    """Play a day's events into a book: new deals, changes with equal stamps, merges, deletes and undeletes."""
    moment = BEGIN + timedelta(days=day)
    for k in range(n):
        moment += timedelta(minutes=generator.choice((0, 0, 7, 45)))
        live, gone = book.live(), [d for d in book.deals.values() if d.deleted_at]
        # What is made and deleted between two syncs is never seen.
        older = [d for d in live if d.created < BEGIN + timedelta(days=day)]
        choice = generator.random()
        if not deletes:
            choice *= 0.75
        if choice < 0.25 or len(live) < 3:
            values = {
                "stage": "s0",
                "amount": generator.randrange(9000),
                "close_on": "2026-03-31",
                "owner_id": OWNER.format(1),
            }
            book.create(f"d{day}-{k}", moment, **values)
        elif choice < 0.75:
            name = generator.choice(("stage", "amount", "close_on", "owner_id"))
            value = {
                "stage": f"s{generator.randrange(4)}",
                "amount": generator.randrange(9000) / 2,
                "close_on": f"2026-0{generator.randrange(3, 9)}-15",
                "owner_id": OWNER.format(generator.randrange(3)),
            }[name]
            book.change(generator.choice(live).id, moment, name, value)
        elif choice < 0.85 and older:
            book.delete(generator.choice(older).id, moment)
        elif choice < 0.93 and gone:
            book.restore(generator.choice(gone).id, moment)
        elif len(older) > 1:
            # Two deals become one: the one that stays has the amounts of both, the other is gone.
            stays, goes = generator.sample(older, 2)
            book.change(stays.id, moment, "amount", stays.values["amount"] + goes.values["amount"])
            book.delete(goes.id, moment)


def assert_history(settings, book, name="shop"):
    """The spans a connector has published say what the book says, deal by deal and day by day."""
    folder = max((connector_files.folder_of(settings, name) / "tables").glob("[0-9]*[0-9]"))
    rows = pl.read_parquet(folder / "opportunity_history.parquet").sort("opportunity_id", "valid_from")
    spans = {}
    for row in rows.iter_rows(named=True):
        spans.setdefault(row["opportunity_id"], []).append(row)
    checked = 0
    for deal, states in book.states().items():
        if deal not in spans:
            assert len(states) == 1, deal
            continue
        expected = []
        for (day, state), following in zip(states, [*(s[0] for s in states[1:]), None], strict=True):
            if state is not None:
                stage, amount, close_on, owner = state
                expected.append((day, following, stage, float(amount), close_on, owner))
        names = ("valid_from", "valid_to", "stage", "amount", "close_on", "owner_id")
        found = [tuple(row[n] if n != "close_on" else row[n][:10] for n in names) for row in spans[deal]]
        assert found == expected, deal
        checked += 1
    assert checked > 5
    assert set(spans) <= {d.id for d in book.live()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_random_log_played_through_gives_its_own_history(settings, server, seed):
    generator, book = random.Random(seed), Book()
    shop(book, server)
    connector_files.add(settings, "shop", described(server.url))
    for day in range(8):
        played(book, generator, day, 14)
        if day == 4:
            book.stage_names["s1"] = "Renamed"
        assert synced(settings, BEGIN + timedelta(days=day, hours=13)).failures == []
    assert_history(settings, book)


def test_a_planted_secret_stands_nowhere(settings, server, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    shop(filled_book(3), server)
    server.fault("/deals", 400, {"message": f"the key {SECRET} is wrong"})
    connector_files.add(settings, "shop", described(server.url))
    failing = synced(settings)
    assert "the key ••• is wrong" in failing.failures[0]
    whole = synced(settings)
    assert server.requests[-1].headers["authorization"] == f"Bearer {SECRET}"
    texts = [failing.sentence(), whole.sentence(), caplog.text, *(str(r.getMessage()) for r in caplog.records)]
    assert not any(SECRET in text for text in texts)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 4
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def test_a_secret_in_the_yaml_is_refused_without_repeating_it():
    with pytest.raises(SourceError, match="must name a secret") as caught:
        parse(f"base: https://x\nauth: {{kind: token, token: {SECRET}}}\ntables: {{}}", "shop")
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None


def test_secrets_come_from_the_environment_or_a_file_nobody_else_reads(tmp_path):
    keys = Secrets(tmp_path, {"A": "from-environment"})
    keys.keep({"A": "from-file", "B": "other"})
    assert (keys.filled("x ${A} ${B}"), keys.hidden("other!")) == ("x from-environment other", "•••!")
    keys.file.chmod(0o644)
    with pytest.raises(SourceError, match="Others can read"):
        keys.value("B")
    keys.file.chmod(0o600)
    with pytest.raises(SourceError, match="no secret called C"):
        keys.value("C")
    keys.file.write_text("a: [", encoding="utf-8")
    with pytest.raises(SourceError, match="cannot be read"):
        keys.value("B")


def test_a_connector_speaks_https_except_to_this_machine(settings):
    connector_files.add(settings, "shop", described("http://crm.example.com"))
    with pytest.raises(SourceError, match="must speak https"):
        synced(settings)


def test_a_page_on_another_host_is_not_asked_for(settings, server):
    connector = described(server.url)
    connector["tables"]["deals"]["request"]["pages"] = {"kind": "link", "at": "next"}
    connector_files.add(settings, "shop", connector)
    server.routes["GET", "/deals"] = lambda _: {"rows": [], "next": "https://elsewhere.example.com/x"}
    assert "another host" in synced(settings).failures[0]


def test_freshness_says_when_it_was_and_when_it_is_due(settings, server):
    shop(filled_book(3), server)
    connector_files.add(settings, "shop", described(server.url, every_minutes=30))
    now = BEGIN + timedelta(hours=9)
    (fresh,) = sync_run.freshness(settings, clock_at(now))
    assert (fresh.last, fresh.due_at) == (None, now)
    synced(settings, now)
    (fresh,) = sync_run.freshness(settings, clock_at(now))
    assert (fresh.last.n_changed, fresh.running, fresh.due_at) == (3, False, now + timedelta(minutes=30))
