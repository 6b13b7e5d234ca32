"""Workbooks made for the tests."""

from __future__ import annotations

import io
import zipfile

from openpyxl import Workbook

LIST = [
    ["Id", "Requirement", "Priority"],
    ["R1", "The system must encrypt all data at rest", "High"],
    ["R2", "Users should be able to reset their own password", "Low"],
]


def held(made):
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def book(change=None, **sheets):
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if change:
        change(made)
    return held(made)


def shared(rows, change=None):
    """Return a workbook whose texts are shared, as Excel writes them."""
    import xlsxwriter

    target = io.BytesIO()
    made = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = made.add_worksheet("S")
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    if change:
        change(made, sheet)
    made.close()
    return target.getvalue()


def repacked(content, change=(), without=(), more=()):
    """Return a packed file with parts changed by functions, left out, or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part not in without:
                data = old.read(part)
                new.writestr(part, dict(change)[part](data) if part in dict(change) else data)
        for part, data in dict(more).items():
            new.writestr(part, data)
    return target.getvalue()


def ods(body, rules="", styles="", manifest="<m/>"):
    """Return an OpenDocument spreadsheet with the given tables."""
    names = " ".join(
        f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"'
        for p, n in {"office": "office", "table": "table", "text": "text", "style": "style"}.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names} office:version="1.2">'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>"
        f"<table:content-validations>{rules}</table:content-validations>{body}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", content)
        packed.writestr("META-INF/manifest.xml", manifest)
    return target.getvalue()


def ods_row(*cells, **given):
    said = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
    named = " ".join(f'table:{name}="{value}"' for name, value in given.items())
    return f"<table:table-row {named}>{said}</table:table-row>"
