"""Deal: everything on record of one deal, what the models say of it, and what to do next."""

import streamlit as st

from core import explain, metrics, requirements
from core.charts import deal_page as charts
from core.charts import explain as reasons
from core.localization import joined, message
from core.metrics import deal_facts, deal_signals
from pages.ui.deal import columns, crm
from pages.ui.explain import actions
from pages.ui.kit import cache, comments, entity_links, notebook, play_tasks, shell
from pages.ui.kit.cells import cell
from pages.ui.kit.escaping import escaped
from pages.ui.requirements import deal_gaps

page = shell.open("Deal")
data, settings = page.data, page.settings
deal = str(st.query_params.get("id", ""))

if not deal:
    with cell(page, "Largest open deals", "Largest") as c:
        whole = cache.result(metrics.pipeline.open_pipeline, data, settings)
        largest = cache.result(metrics.pipeline.deals, data, settings)
        c.answer(message("{whole} The arrow in front of a row opens its deal.", whole=whole.sentence()))
        c.table(largest.head(columns.MOST), column_config=columns.LISTED, column_order=list(columns.LISTED), height=400)
        c.method(metrics.pipeline.open_pipeline, largest)

    with cell(page, "Deals due next", "Due next") as c:
        due = cache.result(metrics.pipeline.due_next, data, settings)
        c.answer(due.sentence())
        c.table(
            due.frame.head(columns.MOST), column_config=columns.LISTED, column_order=list(columns.LISTED), height=400
        )
        c.method(metrics.pipeline.due_next, due.frame)
    notebook.offer(page)
    st.stop()

with cell(page, "Deal overview", "Facts") as c:
    facts = cache.result(deal_facts.deal, data, settings, deal)
    c.answer(facts.sentence(), strong=facts.name)
    with st.container(horizontal=True):
        if facts.account_id and page.may("customers:read"):
            entity_links.to(entity_links.ACCOUNT, facts.account_id, escaped(facts.account_name or facts.account_id))
        crm.offer(page, "deal", deal)
    c.facts(facts.frame)
    c.method(deal_facts.deal, facts.frame, deal)

if not c.failed:
    is_open = facts.state == deal_facts.OPEN

    with cell(page, "Deal history", "History") as c:
        past = cache.result(metrics.risk.history, data, settings, deal)
        c.answer(past.sentence())
        changes, touches = st.tabs(["Changes", "Activities"])
        with changes:
            c.table(past.frame, column_config=columns.STATES, height=280)
        with touches:
            if facts.activities.is_empty():
                c.empty("No activity is on record for this deal. Load activities on the Data page.")
            else:
                c.table(facts.activities, column_config=columns.ACTIVITIES, height=280)
        c.method(metrics.risk.history, past.frame, deal)

    if is_open:
        with cell(page, "Win chance over time", "Chance") as c:
            course = cache.result(explain.deal_course.course, data, settings, deal)
            c.answer(course.sentence())
            c.chart(charts.course, course.frame)
            c.method(explain.deal_course.course, course.frame, deal)

        with cell(page, "Why this win chance?", "Why") as c:
            why = cache.result(explain.deals.deal, data, settings, deal)
            c.answer(why.sentence("a typical deal"))
            c.chart(reasons.waterfall, why)
            st.caption(escaped(why.check()))
            c.method(explain.deals.deal, why.frame, deal)

        with cell(page, "Risks and recommended actions", "Actions") as c:
            signals = cache.result(deal_signals.signals, data, settings, deal)
            advice = cache.result(explain.actions.deal_actions.actions, data, settings, deal)
            c.answer(joined(signals.sentence(), advice.sentence()))
            if not signals.frame.is_empty():
                c.table(signals.frame, column_config=columns.SIGNALS, column_order=list(columns.SIGNALS))
            if not advice.frame.is_empty():
                c.table(advice.frame, column_config=columns.ACTIONS, column_order=list(columns.ACTIONS))
            c.method(explain.actions.deal_actions.actions, advice.frame, deal)
            actions.shelf(page, c, deal, explain.actions.decisions.DEALS, advice.names)

        if page.may("requirements:read"):
            with cell(page, "Product gaps in this deal", "Gaps") as c:
                lacking = deal_gaps.gaps(page, deal)
                c.answer(lacking.sentence())
                if not lacking.frame.is_empty():
                    c.table(lacking.frame, column_config=deal_gaps.GAPS, column_order=list(deal_gaps.GAPS))
                deal_gaps.ways(page, deal, lacking)
                c.method(
                    requirements.work.deal_gaps.gaps, lacking.frame, given=f"data, settings, bundle, store, {deal!r}"
                )

    with cell(page, "Plays", "Plays") as c:
        play_tasks.shelf(page, c, "deal", deal)

    with cell(page, "Comments", "Comments") as c:
        comments.shelf(page, c, "deal", deal)

    with cell(page, "Other deals of the account", "Other deals") as c:
        c.answer(facts.others())
        if not facts.siblings.is_empty():
            c.table(facts.siblings, column_config=columns.SIBLINGS, height=280)
        c.method(deal_facts.deal, facts.siblings, deal)

notebook.offer(page)
