"""The buyer view of a requirement list: their file, how it was read, our status and answers with sources, no more."""

from __future__ import annotations

import streamlit as st

from core.charts import requirements as charts
from core.contracts.errors import RequirementError
from core.localization import message
from core.metrics.measure import counted
from core.requirements.judge import draft_answers, gap_analysis
from core.requirements.judge.gap_analysis import GapAnalysis
from core.requirements.officefiles.grids import ENDINGS
from core.requirements.read.requirement_list import RequirementList
from pages.ui.kit import saved_content
from pages.ui.kit.cells import cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import TALL_ROW
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache, read_cache

PARAMETER, ON, SWITCH, FORGOTTEN = "view", "buyer", "buyer_view", "buyer_forgotten"
HELP = "For a meeting with the buyer: their list, our status and our answers; no cost, no bid advice, no other deals."
QUIET = """<style>[data-testid="stSidebar"],[data-testid="stSidebarCollapsedControl"],
[data-testid="stExpandSidebarButton"],.qd-touch{display:none}</style>"""
STATUS = {
    "row": "Row",
    "text": st.column_config.TextColumn("Requirement", width=420),
    "capability": "Closest capability",
    "status": "Status",
}
ANSWERS = {
    "row": "Row",
    "text": st.column_config.TextColumn("Requirement", width=300),
    "statement": "Statement",
    "draft": st.column_config.TextColumn("Answer", width="large"),
    "sources": "Taken from",
}


def is_on() -> bool:
    """Offer the switch, and say whether the page is the buyer's; the address carries it."""
    if SWITCH not in st.session_state:
        st.session_state[SWITCH] = st.query_params.get(PARAMETER) == ON
    if st.toggle("Buyer view", key=SWITCH, help=HELP):
        st.query_params[PARAMETER] = ON
        return True
    st.query_params.pop(PARAMETER, None)
    return False


def show(page: Page) -> None:
    """Draw the buyer's list as they may see it; nothing is preloaded, and a reload shows the same file again."""
    st.html(QUIET)
    source, analysis = None, None
    with cell(page, "Your list", "List", span="all") as c:
        name, content = _file(page)
        if content:
            source = _read(content, name)
        if source is None:
            c.empty("Upload your list of requirements: Excel, ODS, CSV, Word, PDF, HTML or JSON.")
        else:
            c.answer(source.sentence())
            analysis = gap_analysis.analyse(source, gap_cache.catalogue_in_force(), page.settings, None)
    if analysis is None:
        return
    with cell(page, "What we support", "Status", span="all") as c:
        c.answer(support(analysis))
        c.chart(charts.by_category, analysis.by_category())
        c.table(analysis.frame.select(list(STATUS)), column_config=STATUS, height=300)
    with cell(page, "Our answers", "Answers", span="all") as c:
        drafts = draft_answers.drafts(analysis, gap_cache.catalogue_in_force())
        c.answer(message("{answers}, each with what it is taken from.", answers=counted(drafts.frame.height, "answer")))
        rows = drafts.frame.select(list(ANSWERS))
        c.table(rows, column_config=ANSWERS, height=400, row_height=TALL_ROW)


def support(analysis: GapAnalysis) -> str:
    """Return how many requirements have which status, without a word on cost or chances."""
    counts = analysis.frame.group_by("status", maintain_order=True).len().sort("len", descending=True)
    parts = ", ".join(f"{n} {status}" for status, n in counts.iter_rows())
    return message(
        "Of {requirements}: {parts}.", requirements=counted(analysis.frame.height, "requirement"), parts=parts
    )


def _file(page: Page) -> tuple[str, bytes]:
    """Return the name and content of the file uploaded, else of the one this person showed last."""
    # A list that was forgotten must not come back with the file that still lies in the field.
    number = st.session_state.get(FORGOTTEN, 0)
    key = f"buyer_upload_{number}" if number else "buyer_upload"
    upload = st.file_uploader("Your list", type=[ending[1:] for ending in ENDINGS], key=key)
    if upload is not None:
        saved_content.keep_buyer_file(page, upload.name, upload.getvalue())
    file = saved_content.buyer_file(page)
    if file is None:
        return "", b""
    st.button("Forget this list", on_click=_forget, args=(page,), icon=":material/delete:")
    return file


def _forget(page: Page) -> None:
    saved_content.forget_buyer_file(page)
    st.session_state[FORGOTTEN] = st.session_state.get(FORGOTTEN, 0) + 1


def _read(content: bytes, name: str) -> RequirementList | None:
    try:
        return read_cache.reading(content, name, ())
    except RequirementError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return None
