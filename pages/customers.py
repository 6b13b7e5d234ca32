"""Customers: who may leave, what is at stake, and why."""

import streamlit as st

from core import explain
from core.charts import explain as charts
from pages.ui import cached, notebook, shell
from pages.ui.cells import cell

COLUMNS = {
    "account_id": "Account",
    "account_name": "Name",
    "segment": "Segment",
    "region": "Region",
    "owner_id": "Owner",
    "mrr_amount": st.column_config.NumberColumn("MRR", format="localized"),
    "p_churn": st.column_config.ProgressColumn("Leaves in 90 days", format="percent", min_value=0, max_value=1),
    "at_risk_amount": st.column_config.NumberColumn("Yearly revenue at risk", format="compact"),
    "driver": "What raises it most",
}
CONTRIBUTIONS = {
    "driver": "Driver",
    "feature": "What is known",
    "value": "Value",
    "contribution": st.column_config.NumberColumn("Points", format="%+.2f"),
}

page = shell.open("Customers", icon=":material/groups:")

with cell(page, "Which customers may leave, and what is at stake?") as c:
    risks = cached.result(explain.customers.churn_list, page.data, page.settings)
    c.answer(risks.sentence())
    chosen = st.dataframe(
        risks.frame,
        hide_index=True,
        height=360,
        on_select="rerun",
        selection_mode="single-row",
        key="churn_rows",
        column_config=COLUMNS,
    )
    c.method(explain.customers.churn_list, risks.frame)

if not c.failed:
    with cell(page, "Why might this customer leave?") as c:
        account = risks.chosen(chosen.selection.rows)
        why = cached.result(explain.customers.account, page.data, page.settings, account)
        c.answer(f"**{risks.name(chosen.selection.rows)}** leaves within 90 days: {why.sentence('a typical customer')}")
        c.chart(charts.waterfall, why)
        st.caption(why.check())
        with st.expander("Every contribution"):
            c.table(why.ranked(), column_config=CONTRIBUTIONS)
        c.method(explain.customers.account, why.frame, account)

    with cell(page, "What makes customers leave?") as c:
        overall = cached.result(explain.customers.overall, page.data, page.settings)
        c.answer(overall.sentence())
        bars, swarm = st.tabs(["By driver", "By customer"])
        with bars:
            c.chart(charts.bar, overall.bars)
        with swarm:
            c.chart(charts.beeswarm, overall.swarm)
        c.method(explain.customers.overall, overall.bars)

    with cell(page, "How does one driver matter?") as c:
        names = cached.result(explain.customers.features, page.data, page.settings)
        feature = st.selectbox("Driver", names, format_func=explain.drivers.plain, key="churn_driver")
        curve = cached.result(explain.customers.driver, page.data, page.settings, feature)
        c.answer(curve.sentence())
        c.chart(charts.dependence, curve.frame, explain.drivers.plain(feature))
        c.method(explain.customers.driver, curve.frame, feature)

    with cell(page, "How good have such chances been?") as c:
        record = cached.result(explain.record.churn, page.data, page.settings)
        c.answer(record.sentence())
        if not record.frame.is_empty():
            c.chart(charts.reliability, record.frame, "left within 90 days")
            c.method(explain.record.churn, record.frame)

notebook.offer(page)
