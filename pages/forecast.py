"""Forecast: the number, what it is made of, revenue by month, the deals behind it."""

import streamlit as st

from core import explain, models
from core.charts import explain as reasons
from core.charts import forecast as charts
from pages.ui import cached, notebook, shell
from pages.ui.cells import cell

COLUMNS = {
    "opportunity_id": "Deal",
    "opportunity_name": "Name",
    "stage": "Stage",
    "close_on": st.column_config.DateColumn("Expected close"),
    "amount": st.column_config.NumberColumn("Amount", format="localized"),
    "is_amount_filled": st.column_config.CheckboxColumn("Amount is a median"),
    "p_win": st.column_config.ProgressColumn("Won in time", format="percent", min_value=0, max_value=1),
    "expected_amount": st.column_config.NumberColumn("Expected", format="compact"),
}

page = shell.open("Forecast", icon=":material/query_stats:")
currency = page.settings.currency

with cell(page, "What will we win, and from where?") as c:
    outlook = cached.result(models.outlook.current, page.data, page.settings)
    c.answer(outlook.sentence(st.session_state.get("forecast_window")))
    if outlook.windows:
        st.segmented_control(
            "Window", outlook.windows, default=outlook.windows[-1], required=True, key="forecast_window"
        )
        c.chart(charts.split, outlook.frame, currency)
        st.caption(outlook.record)
        c.method(models.outlook.current, outlook.frame)
    else:
        c.empty("Load opportunities with a creation date on the Data page, or go back to the sample company.")

window = st.session_state.get("forecast_window")

with cell(page, "Why this number?") as c:
    why = cached.result(explain.deals.forecast, page.data, page.settings, window)
    c.answer(why.sentence())
    c.chart(reasons.bridge, why.frame, currency, why.window)
    st.caption(why.check())
    c.method(explain.deals.forecast, why.frame, window)

with cell(page, "Which deals stand behind it?") as c:
    behind = outlook.behind(window)
    c.answer(behind.sentence())
    if not behind.frame.is_empty():
        chosen = st.dataframe(
            behind.frame,
            hide_index=True,
            height=320,
            on_select="rerun",
            selection_mode="single-row",
            key="deal_rows",
            column_config=COLUMNS,
        )
        c.answer(behind.deal(chosen.selection.rows))
        deal = cached.result(explain.deals.deal, page.data, page.settings, *behind.chosen(chosen.selection.rows))
        c.chart(reasons.waterfall, deal)
        st.caption(deal.check())
        c.method(explain.deals.deal, deal.frame, *behind.chosen(chosen.selection.rows))

with cell(page, "How good have such chances been?") as c:
    record = cached.result(explain.record.close, page.data, page.settings)
    c.answer(record.sentence())
    if not record.frame.is_empty():
        c.chart(reasons.reliability, record.frame, "won within 90 days")
        c.method(explain.record.close, record.frame)

with cell(page, "What revenue comes in each month?") as c:
    revenue = cached.result(models.forecast.revenue, page.data, page.settings)
    c.answer(revenue.sentence())
    c.chart(charts.fan, revenue.frame, currency)
    c.method(models.forecast.revenue, revenue.frame)

notebook.offer(page)
