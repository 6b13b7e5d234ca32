"""Spreadsheets and delimited text, read in a stream and filled in place; nothing here knows of sales."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements.officefiles import (
        bundles,
        clauses,
        compound_file,
        delimited,
        encodings,
        fill_delimited,
        fill_docx,
        fill_ooxml,
        fill_opendocument,
        fill_pdf,
        fill_proof,
        grids,
        html_tables,
        json_tables,
        old_excel,
        opendocument,
        pdf,
        pdf_fields,
        pdf_page,
        pdf_tables,
        sheetxml,
        spreadsheet,
        text_recognition,
        word_document,
        word_parts,
    )

__all__ = [
    "bundles",
    "clauses",
    "compound_file",
    "delimited",
    "encodings",
    "fill_delimited",
    "fill_docx",
    "fill_ooxml",
    "fill_opendocument",
    "fill_pdf",
    "fill_proof",
    "grids",
    "html_tables",
    "json_tables",
    "old_excel",
    "opendocument",
    "pdf",
    "pdf_fields",
    "pdf_page",
    "pdf_tables",
    "sheetxml",
    "spreadsheet",
    "text_recognition",
    "word_document",
    "word_parts",
]

__getattr__ = later(__name__, {name: name for name in __all__})
