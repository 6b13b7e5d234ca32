"""Saved scenarios: keep, load, delete, compare. The only page code that touches the store."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.charts import scenarios as charts
from core.contracts.errors import QuarterdeckError
from core.scenarios import comparison, files, presets
from core.scenarios.levers import Scenario
from core.scenarios.whatif import Ground
from core.store.repositories import Documents
from pages.ui import board, cached, levers
from pages.ui.cells import cell
from pages.ui.shell import Page

OWNER = "local"
NOW = charts.ROOT
SIDES = {
    "scenario": "Scenario",
    **{n: st.column_config.NumberColumn(t, format="compact") for n, t in comparison.FIGURES.items()},
    "p_target": st.column_config.NumberColumn("Chance of quota", format="percent"),
    "nrr_rate": st.column_config.NumberColumn("NRR", format="percent"),
}


@st.fragment
def shelf(page: Page, ground: Ground) -> None:
    """Offer to keep the scenario on the sliders and to take one back."""
    with cell(page, "Which scenarios do we keep?"):
        kept = cached.store(page.settings.database).scenarios
        _tell()
        left, right = st.columns(2)
        with left, st.form("save-scenario", border=False):
            name = st.text_input("Name", placeholder="Best case for the board", max_chars=120)
            if st.form_submit_button("Save", icon=":material/save:"):
                _save(kept, name, board.plan_now())
        with right:
            names = [s.name for s in kept.list(OWNER)]
            chosen = st.selectbox("Saved", names, index=None, placeholder="None chosen" if names else "None saved yet")
            load, delete = st.columns(2)
            if load.button("Load", disabled=chosen is None, width="stretch"):
                st.session_state["scenario_load"] = chosen
                st.rerun()
            delete.button("Delete", on_click=_delete, args=(kept, chosen), disabled=chosen is None, width="stretch")
        st.download_button(
            "Scenario as YAML", lambda: files.to_yaml(board.plan_now()), "scenario.yaml", icon=":material/download:"
        )


def take_over(page: Page) -> None:
    """Set the sliders to the scenario asked for; before they are drawn."""
    name = st.session_state.pop("scenario_load", None)
    if name is None:
        return
    try:
        found = cached.store(page.settings.database).scenarios.get(name, OWNER)
        levers.fill(files.from_dict(found.payload))
        _versions()[found.name] = found.version
    except QuarterdeckError as error:
        st.session_state["scenario_notice"] = str(error)


@st.fragment
def compare(page: Page, ground: Ground) -> None:
    """Set up to four scenarios side by side."""
    with cell(page, "How do they compare?") as c:
        kept = cached.store(page.settings.database).scenarios.list(OWNER)
        plan = board.plan_now()
        known = {NOW: Scenario(NOW), plan.name: plan} | {s.name: files.from_dict(s.payload) for s in kept}
        known |= {name: found for name, found in presets.load().items() if name not in known}
        names = list(known)
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        chosen = left.multiselect("Scenarios, the first as root", names, names[:2], max_selections=4, key="compared")
        mode = right.selectbox("As", list(comparison.MODES), format_func=comparison.MODES.get, key="compare_mode")
        sides = comparison.compare(ground, [replace(known[n], name=n) for n in chosen if n in known])
        c.answer(sides.sentence())
        for problem in sides.problems:
            st.warning(problem, icon=":material/warning:")
        c.table(sides.shown(mode), column_config=SIDES)
        if sides.months.height:
            c.draw(charts.side_by_side(sides.months, page.settings.currency), key="sides")
        st.button("Take in the sliders as they stand", icon=":material/refresh:", key="compare_again")


def _save(kept: Documents, name: str, plan: Scenario) -> None:
    """Save under the name; one of that name is replaced only as this session last loaded or saved it."""
    payload = files.to_dict(replace(plan, name=name.strip() or "Scenario"))
    try:
        saved = kept.save(name, OWNER, payload, _versions().get(name.strip()))
    except QuarterdeckError as error:
        st.warning(str(error), icon=":material/warning:")
        return
    _versions()[saved.name] = saved.version
    word = "Saved" if saved.version == 1 else f"Saved again, version {saved.version}"
    st.success(f"{word}: {saved.name}", icon=":material/check:")


def _delete(kept: Documents, name: str) -> None:
    kept.delete(name, OWNER)
    _versions().pop(name, None)


def _versions() -> dict[str, int]:
    """Return the versions this session has seen, by name."""
    seen: dict[str, int] = st.session_state.setdefault("scenario_versions", {})
    return seen


def _tell() -> None:
    notice = st.session_state.pop("scenario_notice", None)
    if notice:
        st.warning(notice, icon=":material/warning:")
