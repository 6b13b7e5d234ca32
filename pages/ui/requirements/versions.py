"""A buyer's list against its earlier version: what changed, what is carried over; a project's lists on one board."""

from __future__ import annotations

import re
from datetime import date
from itertools import count

import polars as pl
import streamlit as st

from core.artifacts import ANALYSES
from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.metrics.measure import counted
from core.requirements.match.analysis import GapAnalysis
from core.requirements.work import list_versions, row_review, saved_lists
from core.requirements.work.list_versions import ListChanges
from core.store.repositories import Saved
from pages.ui.kit import cache, saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import TALL_ROW
from pages.ui.kit.shell import Page

CHANGED = {
    "kind": "What",
    "text": st.column_config.TextColumn("Now", width=300),
    "was_text": st.column_config.TextColumn("Before", width=300),
    "why": st.column_config.TextColumn("What changes the sense", width="medium"),
    "row": "Row",
    "was_row": "Row before",
    "requirement_id": "Id",
    "was_id": "Id before",
}
SHOWN = {
    "row": "Row",
    "text": st.column_config.TextColumn("Now", width=260),
    "was_text": st.column_config.TextColumn("Before", width=260),
    "why": st.column_config.TextColumn("Why it is not carried", width="medium"),
    "answer": st.column_config.TextColumn("Answer then", width=300),
}
BOARD = {
    "name": st.column_config.TextColumn("List", width="medium"),
    "previous": "New version of",
    "n": st.column_config.NumberColumn("Rows"),
    "n_done": st.column_config.NumberColumn("Answered"),
    "n_approved": st.column_config.NumberColumn("Approved"),
    "n_overdue": st.column_config.NumberColumn("Late"),
}


def show(page: Page, c: Cell, analysis: GapAnalysis) -> None:
    """Compare the list with an earlier one, offer to carry answers over, and show the project's board."""
    key = saved_lists.key(analysis.source.content)
    lists = saved_content.lists(page)
    own = next((saved for saved in lists if saved.payload.get("file_key") == key), None)
    others = {saved.name: saved for saved in lists if saved is not own and saved.payload.get("rows")}
    if not others:
        c.answer("Save the first version of a list; when the buyer sends a new one, it is compared here.")
        return
    before = str(own.payload.get(saved_lists.PREVIOUS) or "") if own is not None else ""
    name = st.selectbox(
        "Earlier version",
        list(others),
        index=list(others).index(before) if before in others else None,
        placeholder="Choose the list this one takes the place of",
        key=f"version_of_{key}",
    )
    if name is None:
        c.answer("Choose the earlier version to see what changed.")
    else:
        _compare(page, c, analysis, others[name], [saved.name for saved in lists])
    _board(page, c, [saved for saved in lists if _is_of_project(saved, own, analysis, name)])


def _compare(page: Page, c: Cell, analysis: GapAnalysis, earlier: Saved, names: list[str]) -> None:
    changes = _changes(page, analysis, earlier)
    worked = saved_content.list_rows(page, earlier)
    fit = list_versions.carried(changes, worked)
    approved = fit.filter(pl.col("approved_by").is_not_null()).height
    c.answer(
        message(
            "{changes} {workeds} can be carried over, {approved:,} of them approved.",
            changes=changes.sentence(),
            workeds=counted(fit.height, "worked row"),
            approved=approved,
        )
    )
    kinds = [kind for kind in list_versions.KINDS if changes.count(kind)]
    wanted = st.pills(
        "Show", kinds, selection_mode="multi", default=[k for k in kinds if k != "unchanged"], key="version_kinds"
    )
    rows = changes.frame.filter(pl.col("kind").is_in(wanted or kinds))
    c.table(rows.select(list(CHANGED)), column_config=CHANGED, height=320, row_height=TALL_ROW)
    beside = list_versions.beside(changes, worked).filter(pl.col("answer").is_not_null())
    if not beside.is_empty():
        st.markdown(message("**Answers shown, not carried: {height:,}**", height=beside.height))
        c.table(beside.select(list(SHOWN)), column_config=SHOWN, height=240, row_height=TALL_ROW)
    _offer(page, analysis, earlier, changes, names)


def _changes(page: Page, analysis: GapAnalysis, earlier: Saved) -> ListChanges:
    later = analysis.frame.select("sheet", "row", "requirement_id", "text", "priority")
    key = ("list versions", earlier.id, earlier.version, *saved_content.reader(page).key, cache.arguments(later.rows()))
    return cache.remembered(
        ANALYSES,
        key,
        lambda: list_versions.compare(list_versions.of_payload(earlier.payload), later, page.settings.home),
        "Comparing the versions",
    )


def _offer(page: Page, analysis: GapAnalysis, earlier: Saved, changes: ListChanges, names: list[str]) -> None:
    if page.view.is_masked:
        st.caption("Show names to save a version.")
        return
    with st.form("list-version", border=False):
        title = st.text_input("Save as", value=_next(earlier.name, names), max_chars=120)
        if not st.form_submit_button("Save as the new version, with answers carried over", icon=":material/move_down:"):
            return
    if not page.may_write("requirements"):
        return
    store = cache.store(page.settings.database)
    try:
        saved = saved_lists.keep(store.requirement_sets, title, saved_content.EVERYBODY, analysis, earlier.name)
        list_versions.take_plan(store, earlier.id, saved.id, page.identity.user)
        fit = list_versions.carried(changes, saved_content.list_rows(page, earlier))
        n = store.reviews.carry(saved.id, fit, page.identity.user, earlier.name)
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    page.note("kept a new version of a list", saved.name, f"of {earlier.name}; {n:,} rows carried over")
    st.success(
        escaped(message("Saved: {name}, with {rows} carried over.", name=saved.name, rows=counted(n, "row"))),
        icon=":material/check:",
    )


def _next(name: str, names: list[str]) -> str:
    """Return the name of a list's next version that no list has: v2, v3 …"""
    stem = re.sub(r" v\d+$", "", name)[:110]
    return next(title for k in count(2) if (title := f"{stem} v{k}") not in names)


def _is_of_project(saved: Saved, own: Saved | None, analysis: GapAnalysis, name: str | None) -> bool:
    deal = analysis.summary.get("opportunity_id")
    chain = {name, own.name if own else None, own.payload.get(saved_lists.PREVIOUS) if own else None} - {None}
    same_deal = bool(deal) and saved.payload.get("opportunity_id") == deal
    return same_deal or saved.name in chain or saved.payload.get(saved_lists.PREVIOUS) in chain


def _board(page: Page, c: Cell, lists: list[Saved]) -> None:
    """Show how far every list of the project is."""
    if not lists:
        return
    rows = [_progress(page, saved, page.data.as_of) for saved in lists]
    st.markdown(message("**Lists of this project: {n_rows:,}**", n_rows=len(rows)))
    c.table(pl.DataFrame(rows, schema=list(BOARD), orient="row"), column_config=BOARD, height=200)


def _progress(page: Page, saved: Saved, today: date) -> tuple[str, str | None, int, int, int, int]:
    worked = saved_content.list_rows(page, saved)
    done = row_review.progress(worked.select("state", "due_on", "owner"), today)
    n = len(saved.payload.get("rows") or ())
    return saved.name, saved.payload.get(saved_lists.PREVIOUS), n, done.n_done, done.n_approved, done.n_overdue
