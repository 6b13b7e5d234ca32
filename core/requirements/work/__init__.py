"""Working on lists with others: what is kept, reviewed, waiting for a person, and what each gap holds up."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements.work import (
        approvals,
        assignment,
        burn_down,
        business_days,
        capability_proposals,
        deal_context,
        deal_gaps,
        gap_ledger,
        list_versions,
        needs_review,
        project_board,
        project_roles,
        review_stages,
        row_review,
        sample_lists,
        saved_lists,
    )

__all__ = [
    "approvals",
    "assignment",
    "burn_down",
    "business_days",
    "capability_proposals",
    "deal_context",
    "deal_gaps",
    "gap_ledger",
    "list_versions",
    "needs_review",
    "project_board",
    "project_roles",
    "review_stages",
    "row_review",
    "sample_lists",
    "saved_lists",
]

__getattr__ = later(__name__, {name: name for name in __all__})
