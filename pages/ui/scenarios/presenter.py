"""Presenter mode: large type, no sidebar, and a guided tour of five steps."""

from __future__ import annotations

import streamlit as st

from core.scenarios.levers import LeverSetting, Scenario
from pages.ui.scenarios.form import PRESENT, ScenarioForm

LARGE = """<style>
[data-testid="stSidebar"],[data-testid="stSidebarCollapsedControl"],[data-testid="stExpandSidebarButton"]{display:none}
html{font-size:20px}[data-testid="stMarkdown"] p{font-size:1.15rem}
</style>"""
STEPS: list[tuple[str, str, Scenario]] = [
    (
        "Where we stand",
        "No lever is moved. One sentence gives the quarter, its range and the chance of quota.",
        Scenario(),
    ),
    (
        "Close better",
        "Win rate up by a tenth. The amber line rises above the grey one; the waterfall shows why.",
        Scenario("Tour", (LeverSetting("win_rate", 0.1),)),
    ),
    (
        "And sell at a discount",
        "Three points more discount, each bringing 1 % more wins: is the trade worth it?",
        Scenario("Tour", (LeverSetting("win_rate", 0.1), LeverSetting("discount", 0.03, extra=1.0))),
    ),
    (
        "The bad year",
        "A wave of churn. Look at recurring revenue, and at the warning: outside our past range.",
        Scenario("Tour", (LeverSetting("churn", 0.5),)),
    ),
    (
        "What would it take?",
        "Go to the question of that name: each lever alone, how it compares with our past, and the easiest mix.",
        Scenario(),
    ),
]


def bar(form: ScenarioForm) -> None:
    """Draw the switch, and while it is on the tour."""
    on = st.toggle(
        "Presenter mode",
        key=PRESENT,
        bind="query-params",
        persist_state="session",
        on_change=_switch,
        args=(form,),
        help="Large type, no sidebar, and a tour of five steps. Your own levers come back after it.",
    )
    if not on:
        return
    st.html(LARGE)
    step = min(max(form.step, 0), len(STEPS) - 1)
    title, text, _ = STEPS[step]
    with st.container(border=True):
        st.markdown(f"**{step + 1} of {len(STEPS)} · {title}**  \n{text}")
        back, forward, _ = st.columns([1, 1, 4])
        back.button("Back", on_click=_go, args=(form, step - 1), disabled=step == 0, width="stretch", key="tour_back")
        forward.button(
            "Next",
            on_click=_go,
            args=(form, step + 1),
            disabled=step == len(STEPS) - 1,
            type="primary",
            width="stretch",
            key="tour_next",
        )


def _switch(form: ScenarioForm) -> None:
    """Begin the tour at its first step, and put the levers back that stood before it when it ends."""
    if st.session_state[PRESENT]:
        form.start_tour(STEPS[0][2])
    else:
        form.end_tour()


def _go(form: ScenarioForm, step: int) -> None:
    form.show_step(step, STEPS[step][2])
