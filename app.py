"""Executive: how the quarter stands."""

import streamlit as st

from core import charts, explain, metrics, models
from core.localization import joined
from pages.ui.executive import controls, trends
from pages.ui.forecast import track_record
from pages.ui.kit import cache, notebook, period, shell
from pages.ui.kit.cells import cell, place_later, tile, tile_rows
from pages.ui.kit.grid import HALF

PLACES = {
    "Will we make the quarter?": "Quarter",
    "Which regions are driving the quarter?": "Regions",
    "Products by region": "Products",
    "What changed since last week?": "This week",
    "Key figures": "Today",
}

page = shell.open("Executive")
data, measured, settings = page.data, page.measured, page.settings
currency = settings.currency

tiles = [
    (metrics.bookings.quarter_to_date, metrics.bookings.by_month, None),
    (metrics.bookings.revenue, metrics.bookings.revenue_by_month, None),
    (metrics.recurring.mrr, metrics.recurring.mrr, metrics.recurring.running),
    (metrics.pipeline.open_pipeline, metrics.pipeline.open_pipeline, metrics.pipeline.deals),
    (metrics.winrate.win_rate, metrics.winrate.win_rate, metrics.winrate.closed_deals),
    (metrics.winrate.deal_size, metrics.winrate.deal_size, metrics.winrate.won_deals),
]

with cell(page, "Key figures", "Today", span="all", by=period.END) as c:
    tiles = [tiled for tiled in tiles if page.shows(tiled[0])]
    first = metrics.recurring.mrr if page.shows(metrics.recurring.mrr) else metrics.winrate.win_rate
    leading = cache.result(first, measured, settings)
    c.answer(leading.sentence())
    shown = [(cache.result(measure, measured, settings), rows) for measure, _, rows in tiles]
    with st.grid(len(tiles), min_column_width=145, gap="xsmall", key="tiles"):
        for (measure, trend, _), (value, _) in zip(tiles, shown, strict=True):
            tile(page, value, cache.result(trend, measured, settings), cache.change(measure, measured, settings))
    st.caption("Change vs last year. Click a bar, tile or cell below to see the records behind it.")
    tile_rows(page, c, shown)
    c.method(first, leading.frame)

with cell(page, "Headlines", "News", by=period.RUNNING) as c:
    news = cache.result(explain.headlines.headlines, data, settings)
    for text, question in news.told():
        c.answer(text, see=question, called=PLACES.get(question, ""))
    if news.frame.is_empty():
        c.empty("Load transactions, deals or contracts on the Data page.")
    c.method(explain.headlines.headlines, news.frame)

with cell(page, "Will we make the quarter?", "Quarter", by=period.RUNNING) as c:
    outlook = cache.result(models.outlook.current, data, settings)
    c.answer(outlook.sentence())
    if outlook.is_known:
        picked = c.pick("part", "quarter_bar", charts.executive.target, outlook.frame.tail(1), currency)
        if record := track_record.standing(page):
            c.answer(record)
        c.note(outlook.standing())
        controls.quarter(page, outlook, picked)
    c.method(models.outlook.current, outlook.frame)

with cell(page, "Bookings to date", "Bookings", by=period.END) as c:
    now = cache.result(metrics.bookings.quarter_to_date, measured, settings)
    booked = cache.result(metrics.bookings.in_period, data, settings, *page.days) if page.days else now
    by_month = cache.result(metrics.bookings.by_month, measured, settings)
    c.answer(booked.sentence())
    if by_month.frame.is_empty():
        c.empty("No bookings yet: load transactions or won deals on the Data page.")
    else:
        picked = c.pick("month", "booked_months", charts.executive.monthly, by_month.frame, currency)
        controls.month(page, picked)
    of = controls.measure()
    growth = cache.result(metrics.growth.table, measured, settings, of)
    c.answer(growth.sentence())
    c.facts(metrics.growth.told(growth, of, currency, page.formats))
    c.method(metrics.growth.table, growth.frame, of)

ahead_place = place_later(page, "Revenue and bookings by month", "Ahead")

with cell(page, "Which regions are driving the quarter?", "Regions", span="all", by=period.END) as c:
    kind = controls.mapped()
    ahead = cache.result(metrics.regions.regions, measured, settings, kind)
    regions = cache.result(metrics.bookings.by_region_and_quarter, measured, settings)
    c.answer(joined(regions.sentence(), ahead.sentence()))
    left, right = st.columns(2, gap="medium")
    with left:
        if not ahead.frame.is_empty():
            tiles = c.pick("tile", f"map_{kind}", charts.regions.tiles, ahead.frame, kind, currency)
            controls.tile(page, kind, tiles)
    with right:
        if not regions.frame.is_empty():
            picked = c.pick("cell", "heat_quarter", charts.executive.heat, regions.frame, currency, "quarter")
            controls.lines(page, picked)
    c.method(metrics.regions.regions, ahead.frame, kind)

with cell(page, "Products by region", "Products", by=period.END) as c:
    families = cache.result(metrics.bookings.by_region_and_family, measured, settings)
    c.answer(families.sentence())
    if not families.frame.is_empty():
        picked = c.pick("cell", "heat_family", charts.executive.heat, families.frame, currency, "family")
        controls.lines(page, picked)
    c.method(metrics.bookings.by_region_and_family, families.frame)

with cell(page, "What changed since last week?", "This week", by=period.END) as c:
    week = (*metrics.deal_scope.periods(measured, settings)["Last 7 days"], "company", None, "this quarter")
    moved = cache.result(metrics.flow.flow, measured, settings, *week)
    c.answer(moved.sentence())
    if moved.value is not None:
        picked = c.pick("step", "week_flow", charts.pipeline.flow, moved.frame, currency)
        controls.step(page, picked, week)
    c.method(metrics.flow.flow, moved.frame, *week)

with cell(page, "Leaderboard", "People", by=period.END) as c:
    kind = controls.board()
    if kind == controls.TEAMS:
        teams = cache.result(metrics.attainment.teams, measured, settings)
        c.answer(teams.sentence())
        if not teams.frame.is_empty():
            picked = c.pick("team", "board_teams", charts.executive.teams, teams.frame, currency)
            controls.team(page, picked)
        c.method(metrics.attainment.teams, teams.frame)
    else:
        board = cache.result(metrics.leaderboard.board, measured, settings, kind)
        c.answer(board.sentence())
        if not board.frame.is_empty():
            chosen = c.pick("person", f"board_{kind}", charts.executive.board, board.frame, kind, board.unit, currency)
            controls.person(page, kind, chosen)
        c.method(metrics.leaderboard.board, board.frame, kind)

with cell(page, "How concentrated are we?", "Customers", by=period.END) as c:
    customers = cache.result(metrics.concentration.customers, measured, settings)
    deals = cache.result(metrics.concentration.pipeline, measured, settings)
    c.answer(joined(customers.sentence(), deals.sentence()))
    if customers.value is not None:
        picked = c.pick(
            "account", "top_accounts", charts.executive.concentration, customers.frame, "account_name", currency
        )
        controls.account(page, picked)
    c.method(metrics.concentration.customers, customers.frame)

with ahead_place, cell(page, "Revenue and bookings by month", "Ahead", span=None, room=HALF) as c:
    trends.shown(page, c)

notebook.offer(page)
