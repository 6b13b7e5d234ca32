"""The buyer's own file, filled in, with the proof that nothing else changed."""

from __future__ import annotations

import streamlit as st

from core.branding import letterhead
from core.contracts.errors import QuarterdeckError
from core.requirements.export import answered_list, gap_workbook
from core.requirements.judge import bid_scores
from core.requirements.judge.bid_scores import Bid
from core.requirements.judge.gap_analysis import GapAnalysis
from core.requirements.work import approvals, row_review
from pages.ui.kit import downloads, saved_content
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import grid
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache, read_cache, review

WHICH = {
    "Approved answers": approvals.APPROVED,
    "Answered or approved": approvals.ANSWERED,
    "All drafts, unreviewed": approvals.ALL,
}
KINDS = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}
LEFT = {
    "sheet": "Sheet",
    "row": "Row",
    "reason": st.column_config.TextColumn("Why", width="large"),
    "text": st.column_config.TextColumn("Requirement", width="large"),
}
PARTS = {
    "part": "Part",
    "size": st.column_config.NumberColumn("Size", format="bytes"),
    "state": "State",
    "n_cells": "Cells",
    "sha256": "SHA-256",
}


def own_file(page: Page, analysis: GapAnalysis) -> None:
    """Offer the buyer's own file with the answers that may leave the house in it, and show the proof."""
    if page.view.is_masked:
        st.caption("Show names to fill in the buyer's own file: it names the buyer.")
        return
    left, right = st.columns(2, vertical_alignment="bottom")
    which = left.selectbox("Fill in", list(WHICH), key="fill_which")
    replace = right.checkbox("Overwrite answers already in the file", key="fill_replace")
    released = _released(page, analysis, WHICH[which])
    if released.n_unreviewed:
        st.warning(escaped(released.sentence()), icon=":material/gpp_maybe:")
    else:
        st.markdown(escaped(released.sentence()))
    try:
        made = read_cache.filled(analysis.source, read_cache.digest(released.frame), released.frame, replace)
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    st.markdown(escaped(made.sentence()))
    ending = made.name[made.name.rfind(".") :].lower()
    downloads.button(
        st,
        "Download the buyer's own file, filled in",
        made.content,
        made.name,
        mime=KINDS.get(ending, "text/plain"),
        icon=":material/task:",
        type="primary",
    )
    with st.expander("What changed", icon=":material/verified:"):
        st.caption("From comparing the buyer's file with the one that goes back.")
        grid(made.proof.frame, column_config=PARTS)
        downloads.button(st, "Every cell written (CSV)", made.frame.write_csv(), "cells-written.csv")
    if made.left.height:
        rows = made.left.select("sheet", "row", "reason", "text")
        with st.expander("Left for you to answer", icon=":material/person:"):
            grid(rows, column_config=LEFT)


def _released(page: Page, analysis: GapAnalysis, which: str) -> approvals.Release:
    saved = review.kept_as(page, analysis)
    worked = saved_content.list_rows(page, saved) if saved else row_review.nothing()
    four_eyes = page.settings.requirements.four_eyes
    return approvals.release(analysis, gap_cache.drafts(analysis), worked, which, four_eyes=four_eyes)


def papers(page: Page, analysis: GapAnalysis, bid: Bid) -> None:
    """Offer the matrix, the executive summary and everything as JSON, each made when it is asked for."""
    name = analysis.source.name.rsplit(".", 1)[0]
    drafts = gap_cache.drafts(analysis)
    sent = _released(page, analysis, approvals.APPROVED).frame
    row = st.container(horizontal=True, gap="xsmall")
    downloads.button(
        row,
        "Matrix (Excel)",
        lambda: gap_workbook.matrix(analysis, drafts, sent, letterhead.of(page.settings), page.settings.time_zone),
        f"{name}-matrix.xlsx",
        mime=KINDS[".xlsx"],
        icon=":material/table_view:",
        key="out_matrix",
        help="Every row with our status and who approved its answer when, the gaps, what is to be checked, a summary.",
    )
    downloads.button(
        row,
        "Summary (PDF)",
        lambda: _summary(page, analysis, bid, "pdf"),
        f"{name}-summary.pdf",
        mime="application/pdf",
        icon=":material/picture_as_pdf:",
        key="out_pdf",
    )
    downloads.button(
        row,
        "Summary (HTML)",
        lambda: _summary(page, analysis, bid, "html"),
        f"{name}-summary.html",
        mime="text/html",
        icon=":material/html:",
        key="out_html",
    )
    downloads.button(
        row,
        "Everything (JSON)",
        lambda: answered_list.as_json(analysis, drafts),
        f"{name}.json",
        mime="application/json",
        icon=":material/data_object:",
        key="out_json",
    )


def _summary(page: Page, analysis: GapAnalysis, bid: Bid, kind: str) -> bytes | str:
    from core.charts import list_summary, snapshot

    made = list_summary.summary(analysis, bid_scores.scores(analysis, page.settings), bid, page.settings)
    return snapshot.pdf(made) if kind == "pdf" else snapshot.html(made)
