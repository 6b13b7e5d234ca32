"""Whoever is killed in the middle of something is followed by another: nothing is worked out twice, nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from core.artifacts import MARTS
from core.config import load
from core.jobs.job_process import now
from core.marts.build import name_of as marts_name
from core.preparing import making
from core.sources import source_registry
from core.sources.folder import reading_of_files
from core.store import Store
from core.store.jobs import DONE
from tests.pages.test_data_states import HEAD
from tests.store.conftest import cluster

__all__ = ["cluster"]
ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.xdist_group("postgres")]
N_SERVERS, N_KEYS, N_SOURCES = 4, 12, 3  # of tables and rows three states are kept
SERVER = """
import os, sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from core.artifacts import JSON, RESULTS, ArtifactCache, Memory
from core.artifacts.folder_tier import FolderTier
from core.replicas import leasing
from core.replicas.database_place import DatabasePlace
from core.replicas.shared_tier import SharedTier
from core.store import Store, leases
from core.store.sessions import Sessions

url, home, log, n_keys = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
leases.LEASE = timedelta(seconds=4)
leasing.RENEWED_EVERY_S = 0.5
leases.Leases.acquire.__defaults__ = (leases.LEASE,)
now = lambda: datetime.now(UTC)
sessions = Sessions(Store.open(url, now).engine)
tier = SharedTier(FolderTier(home), DatabasePlace(sessions, now), leases.Leases(sessions, now))
cache = ArtifactCache(tier, Memory())

def tell(word, key):
    with open(log, "a") as file:
        file.write(f"{word} {key} {os.getpid()}\\n")

def make(key):
    tell("begins", key)
    time.sleep(0.6)
    tell("ends", key)
    return {"key": key, "by": os.getpid()}

for key in range(n_keys):
    value = cache.get(RESULTS, f"k{key}", lambda: make(key), JSON)
    tell("has", f"{key}:{value['by']}")
"""


def lines_of(log):
    return [line.split() for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def waited(condition, seconds=240.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    pytest.fail("it did not happen in time")


def test_another_server_takes_over_what_a_killed_one_was_making(cluster, tmp_path):
    url, log = f"{cluster}/postgres", tmp_path / "log"
    Store.open(url).close()
    command = [sys.executable, "-c", SERVER, url]
    servers = [
        subprocess.Popen([*command, str(tmp_path / f"home{k}"), str(log), str(N_KEYS)], cwd=ROOT)
        for k in range(N_SERVERS)
    ]
    try:
        # The owner of a lease is killed while it works, when something has been made already.
        begun = waited(lambda: [line for line in lines_of(log) if line[0] == "begins"][3:4])[0]
        os.kill(int(begun[2]), signal.SIGKILL)
        left = [server for server in servers if server.pid != int(begun[2])]
        assert [server.wait(240) for server in left] == [0] * (N_SERVERS - 1)
    finally:
        for server in servers:
            server.kill()
            server.wait()
    counts = Counter((word, key) for word, key, _ in lines_of(log))
    assert all(counts["ends", str(key)] == 1 for key in range(N_KEYS)), "each is worked out to its end once"
    again = [key for key in range(N_KEYS) if counts["begins", str(key)] > 1]
    assert again == [int(begun[1])], "that of the killed one alone is begun anew"
    seen = {(key, pid) for word, key, pid in lines_of(log) if word == "has" and int(pid) != int(begun[2])}
    assert len(seen) == N_KEYS * (N_SERVERS - 1), "all others have everything, and the same"
    assert len({key for key, _ in seen}) == N_KEYS


@pytest.fixture
def installation(cluster, tmp_path, monkeypatch):
    """Settings of workers on one machine with small sources of files, each to be read and made."""
    for name, value in {"HOME": tmp_path / "home", "DATABASE_URL": f"{cluster}/postgres", "CONFIG": ""}.items():
        monkeypatch.setenv(f"QUARTERDECK_{name}", str(value))
    settings = load()
    with source_registry.opened(settings) as store:
        for number in range(N_SOURCES):
            rows = "".join(f"{k},Deal,Discovery,{k * 10},2026-01-02,2026-05-01\n" for k in range(1, 3 + number))
            files = {"deals.csv": (HEAD + rows).encode()}
            reading = reading_of_files(files, None, settings)
            source_registry.keep(store, settings, f"S{number}", files, reading.as_map(), reading.dataset, "ana")
            store.jobs.ask(making.KIND, f"S{number}", {"version": 1, "wanted": str(number)}, "test")
    return settings


def test_another_worker_takes_over_what_a_killed_one_was_at(installation):
    command = [sys.executable, "-m", "core.cli", "worker"]
    quiet = {"stdout": subprocess.DEVNULL, "cwd": ROOT, "start_new_session": True}
    workers = [subprocess.Popen(command, **quiet) for _ in range(3)]
    store = Store.open(installation.database, now)
    try:
        running = waited(lambda: [job for job in store.jobs.recent() if job.state == "running"])[0]
        killed = int(running.worker.split(":")[1])
        assert killed in [worker.pid for worker in workers]
        os.killpg(killed, signal.SIGKILL)
        jobs = waited(lambda: all(not job.is_active for job in store.jobs.recent()) and store.jobs.recent(), 600)
        assert {job.state for job in jobs} == {DONE}
        assert {job.n_attempts for job in jobs if job.id != running.id} == {1}, "nothing else is begun anew"
        assert store.jobs.get(running.id).worker != running.worker
        for number in range(N_SOURCES):
            data = source_registry.load(installation, store.sources.version(f"S{number}"))
            assert making.is_made(MARTS, marts_name(data), installation)
    finally:
        store.close()
        for worker in workers:
            worker.kill()
            worker.wait()
