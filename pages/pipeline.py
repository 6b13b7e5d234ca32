"""Pipeline: how much is open, whether it is enough, how it moves, what is at risk."""

import streamlit as st

from core import metrics
from core.charts import pipeline as charts
from pages.ui import cached, notebook, review, shell
from pages.ui.cells import cell

RISKS = {
    "opportunity_id": "Deal",
    "opportunity_name": "Name",
    "stage": "Stage",
    "owner_id": "Owner",
    "close_on": st.column_config.DateColumn("Expected close"),
    "amount": st.column_config.NumberColumn("Amount", format="localized"),
    "n_reasons": "Reasons",
    "reasons": st.column_config.TextColumn("What speaks against it", width="large"),
}

page = shell.open("Pipeline", icon=":material/filter_alt:")
data, settings = page.data, page.settings

with cell(page, "Is there enough for the quarter?") as c:
    cover = cached.result(metrics.velocity.coverage, data, settings)
    c.answer(cover.sentence())
    c.chart(charts.coverage(cover.frame, settings.currency))
    c.method(metrics.velocity.coverage, cover.frame)

with cell(page, "How much is open, and what is it worth?") as c:
    whole = cached.result(metrics.pipeline.open_pipeline, data, settings)
    worth = cached.result(metrics.velocity.weighted_pipeline, data, settings)
    c.answer(f"{whole.sentence()} {worth.sentence()}")
    if worth.frame.is_empty():
        c.empty("Load opportunities with their history on the Data page.")
    else:
        c.chart(charts.weighted(worth.frame, settings.currency))
        c.chart(charts.trend(whole.frame, settings.currency))
    c.method(metrics.velocity.weighted_pipeline, worth.frame)

with cell(page, "How did the pipeline change?") as c:
    asked = review.asked(page)
    moved = cached.result(metrics.flow.flow, data, settings, *asked)
    c.answer(moved.sentence())
    if moved.value is None:
        c.empty("Choose other days or other deals; the history of deals is loaded on the Data page.")
    else:
        step = review.bars(c, charts.flow(moved.frame, settings.currency), moved)
        behind = cached.result(metrics.flow.deals, data, settings, step, *asked)
        c.answer(behind.sentence())
        c.table(behind.frame, column_config=review.MOVED, height=280)
    c.method(metrics.flow.flow, moved.frame, *asked)

with cell(page, "Where do deals get stuck, and how fast do they move?") as c:
    stages = cached.result(metrics.velocity.stages, data, settings)
    speed = cached.result(metrics.velocity.velocity, data, settings)
    c.answer(f"{stages.sentence()} {speed.sentence()}")
    if not stages.frame.is_empty():
        c.chart(charts.conversion(stages.frame))
    c.method(metrics.velocity.stages, stages.frame)

with cell(page, "Which deals are at risk?") as c:
    risks = cached.result(metrics.velocity.at_risk, data, settings)
    c.answer(risks.sentence())
    if not risks.frame.is_empty():
        c.table(risks.frame, column_config=RISKS, height=420)
    c.method(metrics.velocity.at_risk, risks.frame)

notebook.offer(page)
