"""Kept sources and connected systems of one server are there on every other that shares its database."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from core.config import load
from core.contracts.errors import StoreError
from core.jobs.job_process import now
from core.replicas import home_files, sharing
from core.sealing.secret_values import Secrets
from core.sources import load_data, loading, source_registry
from core.sources.connectors import brought, connector_files, publishing, sync_run
from tests.sources.stub_servers import BEGIN, Stub, serving
from tests.sources.test_connector_sync import SECRET, described, filled_book, shop, synced
from tests.sources.test_source_registry import FILES, keep

KEY, LATER = "ab" * 32, timedelta(hours=11)


def server_of(tmp_path, name):
    """The settings of a server with a home folder of its own and the database of all."""
    environ = {
        "QUARTERDECK_HOME": str(tmp_path / name),
        "QUARTERDECK_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
    }
    plain = load(environ=environ)
    shared = plain.replicas.model_copy(update={"artifacts": "database"})
    settings = plain.model_copy(update={"time_zone": "UTC", "replicas": shared})
    sharing.share(settings, now)
    return settings


@pytest.fixture
def servers(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    monkeypatch.delenv("QUARTERDECK_KEY", raising=False)
    made = [server_of(tmp_path, "one"), server_of(tmp_path, "two")]
    yield made
    for settings in made:
        home_files.use(None, settings.home)


@pytest.fixture
def system():
    with serving(Stub()) as stub:
        yield stub


def kept(settings):
    with source_registry.opened(settings) as store:
        return keep(store, settings)


@pytest.mark.parametrize("key", ["", KEY])
def test_a_kept_source_opens_on_every_server_and_is_sealed(servers, monkeypatch, key):
    monkeypatch.setenv("QUARTERDECK_KEY", key)
    first, second = servers
    kept(first)
    assert source_registry.in_force(second) == ("CRM", 1)
    assert load_data(second).fingerprint == load_data(first).fingerprint
    content = FILES["deals.csv"]
    database = (first.home.parent / "store.db").read_bytes()
    assert (content in database) == (not key)
    with source_registry.opened(second) as store:
        source_registry.choose(store, second, "sample", "ana")
        source_registry.remove(store, second, "CRM", "ana")
    assert home_files.of(first.home).shared("sources") == {}


def test_what_was_kept_before_anything_was_shared_is_shared_too(servers, tmp_path):
    first, second = servers
    home_files.use(None, first.home)
    kept(first)
    files = home_files.HomeFiles(first.home, home_files.of(second.home).place, home_files.of(second.home).leases)
    sharing._share_home(files)
    assert load_data(second, source="CRM").row_counts["opportunities"] == 2
    sharing.bring_sources(second)
    assert len(list((second.home / "sources").glob("[0-9a-f]*"))) == 1


def test_a_system_synced_on_one_server_goes_on_on_another(servers, system):
    first, second = servers
    book = filled_book(8)
    shop(book, system)
    connector_files.add(first, "shop", described(system.url))
    assert connector_files.names(second) == ["shop"]
    assert synced(first).n_changed == 8
    assert loading.state_of(first, "shop") == loading.state_of(second, "shop")
    assert load_data(second, source="shop").fingerprint == load_data(first, source="shop").fingerprint
    last = sync_run.freshness_of(second, "shop", BEGIN + LATER).last
    assert (last.n_changed, last.started_at) == (8, BEGIN + timedelta(hours=9))
    book.change("d1", BEGIN + timedelta(hours=10), "amount", 7)
    system.requests.clear()
    again = synced(second, BEGIN + LATER)
    assert (again.n_changed, again.n_rows, again.version) == (1, 8, 2)
    assert all("since" in r.query for r in system.requests if r.path == "/deals"), "it asks what has changed alone"
    assert load_data(first, source="shop", version=2).row_counts["opportunities"] == 8


def test_old_tables_go_and_a_number_is_not_used_twice(servers, system, monkeypatch):
    first, second = servers
    monkeypatch.setattr(publishing, "MOST_FOLDERS", 2)
    book = filled_book(3)
    shop(book, system)
    connector_files.add(first, "shop", described(system.url))
    for k in range(4):
        book.change("d1", BEGIN + timedelta(days=k), "amount", k)
        synced(first, BEGIN + timedelta(days=k, hours=1))
    assert sorted(home_files.of(first.home).shared("connectors/shop/tables")) == [
        "connectors/shop/tables/000003",
        "connectors/shop/tables/000004",
    ]
    with source_registry.opened(second) as store:
        assert brought.free_number(store, "shop", 1) == 5


def test_a_description_changed_by_hand_is_taken_over_and_nobodys_change_is_lost(servers, system):
    first, second = servers
    connector_files.add(first, "shop", described(system.url, every_minutes=5))
    assert connector_files.connector(second, "shop").every_minutes == 5
    file = connector_files.folder_of(second) / "shop.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("every_minutes: 5", "every_minutes: 7"), encoding="utf-8")
    assert connector_files.connector(second, "shop").every_minutes == 7
    assert connector_files.connector(first, "shop").every_minutes == 7


def test_secrets_are_shared_sealed_or_not_at_all(servers, system, monkeypatch, caplog):
    first, second = servers
    connector_files.add(first, "shop", described(system.url))
    Secrets(connector_files.folder_of(first)).keep({"TOKEN": "refresh-token-1"})
    with caplog.at_level(logging.WARNING):
        connector_files.share_secrets(first)
    assert "Secrets are not shared" in caplog.text
    connector_files.names(second)
    assert not Secrets(connector_files.folder_of(second)).has("TOKEN")
    monkeypatch.setenv("QUARTERDECK_KEY", KEY)
    connector_files.share_secrets(first)
    connector_files.names(second)
    assert Secrets(connector_files.folder_of(second)).value("TOKEN") == "refresh-token-1"
    assert b"refresh-token-1" not in (first.home.parent / "store.db").read_bytes()


def test_without_the_place_a_server_goes_on_with_what_it_has(servers, system, monkeypatch):
    first, _ = servers
    connector_files.add(first, "shop", described(system.url))
    kept(first)
    files = home_files.of(first.home)

    def away(*_):
        raise StoreError("The database does not answer.")

    for name in ("entries", "digest", "read", "write"):
        monkeypatch.setattr(files.place, name, away)
    assert connector_files.names(first) == ["shop"]
    assert files.bring("connectors/shop.yaml")
    with pytest.raises(StoreError):
        files.bring("sources/none")
    sharing._share_home(files)
