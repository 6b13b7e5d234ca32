"""Customers: who may leave, what they are worth, how health scores do, and one account all round."""

import streamlit as st

from core import explain, metrics, models
from core.charts import customers as charts
from core.charts import explain as why_charts
from pages.ui.customers import account_choice, table_columns
from pages.ui.explain import actions, compare, counterfactual, drivers
from pages.ui.kit import cache, notebook, shell
from pages.ui.kit.cells import analysts, cell
from pages.ui.kit.escaping import escaped

page = shell.open("Customers")
data, settings = page.data, page.settings
view = account_choice.view()

if view == "Who may leave":
    with cell(page, "Which customers may leave, and what is at stake?", "At risk", span="all") as c:
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
        with cell(page, "What will leave, shrink and grow this year?", "This year") as c:
            year = cache.result(explain.accounts.outlook, data, settings)
            c.answer(year.sentence())
            c.chart(charts.months, year.frame, settings.currency)
            c.note(year.record())
            with st.expander("The race of the monthly models"):
                c.table(year.race(), column_config=table_columns.RACE)
            c.method(explain.accounts.outlook, year.frame)

        with cell(page, "Why might the first on the list leave?", "Why") as c:
            account = risks.frame["account_id"][0]
            parts = cache.result(explain.customers.account, data, settings, account)
            sentence = f"{risks.first} leaves within {risks.days} days: {parts.sentence('a typical customer')}"
            c.answer(sentence, strong=risks.first)
            c.chart(why_charts.waterfall, parts)
            st.caption(escaped(parts.check()))
            with st.expander("Every contribution"):
                c.table(parts.ranked(), column_config=table_columns.CONTRIBUTIONS)
            c.method(explain.customers.account, parts.frame, account)

        with cell(page, "Why do customers of one kind leave more than others?", "Compare") as c:
            by, group, other = compare.sides(page, "churn")
            gap = cache.result(explain.differences.compare, data, settings, by, group, other)
            c.answer(gap.sentence())
            c.chart(why_charts.waterfall, gap.parts, 9, gap.ends)
            with st.expander("Every contribution"):
                c.table(gap.frame, column_config=table_columns.CONTRIBUTIONS)
            c.method(explain.differences.compare, gap.frame, by, group, other)

        with analysts(page):
            drivers.overall(page, "What makes customers leave?", "churn")
            drivers.one(page, "churn")
            drivers.together(page, "churn")

            with cell(page, "How good have such chances been?", "Record") as c:
                record = cache.result(models.evaluation.record, data, settings, "churn")
                c.answer(record.sentence())
                if not record.frame.is_empty():
                    c.chart(why_charts.reliability, record.frame, "left within 90 days")
                    c.method(models.evaluation.record, record.frame, "churn")

elif view == "Health on trial":
    with cell(page, "Does a low health score come before leaving?", "Trial", span="all") as c:
        trial = cache.result(explain.accounts.on_trial, data, settings)
        c.answer(trial.sentence())
        early, tenths = st.columns(2)
        with early:
            st.markdown("**Red so many months before leaving** (dashed: of those that stayed)")
            c.chart(charts.lead, trial.lead)
        with tenths:
            st.markdown("**How often each tenth left**")
            c.chart(charts.lift, trial.lift)
        c.method(explain.accounts.on_trial, trial.lift)

    if not c.failed:
        with cell(page, "Which greens left, and which reds stayed?", "Misses") as c:
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
            account_choice.table(c, missed, "missed_rows", column_config=table_columns.MISSED)
            c.method(explain.accounts.by_health, missed, score, kind)

        with cell(page, "Where does every account stand today?", "Today") as c:
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
    with cell(page, "How much of last year's revenue and customers is still here?", "Retention") as c:
        retention = cache.result(metrics.retention.last_year, data, settings)
        c.answer(retention.sentence())
        if retention.frame.is_empty():
            c.empty("Load subscriptions with their start and end dates on the Data page.")
        else:
            c.chart(charts.retention, retention.frame)
        c.method(metrics.retention.last_year, retention.frame)

    with cell(page, "Which cohorts stay?", "Cohorts") as c:
        first, second, third = st.columns(3)
        counted = first.segmented_control(
            "Count",
            list(metrics.retention.RATES),
            default="logo",
            required=True,
            format_func=metrics.retention.WORDS.get,
            key="cohort_count",
        )
        by = second.segmented_control(
            "Cohorts by", ["quarter", "year"], default="quarter", required=True, key="cohort_by"
        )
        base = third.slider("100 % is taken after so many months", 0, 12, 0, key="cohort_base")
        rows = cache.result(metrics.retention.cohorts, data, settings, by, base)
        c.answer(rows.sentence())
        if rows.frame.is_empty():
            c.empty("Load subscriptions with their start and end dates on the Data page.")
        else:
            c.chart(charts.cohorts, rows.frame, metrics.retention.RATES[counted])
        c.method(metrics.retention.cohorts, rows.frame, by, base)

elif view == "Worth":
    with cell(page, "What are customers worth?", "Worth") as c:
        value = cache.result(explain.accounts.worth, data, settings)
        c.answer(value.sentence())
        c.chart(charts.worth, value.frame, settings.currency)
        account_choice.table(c, value.frame, "worth_rows", height=320, column_config=table_columns.WORTH)
        c.method(explain.accounts.worth, value.frame)

    if not c.failed:
        with cell(page, "Do other ways of reckoning agree?", "Checks") as c:
            c.answer(value.agreement())
            if value.kind == "contract":
                c.chart(charts.curves, value.checks)
            else:
                c.table(value.checks, column_config=table_columns.CHECKS)
            c.method(explain.accounts.worth, value.checks)

elif view == "Groups":
    with cell(page, "Which kinds of customers are there?", "Kinds") as c:
        way = account_choice.way()
        segmentation = cache.result(explain.accounts.groups, data, settings, way)
        c.answer(segmentation.sentence())
        c.chart(charts.groups, segmentation.frame, segmentation.axes, segmentation.profile["group"].to_list())
        c.table(segmentation.profile, column_config=table_columns.PROFILE)
        with st.expander("How the number of groups was chosen"):
            c.table(segmentation.choice, column_config=table_columns.CHOICE)
        c.method(explain.accounts.groups, segmentation.profile, way)

    if not c.failed:
        with cell(page, "Who is in them, and how lately, often and for how much did they order?", "Members") as c:
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

    with cell(page, "What is going on with this account?", "Events") as c:
        whole = cache.result(metrics.engagement.account, data, settings, account)
        c.answer(whole.sentence(), strong=whole.name)
        st.caption(escaped(" · ".join(f"{k}: {v}" for k, v in whole.facts.items())))
        kinds = st.pills(
            "Show", metrics.engagement.KINDS, selection_mode="multi", key="account_kinds", label_visibility="collapsed"
        )
        events = whole.of(kinds)
        if events.is_empty():
            c.empty("Nothing is on record for this account. Load activities and deals on the Data page.")
        else:
            c.chart(charts.timeline, events, metrics.engagement.KINDS)
            with st.expander("Every event"):
                c.table(events, column_config=table_columns.EVENTS, height=280)
        c.method(metrics.engagement.account, whole.events, account)

    if not c.failed:
        with cell(page, "How do usage, support, mood and contract run?", "Course") as c:
            c.answer(whole.trend())
            first, second = st.columns(2)
            with first:
                c.chart(charts.usage, whole.months)
                c.chart(charts.contract, whole.months, settings.currency)
            with second:
                c.chart(charts.tickets, whole.months)
                c.chart(charts.mood, whole.months)
            lines, deals = st.tabs(["Contract", "Deals"])
            with lines:
                c.table(whole.contract, column_config=table_columns.CONTRACT)
            with deals:
                c.table(whole.deals, column_config=table_columns.DEALS)
            c.method(metrics.engagement.account, whole.months, account)

        with cell(page, "How healthy is it, and will it stay?", "Health") as c:
            year = cache.result(explain.accounts.ahead, data, settings, account)
            signs = cache.result(explain.accounts.health_of, data, settings, account)
            c.answer(f"{signs.sentence()} {year.sentence()}")
            first, second = st.columns(2)
            with first:
                c.chart(charts.staying, year.frame)
            with second:
                c.table(signs.frame, column_config=table_columns.SIGNS)
            c.method(explain.accounts.ahead, year.frame, account)

        with cell(page, "Why might it leave?", "Why") as c:
            parts = cache.result(explain.customers.account, data, settings, account)
            c.answer(f"Within {settings.models.churn_days} days: {parts.sentence('a typical customer')}")
            c.chart(why_charts.waterfall, parts)
            st.caption(escaped(parts.check()))
            with st.expander("Every contribution"):
                c.table(parts.ranked(), column_config=table_columns.CONTRIBUTIONS)
            c.method(explain.customers.account, parts.frame, account)
            if st.toggle("Learn the model again from other draws of accounts: do the reasons hold?", key="steady"):
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

        with cell(page, "What could be done?", "Actions") as c:
            plays = cache.result(explain.actions.account_actions.recommend, data, settings, account)
            c.answer(plays.sentence())
            if not plays.frame.is_empty():
                c.table(plays.frame, column_config=table_columns.ACTIONS, column_order=table_columns.ACTIONS)
            c.method(explain.actions.account_actions.recommend, plays.frame, account)
            actions.shelf(page, c, account)

        with cell(page, "What would the model say if …?", "What if") as c:
            fields = cache.result(explain.counterfactual.accounts.fields, data, settings, account)
            values = counterfactual.sliders(page, fields, account)
            moved = cache.result(explain.counterfactual.accounts.suppose, data, settings, account, values)
            c.answer(moved.sentence())
            for warning in moved.warnings:
                st.warning(escaped(warning), icon=":material/warning:")
            with st.expander("The nearest real cases"):
                c.table(moved.frame, column_config=table_columns.CASES)
            c.method(explain.counterfactual.accounts.suppose, moved.frame, account, values)

notebook.offer(page)
