"""Answers whose review is due, and answers that wait for approval, many at once."""

from __future__ import annotations

import polars as pl
import streamlit as st

from core.localization import message
from core.metrics.measure import counted
from core.requirements.library import answer_edition
from core.requirements.library.answer_edition import DRAFT, Library
from core.requirements.work import row_review
from core.store.library_answers import LibraryEdit
from pages.ui.kit import saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.grid import HALF, TALL_ROW, grid
from pages.ui.kit.shell import Page
from pages.ui.library import answer_form, library_cache

MOST_SHOWN = 300
WAITS = {
    "question": st.column_config.TextColumn("Question", width=220),
    "answer": st.column_config.TextColumn("Answer", width=260),
    "owner": "Owner",
    "due_on": st.column_config.DateColumn("Due"),
    "category": "Category",
    "answer_id": "Id",
}


def due(page: Page, c: Cell, library: Library) -> None:
    """Show the answers to be read again this month, mine or everybody's, and let them be confirmed in one go."""
    today = page.data.as_of
    mine = st.segmented_control("Whose", ["All", "Mine"], default="All", key="library_whose")
    owner = f"{page.identity.user}\n{page.identity.name}" if mine == "Mine" else None
    rows = answer_edition.due(library, answer_edition.month_end(today), owner)
    late = rows.filter(pl.col("due_on") <= today).height
    text = message("{answers} due this month", answers=counted(rows.height, "answer")) + (
        message(", {late:,} of them already.", late=late) if late else "."
    )
    c.answer(text if rows.height else "Nothing is due this month.")
    picked = _pick(rows, "library_due_table")
    st.button(
        message("Still right: {answers}", answers=counted(len(picked), "answer")),
        key="library_still_right",
        disabled=not picked or not answer_form.may_edit(page),
        on_click=_confirm,
        args=(page, picked),
        icon=":material/done_all:",
        help="They are read again today. What a buyer reads does not change, so that approvals stand.",
    )


def waiting(page: Page, c: Cell, library: Library) -> None:
    """Show the answers that wait for approval, and let an approver pass many at once."""
    rows = library.live.filter(pl.col("state") == DRAFT).sort("saved_at", "answer_id", descending=[True, False])
    c.answer(
        message("{answers} for approval", answers=counted(rows.height, "answer waits", "answers wait"))
        + (", by somebody else than who wrote it." if page.settings.answers.four_eyes else ".")
        if rows.height
        else "No answer waits for approval."
    )
    picked = _pick(rows, "library_waiting_table")
    st.button(
        message("Approve {answers}", answers=counted(len(picked), "answer")),
        key="library_approve_all",
        disabled=not picked or page.view.is_masked or not row_review.may_approve(page.identity, page.settings),
        on_click=answer_form.approve,
        args=(page, picked),
        icon=":material/verified:",
    )


def _pick(rows: pl.DataFrame, key: str) -> list[str]:
    """Show rows to choose among, and return the ids of those chosen."""
    if rows.is_empty():
        return []
    if rows.height > MOST_SHOWN:
        st.caption(message("The first {most_shown:,} are shown.", most_shown=MOST_SHOWN))
    seen = grid(
        rows.head(MOST_SHOWN).select(list(WAITS)),
        HALF,
        height=320,
        row_height=TALL_ROW,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"{key}_{st.session_state.get('library_count', 0)}",
        column_config=WAITS,
    )
    return [rows["answer_id"][row] for row in seen.selection.rows if row < rows.height]


def _confirm(page: Page, answer_ids: list[str]) -> None:
    today, edits = answer_form.kept(page).today(), list[LibraryEdit]()
    for answer_id in answer_ids:
        row = saved_content.library_row(page, answer_id, library_cache.sample(page))
        if row is not None:
            edits.append(answer_edition.reviewed(row, today))
    answer_form.put(
        page,
        edits,
        message("{answers} read again and still right.", answers=counted(len(edits), "answer is", "answers are")),
    )
