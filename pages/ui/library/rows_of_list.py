"""What the library says to a row of a buyer's list, beside the capabilities, and an answer taken from it."""

from __future__ import annotations

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.metrics.measure import shortened
from core.requirements.library import answer_ranking, library_files
from core.requirements.library.library_files import LIBRARY
from core.requirements.match.analysis import GapAnalysis
from core.requirements.read.buyers_list import RequirementList
from core.requirements.work import saved_lists
from core.store.reviews import Change
from pages.ui.kit import cache, saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import TALL_ROW
from pages.ui.kit.shell import Page
from pages.ui.library import library_cache

MOST_ROWS = 1_000
RANKED = {
    "chance": st.column_config.ProgressColumn("Chance it is right", format="percent", min_value=0, max_value=1),
    "kind": "Kind",
    "title": st.column_config.TextColumn("Question or capability", width="medium"),
    "answer": st.column_config.TextColumn("Answer", width="large"),
    "state": "State",
    "why": "To know",
    "key": "Id",
}


def tell_library(source: RequirementList) -> None:
    """Say that a file is rather an answer library than a buyer's list, where most of its questions have an answer."""
    file = library_files.of_list(source)
    if file.kind == LIBRARY:
        st.info(
            escaped(
                message(
                    "{n_entries:,} of {n_questions:,} rows have an answer already: is this a library?",
                    n_entries=len(file.entries),
                    n_questions=file.n_questions,
                )
            ),
            icon=":material/quick_reference_all:",
        )
        st.page_link("pages/library.py", label="Import it on the Answer library page")


def show(page: Page, c: Cell, analysis: GapAnalysis) -> None:
    """Say how the library stands; on request rank its answers and the capabilities for one row."""
    c.answer(library_cache.library(page).sentence())
    folded = st.expander("What it says to a row", key="library_fold", on_change="rerun", type="compact")
    if folded.open:
        with folded:
            _ranked(page, c, analysis)


def _ranked(page: Page, c: Cell, analysis: GapAnalysis) -> None:
    """Rank answers and capabilities for one row, and let an answer be taken into the list's work."""
    texts = analysis.frame["text"].to_list()[:MOST_ROWS]
    rows = analysis.frame["row"].to_list()
    index = st.selectbox(
        "Row",
        range(len(texts)),
        format_func=lambda k: f"{rows[k]} · {shortened(texts[k], 90)}",
        key="library_for_row",
    )
    if index is None:
        c.answer("No row is chosen.")
        return
    ranking = library_cache.ranking(page, analysis, (index,))
    c.answer(ranking.sentence())
    if ranking.frame.is_empty():
        return
    c.table(ranking.frame.select(list(RANKED)), column_config=RANKED, height=300, row_height=TALL_ROW)
    answers = ranking.frame.filter(ranking.frame["kind"] == answer_ranking.ANSWER)
    listed = {row["key"]: row for row in answers.iter_rows(named=True)}
    if not listed:
        return
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    key = left.selectbox(
        "Answer",
        list(listed),
        format_func=lambda answer_id: shortened(listed[answer_id]["title"], 90),
        key=f"library_take-{index}",
    )
    right.button(
        "Use it",
        on_click=_take,
        args=(page, analysis, index, key, listed[key]["answer"]),
        key="library_use",
        disabled=not page.may("requirements:write") or page.view.is_masked,
        help="It becomes this row's answer, in progress: somebody still reads it.",
        width="stretch",
    )
    if message := st.session_state.pop("library_used", ""):
        st.caption(escaped(message))


def _take(page: Page, analysis: GapAnalysis, index: int, key: str, answer: str) -> None:
    """Write an answer into the work on the list; what somebody else did with the row meanwhile stays."""
    wanted = saved_lists.key(analysis.source.content)
    saved = next((entry for entry in saved_content.lists(page) if entry.payload.get("file_key") == wanted), None)
    if saved is None:
        st.session_state["library_used"] = "Save this list first; its work is kept with it."
        return
    row = analysis.frame.row(index, named=True)
    worked = saved_content.list_rows(page, saved)
    mine = worked.filter((worked["sheet"] == row["sheet"]) & (worked["row"] == row["row"]))
    if mine.height and mine["state"][0] in ("answered", "approved"):
        st.session_state["library_used"] = "The row is answered already; change it under “Who answers what?”."
        return
    version = int(mine["version"][0]) if mine.height else 0
    change = Change(row["sheet"], row["row"], version, {"answer": answer, "state": "in progress"})
    try:
        met = cache.store(page.settings.database).reviews.change(saved.id, [change], page.identity.user)
    except QuarterdeckError as error:
        st.session_state["library_used"] = str(error)
        return
    st.session_state["library_used"] = (
        met[0].sentence() if met else message("Row {row} has the answer of {key}.", row=row["row"], key=key)
    )
