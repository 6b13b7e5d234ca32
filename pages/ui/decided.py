"""Assigning, snoozing and finishing actions for an account; what was decided and what followed."""

from __future__ import annotations

import streamlit as st

from core.explain import decisions, playbooks
from pages.ui import cached
from pages.ui.cells import Cell
from pages.ui.shell import Page

BUTTONS = {"assign": "Assign", "snooze": f"Snooze {decisions.SNOOZE_DAYS} days", "done": "Done", "drop": "Drop"}
COLUMNS = {
    "action": "Action", "state": "State", "who": "Who", "decided_on": st.column_config.DateColumn("On"),
    "until_on": st.column_config.DateColumn("Until"), "decided_by": "Decided by",
    "p_then": st.column_config.NumberColumn("Chance to leave then", format="percent"),
    "p_now": st.column_config.NumberColumn("now", format="percent"), "has_left": "Has left",
}  # fmt: skip


def shelf(page: Page, cell: Cell, account_id: str) -> None:
    """Let an action be decided on, and show what was; nothing is decided under hidden names."""
    if page.bounds[2]:
        st.caption("Show names to decide on actions.")
        return
    with st.container(border=True):
        left, right = st.columns(2)
        action = str(left.selectbox("Action to decide on", [p.name for p in playbooks.load()], key="decide_action"))
        right.text_input("Who does it", value=decisions.play(action).who, max_chars=80, key=f"decide_who_{action}")
        with st.container(horizontal=True):
            for kind, label in BUTTONS.items():
                st.button(label, key=f"decide-{kind}", on_click=_decide, args=(page, kind, account_id, action))
    trail = cached.store(page.settings.database).audit.about(decisions.TARGET)
    every = decisions.read(page.data, page.settings, trail)
    st.caption(f"Over all accounts: {every.sentence()}")
    own = decisions.read(page.data, page.settings, trail, account_id)
    if not own.frame.is_empty():
        cell.table(own.frame, column_config=COLUMNS, column_order=list(COLUMNS))


def _decide(page: Page, kind: str, account_id: str, action: str) -> None:
    """Note it for whoever stands in the field now; what was typed just before the click has no run of its own."""
    who = st.session_state[f"decide_who_{action}"]
    detail = decisions.detail(page.data, page.settings, account_id, who)
    page.note(kind, decisions.target(account_id, action), detail)
    st.toast(f"{decisions.KINDS[kind]}: {action}", icon=":material/check:")
