"""Which capability answers a requirement, how sure that is, and what was answered before."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements.match import (
        alike_pairs,
        analysis,
        answer_library,
        confidence,
        duplicates,
        evidence,
        matcher,
        not_duplicates,
        question_frame,
    )

__all__ = [
    "alike_pairs",
    "analysis",
    "answer_library",
    "confidence",
    "duplicates",
    "evidence",
    "matcher",
    "not_duplicates",
    "question_frame",
]

__getattr__ = later(__name__, {name: name for name in __all__})
