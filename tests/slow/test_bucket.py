"""Artefacts in a bucket, against moto's server, which stands in for a store that speaks S3."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request

import polars as pl
import pytest

from core.artifacts import FRAME, JSON, RESULTS, SAMPLE, ArtifactCache, Memory
from core.artifacts.folder_tier import FolderTier
from core.contracts.errors import StoreError
from core.jobs.job_process import now
from core.replicas.bucket_place import BucketPlace
from core.replicas.shared_tier import SharedTier
from core.store import Store
from core.store.leases import Leases
from core.store.sessions import Sessions

pytestmark = pytest.mark.slow


@pytest.fixture
def bucket(monkeypatch):
    """The address of an empty bucket, and the process that serves it."""
    pytest.importorskip("moto", reason="moto is not installed: pip install 'moto[server]' s3fs")
    s3fs = pytest.importorskip("s3fs", reason="the driver is not installed: pip install 'quarterdeck[stores]'")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([sys.executable, "-m", "moto.server", "-p", str(port)], **quiet)
    endpoint = f"http://127.0.0.1:{port}"
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    for _ in range(150):
        try:
            urllib.request.urlopen(endpoint, timeout=2).close()
            break
        except OSError:
            time.sleep(0.2)
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir("sales-artifacts")
    yield "s3://sales-artifacts/quarterdeck", server
    server.kill()
    server.wait()
    s3fs.S3FileSystem.clear_instance_cache()


def test_two_servers_share_a_bucket_and_go_on_without_it(bucket, tmp_path):
    address, server = bucket
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    leases = Leases(Sessions(store.engine), now)
    tiers = [SharedTier(FolderTier(tmp_path / n), BucketPlace(address, now), leases) for n in ("one", "two")]
    first, second = (ArtifactCache(tier, Memory()) for tier in tiers)
    rows = pl.DataFrame({"a": range(2_000_000)})
    first.put(SAMPLE, "large", rows, FRAME, about={"rows": rows.height})
    assert second.read(SAMPLE, "large", FRAME).equals(rows)
    assert second.entries(SAMPLE)[0].about == {"rows": rows.height}
    first.put(RESULTS, "key", {"n": 1}, JSON)
    assert second.get(RESULTS, "key", lambda: {"n": 2}, JSON) == {"n": 1}
    first.put(RESULTS, "key", {"n": 3}, JSON)
    time.sleep(1.1)  # S3 tells changes in whole seconds.
    first.put(RESULTS, "later", {"n": 4}, JSON)
    assert [entry.key for entry in second.entries(RESULTS)] == ["key", "later"]
    time.sleep(1.1)
    tiers[0].place.renew("results", "key", 1)
    assert [entry.key for entry in second.entries(RESULTS)] == ["later", "key"]
    assert [entry.key for entry in second.prune(RESULTS)] == ["later", "key"]
    assert tiers[0].place.entries("results") == []
    server.kill()
    server.wait()
    with pytest.raises(StoreError, match="The bucket cannot be reached"):
        tiers[0].place.digest("sample", "large")
    assert second.get(RESULTS, "alone", lambda: {"n": 5}, JSON) == {"n": 5}
    assert tiers[1].is_away
    store.close()
