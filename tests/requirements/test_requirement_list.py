from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from openpyxl import Workbook

from core.contracts.errors import RequirementError
from core.requirements.officefiles import grids, spreadsheet
from core.requirements.read.requirement_list import read_list
from core.requirements.read.table_rows import is_title


def book(**sheets):
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


LIST = [
    ["Id", "Requirement", "Priority"],
    ["R1", "The system must encrypt all data at rest", "High"],
    ["R2", "Users should be able to reset their own password", "Low"],
]


def texts(found):
    return found.frame["text"].to_list()


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_delimiter_and_encoding(mark, encoding):
    first, second = "Das System muß Größen über 10 µm prüfen können", "Zweite Anforderung hier"
    lines = ["Id", "Anforderung"], ["A1", first], ["A2", second]
    found = read_list("\n".join(mark.join(line) for line in lines).encode(encoding), "liste.csv")
    assert texts(found) == [first, second]
    assert found.frame["row"].to_list() == [2, 3]
    assert found.frame["requirement_id"].to_list() == ["A1", "A2"]


def test_title_rows_section_heads_and_asides_are_told_apart():
    found = read_list(
        book(
            Instructions=[["Read this first, and answer every question below"]],
            Needs=[
                ["Acme Ltd request for proposal"],
                [],
                ["Ref", "Requirement", "MoSCoW"],
                ["Security"],
                ["S-1", "All logins shall use two factors", "Must"],
                ["Reporting"],
                ["P-1", "Reports shall be exported to Excel", "Could"],
            ],
        ),
        "rfp.xlsx",
    )
    assert found.frame.select("sheet", "row", "section", "requirement_id", "given_priority").rows() == [
        ("Needs", 5, "Security", "S-1", "Must"),
        ("Needs", 7, "Reporting", "P-1", "Could"),
    ]
    assert found.skipped == ("Instructions",)
    assert "header in row 3" in found.layouts[0].sentence()
    assert "2 requirements read from sheet Needs" in found.sentence()


def test_a_category_written_once_holds_for_the_rows_below():
    rows = [["Category", "Requirement"], ["Data", "Keep every record for ten years"], [None, "Delete them on request"]]
    assert read_list(book(S=rows), "a.xlsx").frame["given_category"].to_list() == ["Data", "Data"]


def test_no_header_but_ids_beside_prose():
    rows = [[f"Q-{n:02d}", f"Does the product support the sort of thing number {n}?"] for n in range(8)]
    found = read_list(book(Questions=rows), "q.xlsx")
    assert found.layouts[0].header_row is None
    assert found.frame.height == 8
    assert "no header" in found.layouts[0].sentence()


def test_two_sheets_with_requirements():
    found = read_list(book(One=LIST, Two=LIST), "two.xlsx")
    assert found.frame["sheet"].to_list() == ["One", "One", "Two", "Two"]
    assert "2 sheets" in found.sentence()


def test_a_hidden_sheet_is_left_out():
    made = Workbook()
    made.active.title = "Seen"
    hidden = made.create_sheet("Kept back")
    for row in LIST:
        made.active.append(row)
        hidden.append(row)
    hidden.sheet_state = "hidden"
    target = io.BytesIO()
    made.save(target)
    assert read_list(target.getvalue(), "h.xlsx").frame["sheet"].unique().to_list() == ["Seen"]


def test_formulas_and_emoji_stay_text():
    found = read_list(
        "Requirement\n=cmd|' /C calc'!A0 must never be run by anyone\nShow 🚀 when a deal is won\n".encode(), "x.csv"
    )
    assert texts(found) == ["=cmd|' /C calc'!A0 must never be run by anyone", "Show 🚀 when a deal is won"]


def test_a_header_that_comes_again_is_no_requirement():
    rows = [*LIST, LIST[0], ["R3", "A third thing that is asked for", "Low"]]
    assert read_list(book(S=rows), "a.xlsx").frame["requirement_id"].to_list() == ["R1", "R2", "R3"]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.csv", "empty"),
        (b"  \n ", "a.csv", "empty"),
        (b"\xd0\xcf\x11\xe0 rest", "a.xlsx", "password-protected"),
        (b"%PDF-1.7 whatever", "a.csv", "PDF"),
        (b"PK\x03\x04 broken", "a.xlsx", "damaged"),
        (b"hello", "a.xlsx", "no Excel workbook"),
        (b"hello there", "a.docx", "no DOCX file"),
        (b"hello there", "a.mp3", "are not read"),
        (b"a\x00b\x00c" * 20, "a.csv", "not text"),
        (b"Id,Requirement\n", "a.csv", "no rows"),
        (b"colour,height\nred,3\nblue,4\n", "a.csv", "No requirement list"),
        (b"x" * (grids.LARGEST_BYTES + 1), "a.csv", "larger than 50 MB"),
    ],
)
def test_a_file_that_is_none_gets_a_sentence(content, name, said):
    with pytest.raises(RequirementError, match=said):
        read_list(content, name)


def test_a_missing_and_a_huge_file_on_disk(tmp_path):
    with pytest.raises(RequirementError, match="cannot be read"):
        read_list(tmp_path / "none.csv")
    big = tmp_path / "big.csv"
    with big.open("wb") as target:
        target.truncate(grids.LARGEST_BYTES + 1)
    with pytest.raises(RequirementError, match="larger than 50 MB"):
        read_list(big)


def test_other_zip_files_and_bombs(monkeypatch):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("hello.xml", "x" * 5_000)
    with pytest.raises(RequirementError, match="no file that is read"):
        read_list(target.getvalue(), "a.xlsx")
    monkeypatch.setattr(spreadsheet, "LARGEST_UNPACKED", 1_000)
    with pytest.raises(RequirementError, match="unpacks"):
        read_list(target.getvalue(), "a.xlsx")


def test_an_open_file_is_read_too():
    assert texts(read_list(io.BytesIO(b"Question\nDo you keep an audit trail of all changes?\n"), "q.csv")) == [
        "Do you keep an audit trail of all changes?"
    ]


WORDS = st.lists(
    st.sampled_from("system user report must export data audit shall keep show the a".split()), min_size=5, max_size=12
)


@profile(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    asked=st.lists(WORDS, min_size=1, max_size=12),
    above=st.integers(0, 4),
    names=st.permutations(["Ref", "Requirement", "Priority"]),
    blank=st.integers(0, 2),
)
def test_a_list_in_any_layout_comes_back_as_it_was(asked, above, names, blank):
    said = [f"{' '.join(words)} {n}" for n, words in enumerate(asked)]
    rows = [["Tender of Acme Ltd"]] * above + [[None] * blank + list(names)]
    for n, text in enumerate(said):
        cells = {"Ref": f"R-{n}", "Requirement": text, "Priority": "High"}
        rows.append([None] * blank + [cells[name] for name in names])
    found = read_list(book(List=rows), "list.xlsx")
    assert texts(found) == said
    assert found.frame["row"].to_list() == list(range(above + 2, above + 2 + len(said)))


def test_many_sheets_and_a_text_without_any_delimiter():
    found = read_list(book(One=LIST, A=[["x"]], B=[["y"]]), "a.xlsx")
    assert found.sentence() == "2 requirements read from sheet One. 2 sheets hold none: A, B."
    lines = b"The tool must work, and fast\nThe tool must be cheap\nIt should, if it can, run offline\n"
    assert texts(read_list(lines, "a.txt")) == lines.decode().splitlines()


def test_a_file_with_an_unreadable_row():
    huge = b'Id,Requirement\n1,"' + b"x" * 1_100_000 + b'"\n'
    with pytest.raises(RequirementError, match="A row of the file cannot be read"):
        read_list(huge, "a.csv")


def test_a_title_is_not_a_sentence():
    assert is_title("Data Protection and Privacy")
    assert not is_title("The Vendor Must Sign This Contract And All Of Its Many Annexes")
    assert not is_title("T" * 200)
