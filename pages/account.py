"""Account: everything on record of one account, its contracts and usage, its deals, and whether it will stay."""

import streamlit as st

from core import explain, metrics
from core.charts import customers as charts
from core.charts import explain as reasons
from core.localization import joined
from core.metrics import account_facts
from pages.ui.deal import columns, crm
from pages.ui.explain import actions
from pages.ui.kit import cache, comments, entity_links, notebook, play_tasks, shell
from pages.ui.kit.cells import cell
from pages.ui.kit.escaping import escaped

page = shell.open("Account")
data, settings = page.data, page.settings
account = str(st.query_params.get("id", ""))

if not account:
    for question, by in (("Accounts by MRR", "mrr_amount"), ("Accounts by open pipeline", "open_amount")):
        with cell(page, question) as c:
            rows = cache.result(account_facts.listed, data, settings, by)
            c.answer(rows.sentence())
            top = rows.frame.head(columns.MOST)
            c.table(top, column_config=columns.ACCOUNTS, column_order=list(columns.ACCOUNTS), height=400)
            c.method(account_facts.listed, rows.frame, by)
    notebook.offer(page)
    st.stop()

with cell(page, "Account overview", "Facts") as c:
    whole = cache.result(metrics.engagement.account, data, settings, account)
    c.answer(whole.sentence(), strong=whole.name)
    with st.container(horizontal=True):
        crm.offer(page, "account", account)
        entity_links.to_customers(account)
    c.facts(whole.fact_table())
    c.method(metrics.engagement.account, whole.events, account)

if not c.failed:
    with cell(page, "Deals of the account", "Deals") as c:
        c.answer(whole.deal_sentence())
        if not whole.deals.is_empty():
            c.table(whole.deals, column_config=columns.SIBLINGS, column_order=list(columns.SIBLINGS), height=300)
        c.method(metrics.engagement.account, whole.deals, account)

    with cell(page, "Contracts and usage", "Contracts") as c:
        c.answer(whole.trend())
        if not whole.contract.is_empty():
            c.table(whole.contract, column_config=columns.CONTRACT)
        left, right = st.columns(2)
        with left:
            c.chart(charts.contract, whole.months, settings.currency)
        with right:
            c.chart(charts.usage, whole.months)
        c.method(metrics.engagement.account, whole.months, account)

    if not whole.contract.is_empty():
        with cell(page, "Churn risk", "Staying") as c:
            ahead = cache.result(explain.accounts.ahead, data, settings, account)
            parts = cache.result(explain.customers.account, data, settings, account)
            c.answer(joined(ahead.sentence(), parts.sentence("a typical customer")))
            c.chart(reasons.waterfall, parts)
            st.caption(escaped(parts.check()))
            c.method(explain.customers.account, parts.frame, account)

        with cell(page, "Recommended actions", "Actions") as c:
            plays = cache.result(explain.actions.account_actions.recommend, data, settings, account)
            c.answer(plays.sentence())
            if not plays.frame.is_empty():
                c.table(plays.frame, column_config=columns.PLAYS, column_order=list(columns.PLAYS))
            c.method(explain.actions.account_actions.recommend, plays.frame, account)
            actions.shelf(page, c, account)

    with cell(page, "Plays", "Plays") as c:
        play_tasks.shelf(page, c, "account", account)

    with cell(page, "Comments", "Comments") as c:
        comments.shelf(page, c, "account", account)

    with cell(page, "Recent activity", "History") as c:
        c.answer(whole.latest())
        if not whole.events.is_empty():
            c.table(whole.events, column_config=columns.EVENTS, height=320)
        c.method(metrics.engagement.account, whole.events, account)

notebook.offer(page)
