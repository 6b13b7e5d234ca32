"""A sign-in counts until it is idle, too old or ended, and each is written into the audit log once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from core.contracts.errors import AccessError
from core.store import Store
from core.store.sign_ins import key_of
from tests.clocks import Clock

IDLE, LONGEST = timedelta(hours=2), timedelta(hours=6)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def timed(url, clock):
    store = Store.open(url, clock)
    yield store
    store.close()


def seen(store, user="ana", mark=1):
    return store.sign_ins.seen(key_of(user, mark), user, "Firefox", "10.0.0.7", IDLE, LONGEST, "leader")


def test_a_sign_in_is_noted_once_and_lasts_while_pages_are_opened(timed, clock):
    for _ in range(3):
        assert seen(timed) == ""
        clock.later(minutes=90)
    assert timed.audit.newest()["action"].to_list() == ["signed in"]
    row = timed.sign_ins.open(IDLE, LONGEST).row(0, named=True)
    assert (row["user"], row["device"], row["address"]) == ("ana", "Firefox", "10.0.0.7")
    assert row["last_seen_at"] - row["signed_in_at"] == timedelta(hours=3)
    clock.later(minutes=31)
    assert seen(timed) == "idle"
    assert timed.sign_ins.open(IDLE, LONGEST).is_empty()


def test_whether_it_counts_is_asked_without_noting_anything(timed, clock):
    def counts(user="ana"):
        return timed.sign_ins.counts(key_of(user, 1), IDLE, LONGEST)

    assert not counts()
    assert timed.audit.newest().is_empty()
    seen(timed)
    clock.later(minutes=119)
    assert counts()
    clock.later(minutes=2)
    assert not counts()
    seen(timed, "bo")
    timed.sign_ins.end(key_of("bo", 1), "admin")
    assert not counts("bo")


def test_it_does_not_last_for_ever(timed, clock):
    for _ in range(6):
        assert seen(timed) == ""
        clock.later(hours=1)
    assert seen(timed) == ""
    clock.later(minutes=1)
    assert seen(timed) == "too old"
    assert seen(timed, mark=2) == ""


def test_one_that_was_ended_opens_nothing_and_others_go_on(timed):
    assert [seen(timed, mark=mark) for mark in (1, 2)] == ["", ""]
    timed.sign_ins.end(key_of("ana", 1), "ana")
    timed.sign_ins.end(key_of("ana", 1), "ana")
    assert [seen(timed, mark=mark) for mark in (1, 2)] == ["ended", ""]
    assert timed.audit.newest()["action"].to_list() == ["signed out", "signed in", "signed in"]


def test_an_administrator_ends_all_of_a_person(timed):
    for user, mark in (("ana", 1), ("ana", 2), ("bo", 1)):
        seen(timed, user, mark)
    assert timed.sign_ins.end_all("ana", "admin") == 2
    assert timed.sign_ins.end_all("ana", "admin") == 0
    assert [seen(timed, "ana", mark) for mark in (1, 2)] == ["ended", "ended"]
    assert timed.sign_ins.open(IDLE, LONGEST)["user"].to_list() == ["bo"]
    assert timed.audit.newest(2)["action"].to_list() == ["ended a sign-in"] * 2
    assert timed.audit.verify().is_whole


def test_looking_is_not_writing(timed, clock):
    seen(timed)
    clock.later(seconds=50)
    seen(timed)
    row = timed.sign_ins.open(IDLE, LONGEST).row(0, named=True)
    assert row["last_seen_at"] == row["signed_in_at"]
    clock.later(seconds=11)
    seen(timed)
    row = timed.sign_ins.open(IDLE, LONGEST).row(0, named=True)
    assert row["last_seen_at"] - row["signed_in_at"] == timedelta(seconds=61)


def test_two_people_never_take_the_last_seat_together(timed):
    meeting = threading.Barrier(2)

    def refuse():
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.4)  # Both would look before either is noted, were nothing in the way.
        if timed.sign_ins.users(LONGEST):
            raise AccessError("All seats are taken.")

    def enter(user):
        try:
            timed.sign_ins.seen(key_of(user, 1), user, "Firefox", "10.0.0.7", IDLE, LONGEST, "rep", refuse)
        except AccessError:
            return "refused"
        return "in"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(enter, ("ana", "bo"))) == ["in", "refused"]
    assert timed.sign_ins.open(IDLE, LONGEST).height == 1
