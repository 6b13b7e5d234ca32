"""The trust page: which answers the public may read, and the folder of static pages to download."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from core.artifacts import CATALOGUES
from core.branding import letterhead
from core.contracts.errors import QuarterdeckError
from core.requirements.catalogue import effective_catalogue
from core.requirements.export import public_evidence, trust_answers, trust_page
from core.requirements.library import answer_edition
from core.requirements.work import project_board, row_review
from pages.ui.kit import cache, downloads, saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page
from pages.ui.project.work_on_list import HIDDEN

SHOWN = {
    "category": "Section",
    "question": st.column_config.TextColumn("Question", width="large"),
    "answer": st.column_config.TextColumn("Answer", width="large"),
    "files": st.column_config.TextColumn("Evidence files", width="medium"),
    "approved_on": "Approved",
}


def show(page: Page, c: Cell) -> None:
    """Say which answers are public, and offer them as static pages."""
    if saved_content.reader(page).is_masked or page.data.is_transient:
        c.answer(HIDDEN)
        return
    store = cache.store(page.settings.database)
    lists = [
        (saved, project_board.rows(saved.payload, saved_content.list_rows(page, saved)))
        for saved in saved_content.lists(page)
    ]
    catalogue = effective_catalogue.load(store).catalogue
    top = st.container()
    proofs = _proofs(catalogue)
    four_eyes = page.settings.requirements.four_eyes
    attached = _attached(page, lists)
    content = trust_answers.collect(lists, catalogue, page.data, proofs, attached, four_eyes=four_eyes)
    with top:
        c.answer(content.sentence())
    if not content.answers:
        c.empty("An approver marks approved answers public above; only those come here, without customers' names.")
        return
    lines = [
        (e.category, e.question, e.answer, ", ".join(file.name for file in e.files), e.approved_on)
        for e in content.answers
    ]
    shape = dict.fromkeys(SHOWN, pl.String) | {"approved_on": pl.Date}
    c.table(pl.DataFrame(lines, schema=shape, orient="row"), column_config=SHOWN, height=220)
    if not row_review.may_approve(page.identity, page.settings):
        return
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    title = left.text_input("Whose answers", value="Our answers on security and compliance", key="trust_title")
    version = middle.text_input("Version", placeholder="By content", key="trust_version", max_chars=40)
    on = store.work_tasks.today()

    def made() -> bytes:
        return trust_page.packed(trust_page.folder(content, title, on, version, letterhead.of(page.settings)), on)

    downloads.button(right, "Trust page as ZIP", made, "trust.zip", "application/zip", key="trust_zip")


def _attached(page: Page, lists: list[tuple[Any, pl.DataFrame]]) -> public_evidence.LibraryEvidence | None:
    """Return what is attached to the library's answers; nothing is read while no row is public."""
    if not any(rows["is_public"].any() for _, rows in lists):
        return None
    store, days = cache.store(page.settings.database), page.settings.answers.stale_days
    key = ("library of the trust page", page.settings.database, store.library.stamp(answer_edition.BOOK))
    library = cache.remembered(CATALOGUES, key, lambda: answer_edition.load(store, days), "Reading the library")
    return public_evidence.attached(library, store.library_files)


def _proofs(catalogue) -> tuple[public_evidence.EvidenceFile, ...]:  # type: ignore[no-untyped-def]
    uploads = st.file_uploader(
        "More evidence files; each name begins with the id of its capability",
        accept_multiple_files=True,
        key="trust_files",
        type=[kind[1:] for kind in public_evidence.KINDS],
        max_upload_size=50,
        help="What is attached to an answer of the library and marked public there goes out by itself.",
    )
    try:
        return public_evidence.named_files({file.name: file.getvalue() for file in uploads}, catalogue)
    except QuarterdeckError as error:
        st.warning(escaped(error))
        return ()
