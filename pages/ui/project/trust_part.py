"""The trust page: which answers the public may read, and the folder of static pages to download."""

from __future__ import annotations

import polars as pl
import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.requirements.catalogue import effective_catalogue
from core.requirements.export import trust_answers, trust_page
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
    content = trust_answers.collect(lists, catalogue, page.data, proofs, four_eyes=four_eyes)
    with top:
        c.answer(content.sentence())
    if not content.answers:
        c.empty("An approver marks approved answers public above; only those come here, without customers' names.")
        return
    lines = [(entry.category, entry.question, entry.answer, entry.approved_on) for entry in content.answers]
    shape = dict.fromkeys(SHOWN, pl.String) | {"approved_on": pl.Date}
    c.table(pl.DataFrame(lines, schema=shape, orient="row"), column_config=SHOWN, height=220)
    if not row_review.may_approve(page.identity, page.settings):
        return
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    title = left.text_input("Whose answers", value="Our answers on security and compliance", key="trust_title")
    version = middle.text_input("Version", placeholder="By content", key="trust_version", max_chars=40)
    on = store.work_tasks.today()

    def made() -> bytes:
        return trust_page.packed(trust_page.folder(content, title, on, version), on)

    downloads.button(right, "Trust page as ZIP", made, "trust.zip", "application/zip", key="trust_zip")


def _proofs(catalogue) -> tuple[trust_answers.EvidenceFile, ...]:  # type: ignore[no-untyped-def]
    uploads = st.file_uploader(
        "Evidence files; each name begins with the id of its capability",
        accept_multiple_files=True,
        key="trust_files",
        type=[kind[1:] for kind in trust_answers.KINDS],
        max_upload_size=50,
    )
    try:
        return trust_answers.evidence_files({file.name: file.getvalue() for file in uploads}, catalogue)
    except QuarterdeckError as error:
        st.warning(escaped(error))
        return ()
