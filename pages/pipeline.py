"""Pipeline: is it healthy, is there enough, how did it change, where does it stick, what is at risk."""

import streamlit as st

from core import explain, metrics, requirements
from core.charts import customers as customer_charts
from core.charts import explain as reasons
from core.charts import pipeline as charts
from pages.ui import cached, decided, moves, notebook, shell, supposed, wanting
from pages.ui.cells import cell

page = shell.open("Pipeline")
data, settings = page.data, page.settings
currency = settings.currency

with cell(page, "Is the pipeline healthy?") as c:
    health = cached.result(metrics.health.health, data, settings)
    c.answer(health.sentence())
    if health.value is None:
        c.empty("Load deals with amounts and expected close dates, their history, and quotas on the Data page.")
    else:
        c.table(health.frame, column_config=moves.HEALTH, column_order=list(moves.HEALTH))
    c.method(metrics.health.health, health.past)

with cell(page, "Is there enough for the quarter?") as c:
    cover = cached.result(metrics.coverage.coverage, data, settings)
    c.answer(cover.sentence())
    now, before = st.tabs(["This quarter", "What past quarters needed"])
    with now:
        c.chart(charts.coverage, cover.frame, currency)
    with before:
        c.chart(charts.required, cover.record, cover.value)
    c.method(metrics.coverage.coverage, cover.record)

with cell(page, "How did the pipeline change?") as c:
    asked = moves.asked(page)
    moved = cached.result(metrics.flow.flow, data, settings, *asked)
    c.answer(moved.sentence())
    if moved.value is None:
        c.empty("Choose other days or other deals; the history of deals is loaded on the Data page.")
    else:
        step = moves.bars(c, moved)
        behind = cached.result(metrics.flow.deals, data, settings, step, *asked)
        c.answer(behind.sentence())
        c.table(behind.frame, column_config=moves.MOVED, height=280)
    c.method(metrics.flow.flow, moved.frame, *asked)

if not c.failed and moved.value is not None:
    with cell(page, "What happened on the way?") as c:
        way = cached.result(metrics.paths.path, data, settings, *asked)
        c.answer(way.sentence())
        c.chart(charts.ways, way.steps, currency)
        if way.n_deals:
            c.table(way.frame, column_config=moves.KINDS)
            c.table(way.deals, column_config=moves.TRIPS, column_order=list(moves.TRIPS), height=280)
        c.method(metrics.paths.path, way.deals, *asked)

    with cell(page, "Which part of the company moved it?") as c:
        by = moves.part()
        span = (*asked[:2], by, *asked[4:])
        split = cached.result(metrics.paths.split, data, settings, *span)
        c.answer(split.sentence())
        c.table(split.frame, column_config=moves.PARTS, column_order=moves.filled(split.frame))
        c.method(metrics.paths.split, split.frame, *span)

with cell(page, "How much is open, and what is it worth?") as c:
    whole = cached.result(metrics.pipeline.open_pipeline, data, settings)
    worth = cached.result(metrics.coverage.weighted, data, settings)
    c.answer(f"{whole.sentence()} {worth.sentence()}")
    if not whole.value:
        c.empty("Load opportunities with their amounts and their history on the Data page.")
    else:
        c.chart(charts.weighted, worth.frame, currency)
        c.chart(charts.trend, whole.frame, currency)
    c.method(metrics.coverage.weighted, worth.frame)

with cell(page, "Where do deals get stuck?") as c:
    stages = cached.result(metrics.stages.conversion, data, settings)
    times = cached.result(metrics.stages.times, data, settings)
    months = cached.result(metrics.stages.cohorts, data, settings)
    c.answer(f"{stages.sentence()} {times.sentence()}")
    if not stages.frame.is_empty():
        on, slow, funnel = st.tabs(["Who goes on", "Time in stage", "By month of creation"])
        with on:
            c.chart(charts.conversion, stages.frame)
        with slow:
            c.chart(charts.times, times.frame)
        with funnel:
            c.answer(months.sentence())
            c.chart(charts.cohorts, months.frame)
    c.method(metrics.stages.conversion, stages.frame)

with cell(page, "How fast does the pipeline pay?") as c:
    speed = cached.result(metrics.velocity.velocity, data, settings)
    rates = cached.result(metrics.velocity.win_rates, data, settings)
    c.answer(f"{speed.sentence()} {rates.sentence()}")
    if speed.value is not None:
        parts, cohort = st.tabs(["What moved the pace", "Win rate, two ways"])
        with parts:
            if moves.has_past(speed.frame):
                c.chart(charts.speed, speed.frame, currency)
            else:
                c.empty("A year of history is needed to say what moved the pace.")
        with cohort:
            c.chart(charts.win_rates, rates.frame)
    c.method(metrics.velocity.velocity, speed.frame)

with cell(page, "Which deals are at risk?") as c:
    risks = cached.result(metrics.risk.at_risk, data, settings)
    c.answer(f"{risks.sentence()} {risks.told()}")
    deals, signals = st.tabs(["Deals", "What the signals have meant"])
    with deals:
        rows = [] if risks.frame.is_empty() else moves.rows(risks.frame, "risk_rows", moves.RISKS)
    with signals:
        c.table(risks.record, column_config=moves.SIGNALS, column_order=list(moves.SIGNALS))
    c.method(metrics.risk.at_risk, risks.frame)

if not c.failed and not risks.frame.is_empty():
    with cell(page, "What about this deal?") as c:
        deal = risks.chosen(rows)
        past = cached.result(metrics.risk.history, data, settings, deal)
        c.answer(past.sentence())
        c.table(past.frame, column_config=moves.STATES, height=210)
        advice = cached.result(explain.actions.actions, data, settings, deal)
        c.answer(advice.sentence())
        c.table(advice.frame, column_config=moves.ACTIONS, column_order=list(moves.ACTIONS))
        c.method(explain.actions.actions, advice.frame, deal)
        decided.shelf(page, c, deal, explain.decisions.DEALS, advice.names)

    if page.may("requirements:read"):
        with cell(page, "What does this buyer ask for that we lack?") as c:
            lacking = wanting.gaps(page, deal)
            c.answer(lacking.sentence())
            if not lacking.frame.is_empty():
                c.table(lacking.frame, column_config=wanting.GAPS, column_order=list(wanting.GAPS))
            wanting.ways(page, deal, lacking)
            c.method(requirements.deal.gaps, lacking.frame, deal)

    with cell(page, "Why this chance?") as c:
        why = cached.result(explain.deals.deal, data, settings, deal)
        c.answer(why.sentence("a typical deal"))
        c.chart(reasons.waterfall, why)
        st.caption(why.check())
        c.method(explain.deals.deal, why.frame, deal)
        if st.toggle("Learn the model again from other draws of deals: do the reasons hold?", key="steady_deal"):
            steady = cached.result(explain.steadiness.deal, data, settings, deal)
            c.answer(steady.sentence())
            c.chart(customer_charts.steadiness, steady.frame)
            st.caption(steady.note)

    supposed.deal(page, deal)

notebook.offer(page)
