"""Pipeline: is it healthy, is there enough, how did it change, where does it stick, what is at risk."""

import streamlit as st

from core import explain, metrics, requirements
from core.charts import customers as customer_charts
from core.charts import explain as reasons
from core.charts import pipeline as charts
from core.localization import joined
from pages.ui.explain import actions, counterfactual
from pages.ui.kit import cache, notebook, period, shell
from pages.ui.kit.cells import cell, grid_cell
from pages.ui.kit.escaping import escaped
from pages.ui.pipeline import controls, leads
from pages.ui.requirements import deal_gaps

page = shell.open("Pipeline")
data, measured, settings = page.data, page.measured, page.settings
currency = settings.currency

for lead in leads.order(page):
    if lead == leads.HEALTH:
        with cell(page, "Pipeline health", "Health", by=period.END) as c:
            leads.health(page, c)
    else:
        with cell(page, "Pipeline coverage", "Coverage", by=period.END) as c:
            leads.coverage(page, c)

with cell(page, "Pipeline changes", "Change", span="all", by=period.DAYS) as c:
    asked = controls.asked(page)
    moved = cache.result(metrics.flow.flow, data, settings, *asked)
    c.answer(moved.sentence())
    if moved.value is None:
        c.empty("Choose another period or other deals; the history of deals is loaded on the Data page.")
    else:
        steps, path, split = st.tabs(["Step by step", "On the way", "By part"])
        with steps:
            left, right = st.columns([5, 6], gap="medium")
            with left:
                step = controls.bars(c, moved)
            with right:
                behind = cache.result(metrics.flow.deals, data, settings, step, *asked)
                c.answer(behind.sentence())
                c.table(behind.frame, 605, column_config=controls.MOVED, height=250, column_order=list(controls.MOVED))
        with path, cell(page, "What moved in between?", None, span=None) as inner:
            way = cache.result(metrics.pipeline_path.path, data, settings, *asked)
            inner.answer(way.sentence())
            left, right = st.columns([5, 6], gap="medium")
            with left:
                inner.chart(charts.ways, way.steps, currency)
            if way.n_deals:
                with right:
                    inner.table(way.frame, 605, column_config=controls.KINDS)
                inner.table(way.deals, column_config=controls.TRIPS, column_order=list(controls.TRIPS), height=220)
            inner.method(metrics.pipeline_path.path, way.deals, *asked)
        with split, cell(page, "Where did it change?", None, span=None) as inner:
            by = controls.part()
            span = (*asked[:2], by, *asked[4:])
            parts = cache.result(metrics.pipeline_path.split, data, settings, *span)
            inner.answer(parts.sentence())
            inner.table(parts.frame, column_config=controls.PARTS, column_order=controls.filled(parts.frame))
            inner.method(metrics.pipeline_path.split, parts.frame, *span)
    c.method(metrics.flow.flow, moved.frame, *asked)

with cell(page, "Open and weighted pipeline", "Open", span="all", by=period.END) as c:
    whole = cache.result(metrics.pipeline.open_pipeline, measured, settings)
    c.answer(whole.sentence())
    worth = cache.result(metrics.coverage.weighted, measured, settings)
    c.answer(worth.sentence())
    if page.days:
        c.answer(cache.result(metrics.pipeline.due_in, measured, settings, *page.days).sentence())
    if not whole.value:
        c.empty("Load opportunities with their amounts and their history on the Data page.")
    else:
        left, right = st.columns(2, gap="medium")
        with left:
            c.chart(charts.weighted, worth.frame, currency)
        with right:
            c.chart(charts.trend, whole.frame, currency)
    c.method(metrics.coverage.weighted, worth.frame)

with cell(page, "Where do deals get stuck?", "Stages", by=period.END) as c:
    stages = cache.result(metrics.stage_conversion.conversion, measured, settings)
    times = cache.result(metrics.stage_conversion.times, measured, settings)
    months = cache.result(metrics.stage_conversion.cohorts, measured, settings)
    c.answer(joined(stages.sentence(), times.sentence()))
    if not stages.frame.is_empty():
        on, slow, funnel = st.tabs(["Stage conversion", "Time in stage", "By created month"])
        with on:
            c.chart(charts.conversion, stages.frame)
        with slow:
            c.chart(charts.times, times.frame)
        with funnel:
            c.answer(months.sentence())
            c.chart(charts.cohorts, months.frame)
    c.method(metrics.stage_conversion.conversion, stages.frame)

with cell(page, "Sales velocity", "Velocity", by=period.END) as c:
    speed = cache.result(metrics.velocity.velocity, measured, settings)
    rates = cache.result(metrics.velocity.win_rates, measured, settings)
    c.answer(joined(speed.sentence(), rates.sentence()))
    if speed.value is not None:
        pace, cohort = st.tabs(["What changed velocity", "Win rate by created date and by close date"])
        with pace:
            if controls.has_past(speed.frame):
                c.chart(charts.speed, speed.frame, currency)
            else:
                c.empty("A year of history is needed to say what changed velocity.")
        with cohort:
            c.chart(charts.win_rates, rates.frame)
    c.method(metrics.velocity.velocity, speed.frame)

with cell(page, "Coaching", "Coaching", span="all", by=period.END) as c:
    reps = cache.result(metrics.coaching.coaching, measured, settings)
    c.answer(reps.sentence())
    if not reps.frame.is_empty():
        c.table(reps.frame, column_config=controls.COACHING, column_order=list(controls.COACHING), height=280)
    c.method(metrics.coaching.coaching, reps.frame)

with cell(page, "Deals at risk", "At risk", span="all") as c:
    risks = cache.result(metrics.risk.at_risk, data, settings)
    c.answer(joined(risks.sentence(), risks.told()))
    deals, signals = st.tabs(["Deals", "Track record of the warning signs"])
    with deals:
        rows = [] if risks.leading.is_empty() else controls.rows(risks.leading, "risk_rows", controls.RISKS)
    with signals:
        c.table(risks.record, column_config=controls.SIGNALS, column_order=list(controls.SIGNALS))
    c.method(metrics.risk.at_risk, risks.frame)

if not c.failed and not risks.frame.is_empty():
    with cell(page, "Deal inspection", "Deal") as c:
        deal = risks.chosen(rows)
        past = cache.result(metrics.risk.history, data, settings, deal)
        c.answer(past.sentence())
        c.table(past.frame, column_config=controls.STATES, height=180)
        advice = cache.result(explain.actions.deal_actions.actions, data, settings, deal)
        c.answer(advice.sentence())
        c.table(advice.frame, column_config=controls.ACTIONS, column_order=list(controls.ACTIONS))
        c.method(explain.actions.deal_actions.actions, advice.frame, deal)
        actions.shelf(page, c, deal, explain.actions.decisions.DEALS, advice.names)

    if page.may("requirements:read"):
        with cell(page, "Product gaps in this deal", "Gaps") as c:
            lacking = deal_gaps.gaps(page, deal)
            c.answer(lacking.sentence())
            if not lacking.frame.is_empty():
                c.table(lacking.frame, column_config=deal_gaps.GAPS, column_order=list(deal_gaps.GAPS))
            deal_gaps.ways(page, deal, lacking)
            c.method(requirements.work.deal_gaps.gaps, lacking.frame, given=f"data, settings, bundle, store, {deal!r}")

    with cell(page, "Why this win chance?", "Why") as c:
        why = cache.result(explain.deals.deal, data, settings, deal)
        c.answer(why.sentence("a typical deal"))
        c.chart(reasons.waterfall, why)
        st.caption(escaped(why.check()))
        c.method(explain.deals.deal, why.frame, deal)
        if st.toggle("Re-test these reasons", key="steady_deal"):
            steady = cache.result(explain.stability.deal, data, settings, deal)
            c.answer(steady.sentence())
            c.chart(customer_charts.steadiness, steady.frame)
            st.caption(escaped(steady.note))

    with grid_cell(page):
        counterfactual.deal(page, deal)

notebook.offer(page)
