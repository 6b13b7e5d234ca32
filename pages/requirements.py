"""Requirements: a buyer's list in, what we support, what is missing and what it costs."""

import streamlit as st

from core import requirements
from core.charts import requirements as charts
from core.metrics import percent
from pages.ui import cached, lists, notebook, shell
from pages.ui.cells import cell

READ = {"sheet": "Sheet", "row": "Row", "requirement_id": "Id", "section": "Section", "text": "Requirement"}
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
    "effort_weeks": st.column_config.NumberColumn("Person-weeks", format="%.1f"),
    "timeline": "Timeline",
    "cost_amount": st.column_config.NumberColumn("Cost", format="compact"),
    "solution": st.column_config.TextColumn("Recommended solution", width="large"),
    "exposed_amount": st.column_config.NumberColumn("Deal amount exposed", format="compact"),
    "reason": st.column_config.TextColumn("Why so classified", width="medium"),
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

page = shell.open("Requirements", icon=":material/checklist:")
settings = page.settings
stake, found = None, None

with cell(page, "What does the buyer ask for?") as c:
    name, content, path = lists.choose(page)
    deals = cached.result(requirements.stakes.open_deals, page.data, settings)
    stake = st.selectbox(
        "Which deal does it belong to?",
        deals,
        index=None,
        format_func=lambda deal: f"{deal.name} · {settings.currency} {deal.amount:,.0f}",
        placeholder="None yet",
        key="requirement_deal",
    )
    if content:
        found = cached.analysis(content, name, settings, stake)
        c.answer(found.source.sentence())
        for layout in found.source.layouts:
            st.caption(layout.sentence())
        with st.expander("As it was read"):
            c.table(found.source.frame.select(list(READ)), column_config=READ)
    else:
        c.empty("Upload the buyer's list, or choose an example.")

given = f"{path!r}, settings=settings"

if found is not None:
    with cell(page, "How much of it do we support?") as c:
        c.answer(found.sentence())
        left, middle, right = st.columns(3)
        score = found.summary
        left.metric(
            "Coverage",
            percent(score["coverage_rate"]),
            f"target {percent(score['coverage_target_rate'])}",
            delta_color="off",
            delta_arrow="off",
            border=True,
        )
        middle.metric(
            "Fit by priority",
            percent(score["fit_rate"]),
            f"target {percent(score['fit_target_rate'])}",
            delta_color="off",
            delta_arrow="off",
            border=True,
        )
        right.metric(
            "Cost to close",
            f"{settings.currency} {score['cost_amount']:,.0f}",
            f"{score['effort_weeks']:,.0f} person-weeks",
            delta_color="off",
            delta_arrow="off",
            border=True,
        )
        c.chart(charts.by_category(found.by_category()))
        c.method(requirements.gap.analyse_file, found.frame, given=given)

    with cell(page, "Where are the gaps, and what closes them?") as c:
        c.answer(found.gap_sentence())
        if found.gaps.is_empty():
            c.empty("Nothing to close.")
        else:
            c.chart(charts.cost(found.gaps, settings.currency))
            c.table(found.gaps.select(list(MATCHED)), column_config=MATCHED, height=420)

    with cell(page, "Which rows need a person?") as c:
        c.answer(found.unclear_sentence())
        if not found.unclear.is_empty():
            c.table(found.unclear, column_config=NEAR, height=320)

    with cell(page, "What goes back to the buyer?") as c:
        c.answer(
            "The matrix holds every row in the buyer's order with our status, the gaps with what closes them, "
            "and a summary."
        )
        with st.expander("Every row"):
            c.table(found.frame.select(list(MATCHED)), column_config=MATCHED, height=420)
        st.download_button(
            "Download the matrix (Excel)",
            requirements.workbook.matrix(found),
            f"{name.rsplit('.', 1)[0]}-matrix.xlsx",
            icon=":material/table_view:",
            type="primary",
        )

        lists.shelf(page, found)

notebook.offer(page)
