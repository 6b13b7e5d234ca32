"""Two servers behind a proxy with its shipped file: a kill and a rolling restart lose no click, files come from any."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("proxies")]


@pytest.fixture(scope="module")
def replicas():
    folder = ROOT / "benchmarks"
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("replicas", folder / "replicas.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["replicas"] = module
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(folder))


@pytest.fixture
def homes(small_settings, small_bundle, tmp_path):
    """Two servers with the data and models of the small company; SQLite serves both, for they share a machine."""
    env = {
        "QUARTERDECK_HOME": str(small_settings.home),
        "QUARTERDECK_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
    }
    return [env, env]


@pytest.mark.parametrize(("proxy", "event"), [("haproxy", "restart"), ("nginx", "restart"), ("haproxy", "kill")])
def test_no_click_is_lost(replicas, homes, proxy, event):
    if shutil.which(proxy, path="/usr/sbin:/usr/bin") is None:
        pytest.skip(f"{proxy} is not installed")
    with replicas.fleet(2, proxy, homes) as fleet:
        figures = asyncio.run(replicas.visit(fleet, 4, 60.0 if event == "restart" else 25.0, event, pause=3.0))
    assert figures["lost"] == 0, (figures, fleet.notes)
    assert figures["came_back"] >= 1
    assert figures["moves"] >= 20
