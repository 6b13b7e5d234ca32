"""Which answers leave the house: by the state of the row, by the library, and by four eyes."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.datavalidation import DataValidation

from core.requirements.catalogue import capabilities
from core.requirements.export import answered_list, gap_workbook
from core.requirements.export.filled_file import fill
from core.requirements.judge import gap_analysis
from core.requirements.match import answer_library
from core.requirements.read.requirement_list import read_list
from core.requirements.work import approvals, row_review, saved_lists
from core.store import Store
from core.store.reviews import Change
from tests.requirements.test_effective_catalogue import replace_database

LIST = (
    b"id,requirement,priority,answer\n1,Do you support single sign-on with SAML 2.0?,high,\n2,What is your RTO?,low,\n"
)


@pytest.fixture
def store(settings, tmp_path):
    opened = Store.open(replace_database(settings, tmp_path).database)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shipped():
    return capabilities.load()


def kept(store, settings, shipped, content=LIST, name="list", library=None):
    analysis = gap_analysis.analyse(read_list(content, "l.csv"), shipped, settings, library=library)
    return (
        analysis,
        answered_list.drafted(analysis, shipped),
        saved_lists.keep(store.requirement_sets, name, "all", analysis),
    )


def change(store, saved, analysis, drafts, row, values, user, author=None):
    """Make a change as the page does: against the grid, through what may be done."""
    grid = row_review.grid(analysis, drafts, store.reviews.rows(saved.id))
    version = grid.filter(grid["row"] == row)["version"][0]
    sifted = row_review.checked([Change("csv", row, version, values)], grid, is_approver=True, author=author)
    store.reviews.change(saved.id, sifted.allowed, user)
    return sifted.refused


def test_by_default_only_what_is_approved_goes_out_with_who_and_when(store, settings, shipped):
    analysis, drafts, saved = kept(store, settings, shipped)
    none = approvals.release(analysis, drafts)
    assert (none.frame.height, none.n_waiting, none.n_unreviewed) == (0, 2, 0)
    assert none.sentence() == "No answer is approved yet; 2 wait for approval."
    assert fill(analysis.source, none.frame).content == LIST
    assert change(store, saved, analysis, drafts, 2, {"state": "approved"}, "ann") == ()
    worked = store.reviews.rows(saved.id)
    released = approvals.release(analysis, drafts, worked)
    row = released.frame.row(0, named=True)
    assert (row["row"], row["approved_by"], row["approved_at"]) == (2, "ann", worked["approved_at"][0])
    assert released.sentence() == "1 approved answer goes out; 1 waits for approval."
    assert worked["answer"][0] == drafts.frame["draft"][0]
    assert worked["answered_by"][0] is None
    sheet = load_workbook(BytesIO(gap_workbook.matrix(analysis, drafts, released.frame)))["Matrix"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.cell(2, heads["Approved by"]).value == "ann"
    assert sheet.cell(2, heads["Approved at (UTC)"]).value.startswith(f"{row['approved_at']:%Y-%m-%d}")
    assert sheet.cell(3, heads["Approved by"]).value is None


def test_all_tells_how_many_nobody_reviewed(store, settings, shipped):
    analysis, drafts, _ = kept(store, settings, shipped)
    released = approvals.release(analysis, drafts, which="all")
    assert released.sentence() == "2 answers go out unreviewed: nobody has approved them."
    content = fill(analysis.source, released.frame).content.decode()
    assert "recovery time objective (RTO) of 4 hours" in content
    assert "Yes" not in content.splitlines()[2]


def test_a_change_after_approval_takes_it_back(store, settings, shipped):
    analysis, drafts, saved = kept(store, settings, shipped)
    change(store, saved, analysis, drafts, 2, {"state": "approved"}, "ann")
    change(store, saved, analysis, drafts, 2, {"comment": "seen"}, "bo")
    assert store.reviews.rows(saved.id).select("changed_by", "approved_by").row(0) == ("bo", "ann")
    change(store, saved, analysis, drafts, 2, {"state": "in progress"}, "bo")
    assert store.reviews.rows(saved.id).select("approved_by", "approved_at").row(0) == (None, None)
    assert approvals.release(analysis, drafts, store.reviews.rows(saved.id)).frame.is_empty()


def test_four_eyes_want_another_approver_than_author(store, settings, shipped):
    analysis, drafts, saved = kept(store, settings, shipped)
    change(store, saved, analysis, drafts, 3, {"answer": "Four hours.", "state": "answered"}, "ann")
    refused = change(store, saved, analysis, drafts, 3, {"state": "approved"}, "ann", author="ann")
    assert refused == ("Row 3 stays unapproved: somebody else than who wrote the answer approves it.",)
    assert change(store, saved, analysis, drafts, 3, {"state": "approved"}, "bo", author="bo") == ()
    assert approvals.release(analysis, drafts, store.reviews.rows(saved.id), four_eyes=True).frame.height == 1
    # Writing over an approved answer is an answer of one's own.
    assert change(store, saved, analysis, drafts, 3, {"answer": "Two."}, "bo", author="bo") != ()
    change(store, saved, analysis, drafts, 3, {"answer": "Two."}, "bo")
    worked = store.reviews.rows(saved.id)
    assert approvals.release(analysis, drafts, worked, four_eyes=True).frame.is_empty()
    assert approvals.release(analysis, drafts, worked).frame.height == 1


def test_an_answer_approved_on_another_list_for_the_same_capability_goes_out(store, settings, shipped):
    analysis, drafts, saved = kept(store, settings, shipped)
    change(store, saved, analysis, drafts, 2, {"answer": "Yes, by SAML 2.0.", "state": "answered"}, "ann")
    other = LIST.replace(b"id,", b"no,")
    library = answer_library.load(store, settings)
    again, redrafted, _ = kept(store, settings, shipped, other, "other", library)
    assert approvals.release(again, redrafted).frame.is_empty()
    change(store, saved, analysis, drafts, 2, {"state": "approved"}, "bo")
    again, redrafted, _ = kept(store, settings, shipped, other, "other", answer_library.load(store, settings))
    released = approvals.release(again, redrafted)
    assert released.frame.select("row", "response", "approved_by").rows() == [(2, "Yes, by SAML 2.0.", "bo")]


def test_an_approved_answer_in_words_chooses_the_word_it_begins_with(settings, shipped):
    book = Workbook()
    sheet = book.active
    sheet.append(["ID", "Question", "Answer", "Comments"])
    sheet.append(["1", "Are any backups kept unencrypted?", None, None])
    sheet.append(["2", "Are passwords stored in plain text?", None, None])
    sheet.append(["3", "Is data encrypted at rest?", None, None])
    choice = DataValidation(type="list", formula1='"Yes,No"')
    choice.add("C2:C4")
    sheet.add_data_validation(choice)
    target = BytesIO()
    book.save(target)
    analysis = gap_analysis.analyse(read_list(target.getvalue(), "q.xlsx"), shipped, settings)
    answers = analysis.frame.select("sheet", "row", "status", "statement", "capability")
    written = {2: "No, none is.", 3: "We hash them.", 4: None}
    answers = answers.with_columns(answers["row"].replace_strict(written).alias("response"))
    filled = load_workbook(BytesIO(fill(analysis.source, answers).content)).active
    assert [filled.cell(row, 3).value for row in (2, 3, 4)] == ["No", None, "Yes"]
    assert [filled.cell(row, 4).value for row in (2, 3)] == ["No, none is.", "We hash them."]
