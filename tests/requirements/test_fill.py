from __future__ import annotations

import io
import zipfile

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from core.contracts.errors import RequirementError
from core.requirements.export.filled_file import fill
from core.requirements.officefiles import delimited, fill_ooxml, fill_opendocument, fill_proof
from core.requirements.officefiles import fill_delimited as fields
from core.requirements.read import answer_vocabulary
from core.requirements.read.requirement_list import read_list
from tests.requirements.workbooks import LIST, book, ods, ods_row, repacked, shared

ASKED = [
    ["Ref", "Requirement", "Compliance", "Comments", "Score"],
    ["R1", "The system must encrypt all data at rest", None, None, "=LEN(C2)"],
    ["R2", "Users should be able to reset their own password", None, None, "=LEN(C3)"],
    ["R3", "Reports must be exported to a spreadsheet", None, None, "=LEN(C4)"],
    ["R4", "There shall be a copy in another region", None, None, "=LEN(C5)"],
]
STATUSES = ["available", "limited", "roadmap", "not available"]


def answered(found, statuses=STATUSES, **more):
    rows = found.frame.select("sheet", "row").head(len(statuses))
    return rows.with_columns(status=pl.Series(statuses[: rows.height]), capability=pl.lit("Vault"), **more)


def drop_down(words="Fully,Partly,No", block="C2:C5", sheet="S"):
    def add(made):
        rule = DataValidation(type="list", formula1=f'"{words}"')
        rule.add(block)
        made[sheet].add_data_validation(rule)

    return add


def parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def column(content, letter, sheet="S", rows=range(2, 6)):
    return [load_workbook(io.BytesIO(content))[sheet][f"{letter}{row}"].value for row in rows]


def test_the_drop_downs_own_words_are_used_and_never_claim_more():
    found = read_list(book(drop_down(), S=ASKED), "asked.xlsx")
    made = fill(found, answered(found))
    assert column(made.content, "C") == ["Fully", "Partly", "No", "No"]
    assert column(made.content, "D")[2] == "Vault is on our roadmap and not available today."
    assert made.name == "asked-answered.xlsx"
    assert made.left.is_empty()
    strict = read_list(book(drop_down("Yes,No"), S=ASKED), "asked.xlsx")
    made = fill(strict, answered(strict))
    assert column(made.content, "C") == ["Yes", None, "No", "No"]
    assert made.left.select("row", "reason").rows() == [
        (3, "Its drop-down has no word that says this honestly (Yes, No).")
    ]
    assert "3 of 4 requirements are answered" in made.sentence()
    assert "1 row is left for a person" in made.sentence()


def test_every_other_part_is_identical_and_the_proof_says_so():
    def dress(made):
        drop_down()(made)
        made["S"].conditional_formatting.add(
            "C2:C5", CellIsRule("equal", ['"No"'], fill=PatternFill("solid", "FF0000"))
        )
        made["S"].merge_cells("A8:C8")
        made["S"].freeze_panes = "A2"

    content = repacked(
        book(dress, S=ASKED, Cover=[["Please answer"]]),
        more={"xl/vbaProject.bin": b"\x00macro", "xl/media/image1.png": b"\x89PNG", "customXml/item1.xml": b"<a/>"},
    )
    found = read_list(content, "asked.xlsm")
    made = fill(found, answered(found))
    before, after = parts(content), parts(made.content)
    assert list(before) == list(after)
    changed = [name for name in before if before[name] != after[name]]
    assert changed == ["xl/worksheets/sheet1.xml"]
    assert made.proof.sentence() == (
        f"8 cells changed in 1 sheet; nothing else in your file changed: {len(before) - 1} parts of the "
        "workbook byte for byte, and in that sheet every other cell."
    )
    cells = {(n, c): "" for n in range(2, 6) for c in (2, 3)}
    assert fill_ooxml.without(before[changed[0]], cells) == fill_ooxml.without(after[changed[0]], cells)
    assert made.name == "asked-answered.xlsm"


def test_a_picture_of_the_buyer_stays():
    from PIL import Image as Drawn

    Drawn.new("RGB", (4, 4), "red").save(logo := io.BytesIO(), "PNG")
    content = book(lambda b: b["S"].add_image(Image(logo), "H2"), S=ASKED)
    found = read_list(content, "a.xlsx")
    before, after = parts(content), parts(fill(found, answered(found)).content)
    drawn = [name for name in before if "drawing" in name or "media" in name]
    assert len(drawn) >= 3
    assert all(before[name] == after[name] for name in drawn)


def test_answers_are_text_whatever_they_look_like():
    nasty = '=HYPERLINK("http://x","y") & <b>\'\x07 _x0041_\r\nnext'
    found = read_list(shared(ASKED[:1] + [row[:4] for row in ASKED[1:]]), "a.xlsx")
    made = fill(found, answered(found, response=pl.lit(nasty)))
    cell = load_workbook(io.BytesIO(made.content))["S"]["D2"]
    assert cell.data_type == "s"
    assert cell.value.startswith("=HYPERLINK")
    again = read_list(made.content, "a.xlsx")
    assert again.grids[0].rows[1][1][3] == nasty.replace("\r\n", "\n")
    assert (2, 3) not in again.grids[0].formulas


def test_put_an_x():
    rows = [
        ["Ref", "Requirement", "Yes", "Partly", "No", "Remarks"],
        *([f"R{n}", f"The system must do thing number {n}"] for n in range(1, 6)),
    ]
    found = read_list(book(S=rows), "a.xlsx")
    made = fill(found, answered(found, [*STATUSES, "partner"]))
    sheet = load_workbook(io.BytesIO(made.content))["S"]
    assert ["".join("X" if sheet.cell(r, c).value == "X" else "." for c in (3, 4, 5)) for r in range(2, 7)] == [
        "X..",
        ".X.",
        "..X",
        "..X",
        ".X.",
    ]
    assert sheet["F6"].value == "Done together with a partner: Vault."
    again = read_list(made.content, "a.xlsx")
    twice = fill(again, answered(again, ["available"] * 5))
    assert twice.left["reason"][0] in ("It holds a mark already.", "Its answer cell is filled already, and was kept.")


def test_a_row_that_no_mark_fits_is_left():
    rows = [["Ref", "Requirement", "Yes", "No"], *([f"R{n}", f"It must do the thing number {n}"] for n in range(4))]
    found = read_list(book(S=rows), "a.xlsx")
    made = fill(found, answered(found, ["limited", "available"]))
    assert dict(made.left.select("row", "reason").rows()) == {
        2: "No column fits the answer.",
        4: "It has no answer yet.",
        5: "It has no answer yet.",
    }


def test_where_there_is_no_room_columns_are_added():
    found = read_list(book(S=LIST), "a.xlsx")
    made = fill(found, answered(found, ["available", "unclear"]))
    sheet = load_workbook(io.BytesIO(made.content))["S"]
    assert [sheet[c].value for c in ("D1", "E1", "D2", "E2", "D3")] == [
        "Compliance",
        "Response",
        "Compliant",
        "Vault does this today.",
        None,
    ]
    assert made.left.select("row", "reason").rows() == [(3, "It is still to be clarified what answers it.")]


def test_one_column_for_words_gets_the_statement_too():
    found = read_list(book(S=[[*LIST[0], "Vendor response"], *LIST[1:]]), "a.xlsx")
    made = fill(found, answered(found))
    assert column(made.content, "D", rows=(2,)) == ["Compliant. Vault does this today."]
    two = read_list(book(S=[[*LIST[0], "Vendor response", "Comments"], *LIST[1:]]), "a.xlsx")
    made = fill(two, answered(two, statement=pl.lit("Fully met")))
    assert column(made.content, "D", rows=(2,)) == ["Fully met"]
    assert column(made.content, "E", rows=(2,)) == ["Vault does this today."]


def test_filled_cells_formulas_and_merged_answers_are_kept():
    rows = [list(row) for row in ASKED]
    rows[1][2], rows[2][2] = "Yes, since 2019", "=1+1"
    rows += [[f"R{n}", f"It must do thing number {n}"] for n in range(9)]
    found = read_list(
        book(lambda b: b["S"].merge_cells("D4:D5"), S=rows + [[f"R{n}", f"It must do thing {n}"] for n in range(9)]),
        "a.xlsx",
    )
    made = fill(found, answered(found))
    reasons = dict(made.left.select("row", "reason").rows())
    assert reasons[2] == "Its answer cell is filled already, and was kept."
    assert reasons[3] == "Its answer cell holds a formula, which was kept."
    assert reasons[5] == "Its answer cell is merged with that of another row."
    assert column(made.content, "C")[0] == "Yes, since 2019"
    over = fill(found, answered(found), replace=True)
    assert column(over.content, "C")[0] == "Compliant"


def test_unreadable_drop_downs_are_left():
    def add(made):
        rule = DataValidation(type="list", formula1='INDIRECT("X")')
        rule.add("C2:C5")
        made["S"].add_data_validation(rule)

    found = read_list(book(add, S=ASKED), "a.xlsx")
    assert set(fill(found, answered(found)).left["reason"]) == {"The words of its drop-down cannot be read."}


def test_the_writer_on_odd_sheets():
    odd = (
        b'<x:worksheet xmlns:x="u"><x:cols><x:col min="3" max="4" style="7"/></x:cols><x:sheetData>'
        b'<x:row r="1" s="5" customFormat="1"/><x:row><x:c s="2"><x:v>1</x:v></x:c><x:c/></x:row>'
        b"</x:sheetData></x:worksheet>"
    )
    made = fill_ooxml.edit(odd, {(1, 2): "a", (2, 1): "b", (2, 2): "c", (2, 0): "d"}).decode()
    assert '<x:row r="1" s="5" customFormat="1"><x:c r="C1" s="5" t="inlineStr">' in made
    assert '<x:c r="A2" s="2" t="inlineStr"><x:is><x:t xml:space="preserve">d</x:t></x:is></x:c>' in made
    assert '<x:c r="B2" t="inlineStr"><x:is><x:t xml:space="preserve">b</x:t></x:is></x:c><x:c r="C2" s="7"' in made
    with pytest.raises(RequirementError, match="Row 9 is not in the sheet"):
        fill_ooxml.edit(odd, {(9, 1): "a"})
    with pytest.raises(RequirementError, match="not written in UTF-8"):
        fill_ooxml.edit(odd.decode().encode("utf-16"), {(1, 1): "a"})
    with pytest.raises(RequirementError, match="damaged"):
        fill_ooxml.edit(odd[:-30], {(1, 1): "a"})


def test_a_change_elsewhere_is_never_handed_out():
    content = book(S=LIST)
    part = "xl/worksheets/sheet1.xml"
    other = repacked(content, {part: lambda d: d.replace(b"encrypt", b"destroy")})
    with pytest.raises(RequirementError, match="More than the answers would have changed"):
        fill_proof.compare(content, other, {part: {(2, 3): "x"}})
    with pytest.raises(RequirementError, match="list of its parts"):
        fill_proof.compare(content, repacked(content, more={"xl/new.xml": b"<a/>"}), {})
    assert fill_proof.compare(content, content, {}).sentence() == "No cell changed; the file is identical."


CSV = (
    'Ref;Requirement;Response\r\nR1;"Two\r\nlines; it must work";\r\n'
    "R2;It must always 'würk';\r\n\r\nR3;Third that must;old\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_delimited_file_keeps_every_other_character(encoding):
    content = CSV.encode(encoding)
    found = read_list(content, "a.csv")
    made = fill(found, answered(found, ["available"] * 3, response=pl.lit("=cmd; “so”\nit is")))
    text = made.content.decode(encoding)
    quote = "“so”"
    assert text == CSV.replace('work";\r\n', f'work";"Compliant. =cmd; {quote}\nit is"\r\n').replace(
        "'würk';\r\n", f"'würk';\"Compliant. =cmd; {quote}\nit is\"\r\n"
    )
    assert made.proof.sentence() == "2 cells changed; nothing else in your file changed, character for character."
    assert made.left["reason"].to_list() == ["Its answer cell is filled already, and was kept."]


def test_columns_are_added_to_a_delimited_file_and_nothing_computes():
    found = read_list(b"Id,Requirement\n1,It must do this thing\n2,It must do that thing", "a.csv")
    made = fill(found, answered(found, ["available", "limited"], response=pl.lit("@SUM(A1)")))
    assert made.content == (
        b"Id,Requirement,Compliance,Response\n1,It must do this thing,Compliant,'@SUM(A1)\n"
        b"2,It must do that thing,Partially compliant,'@SUM(A1)"
    )


def test_a_plain_file_gets_plain_quotes():
    found = read_list(b"Id,Requirement,Response\n1,It must do this thing,\n2,It must do that,\n", "a.csv")
    made = fill(found, answered(found, ["available"], response=pl.lit("So – “ok”…")))
    assert made.content.splitlines()[1] == b'1,It must do this thing,"Compliant. So - ""ok""..."'


def test_letters_an_encoding_lacks():
    content = "Id;Anforderung;Antwort\n1;Es muß geprüft werden können;\n2;Es muß sicher für alle sein;\n".encode(
        "cp1252"
    )
    found = read_list(content, "a.csv")
    made = fill(found, answered(found, ["available"] * 2, response=pl.lit("日本 “ok”")))
    assert made.content.decode("cp1252").splitlines()[1].endswith(';"Compliant. ?? ""ok"""')


def test_a_broken_delimited_edit_is_noticed():
    with pytest.raises(RequirementError, match="row 2"):
        fields.compare(b"a,b\n1,2\n", b"a,b\n9,2\n", {})
    with pytest.raises(RequirementError, match="number of its rows"):
        fields.compare(b"a,b\n1,2\n", b"a,b\n", {})
    assert fields.compare(b"a,b\n", b"a,b\n", {}).n_cells == 0


FIELD = st.text(st.sampled_from('ab ,;"\n\t='), max_size=6)


@profile(max_examples=150, deadline=None)
@given(st.lists(st.lists(FIELD, min_size=2, max_size=4), min_size=1, max_size=6), st.sampled_from(",;\t|"))
def test_fields_are_found_where_the_csv_reader_finds_them(rows, mark):
    import csv

    target = io.StringIO(newline="")
    csv.writer(target, delimiter=mark).writerows(rows)
    text = target.getvalue()
    assert [[field.text for field in record] for record in delimited.spans(text, mark)] == rows


def test_an_open_quote_at_the_end_is_one_field():
    assert [[f.text for f in r] for r in delimited.spans('a,"b\nc', ",")] == [["a", "b\nc"]]


@pytest.mark.parametrize(
    ("word", "means"),
    [
        ("Yes", "full"),
        ("Fully Compliant", "full"),
        ("FC", "full"),
        ("C - Compliant", "full"),
        ("Erfüllt", "full"),
        ("Out of the box", "full"),
        ("○", "full"),
        ("Oui", "full"),
        ("Standard functionality", "full"),
        ("Partially compliant", "partial"),
        ("PC", "partial"),
        ("Teilweise erfüllt", "partial"),
        ("△", "partial"),
        ("Compliant with customization", "partial"),
        ("Requires modification", "partial"),
        ("3 - Partly", "partial"),
        ("Third-party", "partner"),
        ("Via partner", "partner"),
        ("Roadmap", "roadmap"),
        ("Future release", "roadmap"),
        ("Available in next release", "roadmap"),
        ("No", "none"),
        ("Not compliant", "none"),
        ("Non-compliant", "none"),
        ("Does not comply", "none"),
        ("Nicht erfüllt", "none"),
        ("No cumple", "none"),
        ("×", "none"),
        ("NC", "none"),
        ("N/A", "not_asked"),
        ("Please select", "not_asked"),
        ("AWS", ""),
        ("", ""),
    ],
)
def test_what_answer_words_mean(word, means):
    assert answer_vocabulary.meaning(word)[0] == means


def test_the_statement_counts_before_the_status():
    found = read_list(book(drop_down(), S=ASKED), "a.xlsx")
    said = ["Partially compliant", "To be clarified", "Roadmap", "Meets it fully"]
    more = {"statement": pl.Series(said), "response": pl.Series(["One.", None, None, "Four."])}
    made = fill(found, answered(found, ["available"] * 4, **more))
    assert column(made.content, "C") == ["Partly", None, "No", "Fully"]
    assert column(made.content, "D") == ["One.", None, None, "Four."]
    assert made.left.select("row", "reason").rows() == [
        (3, "It is still to be clarified what answers it."),
        (4, "No words are drafted for it."),
    ]


def test_unknown_statuses_have_no_word():
    assert answer_vocabulary.choose("unclear", ["Yes", "No"]) is None
    assert answer_vocabulary.response("unclear", None) == ""


def test_answers_need_their_columns():
    found = read_list(book(S=LIST), "a.xlsx")
    with pytest.raises(RequirementError, match="no column status"):
        fill(found, found.frame.select("sheet", "row"))


TEXT = st.text(min_size=1, max_size=30).filter(lambda t: t.strip() == t and t)


@profile(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TEXT, min_size=4, max_size=4))
def test_any_text_comes_back_as_it_was_written(said):
    found = read_list(book(S=ASKED), "a.xlsx")
    made = fill(found, answered(found, response=pl.Series(said)))
    again = read_list(made.content, "a.xlsx").grids[0]
    for (_, cells), text in zip(again.rows[1:], said, strict=True):
        assert cells[3] == text.replace("\r\n", "\n").replace("\r", "\n").strip()


RULE = "<table:content-validation table:name=\"v1\" table:condition='of:cell-content-is-in-list([$Words.$A$1:.$A$2])'/>"


def sheet_of(*rows):
    return f'<table:table table:name="S">{"".join(rows)}</table:table>'


def asked_row(ref, text, more=""):
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    return f"<table:table-row>{cell.format(ref)}{cell.format(text)}{more}</table:table-row>"


def test_an_ods_list_is_filled_cell_by_cell():
    words = f'<table:table table:name="Words">{ods_row("Yes")}{ods_row("No")}</table:table>'
    run = '<table:table-cell table:content-validation-name="v1" table:style-name="ce1"/><table:table-cell {}="1020"/>'
    body = sheet_of(
        ods_row("Ref", "Requirement", "Compliance", "Comments"),
        asked_row("R1", "It must do the first thing", run.format("table:number-columns-repeated")),
        asked_row("R2", "It must do the second thing", run.format("table:number-columns-repeated")),
    )
    content = ods(body + words, RULE)
    found = read_list(content, "a.ods")
    made = fill(found, answered(found, ["available", "roadmap"], response=pl.lit("a  b\t<c>\nnext")))
    again = read_list(made.content, "a.ods").grids[0]
    assert again.rows[1][1] == ["R1", "It must do the first thing", "Yes", "a  b\t<c>\nnext"]
    assert again.rows[2][1][2:] == ["No", "a  b\t<c>\nnext"]
    after = parts(made.content)["content.xml"].decode()
    assert 'table:style-name="ce1" table:content-validation-name="v1" office:value-type="string"' in after
    assert after.count('table:number-columns-repeated="1019"') == 2
    assert made.proof.sentence().startswith("4 cells changed in 1 sheet; nothing else in your file changed: 2 parts")
    assert made.name == "a-answered.ods"


def test_columns_are_added_to_an_ods_list():
    body = sheet_of(
        ods_row("Ref", "Requirement"), asked_row("R1", "It must do this"), asked_row("R2", "It must do that")
    )
    found = read_list(ods(body), "a.ods")
    made = fill(found, answered(found, ["available", "unclear"]))
    rows = read_list(made.content, "a.ods").grids[0].rows
    assert rows[0][1] == ["Ref", "Requirement", "Compliance", "Response"]
    assert rows[1][1][2:] == ["Compliant", "Vault does this today."]
    assert rows[2][1][2:] == []


def test_what_an_ods_edit_must_not_do():
    body = sheet_of(ods_row("Ref", "x", **{"number-rows-repeated": 2}), asked_row("R1", "y", "<table:table-cell/>"))
    data = parts(ods(body))["content.xml"]
    with pytest.raises(RequirementError, match="Row 1 of S cannot be filled"):
        fill_opendocument.edit(data, {("S", 1, 1): "a"})
    with pytest.raises(RequirementError, match="damaged"):
        fill_opendocument.edit(data[:-40], {("S", 1, 1): "a"})
    wanted = {("S", 3, 4): "a"}
    made = fill_opendocument.edit(data, wanted)
    assert fill_opendocument.same(data, made, wanted)
    assert not fill_opendocument.same(data, made.replace(b"<text:p>y", b"<text:p>z"), wanted)
    assert not fill_opendocument.same(data, made.replace(b"<text:p>x", b"<text:p>z"), wanted)


@pytest.mark.parametrize(
    ("statement", "choices", "said"),
    [
        ("Compliant", ["Fully compliant", "Partially compliant", "Non-compliant"], "Fully compliant"),
        ("Compliant", ["Y", "N"], "Y"),
        ("Compliant", ["Ja", "Nein", "Teilweise"], "Ja"),
        ("Partially compliant", ["FC", "PC", "NC"], "PC"),
        ("Partially compliant", ["Yes", "No"], None),
        ("Partially compliant", ["Standard", "Configuration", "Not available"], "Configuration"),
        ("Roadmap", ["Yes", "No", "Planned (date)"], "Planned (date)"),
        ("Roadmap", ["Yes", "No"], "No"),
        ("Not compliant", ["Meets", "Does not meet"], "Does not meet"),
        ("Not compliant", ["1", "2", "3"], None),
        ("To be clarified", ["Yes", "No"], None),
    ],
)
def test_the_buyers_own_words(statement, choices, said):
    status = answer_vocabulary.stated(None, statement)
    assert (answer_vocabulary.choose(status, choices) if status else None) == said
