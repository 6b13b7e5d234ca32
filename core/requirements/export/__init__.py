"""What leaves the house: the buyer's own file filled in, the gap workbook, everything as JSON."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements.export import (
        answered_file,
        answered_list,
        cell_answers,
        filled_document,
        filled_file,
        filled_project,
        gap_workbook,
        public_evidence,
        question_files,
        trust_answers,
        trust_page,
    )

__all__ = [
    "answered_file",
    "answered_list",
    "cell_answers",
    "filled_document",
    "filled_file",
    "filled_project",
    "gap_workbook",
    "public_evidence",
    "question_files",
    "trust_answers",
    "trust_page",
]

__getattr__ = later(__name__, {name: name for name in __all__})
