"""A buyer's list in any layout, read into requirements at their own sheet and row."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements.read import (
        answer_cells,
        answer_vocabulary,
        buyers_list,
        by_columns,
        clause_list,
        column_roles,
        forms,
        headerless,
        heading_row,
        layout,
        left_out,
        other_tables,
        preview_grid,
        project,
        question_answers,
        reading_json,
        reading_notes,
        repair,
        requirement_list,
        role_choice,
        sheet_choice,
        side_by_side,
        stacked_tables,
        table_rows,
    )

__all__ = [
    "answer_cells",
    "answer_vocabulary",
    "buyers_list",
    "by_columns",
    "clause_list",
    "column_roles",
    "forms",
    "headerless",
    "heading_row",
    "layout",
    "left_out",
    "other_tables",
    "preview_grid",
    "project",
    "question_answers",
    "reading_json",
    "reading_notes",
    "repair",
    "requirement_list",
    "role_choice",
    "sheet_choice",
    "side_by_side",
    "stacked_tables",
    "table_rows",
]

__getattr__ = later(__name__, {name: name for name in __all__})
