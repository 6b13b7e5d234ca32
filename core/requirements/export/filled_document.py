"""A buyer's Word or PDF file answered: in its own cells and fields where it has any, else in a document beside it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import polars as pl

from core.requirements.export.cell_answers import Edit, Plan
from core.requirements.officefiles import fill_docx, fill_ooxml, fill_pdf, fill_proof, pdf, word_document
from core.requirements.officefiles.fill_proof import PARTS, Proof
from core.requirements.read.requirement_list import RequirementList

NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")
HEADINGS, WIDTHS = ("No.", "Requirement", "Response"), (1000, 4400, 3600)
NO_CELL = "No cell is left for its answer."


def fill(source: RequirementList, planned: Plan, kind: str) -> tuple[str, bytes, Proof]:
    """Return name, content and proof of the answered file; edits that have no cell are moved to `planned.left`.

    Parameters
    ----------
    source : RequirementList
    planned : Plan
        Its edits are narrowed down to those written.
    kind : str
        "word", "pdf" or another kind that cannot be written to in place. With nothing to write a Word or PDF file
        goes back as it came.
    """
    edits = planned.edits
    path = Path(source.name)
    if kind == "word" and ((inside := _in_cells(source, edits)) or not edits):
        _narrow(planned, source, inside)
        content, proof = _word(source.content, inside)
        return f"{path.stem}-answered{path.suffix}", content, proof
    fields = pdf.read(source.content, source.name).fields if kind == "pdf" else {}
    written = [e for e in edits if (e.sheet, e.row, e.column) in fields]
    if written or (kind == "pdf" and not edits):
        _narrow(planned, source, written)
        texts = {fields[(e.sheet, e.row, e.column)].name: e.text for e in written}
        content = fill_pdf.edit(source.content, texts) if texts else source.content
        return f"{path.stem}-answered{path.suffix}", content, fill_pdf.compare(source.content, content, texts)
    content = response_document(source, edits)
    return f"{path.stem}-response.docx", content, _beside(source.content)


def _in_cells(source: RequirementList, edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits whose cells exist in the document, or whose label in its running text does."""
    roomy = {shape.sheet for shape in source.layouts if shape.answers}
    edits = [e for e in edits if e.sheet in roomy]
    body = word_document.read(source.content, source.name).body
    return [e for e in edits if (at := _place(e)) is not None and fill_docx.cell_at(body, at) is not None]


def _place(edit: Edit) -> tuple[int, int, int] | None:
    if edit.sheet == word_document.PROSE:
        return fill_docx.TEXT, edit.row, 0
    kind, _, number = edit.sheet.partition(" ")
    return (int(number), edit.row, edit.column) if kind == "Table" and number.isdigit() else None


def _narrow(planned: Plan, source: RequirementList, written: Sequence[Edit]) -> None:
    """Keep the written edits, and say of requirements none of whose edits has a cell that they are left."""
    rows = {(e.sheet, e.row) for e in written}
    lost = {(e.sheet, e.row) for e in planned.edits} - rows
    for sheet, row, text in source.frame.select("sheet", "row", "text").iter_rows():
        if (sheet, row) in lost:
            planned.left.append((sheet, row, text, NO_CELL))
    planned.edits = list(written)


def _word(content: bytes, edits: Sequence[Edit]) -> tuple[bytes, Proof]:
    texts = {at: e.text for e in edits if (at := _place(e)) is not None}
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        fresh = fill_docx.edit(packed.read(word_document.PART), texts)
    filled = fill_ooxml.repack(content, {word_document.PART: fresh})
    n_tables = len({table for table, _, _ in texts})
    proof = fill_proof.compare(content, filled, {word_document.PART: texts}, fill_docx.same, n_tables)
    return filled, replace(proof, noun="parts of the document", sheet="table")


def _beside(content: bytes) -> Proof:
    rows = [("the buyer's file", len(content), "identical", 0, hashlib.sha256(content).hexdigest())]
    return Proof(pl.DataFrame(rows, schema=PARTS, orient="row"), 0, 0, fill_proof.BESIDE)


def response_document(source: RequirementList, edits: Sequence[Edit]) -> bytes:
    """Return a Word document with the buyer's numbers, requirements and sections, and our answers beside them.

    Parameters
    ----------
    source : RequirementList
    edits : sequence of Edit
        What would go into the buyer's cells, were there any.
    """
    import docx
    from docx.oxml import parse_xml

    answers: dict[tuple[str, int], list[str]] = {}
    for e in edits:
        answers.setdefault((e.sheet, e.row), []).append(e.text)
    document = docx.Document()
    document.core_properties.title = f"Response to {source.name}"
    document.add_heading(f"Response to {source.name}", 0)
    columns = ("sheet", "row", "requirement_id", "section", "text")
    rows = source.frame.select(columns).iter_rows()
    for (sheet, title), group in groupby(rows, key=lambda row: (row[0], row[3])):
        document.add_heading(title or sheet, 1)
        lines = [(key or str(row), text, "\n".join(answers.get((sheet, row), []))) for _, row, key, _, text in group]
        end = document.element.body.sectPr
        end.addprevious(parse_xml(_table([HEADINGS, *lines])))
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table as Word writes it; row by row python-docx takes a minute for 5,000 rows."""
    borders = "".join(f'<w:{side} w:val="single" w:sz="4"/>' for side in SIDES)
    out = [f"<w:tbl {NAMESPACE}><w:tblPr><w:tblW w:w='5000' w:type='pct'/><w:tblBorders>{borders}</w:tblBorders>"]
    out.append("</w:tblPr><w:tblGrid>" + "".join(f'<w:gridCol w:w="{width}"/>' for width in WIDTHS) + "</w:tblGrid>")
    for row in rows:
        cells = zip(row, WIDTHS, strict=True)
        out.append("<w:tr>" + "".join(_table_cell(text, width) for text, width in cells) + "</w:tr>")
    return "".join([*out, "</w:tbl>"])


def _table_cell(text: str, width: int) -> str:
    run = fill_docx.run("w:", text, "").decode()
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p>{run}</w:p></w:tc>'
