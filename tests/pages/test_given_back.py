"""Memory is handed back when pages have gone for good, and not while their browsers may come back."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from streamlit.runtime.caching.ttl_cache import TTLCache

from pages.ui.server import given_back


@pytest.fixture
def given(monkeypatch):
    calls = []
    monkeypatch.setattr(given_back, "give_back", lambda: calls.append(1))
    monkeypatch.setattr(given_back._WATCH, "most", 0)
    return calls


def manager(clock, open_pages, closed):
    cache = TTLCache(128, 120, timer=lambda: clock[0])
    cache.update({k: k for k in range(closed)})
    return SimpleNamespace(
        _session_storage=SimpleNamespace(_cache=cache), list_sessions=lambda: [*range(open_pages), *cache]
    )


def test_it_waits_until_closed_pages_cannot_come_back(given):
    clock = [0.0]
    pages = manager(clock, 2, closed=8)
    assert not asyncio.run(given_back.look(pages))
    clock[0] = 60.0
    assert not asyncio.run(given_back.look(pages))
    clock[0] = 121.0
    assert asyncio.run(given_back.look(pages))
    assert len(pages._session_storage._cache) == 0
    assert not asyncio.run(given_back.look(pages)), "once is enough"
    assert given == [1]


def test_a_few_closed_pages_are_not_worth_it(given):
    clock = [0.0]
    pages = manager(clock, 2, closed=given_back.FEWEST_CLOSED - 1)
    asyncio.run(given_back.look(pages))
    clock[0] = 121.0
    assert not asyncio.run(given_back.look(pages))
    given_back.expire(SimpleNamespace())


def test_streamlits_storage_is_the_one_that_is_expected():
    from streamlit.runtime.memory_session_storage import MemorySessionStorage

    assert hasattr(MemorySessionStorage()._cache, "expire")


def test_giving_back_runs_on_this_system():
    given_back.give_back()
