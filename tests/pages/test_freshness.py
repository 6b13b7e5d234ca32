"""Open pages that show earlier data run again, once, and not while they are at it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSessionState

from pages.ui.server import freshness


class Page:
    def __init__(self, number, state=AppSessionState.APP_NOT_RUNNING):
        self.id, self._state, self.runs = number, state, 0
        self._client_state = ClientState(page_script_hash="data", fragment_id="part", query_string="region=EMEA")

    def request_rerun(self, asked):
        assert (asked.page_script_hash, asked.query_string, asked.fragment_id) == ("data", "region=EMEA", "")
        self.runs += 1


@pytest.fixture
def pages(monkeypatch):
    monkeypatch.setattr(freshness._WATCH, "shown", {"old": "s1", "new": "s2", "own": None, "busy": "s1", "gone": "s1"})
    return {
        **{name: Page(name) for name in ("old", "new", "own")},
        "busy": Page("busy", AppSessionState.APP_IS_RUNNING),
    }


def test_a_page_that_shows_earlier_data_is_told_once(pages):
    assert freshness.tell(pages, "s2") == ["old"]
    assert freshness.tell(pages, "s2") == []
    assert {name: page.runs for name, page in pages.items()} == {"old": 1, "new": 0, "own": 0, "busy": 0}


def test_the_server_looks_while_pages_are_open(pages, monkeypatch):
    entries = [SimpleNamespace(session=page) for page in pages.values()]
    manager = SimpleNamespace(_session_mgr=SimpleNamespace(list_active_sessions=lambda: entries))
    monkeypatch.setattr(freshness, "get_instance", lambda: manager)
    monkeypatch.setattr(freshness, "LOOKS_EVERY_S", 0.01)
    answers = iter(["s1", OSError("away"), *["s2"] * 1_000])

    def look():
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    async def run():
        freshness.start(look)
        assert freshness.is_watching()
        await asyncio.sleep(0.3)
        freshness._WATCH.task.cancel()

    asyncio.run(run())
    assert pages["old"].runs == 1
    assert "gone" not in freshness._WATCH.shown
    assert not freshness.is_watching()
