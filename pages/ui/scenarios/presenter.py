"""Presenter mode: large type, no sidebar, and a guided tour of five steps."""

from __future__ import annotations

import streamlit as st

from core.scenarios.levers import LeverSetting, Scenario
from pages.ui.scenarios import controls

LARGE = """<style>
[data-testid="stSidebar"],[data-testid="stSidebarCollapsedControl"],[data-testid="stExpandSidebarButton"]{display:none}
html{font-size:20px}[data-testid="stMarkdown"] p{font-size:1.15rem}
</style>"""
STEPS: list[tuple[str, str, Scenario]] = [
    (
        "Where we stand",
        "Nothing is moved. One sentence gives the quarter, its range and the chance of the quota.",
        Scenario(),
    ),
    (
        "Close better",
        "Win rate up by a tenth. The amber line lifts off the grey one; the waterfall names the cause.",
        Scenario("Tour", (LeverSetting("win_rate", 0.1),)),
    ),
    (
        "And sell at a discount",
        "Three points more discount, each bringing 1 % more wins: is the trade worth it?",
        Scenario("Tour", (LeverSetting("win_rate", 0.1), LeverSetting("discount", 0.03, extra=1.0))),
    ),
    (
        "The bad year",
        "A wave of churn. Look at recurring revenue, and at the warning: further than it ever went.",
        Scenario("Tour", (LeverSetting("churn", 0.5),)),
    ),
    (
        "What would it take?",
        "Go to the question of that name: each lever alone, where it stands in our own past, and the cheapest mix.",
        Scenario(),
    ),
]


def bar() -> None:
    """Draw the switch, and while it is on the tour."""
    on = st.toggle(
        "Presenter mode",
        key="present",
        bind="query-params",
        persist_state="session",
        on_change=_switch,
        help="Large type, no sidebar, and a tour of five steps. Your own levers come back after it.",
    )
    if not on:
        return
    st.html(LARGE)
    step = min(max(int(st.session_state.get("tour_step", 0)), 0), len(STEPS) - 1)
    title, text, _ = STEPS[step]
    with st.container(border=True):
        st.markdown(f"**{step + 1} of {len(STEPS)} · {title}**  \n{text}")
        back, forward, _ = st.columns([1, 1, 4])
        back.button("Back", on_click=_go, args=(step - 1,), disabled=step == 0, width="stretch", key="tour_back")
        forward.button(
            "Next",
            on_click=_go,
            args=(step + 1,),
            disabled=step == len(STEPS) - 1,
            type="primary",
            width="stretch",
            key="tour_next",
        )


def _switch() -> None:
    """Begin the tour at its first step, and put the levers back that stood before it when it ends."""
    state = st.session_state
    if state["present"]:
        if "ground_now" in state:
            state["before_tour"] = controls.current(state["ground_now"])
        _go(0)
    elif "before_tour" in state:
        controls.fill(state.pop("before_tour"))


def _go(step: int) -> None:
    st.session_state["tour_step"] = step
    controls.fill(STEPS[step][2])
