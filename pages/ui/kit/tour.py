"""The tour: large type, no sidebar, and one step after the other through the pages, each with its own state.

The step and one's own levers are kept for the browser, so that a reload goes on with both, and nobody else gets the
tour with a link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.access import Identity
from core.config import Settings
from core.contracts.errors import QuarterdeckError
from core.enablement import demo_script
from core.enablement.demo_script import DemoScript, Step
from core.localization import message
from core.scenarios import form
from pages.ui.kit import browser_state, questions
from pages.ui.kit.bar import Bar
from pages.ui.kit.escaping import escaped
from pages.ui.kit.rooms import ROOMS

Room = tuple[str, str, str]
KIND, GO, LEVERS, PROBLEM = "tour", "tour_go", "tour_levers", "tour_problem"
SHOWN = ("measure", "quarter", "view", "customers_view")  # what is shown, beside the levers
SCENARIOS = "pages/scenarios.py"
HELP = "Large type, no sidebar, and one step after the other. Your own levers come back after it."
LARGE = """<style>
[data-testid="stSidebar"],[data-testid="stSidebarCollapsedControl"],[data-testid="stExpandSidebarButton"],
.st-key-bar_contents{display:none}
html{font-size:18px}[data-testid="stMarkdown"] p{font-size:1.1rem}
[data-testid="stMain"] :is(h1,h2,h3,h4){scroll-margin-top:8.4rem}
@media (max-height:600px){.st-key-bar_row{display:none}.st-key-bar{min-height:0}
.st-key-tour{padding-right:2.2rem}.qd-lit{zoom:.64}
[data-testid="stMain"] :is(h1,h2,h3,h4){scroll-margin-top:6rem}}
</style>"""
# What a step speaks of is lit; its answer and its chart come into sight together, until somebody scrolls on their own.
LIT = """<script>(() => {{ let seen = 0, tries = 0, isOwn = false;
  const SHOWS = '[data-testid="stVegaLiteChart"],[data-testid="stDataFrame"],[data-testid="stMetric"]';
  ["wheel", "touchmove", "keydown"].forEach(kind =>
    addEventListener(kind, () => {{ isOwn = true; }}, {{ once: true, passive: true }}));
  const light = heading => {{
    document.querySelectorAll(".qd-lit").forEach(cell => cell.classList.remove("qd-lit"));
    const cell = heading.closest('[data-testid="stGridCell"]');
    heading.scrollIntoView();
    if (!cell) return;
    cell.classList.add("qd-lit");
    const drawn = cell.querySelector(SHOWS), bar = document.querySelector(".st-key-bar");
    if (!drawn) return;
    const words = [...cell.querySelectorAll('[data-testid="stMarkdownContainer"] p')]
      .find(p => p.textContent.trim().length > 30) || heading;
    const beyond = drawn.getBoundingClientRect().bottom + 12 - innerHeight;
    const room = words.getBoundingClientRect().top - (bar ? bar.getBoundingClientRect().bottom : 0) - 8;
    document.querySelector('[data-testid="stMain"]').scrollTop += Math.max(0, Math.min(beyond, room));
  }};
  const timer = setInterval(() => {{
    const heading = document.getElementById("{name}");
    if (heading && !isOwn) {{ light(heading); seen += 1; }}
    if (isOwn || seen > 30 || ++tries > 150) clearInterval(timer);
  }}, 400); }})()</script>"""


def script(settings: Settings, rooms: Sequence[Room]) -> DemoScript:
    """Return the steps of the tour on pages a person may open.

    Raises
    ------
    ConfigError
        When the file of the settings is not a tour.
    """
    titles = [title for group in ROOMS.values() for _, title, _ in group]
    whole = demo_script.load(settings.demo.script, titles)
    mine = {title for _, title, _ in rooms}
    return DemoScript(whole.name, tuple(step for step in whole.steps if step.page in mine))


def offer(settings: Settings, who: Identity, rooms: Sequence[Room], page: str) -> None:
    """Offer to begin the tour, in the sidebar."""
    args = (settings, who, rooms, page)
    st.button("Start the tour", icon=":material/slideshow:", help=HELP, on_click=_start, args=args, key="tour_start")
    if problem := st.session_state.pop(PROBLEM, ""):
        st.warning(escaped(problem))


def _start(settings: Settings, who: Identity, rooms: Sequence[Room], page: str) -> None:
    try:
        steps = script(settings, rooms).steps
    except QuarterdeckError as error:
        st.session_state[PROBLEM] = str(error)
        return
    if steps:
        own = form.from_controls(st.session_state).query()
        shown = {name: st.session_state[name] for name in SHOWN if st.session_state.get(name) is not None}
        begun = {"is_on": True, "step": 0, "own": own, "shown": shown, "from": page}
        browser_state.keep(settings, who, KIND, begun)
        _set(steps[0])


def show(bar: Bar, settings: Settings, who: Identity, rooms: Sequence[Room]) -> None:
    """Draw the step that is on, in the bar of the page, and go to its page where that was asked for."""
    progress, title = browser_state.read(settings, who, KIND), bar.title
    if progress is None or not (progress.get("is_on") or st.session_state.get(GO)):
        return
    paths = {name: path for path, name, _ in rooms}
    if not progress.get("is_on"):
        st.session_state.pop(GO)
        st.switch_page(paths.get(progress["from"], SCENARIOS))
    try:
        steps = script(settings, rooms).steps
    except QuarterdeckError as error:
        st.warning(escaped(error))
        return
    if not steps:
        return
    number = min(int(progress.get("step", 0)), len(steps) - 1)
    step = steps[number]
    if st.session_state.pop(GO, False) and step.page != title:
        st.switch_page(paths[step.page])
    st.html(LARGE)
    with bar.tour_slot.container(key="tour", horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        st.markdown(
            escaped(
                message(
                    "{number} of {n_steps} · {title}: {words}",
                    number=number + 1,
                    n_steps=len(steps),
                    title=step.title,
                    words=step.words,
                )
            ),
            width="stretch",
        )
        args = (settings, who, steps, progress)
        st.button("Back", on_click=_go, args=(*args, number - 1), disabled=number == 0, key="tour_back")
        is_last = number == len(steps) - 1
        st.button("Next", on_click=_go, args=(*args, number + 1), disabled=is_last, type="primary", key="tour_next")
        st.button("Leave", on_click=_leave, args=(settings, who, progress), key="tour_leave")
    if step.see and step.page == title:
        st.html(LIT.format(name=questions.anchor(step.see)), unsafe_allow_javascript=True)


def _go(settings: Settings, who: Identity, steps: Sequence[Step], progress: Mapping[str, Any], number: int) -> None:
    browser_state.keep(settings, who, KIND, {**progress, "step": number})
    _set(steps[number])


def _leave(settings: Settings, who: Identity, progress: Mapping[str, Any]) -> None:
    """End the tour; the levers that stood before it come back, and the page it was begun on."""
    browser_state.keep(settings, who, KIND, {**progress, "is_on": False})
    st.session_state[GO], st.session_state[LEVERS] = True, progress.get("own") or {}
    for name in SHOWN:
        st.session_state.pop(name, None)
    for name, value in (progress.get("shown") or {}).items():
        st.session_state[name] = value


def _set(step: Step) -> None:
    """Set the controls of a step's page, before they are drawn."""
    st.session_state[GO] = True
    levers = {name: list(values) for name, values in step.state.items() if name in form.KEYS}
    if step.page == "Scenarios":
        st.session_state[LEVERS] = levers
    for name, values in step.state.items():
        if name not in form.KEYS:
            st.session_state[name] = values[0]
