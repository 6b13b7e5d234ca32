from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.contracts.errors import StoreError
from core.store import Store
from core.store.answers import Decision

pytestmark = pytest.mark.xdist_group("store")
DAY = datetime(2026, 5, 1, tzinfo=UTC)


def said(text="Encrypt data", kind="confirmed", **more):
    return Decision(text=text, source="Acme RFP", place="csv row 2", kind=kind, **more)


def test_decisions_come_back_with_owner_and_age(url):
    times = iter([DAY, DAY + timedelta(days=3, hours=5), DAY + timedelta(days=10)])
    opened = Store.open(url, clock=lambda: next(times))
    opened.answers.add([said(capability_id="C1", answer="Yes 🔐", category="security", chance=0.7)], "ann")
    opened.answers.add([said("Ölige Züge", "corrected")], "bob")
    rows = opened.answers.frame()
    assert rows["text"].to_list() == ["Ölige Züge", "Encrypt data"]
    assert rows["age_days"].to_list() == [6, 10]
    assert rows["owner"].to_list() == ["bob", "ann"]
    assert rows["answer"].to_list() == ["", "Yes 🔐"]
    assert rows["chance"].to_list() == [None, 0.7]
    assert rows["at"][1] == datetime(2026, 5, 1)
    opened.close()


def test_a_later_decision_on_the_same_row_stands_and_a_withdrawn_one_is_gone(store):
    assert store.answers.stamp() == 0
    assert store.answers.frame().is_empty()
    store.answers.add([said(capability_id="C1")], "ann")
    first = store.answers.stamp()
    store.answers.add([said(kind="corrected", capability_id="C2")], "bob")
    assert store.answers.stamp() > first
    assert store.answers.frame()["capability_id"].to_list() == ["C2"]
    store.answers.add([said(kind="withdrawn")], "bob")
    assert store.answers.frame().is_empty()


def test_nothing_is_written_when_one_decision_makes_no_sense(store):
    for wrong in (said(kind="guessed"), said(text="  ")):
        with pytest.raises(StoreError, match="needs a requirement, and a kind"):
            store.answers.add([said(), wrong], "ann")
    store.answers.add([], "ann")
    assert store.answers.frame().is_empty()


def test_what_is_withdrawn_counts_no_longer_and_stays_on_record(store):
    one = Decision("Single sign-on", "list.csv", "csv row 2", "confirmed", "SEC-01", "Yes.", "security", 0.7)
    store.answers.add([one], "ana")
    store.answers.add([Decision("Single sign-on", "list.csv", "csv row 2", "corrected", "SEC-02")], "bo")
    key = store.answers.frame()["answer_id"][0]
    before = store.answers.stamp()
    assert store.answers.withdraw([key, "northwind row 3", "answer x"], "cy") == 1
    assert store.answers.frame().is_empty()
    assert store.answers.stamp() == before + 1
    assert store.answers.withdraw([f"answer {store.answers.stamp()}"], "cy") == 0
    store.answers.add([one], "ana")
    assert store.answers.frame()["capability_id"].to_list() == ["SEC-01"]
