"""The buyer's own file, filled in."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import polars as pl

from core.requirements.export import cell_answers as planning
from core.requirements.export import filled_document, filled_project
from core.requirements.export.answered_file import Filled
from core.requirements.export.cell_answers import LEFT, Edit, Plan
from core.requirements.officefiles import fill_delimited, fill_ooxml, fill_opendocument, fill_proof, grids
from core.requirements.officefiles.fill_proof import Proof
from core.requirements.officefiles.sheetxml import letters_of
from core.requirements.officefiles.spreadsheet import BROKEN, LARGEST_UNPACKED, Book, damaged, too_large
from core.requirements.read.requirement_list import RequirementList

WRITTEN = ("text", "excel", "opendocument")

__all__ = ["Filled", "fill"]


def fill(source: RequirementList, answers: pl.DataFrame, *, replace: bool = False) -> Filled:
    """Write our answers into the buyer's own file and prove that nothing else changed.

    Only the cells left for answers are touched: a drop-down gets one of its own words, a "put an X"
    column an X, a response column the sentence. Where a file has no such column, two are added at its
    right. Answers are written as text, so that none is ever computed. Cells that hold a formula or an
    answer are kept, and a word that would claim more than is true is never chosen; such rows are in `left`.

    Parameters
    ----------
    source : RequirementList
        With the buyer's file in it.
    answers : pl.DataFrame
        [sheet, row, status] and, where there are, [statement, response, capability].
    replace : bool
        Whether answers already in the file are written over.

    Returns
    -------
    Filled

    Raises
    ------
    RequirementError
        When the file is none that can be filled, or more than the answers would change.
    """
    if source.parts:
        return filled_project.fill(source, answers, lambda part, own: fill(part, own, replace=replace))
    planned = planning.plan(source, answers, replace=replace)
    path = Path(source.name)
    name = f"{path.stem}-answered{path.suffix}"
    kind = grids.open_file(source.content, source.name).kind
    try:
        if kind in WRITTEN:
            content, shown = _written(source, planned)
        else:
            name, content, shown = filled_document.fill(source, planned, kind)
    except BROKEN as error:
        raise damaged(source.name) from error
    edits = [(e.sheet, e.row, f"{letters_of(e.column)}{e.row}", e.text) for e in planned.edits]
    schema = {"sheet": pl.String, "row": pl.Int64, "cell": pl.String, "text": pl.String}
    return Filled(
        name,
        content,
        shown,
        pl.DataFrame(planned.left, schema=LEFT, orient="row"),
        pl.DataFrame(edits, schema=schema, orient="row"),
        source.frame.height,
    )


def _written(source: RequirementList, planned: Plan) -> tuple[bytes, Proof]:
    original = source.content
    kind = grids.open_file(original, source.name).kind
    if kind == "text":
        texts = {(e.row, e.column): e.text for e in planned.edits}
        content = fill_delimited.edit(original, texts)
        return content, fill_delimited.compare(original, content, texts)
    if kind == "opendocument":
        _check_size(original, source.name)
        return _open_document(original, planned)
    _check_size(original, source.name)
    book = Book(original, source.name)
    parts = _by_part(planned.edits, book)
    fresh = {part: fill_ooxml.edit(book.packed.read(part), texts) for part, texts in parts.items()}
    content = fill_ooxml.repack(original, fresh)
    return content, fill_proof.compare(original, content, parts)


def _check_size(content: bytes, name: str) -> None:
    """Refuse a file whose pictures or other parts unpack to more than a workbook may."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(part.file_size for part in packed.infolist()) > LARGEST_UNPACKED:
            raise too_large(name)


def _open_document(original: bytes, planned: Plan) -> tuple[bytes, Proof]:
    texts = {(e.sheet, e.row, e.column): e.text for e in planned.edits}
    with zipfile.ZipFile(io.BytesIO(original)) as packed:
        fresh = fill_opendocument.edit(packed.read(fill_opendocument.PART), texts) if texts else b""
    content = fill_ooxml.repack(original, {fill_opendocument.PART: fresh} if texts else {})
    sheets = len({e.sheet for e in planned.edits})
    return content, fill_proof.compare(
        original, content, {fill_opendocument.PART: texts}, fill_opendocument.same, sheets
    )


def _by_part(edits: list[Edit], book: Book) -> dict[str, dict[tuple[int, int], str]]:
    out: dict[str, dict[tuple[int, int], str]] = {}
    for e in edits:
        out.setdefault(book.sheets[e.sheet], {})[(e.row, e.column)] = e.text
    return out
