from __future__ import annotations

import json

import pytest
from openpyxl.worksheet.datavalidation import DataValidation

from core.contracts.errors import RequirementError
from core.requirements.officefiles import grids
from core.requirements.read import preview_grid, repair
from core.requirements.read.repair import Given
from core.requirements.read.requirement_list import read_list
from tests.requirements.workbooks import LIST, book

ODD = [
    ["Wishes of Acme"],
    ["Key", "Wish", "Wann", "Ours", "Told"],
    ["1", "Quick search", "soon", None, None],
    ["2", "Dark mode", "later", None, None],
]


def grid(rows=ODD, **more):
    return grids.load(book(S=rows, **more), "a.xlsx")[0]


def test_a_list_that_was_not_found_is_read_as_a_person_says():
    content = book(S=ODD)
    with pytest.raises(RequirementError, match="No requirement list"):
        read_list(content, "a.xlsx")
    known = repair.with_header(Given("S"), grid(), 2)
    for column, role in enumerate(["id", "text", "priority", "statement", "words"]):
        known = repair.with_column(known, grid(), column, role)
    found = read_list(content, "a.xlsx", [known])
    assert found.frame.select("row", "requirement_id", "text", "given_priority", "answer_cells").rows() == [
        (3, "1", "Quick search", "soon", "D3 E3"),
        (4, "2", "Dark mode", "later", "D4 E4"),
    ]
    assert found.layouts[0].is_given
    assert found.layouts[0].confidence == 1.0
    assert "guess" not in found.layouts[0].sentence()
    assert [(p.column, p.kind) for p in found.layouts[0].answers] == [(3, "statement"), (4, "text")]


def test_a_repair_holds_for_the_buyers_next_file_wherever_its_heading_stands():
    known = repair.with_column(repair.with_header(Given("S"), grid(), 2), grid(), 1, "text")
    again = repair.from_dict(json.loads(json.dumps(known.to_dict())))
    assert again == known
    later = [["Wishes"], ["Spring"], [], ["KEY", "Wish ", "Wann", "Ours", "Told"], ["7", "Big letters", "x"]]
    found = read_list(book(Other=later), "b.xlsx", [again])
    assert found.frame.select("sheet", "row", "text").rows() == [("Other", 5, "Big letters")]
    assert found.layouts[0].header_row == 4
    assert known.key == again.key
    assert len(known.key) <= 120


def test_the_last_said_counts_and_a_sheet_can_be_left_out():
    content = book(S=LIST, T=LIST)
    wrong = Given("S", True, 1, tuple(LIST[0]), {"text": 0})
    right = Given("S", True, 1, tuple(LIST[0]), {"text": 1})
    found = read_list(content, "a.xlsx", [Given("T", False, 1, tuple(LIST[0])), wrong, right])
    assert found.frame.select("sheet", "text").rows() == [("S", LIST[1][1]), ("S", LIST[2][1])]
    assert found.skipped == ("T",)


def test_without_a_heading_the_first_row_tells_the_layout():
    rows = [["Our wishes"], ["a", "The first wish of ours"], ["b", "The second wish of ours"]]
    known = repair.with_header(Given("S"), grid(rows), None)
    for column, role in enumerate(["id", "text"]):
        known = repair.with_column(known, grid(rows), column, role)
    assert known.header == ("Our wishes",)
    assert read_list(book(S=rows), "a.xlsx", [known]).frame["requirement_id"].to_list() == ["a", "b"]


def test_another_buyers_sheet_of_the_same_name_is_left_alone():
    known = [Given("S", False, None, ("Acme",)), Given("S", True, None, ("Bolt",), {"text": 0})]
    assert repair.of(known, grid(LIST)) is None
    assert read_list(book(S=LIST), "a.xlsx", known).frame.height == 2


def test_hidden_rows_are_left_out_when_asked_for():
    def hide(made):
        made["S"].row_dimensions[3].hidden = True

    content = book(hide, S=LIST)
    known = Given("S", True, 1, tuple(LIST[0]), {"text": 1}, {}, True)
    assert read_list(content, "a.xlsx", [known]).frame["row"].to_list() == [2]


def test_a_hidden_sheet_is_read_when_asked_for():
    content = book(lambda b: setattr(b["T"], "sheet_state", "hidden"), S=LIST, T=LIST)
    known = Given("T", True, 1, ("Id", "Requirement", "Priority"), {"text": 1})
    sheets = read_list(content, "a.xlsx", [known]).frame["sheet"].unique(maintain_order=True).to_list()
    assert sheets == ["S", "T"]


def test_the_kind_of_an_answer_column():
    def add(made):
        rule = DataValidation(type="list", formula1='"Yes,No"')
        rule.add("D3:D4")
        made["S"].add_data_validation(rule)

    held = grids.load(book(add, S=ODD), "a.xlsx")[0]
    assert repair.kind_of(held, 3, "Ours") == "choice"
    assert repair.kind_of(held, 2, "Partly") == "mark"
    assert repair.kind_of(held, 2, "Anything") == "statement"
    known = Given("S", True, 2, ("Key", "Wish", "Partly", "Ours", "Told"), {"text": 1}, {3: "choice", 2: "mark"})
    kinds = {p.column: (p.kind, p.words, p.status) for p in repair.apply(held, known).answers}
    assert kinds[3] == ("choice", ("Yes", "No"), "")
    assert kinds[2][0] == "mark"


def test_a_column_taken_for_something_else_gives_up_its_old_part():
    known = Given("S", True, 2, tuple(ODD[1]), {"text": 1, "id": 0}, {3: "statement"})
    assert repair.with_column(known, grid(), 1, "priority").columns == {"id": 0, "priority": 1}
    assert repair.with_column(known, grid(), 3, "").answers == {}
    assert repair.with_header(known, grid(), None).header == ("Wishes of Acme",)


def test_a_heading_alone_is_enough_to_go_on():
    known = repair.with_text(repair.with_header(Given("S"), grid(), 2), grid())
    assert known.columns == {"text": 1}
    assert repair.with_text(known, grid()) is known
    empty = grids.load(book(S=[["Only a title"]]), "a.xlsx")[0]
    assert repair.with_text(repair.with_header(Given("S"), empty, 1), empty).columns == {}
    assert repair.with_text(Given("S", columns={"id": 0}), empty).columns == {"id": 0}


def test_what_cannot_be_a_repair():
    with pytest.raises(RequirementError, match="No column is chosen"):
        read_list(book(S=LIST), "a.xlsx", [Given("S", True, 1, tuple(LIST[0]), {"id": 0})])
    with pytest.raises(RequirementError, match="cannot be understood"):
        repair.from_dict({"sheet": "S"})


def test_a_reading_as_found_is_where_a_repair_starts():
    found = read_list(book(S=[[*LIST[0], "Vendor response"], *LIST[1:]]), "a.xlsx")
    known = repair.of_layout(found.layouts[0], found.grids[0])
    assert known.columns == {"id": 0, "text": 1, "priority": 2}
    assert known.answers == {3: "text"}
    assert known.header[:2] == ("Id", "Requirement")
    assert read_list(found.content, "a.xlsx", [known]).frame.equals(found.frame)


def test_the_file_painted_with_its_reading():
    rows = [["Acme"], [*LIST[0], "Vendor response"], ["Security"], *LIST[1:], ["End of list", None, "thanks"]]

    def hide(made):
        made["S"].row_dimensions[6].hidden = True

    found = read_list(book(hide, S=rows), "a.xlsx")
    shown = preview_grid.paint(found.grids[0], found.layouts[0], found.frame)
    assert dict(shown.frame.select("row", "taken_for").rows()) == {
        1: "Ignored",
        2: "Heading",
        3: "Section",
        4: "Requirement",
        5: "Requirement",
        6: "Hidden",
    }
    assert shown.roles == {"A": "Id", "B": "Requirement", "C": "Priority", "D": "Answer: comment"}
    bare = preview_grid.paint(found.grids[0], None, None)
    assert set(bare.frame["taken_for"]) == {"Ignored", "Hidden"}
    assert bare.roles == {}


def test_a_list_already_read_comes_back_as_it_is():
    found = read_list(book(S=LIST), "a.xlsx")
    assert read_list(found) is found
    assert found.key == read_list(found.content, "a.xlsx").key
    known = Given("S", True, 1, tuple(LIST[0]), {"text": 0})
    assert found.key != read_list(found.content, "a.xlsx", [known]).key


def test_columns_are_guessed_again_under_another_heading():
    rows = [
        ["Requirement", "Who", "When"],
        ["Tender 7", "Ann", "May"],
        ["Ref", "Priority", "Need", "Vendor response"],
        ["R1", "Must", "The system shall log every access.", None],
        ["R2", "Should", "The system shall encrypt its backups.", None],
    ]
    sheet = grid(rows)
    start = Given("S", True, 1, ("Requirement", "Who", "When"), {"text": 0, "category": 1})
    again = repair.with_guess(start, sheet, 3)
    assert again.columns == {"text": 2, "id": 0, "priority": 1}
    assert list(again.answers) == [3]
    found = read_list(book(S=rows), "a.xlsx", [again])
    assert found.frame["requirement_id"].to_list() == ["R1", "R2"]
    assert repair.with_guess(start, sheet, None).header_row is None


def test_rows_and_sheets_are_taken_as_they_stand():
    rows = [["All answers must be given in English"], *LIST]
    content = book(S=rows, T=[["Term", "Meaning"], ["SLA", "The service must be up all the time"]])
    sheet, other = grids.load(content, "a.xlsx")
    first = read_list(content, "a.xlsx")
    assert [(part.sheet, part.rows) for part in first.not_read] == [("S", (1,)), ("T", (2,))]
    taken = repair.taking(repair.as_found(sheet), sheet, [1])
    assert repair.from_dict(json.loads(json.dumps(taken.to_dict()))) == taken
    found = read_list(content, "a.xlsx", [taken, repair.as_found(other)])
    assert found.frame.select("sheet", "row").rows() == [("S", 1), ("S", 3), ("S", 4), ("T", 2)]
    assert found.frame["text"][0] == "All answers must be given in English"
    assert found.rows_of(found.grids[0], found.layouts[0]).height == 3
    assert [part.sheet for part in found.not_read] == []
    old = {key: value for key, value in taken.to_dict().items() if key not in ("taken", "as_found")}
    assert repair.from_dict(old).taken == ()
