"""What is old enough is deleted, and what stays of the audit log can still be proved."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from core.store import Store
from core.store.audit_chain import CUT
from core.store.sign_ins import key_of
from tests.store.test_audit_chain import past_the_guards
from tests.store.test_sign_ins import IDLE, LONGEST, Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def filled(url, clock):
    """A store with a line a day for six days, a comment and a sign-in of the first."""
    store = Store.open(url, clock)
    store.comments.add("book", "deal", "D1", "ana", "Old words", [])
    store.sign_ins.seen(key_of("bo", 1), "bo", "Firefox", "", IDLE, LONGEST)
    for day in range(6):
        store.audit.add("ana", "did", f"thing {day}")
        clock.later(days=1)
    yield store
    store.close()


def test_a_trial_deletes_nothing(filled):
    before = filled.audit.newest().height
    counted = filled.retention.apply({"comments": 3, "sign-ins": 3, "audit log": 3}, is_trial=True)
    assert counted["comments"] == counted["sign-ins"] == 1
    assert counted["audit log"] >= 3
    assert filled.audit.newest().height == before


def test_what_is_old_goes_and_the_chain_of_the_rest_holds(filled):
    published = filled.audit.verify().head
    n_rows = filled.audit.newest().height
    deleted = filled.retention.apply({"comments": 3, "sign-ins": 0, "audit log": 3})
    assert deleted["comments"] == 1
    assert "sign-ins" not in deleted
    verdict = filled.audit.verify([published])
    assert (verdict.problem, verdict.n_cut) == ("", deleted["audit log"])
    assert verdict.number == n_rows + 2
    assert filled.audit.base() == deleted["audit log"]
    assert "thing 0" not in filled.audit.newest()["target"].to_list()
    assert "thing 5" in filled.audit.newest()["target"].to_list()
    assert filled.audit.newest(action=CUT)["target"].to_list() == ["audit log", "comments"]
    assert filled.retention.apply({"audit log": 3}) == {"audit log": 0}


def test_it_can_be_done_again_and_the_guards_stand(filled, clock):
    filled.retention.apply({"audit log": 3})
    clock.later(days=30)
    filled.audit.add("ana", "did", "a thing today")
    filled.retention.apply({"audit log": 3})
    assert filled.audit.verify().is_whole
    assert filled.audit.newest()["target"].to_list()[:2] == ["audit log", "a thing today"]
    with pytest.raises(Exception, match="only added to"), filled.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit"))


def test_rows_removed_by_hand_are_not_taken_for_too_old(filled):
    newest = filled.audit.verify().number
    past_the_guards(
        filled,
        "INSERT INTO audit_head (id, number, hash) SELECT 2, number, hash FROM audit WHERE number = 2",
        "DELETE FROM audit WHERE number <= 2",
    )
    assert newest > 2
    assert "does not say that they were cut" in filled.audit.verify().problem


def test_ended_and_forgotten_sign_ins_go(filled, clock):
    filled.sign_ins.seen(key_of("cy", 1), "cy", "Firefox", "", IDLE, LONGEST)
    assert filled.retention.apply({"sign-ins": 2}) == {"sign-ins": 1}
    assert filled.known_people.frame()["user"].to_list() == ["cy"]
