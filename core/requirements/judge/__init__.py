"""Support, gap, effort and cost of each requirement, the bid's scores and draft answers."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements.judge import (
        bid_scores,
        draft_answers,
        drafting,
        gap_analysis,
        gap_effort,
        limits,
        qualifiers,
        row_judgement,
    )

__all__ = [
    "bid_scores",
    "draft_answers",
    "drafting",
    "gap_analysis",
    "gap_effort",
    "limits",
    "qualifiers",
    "row_judgement",
]

__getattr__ = later(__name__, {name: name for name in __all__})
