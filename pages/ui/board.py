"""The cell that answers a slider: a fragment, so that a move reruns nothing else."""

from __future__ import annotations

import streamlit as st

from core.charts import scenarios as charts
from core.scenarios import files, whatif
from core.scenarios.levers import Scenario
from core.scenarios.whatif import NOUNS, Ground, WhatIf
from pages.ui import levers
from pages.ui.cells import Cell, cell
from pages.ui.shell import Page

VIEWS = ["By month", "How likely", "Table"]
SHOWN = [n for n in NOUNS if n not in {"margin_rate", "coverage_ratio"}]
PLAN = "plan_now"


def plan_now() -> Scenario:
    """Return the scenario as it stands on the sliders."""
    plan: Scenario = st.session_state.get(PLAN, Scenario(levers.YOURS))
    return plan


@st.fragment
def outcome(page: Page, ground: Ground) -> None:
    """Draw the levers and what they come to."""
    with cell(page, "What if we change course?") as c:
        answer = st.container()
        left, right = st.columns([1, 2], gap="large")
        with left:
            plan = levers.panel(ground)
        st.session_state[PLAN] = plan
        with right:
            measure, window = _choices(ground)
            found = whatif.work_out(ground, plan, measure, window)
            _tiles(found)
            _view(c, found)
            _waterfall(c, found)
            _method(page, c, found)
        with answer:
            c.answer(found.sentence())
            for warning in found.warnings():
                st.caption(f":material/warning: {warning}")


def _choices(ground: Ground) -> tuple[str, int]:
    left, right = st.columns(2)
    measure = left.selectbox(
        "Shown", SHOWN, key="measure", format_func=lambda n: NOUNS[n].capitalize(), bind="query-params",
        persist_state="session",
    )  # fmt: skip
    names = list(ground.base.quarters)
    quarter = right.selectbox("Quarter", names, key="quarter", bind="query-params", persist_state="session")
    return measure, names.index(quarter)


def _tiles(found: WhatIf) -> None:
    """Show five figures, each with its change."""
    now, then, unit = found.before, found.after, found.ground.base.currency
    label = found.ground.base.quarters[found.window]
    rows = [
        (f"{label} bookings", then.spread.mean, now.spread.mean),
        ("Five quarters", then.total(), now.total()),
        ("MRR then", then.total("mrr_amount"), now.total("mrr_amount")),
    ]
    places = st.columns([1, 1, 1, 1.15])
    for place, (name, after, before) in zip(places, rows, strict=False):
        change = f"{(after - before) / 1e6:+,.2f} M" if abs(after - before) >= 1 else None
        place.metric(name, f"{after / 1e6:,.1f} M", change, help=f"In {unit}")
    hit, was = then.spread.p_target, now.spread.p_target
    gap = None if hit is None or was is None or abs(hit - was) < 5e-4 else f"{(hit - was) * 100:+.0f} points"
    places[3].metric("Chance of quota", "–" if hit is None else whatif.share(hit), gap)


def _view(c: Cell, found: WhatIf) -> None:
    unit = found.ground.base.currency
    view = st.segmented_control(
        "View", VIEWS, default=VIEWS[0], required=True, key="view", label_visibility="collapsed"
    )
    if view == "By month":
        c.draw(charts.months(found.frame, unit, found.noun, found.is_rate), key="months")
        st.caption(
            "Grey: as things stand. Amber: the scenario, with its 80 % range. Ticks: a third of the quarter's quota. "
            "Levers are arithmetic on your own past; none is claimed to move another."
        )
    elif view == "How likely":
        c.draw(charts.outcomes(found.outcomes, unit, found.after.spread.target), key="outcomes")
        st.caption(found.tail())
    else:
        _table(c, found)


def _waterfall(c: Cell, found: WhatIf) -> None:
    """Draw which lever makes the difference."""
    if not found.plan.moved:
        return
    c.answer(found.part_sentence())
    if not found.shown_parts.is_empty():
        c.draw(charts.difference(found.shown_parts, found.ground.base.currency, found.is_rate), key="difference")
        st.caption(found.check())


def _method(page: Page, c: Cell, found: WhatIf) -> None:
    """Open the number; what is inside is drawn only while it is open."""
    plan = f"scenarios.files.from_dict({files.to_dict(found.plan)!r})"
    given = f"data, settings, {plan}, {found.measure!r}, {found.window}"
    page.calls[:] = [(asked, call) for asked, call in page.calls if asked != c.question]
    c.method(whatif.what_if, found.frame, given=given, lazy="outcome_method")


def _table(c: Cell, found: WhatIf) -> None:
    if found.is_rate:
        c.empty("Ratios do not add up over parts; choose a measure in money.")
        return
    by = st.segmented_control("By", ["segment", "region"], default="segment", required=True, key="table_by")
    c.table(found.table(by), height=320)
