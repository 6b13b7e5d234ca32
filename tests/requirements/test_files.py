from __future__ import annotations

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from openpyxl.worksheet.datavalidation import DataValidation

from core.contracts.errors import RequirementError
from core.requirements.officefiles import encodings, grids, sheetxml, spreadsheet
from core.requirements.read.requirement_list import read_list
from tests.requirements.workbooks import LIST, book, ods, ods_row, repacked, shared

SHEET = "xl/worksheets/sheet1.xml"
OPEN = [[*LIST[0][:2], "Answer"], *(row[:2] for row in LIST[1:])]
ASKED = "要件番号,要求事項\nR1,システムはデータを暗号化しなければならない。\nR2,管理者は利用者を登録できること。\n"


def texts(found):
    return found.frame["text"].to_list()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ASKED, "cp932"),
        (ASKED, "utf-8"),
        (ASKED, "utf-16-le"),
        ("Id;Anforderung\n1;Das Gerät muss Größen über 10 µm prüfen\n2;Zweite Anforderung für später\n", "cp1252"),
        ("Id;Exigence\n1;L’outil doit gérer les données clés\n2;Il doit être sûr et très rapide\n", "cp1252"),
        ("№;Требование\n1;Система должна шифровать все данные\n2;Пользователь должен менять пароль\n", "cp1251"),
        ("编号,需求描述\n1,系统应当对所有的数据进行加密\n2,用户可以在这里修改自己的密码\n", "gb18030"),
        ("Id,Requirement\n1,The tool must keep a record\n2,It should be shown to every user\n", "utf-16-be"),
    ],
)
def test_encodings_without_a_mark(text, encoding):
    found = encodings.decode(text.encode(encoding))
    assert found.text == text
    assert len(read_list(text.encode(encoding), "a.csv").frame) == 2


def test_the_encoding_and_the_delimiter_are_said():
    content = "Nr;Anforderung;Gewicht\n1;Größe muss prüfbar sein;0,5\n2;Farbe soll wählbar sein;1,5\n3;Es muss;2,5\n"
    assert read_list(content.encode("cp1252"), "a.csv").notes == (
        "Read as Windows-1252, semicolon-separated, decimals after a comma.",
    )


def test_an_unusual_encoding_is_guessed():
    text = "αριθμός;απαίτηση\n" + "".join(f"{n};το σύστημα πρέπει να κρυπτογραφεί όλα τα δεδομένα\n" for n in range(9))
    assert encodings.decode(text.encode("cp1253")).encoding not in ("cp1252", "utf-8")


def test_an_announced_delimiter_is_believed():
    assert texts(read_list(b"sep=|\nId|Requirement\n1|Do this, that; and more things\n", "a.csv")) == [
        "Do this, that; and more things"
    ]


def test_dates_percents_and_decimals_are_shown_as_people_see_them():
    def dress(made):
        sheet = made["S"]
        sheet["A2"].number_format, sheet["A3"].number_format = "0.00", "0.0%"
        sheet["C2"].number_format, sheet["C3"].number_format = "yyyy-mm-dd", "d. mmm yyyy"

    rows = [["Id", "Requirement", "Due"], [1.1, "The first must work", 46112], [0.25, "The second must too", 46112.5]]
    grid = grids.load(book(dress, S=rows), "a.xlsx")[0]
    assert grid.rows[1][1] == ["1.10", "The first must work", "2026-03-31"]
    assert grid.rows[2][1] == ["25.0%", "The second must too", "2026-03-31 12:00"]


def test_old_dates_errors_truths_and_rich_texts():
    rows = [["Id", "Requirement", "X"], ["1", "Must do the first thing", True], ["2", "Must do the second thing", ""]]
    content = shared(rows, lambda _, sheet: sheet.write_formula("C3", "=1/0", None, "#DIV/0!"))
    rich = b"<si><r><t>Must do</t></r><r><t xml:space='preserve'> both_x000D_ things</t></r><rPh><t>no</t></rPh></si>"
    content = repacked(
        content,
        {
            "xl/workbook.xml": lambda d: d.replace(b"<workbookPr ", b"<workbookPr date1904='1' "),
            "xl/sharedStrings.xml": lambda d: d.replace(b"<si><t>Must do the first thing</t></si>", rich),
        },
    )
    grid = grids.load(content, "a.xlsx")[0]
    assert grid.rows[1][1] == ["1", "Must do both\r things", "TRUE"]
    assert grid.rows[2][1] == ["2", "Must do the second thing"]
    opened = spreadsheet.Book(content, "a.xlsx")
    opened.formats = {1: "date"}
    assert opened.shown("1", 1) == "1904-01-02"
    assert opened.shown("99999999999", 1) == "99999999999"
    assert opened.shown("n/a", 1) == "n/a"


def test_hidden_rows_columns_and_sheets_are_said():
    def hide(made):
        made["S"].row_dimensions[3].hidden = True
        made["S"].column_dimensions["C"].hidden = True
        made["More"].sheet_state = "veryHidden"

    found = read_list(book(hide, S=LIST, More=LIST), "a.xlsx")
    assert found.frame["is_hidden"].to_list() == [False, True]
    assert found.notes == (
        "The hidden sheet More looks like a list too; it was left out.",
        "1 of the requirements of S stand in hidden rows; they were read.",
        "Hidden columns of S: C.",
    )


def test_cells_merged_downwards_hold_for_all_their_rows():
    rows = [
        ["Module", "Requirement", "Priority"],
        ["Sales", "It must show the pipeline", "High"],
        [None, "It must show the forecast", None],
        ["Data", "It must load files", "Low"],
    ]
    found = read_list(book(lambda b: (b["S"].merge_cells("A2:A3"), b["S"].merge_cells("C2:C3")), S=rows), "a.xlsx")
    assert found.frame["given_category"].to_list() == ["Sales", "Sales", "Data"]
    assert found.frame["given_priority"].to_list() == ["High", "High", "Low"]


def test_a_heading_over_two_rows():
    rows = [
        ["Ref", "Requirement", "Vendor response", None, None],
        [None, None, "Yes", "Partly", "No"],
        ["R1", "The system must encrypt all data", None, None, None],
        ["R2", "The system must log every change", None, None, None],
    ]

    def merge(made):
        for block in ("A1:A2", "B1:B2", "C1:E1"):
            made["S"].merge_cells(block)

    found = read_list(book(merge, S=rows), "a.xlsx")
    assert found.frame["row"].to_list() == [3, 4]
    assert [(p.name, p.kind, p.status) for p in found.layouts[0].answers] == [
        ("Vendor response / Yes", "mark", "full"),
        ("Vendor response / Partly", "mark", "partial"),
        ("Vendor response / No", "mark", "none"),
    ]
    assert found.frame["answer_cells"].to_list() == ["C3 D3 E3", "C4 D4 E4"]


def test_an_ods_file_with_all_it_may_hold():
    rules = (
        '<table:content-validation table:name="v1" '
        "table:condition='of:cell-content-is-in-list(&quot;Yes&quot;;&quot;No&quot;)'/>"
        '<table:content-validation table:name="v2" '
        "table:condition='of:cell-content-is-in-cell-range([$Words.$A$1:.$A$2])'/>"
    )
    styles = '<style:style style:name="t1"><style:table-properties table:display="false"/></style:style>'
    row = (
        '<table:table-row table:visibility="{}"><table:table-cell><text:p>{}</text:p></table:table-cell>'
        '<table:table-cell><text:p>It must<text:s text:c="2"/>work</text:p><office:annotation><text:p>why</text:p>'
        "</office:annotation><text:p>always</text:p></table:table-cell>"
        '<table:table-cell table:content-validation-name="v1" table:formula="of:=1"/>'
        '<table:table-cell table:content-validation-name="v2" table:number-columns-spanned="2"/></table:table-row>'
    )
    body = (
        '<table:table table:name="Asked"><table:table-column table:number-columns-repeated="2"/>'
        '<table:table-column table:visibility="collapse"/>'
        + ods_row("Id", "Requirement", "Comply", "Comment")
        + row.format("visible", "A1")
        + row.format("filter", "A2")
        + '<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
        'table:number-columns-repeated="1024"/></table:table-row></table:table>'
        f'<table:table table:name="Words">{ods_row("Yes")}{ods_row("No", **{"number-rows-repeated": 2})}</table:table>'
        f'<table:table table:name="Secret" table:style-name="t1">{ods_row("x")}</table:table>'
    )
    found = read_list(ods(body, rules, styles), "a.ods")
    assert texts(found) == ["It must  work\nalways"] * 2
    assert found.frame["is_hidden"].to_list() == [False, True]
    grid = found.grids[0]
    assert grid.hidden_columns == {2}
    assert {c.words for c in grid.choices} == {("Yes", "No")}
    assert grid.formulas == {(2, 2), (3, 2)}
    assert [(m.top, m.left, m.right) for m in grid.merges] == [(2, 3, 4), (3, 3, 4)]
    assert grids.load(ods(body, rules, styles), "a.ods")[2].is_hidden


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ('"Yes,No,Partly"', ("Yes", "No", "Partly")),
        ("Words!$A$1:$A$2", ("Full", "None")),
        ("'Words'!$A$1:$A$2", ("Full", "None")),
        ("answers", ("Full", "None")),
        ("$E$1:$E$2", ("Here", "There")),
        ('INDIRECT("Words!A1")', ()),
        ("Nowhere!A1:A2", ()),
    ],
)
def test_the_words_of_a_drop_down(formula, words):
    from openpyxl.workbook.defined_name import DefinedName

    def add(made):
        made.defined_names["answers"] = DefinedName("answers", attr_text="Words!$A$1:$A$2")
        rule = DataValidation(type="list", formula1=formula)
        rule.add("C2:C3")
        made["S"].add_data_validation(rule)
        made["S"]["E1"], made["S"]["E2"] = "Here", "There"

    found = read_list(book(add, S=OPEN, Words=[["Full"], ["None"]]), "a.xlsx")
    assert [(p.column, p.kind, p.words) for p in found.layouts[0].answers] == [(2, "choice", words)]


def test_a_drop_down_kept_in_the_extension_part():
    more = (
        b'<extLst><ext xmlns:x14="a" xmlns:xm="b"><x14:dataValidations><x14:dataValidation type="list"><x14:formula1>'
        b"<xm:f>Words!$A$1:$A$2</xm:f></x14:formula1><xm:sqref>C2:C3</xm:sqref></x14:dataValidation></x14:dataValidations>"
        b"</ext></extLst></worksheet>"
    )
    content = book(S=OPEN, Words=[["Full"], ["None"]])
    content = repacked(content, {SHEET: lambda d: d.replace(b"</worksheet>", more)})
    assert read_list(content, "a.xlsx").layouts[0].answers[0].words == ("Full", "None")


def test_macros_and_links_are_said_and_left_alone():
    more = {"xl/vbaProject.bin": b"macro", "xl/externalLinks/externalLink1.xml": b"<a/>"}
    content = repacked(book(S=LIST), more=more)
    found = read_list(content, "a.xlsm")
    assert texts(found) == [r[1] for r in LIST[1:]]
    assert any("macros; they were not run" in note for note in found.notes)
    assert any("other files; they were not opened" in note for note in found.notes)


def test_a_million_blank_rows_are_passed_over():
    blank = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (n, n) for n in range(4, 60_000))
    content = book(S=LIST)
    padded = repacked(content, {SHEET: lambda d: d.replace(b"</sheetData>", blank + b"</sheetData>")})
    found = read_list(padded, "a.xlsx")
    assert found.frame.height == 2
    assert found.grids[0].cut_at is None
    more = blank + b'<row r="70000"><c r="A70000" t="inlineStr"><is><t>R9</t></is></c></row>'
    lost = read_list(repacked(content, {SHEET: lambda d: d.replace(b"</sheetData>", more + b"</sheetData>")}), "a.xlsx")
    assert "Rows of S below row 2,004 were not read" in lost.notes[0]


def test_what_follows_skipped_rows_is_still_read(monkeypatch):
    monkeypatch.setattr(sheetxml, "MOST_BLANK", 5)
    monkeypatch.setattr(spreadsheet, "CHUNK", 512)

    def add(made):
        rule = DataValidation(type="list", formula1='"Yes,No"')
        rule.add("C2:C3")
        made["S"].add_data_validation(rule)
        for row in range(4, 60):
            made["S"].cell(row, 1).number_format = "0.00"
        made["S"].merge_cells("A2:A3")

    found = read_list(book(add, S=OPEN), "a.xlsx")
    assert found.layouts[0].answers[0].words == ("Yes", "No")
    assert found.grids[0].merges


def bomb():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in ("[Content_Types].xml", "xl/workbook.xml"):
            packed.writestr(part, "<a/>")
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(41):
                part.write(b" " * (10 * 2**20))
    return target.getvalue()


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><worksheet>&c;</worksheet>'
BAD = {
    "empty": (b"", "a.xlsx", "The file is empty"),
    "locked": (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "is password-protected"),
    "old": (b"\xd0\xcf\x11\xe0 rest", "a.xls", "damaged, or password-protected"),
    "pdf": (b"%PDF-1.7 whatever", "list.xlsx", "The PDF is damaged"),
    "bomb": (bomb, "a.xlsx", "unpacks to more than 400 MB"),
    "entities": (repacked(book(S=LIST), {SHEET: lambda _: LAUGHS}), "a.xlsx", "document type declaration"),
    "entities in the styles": (
        repacked(book(S=LIST), {"xl/styles.xml": lambda _: LAUGHS}),
        "a.xlsx",
        "document type declaration",
    ),
    "cut off": (book(S=LIST)[:-900], "a.xlsx", "damaged"),
    "no relations": (repacked(book(S=LIST), without=["xl/_rels/workbook.xml.rels"]), "a.xlsx", "damaged"),
    "broken sheet": (repacked(book(S=LIST), {SHEET: lambda d: d[:300]}), "a.xlsx", "damaged"),
    "word": (repacked(book(S=LIST), without=[], more={}).replace(b"xl/", b"wd/"), "a.xlsx", "no file that is read"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\x00\x01" * 400, "list.csv", "not text"),
    "blank sheets": (book(S=[], T=[]), "a.xlsx", "No requirement list"),
    "locked ods": (ods("", manifest="<encryption-data/>"), "a.ods", "password-protected"),
    "broken ods": (ods("<table:table>"), "a.ods", "damaged"),
    "entities in ods": (repacked(ods(""), {"content.xml": lambda _: LAUGHS}), "a.ods", "document type declaration"),
    "odt": (repacked(ods(""), {"mimetype": lambda _: b"vnd.oasis.opendocument.text"}), "a.ods", "no spreadsheet"),
    "figures": (book(S=[["Month", "Amount"], *([f"2026-{n}", n * 10.5] for n in range(12))]), "a.xlsx", "No req"),
    "glossary": (book(S=[["Term", "Meaning", "Description"], ["SLA", "x", "What we promise"]]), "a.xlsx", "No req"),
}


@pytest.mark.parametrize("kind", BAD)
def test_each_bad_file_gets_its_sentence(kind):
    content, name, said = BAD[kind]
    content = content() if callable(content) else content
    with pytest.raises(RequirementError, match=said):
        read_list(content, name)


def test_a_file_locked_by_the_packer():
    content = bytearray(repacked(book(S=LIST)))
    at = content.find(b"PK\x01\x02")
    while at != -1:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 4)
    with pytest.raises(RequirementError, match="password-protected"):
        read_list(bytes(content), "a.xlsx")


def test_shared_texts_beyond_all_measure(monkeypatch):
    monkeypatch.setattr(spreadsheet, "LARGEST_TEXTS", 10)
    with pytest.raises(RequirementError, match="unpacks"):
        read_list(shared(LIST), "a.xlsx")


def test_a_large_file_is_looked_at_before_it_is_read(monkeypatch):
    from core.requirements.read import sheet_choice

    monkeypatch.setattr(sheet_choice, "LARGE", 10)
    monkeypatch.setattr(sheet_choice, "HEAD_ROWS", 3)
    rows = [*LIST, *([f"R{n}", f"The system must do thing number {n}", "Low"] for n in range(3, 30))]
    found = read_list(book(S=rows, Other=[["Month", "Amount"], ["May", "3"]]), "a.xlsx")
    assert found.frame.height == 29
    assert found.skipped == ("Other",)


def test_a_list_beyond_fifty_thousand_rows(monkeypatch):
    from core.requirements.read import requirement_list

    monkeypatch.setattr(requirement_list, "MOST_REQUIREMENTS", 1)
    with pytest.raises(RequirementError, match="2 rows; at most 1"):
        read_list(book(S=LIST), "a.xlsx")


WHOLE = {"xlsx": shared(LIST), "ods": ods(f'<table:table table:name="S">{ods_row("Id", "Question")}</table:table>')}


@profile(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["xlsx", "ods"]), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=9)
)
def test_a_damaged_file_gets_a_sentence_or_is_read(kind, hits):
    whole = (
        shared(LIST)
        if kind == "xlsx"
        else ods(f'<table:table table:name="S">{ods_row("Id", "Requirement")}</table:table>')
    )
    content = bytearray(whole)
    for where, byte in hits:
        content[int(where * (len(content) - 1))] = byte
    with suppress(RequirementError):
        read_list(bytes(content), f"a.{kind}")


@pytest.mark.parametrize("said", [b"zTF-8", b"utf-7"])
def test_an_unknown_encoding_of_a_part(said):
    head = b'<?xml version="1.0" encoding="' + said + b'"?>'
    content = repacked(book(S=LIST), {SHEET: lambda d: head + d})
    with pytest.raises(RequirementError, match="damaged"):
        read_list(content, "a.xlsx")
