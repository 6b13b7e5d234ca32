"""Forecast: the number, what it is made of, revenue by month, the deals behind it."""

from contextlib import nullcontext

import streamlit as st

from core import explain, forecasts, models
from core.charts import calls as voices
from core.charts import explain as reasons
from core.charts import forecast as charts
from pages.ui.explain import compare, drivers
from pages.ui.forecast import approvals, calls, controls, monday, track_record
from pages.ui.kit import cache, cards, deal_lists, notebook, shell
from pages.ui.kit.cells import analysts, cell, folded, place_later
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import HALF, grid

APPROVAL = "Approval of forecasts"
COLUMNS = {
    "opportunity_name": "Deal",
    "amount": st.column_config.NumberColumn("Amount", format="compact"),
    "p_win": st.column_config.ProgressColumn("Win chance", format="percent", min_value=0, max_value=1),
    "expected_amount": st.column_config.NumberColumn("In the forecast", format="compact"),
    "stage": "Stage",
    "close_on": st.column_config.DateColumn("Expected close"),
    "is_amount_filled": st.column_config.CheckboxColumn("Amount estimated"),
}

page = shell.open("Forecast")
currency = page.settings.currency

with cell(page, "Quarter by manager", "Monday", span="all") as c:
    monday.by_manager(page, c)

# On a phone what waits for a decision stands near the top: all cells are one below the other there.
approval_place = place_later(page, APPROVAL, "Approval") if cards.is_phone() else None

with cell(page, "Forecast changes", "Moved", span="all") as c:
    monday.moved(page, c)

with cell(page, "Manager forecasts", "Managers") as c:
    calls.pulse(page)
    period = calls.period(page)
    team = calls.rollup(page, period)
    c.answer(team.sentence())
    c.remark(calls.remark(page))
    if team.leaders.is_empty():
        c.empty("Load the sales team with its managers on the Data page.")
    else:
        c.chart(voices.rollup, team.leaders, currency)
        calls.form(page, team)
        with st.expander("Every change, newest first"):
            c.table(calls.audit(page), column_config=track_record.AUDIT)
    c.method(forecasts.calls.rollup, team.frame, given=f"data, settings, bundle, calls, edits, {period!r}")

with (
    approval_place or nullcontext(),
    cell(page, APPROVAL, "Approval", span=None if approval_place else 1, room=HALF) as c,
):
    approvals.panel(page, c, period)

with cell(page, "Bookings forecast", "Bookings") as c:
    outlook = cache.result(models.outlook.current, page.data, page.settings)
    c.answer(outlook.sentence(st.session_state.get("forecast_window")))
    if outlook.is_known:
        st.segmented_control(
            "Window", outlook.windows, default=outlook.windows[-1], required=True, key="forecast_window"
        )
        c.chart(charts.split, outlook.frame, currency)
        c.note(outlook.standing())
        c.method(models.outlook.current, outlook.frame)
    else:
        c.empty("Load opportunities with a creation date on the Data page, or go back to the sample company.")

window = st.session_state.get("forecast_window")

with cell(page, "What drives the forecast?", "Why") as c:
    parts = cache.result(explain.deals.forecast, page.data, page.settings, window)
    c.answer(parts.sentence())
    c.chart(reasons.bridge, parts.frame, currency, parts.window)
    st.caption(escaped(parts.check()))
    c.method(explain.deals.forecast, parts.frame, window)

with cell(page, "Deals in the forecast", "Deals", span="all") as c:
    has_chances = False
    outlook = cache.result(models.outlook.current, page.data, page.settings)
    behind = outlook.behind(window)
    has_chances = outlook.is_known and not behind.frame.is_empty()
    c.answer(behind.sentence() if has_chances else outlook.sentence())
    if has_chances:
        left, right = st.columns([8, 5], gap="medium")
        with left:
            shown_as = {"column_config": COLUMNS, "column_order": list(COLUMNS), "height": 340}
            listed, shown_as = deal_lists.complete(page, behind.frame, shown_as)
            chosen = grid(listed, 690, on_select="rerun", selection_mode="single-row", key="deal_rows", **shown_as)
        with right:
            c.answer(behind.deal(chosen.selection.rows))
            deal = cache.result(explain.deals.deal, page.data, page.settings, *behind.chosen(chosen.selection.rows))
            c.chart(reasons.waterfall, deal)
            st.caption(escaped(deal.check()))
        c.method(explain.deals.deal, deal.frame, *behind.chosen(chosen.selection.rows))

with folded(page, "More on these deals: changes, groups, new deals"):
    if has_chances:
        picked = behind.chosen(chosen.selection.rows)
        with cell(page, "What changed on this deal since last week?", "This week") as c:
            since = cache.result(explain.differences.deal, page.data, page.settings, *picked)
            c.answer(since.sentence())
            c.chart(reasons.waterfall, since.parts, 9, since.ends)
            st.caption(escaped(since.check()))
            c.method(explain.differences.deal, since.frame, *picked)

        with cell(page, "Why do win chances differ between groups?", "Compare") as c:
            kind, group, other = compare.sides(page, "close")
            gap = cache.result(explain.differences.compare, page.data, page.settings, kind, group, other, "close")
            c.answer(gap.sentence())
            c.chart(reasons.waterfall, gap.parts, 9, gap.ends)
            c.method(explain.differences.compare, gap.frame, kind, group, other, "close")

    with cell(page, "What will new deals add?", "New deals", span="all") as c:
        outlook = cache.result(models.outlook.current, page.data, page.settings)
        split, days = controls.arriving(outlook, window)
        new = cache.result(models.close.pipeline_creation.arrivals, page.data, page.settings, split, days)
        c.answer(new.sentence())
        if new.frame.is_empty():
            c.empty("Load opportunities with the day they were created on the Data page.")
        else:
            if new.value:
                first, second = st.columns(2, gap="medium")
                with first:
                    c.chart(charts.arriving, new.frame, currency)
                with second:
                    c.chart(charts.win_curves, new.curves)
            c.table(new.frame, column_config=controls.ARRIVALS, column_order=list(controls.ARRIVALS))
        c.method(models.close.pipeline_creation.arrivals, new.frame, split, days)

with folded(page, "Revenue by month, week and part"):
    with cell(page, "Revenue by month", "Revenue") as c:
        revenue = cache.result(models.revenue.forecast.revenue, page.data, page.settings)
        c.answer(revenue.sentence())
        c.chart(charts.fan, revenue.frame, currency)
        c.method(models.revenue.forecast.revenue, revenue.frame)

    if not c.failed:
        with cell(page, "What drives this month?", "Month") as c:
            month = controls.month(revenue)
            month_reasons = cache.result(explain.revenue_months.month, page.data, page.settings, *month)
            c.answer(month_reasons.sentence())
            c.chart(reasons.bridge, month_reasons.frame, currency, f"{month_reasons.month:%B %Y}", 8, (1, 0))
            st.caption(escaped(month_reasons.check()))
            c.method(explain.revenue_months.month, month_reasons.frame, *month)

        with cell(page, "Revenue by week", "Weeks") as c:
            weeks = cache.result(models.revenue.weekly.weekly, page.data, page.settings)
            c.answer(weeks.sentence())
            c.chart(charts.weeks, weeks.frame, currency)
            c.method(models.revenue.weekly.weekly, weeks.frame)

        with cell(page, "Revenue by region, segment, product or team", "Parts") as c:
            by = controls.parts()
            parts = cache.result(models.revenue.revenue_by_segment.parts, page.data, page.settings, by)
            c.answer(parts.sentence())
            c.chart(charts.lines, parts.frame, currency)
            c.table(parts.table(), column_config=controls.months(parts.table()))
            c.method(models.revenue.revenue_by_segment.parts, parts.frame, by)

with folded(page, "Track record: past days, accuracy, chance of quota"):
    with cell(page, "Forecast on a past day", "Past day") as c:
        is_ready = track_record.is_ready(page)
        day = track_record.day(page) if is_ready else None
        if day is not None:
            past = track_record.on(page, day)
            c.answer(past.sentence())
            c.chart(voices.path, past.path, day, currency)
            c.chart(voices.beside, past.frame, past.actual, currency)
            if not past.deals.is_empty():
                c.answer(past.reason())
                c.chart(voices.parts, past.deals, currency)
            c.method(forecasts.accuracy.on, past.frame, given=f"data, settings, replays, calls, {day!r}")
        elif is_ready:
            c.empty("A past forecast needs a year of records before the quarter. Load a longer history.")

    if is_ready:
        with cell(page, "Forecast accuracy", "Accuracy", span="all") as c:
            by = track_record.cut()
            score = track_record.score(page, by)
            c.answer(score.sentence())
            c.remark(calls.remark(page))
            if score.value is not None:
                left, right = st.columns([4, 7], gap="medium")
                with left:
                    c.chart(voices.record, score.frame)
                with right:
                    c.table(score.frame, 715, column_config=track_record.SCORES, column_order=list(track_record.SCORES))
            c.method(forecasts.accuracy.record, score.frame, given=f"data, settings, replays, calls, {by!r}")

        with cell(page, "Record of the chance of quota", "Quota record") as c:
            chances = cache.result(forecasts.quota_record.quota_record, page.data, page.settings)
            c.answer(chances.sentence())
            if not chances.frame.is_empty():
                c.chart(reasons.reliability, chances.frame, "quota reached")
                c.table(chances.frame, column_config=track_record.CHANCES)
            c.method(forecasts.quota_record.quota_record, chances.frame)

with analysts(page):
    if has_chances:
        drivers.overall(page, "What makes deals close?", "close")
        drivers.one(page, "close")
        drivers.together(page, "close")

    with cell(page, "How accurate are these chances?", "Record") as c:
        record = cache.result(models.evaluation.record, page.data, page.settings)
        c.answer(record.sentence())
        c.stays_whole()
        if not record.frame.is_empty():
            c.chart(reasons.reliability, record.frame, "won within 90 days")
            c.method(models.evaluation.record, record.frame)

notebook.offer(page)
