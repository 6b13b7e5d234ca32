"""Thirty kinds of workbooks go back with nothing but their answers changed, and open in other programs."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile

import polars as pl
import pytest
import xlsxwriter
from openpyxl import load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule, DataBarRule, FormulaRule
from openpyxl.styles import Font, NamedStyle, PatternFill, Protection
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table

from core.requirements.export.filled_file import fill
from core.requirements.officefiles import fill_ooxml
from core.requirements.read.requirement_list import read_list
from tests.requirements.workbooks import book, repacked

HEAD = ["Ref", "Requirement", "Compliance", "Comments"]
ROWS = [HEAD, *[[f"R{n}", f"The system shall keep list {n} up to date.", None, None] for n in range(1, 6)]]
ANSWER = "It does; =1+1 & <more>."
SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def comments(made):
    for row in range(2, 6):
        made["S"][f"C{row}"].comment = Comment("Please be brief", "Ann")


def protected(made):
    made["S"].protection.sheet = True
    for row in range(2, 7):
        made["S"][f"C{row}"].protection = Protection(locked=False)


def locked_structure(made):
    made.security.lockStructure = True
    made["S"].protection.set_password("secret")


def drop_down(made):
    rule = DataValidation(type="list", formula1='"Yes,Partial,No"')
    rule.add("C2:C6")
    made["S"].add_data_validation(rule)


def drop_down_elsewhere(made):
    for n, word in enumerate(("Compliant", "Partially compliant", "Not compliant"), 1):
        made.create_sheet("Lists") if n == 1 else None
        made["Lists"][f"A{n}"] = word
    rule = DataValidation(type="list", formula1="Lists!$A$1:$A$3")
    rule.add("C2:C6")
    made["S"].add_data_validation(rule)
    made["Lists"].sheet_state = "hidden"


def a_table(made):
    made["S"].add_table(Table(displayName="Asked", ref="A1:D6"))


def a_filter(made):
    made["S"].auto_filter.ref = "A1:D6"
    made["S"].auto_filter.add_filter_column(0, ["R1", "R2", "R3", "R4", "R5"])


def colours(made):
    made["S"].conditional_formatting.add("C2:C6", CellIsRule("equal", ['"No"'], fill=PatternFill("solid", "FF0000")))
    made["S"].conditional_formatting.add("A2:D6", FormulaRule(["LEN($C2)=0"], font=Font(bold=True)))


def bars(made):
    for row in range(2, 7):
        made["S"][f"F{row}"] = row
    made["S"].conditional_formatting.add("F2:F6", DataBarRule("min", None, "max", None, "638EC6"))


def a_chart(made):
    for row in range(2, 7):
        made["S"][f"H{row}"] = row
    chart = BarChart()
    chart.add_data(Reference(made["S"], min_col=8, min_row=2, max_row=6))
    made["S"].add_chart(chart, "J2")


def a_picture(made):
    from PIL import Image as Drawn

    Drawn.new("RGB", (4, 4), "red").save(logo := io.BytesIO(), "PNG")
    made["S"].add_image(Image(logo), "H2")


def formulas(made):
    for row in range(2, 7):
        made["S"][f"F{row}"] = f'=IF(C{row}="","open","done")'
    made["S"]["F8"] = ArrayFormula("F8", "=SUM(LEN(C2:C6))")


def names(made):
    made.defined_names["answers"] = DefinedName("answers", attr_text="S!$C$2:$C$6")
    made["S"].print_title_rows = "1:1"
    made["S"].print_area = "A1:D6"


def frozen_and_grouped(made):
    made["S"].freeze_panes = "C2"
    made["S"].row_dimensions.group(4, 5)
    made["S"].column_dimensions.group("F", "H", hidden=True)


def styles(made):
    made.add_named_style(NamedStyle("answer", font=Font(italic=True), fill=PatternFill("solid", "FFFF00")))
    for row in range(2, 7):
        made["S"][f"C{row}"].style = "answer"


def links(made):
    made["S"]["B2"].hyperlink = "https://example.com/annex"
    made["S"]["F2"] = '=HYPERLINK("#\'S\'!A1","top")'


def merged_title(made):
    made["S"].insert_rows(1, 2)
    made["S"]["A1"] = "Tender 7"
    made["S"].merge_cells("A1:D1")


def print_setting(made):
    made["S"].oddHeader.center.text = "Confidential"
    made["S"].page_setup.orientation = "landscape"
    made["S"].sheet_properties.tabColor = "1072BA"


def very_hidden(made):
    made.create_sheet("Keys").sheet_state = "veryHidden"
    made["Keys"]["A1"] = "key"


def right_to_left(made):
    made["S"].sheet_view.rightToLeft = True
    made["S"].sheet_view.zoomScale = 80


OPENPYXL = [
    comments,
    protected,
    locked_structure,
    drop_down,
    drop_down_elsewhere,
    a_table,
    a_filter,
    colours,
    bars,
    a_chart,
    a_picture,
    formulas,
    names,
    frozen_and_grouped,
    styles,
    links,
    merged_title,
    print_setting,
    very_hidden,
    right_to_left,
]


def of_excel(change):
    """Return a workbook as Excel writes it, with shared strings, changed by a function."""
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = made.add_worksheet("S")
    for place, row in enumerate(ROWS):
        sheet.write_row(place, 0, row)
    change(made, sheet)
    made.close()
    return target.getvalue()


def sparklines(_, sheet):
    for row in range(1, 6):
        sheet.write_row(row, 8, [1, 3, 2])
        sheet.add_sparkline(row, 5, {"range": f"S!I{row + 1}:K{row + 1}"})


def rich_text(made, sheet):
    bold = made.add_format({"bold": True})
    sheet.write_rich_string(1, 1, "The system ", bold, "shall", " keep list 1 up to date.")


def buttons(_, sheet):
    sheet.insert_button("G2", {"macro": "Sent", "caption": "Send"})


def check_boxes(_, sheet):
    for row in range(1, 6):
        sheet.insert_checkbox(row, 6, False)


def text_box(_, sheet):
    sheet.insert_textbox("H2", "Fill in the yellow cells only")


def notes_and_outline(_, sheet):
    sheet.write_comment("B2", "See annex")
    sheet.set_row(3, None, None, {"level": 1, "hidden": False})


EXCEL = [sparklines, rich_text, buttons, check_boxes, text_box, notes_and_outline]


def with_parts(parts, kinds="", relations=""):
    """Return a workbook with parts other programs leave there, named in its types and relations."""
    return repacked(
        book(S=ROWS),
        change={"[Content_Types].xml": lambda data: data.replace(b"</Types>", kinds.encode() + b"</Types>")},
        more={**parts, **({"xl/worksheets/_rels/sheet1.xml.rels": relations} if relations else {})},
    )


def threaded():
    """Comments as talks: the thread, the persons, and the relation of the sheet."""
    thread = (
        '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        '<threadedComment ref="C2" dT="2026-01-01T00:00:00.00" personId="{1}" id="{2}"><text>Yes or no?</text>'
        "</threadedComment></ThreadedComments>"
    )
    person = (
        '<personList xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        '<person displayName="Ann" id="{1}" userId="ann" providerId="None"/></personList>'
    )
    kinds = (
        '<Override PartName="/xl/threadedComments/threadedComment1.xml" '
        'ContentType="application/vnd.ms-excel.threadedcomments+xml"/>'
        '<Override PartName="/xl/persons/person.xml" ContentType="application/vnd.ms-excel.person+xml"/>'
    )
    relations = (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
        'Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment" '
        'Target="../threadedComments/threadedComment1.xml"/></Relationships>'
    )
    parts = {"xl/threadedComments/threadedComment1.xml": thread, "xl/persons/person.xml": person}
    return with_parts(parts, kinds, relations)


def sliced():
    """A slicer over a table: its part, its cache, and the extension in the sheet that names it."""
    slicer = (
        '<slicers xmlns="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
        '<slicer name="Ref" cache="Slicer_Ref" caption="Ref" rowHeight="241300"/></slicers>'
    )
    kinds = (
        '<Override PartName="/xl/slicers/slicer1.xml" ContentType="application/vnd.ms-excel.slicer+xml"/>'
        '<Override PartName="/xl/slicerCaches/slicerCache1.xml" '
        'ContentType="application/vnd.ms-excel.slicerCache+xml"/>'
    )
    cache = (
        '<slicerCacheDefinition xmlns="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
        'name="Slicer_Ref" sourceName="Ref"/>'
    )
    relations = (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
        'Type="http://schemas.microsoft.com/office/2007/relationships/slicer" Target="../slicers/slicer1.xml"/>'
        "</Relationships>"
    )
    extension = (
        '<extLst><ext uri="{3A4CF648-6AED-40f4-86FF-DC5316D8AED3}" '
        'xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main"><x14:slicerList '
        'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"><x14:slicer '
        f'xmlns:r="{RELATION}" r:id="rId1"/></x14:slicerList></ext></extLst></worksheet>'
    )
    content = with_parts(
        {"xl/slicers/slicer1.xml": slicer, "xl/slicerCaches/slicerCache1.xml": cache}, kinds, relations
    )
    return repacked(content, change={SHEET: lambda data: data.replace(b"</worksheet>", extension.encode())})


def prefixed():
    """A sheet whose names all bear a prefix, as some exporters write them."""

    def named(data):
        text = data.decode().replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"')
        return re.sub(r"<(/?)([a-zA-Z])", r"<\1x:\2", text).encode()

    return repacked(book(S=ROWS), change={SHEET: named})


def macros_and_signature():
    return repacked(
        book(S=ROWS),
        more={"xl/vbaProject.bin": b"\x00macro", "customXml/item1.xml": b"<a/>", "docProps/custom.xml": b"<a/>"},
    )


RAW = [threaded, sliced, prefixed, macros_and_signature]
KINDS = {
    **{change.__name__: (lambda change=change: book(change, S=ROWS)) for change in OPENPYXL},
    **{change.__name__: (lambda change=change: of_excel(change)) for change in EXCEL},
    **{make.__name__: make for make in RAW},
}


def answered(content):
    source = read_list(content, "asked.xlsx")
    rows = source.frame.select("sheet", "row").with_columns(
        status=pl.Series(["available", "limited", "not available", "available", "available"]),
        statement=pl.Series(["Compliant", "Partially compliant", "Not compliant", "Compliant", "Compliant"]),
        response=pl.lit(ANSWER),
    )
    return source, fill(source, rows)


def parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_there_are_thirty_kinds():
    assert len(KINDS) >= 30


@pytest.mark.filterwarnings("ignore:.* extension is not supported:UserWarning")
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_workbook_of_any_kind_goes_back_with_its_answers_alone(kind):
    content = KINDS[kind]()
    source, made = answered(content)
    assert source.frame.height == 5
    assert made.left.is_empty()
    before, after = parts(content), parts(made.content)
    assert list(before) == list(after)
    assert [name for name in before if before[name] != after[name]] == [SHEET]
    first = 4 if kind == "merged_title" else 2
    cells = {(row, column): "" for row in range(first, first + 5) for column in (2, 3)}
    assert fill_ooxml.without(before[SHEET], cells) == fill_ooxml.without(after[SHEET], cells)
    opened = load_workbook(io.BytesIO(made.content))["S"]
    assert [opened.cell(row, 2).value for row in range(first, first + 5)] == [row[1] for row in ROWS[1:]]
    assert all(opened.cell(row, 3).value for row in range(first, first + 5))
    assert [opened.cell(row, 4).value for row in range(first, first + 5)] == [ANSWER] * 5
    assert read_list(made.content, "asked.xlsx").frame["text"].equals(source.frame["text"])


@pytest.mark.slow
def test_every_filled_workbook_opens_in_libreoffice(tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    for kind, make in KINDS.items():
        (tmp_path / f"{kind}.xlsx").write_bytes(answered(make())[1].content)
    files = sorted(str(path) for path in tmp_path.glob("*.xlsx"))
    home = f"-env:UserInstallation=file://{tmp_path}/office"
    command = [office, home, "--headless", "--convert-to", "csv", "--outdir", str(tmp_path), *files]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for kind in KINDS:
        rows = list(csv.reader((tmp_path / f"{kind}.csv").read_text(encoding="utf-8", errors="replace").splitlines()))
        assert sum(ANSWER in row for row in rows) == 5, kind
