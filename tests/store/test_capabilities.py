"""Capabilities as people edit them: versions, many at once, conflicts."""

from __future__ import annotations

from datetime import date

import pytest

from core.contracts.errors import StoreError
from core.store.capabilities import CapabilityEdit

VALUES = {
    "name": "Single sign-on",
    "category": "security",
    "status": "roadmap",
    "description": None,
    "limit": None,
    "commitments": "SAML 2.0",
    "available_on": date(2026, 9, 30),
    "effort_weeks": 3.5,
    "owner": "Identity",
    "evidence": None,
    "is_retired": False,
    "merged_into": None,
}


def edit(key, version=0, **more):
    return CapabilityEdit(key, version, {**VALUES, **more})


def test_many_are_saved_with_a_line_of_the_audit_list_each(store):
    kept = store.capabilities
    assert kept.stamp("catalogue") == 0
    assert kept.save_all("catalogue", [edit("A"), edit("B", name="Audit log")], "ana") == []
    rows = kept.newest("catalogue").sort("capability_id")
    assert rows.select("capability_id", "name", "version", "author", "effort_weeks", "is_retired").rows() == [
        ("A", "Single sign-on", 1, "ana", 3.5, False),
        ("B", "Audit log", 1, "ana", 3.5, False),
    ]
    assert rows["available_on"].to_list() == [date(2026, 9, 30)] * 2
    assert store.audit.newest()["target"].to_list() == ["B", "A"]
    assert kept.stamp("catalogue") == 2
    assert kept.stamp("another") == 0


def test_who_comes_second_meets_the_first_and_loses_nothing(store):
    kept = store.capabilities
    kept.save_all("catalogue", [edit("A"), edit("B")], "ana")
    kept.save("catalogue", {"capability_id": "A"}, {**VALUES, "name": "SSO"}, "bo", 1)
    met = kept.save_all("catalogue", [edit("A", 1, name="Sign-on"), edit("B", 1, name="Log")], "ana")
    assert [one.theirs["name"] for one in met] == ["SSO"]
    assert "bo changed this capability" in str(met[0])
    now = dict(kept.newest("catalogue").select("capability_id", "name").iter_rows())
    assert now == {"A": "SSO", "B": "Log"}
    assert kept.all("catalogue", capability_id="A")["name"].to_list() == ["Single sign-on", "SSO"]


def test_more_than_a_database_takes_in_one_question(store):
    many = [edit(f"C-{n}") for n in range(900)]
    assert store.capabilities.save_all("catalogue", many, "ana") == []
    assert len(store.capabilities.save_all("catalogue", many, "bo")) == 900
    assert store.capabilities.count("catalogue") == 900


@pytest.mark.parametrize(
    ("key", "more", "said"),
    [("A" * 201, {}, "Capability id has 201"), ("A", {"description": "x" * 4001}, "Description has 4,001 characters")],
)
def test_what_is_too_long_is_said_and_nothing_saved(store, key, more, said):
    with pytest.raises(StoreError, match=said):
        store.capabilities.save_all("catalogue", [edit("B"), edit(key, **more)], "ana")
    assert store.capabilities.count("catalogue") == 0
