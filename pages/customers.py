"""Customers: who may leave, what they are worth, how health scores do, and one account all round."""

import streamlit as st

from core import explain, metrics, models
from core.charts import customers as charts
from core.charts import explain as why_charts
from core.localization import joined, message
from pages.ui.customers import account_choice, table_columns
from pages.ui.explain import actions, compare, counterfactual, drivers
from pages.ui.kit import cache, column_layout, notebook, period, shell
from pages.ui.kit.cells import analysts, cell
from pages.ui.kit.escaping import escaped

page = shell.open("Customers")
data, settings = page.data, page.settings
view = account_choice.view()

if view == "Churn risk":
    with cell(page, "Customers at risk of churn", "At risk", span="all") as c:
        risks = cache.result(explain.accounts.listed, data, settings)
        c.answer(risks.sentence())
        account_choice.table(
            c,
            risks.frame,
            "churn_rows",
            height=360,
            column_config=table_columns.CHURN,
            column_order=table_columns.CHURN,
        )
        c.method(explain.accounts.listed, risks.frame)

    if not c.failed:
        with cell(page, "Churn, contraction and expansion this year", "This year") as c:
            year = cache.result(explain.accounts.outlook, data, settings)
            c.answer(year.sentence())
            c.chart(charts.months, year.frame, settings.currency)
            c.note(year.record())
            with st.expander("How the models compared"):
                c.table(year.race(), column_config=table_columns.RACE)
            c.method(explain.accounts.outlook, year.frame)

        with cell(page, "Why is the top account at risk?", "Why") as c:
            account = risks.frame["account_id"][0]
            parts = cache.result(explain.customers.account, data, settings, account)
            sentence = message(
                "{first}: churn risk within {days} days {parts}",
                first=risks.first,
                days=risks.days,
                parts=parts.sentence("a typical customer"),
            )
            c.answer(sentence, strong=risks.first)
            c.chart(why_charts.waterfall, parts)
            st.caption(escaped(parts.check()))
            with st.expander("Every contribution"):
                c.table(parts.ranked(), column_config=table_columns.CONTRIBUTIONS)
            c.method(explain.customers.account, parts.frame, account)

        with cell(page, "Why does churn differ between groups?", "Compare") as c:
            by, group, other = compare.sides(page, "churn")
            gap = cache.result(explain.differences.compare, data, settings, by, group, other)
            c.answer(gap.sentence())
            c.chart(why_charts.waterfall, gap.parts, 9, gap.ends)
            with st.expander("Every contribution"):
                c.table(gap.frame, column_config=table_columns.CONTRIBUTIONS)
            c.method(explain.differences.compare, gap.frame, by, group, other)

        with analysts(page):
            drivers.overall(page, "What makes customers churn?", "churn")
            drivers.one(page, "churn")
            drivers.together(page, "churn")

            with cell(page, "How accurate are these chances?", "Record") as c:
                record = cache.result(models.evaluation.record, data, settings, "churn")
                c.answer(record.sentence())
                c.stays_whole()
                if not record.frame.is_empty():
                    c.chart(why_charts.reliability, record.frame, "churned within 90 days")
                    c.method(models.evaluation.record, record.frame, "churn")

elif view == "Health score check":
    with cell(page, "Does a low health score predict churn?", "Check", span="all") as c:
        trial = cache.result(explain.accounts.on_trial, data, settings)
        c.answer(trial.sentence())
        early, tenths = st.columns(2)
        with early:
            st.markdown("**Share rated red in the months before churn** (dashed: of those that stayed)")
            c.chart(charts.lead, trial.lead)
        with tenths:
            st.markdown("**How often each tenth churned**")
            c.chart(charts.lift, trial.lift)
        c.method(explain.accounts.on_trial, trial.lift)

    if not c.failed:
        with cell(page, "Where was the health score wrong?", "Misses") as c:
            left, right = st.columns(2)
            score = left.segmented_control(
                "Score",
                list(table_columns.SCORES),
                default="by_hand",
                required=True,
                format_func=table_columns.SCORES.get,
                key="trial_score",
            )
            kind = right.segmented_control(
                "Show",
                list(table_columns.MISSES),
                default="greens",
                required=True,
                format_func=table_columns.MISSES.get,
                key="trial_kind",
            )
            missed = cache.result(explain.accounts.by_health, data, settings, score, kind)
            c.answer(trial.told(score))
            account_choice.table(
                c, missed, "missed_rows", column_config=table_columns.MISSED, column_order=table_columns.MISSED
            )
            c.method(explain.accounts.by_health, missed, score, kind)

        with cell(page, "All accounts today", "Today") as c:
            risks = cache.result(explain.accounts.listed, data, settings)
            c.answer(table_columns.bands(risks.frame))
            account_choice.table(
                c,
                risks.frame,
                "health_rows",
                height=360,
                column_config=table_columns.HEALTH,
                column_order=table_columns.HEALTH,
            )
            c.method(
                metrics.customer_health.by_hand,
                risks.frame,
                given="features.accounts.build(data, data.as_of, settings), settings",
            )

elif view == "Retention":
    with cell(page, "Revenue and customer retention", "Retention", by=period.END) as c:
        retention = cache.result(metrics.retention.last_year, page.measured, settings)
        c.answer(retention.sentence())
        if retention.frame.is_empty():
            c.empty("Load subscriptions with their start and end dates on the Data page.")
        else:
            c.chart(charts.retention, retention.frame)
        c.method(metrics.retention.last_year, retention.frame)

    with cell(page, "Retention by cohort", "Cohorts", by=period.END) as c:
        counted = st.segmented_control(
            "Count",
            list(metrics.retention.RATES),
            default="logo",
            required=True,
            format_func=metrics.retention.WORDS.get,
            key="cohort_count",
        )
        second, third = st.columns(2, vertical_alignment="bottom")
        by = second.segmented_control(
            "Cohorts by", ["quarter", "year"], default="quarter", required=True, key="cohort_by"
        )
        base = third.slider("100 % is set after (months)", 0, 12, 0, key="cohort_base")
        rows = cache.result(metrics.retention.cohorts, page.measured, settings, by, base)
        c.answer(rows.sentence())
        if rows.frame.is_empty():
            c.empty("Load subscriptions with their start and end dates on the Data page.")
        else:
            c.chart(charts.cohorts, rows.frame, metrics.retention.RATES[counted])
        c.method(metrics.retention.cohorts, rows.frame, by, base)

elif view == "Lifetime value":
    with cell(page, "Customer lifetime value", "Value") as c:
        value = cache.result(explain.accounts.worth, data, settings)
        c.answer(value.sentence())
        c.chart(charts.worth, value.frame, settings.currency)
        account_choice.table(
            c,
            value.frame,
            "worth_rows",
            height=320,
            column_config=table_columns.WORTH,
            column_order=table_columns.WORTH,
        )
        c.method(explain.accounts.worth, value.frame)

    if not c.failed:
        with cell(page, "Do other methods agree?", "Checks") as c:
            c.answer(value.agreement())
            if value.kind == "contract":
                c.chart(charts.curves, value.checks)
            else:
                c.table(value.checks, column_config=table_columns.CHECKS)
            c.method(explain.accounts.worth, value.checks)

elif view == "Segments":
    with cell(page, "Customer segments", "Segments") as c:
        way = account_choice.way()
        segmentation = cache.result(explain.accounts.groups, data, settings, way)
        c.answer(segmentation.sentence())
        c.chart(charts.groups, segmentation.frame, segmentation.axes, segmentation.profile["group"].to_list())
        c.table(segmentation.profile, column_config=table_columns.PROFILE)
        with st.expander("How the number of segments was chosen"):
            c.table(segmentation.choice, column_config=table_columns.CHOICE)
        c.method(explain.accounts.groups, segmentation.profile, way)

    if not c.failed:
        with cell(page, "Customers by recency, frequency and spend", "Members") as c:
            picked = st.selectbox("Group", ["All", *segmentation.profile["group"]], key="group_picked")
            members = segmentation.members(picked)
            c.answer(segmentation.told(picked))
            account_choice.table(
                c, members, "group_rows", height=360, column_config=table_columns.RFM, column_order=table_columns.RFM
            )
            c.method(explain.accounts.groups, members, way)

else:
    names = cache.result(metrics.engagement.names, data, settings)
    account = account_choice.chosen(page, names)

    with cell(page, "Account overview", "Events") as c:
        whole = cache.result(metrics.engagement.account, data, settings, account)
        c.answer(whole.sentence(), strong=whole.name)
        st.caption(escaped(joined(*(f"{k}: {v}" for k, v in whole.facts.items()), by=" · ")))
        kinds = st.pills(
            "Show", metrics.engagement.KINDS, selection_mode="multi", key="account_kinds", label_visibility="collapsed"
        )
        events = whole.of(kinds)
        if events.is_empty():
            c.empty("There is no history for this account. Load activities and deals on the Data page.")
        else:
            c.chart(charts.timeline, events, metrics.engagement.KINDS)
            with st.expander("Every event"):
                c.table(events, column_config=table_columns.EVENTS, height=280)
        c.method(metrics.engagement.account, whole.events, account)

    if not c.failed:
        with cell(page, "Health and churn risk", "Health") as c:
            year = cache.result(explain.accounts.ahead, data, settings, account)
            signs = cache.result(explain.accounts.health_of, data, settings, account)
            c.answer(joined(signs.sentence(), year.sentence()))
            c.chart(charts.staying, year.frame)
            c.table(signs.frame, column_config=table_columns.SIGNS)
            c.method(explain.accounts.ahead, year.frame, account)

        with cell(page, "Usage, support, sentiment and contract", "Trends", span="all") as c:
            c.answer(whole.trend())
            four = st.grid(4, min_column_width=230, gap="small")
            with four.cell():
                c.chart(charts.usage, whole.months)
            with four.cell():
                c.chart(charts.contract, whole.months, settings.currency)
            with four.cell():
                c.chart(charts.tickets, whole.months)
            with four.cell():
                c.chart(charts.mood, whole.months)
            lines, deals = st.tabs(["Contract", "Deals"])
            with lines:
                c.table(
                    whole.contract,
                    column_config=table_columns.CONTRACT,
                    column_order=table_columns.CONTRACT,
                    height=230,
                )
            with deals:
                c.table(whole.deals, column_config=table_columns.DEALS, column_order=table_columns.DEALS, height=230)
            c.method(metrics.engagement.account, whole.months, account)

        with cell(page, "Why is it at risk?", "Why") as c:
            parts = cache.result(explain.customers.account, data, settings, account)
            c.answer(
                message(
                    "Churn risk within {churn_days} days: {parts}",
                    churn_days=settings.models.churn_days,
                    parts=parts.sentence("a typical customer"),
                )
            )
            c.chart(why_charts.waterfall, parts)
            st.caption(escaped(parts.check()))
            with st.expander("Every contribution"):
                c.table(parts.ranked(), column_config=table_columns.CONTRIBUTIONS)
            c.method(explain.customers.account, parts.frame, account)
            if st.toggle("Re-test these reasons", key="steady"):
                steady = cache.result(explain.stability.account, data, settings, account)
                c.answer(steady.sentence())
                c.chart(charts.steadiness, steady.frame)

        with cell(page, "What changed since last week?", "This week") as c:
            since = cache.result(explain.differences.account, data, settings, account)
            c.answer(since.sentence())
            c.chart(why_charts.waterfall, since.parts, 9, since.ends)
            st.caption(escaped(since.check()))
            with st.expander("Every contribution"):
                c.table(since.frame, column_config=table_columns.CONTRIBUTIONS)
            c.method(explain.differences.account, since.frame, account)

        with cell(page, "Recommended actions", "Actions") as c:
            plays = cache.result(explain.actions.account_actions.recommend, data, settings, account)
            c.answer(plays.sentence())
            if not plays.frame.is_empty():
                c.table(plays.frame, column_config=table_columns.ACTIONS, column_order=table_columns.ACTIONS)
            c.method(explain.actions.account_actions.recommend, plays.frame, account)
            actions.shelf(page, c, account)

        with cell(page, "What if this changed?", "What if") as c:
            fields = cache.result(explain.counterfactual.accounts.fields, data, settings, account)
            values = counterfactual.sliders(page, fields, account)
            moved = cache.result(explain.counterfactual.accounts.suppose, data, settings, account, values)
            c.answer(moved.sentence())
            for warning in moved.warnings:
                st.warning(escaped(warning), icon=":material/warning:")
            with st.expander("Similar past accounts"):
                c.table(column_layout.named(moved.frame, data), column_config=table_columns.CASES)
            c.method(explain.counterfactual.accounts.suppose, moved.frame, account, values)

notebook.offer(page)
