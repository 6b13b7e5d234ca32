"""Pairs of answers that may say the same, and their merging."""

from __future__ import annotations

import streamlit as st

from core.localization import message
from core.requirements.library import similar_answers
from pages.ui.kit import saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import HALF, TALL_ROW
from pages.ui.kit.shell import Page
from pages.ui.library import answer_form, library_cache

TWINS = {
    "likeness": st.column_config.ProgressColumn("Likeness", format="percent", min_value=0, max_value=1),
    "one": st.column_config.TextColumn("One", width="medium"),
    "other": st.column_config.TextColumn("The other", width="medium"),
    "is_same_answer": st.column_config.CheckboxColumn("Same answer"),
    "owners": "Owners",
}


def show(page: Page, c: Cell) -> None:
    """Show pairs that may be one and the same, and let one be merged into the other."""
    twins = library_cache.twins(page)
    c.answer(twins.sentence())
    if twins.frame.is_empty():
        return
    c.table(twins.frame.select(list(TWINS)), HALF, column_config=TWINS, height=300, row_height=TALL_ROW)
    listed = {f"{row['one_id']} {row['other_id']}": row for row in twins.frame.iter_rows(named=True)}
    pair = st.selectbox(
        "Pair",
        list(listed),
        format_func=lambda key: f"{listed[key]['one'][:60]} / {listed[key]['other'][:60]}",
        key="library_pair",
    )
    row = listed[pair]
    names = {row["one_id"]: row["one"], row["other_id"]: row["other"]}
    stays = st.selectbox(
        "Which one stays",
        list(names),
        format_func=lambda key: f"{key} · {names[key][:80]}",
        key=f"library_stays-{pair}",
    )
    gone = next(key for key in names if key != stays)
    st.button(
        message("Merge {gone} into {stays}", gone=escaped(gone), stays=escaped(stays)),
        on_click=_merge,
        args=(page, stays, gone),
        key="library_merge",
        disabled=not answer_form.may_edit(page),
        icon=":material/call_merge:",
        help="Tags, evidence, files, uses and history go along; the other is retired.",
    )


def _merge(page: Page, stays: str, gone: str) -> None:
    sample = library_cache.sample(page)
    survivor, other = (saved_content.library_row(page, key, sample) for key in (stays, gone))
    if survivor is None or other is None:
        answer_form.say("not", "One of the two is gone. Load the page again.")
        return
    edits = similar_answers.merged(survivor, other, page.identity.user)
    answer_form.put(page, list(edits), message("{gone} is merged into {stays}.", gone=gone, stays=stays))
