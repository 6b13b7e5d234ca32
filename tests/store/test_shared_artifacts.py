"""Servers with a folder each share what was worked out, by a database: one makes it, the others wait and read."""

from __future__ import annotations

import io
import threading
import time
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from sqlalchemy import delete

from core.artifacts import FRAME, JSON, MODELS, RESULTS, SAMPLE, SNAPSHOTS, VECTORS, ArtifactCache, Memory, use_tier
from core.artifacts.folder_tier import FolderTier
from core.artifacts.opened import open_cache
from core.artifacts.tiers import DamagedError
from core.config import load
from core.contracts.errors import StoreError
from core.jobs.job_process import now
from core.replicas import leasing, places, shared_tier, sharing
from core.replicas.database_place import DatabasePlace
from core.replicas.shared_tier import SharedTier
from core.store import Store
from core.store.leases import LEASE, Leases, SharedNotes
from core.store.sessions import Sessions
from core.store.tables import LeaseRow, SharedArtifactPartRow, SharedArtifactRow, SharedNoteRow


class Server:
    """A server with a folder and a memory of its own."""

    def __init__(self, folder, url):
        self.store = Store.open(url)
        sessions = Sessions(self.store.engine, pauses=())
        self.place = DatabasePlace(sessions, now)
        self.tier = SharedTier(FolderTier(folder), self.place, Leases(sessions, now))
        self.cache = ArtifactCache(self.tier, Memory())


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shared_url(request, tmp_path_factory):
    """The URL of one database for all tests, for making one takes longer than what is tested in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('shared') / 'quarterdeck.db'}"
        return
    import psycopg

    base = request.getfixturevalue("cluster")
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE shared_artifacts")
        yield f"{base}/shared_artifacts"
        connection.execute("DROP DATABASE shared_artifacts WITH (FORCE)")


@pytest.fixture
def url(shared_url):
    """The same database without rows."""
    opened = Store.open(shared_url)
    with opened.engine.begin() as connection:
        for table in (SharedArtifactRow, SharedArtifactPartRow, LeaseRow, SharedNoteRow):
            connection.execute(delete(table))
    opened.close()
    return shared_url


@pytest.fixture
def store(url):
    opened = Store.open(url)
    yield opened
    opened.close()


@pytest.fixture
def servers(url, tmp_path):
    opened = [Server(tmp_path / name, url) for name in ("one", "two")]
    yield opened
    for server in opened:
        server.store.close()


def never():
    raise AssertionError("It was made again.")


def test_what_one_server_made_another_reads(servers):
    first, second = servers
    rows = pl.DataFrame({"a": [1, 2, 3]})
    first.cache.get(SAMPLE, "key", lambda: rows, FRAME, about=lambda frame: {"rows": frame.height})
    assert second.cache.is_kept(SAMPLE, "key")
    assert second.cache.get(SAMPLE, "key", never, FRAME).equals(rows)
    assert second.cache.entries(SAMPLE)[0].about == {"rows": 3}
    assert second.tier.local.entries(SAMPLE.name)[0].about == {"rows": 3}
    assert second.cache.read(SAMPLE, "other", FRAME) is None


def test_what_was_made_before_anything_was_shared_is_there_and_others_get_it(servers):
    first, second = servers
    alone = ArtifactCache(first.tier.local, Memory())
    alone.put(SNAPSHOTS, "before", {"n": 1}, JSON)
    assert first.cache.is_kept(SNAPSHOTS, "before")
    assert not second.cache.is_kept(SNAPSHOTS, "before")
    assert first.cache.get(SNAPSHOTS, "before", never, JSON) == {"n": 1}
    assert second.cache.is_kept(SNAPSHOTS, "before")
    assert not second.cache.is_kept(SNAPSHOTS, "../before")


def test_one_makes_it_while_the_other_waits(servers):
    made, results = [], []

    def slow():
        made.append(1)
        time.sleep(0.3)
        return {"value": 7}

    def ask(server):
        results.append(server.cache.get(RESULTS, "slow", slow, JSON))

    threads = [threading.Thread(target=ask, args=(server,)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [{"value": 7}] * 2
    assert made == [1]


def test_what_changes_under_one_key_is_read_anew(servers):
    first, second = servers
    first.cache.put(VECTORS, "words", {"n": 1}, JSON)
    assert second.cache.read(VECTORS, "words", JSON) == {"n": 1}
    first.cache.update(VECTORS, "words", lambda old: {"n": old["n"] + 1}, JSON)
    assert second.cache.update(VECTORS, "words", lambda old: {"n": old["n"] + 1}, JSON) == {"n": 3}
    first.cache.pin(MODELS, "version", why="gone back to")
    assert second.cache.pinned(MODELS) == {"version": {"why": "gone back to"}}


def test_the_number_of_a_kind_bounds_the_place_and_each_folder(servers):
    first, second = servers
    for number in range(SNAPSHOTS.entries + 2):
        first.cache.get(SNAPSHOTS, f"k{number}", lambda number=number: {"n": number}, JSON)
        assert second.cache.read(SNAPSHOTS, f"k{number}", JSON) == {"n": number}
    for server in servers:
        first.tier.let_go(SNAPSHOTS.name)
        assert len(server.tier.local.entries(SNAPSHOTS.name)) <= SNAPSHOTS.entries + 1
    assert [entry.key for entry in first.place.entries(SNAPSHOTS.name)] == ["k2", "k3", "k4"]
    first.tier.renew(SNAPSHOTS.name, "k2", 1)
    assert [entry.key for entry in second.cache.entries(SNAPSHOTS)] == ["k3", "k4", "k2"]
    assert [entry.key for entry in second.cache.prune(SNAPSHOTS)] == ["k3", "k4", "k2"]
    assert first.place.entries(SNAPSHOTS.name) == []


def test_a_damaged_folder_is_brought_anew(servers):
    first, _ = servers
    first.cache.put(RESULTS, "key", {"n": 1}, JSON)
    (first.tier.local.root / "results" / "key" / "value.json").write_text("{}", encoding="utf-8")
    first.cache.forget(RESULTS)
    assert first.cache.read(RESULTS, "key", JSON) == {"n": 1}
    with pytest.raises(DamagedError):
        places.unpack(io.BytesIO(b"no archive" * 100), first.tier.local.root)


def test_without_the_place_a_server_goes_on_by_itself(servers, monkeypatch):
    first, second = servers
    first.cache.put(RESULTS, "before", {"n": 1}, JSON)

    def away(*_):
        raise StoreError("The database does not answer.")

    for name in ("digest", "read", "write", "renew", "entries", "delete"):
        monkeypatch.setattr(second.place, name, away)
    monkeypatch.setattr(Leases, "acquire", away)
    assert second.cache.get(RESULTS, "before", lambda: {"n": 2}, JSON) == {"n": 2}
    assert second.tier.is_away
    assert [entry.key for entry in second.cache.entries(RESULTS)] == ["before"]
    monkeypatch.setattr(shared_tier, "AWAY_SECONDS", 0.0)
    assert second.cache.get(RESULTS, "after", lambda: {"n": 3}, JSON) == {"n": 3}
    assert not second.tier.delete(RESULTS.name, "after")
    monkeypatch.undo()
    second.tier._away_until = 0.0
    assert first.cache.read(RESULTS, "after", JSON) is None
    assert second.cache.get(RESULTS, "back", lambda: {"n": 4}, JSON) == first.cache.read(RESULTS, "back", JSON)


def test_what_a_server_had_before_it_shared_is_brought_to_the_place(servers):
    first, second = servers
    ArtifactCache(first.tier.local, Memory()).put(MODELS, "old", {"n": 1}, JSON, about={"source": "sample"})
    assert second.cache.read(MODELS, "old", JSON) is None
    assert first.cache.read(MODELS, "old", JSON) == {"n": 1}
    assert second.cache.read(MODELS, "old", JSON) == {"n": 1}
    assert second.cache.entries(MODELS)[0].about == {"source": "sample"}


def test_large_files_go_in_parts(servers, monkeypatch):
    from core.replicas import database_place

    monkeypatch.setattr(database_place, "PART_BYTES", 1_000)
    first, second = servers
    rows = pl.DataFrame({"a": range(5_000)})
    first.cache.put(SAMPLE, "large", rows, FRAME)
    assert second.cache.read(SAMPLE, "large", FRAME).equals(rows)


def test_a_lease_is_one_servers_until_it_gives_it_back_or_dies(store):
    moment = [datetime(2026, 1, 1, tzinfo=UTC)]
    leases = Leases(Sessions(store.engine), lambda: moment[0])
    assert leases.acquire("models/x", "one")
    assert not leases.acquire("models/x", "two")
    moment[0] += LEASE - timedelta(seconds=1)
    assert leases.renew("models/x", "one")
    moment[0] += LEASE - timedelta(seconds=1)
    assert not leases.acquire("models/x", "two")
    moment[0] += timedelta(seconds=2)
    assert leases.acquire("models/x", "two"), "whose owner died is taken over"
    assert not leases.renew("models/x", "one")
    leases.release("models/x", "one")
    assert not leases.acquire("models/x", "three")
    leases.release("models/x", "two")
    assert leases.acquire("models/x", "three")


def test_a_lease_is_renewed_beside_the_work(store, monkeypatch):
    monkeypatch.setattr(leasing, "RENEWED_EVERY_S", 0.02)
    leases, renewed = Leases(Sessions(store.engine), now), []
    monkeypatch.setattr(leases, "renew", lambda *_: renewed.append(1) or len(renewed) < 3)
    with leasing.held(leases, "a") as is_held:
        assert is_held
        assert not leases.acquire("a", "another")
        time.sleep(0.3)
    assert len(renewed) == 3
    assert leases.acquire("a", "another")


def test_notes_are_shared(store):
    notes = SharedNotes(Sessions(store.engine))
    assert notes.get("secret") is None
    assert notes.ensure("secret", "a") == "a"
    assert notes.ensure("secret", "b") == "a"
    notes.put("secret", "c")
    assert notes.get("secret") == "c"


@pytest.fixture
def closed_later(monkeypatch):
    """Close whatever is opened in a test: a server that shares keeps its connections as long as it lives."""
    opened, really_open = [], Store.open

    def noted(*words, **options):
        opened.append(really_open(*words, **options))
        return opened[-1]

    monkeypatch.setattr(Store, "open", noted)
    yield
    for store in opened:
        store.close()


def test_the_settings_say_what_is_shared(tmp_path, url, closed_later):
    where = {"QUARTERDECK_DATABASE_URL": url, "QUARTERDECK_CONFIG": ""}
    alone = [load(environ={"QUARTERDECK_HOME": str(tmp_path / name), **where}) for name in ("one", "two")]
    assert not sharing.share(alone[0], now)
    by_database = alone[0].replicas.model_copy(update={"artifacts": "database"})
    shared = [settings.model_copy(update={"replicas": by_database}) for settings in alone]
    for settings in shared:
        assert sharing.share(settings, now)
        cache = open_cache(settings.home)
        assert sharing.share(settings, now)
        assert open_cache(settings.home) is cache
    open_cache(alone[0].home).put(RESULTS, "key", {"n": 1}, JSON)
    assert open_cache(alone[1].home).read(RESULTS, "key", JSON) == {"n": 1}
    for settings in shared:
        use_tier(settings.home, FolderTier(settings.home))
