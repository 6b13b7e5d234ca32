"""An existing library taken over from a file, and taken back."""

from __future__ import annotations

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.metrics.measure import counted
from core.requirements.library import library_files, library_import
from core.requirements.library.library_files import BUYERS_LIST, NEITHER
from core.requirements.library.library_import import LibraryPreview
from pages.ui.kit import cache, downloads, unsaved
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page
from pages.ui.library import answer_form, library_cache

LAST = "library_import"
COMES = {
    "kind": "Kind",
    "question": st.column_config.TextColumn("Question", width="medium"),
    "what": st.column_config.TextColumn("Answer, or what changes", width="large"),
    "where": "Where in the file",
}
LEFT = {
    "where": "Where",
    "text": st.column_config.TextColumn("What stands there", width="medium"),
    "why": st.column_config.TextColumn("Why it is not taken", width="large"),
}


@st.fragment
def show(page: Page, c: Cell) -> None:
    """Show what a file would change, and take it over."""
    if st.session_state.pop("library_taken", False):
        st.rerun(scope="app")
    upload = st.file_uploader(
        "Your library: Excel, CSV, Word, Markdown, HTML, a zip from Notion, Confluence or GitBook, or a completed "
        "questionnaire",
        type=[ending[1:] for ending in library_files.ENDINGS],
        key=f"library_import_{st.session_state.get('library_imports', 0)}",
        max_upload_size=50,
    )
    _take_back(page)
    if upload is None:
        c.answer("You see what a file brings, changes and leaves out before anything is saved.")
        return
    try:
        preview = library_cache.preview(page, upload.getvalue(), upload.name)
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    c.answer(preview.sentence())
    if preview.file.kind in (BUYERS_LIST, NEITHER):
        st.page_link("pages/requirements.py", label="Open it as a buyer's list", icon=":material/checklist:")
    if not preview.frame.is_empty():
        c.table(preview.frame.select(list(COMES)), column_config=COMES, height=320)
    if not preview.skipped.is_empty():
        c.table(preview.skipped, column_config=LEFT, height=240)
        downloads.button(st, "What is left out (CSV)", preview.skipped.write_csv, "left-out.csv")
    _accept(page, preview)


def _accept(page: Page, preview: LibraryPreview) -> None:
    left, right = st.columns(2, vertical_alignment="center")
    n_like = preview.frame.filter(preview.frame["kind"] == library_import.SIMILAR).height
    also = not n_like or left.checkbox(
        message("Also the {n_like:,} that resemble one of ours", n_like=n_like), value=True, key="library_similar"
    )
    edits = preview.chosen(with_similar=bool(also))
    right.button(
        message("Take over {answers}", answers=counted(len(edits), "answer")),
        disabled=not edits or not answer_form.may_edit(page),
        on_click=_taken,
        args=(page, preview, bool(also)),
        type="primary",
        key="library_take",
        width="stretch",
    )


def _taken(page: Page, preview: LibraryPreview, with_similar: bool) -> None:
    edits = preview.chosen(with_similar=with_similar)
    done = message(
        "{answers} taken over from {name}.",
        answers=counted(len(edits), "answer is", "answers are"),
        name=preview.file.name,
    )
    if answer_form.put(page, edits, done):
        unsaved.items(LAST, is_typed=False)["last"] = [preview.import_id, preview.file.name]
        unsaved.keep(LAST)
    st.session_state["library_imports"] = st.session_state.get("library_imports", 0) + 1
    st.session_state["library_taken"] = True


def _take_back(page: Page) -> None:
    """Offer to undo the import made last in this browser."""
    last = unsaved.items(LAST, is_typed=False).get("last")
    if last is not None:
        st.button(
            message("Undo the import of {last}", last=escaped(last[1])),
            on_click=_undone,
            args=(page, last[0]),
            key="library_undo",
            icon=":material/undo:",
        )


def _undone(page: Page, import_id: str) -> None:
    store = cache.store(page.settings.database)
    edits, touched = library_import.taken_back(store, import_id, page.identity.user)
    if answer_form.put(page, edits, library_import.took_back(len(edits), touched)):
        unsaved.drop(LAST)
    st.session_state["library_taken"] = True
