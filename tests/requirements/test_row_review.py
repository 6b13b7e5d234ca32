"""Working through a list: the grid, filters, changes, approval, what is kept."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from core.access import LOCAL, Identity
from core.contracts.errors import RequirementError, StoreError
from core.requirements.catalogue import capabilities
from core.requirements.judge import draft_answers, gap_analysis
from core.requirements.judge.gap_analysis import Stake
from core.requirements.read.requirement_list import read_list
from core.requirements.work import row_review, saved_lists
from core.store import Store
from core.store.reviews import Change

CATALOGUE = b"""id,name,status,description,owner
C1,Encryption at rest,available,All stored data is encrypted with ciphers,Ann
C2,Mobile app,limited,Native apps for phones and tablets,Bob
C3,Billing of invoices,not available,Recurring invoices with dunning,
"""
LIST = b"""Ref,Requirement,Priority
A-1,All stored data is encrypted with ciphers at rest,Must
A-2,Native apps for phones and tablets,Should
A-3,Zebras shall graze peacefully under violet moons,Could
A-4,Recurring invoices with dunning on phones,Could
"""
TODAY = date(2026, 5, 15)


@pytest.fixture(scope="module")
def known():
    return capabilities.load(CATALOGUE, "c.csv")


@pytest.fixture
def found(known, settings):
    return gap_analysis.analyse(read_list(LIST, "l.csv"), known, settings, Stake("O1", "Acme", 10_000.0))


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'q.db'}")
    yield opened
    opened.close()


def gridded(found, known, worked=None):
    return row_review.grid(
        found, draft_answers.drafts(found, known), row_review.nothing() if worked is None else worked
    )


def test_the_grid_begins_with_drafts_and_owners_of_capabilities(found, known):
    rows = gridded(found, known)
    assert rows.columns == list(row_review.GRID)
    assert rows["state"].to_list() == ["new"] * 4
    assert rows["owner"].to_list()[:2] == ["Ann", "Bob"]
    assert rows["answer"][0].startswith("Yes. ")
    assert rows["version"].to_list() == [0] * 4


def test_work_is_kept_and_comes_back(found, known, store):
    saved = saved_lists.keep(store.requirement_sets, "list", "local", found)
    rows = gridded(found, known)
    made = row_review.changes(
        rows, {0: {"state": "answered", "due_on": "2026-06-01", "text": "no"}, 1: {"owner": "Bob"}}
    )
    assert made == [Change("csv", 2, 0, {"state": "answered", "due_on": date(2026, 6, 1)})]
    assert store.reviews.change(saved.id, made, "ann") == []
    back = gridded(found, known, store.reviews.rows(saved.id))
    assert (back["state"][0], back["due_on"][0], back["changed_by"][0]) == ("answered", date(2026, 6, 1), "ann")
    assert back["answer"][0] == rows["answer"][0]
    shown = row_review.after(rows, made)
    assert shown.select("state", "due_on", "version").equals(back.select("state", "due_on", "version"))


def test_two_at_once_see_each_other_and_lose_nothing(found, known, store):
    saved = saved_lists.keep(store.requirement_sets, "list", "local", found)
    rows = gridded(found, known)
    assert store.reviews.change(saved.id, row_review.in_bulk(rows, {"owner": "Cem"}), "cem") == []
    mine = row_review.changes(rows, {0: {"owner": "Dee"}, 2: {"comment": "ask"}})
    met = store.reviews.change(saved.id, mine, "dee")
    assert [conflict.wanted.row for conflict in met] == [2]
    assert "Row 2 was changed by cem at" in met[0].sentence()
    assert "owner is Cem, yours is Dee. Nothing was overwritten." in met[0].sentence()
    again = [Change(c.wanted.sheet, c.wanted.row, c.standing["version"], c.wanted.values) for c in met]
    assert store.reviews.change(saved.id, again, "dee") == []
    last = store.reviews.rows(saved.id)
    assert last["owner"].to_list() == ["Dee", "Cem", "Cem", "Cem"]
    assert last["comment"].to_list() == [None, None, "ask", None]


def test_a_deleted_list_takes_its_work_along(found, store):
    saved = saved_lists.keep(store.requirement_sets, "list", "local", found)
    store.reviews.change(saved.id, [Change("csv", 2, 0, {"state": "blocked"})], "ann")
    store.requirement_sets.delete("list", "local")
    assert store.reviews.rows(saved.id).is_empty()
    with pytest.raises(StoreError, match="list was deleted"):
        store.reviews.change(saved.id, [Change("csv", 2, 0, {"state": "new"})], "ann")
    with pytest.raises(StoreError, match="deleted meanwhile"):
        store.reviews.change(saved.id, [Change("csv", 2, 3, {"state": "new"})], "ann")
    with pytest.raises(StoreError, match="no field 'colour'"):
        store.reviews.change(saved.id, [Change("csv", 2, 0, {"colour": "red"})], "ann")


def test_progress_by_hand(found, known):
    rows = gridded(found, known).with_columns(
        pl.Series("state", ["approved", "answered", "blocked", "new"]),
        pl.Series("due_on", [TODAY.replace(day=1), None, TODAY.replace(day=14), TODAY]),
        pl.Series("owner", ["Ann", None, " ", "Bob"]),
    )
    far = row_review.progress(rows, TODAY)
    assert (far.n, far.n_done, far.n_approved, far.n_overdue, far.n_unowned) == (4, 2, 1, 1, 1)
    assert far.rate == 0.5
    assert far.sentence() == (
        "2 of 4 rows are answered (50 %), 1 approved; 1 is past its day; 1 is blocked. 1 row still open has no owner."
    )
    assert row_review.progress(rows.clear(), TODAY).rate == 0


def test_filters(found, known):
    rows = gridded(found, known).with_columns(pl.Series("state", ["approved", "answered", "blocked", "new"]))
    assert row_review.chosen(rows).height == 4
    assert row_review.chosen(rows, ["new", "blocked"])["row"].to_list() == [4, 5]
    assert row_review.chosen(rows, owners=["Bob"])["row"].to_list() == [3]
    assert row_review.chosen(rows, statements=["Compliant"])["row"].to_list() == [2]
    assert row_review.chosen(rows, words="PHONES native")["row"].to_list() == [3]
    assert row_review.chosen(rows, words="a-3 (")["row"].to_list() == []
    assert row_review.chosen(rows, ["new"], ["Ann"]).is_empty()


def test_only_an_approver_approves_and_only_what_is_answered(found, known):
    rows = gridded(found, known)
    wanted = row_review.in_bulk(rows, {"state": "approved"})
    as_rep = row_review.checked(wanted, rows, is_approver=False)
    assert as_rep.allowed == []
    assert as_rep.refused == ("Rows 2, 3, 4, 5 stay unapproved: your role does not approve.",)
    as_lead = row_review.checked(wanted, rows, is_approver=True)
    blank = rows.filter(pl.col("answer").is_null())["row"].to_list()
    assert sorted(c.row for c in as_lead.allowed) == [n for n in rows["row"] if n not in blank]
    held = rows.with_columns(state=pl.lit("approved"))
    said = row_review.checked(
        row_review.changes(held, {0: {"answer": "new"}, 1: {"comment": "x"}}), held, is_approver=False
    )
    assert [c.row for c in said.allowed] == [3]
    assert said.refused == ("Row 2 stays as approved: only an approver may change that.",)


def test_a_leader_who_writes_no_answers_approves_and_comments(found, known):
    rows = gridded(found, known).with_columns(answer=pl.lit("said"), statement=pl.lit("Compliant"))
    wanted = row_review.in_bulk(rows, {"state": "approved", "comment": "well done"})
    assert len(row_review.checked(wanted, rows, is_approver=True, is_writer=False).allowed) == 4
    said = row_review.checked(row_review.in_bulk(rows, {"owner": "Bo"}), rows, is_approver=True, is_writer=False)
    assert said.allowed == []
    assert said.refused == ("Rows 2, 3, 4, 5 stay as they are: your role approves and comments, it writes no answers.",)
    none = row_review.checked(wanted, rows, is_approver=False, is_writer=False)
    assert none.refused == ("Rows 2, 3, 4, 5 stay as they are: your role reads, it writes no answers.",)


def test_who_approves_is_said(found, known):
    rows = gridded(found, known)
    one = row_review.in_bulk(rows.head(1), {"state": "approved"})
    assert row_review.checked(one, rows, is_approver=False, approvers=["admin", "sales_engineer"]).refused == (
        "Row 2 stays unapproved: your role does not approve; the roles admin and sales engineer do.",
    )
    assert (
        row_review.checked(one, rows, is_approver=False, approvers=["leader"]).refused[0].endswith("role leader does.")
    )


def test_nothing_counts_as_answered_without_an_answer(found, known):
    rows = gridded(found, known).with_columns(answer=pl.lit(None, pl.String))
    wanted = row_review.in_bulk(rows, {"state": "answered"})
    assert row_review.checked(wanted, rows, is_approver=True).allowed == []
    both = row_review.in_bulk(rows, {"state": "answered", "answer": "We do."})
    assert len(row_review.checked(both, rows, is_approver=False).allowed) == 4


def test_what_is_to_be_clarified_waits_for_a_person(found, known):
    rows = gridded(found, known).with_columns(statement=pl.lit("To be clarified"), answer=pl.lit("something"))
    wanted = row_review.in_bulk(rows, {"state": "approved"})
    assert "clarified" in row_review.checked(wanted, rows, is_approver=True).refused[0]
    written = rows.with_columns(version=pl.lit(1, pl.Int64))
    assert len(row_review.checked(wanted, written, is_approver=True).allowed) == 4
    empty = rows.with_columns(answer=pl.lit(None, pl.String))
    assert "without an answer" in row_review.checked(wanted, empty, is_approver=True).refused[0]
    with pytest.raises(RequirementError, match="no state 'lost'"):
        row_review.checked([Change("csv", 2, 0, {"state": "lost"})], rows, is_approver=True)


def test_roles_that_approve(settings):
    assert row_review.may_approve(LOCAL, settings)
    assert not row_review.may_approve(Identity("x", "X", ("rep",)), settings)


def test_many_refusals_are_one_sentence(found, known):
    rows = pl.concat([gridded(found, known).with_columns(row=pl.col("row") + 10 * k) for k in range(5)])
    said = row_review.checked(row_review.in_bulk(rows, {"state": "approved"}), rows, is_approver=False).refused
    assert len(said) == 1
    assert "and 12 more" in said[0]


def test_decisions_reach_the_analysis(found, known, store, settings):
    saved = saved_lists.keep(store.requirement_sets, "list", "local", found)
    made = [Change("csv", 4, 0, {"capability_id": "C1", "priority": "high"}), Change("csv", 2, 0, {"comment": "fine"})]
    store.reviews.change(saved.id, made, "ann")
    said = row_review.decisions(store.reviews.rows(saved.id))
    assert said.rows() == [("csv", 4, None, "high", "C1")]
    assert row_review.changes_judgement(made)
    assert not row_review.changes_judgement(made[1:])
    again = gap_analysis.decide(found, said, known, settings, Stake("O1", "Acme", 10_000.0))
    assert again.frame["status"].to_list()[2] == "available"
    assert again.summary["n_supported"] == found.summary["n_supported"] + 1
    assert again.summary["amount"] == 10_000.0
    untouched = gap_analysis.decide(found, said.clear(), known, settings, Stake("O1", "Acme", 10_000.0))
    assert untouched.frame.drop("reason").equals(found.frame.drop("reason"))
    assert untouched.frame["reason"].to_list() == found.frame["reason"].to_list()


def test_a_list_and_its_file_stand_together_or_not_at_all(found, store, monkeypatch):
    from core.store import repositories

    with monkeypatch.context() as patch:
        patch.setattr(repositories, "RequirementFileRow", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            saved_lists.keep(store.requirement_sets, "list", "local", found)
    assert store.requirement_sets.list() == []
    first = saved_lists.keep(store.requirement_sets, "list", "local", found)
    assert store.requirement_sets.file(first) == ("l.csv", LIST)
    assert saved_lists.keep(store.requirement_sets, "list", "local", found).version == 2


def test_another_file_does_not_take_a_names_place(found, known, store, settings):
    saved_lists.keep(store.requirement_sets, "list", "local", found)
    other = gap_analysis.analyse(read_list(LIST + b"A-5,One more thing to do,Must\n", "l.csv"), known, settings)
    with pytest.raises(StoreError, match="already a requirement list called 'list'"):
        saved_lists.keep(store.requirement_sets, "list", "local", other)


def test_a_kept_list_returns_to_the_ledger(found, sample, settings, store, known, bundle):
    saved = saved_lists.keep(store.requirement_sets, "list", "local", found)
    back = saved_lists.restored(saved.name, saved.payload)
    assert back.opportunity_id == "O1"
    assert back.rows["text"].to_list() == found.frame["text"].to_list()
    assert saved_lists.restored("x", {"summary": {}}) is None
    deal = sample.opportunities.filter(~pl.col("is_closed") & (pl.col("amount") > 0))["opportunity_id"][0]
    mine = type(back)("list", deal, back.rows)
    with_mine = saved_lists.ledger(sample, settings, bundle, [mine], known)
    assert with_mine.deals["opportunity_id"].unique().to_list() == [deal]
    assert saved_lists.ledger(sample, settings, bundle).frame.height > 30


def test_a_day_that_is_none_is_refused_in_a_sentence(found, known):
    rows = gridded(found, known)
    with pytest.raises(RequirementError, match=r"'\+061224-02-01' is no date.*2026-11-30"):
        row_review.changes(rows, {0: {"due_on": "+061224-02-01"}})
    assert row_review.changes(rows, {0: {"due_on": "2026-11-30"}})[0].values == {"due_on": date(2026, 11, 30)}
