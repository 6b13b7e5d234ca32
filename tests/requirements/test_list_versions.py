"""Versions of a buyer's list: what stands, what is worded anew, what is carried and what is only shown."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from core.contracts.errors import StoreError
from core.requirements.work import list_versions
from core.requirements.work.list_versions import NEW, REWORDED, UNCHANGED, WITHDRAWN
from core.store import Store
from core.store.reviews import Change

SHAPE = {"sheet": pl.String, "row": pl.Int64, "requirement_id": pl.String, "text": pl.String, "priority": pl.String}
FIRST = [
    ("S", 2, "1", "Logs are kept for 30 days", "high"),
    ("S", 3, "2", "The system should export data", "high"),
    ("S", 4, "3", "Backups are tested", "low"),
    ("S", 5, "4", "Do you store data in the EU?", "low"),
    ("S", 6, "5", "A chatbot answers customers", "low"),
    ("S", 7, "6", "Users sign in with SAML", "low"),
    ("S", 8, "7", "Data is encrypted with AES", "low"),
    ("S", 9, "8", "Same words twice", "low"),
    ("S", 10, "9", "Same words twice", "low"),
]
SECOND = [
    ("S", 2, "1", "Logs are kept for 90 days", "high"),
    ("S", 3, "2", "The system must export data", "high"),
    ("S", 4, "4", "Do you not store data in the EU?", "low"),
    ("S", 5, "10", "Penetration tests happen every year", "low"),
    ("S", 6, "6", "Users sign in with SAML", "critical"),
    ("S", 7, "7", "The data is encrypted with AES", "low"),
    ("T", 8, "3b", "BACKUPS  are tested.", "low"),
    ("S", 9, "9", "Same words twice", "low"),
    ("S", 10, "8", "Same words twice", "low"),
]


def frame(rows):
    return pl.DataFrame(rows, schema=SHAPE, orient="row")


@pytest.fixture(scope="module")
def changes():
    return list_versions.compare(frame(FIRST), frame(SECOND))


def test_a_number_an_obligation_a_denial_and_a_priority_are_never_unchanged(changes):
    kinds = {row["text"]: (row["kind"], row["why"], row["is_same_sense"]) for row in changes.frame.to_dicts()}
    assert kinds["Logs are kept for 90 days"] == (REWORDED, "30 → 90", False)
    assert kinds["The system must export data"] == (REWORDED, "should → must", False)
    assert kinds["Do you not store data in the EU?"] == (REWORDED, "nothing → not", False)
    assert kinds["Users sign in with SAML"] == (REWORDED, "priority low → critical", False)
    assert kinds["The data is encrypted with AES"] == (REWORDED, None, True)
    assert kinds["Penetration tests happen every year"][0] == NEW
    assert kinds["BACKUPS  are tested."] == (UNCHANGED, None, True)
    gone = changes.frame.filter(pl.col("kind") == WITHDRAWN)
    assert gone["was_text"].to_list() == ["A chatbot answers customers"]
    assert changes.sentence() == (
        "3 rows unchanged (2 moved), 5 reworded, 1 new, 1 withdrawn. 4 reworded rows ask for something else."
    )


def test_rows_that_moved_are_found_by_their_text_and_twins_by_their_ids(changes):
    pairs = {(r["sheet"], r["row"]): (r["was_row"], r["is_moved"]) for r in changes.frame.to_dicts()}
    assert pairs["T", 8] == (4, True)
    assert pairs["S", 9][0] == 10
    assert pairs["S", 10][0] == 9


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Data is stored inside the EU", "Data is stored outside the EU"),
        ("The vendor notifies the customer", "The customer notifies the vendor"),
        ("Access can't be shared", "Access can be shared"),
        ("99.9 % availability", "99.99 % availability"),
        ("Keys are rotated at least yearly", "Keys are rotated at most yearly"),
    ],
)
def test_what_asks_for_something_else_is_never_the_same_sense(before, after):
    rows = [
        list_versions.compare(frame([("S", 1, "1", a, "low")]), frame([("S", 1, "1", b, "low")])).frame
        for a, b in ((before, after), (after, before))
    ]
    for changed in rows:
        assert UNCHANGED not in changed["kind"].to_list()
        assert not changed["is_same_sense"].any()


def test_an_empty_version_withdraws_all_and_a_first_one_is_all_new():
    nothing = frame([])
    assert set(list_versions.compare(frame(FIRST), nothing).frame["kind"]) == {WITHDRAWN}
    assert set(list_versions.compare(nothing, frame(FIRST)).frame["kind"]) == {NEW}
    assert list_versions.of_payload({}).is_empty()


def test_answers_and_approvals_are_carried_where_text_and_sense_stand(changes, tmp_path):
    clock = iter(datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 29))
    store = Store.open(f"sqlite:///{tmp_path / 'q.db'}", lambda: next(clock))
    first = store.requirement_sets.save("v1", "everybody", {"rows": []})
    answers = [(2, "No."), (4, "Monthly."), (8, "AES-256."), (6, "Soon.")]
    changed = [Change("S", row, 0, {"answer": answer, "state": "answered"}) for row, answer in answers]
    store.reviews.change(first.id, changed, "ana")
    approved = {"state": "approved", "owner": "dee"}
    store.reviews.change(first.id, [Change("S", row, 1, approved) for row in (4, 8)], "bo")
    store.projects.save(store.projects.get(first.id), {"deadline": "2026-03-01"}, "ana")
    store.projects.set_members(first.id, {"dee": ["writer"]}, "ana")
    worked = store.reviews.rows(first.id)
    carried = list_versions.carried(changes, worked)
    assert carried.select("sheet", "row", "state", "answer", "approved_by").rows() == [
        ("S", 7, "in progress", "AES-256.", None),
        ("T", 8, "approved", "Monthly.", "bo"),
    ]
    beside = list_versions.beside(changes, worked)
    assert ("Logs are kept for 90 days", "No.") in beside.select("text", "answer").rows()
    second = store.requirement_sets.save("v2", "everybody", {"rows": []})
    assert store.reviews.stamp(second.id) == 0
    store.reviews.change(second.id, [Change("S", 7, 0, {"comment": "mine"})], "cy")
    assert store.reviews.carry(second.id, carried, "cy", "v1") == 1
    assert store.reviews.carry(second.id, carried, "cy", "v1") == 0
    rows = {row["row"]: row for row in store.reviews.rows(second.id).to_dicts()}
    before = worked.filter(pl.col("row") == 4).row(0, named=True)
    assert (rows[7]["comment"], rows[7]["answer"]) == ("mine", None)
    signed = ("state", "answered_by", "approved_by", "approved_at")
    assert [rows[8][name] for name in signed] == [before[name] for name in signed]
    assert "from v1: approved, approved by bo" in store.audit.newest(3)["detail"].to_list()
    assert store.row_changes.of_list(second.id).filter(pl.col("row") == 8)["state"].to_list() == ["approved"]
    list_versions.take_plan(store, first.id, second.id, "cy")
    list_versions.take_plan(store, first.id, second.id, "cy")
    plan = store.projects.get(second.id)
    assert (plan.payload, plan.members, plan.version) == ({"deadline": "2026-03-01"}, {"dee": ("writer",)}, 1)
    with pytest.raises(StoreError, match="could not be carried over"):
        store.reviews.carry(999, carried, "cy", "v1")
    store.close()
