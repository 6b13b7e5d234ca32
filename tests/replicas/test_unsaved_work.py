"""What somebody typed and did not save is there on another server, for them alone and not for ever."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from core.artifacts import ArtifactCache, Memory
from core.artifacts.folder_tier import FolderTier
from core.artifacts.kinds import UNSAVED
from core.artifacts.session_files import SessionFiles
from core.replicas.database_place import DatabasePlace
from core.replicas.shared_tier import SharedTier
from core.replicas.unsaved_work import UnsavedWork, as_text
from core.sources.draft_map import DraftMap, TableDraft
from core.store import Store
from core.store.leases import Leases
from core.store.sessions import Sessions
from tests.clocks import Clock

HOUR, MINE = timedelta(hours=1), "m" * 32
ROWS = {"3 Sheet": {"version": 2, "due_on": date(2026, 5, 4), "at": datetime(2026, 5, 1, 9, tzinfo=UTC), "note": None}}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def servers(tmp_path, clock):
    """Two servers with a home each, who share a database."""
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    sessions = Sessions(store.engine)
    tiers = [
        SharedTier(FolderTier(tmp_path / name), DatabasePlace(sessions, clock), Leases(sessions, clock))
        for name in ("one", "two")
    ]
    yield [SessionFiles(ArtifactCache(tier, Memory()), UNSAVED, environ={}) for tier in tiers]
    store.close()


def test_another_server_gives_it_back_to_the_same_person(servers, clock):
    first, second = (UnsavedWork(files, MINE) for files in servers)
    first.keep("rows", {}, as_text(ROWS), clock(), HOUR)
    assert second.read("rows", clock()) == ROWS
    assert UnsavedWork(servers[1], "o" * 32).read("rows", clock()) == {}
    clock.later(hours=2)
    assert second.read("rows", clock()) == {}
    assert servers[1].tidy(clock()) == 1


def test_two_windows_take_nothing_from_each_other(servers, clock):
    first, second = (UnsavedWork(files, MINE) for files in servers)
    first.keep("rows", {}, as_text({"a": 1, "b": 2}), clock(), HOUR)
    before = as_text(second.read("rows", clock()))
    second.keep("rows", before, as_text({"a": 1, "c": 3}), clock(), HOUR)
    first.keep("rows", as_text({"a": 1, "b": 2}), as_text({"a": 9, "b": 2}), clock(), HOUR)
    assert second.read("rows", clock()) == {"a": 9, "c": 3}


def test_what_was_saved_elsewhere_does_not_come_back(servers, clock):
    first, second = (UnsavedWork(files, MINE) for files in servers)
    first.keep("rows", {}, as_text(ROWS), clock(), HOUR)
    second.keep("rows", as_text(ROWS), {}, clock(), HOUR)
    assert first.read("rows", clock()) == {}, "the first server's own copy is older"


def test_what_json_cannot_say_is_refused():
    with pytest.raises(TypeError, match="object cannot be kept"):
        as_text({"a": object()})


def test_a_half_made_map_comes_back_as_it_was(servers, clock):
    table = TableDraft(
        "a.csv", None, 1, 3, {"Id": ("1", "2")}, "own", 0.5, "accounts", {"account_id": "Id"}, {}, ("x",)
    )
    draft = DraftMap((table,), {"currency": "EUR"}, ("b.txt was not read.",))
    draft = draft.with_column(0, "account_name", {"join": ["First", "Last"]}).with_stages({"*": {"order": ["New"]}})
    work = UnsavedWork(servers[0], MINE)
    work.keep("map", {}, as_text({"map": draft.to_dict()}), clock(), HOUR)
    again = DraftMap.from_dict(UnsavedWork(servers[1], MINE).read("map", clock())["map"])
    assert again == draft
    assert again.as_map() == draft.as_map()
