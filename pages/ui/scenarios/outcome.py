"""The cell that answers a slider: a fragment, so that a move reruns nothing else."""

from __future__ import annotations

from html import escape
from threading import RLock
from typing import Any

import streamlit as st

from core.charts import scenarios as charts
from core.contracts.errors import QuarterdeckError
from core.localization import joined, message, message_plural
from core.localization import shown as in_words
from core.localization.messages import figure
from core.metrics.measure import compact, likely
from core.scenarios import files
from core.scenarios.analysis import whatif
from core.scenarios.analysis.whatif import NOUNS, Ground, WhatIf
from core.scenarios.levers import Scenario
from core.scope import rows_shown
from pages.ui.kit.cells import Cell, cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page
from pages.ui.scenarios import controls
from pages.ui.scenarios.form import ScenarioForm

ARRIVED = "outcome_arrived"
VIEWS = ["By month", "How likely", "Table"]
SHOWN = [n for n in NOUNS if n not in {"margin_rate", "coverage_ratio"}]
RISE, FALL = "light-dark(#0b6e6e,#4cc2b8)", "light-dark(#b5485d,#e58a9a)"
EMPTY = '<div style="font-size:.8667rem">&nbsp;</div>'
# Threads that fight for the interpreter cost more than sessions that wait their turn.
TURN = RLock()


@st.fragment
def outcome(page: Page, form: ScenarioForm) -> None:
    """Draw the levers and what they come to.

    What they come to is a fragment of its own within this one; a slider asks for it alone, so that a move
    draws neither the sliders nor the other controls again.
    """
    with cell(page, "What if?", "Levers", span=None) as c:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            controls.choices(form, rows_shown.heading(page.data))
            _choices(form.ground)
        top = st.container()
        left, right = st.columns([10, 24], gap="large")
        with left:
            # What is chosen among the further levers is known before the sliders are drawn above it.
            above = st.container(gap="xsmall")
            controls.further(form)
            with above:
                controls.sliders(form)
        with right:
            answer(c, form, top)
        _method(c, form)


@st.fragment(key=controls.ANSWER)
def answer(c: Cell, form: ScenarioForm, top: Any) -> None:
    """Draw the scenario as the sliders stand."""
    with TURN:
        plan = form.publish()
        try:
            what_if = _worked_out(form.ground, plan)
        except QuarterdeckError as error:
            top.warning(escaped(error), icon=":material/warning:")
            return
        c.noted(whatif.what_if, _arguments(what_if))
        _draw(c, what_if, top)


def _draw(c: Cell, what_if: WhatIf, top: Any) -> None:
    warnings = joined(
        *(message("\n\n:small[:material/warning: {warning}]", warning=warning) for warning in what_if.warnings()), by=""
    )
    with top:
        c.answer(what_if.sentence(), after=warnings)
    st.html(tiles(what_if))
    note = _view(c, what_if)
    _waterfall(c, what_if, note)


def _worked_out(ground: Ground, plan: Scenario) -> WhatIf:
    state, names = st.session_state, ground.base.quarters
    quarter = state.get("quarter")
    window = names.index(quarter) if quarter in names else 0
    return whatif.work_out(ground, plan, state.get("measure") or SHOWN[0], window)


def _arguments(what_if: WhatIf) -> str:
    """Write the arguments of the call behind the cell out, for the notebook."""
    plan = f"scenarios.files.from_dict({files.to_dict(what_if.plan)!r})"
    return f"data, settings, bundle, {plan}, {what_if.measure!r}, {what_if.window}"


def _choices(ground: Ground) -> None:
    _arrive(ground)
    names = {n: NOUNS[n].capitalize() for n in SHOWN}
    st.selectbox("Shown", SHOWN, key="measure", format_func=names.get, persist_state="session", width=150)
    st.selectbox("Quarter", ground.base.quarters, key="quarter", persist_state="session", width=120)
    if st.session_state.get("view") not in VIEWS:
        st.session_state["view"] = VIEWS[0]
    view = st.segmented_control("View", VIEWS, required=True, key="view", label_visibility="collapsed")
    _publish(ground)
    if view == VIEWS[-1]:
        st.segmented_control(
            "By",
            ["segment", "region"],
            default="segment",
            required=True,
            key="table_by",
            label_visibility="collapsed",
        )


def _arrive(ground: Ground) -> None:
    """Take what is shown over from the address, once a session; what the data do not have is let go of."""
    offered: dict[str, dict[str, str]] = {
        "measure": {NOUNS[n].capitalize(): n for n in SHOWN} | {n: n for n in SHOWN},
        "quarter": {name: name for name in ground.base.quarters},
        "view": {name: name for name in VIEWS},
    }
    is_first = not st.session_state.get(ARRIVED)
    st.session_state[ARRIVED] = True
    for name, values in offered.items():
        asked = values.get(st.query_params.get(name, "")) if is_first else None
        if asked is not None and name not in st.session_state:
            st.session_state[name] = asked
        elif st.session_state.get(name) not in (None, *values.values()):
            del st.session_state[name]


def _publish(ground: Ground) -> None:
    """Write what is shown to the address, where it is not what is shown first."""
    state = st.session_state
    measure, quarter, view = (state.get(name) for name in ("measure", "quarter", "view"))
    shown = {
        "measure": NOUNS[measure].capitalize() if measure and measure != SHOWN[0] else "",
        "quarter": quarter if quarter and quarter != ground.base.quarters[0] else "",
        "view": view if view and view != VIEWS[0] else "",
    }
    for name, value in shown.items():
        if not value:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def tiles(what_if: WhatIf) -> str:
    """Write four figures, each with its change, as one piece: a move sends one element and not five."""
    now, then, unit = what_if.before, what_if.after, what_if.ground.base.currency
    rows = [
        ("Quarter", then.spread.mean, now.spread.mean),
        ("Five quarters", then.total(), now.total()),
        ("MRR at the end", then.total("mrr_amount"), now.total("mrr_amount")),
    ]
    shown = [
        (f"{in_words(name)}, {unit}", compact(after), after - before if abs(after - before) >= 1 else 0.0, unit)
        for name, after, before in rows
    ]
    hit, was = then.spread.p_target, now.spread.p_target
    gap = 0.0 if hit is None or was is None or likely(hit) == likely(was) else (hit - was) * 100
    words = "–" if hit is None else likely(hit)
    shown.append((in_words("Chance of quota"), words, gap, ""))
    return f'<div style="display:flex;flex-wrap:wrap;gap:.4rem 2rem">{"".join(_tile(*row) for row in shown)}</div>'


def _tile(name: str, value: str, change: float, unit: str) -> str:
    mark, color = ("▲", RISE) if change > 0 else ("▼", FALL)
    points = max(round(abs(change)), 1)
    size = (
        figure("compact", (abs(change), 2, False), f"{abs(change) / 1e6:,.2f} M")
        if unit
        else message_plural("{n:,} point", "{n:,} points", points)
    )
    moved = f'<div style="font-size:.8667rem;color:{color}">{mark} {in_words(size)}</div>' if change else ""
    return (
        f'<div style="min-width:6.5rem"><div class="qd-label">{escape(name)}</div>'
        f'<div class="qd-figure">{escape(in_words(value))}</div>{moved or EMPTY}</div>'
    )


def _view(c: Cell, what_if: WhatIf) -> str:
    """Draw the view chosen, and return what is to be said below it."""
    unit = what_if.ground.base.currency
    view = st.session_state.get("view") or VIEWS[0]
    if not any(what_if.frame[side].sum() for side in ("before_amount", "amount", "upper")):
        c.empty("There is nothing to forecast yet. Load won deals, or contracts, on the Data page.")
        return ""
    if view == "By month":
        c.draw(charts.months(what_if.frame, unit, what_if.noun, what_if.is_rate), key="months")
        return (what_if.recurring_sentence() + " " if what_if.measure == "mrr_amount" else "") + (
            "Grey: baseline. Amber: the scenario, with its likely range (80 %). Ticks: a third of the quarter's quota. "
            "Levers are arithmetic on your own past and independent of each other."
        )
    if view == "How likely":
        c.draw(charts.outcomes(what_if.outcomes, unit, what_if.after.spread.target), key="outcomes")
        return what_if.tail()
    if what_if.is_rate:
        c.empty("Ratios do not add up over parts; choose a measure in money.")
    else:
        c.table(what_if.table(st.session_state.get("table_by") or "segment"), height=320)
    return ""


def _waterfall(c: Cell, what_if: WhatIf, note: str) -> None:
    """Say what is to be said of the view, and draw which lever makes the difference."""
    if not what_if.plan.moved:
        st.caption(escaped(note))
        return
    c.answer(
        what_if.part_sentence(),
        before=f":small[:gray[{escaped(note)}]]\n\n" if note else "",
        after=f"\n\n:small[:gray[{escaped(what_if.check())}]]",
    )
    if not what_if.shown_parts.is_empty():
        c.draw(charts.difference(what_if.shown_parts, what_if.ground.base.currency, what_if.is_rate), key="difference")


def _method(c: Cell, form: ScenarioForm) -> None:
    """Open the number; what is inside is drawn only while it is open."""
    try:
        what_if = _worked_out(form.ground, form.drawn)
    except QuarterdeckError:
        return
    c.method(whatif.what_if, what_if.frame, given=_arguments(what_if))
