"""What operations look at: an installation with an empty home, and the small company's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.config import load
from core.store import Store

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """Settings of a new installation, whose folder is the working folder."""
    monkeypatch.chdir(tmp_path)
    return load(environ={"QUARTERDECK_HOME": str(tmp_path / "home")})


@pytest.fixture
def opened(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'q.db'}", lambda: NOW)
    yield lambda: store
    store.close()
