"""The controls of the pipeline review: which days, whose deals, which close dates, and the bar that was clicked."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from core.metrics import flow, scope
from pages.ui import cached
from pages.ui.cells import Cell
from pages.ui.shell import Page

OWN = "Own dates"
Asked = tuple[str, str, str, str | None, str, str]
MOVED = {
    "day": st.column_config.DateColumn("On"),
    "opportunity_id": "Deal",
    "opportunity_name": "Name",
    "account_name": "Account",
    "moved_amount": st.column_config.NumberColumn("Moved", format="localized"),
    "owner_before": "Owner before",
    "owner_after": "Owner after",
    "amount_before": st.column_config.NumberColumn("Amount before", format="localized"),
    "amount_after": st.column_config.NumberColumn("Amount after", format="localized"),
    "close_on_before": st.column_config.DateColumn("Close before"),
    "close_on_after": st.column_config.DateColumn("Close after"),
    "category_before": "Category before",
    "category_after": "Category after",
    "stage_before": "Stage before",
    "stage_after": "Stage after",
}


def asked(page: Page) -> Asked:
    """Draw the controls and return the arguments of `flow.flow` after data and settings."""
    spans = scope.periods(page.data, page.settings)
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
    period = left.selectbox("Days", [*spans, OWN], index=2, key="flow_days")
    due = middle.selectbox("Deals due", scope.DUE, index=1, format_func=str.capitalize, key="flow_due")
    level = right.selectbox("Whose deals", scope.LEVELS, format_func=_title, key="flow_level")
    since, until = spans.get(period) or _own(page)
    name, hierarchy = None, "then"
    if level != "company":
        one, other = st.columns([2, 2], vertical_alignment="bottom")
        known = cached.result(scope.names, page.data, page.settings, level)
        called = scope.people(page.data) if level == "rep" else {}
        name = one.selectbox(_title(level), known, format_func=lambda n: called.get(n, n), key=f"flow_{level}")
        if level in ("region", "team"):
            hierarchy = _hierarchy(other)
    return since, until, level, name, due, hierarchy


def bars(cell: Cell, chart: Any, found: flow.Flow) -> str:
    """Draw the waterfall and return the step whose deals are asked for, by a click or from the list."""
    steps = found.frame.filter(found.frame["n_deals"] > 0)["step"].to_list()
    st.altair_chart(
        chart, width="stretch", theme="streamlit", key="flow_bars", on_select=_clicked, selection_mode="step"
    )
    if st.session_state.get("flow_step") not in steps:
        st.session_state.pop("flow_step", None)
    return str(st.selectbox("Click a bar, or choose one, to see its deals", steps, key="flow_step"))


def _clicked() -> None:
    """Take the clicked bar over into the list beside it."""
    picked = st.session_state["flow_bars"].selection.get("step", [])
    if picked:
        st.session_state["flow_step"] = picked[0]["step"]


def _hierarchy(place: Any) -> str:
    words = {"then": "Teams of then", "now": "Teams of today"}
    return str(
        place.segmented_control(
            "Teams", list(words), default="then", required=True, format_func=words.get, key="flow_hierarchy"
        )
    )


def _own(page: Page) -> tuple[str, str]:
    day = page.data.as_of
    first = page.data.opportunity_history["valid_from"].min()
    low = first if isinstance(first, date) else day
    start = date.fromisoformat(scope.periods(page.data, page.settings)["Last 28 days"][0])
    chosen = st.date_input("From the end of, to the end of", (max(start, low), day), low, day, key="flow_own")
    ends = chosen if isinstance(chosen, tuple) else (chosen,)
    return ends[0].isoformat() if ends else day.isoformat(), ends[-1].isoformat() if len(ends) > 1 else day.isoformat()


def _title(word: str) -> str:
    return "The whole company" if word == "company" else word.capitalize()
