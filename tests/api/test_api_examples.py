"""The worked examples of the API guide run as they stand."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from core.api.application import application
from core.store import Store

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[1:]


@pytest.fixture(scope="module")
def api(small, small_settings, small_bundle, tmp_path_factory):
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('examples') / 'store.db'}")
    token, _ = store.api_keys.make("guide", "local", "test")
    app = application(lambda: small_settings, lambda _: small, lambda _: store, a_minute=100_000)
    client = TestClient(app, base_url="http://testserver/v1/", headers={"Authorization": f"Bearer {token}"})
    client.event_hooks["response"] = [lambda answer: answer.status_code == 304 or answer.raise_for_status()]
    yield client
    store.close()


def test_there_are_ten():
    assert len(BLOCKS) == 10


@pytest.mark.parametrize("block", BLOCKS, ids=[str(number) for number in range(1, len(BLOCKS) + 1)])
def test_an_example_runs_and_prints(api, block):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(block, {"api": api})  # The guide's own words, of this repository.
    lines = out.getvalue().strip().splitlines()
    assert lines
    assert "None" not in lines[0]
    if "Idempotency-Key" in block:
        assert len(set(lines)) == 1
    if "If-None-Match" in block:
        assert lines == ["200 304"]
