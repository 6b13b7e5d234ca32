"""A buyer's list in any layout, read into requirements at their own sheet and row."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements.read import (
        answer_cells,
        answer_vocabulary,
        column_roles,
        headerless,
        layout,
        preview_grid,
        reading_notes,
        repair,
        requirement_list,
        stacked_tables,
    )

__all__ = [
    "answer_cells",
    "answer_vocabulary",
    "column_roles",
    "headerless",
    "layout",
    "preview_grid",
    "reading_notes",
    "repair",
    "requirement_list",
    "stacked_tables",
]

__getattr__ = later(__name__, {name: name for name in __all__})
