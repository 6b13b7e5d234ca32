"""Weekly review: the deals of the quarter, what the review says of them, and what that adds up to."""

import streamlit as st

from core import forecasts
from core.charts import calls as charts
from pages.ui.forecast import approvals, calls
from pages.ui.kit import bundles, cards, comments, notebook, shell
from pages.ui.kit.cells import cell
from pages.ui.review import deals_grid

COMMENTS, APPROVAL = "Comments on a deal", "Approval of forecasts"
PEOPLE = {
    "person_name": "Person",
    "closed_amount": st.column_config.NumberColumn("Closed", format="compact"),
    "deals_commit_amount": st.column_config.NumberColumn("With commit deals", format="compact"),
    "deals_best_case_amount": st.column_config.NumberColumn("With best case", format="compact"),
    "below_amount": st.column_config.NumberColumn("Team roll-up", format="compact"),
    "commit_amount": st.column_config.NumberColumn("Own forecast", format="compact"),
    "system_amount": st.column_config.NumberColumn("System", format="compact"),
    "team": "Team",
    "note": st.column_config.TextColumn("Note", width="large"),
}

page = shell.open("Weekly review")
data, settings = page.data, page.settings
calls.pulse(page)
deals_grid.arrive()
bundle, edits = bundles.bundle(data, settings), calls.reviewed(page)

if cards.is_phone():
    with cell(page, APPROVAL, "Approval") as c:
        approvals.panel(page, c)

with cell(page, "Deals to review", "Deals", span="all") as c:
    view = deals_grid.filters(page)
    deals = forecasts.weekly_review.grid(data, settings, bundle, edits, view)
    c.answer(deals.sentence())
    deals_grid.table(page, view, deals.frame)
    c.method(
        forecasts.weekly_review.grid,
        deals.frame,
        given=f"data, settings, bundle, edits, forecasts.weekly_review.View.from_dict({view.to_dict()!r})",
    )

if not deals.frame.is_empty():
    with cell(page, COMMENTS, "Comments") as c:
        comments.shelf(page, c, *deals_grid.commented(page, deals.frame))

with cell(page, "What has the review changed?", "Change") as c:
    moved = forecasts.weekly_review.moves(data, settings, bundle, edits)
    c.answer(moved.sentence())
    if moved.frame["amount"].sum():
        c.chart(charts.moves, moved.frame, settings.currency)
    c.method(forecasts.weekly_review.moves, moved.frame, given="data, settings, bundle, edits")

with cell(page, "Team forecasts", "Teams") as c:
    team = calls.rollup(page)
    c.answer(team.sentence())
    c.remark(calls.remark(page))
    if not team.leaders.is_empty():
        c.table(team.leaders.select(list(PEOPLE)), column_config=PEOPLE, height=300)
    c.method(forecasts.calls.rollup, team.frame, given="data, settings, bundle, calls, edits")

if not cards.is_phone():
    with cell(page, APPROVAL, "Approval") as c:
        approvals.panel(page, c)

notebook.offer(page)
