"""A signed address gives its file to the person and browser it was made for, as long as they may have it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.runtime.media_file_storage import MediaFileKind
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from core.config import load
from core.replicas.signed_files import Grant
from core.store import Store
from core.store.sign_ins import key_of
from pages.ui.kit import cache, download_rights
from pages.ui.server import browser_mark, signed_downloads

ANA, MARK = "ana@example.com", "a browser's mark"
SETTINGS = """access:
  sign_in: header
  people: {ana@example.com: {roles: [leader]}, bo@example.com: {roles: [leader]}, cy@example.com: {roles: [legal]}}
roles: {leader: ["pipeline:read"], legal: ["enablement:read"]}
"""


@pytest.fixture
def store(tmp_path, monkeypatch):
    (tmp_path / "quarterdeck.yaml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(tmp_path / "quarterdeck.yaml"))
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    opened = Store.open(load().database)
    monkeypatch.setattr(cache, "store", lambda _: opened)
    download_rights._secret.cache_clear()
    yield opened
    opened.close()


@pytest.fixture
def client():
    downloads = signed_downloads.SignedDownloads(lambda: download_rights)
    client = TestClient(Starlette(routes=[downloads.route()]))
    client.downloads = downloads
    return client


def grant(store, user=ANA):
    key = key_of(user, "header", "tab")
    hours = timedelta(hours=9)
    store.sign_ins.seen(key, user, "device", "10.0.0.1", hours, hours, "leader")
    return Grant(user, "pipeline:read", browser_mark.known_by(MARK), key, "Deals ü.csv", "text/csv")


def asked(client, address, user=ANA, mark=MARK):
    headers = {"X-Forwarded-Email": user, "Cookie": f"{browser_mark.NAME}={mark}"}
    return client.get(address, headers=headers)


def test_only_the_person_in_the_browser_gets_it(store, client):
    address = client.downloads.address(b"a,b", grant(store))
    answer = asked(client, address)
    assert (answer.status_code, answer.content) == (200, b"a,b")
    assert "Deals%20%C3%BC.csv" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    refused = [asked(client, address, user="bo@example.com"), asked(client, address, mark="other"), client.get(address)]
    assert [answer.status_code for answer in refused] == [404] * 3
    assert b"a,b" not in b"".join(answer.content for answer in refused)


def test_nobody_gets_it_whose_right_or_sign_in_is_gone(store, client):
    without = client.downloads.address(b"a,b", grant(store, "cy@example.com"))
    assert asked(client, without, "cy@example.com").status_code == 404
    unlisted = client.downloads.address(b"a,b", grant(store, "dy@example.com"))
    assert asked(client, unlisted, "dy@example.com").status_code == 404
    given = grant(store)
    address = client.downloads.address(b"a,b", given)
    assert asked(client, address).status_code == 200
    store.sign_ins.end(given.sign_in, ANA)
    assert asked(client, address).status_code == 404


def test_a_page_hands_out_the_address_in_place_of_the_file(store, client, monkeypatch):
    monkeypatch.setattr(MemoryMediaFileStorage, "get_url", MemoryMediaFileStorage.get_url)
    monkeypatch.setattr(MemoryMediaFileStorage, signed_downloads.OWNER, None, raising=False)
    assert signed_downloads.released(b"a,b", grant(store)) == b"a,b", "without a server the file itself"
    signed_downloads.install(client.downloads)
    signed_downloads.install(client.downloads)
    storage = MemoryMediaFileStorage("/media")
    number = storage.load_and_get_id(
        signed_downloads.released(b"a,b", grant(store)), "text/csv", MediaFileKind.DOWNLOADABLE, "a.csv"
    )
    address = storage.get_url(number)
    assert asked(client, address).content == b"a,b"
    assert not storage._files_by_id, "the store has it, and not the memory of this server"
    picture = storage.load_and_get_id(b"<svg/>", "image/svg+xml", MediaFileKind.MEDIA)
    assert storage.get_url(picture).startswith("/media/")


def test_where_it_cannot_be_kept_this_server_hands_it_out(store, client, monkeypatch):
    def away():
        raise OSError("no space left")

    monkeypatch.setattr(download_rights, "files", away)
    assert client.downloads.address(b"a,b", grant(store)) is None
    assert client.get("/download/a.1.b/x").status_code == 503
