"""Finding an answer: search, filters, the table."""

from __future__ import annotations

import polars as pl
import streamlit as st

from core.branding import letterhead
from core.localization import message
from core.requirements.library import answer_edition, answer_search, answer_uses, library_export
from core.requirements.library.answer_edition import APPROVED, DRAFT, Library
from pages.ui.kit import downloads
from pages.ui.kit.cells import Cell
from pages.ui.kit.grid import FULL, TALL_ROW, grid
from pages.ui.kit.shell import Page
from pages.ui.library import library_cache

CHOSEN, LISTED = "library_one", "library_listed"
MOST_SHOWN = 500
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WAITING = {APPROVED: "Approved", DRAFT: "Waiting for approval"}
ANSWERS = {
    "score": st.column_config.ProgressColumn("Likeness", format="percent", min_value=0, max_value=1),
    "question": st.column_config.TextColumn("Question", width=300),
    "answer": st.column_config.TextColumn("Answer", width=380),
    "state": "State",
    "owner": "Owner",
    "due_on": st.column_config.DateColumn("Review due"),
    "n_uses": st.column_config.NumberColumn("Used"),
    "n_won": st.column_config.NumberColumn("Deals won"),
    "n_lost": st.column_config.NumberColumn("Deals lost"),
    "approved_by": "Approved by",
    "tags": "Tags",
    "product": "Product",
    "language": "Language",
    "category": "Category",
    "source": "Source",
    "reviewed_on": st.column_config.DateColumn("Reviewed on"),
    "answer_id": "Id",
}


def show(page: Page, c: Cell, library: Library) -> None:
    """Draw the search, the filters and the answers that fit; a click on one opens it."""
    query = st.text_input(
        "Search the library",
        key="library_query",
        placeholder="In your own words; slips of the finger do not matter",
        icon=":material/search:",
        max_chars=answer_search.LONGEST_QUERY,
    )
    rows = _filtered(page, library)
    hits = answer_search.search(library_cache.index(page), query) if (query or "").strip() else None
    shown = answer_uses.with_uses(answer_search.shown(rows, hits), library_cache.uses(page))
    c.answer(
        hits.sentence(library.live.height)
        if hits is not None
        else message("{height:,} answers fit.", height=shown.height)
    )
    listed = shown if hits is not None else shown.drop("score")
    columns = [name for name in ANSWERS if name in listed.columns]
    if listed.height > MOST_SHOWN:
        st.caption(
            message(
                "The first {most_shown:,} are shown; search or narrow them down for the others.", most_shown=MOST_SHOWN
            )
        )
    table = listed.head(MOST_SHOWN).select(columns).with_columns(pl.col("state").replace(WAITING))
    grid(
        table,
        FULL,
        height=400,
        row_height=TALL_ROW,
        on_select=_clicked,
        selection_mode="single-row",
        key="library_table",
        column_config={name: ANSWERS[name] for name in columns},
    )
    st.session_state[LISTED] = shown["answer_id"].head(MOST_SHOWN).to_list()
    left, right = st.columns(2)
    options = {"width": "stretch", "icon": ":material/download:"}
    downloads.button(
        left,
        "Download these answers (Excel)",
        lambda: library_export.as_workbook(shown, letterhead.of(page.settings)),
        "answers.xlsx",
        XLSX,
        **options,
    )
    downloads.button(
        right,
        "Download these answers (CSV)",
        lambda: library_export.as_csv(shown),
        "answers.csv",
        "text/csv",
        **options,
    )


def _filtered(page: Page, library: Library) -> pl.DataFrame:
    rows = library.live
    boxes = st.columns(4) + st.columns(3)
    wanted: dict[str, list[str]] = {}
    for box, (name, label) in zip(
        boxes,
        {
            "category": "Category",
            "product": "Product",
            "language": "Language",
            "owner": "Owner",
            "state": "State",
        }.items(),
        strict=False,
    ):
        options = sorted(set(rows[name].drop_nulls()))
        wanted[name] = box.multiselect(
            label,
            options,
            key=f"library_{name}s",
            placeholder="All",
            format_func=lambda value: WAITING.get(value, value),
        )
    tags = boxes[5].multiselect("Tags", answer_edition.tags_of(rows), key="library_tags", placeholder="All")
    due = boxes[6].selectbox("Review due", ["Now", "This month"], index=None, placeholder="Whenever", key="library_due")
    today = page.data.as_of
    last = {"Now": today, "This month": answer_edition.month_end(today)}.get(due or "")
    return answer_search.narrowed(rows, today, tags=tags, due_by=last, **wanted)


def _clicked() -> None:
    """Take the clicked row over into the list of answers below."""
    chosen = st.session_state["library_table"].selection.rows
    listed = st.session_state.get(LISTED, [])
    st.session_state[CHOSEN] = listed[chosen[0]] if chosen and chosen[0] < len(listed) else None
