"""The sliders of a scenario: bound to the link, reset, filled from a preset or a saved one."""

from __future__ import annotations

from math import prod

import streamlit as st

from core.scenarios import presets
from core.scenarios.baseline import Baseline
from core.scenarios.levers import LEVERS, Lever, LeverSetting, Scenario

ARITHMETIC = ("win_rate", "deal_size", "cycle", "creation")
RECURRING = ("churn", "price")
TINY = 1e-9


def panel(base: Baseline) -> Scenario:
    """Draw the controls and return the scenario they make."""
    _settle(base)
    scope = st.selectbox(
        "Applies to", base.scopes, format_func=_scope, key="scope", bind="query-params", persist_state="session"
    )
    named = presets.load()
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    left.pills("Start from", list(named), key="preset", on_change=_take_preset, selection_mode="single")
    right.button("Reset", on_click=fill, args=(Scenario(),), icon=":material/restart_alt:", width="stretch")
    values = {name: _slider(LEVERS[name], place) for name, place in _places().items()}
    moved = tuple(LeverSetting(name, value, scope) for name, value in values.items() if value)
    return Scenario("Your scenario", moved)


def fill(plan: Scenario) -> list[str]:
    """Set the sliders and the scope to a scenario's, and return what they could not take over."""
    left_out = []
    for name, lever in LEVERS.items():
        settings = [s for s in plan.levers if s.lever == name]
        value = prod(1 + s.value for s in settings) - 1 if settings else 0.0
        bounded = min(max(value, lever.low), lever.high)
        if abs(bounded - value) > TINY:
            left_out.append(f"{lever.label} {value * 100:+.0f} % lies beyond its slider and was set to its end.")
        st.session_state[name] = round(bounded * 100)
    scopes = list(dict.fromkeys(s.scope for s in plan.levers))
    if len(scopes) > 1:
        left_out.append(f"The levers of {plan.name} apply to different parts; all were set to {_scope(scopes[0])}.")
    st.session_state["scope"] = scopes[0] if scopes else "all"
    if not plan.levers:
        st.session_state["preset"] = None
    return left_out


def _take_preset() -> None:
    chosen = presets.load().get(st.session_state.get("preset") or "")
    fill(chosen or Scenario())


def _settle(base: Baseline) -> None:
    """Forget a scope that this data does not have."""
    if st.session_state.get("scope", "all") not in base.scopes:
        st.session_state["scope"] = "all"


def _places() -> dict[str, object]:
    columns = st.columns(3)
    order = (*ARITHMETIC, *RECURRING)
    return {name: columns[i % 3] for i, name in enumerate(order)}


def _slider(lever: Lever, place: object) -> float:
    low, high = round(lever.low * 100), round(lever.high * 100)
    value: int = place.slider(  # type: ignore[attr-defined]
        lever.label, low, high, 0, format="%+d %%", key=lever.name, help=lever.rule, bind="query-params",
        persist_state="session",
    )  # fmt: skip
    return value / 100


def _scope(name: str) -> str:
    kind, _, value = name.partition(":")
    return "The whole company" if kind == "all" else f"{kind.capitalize()} {value}"
