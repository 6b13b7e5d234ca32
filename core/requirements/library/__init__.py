"""The answer library: what was answered, by whom, approved by whom, until when; searched, imported, merged, ranked."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements.library import (
        answer_edition,
        answer_ranking,
        answer_search,
        answer_uses,
        library_export,
        library_files,
        library_import,
        packed_pages,
        question_blocks,
        recalled_answers,
        sample_answers,
        similar_answers,
    )

__all__ = [
    "answer_edition",
    "answer_ranking",
    "answer_search",
    "answer_uses",
    "library_export",
    "library_files",
    "library_import",
    "packed_pages",
    "question_blocks",
    "recalled_answers",
    "sample_answers",
    "similar_answers",
]

__getattr__ = later(__name__, {name: name for name in __all__})
