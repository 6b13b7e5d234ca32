"""Layouts seen rarely: two header rows, several tables, a hidden list, other alphabets, priorities by an X."""

from __future__ import annotations

import polars as pl
import pytest

from core.contracts.errors import RequirementError
from core.requirements.export import filled_file
from core.requirements.read import answer_cells, column_roles, heading_row, layout, reading_json, repair, stacked_tables
from core.requirements.read.requirement_list import read_list
from tests.requirements.workbooks import book

N = None
ASKS = [
    "The solution shall support single sign-on with SAML 2.0",
    "Data must be encrypted at rest with AES-256",
    "The system must offer a documented interface",
    "Backups shall be kept for thirty days",
]
HEBREW = ["המערכת חייבת לתמוך בכניסה אחידה", "הנתונים חייבים להיות מוצפנים במנוחה", "גיבויים יישמרו שלושים יום לפחות"]
ARABIC = ["يجب أن يدعم النظام تسجيل الدخول الموحد", "يجب تشفير البيانات المخزنة بالكامل", "يجب حفظ النسخ الاحتياطية"]


def texts(found):
    return found.frame["text"].to_list()


def answers(found):
    return [place.column for place in found.layouts[0].answers]


def merged(*spans):
    def change(made):
        for span in spans:
            made.active.merge_cells(span)

    return change


def test_a_wide_heading_is_told_apart_by_the_row_below_it():
    rows = [
        ["Request for proposal", N, N, N, N, N],
        ["No.", "Requirement", N, "Vendor response", N, N],
        [N, "Area", "Description", "Standard", "Customisation", "Comments"],
        *([str(k), "Security", text] for k, text in enumerate(ASKS, 1)),
    ]
    found = read_list(book(merged("A1:F1", "A2:A3", "B2:C2", "D2:F2"), RFP=rows), "a.xlsx")
    assert texts(found) == ASKS
    assert found.frame["requirement_id"].to_list() == ["1", "2", "3", "4"]
    assert found.frame["given_category"].unique().to_list() == ["Security"]
    assert [(p.column, p.kind, p.status) for p in found.layouts[0].answers] == [
        (3, "mark", "full"),
        (4, "mark", "partial"),
        (5, "text", ""),
    ]


STACKED = [
    ["Part A"],
    ["ID", "Requirement", "Response"],
    ["A1", ASKS[0]],
    ["A2", ASKS[1]],
    [],
    ["Part B"],
    ["ID", "Priority", "Requirement", "Response", "Comments"],
    ["B1", "High", ASKS[2]],
    ["B2", "Low", ASKS[3]],
]


def test_two_tables_below_each_other_are_read_each_by_its_own_heading(settings):
    found = read_list(book(S=STACKED), "a.xlsx")
    assert texts(found) == ASKS
    assert found.frame["requirement_id"].to_list() == ["A1", "A2", "B1", "B2"]
    assert found.frame["given_priority"].to_list() == [N, N, "High", "Low"]
    assert found.frame["section"].to_list() == [N, N, "Part B", "Part B"]
    assert found.frame["answer_cells"].to_list() == ["C3", "C4", "D8 E8", "D9 E9"]
    assert [(one.header_row, one.last_row) for one in found.layouts] == [(2, 6), (7, N)]
    assert found.sentence() == "4 requirements read from sheet S."
    rows = found.frame.select("sheet", "row").with_columns(status=pl.lit("available"))
    made = filled_file.fill(found, rows)
    assert made.left.is_empty()
    assert set(made.frame["cell"]) == {"C3", "C4", "D8", "E8", "D9", "E9"}


def test_a_heading_repeated_over_the_same_columns_begins_no_other_table():
    rows = [["ID", "Requirement", "Response"], ["1", ASKS[0]], ["ID", "Requirement", "Response"], ["2", ASKS[1]]]
    found = read_list(book(S=rows), "a.xlsx")
    assert len(found.layouts) == 1
    assert texts(found) == ASKS[:2]
    given = repair.of_layout(read_list(book(S=STACKED), "a.xlsx").layouts[0], found.grids[0])
    assert given.header_row == 2
    first = repair.Given("S", True, 2, tuple(STACKED[1]), {"text": 1})
    second = repair.Given("S", True, 7, tuple(STACKED[6]), {"text": 2, "id": 0}, {3: "text"})
    asked = read_list(book(S=STACKED), "a.xlsx", [first])
    assert [one.is_given for one in asked.layouts] == [True, False]
    assert (texts(asked), asked.frame["requirement_id"].to_list()) == (ASKS, [N, N, "B1", "B2"])
    both = read_list(book(S=STACKED), "a.xlsx", [first, second])
    assert [one.is_given for one in both.layouts] == [True, True]
    assert both.frame["answer_cells"].to_list() == [N, N, "D8", "D9"]
    assert stacked_tables.is_header(STACKED[1])
    assert not stacked_tables.is_header(["A1", ASKS[0]])


def test_a_second_list_beside_the_first_is_read_and_filled_at_its_own_cells():
    rows = [
        ["ID", "Requirement", "Response", N, "ID", "Requirement", "Response"],
        ["A1", ASKS[0], N, N, "B1", ASKS[2], N],
        ["A2", ASKS[1], N, N, "B2", ASKS[3], N],
    ]
    read = read_list(book(S=rows), "a.xlsx")
    assert texts(read) == ASKS
    assert read.frame["requirement_id"].to_list() == ["A1", "A2", "B1", "B2"]
    assert read.frame["answer_cells"].to_list() == ["C2", "C3", "G2", "G3"]
    assert {part["sheet"] for part in reading_json.as_dict(read)["lists"]} == {"S"}
    answers = read.frame.select("sheet", "row", status=pl.lit("available"), response=pl.lit("Yes."))
    assert filled_file.fill(read, answers).frame["cell"].to_list() == ["C2", "C3", "G2", "G3"]


def test_a_hidden_list_is_read_where_no_other_is_one():
    def hide(made):
        made["List"].sheet_state = "hidden"

    rows = [["ID", "Requirement"], *([k, t] for k, t in enumerate(ASKS))]
    found = read_list(book(hide, Cover=[["Welcome to our tender"]], List=rows), "a.xlsx")
    assert texts(found) == ASKS
    assert "The sheet List is hidden; it was read, for no other one holds a list." in found.notes


def test_a_priority_told_by_an_x():
    rows = [
        ["ID", "Requirement", "Must", "Should", "Could", "Comment"],
        ["1", ASKS[0], "X"],
        ["2", ASKS[1], N, "X"],
        ["3", ASKS[2], "x"],
        ["4", ASKS[3], N, N, "X"],
    ]
    found = read_list(book(S=rows), "a.xlsx")
    assert found.frame["given_priority"].to_list() == ["Must", "Should", "Must", "Could"]
    assert "priority from the X under “Must”, “Should”, “Could”" in found.layouts[0].sentence()
    again = repair.apply(found.grids[0], repair.of_layout(found.layouts[0], found.grids[0]))
    assert [name for _, name in again.levels] == ["Must", "Should", "Could"]
    both = [[*row[:2], "X", "X"] for row in rows[1:]]
    assert not read_list(book(S=[rows[0][:4], *both]), "a.xlsx").layouts[0].levels


def test_no_beside_yes_is_an_answer_and_no_number():
    rows = [
        ["", "Question", "Yes", "No", "N/A", "Explanation"],
        ["1.1", "Do you encrypt all data at rest?"],
        ["1.2", "Do you run penetration tests every year?"],
        ["1.3", "Do you hold any certificate at all?"],
    ]
    found = read_list(book(S=rows), "a.xlsx")
    assert found.frame["requirement_id"].to_list() == ["1.1", "1.2", "1.3"]
    assert answers(found) == [2, 3, 4, 5]
    assert heading_row.named(["No", "Question", "Yes"])[0]["id"] == 0


@pytest.mark.parametrize(
    ("head", "asks", "wanted"),
    [
        (["מס'", "דרישה", "עדיפות", "תשובת הספק", "הערות"], HEBREW, {"id": 0, "text": 1, "priority": 2}),
        (["الرقم", "المتطلبات", "الأولوية", "رد المورد", "ملاحظات"], ARABIC, {"id": 0, "text": 1, "priority": 2}),
    ],
)
def test_lists_that_run_from_right_to_left(head, asks, wanted):
    rows = [head, *([str(k), text, "1"] for k, text in enumerate(asks, 1))]
    found = read_list(book(S=rows), "a.xlsx")
    assert texts(found) == asks
    assert {r: c for r, c in found.layouts[0].columns.items() if r in layout.SINGLE} == wanted
    assert answers(found) == [3, 4]


def test_headings_in_words_nobody_knows_are_headings_all_the_same():
    rows = [["Interface ID", "What must be possible", "Response"], *([f"INT-{k}", t] for k, t in enumerate(ASKS, 1))]
    assert texts(read_list(book(S=[*rows, ["INT-5", "Another thing that must be possible here"]]), "a.xlsx")) == [
        *ASKS,
        "Another thing that must be possible here",
    ]
    italian = [
        ["Cod.", "Titolo", "Descrizione del requisito", "Note del fornitore"],
        *([f"RQ.{k}", "Punto", t] for k, t in enumerate(ASKS, 1)),
    ]
    found = read_list(book(S=italian), "a.xlsx")
    assert (texts(found), answers(found)) == (ASKS, [3])


def test_a_title_that_holds_the_word_is_no_heading():
    rows = [
        ["Requirements for the CRM"],
        ["Level 1", "Level 2", "Level 3", "Response"],
        ["Security"],
        *([N, N, t] for t in ASKS),
    ]
    found = read_list(book(S=rows), "a.xlsx")
    assert texts(found) == ASKS
    assert found.frame["section"].unique().to_list() == ["Security"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Bieter", "answer"),
        ("Précisions du candidat", "comment"),
        ("Vendor name", ""),
        ("Supplier score", ""),
        ("Reviewer", ""),
    ],
)
def test_an_empty_column_that_names_the_bidder_is_for_them(name, kind):
    assert answer_cells._named(name) == kind


def test_what_a_bidder_says_is_no_requirement():
    assert column_roles.likeness("Vendor statement", "text") == 0.0
    assert column_roles.likeness("Obligation of the supplier", "text") == 0.0
    assert column_roles.likeness("Requirement", "text") == 1.0
    assert column_roles.likeness("Description of the requirement", "text") >= 0.9
    answered = [
        ["Nr", "Service level expected", "Vendor statement"],
        *([f"P-{k}", t, "Yes, this is available today."] for k, t in enumerate(ASKS, 1)),
    ]
    assert texts(read_list(book(S=answered), "a.xlsx")) == ASKS


def test_one_column_of_text_is_parted_by_nothing():
    found = read_list("\n".join(ASKS).encode(), "a.txt")
    assert texts(found) == ASKS
    assert any("one column" in note for note in found.notes)


def test_a_sheet_of_sentences_that_ask_for_nothing_is_still_no_list():
    rows = [
        ["Requirements overview"],
        ["Alpha", "the sky was blue and wide that day"],
        ["Beta", "we went home along the river bank"],
        ["Gamma", "nobody spoke of it ever again"],
    ]
    with pytest.raises(RequirementError, match="No requirement list"):
        read_list(book(S=rows), "a.xlsx")


def test_a_requirement_merged_over_two_rows_is_no_section_for_the_next():
    rows = [
        ["ID", "Requirement", "Criterion", "Answer"],
        ["1", ASKS[0], "Describe how it works"],
        [N, N, "Describe how it is licensed"],
        ["2", ASKS[1], "Describe how it works"],
    ]
    found = read_list(book(merged("A2:A3", "B2:B3"), S=rows), "a.xlsx")
    assert texts(found) == ASKS[:2]
    assert found.frame["section"].to_list() == [N, N]
    assert (
        "1 row adds to a requirement merged over more than one, such as row 3; look there for details." in found.notes
    )


@pytest.mark.parametrize("head", ["Offer", "Uppfylls (Ja/Nej)", "Ihr Angebot"])
def test_more_words_for_answers(head):
    found = read_list(book(S=[["ID", "Requirement", head], *([str(k), t] for k, t in enumerate(ASKS))]), "a.xlsx")
    assert [place.column for place in found.layouts[0].answers] == [2]
