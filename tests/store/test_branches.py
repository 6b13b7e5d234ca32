"""Scenarios as branches, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from core.contracts.errors import StoreError
from core.store import Store
from core.store.branches import tree

PLAN = {"name": "x", "levers": []}


@pytest.fixture
def kept(url):
    store = Store.open(url)
    yield store.scenarios
    store.close()


def test_a_branch_keeps_its_parent_and_the_tree_shows_it(kept):
    root = kept.keep("root", "ada", PLAN)
    twig = kept.keep("twig", "ada", PLAN, parent=root.key, description=" why ")
    kept.keep("leaf", "ada", PLAN, parent=twig.key)
    again = kept.keep("twig", "ada", PLAN, twig.version, parent="ada/leaf", description="why")
    assert (again.version, again.parent, again.description) == (2, root.key, "why")
    assert [(depth, b.name) for depth, b in tree(kept.visible("ada"))] == [(0, "root"), (1, "twig"), (2, "leaf")]
    kept.remove("twig", "ada")
    assert [(depth, b.name) for depth, b in tree(kept.visible("ada"))] == [(0, "root"), (0, "leaf")]


def test_scenarios_are_private_unless_shared(kept):
    kept.keep("mine", "ada", PLAN)
    kept.keep("ours", "ada", PLAN, is_shared=True)
    assert [b.name for b in kept.visible("bob")] == ["ours"]
    assert kept.branch("ada/ours", "bob").is_shared
    with pytest.raises(StoreError, match="no scenario called 'mine'"):
        kept.branch("ada/mine", "bob")
    with pytest.raises(StoreError, match="no scenario called 'ours'"):
        kept.lock("ours", "bob")
    copy = kept.keep("ours", "bob", PLAN, parent="ada/ours")
    assert (copy.owner, copy.parent) == ("bob", "ada/ours")


def test_a_locked_one_is_neither_overwritten_nor_deleted(kept):
    first = kept.keep("board", "ada", PLAN)
    kept.lock("board", "ada")
    with pytest.raises(StoreError, match="is locked"):
        kept.keep("board", "ada", {"name": "other"}, first.version)
    with pytest.raises(StoreError, match="Unlock it first"):
        kept.remove("board", "ada")
    standing = kept.branch("ada/board", "ada")
    assert (standing.version, standing.payload, standing.is_locked) == (1, PLAN, True)
    kept.lock("board", "ada", locked=False)
    assert kept.keep("board", "ada", PLAN, 1).version == 2


def test_two_people_saving_at_once_lose_nothing(kept):
    first = kept.keep("plan", "ada", PLAN)
    kept.keep("plan", "ada", {"name": "one"}, first.version)
    with pytest.raises(StoreError, match="Nothing was overwritten"):
        kept.keep("plan", "ada", {"name": "two"}, first.version, is_shared=True)
    assert kept.branch("ada/plan", "ada").payload == {"name": "one"}
    assert not kept.branch("ada/plan", "ada").is_shared
    with pytest.raises(StoreError, match="too long"):
        kept.keep("long", "ada", PLAN, description="x" * 3000)


def test_parents_in_a_circle_are_still_shown(kept):
    kept.keep("a", "ada", PLAN, parent="ada/b")
    kept.keep("b", "ada", PLAN, parent="ada/a")
    assert sorted(b.name for _, b in tree(kept.visible("ada"))) == ["a", "b"]
