"""Executive: how the quarter stands."""

import streamlit as st

from core import charts, metrics, models
from pages.ui import cached, notebook, shell
from pages.ui.cells import cell, tile

page = shell.open("Executive", icon=":material/monitoring:")
data, settings = page.data, page.settings

tiles = [
    (metrics.bookings.quarter_to_date, metrics.bookings.by_month),
    (metrics.bookings.revenue, metrics.bookings.revenue_by_month),
    (metrics.recurring.mrr, metrics.recurring.mrr),
    (metrics.pipeline.open_pipeline, metrics.pipeline.open_pipeline),
    (metrics.winrate.win_rate, metrics.winrate.win_rate),
    (metrics.winrate.deal_size, metrics.winrate.deal_size),
]
for row in (tiles[:3], tiles[3:]):
    for place, (measure, trend) in zip(st.columns(3), row, strict=True):
        with place:
            tile(
                cached.result(measure, data, settings),
                settings.currency,
                cached.result(trend, data, settings),
                cached.change(measure, data, settings),
            )

with cell(page, "Will we make the quarter?") as c:
    outlook = cached.result(models.outlook.current, data, settings)
    c.answer(outlook.sentence())
    if outlook.windows:
        c.chart(charts.executive.target, outlook.frame.tail(1), settings.currency)
        st.caption(outlook.record)
    c.method(models.outlook.current, outlook.frame)

with cell(page, "How do bookings run?") as c:
    now = cached.result(metrics.bookings.quarter_to_date, data, settings)
    growth = cached.result(metrics.growth.table, data, settings)
    c.answer(f"{now.sentence()} {growth.sentence()}")
    by_month = cached.result(metrics.bookings.by_month, data, settings)
    if by_month.frame.is_empty():
        c.empty("No bookings yet: load transactions or won deals on the Data page.")
    else:
        c.chart(charts.executive.monthly, by_month.frame, settings.currency)
    c.table(
        growth.frame.select("comparison", "amount", "earlier_amount", "growth_rate"),
        column_config=charts.executive.GROWTH,
    )
    c.method(metrics.growth.table, growth.frame)

with cell(page, "Which regions carry the quarter?") as c:
    regions = cached.result(metrics.bookings.by_region_and_quarter, data, settings)
    c.answer(regions.sentence())
    if not regions.frame.is_empty():
        c.chart(charts.executive.regions, regions.frame, settings.currency)
    c.method(metrics.bookings.by_region_and_quarter, regions.frame)

with cell(page, "Who is ahead of quota?") as c:
    board = cached.result(metrics.winrate.leaderboard, data, settings)
    teams = cached.result(metrics.attainment.teams, data, settings)
    c.answer(f"{board.sentence()} {teams.sentence()}")
    people, groups = st.tabs(["People", "Teams"])
    if not board.frame.is_empty():
        with people:
            c.chart(charts.executive.leaderboard, board.frame, settings.currency)
        with groups:
            c.chart(charts.executive.teams, teams.frame, settings.currency)
    c.method(metrics.attainment.teams, teams.frame)

with cell(page, "What changed since last week?") as c:
    week = metrics.scope.periods(data, settings)["Last 7 days"]
    moved = cached.result(metrics.flow.flow, data, settings, *week)
    c.answer(moved.sentence())
    if moved.value is not None:
        c.chart(charts.pipeline.flow, moved.frame, settings.currency)
    c.method(metrics.flow.flow, moved.frame, *week)

notebook.offer(page)
