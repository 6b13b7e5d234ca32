"""Assigning, snoozing and finishing actions for an account or a deal; what was decided and what followed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.explain.actions import decisions
from core.explain.actions.decisions import ACCOUNTS, Topic
from core.localization import message
from pages.ui.kit import bundles, saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

RIGHT = "review:write"
BUTTONS = {
    "assign": "Assign",
    "snooze": message("Snooze {snooze_days} days", snooze_days=decisions.SNOOZE_DAYS),
    "done": "Done",
    "drop": "Dismiss",
}
FATES = {
    "account": {"p_then": "Churn risk then", "has_left": "Churned in that time"},
    "deal": {"p_then": "Win chance then", "outcome": "Since then"},
}


def shelf(page: Page, cell: Cell, entity_id: str, topic: Topic = ACCOUNTS, first: Sequence[str] = ()) -> None:
    """Let an action be decided on, and show what was; nothing is decided under hidden names.

    Parameters
    ----------
    page : Page
    cell : Cell
    entity_id : str
    topic : Topic
    first : sequence of str
        Actions listed before the others.
    """
    if saved_content.reader(page).is_masked:
        st.caption("Show names to decide on actions.")
        return
    if not page.may(RIGHT):
        roles = ", ".join(page.identity.roles)
        st.caption(escaped(message("Your role ({roles}) can read decisions but not make them.", roles=roles)))
    else:
        _choose(page, entity_id, topic, first)
    bundle = bundles.bundle(page.data, page.settings)
    trail = saved_content.trail_about(page, topic.target)
    every = decisions.read(page.data, page.settings, bundle, trail, None, topic)
    st.caption(escaped(message("All {things}: {every}", things=f"{topic.noun}s", every=every.sentence())))
    own = decisions.read(page.data, page.settings, bundle, trail, entity_id, topic)
    if not own.frame.is_empty():
        shown = _columns(topic)
        cell.table(own.frame, column_config=shown, column_order=list(shown))


def _choose(page: Page, entity_id: str, topic: Topic, first: Sequence[str]) -> None:
    names = [p.name for p in topic.plays()]
    listed = [*(n for n in first if n in names), *(n for n in names if n not in first)]
    own = "" if topic is ACCOUNTS else f"_{entity_id}"
    with st.container(border=True):
        left, right = st.columns(2)
        action = str(left.selectbox("Action to decide on", listed, key=f"decide_action{own}"))
        who = f"decide_who{own}_{action}"
        right.text_input("Who does it", value=decisions.play(action, topic).who, max_chars=80, key=who)
        with st.container(horizontal=True):
            for kind, label in BUTTONS.items():
                what = (page, kind, entity_id, action, who, topic)
                st.button(label, key=f"decide-{kind}", on_click=_decide, args=what)


def _decide(page: Page, kind: str, entity_id: str, action: str, who: str, topic: Topic) -> None:
    """Note it for whoever stands in the field now; what was typed just before the click has no run of its own."""
    bundle = bundles.bundle(page.data, page.settings)
    detail = decisions.detail(page.data, page.settings, bundle, entity_id, st.session_state[who], topic)
    try:
        page.note(kind, decisions.target(entity_id, action, topic), detail)
    except QuarterdeckError as error:
        st.toast(escaped(error), icon=":material/warning:")
        return
    st.toast(escaped(f"{decisions.KINDS[kind]}: {action}"), icon=":material/check:")


def _columns(topic: Topic) -> dict[str, Any]:
    fates = FATES[topic.noun]
    ends: dict[str, Any] = {name: label for name, label in fates.items() if name != "p_then"}
    return {
        "action": st.column_config.TextColumn("Action", width="medium"),
        "state": "State",
        "who": "Who",
        "decided_on": st.column_config.DateColumn("On"),
        "until_on": st.column_config.DateColumn("Until"),
        "decided_by": "Decided by",
        "p_then": st.column_config.NumberColumn(fates["p_then"], format="percent"),
        "p_now": st.column_config.NumberColumn("now", format="percent"),
        **ends,
    }
