"""Spreadsheets and delimited text, read in a stream and filled in place; nothing here knows of sales."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements.officefiles import (
        delimited,
        encodings,
        fill_delimited,
        fill_ooxml,
        fill_opendocument,
        fill_proof,
        grids,
        opendocument,
        sheetxml,
        spreadsheet,
    )

__all__ = [
    "delimited",
    "encodings",
    "fill_delimited",
    "fill_ooxml",
    "fill_opendocument",
    "fill_proof",
    "grids",
    "opendocument",
    "sheetxml",
    "spreadsheet",
]

__getattr__ = later(__name__, {name: name for name in __all__})
