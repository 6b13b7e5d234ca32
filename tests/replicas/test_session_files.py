"""What belongs to a session is sealed with its own secret, ends after a while, and is bounded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.artifacts import ArtifactCache, Memory
from core.artifacts.folder_tier import FolderTier
from core.artifacts.kinds import UPLOADS
from core.artifacts.session_files import SessionFiles
from core.replicas import signed_files
from core.replicas.signed_files import Grant
from core.sealing.vault import Vault
from core.sources import session_copy
from core.store import Store
from core.store.leases import SharedNotes
from core.store.sessions import Sessions
from tests.clocks import Clock

DAY, SECRET, KEY = timedelta(days=1), "s" * 32, "ab" * 32
GRANT = Grant("ana@example.com", "pipeline:read", "browser", "sign-in", "Deals ü.csv", "text/csv")


@pytest.fixture
def cache(tmp_path):
    return ArtifactCache(FolderTier(tmp_path), Memory())


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize("environ", [{}, {"QUARTERDECK_KEY": KEY}])
def test_only_the_secret_opens_it_and_not_for_ever(cache, clock, tmp_path, environ):
    files = SessionFiles(cache, environ=environ)
    files.keep(SECRET, "data", b"margins of ACME", clock(), DAY)
    assert files.read(SECRET, "data", clock()) == b"margins of ACME"
    assert files.read("t" * 32, "data", clock()) is None
    assert files.read(SECRET, "other", clock()) is None
    written = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert not any(b"ACME" in content or SECRET.encode() in content for content in written)
    clock.later(days=2)
    assert files.read(SECRET, "data", clock()) is None
    assert files.tidy(clock()) == 1
    assert cache.entries(UPLOADS) == []


def test_the_installations_key_is_needed_too_and_can_be_changed(cache, clock):
    SessionFiles(cache, environ={"QUARTERDECK_KEY": KEY}).keep(SECRET, "data", b"content", clock(), DAY)
    assert SessionFiles(cache, environ={}).read(SECRET, "data", clock()) is None
    changed = SessionFiles(cache, environ={"QUARTERDECK_KEY": f"{'cd' * 32} {KEY}"})
    assert changed.read(SECRET, "data", clock()) == b"content"
    changed.drop(SECRET, "data")
    assert changed.read(SECRET, "data", clock()) is None


def test_all_together_take_no_more_than_their_bytes(cache, clock):
    files = SessionFiles(cache, most_bytes=2_500, environ={})
    for number in range(4):
        files.keep(SECRET, f"file {number}", bytes(1_000), clock(), DAY)
    assert [files.read(SECRET, f"file {number}", clock()) is None for number in range(4)] == [True, True, False, False]


def test_what_nobody_can_date_goes(cache, clock):
    cache.put(UPLOADS, "stray", {"n": 1})
    assert SessionFiles(cache).tidy(clock()) == 1


def test_a_dataset_comes_back_as_it_was(small):
    data = replace(small, is_transient=True, open_stages=("Discovery",), currency="EUR", known_fingerprint=None)
    again = session_copy.unpacked(session_copy.packed(data))
    assert again.fingerprint == data.fingerprint
    assert again.is_transient
    assert (again.as_of, again.source, again.missing) == (data.as_of, data.source, data.missing)
    assert again.frame("transactions").equals(data.frame("transactions"))
    assert again.rejected.equals(data.rejected)
    assert again.row_counts == data.row_counts


@pytest.fixture
def secret(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    notes, vault = SharedNotes(Sessions(store.engine)), Vault({"QUARTERDECK_KEY": KEY})
    made = signed_files.signing_secret(notes, vault)
    assert signed_files.signing_secret(notes, vault) == made
    assert made.hex() not in (notes.get(signed_files.NOTE) or "")
    store.close()
    return made


def test_a_signed_address_opens_its_file_for_some_minutes(cache, clock, secret):
    files = SessionFiles(cache, environ={})
    address = signed_files.issue(files, secret, GRANT, b"rows", clock())
    assert signed_files.opened(files, secret, address, clock()) == (GRANT, b"rows")
    token, until, signature = address.split(".")
    forged = (
        f"{token}.{int(until) + 9_999}.{signature}",
        f"{token}.{until}.{'0' * 64}",
        f"{token[:-1]}x.{until}.{signature}",
        "nothing",
        f"{token}.²{until}.{signature}",
    )
    assert not any(signed_files.opened(files, secret, other, clock()) for other in forged)
    assert signed_files.opened(files, b"another", address, clock()) is None
    clock.later(minutes=11)
    assert signed_files.opened(files, secret, address, clock()) is None
