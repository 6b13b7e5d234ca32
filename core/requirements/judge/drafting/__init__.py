"""How a draft answer is written, and what must be true of one before it is sent."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements.judge.drafting import (
        draft_checklist,
        draft_records,
        draft_statements,
        draft_templates,
        draft_writer,
        question_needs,
    )

__all__ = [
    "draft_checklist",
    "draft_records",
    "draft_statements",
    "draft_templates",
    "draft_writer",
    "question_needs",
]

__getattr__ = later(__name__, {name: name for name in __all__})
