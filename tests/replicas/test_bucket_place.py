"""A bucket as the place servers share; in memory here, against a server that speaks S3 among the slow tests."""

from __future__ import annotations

import io
import uuid

import fsspec
import pytest

from core.artifacts import JSON, RESULTS, ArtifactCache, Memory
from core.artifacts.folder_tier import FolderTier
from core.contracts.errors import ConfigError, StoreError
from core.jobs.job_process import now
from core.replicas.bucket_place import BucketPlace
from core.replicas.shared_tier import SharedTier
from core.store import Store
from core.store.leases import Leases
from core.store.sessions import Sessions


@pytest.fixture
def place():
    return BucketPlace(f"memory://artifacts-{uuid.uuid4().hex}/quarterdeck", now)


def put(place, key, content, about=None):
    place.write("results", key, io.BytesIO(content), f"digest-{len(content)}", about or {})


def content_of(place, key):
    target = io.BytesIO()
    entry = place.read("results", key, target)
    return None if entry is None else target.getvalue()


def test_what_is_written_is_read_listed_replaced_and_deleted(place):
    assert place.entries("results") == []
    assert content_of(place, "a") is None
    put(place, "a", b"first", {"n": 1})
    put(place, "b", b"other")
    assert content_of(place, "a") == b"first"
    assert place.digest("results", "a") == "digest-5"
    assert [(entry.key, entry.n_bytes, entry.about) for entry in place.entries("results")] == [
        ("a", 5, {"n": 1}),
        ("b", 5, {}),
    ]
    put(place, "a", b"second!")
    assert content_of(place, "a") == b"second!"
    assert [entry.key for entry in place.entries("results")] == ["b", "a"]
    place.renew("results", "b", 1)
    assert [entry.key for entry in place.entries("results")] == ["a", "b"]
    place.renew("results", "b", 1)
    place.renew("results", "none", 0)
    place.delete("results", "a")
    place.delete("results", "a")
    assert [entry.key for entry in place.entries("results")] == ["b"]
    assert not [path for path in place._system.find(place._root) if "/a/" in path]


def test_files_that_went_in_between_are_not_there(place):
    put(place, "a", b"first")
    place._system.rm_file(place._files("results", "a", "digest-5"))
    assert content_of(place, "a") is None


def test_two_servers_share_a_bucket(place, tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    leases = Leases(Sessions(store.engine), now)
    first, second = (
        ArtifactCache(SharedTier(FolderTier(tmp_path / n), place, leases), Memory()) for n in ("one", "two")
    )
    first.put(RESULTS, "key", {"n": 1}, JSON)
    assert second.get(RESULTS, "key", lambda: {"n": 2}, JSON) == {"n": 1}
    assert place.address in second.tier.address
    store.close()


def test_a_bucket_that_is_away_is_told_in_a_sentence(place, monkeypatch):
    def refused(*_, **__):
        raise PermissionError("403")

    monkeypatch.setattr(fsspec.implementations.memory.MemoryFileSystem, "cat_file", refused)
    with pytest.raises(StoreError, match="The bucket cannot be reached"):
        place.digest("results", "a")


def test_a_driver_that_is_not_installed_is_named():
    with pytest.raises(ConfigError, match="quarterdeck\\[stores\\]"):
        BucketPlace("nosuchstore://bucket", now)
