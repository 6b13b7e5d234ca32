"""Saved scenarios: keep, load, delete, compare. The only page code that touches the store."""

from __future__ import annotations

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.scenarios import files, presets
from core.scenarios.levers import Scenario
from core.store.repositories import Documents
from pages.ui import cached, levers
from pages.ui.shell import Page

OWNER = "local"
NOW = "As things stand"


def shelf(page: Page, plan: Scenario) -> None:
    """Offer to keep the scenario on screen and to take one back."""
    kept = cached.store(page.settings.database).scenarios
    _tell()
    left, right = st.columns(2)
    with left, st.form("save-scenario", border=False):
        name = st.text_input("Name", placeholder="Best case for the board", max_chars=120)
        if st.form_submit_button("Save", icon=":material/save:"):
            _save(kept, name, plan)
    with right:
        names = [s.name for s in kept.list(OWNER)]
        chosen = st.selectbox("Saved", names, index=None, placeholder="None chosen" if names else "None saved yet")
        load, delete = st.columns(2)
        load.button("Load", on_click=_load, args=(kept, chosen), disabled=chosen is None, width="stretch")
        delete.button("Delete", on_click=_delete, args=(kept, chosen), disabled=chosen is None, width="stretch")


def pair(page: Page, plan: Scenario) -> list[Scenario]:
    """Let two scenarios be chosen, from those saved, shipped, on screen, and the baseline."""
    kept = cached.store(page.settings.database).scenarios.list(OWNER)
    known = {NOW: Scenario(NOW), plan.name: plan}
    known |= {s.name: files.from_dict(s.payload) for s in kept}
    known |= {name: found for name, found in presets.load().items() if name not in known}
    left, right = st.columns(2)
    names = list(known)
    first = left.selectbox("One", names, index=0, key="compare_one")
    second = right.selectbox("Other", names, index=1, key="compare_other")
    return [known[name] for name in dict.fromkeys((first, second))]


def _save(kept: Documents, name: str, plan: Scenario) -> None:
    """Save under the name; one of that name is replaced only as this session last loaded or saved it."""
    payload = files.to_dict(Scenario(name.strip() or "Scenario", plan.levers))
    try:
        saved = kept.save(name, OWNER, payload, _versions().get(name.strip()))
    except QuarterdeckError as error:
        st.warning(str(error), icon=":material/warning:")
        return
    _versions()[saved.name] = saved.version
    word = "Saved" if saved.version == 1 else f"Saved again, version {saved.version}"
    st.success(f"{word}: {saved.name}", icon=":material/check:")


def _load(kept: Documents, name: str) -> None:
    try:
        found = kept.get(name, OWNER)
        notices = levers.fill(files.from_dict(found.payload))
        _versions()[found.name] = found.version
    except QuarterdeckError as error:
        notices = [str(error)]
    st.session_state["scenario_notice"] = " ".join(notices)


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
