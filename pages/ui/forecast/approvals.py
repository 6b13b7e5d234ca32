"""Approval of managers' forecasts on a page, and reminders for those that are missing."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from core.config.calendar import quarter_start
from core.contracts.errors import QuarterdeckError
from core.forecasts import call_approval
from core.forecasts.call_approval import APPROVED, RETURNED, Standing
from core.forecasts.calls import book
from core.localization import message
from pages.ui.forecast import calls
from pages.ui.kit import notices, saved_content, scope_bar
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

NOTICE = "approval_notice"
STATES: dict[str, Any] = {
    "person_name": st.column_config.TextColumn("Manager", width=125),
    "state": st.column_config.TextColumn("State", width=85),
    "above_name": st.column_config.TextColumn("Decides", width=125),
    "comment": st.column_config.TextColumn("Comment", width=165),
}


def standing(page: Page, quarter: date | None = None) -> Standing:
    """Return how far the forecasts of a quarter are, of all the person may see, whatever the scope."""
    data = page.visible or page.data
    decided = saved_content.call_approvals(page)
    return call_approval.standing(data, page.settings, saved_content.calls(page), decided, quarter)


def panel(page: Page, cell: Cell, quarter: date | None = None) -> None:
    """Show the state of each forecast, let the person above decide, and remind of those that are missing."""
    notices.tell(NOTICE)
    now = standing(page, quarter)
    cell.answer(now.sentence())
    cell.stays_whole("Forecasts are approved for whole teams, whatever the scope.")
    if now.frame.is_empty():
        return
    cell.table(now.frame, column_config=STATES, column_order=list(STATES), height=250)
    if not page.may("review:write") or not page.may_enter_amounts():
        return
    _decide(page, now)
    _remind(page, now)


def _decide(page: Page, now: Standing) -> None:
    """Let whoever looks approve a forecast of somebody below them, or send it back with a comment."""
    data = page.visible or page.data
    me = scope_bar.person(data, page.settings, page.identity)
    waiting = now.waiting_for(me, data)
    if waiting.is_empty():
        is_open = page.settings.access.sign_in == "none"
        hint = "" if me or not is_open else " Say who you are under “I am …” in the sidebar to approve those below you."
        st.caption(escaped(message("No forecast waits for your approval.{hint}", hint=hint)))
        return
    names = dict(waiting.select("person_id", "person_name").iter_rows())
    with st.form(f"approval_{now.period}", border=False):
        who = st.selectbox("Forecast of", list(names), format_func=names.get, key=f"approval_of_{now.period}")
        note = st.text_area("Comment", max_chars=4_000, height=68, key=f"approval_note_{now.period}")
        with st.container(horizontal=True):
            is_good = st.form_submit_button("Approve", type="primary", icon=":material/check:")
            is_back = st.form_submit_button("Send back", icon=":material/undo:")
    if is_good or is_back:
        _write(page, now, str(who), me, APPROVED if is_good else RETURNED, note)


def _write(page: Page, now: Standing, who: str, me: str, state: str, note: str) -> None:
    data = page.visible or page.data
    try:
        call_approval.decide(data, calls.store(page), now, who, me, calls.author(page), state, note)
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    name = now.frame.filter(person_id=who)["person_name"][0]
    st.session_state[NOTICE] = f"{state}: {name}, {now.label}."
    st.rerun()


def _remind(page: Page, now: Standing) -> None:
    """Show which reminders wait to be sent, and queue those that are still to be queued."""
    data = page.visible or page.data
    begun = quarter_start(data.as_of, page.settings)
    if not now.to_remind or now.period < begun:
        return
    waiting = calls.store(page).call_reminders.waiting(book(data), now.period)
    is_queued = {row["manager_id"] for row in now.to_remind} <= set(waiting["manager_id"])
    row = st.container(horizontal=True, vertical_alignment="center")
    label = message("Remind {n_to_remind}", n_to_remind=len(now.to_remind))
    if row.button(label, icon=":material/notifications:", disabled=is_queued, key=f"remind_{now.period}"):
        try:
            st.session_state[NOTICE] = call_approval.queued(data, calls.store(page), now, calls.author(page))
        except QuarterdeckError as error:
            st.warning(escaped(error), icon=":material/warning:")
            return
        st.rerun()
    if waiting.height:
        names = dict(now.frame.select("person_id", "person_name").iter_rows())
        who = ", ".join(names.get(manager, manager) for manager in waiting["manager_id"].unique(maintain_order=True))
        row.caption(escaped(message("Reminders wait to be sent to {who}.", who=who)))
