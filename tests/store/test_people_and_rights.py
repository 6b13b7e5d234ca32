"""Rules written in the app are versions; people are known by what the identity provider said last."""

from __future__ import annotations

import json

import pytest

from core.contracts.errors import ConflictError, StoreError
from core.store import Store
from core.store.sign_ins import key_of
from tests.store.test_sign_ins import IDLE, LONGEST


def test_a_rule_is_saved_changed_and_taken_away_with_a_line_each(store):
    rules = store.access
    assert rules.current() == ()
    rules.keep("person", "bo@example.com", json.dumps({"roles": ["rep"]}), "ana")
    rules.keep("person", "bo@example.com", json.dumps({"roles": ["leader"]}), "ana")
    rules.keep("group", "sales", json.dumps({"roles": ["rep"]}), "ana")
    assert [entry[:2] for entry in rules.current()] == [("group", "sales"), ("person", "bo@example.com")]
    assert rules.current()[1][3] == 2
    rules.remove("person", "bo@example.com", "cy")
    assert [entry[:2] for entry in rules.current()] == [("group", "sales")]
    log = store.audit.newest()
    assert log["action"].to_list() == ["person taken away", "group saved", "person saved", "person saved"]
    assert log["detail"][0] == '{"roles": ["leader"]} → nothing'
    rules.keep("person", "bo@example.com", "{}", "ana")
    assert rules.current()[1][3] == 4


def test_two_processes_see_each_others_rules_at_once(store, url):
    other = Store.open(url)
    assert other.access.current() == ()
    store.access.keep("role", "scout", "{}", "ana")
    assert other.access.current()[0][1] == "scout"
    other.close()


def test_a_rule_too_long_is_refused(store):
    with pytest.raises(StoreError, match="Shorten"):
        store.access.keep("group", "sales", "x" * 4_001, "ana")


def test_groups_are_those_of_the_last_sign_in(store):
    people = store.known_people
    assert people.groups("bo") == ()
    people.note("bo", "Bo", [f"g{n:03}" for n in range(400)])
    assert len(people.groups("bo")) == 400
    people.note("bo", "Bo Berg", ["sales"])
    assert people.groups("bo") == ("sales",)
    assert people.frame().select("user", "name", "asked_at").rows() == [("bo", "Bo Berg", None)]


def test_who_asks_waits_until_settled_and_is_logged_once(store):
    people = store.known_people
    assert people.ask("eve", "Eve")
    assert not people.ask("eve", "Eve")
    people.note("bo", "Bo", [])
    assert people.ask("bo", "")
    assert people.frame()["asked_at"].null_count() == 0
    people.settle("eve")
    people.settle("nobody")
    assert people.frame()["asked_at"].null_count() == 1
    assert store.audit.newest()["action"].to_list() == ["was turned away"] * 2


def test_last_seen_is_the_last_page(store):
    store.sign_ins.seen(key_of("cy", 1), "cy", "Firefox", "", IDLE, LONGEST)
    row = store.known_people.frame().row(0, named=True)
    assert (row["user"], row["groups"], row["asked_at"]) == ("cy", [], None)
    assert row["seen_at"] is not None


def test_the_audit_log_is_filtered_by_person_action_word_and_day(store):
    for user, action, target, detail in (
        ("ana", "saved", "scenario A", "100% sure"),
        ("bo", "deleted", "scenario B", ""),
        ("bo", "saved", "list C", "about scenario a"),
    ):
        store.audit.add(user, action, target, detail)
    log = store.audit
    day = log.newest()["at"][0].date()
    assert log.newest(user="bo").height == 2
    assert log.newest(user="bo", action="saved")["target"].to_list() == ["list C"]
    assert log.newest(word="SCENARIO A").height == 2
    assert log.newest(word="0%")["user"].to_list() == ["ana"]
    assert log.newest(None, begin=day, end=day).height == 3
    assert log.newest(begin=day.replace(year=day.year + 1)).height == 0
    assert log.newest(end=day.replace(year=day.year - 1)).height == 0
    assert log.words() == (["ana", "bo"], ["deleted", "saved"])


def test_whom_a_directory_provisions_is_in_its_groups_until_deleted(store):
    people = store.provisioned
    bo, cy = (people.save("User", f"{name}@example.com", {"n": name}, "SCIM") for name in ("bo", "cy"))
    team = people.save("Group", "sales", {}, "SCIM", members=[bo, cy])
    other = people.save("Group", "presales", {}, "SCIM", members=[bo])
    assert people.groups("bo@example.com") == ("presales", "sales")
    assert [row.linked for row in people.list("User")] == [
        ((other, "presales"), (team, "sales")),
        ((team, "sales"),),
    ]
    assert [row.name for row in people.list("User", "cy@example.com")] == ["cy@example.com"]
    people.delete("User", bo, "SCIM")
    assert people.get("Group", team).linked == ((cy, "cy@example.com"),)
    assert people.groups("bo@example.com") == ()
    people.save("Group", "sales", {}, "SCIM", number=team)
    assert people.get("Group", team).linked == ()
    assert people.get("User", team) is None
    assert store.audit.verify().is_whole


def test_what_is_provisioned_is_not_overwritten_unseen(store):
    people = store.provisioned
    number = people.save("User", "bo@example.com", {}, "SCIM")
    people.save("User", "bo@example.com", {}, "SCIM", is_active=False, number=number, version=1)
    assert people.is_shut_out("bo@example.com")
    assert not people.is_shut_out("nobody@example.com")
    for change in (
        lambda: people.save("User", "bo@example.com", {}, "SCIM", number=number, version=1),
        lambda: people.save("User", "bo@example.com", {}, "SCIM", number="f" * 32),
        lambda: people.save("Group", "bo", {}, "SCIM", number=number),
        lambda: people.delete("User", number, "SCIM", version=1),
        lambda: people.delete("Group", number, "SCIM"),
    ):
        with pytest.raises(ConflictError, match="in between"):
            change()
    with pytest.raises(StoreError, match="already"):
        people.save("User", "bo@example.com", {}, "SCIM")
    with pytest.raises(StoreError, match="no person who was provisioned"):
        people.save("Group", "sales", {}, "SCIM", members=["f" * 32])
    assert people.list("Group") == []
    assert store.audit.newest()["action"].to_list() == ["user deactivated", "user provisioned"]


def test_a_token_counts_until_it_is_ended(store):
    tokens = store.scim_tokens
    assert not tokens.is_any()
    token = tokens.issue(" Entra ", "ana")
    assert tokens.frame()["last_used_at"].to_list() == [None]
    assert (tokens.label_of(token), tokens.label_of(f"{token}x"), tokens.label_of("")) == ("Entra", None, None)
    assert tokens.label_of(token) == "Entra"
    assert tokens.frame().select("label", "made_by").row(0) == ("Entra", "ana")
    tokens.end("Entra", "bo")
    assert (tokens.label_of(token), tokens.is_any(), tokens.frame().height) == (None, False, 0)
    with pytest.raises(StoreError, match="There is no token"):
        tokens.end("Entra", "bo")
