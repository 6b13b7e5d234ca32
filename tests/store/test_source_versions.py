"""Sources of a workspace: versions, the choice for everybody, two at once."""

from __future__ import annotations

from datetime import date

import pytest

from core.contracts.errors import ConflictError, StoreError
from core.store import source_in_force

FILES = [{"name": "deals.csv", "digest": "ab" * 16, "bytes": 12}]
VALUES = {
    "folder": "",
    "files": FILES,
    "mapping": {"opportunities": {"file": "deals.csv"}},
    "n_rows": 3,
    "as_of_on": date(2026, 3, 31),
    "is_removed": False,
}


def test_versions_are_added_chosen_and_never_overwritten(store):
    sources = store.sources
    assert (sources.chosen(), sources.standing()) == (None, [])
    first = sources.keep(" CRM ", VALUES, "ana")
    assert (first.name, first.version, first.files, first.as_of_on) == ("CRM", 1, tuple(FILES), date(2026, 3, 31))
    assert sources.chosen() == ("CRM", 1)
    second = sources.keep("CRM", {**VALUES, "n_rows": 4}, "bo", 1, is_chosen=False)
    assert (second.version, sources.chosen()) == (2, ("CRM", 1))
    assert [(v.version, v.n_rows, v.author) for v in sources.versions("CRM")] == [(2, 4, "bo"), (1, 3, "ana")]
    assert sources.version("CRM", 1).mapping == VALUES["mapping"]
    sources.choose("CRM", 2, "bo")
    sources.choose("sample", 0, "ana")
    assert sources.chosen() == ("sample", 0)
    assert store.audit.newest()["target"].to_list() == [
        "sample",
        "CRM, version 2",
        "CRM, version 2",
        "CRM, version 1",
        "CRM, version 1",
    ]


def test_who_comes_second_is_told_and_nothing_is_lost(store):
    store.sources.keep("CRM", VALUES, "ana")
    with pytest.raises(ConflictError, match="version 1 of the source 'CRM' already, by ana") as met:
        store.sources.keep("CRM", {**VALUES, "n_rows": 9}, "bo")
    assert met.value.theirs["version"] == 1
    assert [v.n_rows for v in store.sources.versions()] == [3]


def test_what_was_removed_is_gone_and_can_come_back(store):
    store.sources.keep("CRM", VALUES, "ana")
    store.sources.keep("CRM", {**VALUES, "files": [], "is_removed": True}, "ana", 1, is_chosen=False)
    assert store.sources.standing() == []
    with pytest.raises(StoreError, match="no source called 'CRM'"):
        store.sources.version("CRM")
    assert store.sources.keep("CRM", VALUES, "bo", 2).version == 3
    assert [v.version for v in store.sources.standing()] == [3]
    with pytest.raises(StoreError, match="no version 7"):
        store.sources.version("CRM", 7)


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_name_has_1_to_120_characters(store, name):
    with pytest.raises(StoreError, match="1 to 120"):
        store.sources.keep(name, VALUES, "ana")


def test_the_choice_is_asked_without_a_store_and_a_database_that_is_not_there_is_not_made(store, url, tmp_path):
    assert source_in_force.chosen(url) is None
    store.sources.keep("CRM", VALUES, "ana")
    assert source_in_force.chosen(url) == store.sources.chosen() == ("CRM", 1)
    absent = tmp_path / "absent" / "quarterdeck.db"
    assert source_in_force.chosen(f"sqlite:///{absent}") is None
    assert not absent.parent.exists()
