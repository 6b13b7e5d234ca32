"""The cell that answers a slider: a fragment, so that a move reruns nothing else."""

from __future__ import annotations

from threading import RLock

import streamlit as st

from core.charts import scenarios as charts
from core.contracts.errors import QuarterdeckError
from core.scenarios import files, whatif
from core.scenarios.levers import Scenario
from core.scenarios.whatif import NOUNS, Ground, WhatIf
from pages.ui import levers
from pages.ui.cells import Cell, cell
from pages.ui.shell import Page

VIEWS = ["By month", "How likely", "Table"]
SHOWN = [n for n in NOUNS if n not in {"margin_rate", "coverage_ratio"}]
PLAN = "plan_now"
# Threads that fight for the interpreter cost more than sessions that wait their turn.
TURN = RLock()


def plan_now() -> Scenario:
    """Return the scenario as it stands on the sliders."""
    plan: Scenario = st.session_state.get(PLAN, Scenario(levers.YOURS))
    return plan


def drawn(page: Page) -> Scenario:
    """Return the scenario last drawn on a page; for downloads, which run where there is no session."""
    plan: Scenario = vars(page).get(PLAN, Scenario(levers.YOURS))
    return plan


@st.fragment
def outcome(page: Page, ground: Ground) -> None:
    """Draw the levers and what they come to.

    The sliders and the answer are a fragment of their own within this one, so that a move reruns them and
    none of the other controls.
    """
    with cell(page, "What if we change course?") as c:
        levers.choices(ground)
        levers.further(ground)
        _choices(ground)
        answer(page, c, ground)
        _method(page, c, ground)


@st.fragment
def answer(page: Page, c: Cell, ground: Ground) -> None:
    """Draw the sliders, and the scenario as they stand."""
    with TURN:
        _answer(page, c, ground)


def _answer(page: Page, c: Cell, ground: Ground) -> None:
    top = st.container()
    left, right = st.columns([1, 2], gap="large")
    with left:
        levers.sliders(ground)
    plan = levers.current(ground)
    st.session_state[PLAN] = vars(page)[PLAN] = plan
    try:
        found = _found(ground, plan)
    except QuarterdeckError as error:
        top.warning(str(error), icon=":material/warning:")
        return
    _call(page, c, found)
    with top:
        c.answer(found.sentence())
        for warning in found.warnings():
            st.caption(f":material/warning: {warning}")
    with right:
        _tiles(found)
        _view(c, found)
        _waterfall(c, found)


def _found(ground: Ground, plan: Scenario) -> WhatIf:
    state, names = st.session_state, ground.base.quarters
    quarter = state.get("quarter")
    window = names.index(quarter) if quarter in names else 0
    return whatif.work_out(ground, plan, state.get("measure") or SHOWN[0], window)


def _call(page: Page, c: Cell, found: WhatIf) -> str:
    """Note the call behind the cell for the notebook, and return its arguments."""
    given = f"data, settings, scenarios.files.from_dict({files.to_dict(found.plan)!r}), "
    given += f"{found.measure!r}, {found.window}"
    page.calls[:] = [(asked, call) for asked, call in page.calls if asked != c.question]
    page.calls.append((c.question, f"scenarios.whatif.what_if({given})"))
    return given


def _choices(ground: Ground) -> None:
    first, second, third = st.columns([1, 1, 2], vertical_alignment="bottom")
    first.selectbox(
        "Shown", SHOWN, key="measure", format_func=lambda n: NOUNS[n].capitalize(), bind="query-params",
        persist_state="session",
    )  # fmt: skip
    second.selectbox("Quarter", ground.base.quarters, key="quarter", bind="query-params", persist_state="session")
    with third, st.container(horizontal=True):
        view = st.segmented_control(
            "View", VIEWS, default=VIEWS[0], required=True, key="view", label_visibility="collapsed"
        )
        if view == VIEWS[-1]:
            st.segmented_control(
                "By", ["segment", "region"], default="segment", required=True, key="table_by",
                label_visibility="collapsed",
            )  # fmt: skip


def _tiles(found: WhatIf) -> None:
    """Show four figures, each with its change."""
    now, then, unit = found.before, found.after, found.ground.base.currency
    rows = [
        ("Quarter", then.spread.mean, now.spread.mean),
        ("Five quarters", then.total(), now.total()),
        ("MRR at the end", then.total("mrr_amount"), now.total("mrr_amount")),
    ]
    with st.container(horizontal=True):
        for name, after, before in rows:
            change = f"{(after - before) / 1e6:+,.2f} M" if abs(after - before) >= 1 else None
            st.metric(name, f"{after / 1e6:,.1f} M", change, help=f"In {unit}")
        hit, was = then.spread.p_target, now.spread.p_target
        gap = None if hit is None or was is None or abs(hit - was) < 5e-3 else f"{(hit - was) * 100:+.0f} points"
        words = "–" if hit is None else whatif.share(hit).replace("over ", "> ").replace("under ", "< ")
        st.metric("Chance of quota", words, gap)


def _view(c: Cell, found: WhatIf) -> None:
    unit = found.ground.base.currency
    view = st.session_state.get("view") or VIEWS[0]
    if view == "By month":
        c.draw(charts.months(found.frame, unit, found.noun, found.is_rate), key="months")
        st.caption(
            "Grey: as things stand. Amber: the scenario, with its 80 % range. Ticks: a third of the quarter's quota. "
            "Levers are arithmetic on your own past; none is claimed to move another."
        )
    elif view == "How likely":
        c.draw(charts.outcomes(found.outcomes, unit, found.after.spread.target), key="outcomes")
        st.caption(found.tail())
    elif found.is_rate:
        c.empty("Ratios do not add up over parts; choose a measure in money.")
    else:
        c.table(found.table(st.session_state.get("table_by") or "segment"), height=320)


def _waterfall(c: Cell, found: WhatIf) -> None:
    """Draw which lever makes the difference."""
    if not found.plan.moved:
        return
    c.answer(found.part_sentence())
    if not found.shown_parts.is_empty():
        c.draw(charts.difference(found.shown_parts, found.ground.base.currency, found.is_rate), key="difference")
        st.caption(found.check())


def _method(page: Page, c: Cell, ground: Ground) -> None:
    """Open the number; what is inside is drawn only while it is open."""
    plan = plan_now()
    try:
        found = _found(ground, plan)
    except QuarterdeckError:
        return
    c.method(whatif.what_if, found.frame, given=_call(page, c, found))
