"""Word documents, PDFs, old workbooks, web pages, JSON and zips: read, and answered where they have room."""

from __future__ import annotations

import io
import json
import resource
import shutil
import subprocess
import time
import zipfile
from pathlib import Path

import docx
import polars as pl
import pytest
from docx.oxml import parse_xml
from pypdf import PdfReader

from core.contracts.errors import RequirementError
from core.requirements.export import filled_file
from core.requirements.officefiles import bundles, clauses, fill_docx, fill_ooxml, fill_pdf, fill_proof, word_document
from core.requirements.officefiles.encodings import decode
from core.requirements.read import reading_json
from core.requirements.read.requirement_list import read_any, read_list
from tests.requirements.documents import Pdf, saved
from tests.requirements.documents import word as document
from tests.requirements.workbooks import book

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
ROWS = [
    ["Ref", "Requirement", "Priority", "Response"],
    ["R1", "The system shall log every access.", "Must", ""],
    ["R2", "The system shall encrypt its backups.", "Should", ""],
    ["R3", "Users must be able to export reports.", "Must", ""],
]
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CHECK = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'


def lists(content, name):
    return reading_json.as_dict(read_any(content, name))["lists"]


def ids(content, name):
    return [row["id"] for part in lists(content, name) for row in part["rows"]]


def answered(source, **more):
    rows = source.frame.select("sheet", "row").with_columns(
        status=pl.lit("available"), response=pl.lit("It <does> & more.")
    )
    return filled_file.fill(source, rows, **more)


def opens_in_libreoffice(content, name, folder):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    (folder / name).write_bytes(content)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    call = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(folder / name)]
    subprocess.run(call, check=True, capture_output=True, timeout=120)
    assert (folder / f"{Path(name).stem}.pdf").stat().st_size > 0


def test_the_tables_of_a_word_document_are_lists():
    content = document(ROWS, [["Term", "Meaning"], ["SLA", "What we promise"]], before=["This is a request."])
    (part,) = lists(content, "a.docx")
    assert (part["sheet"], part["header_row"], part["answer_columns"]) == ("Table 1", 1, ["Response"])
    assert part["columns"] == {"id": "Ref", "text": "Requirement", "priority": "Priority", "category": None}
    assert [row["row"] for row in part["rows"]] == [2, 3, 4]
    reasons = {part["sheet"]: part["reason"] for part in reading_json.as_dict(read_any(content, "a.docx"))["not_read"]}
    assert set(reasons) == {"Table 2", "Text"}


def test_clauses_and_headings_are_a_list_where_no_table_is_one():
    made = docx.Document()
    made.add_heading("1 General", 1)
    made.add_paragraph("1.1 The supplier shall name a contact.")
    made.add_paragraph("1.2 Reports are sent every month to the buyer.")
    made.add_paragraph("Note: answer every clause.")
    made.add_heading("2 Security", 1)
    made.add_paragraph("2.1 The system must encrypt data as follows:")
    made.add_paragraph("(a) it shall do so at rest;")
    made.add_paragraph("The vendor shall answer within two hours.", style="List Number")
    made.add_paragraph("The vendor shall name a person on call.", style="List Number")
    read = read_list(saved(made), "a.docx")
    assert read.frame["requirement_id"].to_list() == ["1.1", "1.2", "2.1", "2.1 (a)", "1.", "2."]
    assert read.frame["section"].to_list() == ["1 General"] * 2 + ["2 Security"] * 4
    made = answered(read)
    assert made.name == "a-response.docx"
    assert "document of its own" in made.sentence()
    table = docx.Document(io.BytesIO(made.content)).tables[0]
    assert [cell.text for cell in table.rows[1].cells] == [
        "1.1",
        "The supplier shall name a contact.",
        "Compliant\nIt <does> & more.",
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("3.1.2 Exports run", ("3.1.2", "Exports run")),
        ("4) Exports run", ("4", "Exports run")),
        ("(b) Exports run", ("(b)", "Exports run")),
        ("FR-12: Exports run", ("FR-12", "Exports run")),
        ("R1 Exports run", ("R1", "Exports run")),
        ("99 days are enough", ("", "99 days are enough")),
        ("The system exports", ("", "The system exports")),
        ("AES-256 is used", ("AES-256", "is used")),
    ],
)
def test_numbers_of_clauses(text, wanted):
    assert clauses.numbered(text) == wanted


@pytest.mark.parametrize(
    ("number", "form", "wanted"), [(28, "lowerLetter", "bb"), (9, "upperRoman", "IX"), (7, "decimalZero", "07")]
)
def test_numbers_as_word_writes_them(number, form, wanted):
    assert word_document.written(number, form) == wanted


def test_a_word_table_goes_back_with_nothing_but_answers_changed(tmp_path):
    content = document(ROWS, ROWS[:1] + ROWS[2:], before=["A & B"], after=["End"])
    source = read_list(content, "a.docx")
    made = answered(source)
    assert made.name == "a-answered.docx"
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(io.BytesIO(made.content)) as new:
        assert [n for n in old.namelist() if old.read(n) != new.read(n)] == ["word/document.xml"]
    assert made.proof.n_cells == 5
    assert "2 tables" in made.sentence()
    tables = docx.Document(io.BytesIO(made.content)).tables
    assert [row.cells[3].text for row in tables[0].rows[1:]] == ["Compliant. It <does> & more."] * 3
    assert [row.cells[1].text for row in tables[0].rows] == [row[1] for row in ROWS]
    assert read_list(made.content, "a.docx").frame["text"].equals(source.frame["text"])
    again = answered(read_list(made.content, "a.docx"))
    assert again.left["reason"].unique().to_list() == ["Its answer cell is filled already, and was kept."]
    opens_in_libreoffice(made.content, made.name, tmp_path)


def commented(made):
    made.add_comment(made.tables[0].cell(1, 1).paragraphs[0].runs, "Ask the buyer", author="Ann")


def with_head_and_foot(made):
    made.sections[0].header.paragraphs[0].text = "Tender 7"
    made.sections[0].footer.paragraphs[0].text = "Confidential"


def with_two_sections(made):
    made.add_section().orientation = 1
    made.add_paragraph("The end.")


def protected(made):
    made.settings.element.append(parse_xml(f'<w:documentProtection {W} w:edit="forms" w:enforcement="1"/>'))


def tracked(made):
    made.tables[0].cell(2, 1)._tc.append(
        parse_xml(f'<w:p {W}><w:ins w:id="9" w:author="Ann"><w:r><w:t>Nightly.</w:t></w:r></w:ins></w:p>')
    )


def bold_answers(made):
    for row in made.tables[0].rows[1:]:
        paragraph = row.cells[3].paragraphs[0]._p
        paragraph.insert(0, parse_xml(f"<w:pPr {W}><w:rPr><w:b/></w:rPr></w:pPr>"))


def with_bookmarks(made):
    for n, row in enumerate(made.tables[0].rows[1:]):
        paragraph = row.cells[3].paragraphs[0]._p
        paragraph.append(parse_xml(f'<w:bookmarkStart {W} w:id="{n}" w:name="answer{n}"/>'))
        paragraph.append(parse_xml(f'<w:bookmarkEnd {W} w:id="{n}"/>'))


def with_text_fields(made):
    field = "".join(f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
    for row in made.tables[0].rows[1:]:
        row.cells[3]._tc.replace(row.cells[3].paragraphs[0]._p, parse_xml(f"<w:p {W}>{field}</w:p>"))


def with_a_picture(made):
    made.add_picture(io.BytesIO(PNG))


def merged_titles(made):
    row = made.tables[0].add_row()
    row.cells[0].merge(row.cells[3]).text = "Service"
    cells = made.tables[0].add_row().cells
    cells[0].text, cells[1].text = "S1", "The vendor shall answer within a day."


CHANGES = [
    commented,
    with_head_and_foot,
    with_two_sections,
    protected,
    tracked,
    bold_answers,
    with_bookmarks,
    with_text_fields,
    with_a_picture,
    merged_titles,
]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


@pytest.mark.parametrize("change", CHANGES)
def test_a_word_file_of_any_kind_goes_back_with_its_answers_alone(change):
    made = docx.Document(io.BytesIO(document(ROWS)))
    change(made)
    content = saved(made)
    source = read_list(content, "a.docx")
    filled = answered(source)
    assert filled.left.is_empty()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(io.BytesIO(filled.content)) as new:
        assert [n for n in old.namelist() if old.read(n) != new.read(n)] == [word_document.PART]
        kept = new.read(word_document.PART)
        for answer in set(filled.frame["text"]):
            kept = kept.replace(fill_docx.run("w:", answer, "<w:rPr><w:b/></w:rPr>"), b"")
            kept = kept.replace(fill_docx.run("w:", answer, ""), b"")
        assert kept.replace(b"<w:p></w:p>", b"<w:p/>") == old.read(word_document.PART).replace(
            b"<w:p></w:p>", b"<w:p/>"
        )
    assert docx.Document(io.BytesIO(filled.content)).tables[0].cell(1, 3).text.endswith("It <does> & more.")
    assert read_list(filled.content, "a.docx").frame["text"].equals(source.frame["text"])


@pytest.mark.slow
def test_every_filled_word_file_opens_in_libreoffice(tmp_path):
    for change in CHANGES:
        made = docx.Document(io.BytesIO(document(ROWS)))
        change(made)
        opens_in_libreoffice(answered(read_list(saved(made), "a.docx")).content, f"{change.__name__}.docx", tmp_path)


def control(inner, more=""):
    return f"<w:sdt {W} {CHECK}><w:sdtPr>{more}</w:sdtPr><w:sdtContent>{inner}</w:sdtContent></w:sdt>"


def with_cell(xml, heading="Response", rows=3):
    made = docx.Document()
    table = made.add_table(rows=0, cols=3)
    for texts in [
        ["Ref", "Question", heading],
        *([f"Q{n}", f"Do you encrypt backup {n}?", ""] for n in range(1, rows + 1)),
    ]:
        for cell, text in zip(table.add_row().cells, texts, strict=True):
            cell.text = text
    for row in table.rows[1:]:
        cell = row.cells[2]._tc
        for paragraph in cell.p_lst:
            cell.remove(paragraph)
        cell.append(parse_xml(xml))
        if cell[-1].tag.endswith("sdt") and not cell.p_lst and "<w:p" not in xml:
            raise AssertionError("a cell needs a paragraph")
    return saved(made)


def test_a_drop_down_of_word_gets_one_of_its_own_words_and_loses_its_prompt():
    items = "".join(f'<w:listItem w:displayText="{w}" w:value="{w}"/>' for w in ("Yes", "Partly", "No, never"))
    prompt = f"<w:showingPlcHdr/><w:dropDownList>{items}</w:dropDownList>"
    content = with_cell(control(f"<w:p {W}><w:r><w:t>Choose an item.</w:t></w:r></w:p>", prompt))
    source = read_list(content, "a.docx")
    (place,) = source.layouts[0].answers
    assert (place.kind, place.words) == ("choice", ("Yes", "Partly", "No, never"))
    made = answered(source)
    body = zipfile.ZipFile(io.BytesIO(made.content)).read("word/document.xml")
    assert b"Choose an item" not in body
    assert b"showingPlcHdr" not in body
    assert body.count(b"dropDownList") == 6
    assert read_any(made.content, "a.docx").grids[0].rows[1][1][2] == "Yes"
    inside = f"<w:p {W}>" + control("<w:r><w:t>Choose an item.</w:t></w:r>", prompt).replace(f" {W}", "") + "</w:p>"
    made = answered(read_list(with_cell(inside), "a.docx"))
    assert read_any(made.content, "a.docx").grids[0].rows[1][1][2] == "Yes"


def test_a_box_is_ticked_before_its_word():
    def box(word):
        state = '<w14:checkbox><w14:checked w14:val="0"/></w14:checkbox>'
        return control("<w:r><w:t>☐</w:t></w:r>", state) + f"<w:r><w:t xml:space='preserve'> {word}  </w:t></w:r>"

    content = with_cell(f"<w:p {W}>{box('Yes')}{box('Partly')}{box('No')}</w:p>")
    source = read_list(content, "a.docx")
    assert source.layouts[0].answers[0].words == ("Yes", "Partly", "No")
    made = answered(source)
    body = zipfile.ZipFile(io.BytesIO(made.content)).read("word/document.xml").decode()
    assert (body.count("☒"), body.count("☐"), body.count('checked w14:val="1"')) == (3, 6, 3)
    assert read_any(made.content, "a.docx").grids[0].rows[1][1][2].startswith("☒ Yes")


def test_what_stands_in_a_word_cell_is_written_over_only_when_asked():
    rows = [[*row[:3], "old" if row[3] == "" else row[3]] for row in ROWS]
    source = read_list(document(rows), "a.docx")
    assert answered(source).proof.n_cells == 0
    made = answered(source, replace=True)
    assert [row.cells[3].text for row in docx.Document(io.BytesIO(made.content)).tables[0].rows[1:]] == [
        "Compliant. It <does> & more."
    ] * 3


def test_a_word_document_changed_elsewhere_is_not_handed_out():
    content = document(ROWS)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        body = packed.read("word/document.xml")
    texts = {(1, 2, 3): "Yes"}
    changed = fill_docx.edit(body, texts).replace(b"Requirement", b"Requirements")
    with pytest.raises(RequirementError, match="More than the answers"):
        fill_proof.compare(
            content,
            fill_ooxml.repack(content, {word_document.PART: changed}),
            {word_document.PART: texts},
            fill_docx.same,
        )
    with pytest.raises(RequirementError, match="no such cell"):
        fill_docx.edit(body, {(1, 9, 3): "Yes"})


def test_merged_cells_nested_tables_and_deleted_words_of_word():
    made = docx.Document()
    table = made.add_table(rows=4, cols=3)
    for row, texts in zip(table.rows, [ROWS[0][:3], ["", "", ""], ROWS[1][:3], ROWS[2][:3]], strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(1, 2)).text = "Security"
    gone = f"<w:p {W}><w:del w:id='1'><w:r><w:delText>not </w:delText></w:r></w:del><w:r><w:t>really</w:t></w:r></w:p>"
    table.cell(2, 1)._tc.append(parse_xml(gone))
    table.cell(3, 2).add_table(rows=1, cols=2).cell(0, 0).text = "inner"
    read = read_list(saved(made), "a.docx")
    assert read.frame["text"].to_list() == ["The system shall log every access.\nreally", ROWS[2][1]]
    assert read.frame["section"].to_list() == ["Security"] * 2


def test_blocks_boxes_and_labels_of_word_are_forms():
    made = docx.Document()
    for n in (1, 2):
        made.add_heading(f"REQ-{n} Thing", 2)
        labels = ("Requirement ID", f"F{n}"), ("Description", f"The system shall do thing {n}."), ("Response", "")
        table = made.add_table(rows=0, cols=2)
        for texts in labels:
            for cell, text in zip(table.add_row().cells, texts, strict=True):
                cell.text = text
    source = read_list(saved(made), "a.docx")
    assert source.frame.select("sheet", "row", "requirement_id", "answer_cells").rows() == [
        ("Table 1", 2, "F1", "B3"),
        ("Table 2", 2, "F2", "B3"),
    ]
    tables = docx.Document(io.BytesIO(answered(source).content)).tables
    assert [table.cell(2, 1).text for table in tables] == ["Compliant. It <does> & more."] * 2
    boxes = document([["1. Please name your references."], [""], ["2. Please describe your training."], [""]])
    source = read_list(boxes, "a.docx")
    assert source.frame.select("row", "requirement_id").rows() == [(1, "1"), (3, "2")]
    table = docx.Document(io.BytesIO(answered(source).content)).tables[0]
    assert [row.cells[0].text for row in table.rows][1::2] == ["Compliant. It <does> & more."] * 2


def test_an_answer_goes_behind_its_label_in_running_text():
    made = docx.Document()
    for n in (1, 2, 3):
        made.add_heading(f"Q-{n} Question", 2)
        made.add_paragraph(f"Please describe how you handle case {n}.")
        made.add_paragraph("Response:")
    content = saved(made)
    source = read_list(content, "a.docx")
    assert source.frame["requirement_id"].to_list() == ["Q-1", "Q-2", "Q-3"]
    made = answered(source)
    assert made.proof.n_cells == 3
    paragraphs = [p.text for p in docx.Document(io.BytesIO(made.content)).paragraphs]
    assert paragraphs[2::3] == ["Response: Compliant. It <does> & more."] * 3
    with zipfile.ZipFile(io.BytesIO(made.content)) as packed:
        body = packed.read(word_document.PART).replace(b"<w:t>Response:</w:t>", b"<w:t>Refused:</w:t>", 1)
    texts = {(0, 3, 0): "Compliant. It <does> & more."}
    after = fill_ooxml.repack(content, {word_document.PART: body})
    with pytest.raises(RequirementError, match="More than the answers"):
        fill_proof.compare(content, after, {word_document.PART: texts}, fill_docx.same)


def test_a_damaged_word_document_gets_a_sentence():
    content = document(ROWS)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        body = packed.read(word_document.PART)
    for data, said in ((body[:500], "damaged"), (b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + body, "document type")):
        with pytest.raises(RequirementError, match=said):
            read_list(fill_ooxml.repack(content, {word_document.PART: data}), "a.docx")


EDGES = [50, 100, 350, 420, 560]


@pytest.mark.parametrize("ruled", [True, False])
def test_tables_of_a_pdf_are_read_over_its_pages(ruled):
    rows = [[f"R{n}", f"The system shall do thing {n}.", "Must", ""] for n in range(1, 61)]
    made = Pdf()
    for start in (0, 30):
        made.page().text(50, 812, "Request 7").text(280, 20, f"Page {start // 30 + 1}")
        made.table([ROWS[0], *rows[start : start + 30]], EDGES, 780, ruled=ruled)
    made.page().text(50, 812, "Request 7").text(280, 20, "Page 3")
    (part,) = lists(made.bytes(), "a.pdf")
    assert part["header_row"] == 1
    assert part["columns"] == {"id": "Ref", "text": "Requirement", "priority": "Priority", "category": None}
    assert [(row["id"], row["text"]) for row in part["rows"]] == [(row[0], row[1]) for row in rows]


def test_rows_of_a_pdf_parted_by_lines_across_alone():
    made = Pdf().page().text(50, 800, "Needs of Acme")
    made.text(53, 766, "Ref").text(123, 766, "Requirement").text(423, 766, "Answer")
    for n in range(1, 6):
        top = 780 - 40 * n
        made.text(53, top - 22, f"R{n}")
        made.text(123, top - 14, f"The system shall do thing {n}").text(123, top - 30, "without any delay.")
    for n in range(7):
        height = 780 - 40 * n if n else 780
        made.line(50, height, 550, height)
    (part,) = lists(made.bytes(), "a.pdf")
    assert part["answer_columns"] == ["Answer"]
    assert [(row["id"], row["text"]) for row in part["rows"]] == [
        (f"R{n}", f"The system shall do thing {n} without any delay.") for n in range(1, 6)
    ]


def test_clauses_of_a_pdf_and_a_response_document():
    made = Pdf().page().text(50, 800, "1 General", 16)
    for number in range(1, 6):
        made.text(50, 770 - 40 * number, f"1.{number} The supplier shall deliver the parts of lot {number} in time and")
        made.text(50, 758 - 40 * number, "without any defect.")
    source = read_list(made.bytes(), "a.pdf")
    assert source.frame["requirement_id"].to_list() == [f"1.{n}" for n in range(1, 6)]
    assert source.frame["text"][0] == "The supplier shall deliver the parts of lot 1 in time and without any defect."
    assert source.frame["section"].unique().to_list() == ["1 General"]
    made = answered(source)
    table = docx.Document(io.BytesIO(made.content)).tables[0]
    assert [row.cells[0].text for row in table.rows] == ["No.", "1.1", "1.2", "1.3", "1.4", "1.5"]


def test_fields_of_a_pdf_are_filled_behind_the_buyers_bytes():
    made = Pdf().page().table(ROWS, EDGES, 780)
    for n in range(1, 4):
        made.field(f"answer{n}", 425, 762 - 20 * n, 130, 16)
    made.field("signature", 50, 100)
    content = made.bytes()
    made = answered(read_list(content, "a.pdf"))
    assert made.name == "a-answered.pdf"
    assert made.content.startswith(content)
    fields = PdfReader(io.BytesIO(made.content)).get_fields()
    assert {name: field.get("/V") for name, field in fields.items()} == {
        **{f"answer{n}": "Compliant. It <does> & more." for n in range(1, 4)},
        "signature": None,
    }
    with pytest.raises(RequirementError, match="More than the answers"):
        fill_pdf.compare(content, made.content, {"answer1": ""})
    below = Pdf().page()
    for n in range(1, 4):
        below.text(50, 800 - 80 * n, f"{n}.1 Can you encrypt backup {n}?")
        below.field(f"f{n}", 50, 770 - 80 * n, 60, 16, ("Yes", "Partly", "No"))
        below.field(f"g{n}", 150, 770 - 80 * n, 300, 16)
    made = answered(read_list(below.bytes(), "b.pdf"))
    fields = PdfReader(io.BytesIO(made.content)).get_fields()
    assert [fields[f"{kind}1"]["/V"] for kind in "fg"] == ["Yes", "It <does> & more."]


NOTHING = pl.DataFrame(schema={"sheet": pl.String, "row": pl.Int64, "status": pl.String, "response": pl.String})


def test_with_nothing_approved_a_word_file_goes_back_as_it_came():
    content = document(ROWS)
    back = filled_file.fill(read_list(content, "a.docx"), NOTHING)
    assert (back.name, back.proof.n_cells) == ("a-answered.docx", 0)
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(io.BytesIO(back.content)) as new:
        assert [name for name in old.namelist() if old.read(name) != new.read(name)] == []


def test_with_nothing_approved_a_pdf_goes_back_as_it_came():
    made = Pdf().page().table(ROWS, EDGES, 780)
    made.field("answer1", 425, 742, 130, 16)
    back = filled_file.fill(read_list(made.bytes(), "a.pdf"), NOTHING)
    assert (back.name, back.proof.n_cells) == ("a-answered.pdf", 0)
    assert back.content == made.bytes()


def test_scanned_pages_are_told():
    made = Pdf().page().table(ROWS, EDGES, 780)
    made.page().pages[-1].append("q 500 0 0 700 40 40 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x80 EI Q")
    assert any("Pages without text" in note and "2" in note for note in read_any(made.bytes(), "a.pdf").notes)
    only = Pdf().page()
    only.pages[-1].append("q 500 0 0 700 40 40 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x80 EI Q")
    with pytest.raises(RequirementError, match="scanned"):
        read_any(only.bytes(), "a.pdf")


def test_scanned_pages_are_recognised_where_the_extra_is_installed(monkeypatch):
    import sys
    import types

    texts = ["1.1", "It", "shall", "log", "access.", "1.2", "Users", "must", "export", "lists.", ""]
    lefts = [100, 200, 300, 400, 500, 100, 200, 300, 400, 500, 700]
    seen = {"text": texts, "left": lefts, "top": [100] * 5 + [200] * 6, "conf": [90] * 10 + [-1]}
    seen |= {"width": [80] * 11, "height": [30] * 11}
    fake = types.ModuleType("pytesseract")
    fake.Output = types.SimpleNamespace(DICT="dict")
    fake.TesseractError = fake.TesseractNotFoundError = RuntimeError
    fake.image_to_data = lambda image, output_type: seen
    monkeypatch.setitem(sys.modules, "pytesseract", fake)
    only = Pdf().page()
    only.pages[-1].append("q 501 0 0 701 40 40 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x80 EI Q")
    read = read_any(only.bytes(), "a.pdf")
    assert read.frame.select("requirement_id", "text").rows() == [
        ("1.1", "It shall log access."),
        ("1.2", "Users must export lists."),
    ]
    assert any("text recognition" in note for note in read.notes)


@pytest.mark.slow
def test_three_hundred_pages_read_in_time():
    made = Pdf()
    for page in range(300):
        made.page().text(50, 815, "Tender 7 - confidential").text(50, 20, f"Page {page + 1} of 300")
        for n in range(18):
            text = f"{page + 1}.{n + 1} The supplier shall deliver part {n} of lot {page} in time and without defects"
            made.text(50, 770 - 40 * n, text).text(50, 758 - 40 * n, f"at the place named for lot {page}.")
    content = made.bytes()
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    read = read_list(content, "a.pdf")
    assert read.frame.height == 5_400
    assert time.process_time() - started < 30
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 500
    assert read.frame["text"][17].endswith("at the place named for lot 0.")


def test_an_old_workbook_is_read_at_its_own_rows():
    (part,) = lists((FIXTURES / "anforderungen.xls").read_bytes(), "a.xls")
    assert (part["sheet"], part["header_row"]) == ("Anforderungen", 3)
    assert part["columns"]["text"] == "Anforderung"
    assert [row["row"] for row in part["rows"]] == [4, 5, 6, 7, 8]
    assert part["rows"][0]["text"] == "Das System muss Größe 0 prüfen können."


GOOGLE = """<html><head><meta charset="utf-8"><style>x</style></head><body><div class="ritz grid-container"><table
class="waffle"><thead><tr><th class="row-header"></th><th>A</th><th>B</th><th>C</th></tr></thead><tbody>
<tr><th>1</th><td>Ref</td><td>Requirement</td><td>Response</td></tr>
<tr><th>2</th><td colspan="3">Security</td></tr>
<tr><th>4</th><td>R1</td><td>The system shall log<br>every &amp; any access.</td><td></td></tr>
<tr><th>5</th><td>R2</td><td>The system shall encrypt backups.</td><td></td></tr>
</tbody></table></div></body></html>"""


def test_a_sheet_as_google_exports_it_to_html():
    (part,) = lists(GOOGLE.encode(), "Needs.html")
    assert (part["sheet"], part["header_row"], part["answer_columns"]) == ("Needs", 1, ["Response"])
    assert [(row["row"], row["id"]) for row in part["rows"]] == [(4, "R1"), (5, "R2")]
    assert part["rows"][0]["text"] == "The system shall log\nevery & any access."
    text = "<h1>1 Security</h1><p>1.1 The system shall log.</p><ul><li>1.2 Users must be able to export.</li></ul>"
    assert ids(text.encode(), "a.html") == ["1.1", "1.2"]


def test_records_of_json_wherever_they_lie():
    questions = [{"id": f"Q{n}", "question": f"Do you encrypt backup {n}?", "answer": None} for n in range(3)]
    content = {"title": "Check", "sections": [{"name": "Backups", "questions": questions}]}
    (part,) = lists(json.dumps(content).encode(), "a.json")
    assert (part["sheet"], part["columns"]["id"], part["columns"]["text"]) == ("sections.questions", "id", "question")
    assert [row["row"] for row in part["rows"]] == [2, 3, 4]
    assert ids("\n".join(map(json.dumps, questions)).encode(), "a.jsonl") == ["Q0", "Q1", "Q2"]
    keyed = {f"R-{n}": {"requirement": f"The system shall do {n} things."} for n in range(3)}
    assert ids(json.dumps(keyed).encode(), "a.json") == ["R-0", "R-1", "R-2"]
    with pytest.raises(RequirementError, match="no JSON"):
        read_any(b"{broken", "a.json")


def test_several_files_are_one_project(tmp_path):
    files = [
        ("a/needs.xlsx", book(S=ROWS)),
        ("b.docx", document(ROWS)),
        ("c.csv", b"Id,Question\n1,Do you log access?\n"),
        ("bad.pdf", b"%PDF-1.7 broken"),
        ("picture.png", b"x"),
    ]
    content = bundles.packed_together(files)
    assert bundles.is_bundle(content)
    assert not bundles.is_bundle(book(S=ROWS))
    read = read_list(content, "p.zip")
    shown = reading_json.as_dict(read)
    assert [(part["file"], part["sheet"], len(part["rows"])) for part in shown["lists"]] == [
        ("a/needs.xlsx", "S", 3),
        ("b.docx", "Table 1", 3),
        ("c.csv", "csv", 1),
    ]
    assert {part["sheet"] for part in shown["not_read"]} >= {"bad.pdf", "picture.png"}
    made = answered(read)
    with zipfile.ZipFile(io.BytesIO(made.content)) as packed:
        assert packed.namelist() == [
            "a/needs-answered.xlsx",
            "b-answered.docx",
            "c-answered.csv",
            "bad.pdf",
            "picture.png",
        ]
        assert packed.read("picture.png") == b"x"
    assert made.proof.n_cells > 6
    for name, data in files[:3]:
        (tmp_path / Path(name).name).write_bytes(data)
    assert reading_json.of_paths([tmp_path]).frame.height == 7
    assert reading_json.of_paths(sorted(tmp_path.iterdir())).frame.height == 7


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("mac_roman", "Nr;Anforderung\n1;Das System muss Größe, Höhe und Länge prüfen – täglich\n"),
        ("mac_roman", "Réf;Exigence\n1;La solution doit être hébergée à l’étranger\n"),
        ("cp1250", "Nr;Wymaganie\n1;System musi umożliwiać eksport danych, także z załącznikami\n"),
    ],
)
def test_rare_encodings_are_read_and_said(encoding, text):
    decoded = decode(text.encode(encoding))
    assert (decoded.encoding, decoded.text) == (encoding, text)
    assert decoded.shown in decoded.doubts[0]
    assert any(decoded.shown in note for note in read_any(text.encode(encoding), "a.csv").notes)


def test_a_doubtful_encoding_is_said():
    assert "doubtful" in decode(b"Nr;Text\n1;abc\xacdef \xacghi\n").doubts[0]
