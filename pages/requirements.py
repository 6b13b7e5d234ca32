"""Requirements: a buyer's list in, what we support, what is missing and what it costs."""

import streamlit as st

from core import requirements
from core.charts import ledger as gap_charts
from core.charts import requirements as charts
from pages.ui import (
    answering,
    cached,
    cached_fit,
    cached_matching,
    fit,
    lists,
    matching,
    notebook,
    outbox,
    reading,
    shell,
)
from pages.ui.cells import cell

READ = {
    "sheet": "Sheet",
    "row": "Row",
    "requirement_id": "Id",
    "section": "Section",
    "text": "Requirement",
    "given_priority": "Priority given",
    "given_category": "Category given",
    "answer_cells": "Answer cells",
}
MATCHED = {
    "row": "Row",
    "text": st.column_config.TextColumn("Requirement", width="large"),
    "category": "Category",
    "priority": "Priority",
    "obligation": "Obligation",
    "capability": "Nearest capability",
    "status": "Status",
    "confidence": st.column_config.ProgressColumn("Confidence", format="percent", min_value=0, max_value=1),
    "gap_type": "Gap",
    "severity": "Severity",
    "comparison": st.column_config.TextColumn("Limits compared", width="large"),
    "effort_weeks": st.column_config.NumberColumn("Person-weeks", format="%.1f"),
    "timeline": "Timeline",
    "cost_amount": st.column_config.NumberColumn("Cost", format="compact"),
    "solution": st.column_config.TextColumn("Recommended solution", width="large"),
    "workaround": st.column_config.TextColumn("Until then", width="medium"),
    "owner": "Owner",
    "answered_before": st.column_config.TextColumn("Answered before", width="medium"),
    "exposed_amount": st.column_config.NumberColumn("Deal amount exposed", format="compact"),
    "reason": st.column_config.TextColumn("Why so classified", width="medium"),
}
DRAFTED = {
    "row": "Row",
    "text": st.column_config.TextColumn("Requirement", width="large"),
    "statement": "Statement",
    "draft": st.column_config.TextColumn("Draft answer", width="large"),
    "sources": "Taken from",
}
NEAR = {
    "row": "Row",
    "text": st.column_config.TextColumn("Requirement", width="large"),
    "rank": "Place",
    "capability_id": "Capability",
    "capability": "Name",
    "score": st.column_config.ProgressColumn("Likeness", format="percent", min_value=0, max_value=1),
    "words": st.column_config.TextColumn("Words in common"),
    "sentence": st.column_config.TextColumn("What speaks for it", width="large"),
}

page = shell.open("Requirements")
settings = page.settings
stake, analysis = None, None

with cell(page, "What does the buyer ask for?") as c:
    name, content, path = lists.choose(page)
    deals = cached.result(requirements.stakes.open_deals, page.data, settings)
    stake = lists.deal(page, deals, content)
    source = reading.read(page, content, name) if content else None
    if source is not None:
        analysis = cached_matching.analysis(page, source, stake)
        c.answer(analysis.source.sentence())
        reading.panel(page, analysis.source)
        with st.expander("The requirements one by one"):
            c.table(analysis.source.frame.select(list(READ)), column_config=READ)
    elif not content:
        c.empty("Upload the buyer's list, or choose an example.")

given = f"{path!r}, settings=settings, library=requirements.memory.load(settings)"

if analysis is not None:
    analysis = answering.decided(page, analysis, stake)
    with cell(page, "How much of it do we support?") as c:
        c.answer(analysis.sentence())
        score = requirements.scores.scores(analysis, settings)
        fit.tiles(score)
        c.chart(charts.by_category, analysis.by_category())
        c.method(requirements.gap.analyse_file, analysis.frame, given=given)

    with cell(page, "Shall we bid?") as c:
        bid = cached_fit.bid(page, analysis, stake)
        c.answer(bid.sentence())
        c.chart(gap_charts.factors, bid.factors)
        if not bid.worth.is_empty():
            c.chart(gap_charts.worth, bid.worth, settings.currency)
        c.method(
            requirements.scores.bid,
            bid.factors,
            given=f"requirements.gap.analyse_file({given}), settings",
        )

    with cell(page, "Where are the gaps, and what closes them?") as c:
        c.answer(analysis.gap_sentence())
        if analysis.gaps.is_empty():
            c.empty("Nothing to close.")
        else:
            c.chart(charts.cost, analysis.gaps, settings.currency)
            c.table(analysis.gaps.select(list(MATCHED)), column_config=MATCHED, height=420)

    with cell(page, "Which rows need a person?") as c:
        c.answer(analysis.unclear_sentence())
        matching.notes(analysis)
        if not analysis.unclear.is_empty():
            c.table(analysis.unclear, column_config=NEAR, height=320)
        matching.decide(page, analysis)
        c.method(
            requirements.doubts.unsure,
            analysis.unclear,
            given=given,
        )

    with cell(page, "What was answered before?") as c:
        matching.earlier(page, c, analysis)
        c.method(
            requirements.doubts.answered_before,
            analysis.recalled,
            given=given,
        )

    with cell(page, "Who answers what, and how far are we?") as c:
        answering.work(page, c, analysis)

    with cell(page, "What do we answer?") as c:
        drafts = cached_fit.drafts(analysis)
        c.answer(drafts.sentence())
        c.table(drafts.frame.select(list(DRAFTED)), column_config=DRAFTED, height=420)
        c.method(
            requirements.responses.drafts,
            drafts.frame,
            given=f"requirements.gap.analyse_file({given}), requirements.edition.load(settings).catalogue",
        )

    with cell(page, "What goes back to the buyer?") as c:
        c.answer(
            "The buyer's own file, with nothing but the answer cells changed. For ourselves: a matrix with every row, "
            "a summary for whoever decides, and everything as JSON."
        )
        outbox.own_file(page, analysis)
        with st.expander("Every row"):
            c.table(analysis.frame.select(list(MATCHED)), column_config=MATCHED, height=420)
        outbox.papers(page, analysis, bid)
        lists.shelf(page, analysis)

with cell(page, "Which gaps hold up the pipeline?") as c:
    ledger = cached_fit.ledger(page)
    c.answer(ledger.sentence())
    if ledger.frame.is_empty():
        c.empty("Keep a list that hangs on an open deal: its gaps then count here, with those of all other lists.")
    else:
        c.chart(gap_charts.unlocked, ledger.frame, settings.currency)
        c.table(ledger.frame.select(list(fit.GAPS)), column_config=fit.GAPS, height=320)
        fit.gap(page, c, ledger)
    c.method(requirements.kept.current, ledger.frame)

notebook.offer(page)
