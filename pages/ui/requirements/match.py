"""Confirm or correct what a requirement was matched with, and see what was answered before."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.localization import joined, message, message_plural
from core.metrics.measure import counted, shortened
from core.requirements.judge import gap_analysis
from core.requirements.judge.gap_analysis import GapAnalysis
from core.requirements.match import answer_library, matcher
from core.requirements.work import needs_review
from core.store.answers import PREFIX
from pages.ui.kit import cache, notices
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import HALF, grid
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache

NONE = "None of our capabilities"
MOST = 1_000
EARLIER = {
    "row": "Row",
    "requirement": st.column_config.TextColumn("Requirement", width=260),
    "likeness": st.column_config.ProgressColumn("Likeness", format="percent", min_value=0, max_value=1),
    "capability": "Answered with",
    "answer": st.column_config.TextColumn("Answer then", width=260),
    "text": st.column_config.TextColumn("Asked then", width=200),
    "source": "List",
    "owner": "By",
    "age_days": st.column_config.NumberColumn("Days ago"),
    "is_sure": st.column_config.CheckboxColumn("Filled in"),
    "is_stale": st.column_config.CheckboxColumn("Stale"),
    "has_same_numbers": st.column_config.CheckboxColumn("Same numbers"),
}


TO_CHECK = {
    "row": "Row",
    "text": st.column_config.TextColumn("Requirement", width="large"),
    "why": st.column_config.TextColumn("Why review", width="medium"),
    "kind": st.column_config.TextColumn("Kind", width=130),
    "polarity": "What a yes means",
    "priority": "Priority",
    "capability": "Close to it",
    "sheet": "Sheet",
}


PROPOSED = {
    "name": st.column_config.TextColumn("Proposed capability", width="large"),
    "category": "Category",
    "n_rows": "Rows",
    "n_lists": "Lists",
    "asked": st.column_config.TextColumn("Buyers' own words", width="large"),
}


def warnings(analysis: GapAnalysis) -> None:
    """Say what casts doubt on every figure, before the figures."""
    for line in analysis.warnings:
        st.warning(escaped(line), icon=":material/warning:")


def notes(analysis: GapAnalysis) -> None:
    """Say by what the list was matched, and on what confidence stands."""
    n = analysis.source.frame.height + gap_cache.catalogue_in_force().frame.height
    st.caption(escaped(joined(matcher.method(n), analysis.fitted.sentence())))


def to_check(page: Page, c: Cell, analysis: GapAnalysis) -> None:
    """Show the rows to be checked, and on request what they would take were all of them missing."""
    rows = analysis.to_check
    if rows.is_empty():
        return
    st.markdown(message("**To be checked: {rows}**", rows=counted(rows.height, "row")))
    c.table(rows.select(list(TO_CHECK)), HALF, column_config=TO_CHECK, height=300)
    missing = gap_analysis.if_missing(analysis, page.settings)
    if missing.n and st.toggle("What if none of this were available?", key="to_check_range"):
        st.markdown(escaped(missing.sentence()))
    proposed = gap_cache.proposals(page, analysis)
    if not proposed.frame.is_empty():
        with st.expander("Ideas for the catalogue", icon=":material/lightbulb:"):
            st.markdown(escaped(proposed.sentence()))
            grid(proposed.frame, column_config=PROPOSED)


def earlier(page: Page, c: Cell, analysis: GapAnalysis) -> None:
    """Show which rows were answered before, and by whom."""
    c.answer(needs_review.recalled_sentence(analysis))
    if analysis.recalled.is_empty():
        return
    rows = needs_review.earlier(analysis).select(list(EARLIER))
    c.table(rows, column_config=EARLIER, height=320)
    _take_back(page, analysis)


def _take_back(page: Page, analysis: GapAnalysis) -> None:
    """Let an earlier answer that was wrong be withdrawn, so that it comes back no more."""
    listed = {
        row["answer_id"]: row
        for row in needs_review.earlier(analysis).iter_rows(named=True)
        if str(row["answer_id"]).startswith(PREFIX)
    }
    if not listed:
        st.caption("These come from rows answered in the grids of other lists; change them there.")
        return
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    chosen = left.multiselect(
        "Withdraw a wrong answer",
        list(listed),
        format_func=lambda key: message(
            "Row {row} · {capability}: {text}",
            row=listed[key]["row"],
            capability=listed[key]["capability"] or NONE,
            text=shortened(listed[key]["text"], 80),
        ),
        placeholder="Choose what to withdraw",
        key=f"withdraw_{st.session_state.get('match_count', 0)}",
    )
    right.button(
        "Withdraw",
        disabled=not chosen,
        on_click=_withdraw,
        args=(page, chosen),
        icon=":material/undo:",
        help="It is no longer suggested, and match confidence no longer counts it. It stays on record.",
        key="withdraw_go",
        width="stretch",
    )


def _withdraw(page: Page, chosen: list[str]) -> None:
    if not page.may("requirements:write"):
        st.session_state["match_failed"] = "Your role reads requirements; it changes nothing there."
        return
    try:
        n = cache.store(page.settings.database).answers.withdraw(chosen, page.identity.user)
        page.note("withdrew answers", "library of answers", ", ".join(chosen))
    except QuarterdeckError as error:
        st.session_state["match_failed"] = str(error)
        return
    st.session_state["match_said"] = message_plural(
        "Withdrawn: {n:,} answer. The rows are matched anew.", "Withdrawn: {n:,} answers. The rows are matched anew.", n
    )
    st.session_state["match_count"] = st.session_state.get("match_count", 0) + 1


@st.fragment
def decide(page: Page, analysis: GapAnalysis) -> None:
    """Let a person confirm or correct the counterpart of a row, and keep the answer."""
    if st.session_state.pop("match_kept", False):
        st.rerun(scope="app")
    done, failed = notices.recent("match_said", "match_failed")
    if done:
        st.success(escaped(done), icon=":material/check:")
    if failed:
        st.warning(escaped(failed), icon=":material/warning:")
    rows = {row["place"]: row for row in needs_review.to_decide(analysis)}
    likely = [row for row in rows.values() if row["is_likely"] and not row["answered_before"]]
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    if len(rows) > MOST:
        st.caption(
            escaped(
                message(
                    "The first {most:,} rows are offered here, doubtful ones first; all are in the table below.",
                    most=MOST,
                )
            )
        )
    picked = left.selectbox(
        "Confirm or correct a row",
        list(rows)[:MOST],
        format_func=lambda key: f"{rows[key]['row']} · {shortened(rows[key]['text'], 110)}",
        key=f"match_row_{st.session_state.get('match_count', 0)}",
    )
    right.button(
        message("Confirm {likely}", likely=counted(len(likely), "likely match", "likely matches"))
        if likely
        else "No likely match is left to confirm",
        disabled=not likely,
        on_click=_keep_all,
        args=(page, analysis, likely),
        help="Saved as likely, as nobody checked each one; they do not change match confidence.",
        key="match_all",
        width="stretch",
    )
    if picked is not None:
        _decide_row(page, analysis, rows[picked])


def _decide_row(page: Page, analysis: GapAnalysis, row: dict[str, Any]) -> None:
    names = dict(gap_cache.catalogue_in_force().frame.select("capability_id", "name").iter_rows())
    near = {candidate["capability_id"]: candidate for candidate in row["candidates"]}
    with st.form(f"match-{row['place']}", border=True):
        st.markdown(f"**{escaped(row['text'])}**")
        chosen = st.radio(
            "Which capability answers it?",
            [*near, NONE],
            format_func=lambda key: NONE if key == NONE else escaped(names.get(key, key)),
            captions=[_spoken(candidate) for candidate in near.values()] + ["We do not have it; it counts as missing."],
            key=f"match_choice_{row['place']}",
        )
        left, right = st.columns(2)
        other = left.selectbox(
            "Or another capability",
            list(names),
            index=None,
            format_func=lambda key: f"{names[key]} ({key})",
            placeholder="Search all of them",
            key=f"match_other_{row['place']}",
        )
        answer = right.text_area(
            "What we answer the buyer (may be left empty)", height=80, key=f"match_answer_{row['place']}"
        )
        if st.form_submit_button("Save this answer", icon=":material/save:", type="primary"):
            capability = other or (None if chosen == NONE else chosen)
            _keep(page, [answer_library.decision(row, capability, analysis.source.name, answer)])
            st.rerun(scope="app")


def _spoken(candidate: dict[str, Any]) -> str:
    words = (
        message("shared words: {words}", words=candidate["words"]) if candidate["words"] else "similar in meaning only"
    )
    return escaped(
        message(
            "{score:.0f} % match; {words}. “{sentence}”",
            score=candidate["score"] * 100,
            words=words,
            sentence=shortened(candidate["sentence"], 160),
        )
    )


def _keep_all(page: Page, analysis: GapAnalysis, rows: list[dict[str, Any]]) -> None:
    """Keep them all; nobody looked at them one by one, so that they do not count for the confidence."""
    _keep(
        page,
        [answer_library.decision(row, row["matched_id"], analysis.source.name, is_bulk=True) for row in rows],
    )
    st.session_state["match_kept"] = True


def _keep(page: Page, decisions: list[Any]) -> None:
    try:
        if not page.may_write("requirements"):
            return
        cache.store(page.settings.database).answers.add(decisions, page.identity.user)
    except QuarterdeckError as error:
        st.session_state["match_failed"] = str(error)
        return
    n = len(decisions)
    st.session_state["match_said"] = message_plural(
        "Saved {n:,} decision: they come back with the next list.",
        "Saved {n:,} decisions: they come back with the next list.",
        n,
    )
    st.session_state["match_count"] = st.session_state.get("match_count", 0) + 1
