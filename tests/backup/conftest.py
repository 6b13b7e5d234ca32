"""Databases of both kinds, as the store's tests have them, and an installation with something in it."""

from __future__ import annotations

import io

import pytest

from core.config import load
from core.jobs.job_process import now
from core.replicas.database_place import DatabasePlace
from core.sealing.sealing_keys import Key
from core.store import Store
from core.store.sessions import Sessions
from tests.store.conftest import blank, cluster, url

__all__ = ["blank", "cluster", "url"]


@pytest.fixture
def key():
    return Key(bytes(range(32)))


@pytest.fixture
def installation(url, tmp_path):
    """Settings of an installation whose database and home hold something."""
    home = tmp_path / "home"
    (home / "sources").mkdir(parents=True)
    (home / "sources" / "deals.csv").write_bytes(b"id,amount\n1,2\n")
    (home / "artifacts").mkdir()
    (home / "artifacts" / "model").write_bytes(b"made again when needed")
    (tmp_path / "quarterdeck.yaml").write_text("company: Ours\n", encoding="utf-8")
    store = Store.open(url)
    store.audit.add("ana", "signed in", "leader")
    store.scenarios.save("Plan ü", "ana", {"levers": {"win_rate": 5}})
    saved = store.requirement_sets.save_with_file("Acme", "bo", {"rows": []}, ("rfp.xlsx", bytes(range(256)) * 5))
    assert saved.version == 1
    database = DatabasePlace(Sessions(store.engine), now)
    database.write("results", "key", io.BytesIO(b"made again when needed"), "digest", {})
    store.close()
    environ = {
        "QUARTERDECK_HOME": str(home),
        "QUARTERDECK_DATABASE_URL": url,
        "QUARTERDECK_CONFIG": str(tmp_path / "quarterdeck.yaml"),
    }
    return load(environ=environ), environ
