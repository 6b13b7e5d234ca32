"""Calls, reviews and published numbers: versions that are only ever added, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import polars as pl
import pytest

from core.contracts.errors import ConflictError, StoreError
from core.store import Store
from core.store.append_only import LONGEST_NOTE

pytestmark = pytest.mark.xdist_group("store")
PERIOD = date(2026, 4, 1)
ABOUT = {"manager_id": "M1", "period_start_on": PERIOD}
CALL = {
    "called_on": date(2026, 5, 15),
    "commit_amount": 10.5,
    "best_case_amount": None,
    "pipeline_amount": 30.0,
    "note": "Überzeugt 🚀",
    "system_amount": 12.0,
    "system_lower": None,
    "system_upper": None,
}


def test_every_version_stays_readable_and_the_newest_stands(store):
    assert store.calls.save("b", ABOUT, CALL, "ann") == 1
    assert store.calls.save("b", ABOUT, CALL | {"commit_amount": 11.0}, "bo", 1) == 2
    assert store.calls.all("b")["commit_amount"].to_list() == [10.5, 11.0]
    row = store.calls.newest("b").row(0, named=True)
    assert {k: row[k] for k in CALL} == CALL | {"commit_amount": 11.0}
    assert (row["version"], row["author"]) == (2, "bo")
    assert store.calls.newest("b", manager_id="M2").is_empty()
    assert store.calls.newest("other").is_empty()
    assert store.calls.count("b") == 2


def test_a_later_save_over_the_same_version_conflicts_and_carries_the_other_text(store):
    store.deal_edits.save("b", {"opportunity_id": "O1"}, edit("first"), "ann")
    with pytest.raises(
        ConflictError, match=r"ann changed this review of the deal at .* Nothing was overwritten"
    ) as told:
        store.deal_edits.save("b", {"opportunity_id": "O1"}, edit("second"), "bo")
    assert told.value.theirs["note"] == "first"
    assert told.value.theirs["version"] == 1
    assert store.deal_edits.save("b", {"opportunity_id": "O1"}, edit("second"), "bo", 1) == 2
    with pytest.raises(ConflictError, match="is gone"):
        store.deal_edits.save("b", {"opportunity_id": "O2"}, edit("x"), "bo", 7)


def edit(note):
    return {"forecast_category": "commit", "call_amount": None, "note": note, "edited_on": date(2026, 5, 15)}


def test_every_change_is_in_the_audit_list_with_what_it_was_before(store):
    store.calls.save("b", ABOUT, CALL, "ann")
    store.calls.save("b", ABOUT, CALL | {"commit_amount": 11.0}, "bo", 1)
    rows = store.audit.newest()
    assert rows["user"].to_list() == ["bo", "ann"]
    assert rows["action"].unique().to_list() == ["forecast call saved"]
    assert rows["detail"][0] == "commit_amount: 10.5 → 11.0"
    assert rows["target"][0] == "M1 2026-04-01"


def test_of_many_who_save_at_once_one_wins_and_the_rest_are_told(url):
    store = Store.open(url)

    def one(k):
        try:
            return store.calls.save("b", ABOUT, CALL | {"note": f"text {k}"}, f"user {k}")
        except ConflictError as error:
            return error.theirs["note"]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, range(8)))
    assert found.count(1) == 1
    winner = store.calls.newest("b")["note"][0]
    assert [text for text in found if text != 1] == [winner] * 7
    assert store.audit.newest().height == 1
    store.close()


def test_a_note_has_a_length(store):
    store.calls.save("b", ABOUT, CALL | {"note": "x" * LONGEST_NOTE}, "ann")
    with pytest.raises(StoreError, match="4,001 characters"):
        store.calls.save("b", ABOUT, CALL | {"note": "x" * (LONGEST_NOTE + 1)}, "ann", 1)


def test_an_empty_book_is_seeded_once(store):
    rows = pl.DataFrame([{**ABOUT, "version": 1, **CALL}])
    store.calls.seed("b", rows, "sample")
    store.calls.seed("b", rows.with_columns(version=pl.lit(2)), "sample")
    assert store.calls.count("b") == 1
    store.calls.seed("c", rows.clear(), "sample")
    assert store.calls.count("c") == 0
    twice = pl.concat([rows, rows])
    store.calls.seed("d", twice, "sample")
    assert store.calls.count("d") == 0


def test_the_first_number_published_of_a_date_stays(store):
    names = ("closed_amount", "open_amount", "new_amount", "amount", "lower", "upper")
    rows = pl.DataFrame([{"window": "Q2", "days": 46, **dict.fromkeys(names, 1.0)}])
    assert store.snapshots.keep("b", date(2026, 5, 15), rows) == 1
    assert store.snapshots.keep("b", date(2026, 5, 15), rows.with_columns(amount=pl.lit(9.0))) == 0
    assert store.snapshots.keep("b", date(2026, 5, 16), rows.with_columns(amount=pl.lit(9.0))) == 1
    assert store.snapshots.of("b")["amount"].to_list() == [1.0, 9.0]
    assert store.snapshots.of("c").is_empty()


def test_views_are_an_owners_own(store):
    store.views.save("mine", "ann", {"teams": ["A"]})
    assert store.views.list("bo") == []
    assert store.views.get("mine", "ann").payload == {"teams": ["A"]}
