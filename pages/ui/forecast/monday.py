"""The quarter by manager on the page, and why the forecast moved."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.charts import deal_page
from core.forecasts import monday, quarter_walk
from core.forecasts.monday import Monday
from pages.ui.forecast import call_cache, calls, pack
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.grid import FULL
from pages.ui.kit.shell import Page

_money = st.column_config.NumberColumn
TABLE: dict[str, Any] = {
    "who": st.column_config.TextColumn("Manager", width="medium"),
    "closed_amount": _money("Closed", format="compact"),
    "commit_amount": _money("Commit", format="compact"),
    "best_case_amount": _money("Best case", format="compact"),
    "pipeline_amount": _money("Pipeline", format="compact"),
    "call_amount": _money("Manager's call", format="compact"),
    "model_amount": _money("Forecast", format="compact"),
    "quota_amount": _money("Quota", format="compact"),
    "gap_amount": _money("Short of quota", format="compact"),
    "attained_rate": st.column_config.ProgressColumn(
        "Attainment", format="percent", min_value=0, max_value=1, width=85
    ),
    "closed_change_amount": _money("Closed change", format="compact", help="Since last week", width=95),
    "commit_change_amount": _money("Commit change", format="compact", help="Since last week", width=95),
    "model_change_amount": _money("Forecast change", format="compact", help="Since last week", width=95),
}
MOVED: dict[str, Any] = {
    "opportunity_name": "Deal",
    "change_amount": _money("Change", format="localized"),
    "reason": "Why",
    "account_name": "Account",
    "owner": "Owner",
    "before_amount": _money("Last week", format="localized"),
    "after_amount": _money("Today", format="localized"),
}
MOVED_ROOM = FULL * 7 // 12 - 20  # pixels: beside the chart
EARLY: dict[str, Any] = {
    "opportunity_name": "Deal",
    "account_name": "Account",
    "owner": "Owner",
    "amount": _money("Amount", format="localized"),
    "close_on": st.column_config.DateColumn("Closed"),
    "due_on": st.column_config.DateColumn("Was due"),
}


def standing(page: Page) -> Monday:
    """Return the quarter by manager, with last week beside it."""
    table: Monday = call_cache.result(
        monday.monday,
        page.data,
        page.settings,
        calls.stamp(page),
        calls_kept=calls.said(page),
        edits=calls.reviewed(page),
    )
    return table


def by_manager(page: Page, cell: Cell) -> None:
    """Show the quarter by manager, and offer it as one page to send."""
    quarter = standing(page)
    cell.answer(quarter.sentence(), see="Manager forecasts", called="Managers' forecasts")
    if quarter.frame.is_empty():
        cell.empty("Load the sales team with its managers on the Data page.")
    else:
        cell.table(quarter.frame, column_config=TABLE, column_order=list(TABLE), height=420)
        cell.answer(quarter.pulled())
        if not quarter.early.is_empty():
            cell.table(quarter.early, column_config=EARLY, column_order=list(EARLY), height=240)
        pack.offer(page, quarter)
    given = "data, settings, bundle, calls, edits"
    cell.method(monday.monday, quarter.frame, given=given)


def moved(page: Page, cell: Cell) -> None:
    """Show what moved the number since last week, and the deals behind a bar."""
    walk = cache.result(quarter_walk.walk, page.data, page.settings)
    cell.answer(walk.sentence())
    if walk.deals.is_empty():
        cell.method(quarter_walk.walk, walk.deals)
        return
    left, right = st.columns([5, 7], gap="medium")
    with left:
        steps = {step: {"step": step} for step in walk.frame["step"].to_list()[1:-1]}
        picked = cell.pick(
            "step",
            "walk_bars",
            deal_page.moves,
            walk.frame,
            page.settings.currency,
            choices=steps,
            words="Deals behind the reason",
        )
    with right:
        rows = walk.of(picked.get("step", ""))
        cell.table(rows, MOVED_ROOM, column_config=MOVED, column_order=list(MOVED), height=340)
    cell.note(walk.check())
    cell.method(quarter_walk.walk, walk.deals)
