"""Requirements: a buyer's list in, what we support, what is missing and what it costs."""

import streamlit as st

from core import requirements
from core.charts import gap_ledger as gap_charts
from core.charts import requirements as charts
from pages.ui.kit import cache, notebook, shell
from pages.ui.kit.cells import cell
from pages.ui.kit.grid import HALF, TALL_ROW
from pages.ui.library import rows_of_list
from pages.ui.requirements import (
    buyer_view,
    draft_view,
    export,
    gap_cache,
    gaps,
    match,
    match_cache,
    pick,
    read,
    review,
    versions,
)

LONG_TEXT = st.column_config.TextColumn("Requirement", width=300)
READ = {
    "row": "Row",
    "text": LONG_TEXT,
    "requirement_id": "Id",
    "section": "Section",
    "sheet": "Sheet",
    "given_priority": "Priority given",
    "given_category": "Category given",
    "answer_cells": "Answer cells",
}
MATCHED = {
    "row": "Row",
    "text": LONG_TEXT,
    "kind": st.column_config.TextColumn("Kind", width=130),
    "polarity": "What a yes means",
    "category": "Category",
    "priority": "Priority",
    "obligation": "Obligation",
    "capability": "Closest capability",
    "status": "Status",
    "confidence": st.column_config.ProgressColumn("Confidence", format="percent", min_value=0, max_value=1),
    "gap_type": "Gap",
    "severity": "Severity",
    "comparison": st.column_config.TextColumn("Limits compared", width="large"),
    "effort_weeks": st.column_config.NumberColumn("Person-weeks", format="%.1f"),
    "effort_low_weeks": st.column_config.NumberColumn("at least", format="%.1f"),
    "effort_high_weeks": st.column_config.NumberColumn("at most", format="%.1f"),
    "timeline": "Time to delivery",
    "cost_amount": st.column_config.NumberColumn("Cost", format="compact"),
    "solution": st.column_config.TextColumn("Recommended solution", width="large"),
    "workaround": st.column_config.TextColumn("Workaround until then", width="medium"),
    "owner": "Owner",
    "answered_before": st.column_config.TextColumn("Answered before", width="medium"),
    "exposed_amount": st.column_config.NumberColumn("Deal amount at risk", format="compact"),
    "reason": st.column_config.TextColumn("Why this answer", width="medium"),
}
DRAFTED = {
    "row": "Row",
    "text": LONG_TEXT,
    "statement": "Statement",
    "draft": st.column_config.TextColumn("Draft answer", width="large"),
    "sources": "Taken from",
    "is_ready": "Ready to send",
    "to_mend": st.column_config.TextColumn("To mend", width="medium"),
}
NEAR = {
    "row": "Row",
    "text": LONG_TEXT,
    "rank": "Place",
    "capability_id": "Capability",
    "capability": "Name",
    "score": st.column_config.ProgressColumn("Likeness", format="percent", min_value=0, max_value=1),
    "words": st.column_config.TextColumn("Shared words"),
    "sentence": st.column_config.TextColumn("Why it may match", width="large"),
}

LEADING = ("text", "cost_amount", "severity", "effort_weeks", "capability")
GAPS_FIRST = (*LEADING, *(name for name in MATCHED if name not in LEADING))

MOST_BARS = 10

page = shell.open("Requirements")
settings = page.settings
if buyer_view.is_on():
    buyer_view.show(page)
    notebook.offer(page)
    st.stop()
stake, analysis = None, None

with cell(page, "Upload the RFP or questionnaire", "List", span="all") as c:
    left, right = st.columns([3, 2], gap="medium")
    name, content, path = pick.choose(page, left, right)
    deals = cache.result(requirements.work.deal_context.open_deals, page.data, settings)
    with right:
        stake = pick.deal(page, deals, content)
    source = read.read(page, content, name) if content else None
    if source is not None:
        analysis = match_cache.analysis(page, source, stake)
        match.warnings(analysis)
        rows_of_list.tell_library(source)
        c.answer(analysis.source.sentence())
        read.panel(page, analysis.source)
        with st.expander("All requirements", type="compact"):
            c.table(analysis.source.frame.select(list(READ)), column_config=READ)
    elif not content:
        c.empty("Upload the buyer's list, or choose an example.")

given = f"{path!r}, catalogue=catalogue, settings=settings, library=library"

if analysis is not None:
    analysis = review.decided(page, analysis, stake)
    with cell(page, "How much do we support?", "Coverage") as c:
        c.answer(analysis.sentence())
        score = requirements.judge.bid_scores.scores(analysis, settings)
        gaps.tiles(score)
        c.chart(charts.by_category, analysis.by_category())
        c.method(requirements.judge.gap_analysis.analyse_file, analysis.frame, given=given)

    with cell(page, "Bid or no bid?", "Bid") as c:
        bid = gap_cache.bid(page, analysis, stake)
        c.answer(bid.sentence(), strong=bid.verdict)
        c.chart(gap_charts.factors, bid.factors)
        if not bid.worth.is_empty():
            c.chart(gap_charts.worth, bid.worth, settings.currency)
        c.method(
            requirements.judge.bid_scores.bid,
            bid.factors,
            given=f"requirements.judge.gap_analysis.analyse_file({given}), settings",
        )

    with cell(page, "Gaps and how to close them", "Gaps", span="all") as c:
        c.answer(analysis.gap_sentence())
        if analysis.gaps.is_empty():
            c.empty("Nothing to close.")
        else:
            left, right = st.columns([5, 7], gap="medium")
            if analysis.summary["cost_amount"]:
                with left:
                    c.chart(charts.cost, analysis.gaps, settings.currency, MOST_BARS)
            with right:
                c.table(
                    analysis.gaps.select(list(MATCHED)),
                    650,
                    column_config=MATCHED,
                    column_order=GAPS_FIRST,
                    height=430,
                    row_height=TALL_ROW,
                )

    with cell(page, "Needs review", "To check", span="all") as c:
        c.answer(analysis.unclear_sentence())
        match.notes(analysis)
        left, right = st.columns(2, gap="medium")
        with right:
            match.to_check(page, c, analysis)
            if not analysis.unclear.is_empty():
                with st.expander("What comes nearest to each row", type="compact"):
                    c.table(analysis.unclear, HALF, column_config=NEAR, height=300)
        with left:
            match.decide(page, analysis)
        c.method(
            requirements.work.needs_review.unsure,
            analysis.unclear,
            given=given,
        )

    with cell(page, "Answered before", "Before") as c:
        match.earlier(page, c, analysis)
        c.method(
            requirements.work.needs_review.answered_before,
            analysis.recalled,
            given=given,
        )

    with cell(page, "Who answers what?", "Work") as c:
        review.work(page, c, analysis)

    with cell(page, "From the answer library", "From library", span="all") as c:
        rows_of_list.show(page, c, analysis)

    with cell(page, "Versions of this list", "Versions", span="all") as c:
        versions.show(page, c, analysis)

    with cell(page, "Draft answers", "Answers", span="all") as c:
        top = st.container()
        draft_view.chosen(page)
        drafts = gap_cache.drafts(analysis)
        with top:
            c.answer(drafts.sentence())
        draft_view.single(page, drafts)
        with st.expander("All drafts", type="compact"):
            c.table(drafts.frame.select(list(DRAFTED)), column_config=DRAFTED, height=300, row_height=TALL_ROW)
        c.method(
            requirements.judge.draft_answers.drafts,
            drafts.frame,
            given=f"requirements.judge.gap_analysis.analyse_file({given}), catalogue",
        )

    with cell(page, "Send back to the buyer", "Send", span="all") as c:
        c.answer(
            "The buyer's own file, with nothing but the answer cells changed, and only with what is approved unless "
            "you choose otherwise. For ourselves: a matrix with every row, a summary for whoever decides, and JSON."
        )
        left, right = st.columns(2, gap="medium")
        with left:
            export.own_file(page, analysis)
        with right:
            export.papers(page, analysis, bid)
            pick.shelf(page, analysis)
        with st.expander("Every row"):
            c.table(analysis.frame.select(list(MATCHED)), column_config=MATCHED, height=420)

with cell(page, "Gaps holding up pipeline", "Pipeline", span="all") as c:
    ledger = gap_cache.ledger(page)
    c.answer(ledger.sentence())
    if ledger.frame.is_empty():
        c.empty("Save a list attached to an open deal: its gaps then count here, with those of all other lists.")
    else:
        with st.expander("Gap by gap", expanded=analysis is None or gaps.is_asked_for(), type="compact"):
            left, right = st.columns([5, 7], gap="medium")
            with left:
                c.chart(gap_charts.unlocked, ledger.frame, settings.currency, MOST_BARS)
            with right:
                gaps.gap(page, c, ledger)
            c.table(ledger.frame.select(list(gaps.GAPS)), column_config=gaps.GAPS, height=230)
    c.method(requirements.work.saved_lists.current, ledger.frame, given="data, settings, bundle, store")

notebook.offer(page)
