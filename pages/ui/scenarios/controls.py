"""The controls of a scenario: sliders, exact numbers, further levers, presets. What they hold is the form's."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.localization import message, shown
from core.scenarios.analysis.whatif import Ground
from core.scenarios.form import (
    BESIDE,
    FURTHER,
    MORE,
    MOST_EXTRA,
    MOST_SHOCK,
    SCOPE,
    SHOCK,
    SHOCK_KEY,
    label,
    scope_label,
)
from core.scenarios.levers import LEVERS, Lever
from pages.ui.kit.escaping import escaped
from pages.ui.scenarios.form import PRESET, ScenarioForm

ANSWER = "answer"
KEEP: dict[str, Any] = {"persist_state": "session"}


def choices(form: ScenarioForm, everything: str) -> None:
    """Draw what the sliders apply to, all rows being called `everything`, and the scenarios to start from."""
    for notice in form.notices():
        st.warning(escaped(notice), icon=":material/link_off:")
    called = {scope: everything if scope == "all" else scope_label(scope) for scope in form.choices.scopes}.get
    st.selectbox("Applies to", form.choices.scopes, format_func=called, key=SCOPE, width=200, **KEEP)
    st.selectbox(
        "Templates",
        list(form.presets()),
        index=None,
        placeholder="Nothing moved",
        key=PRESET,
        on_change=form.take_preset,
        width=190,
    )
    st.button("Reset", on_click=form.clear)


def sliders(form: ScenarioForm) -> None:
    """Draw the sliders: the first few, and those of the further levers chosen."""
    typed = bool(st.session_state.get("typed"))
    for name in form.values.names:
        if name == SHOCK:
            _shock(form.ground)
        else:
            _control(form.ground, LEVERS[name], typed)
            if name in MORE:
                _rest(form, LEVERS[name])


def further(form: ScenarioForm) -> None:
    """Let further levers be chosen, numbers be typed, and levers be kept for one part of the company.

    Drawn before the sliders, which must know what is chosen.
    """
    with st.popover("More levers, exact numbers", icon=":material/add:", type="tertiary", key="more_levers"):
        st.multiselect(
            "More levers",
            form.choices.further,
            format_func=label,
            key=FURTHER,
            placeholder="Discount, slips, hires, lead mix, market shock …",
            **KEEP,
        )
        st.toggle("Type exact numbers", key="typed", persist_state="session")
        _layer(form)


def _layer(form: ScenarioForm) -> None:
    """Show the settings kept beside the controls, each with a button to drop it."""
    for index, setting in enumerate(form.beside):
        st.button(
            setting.words(),
            key=f"{BESIDE}-{index}",
            on_click=form.drop,
            args=(index,),
            icon=":material/close:",
            help="Take this out again",
        )
    st.button(
        "Add another segment",
        on_click=form.keep_beside,
        icon=":material/add:",
        help="To set the same lever in a second part: saves what is set and clears the sliders.",
    )


def _control(ground: Ground, lever: Lever, typed: bool) -> None:
    """Draw one slider, its seen range below it, and where wanted a field for the exact number."""
    scale = 100 if lever.is_relative else 1
    low, high = float(lever.low * scale), float(lever.high * scale)
    form = {"percent": "%+.4g %%", "points": "%+.4g points", "share": "%.4g %%"}.get(lever.unit, "%+.4g")
    st.slider(
        f"{shown(lever.label)} :small[:gray[{escaped(_seen(ground, lever))}]]",
        low,
        high,
        0.0,
        1.0,
        format=form,
        key=lever.name,
        help=_help(lever),
        on_change=moved,
        **KEEP,
    )
    if typed:
        field = f"{lever.name}_typed"
        st.session_state[field] = float(st.session_state.get(lever.name, 0.0))
        st.number_input(
            message("{label}, exactly", label=lever.label),
            low,
            high,
            step=0.1,
            key=field,
            on_change=_typed,
            args=(lever.name,),
            label_visibility="collapsed",
        )
    st.html(band(ground, lever))


def moved() -> None:
    """Draw the answer alone again; where exact numbers are typed, the sliders' fields too.

    Where the whole page runs anyhow, as for a click that came with the move, it runs whole.
    """
    run = get_script_run_ctx()
    if run is not None and run.fragment_ids_this_run and not st.session_state.get("typed"):
        st.rerun(scope=ANSWER)


def _typed(name: str) -> None:
    st.session_state[name] = float(st.session_state[f"{name}_typed"] or 0.0)


def _help(lever: Lever) -> str:
    kind = {"association": " Seen in past deals; not proof of cause.", "assumption": " An assumption."}
    return lever.rule + kind.get(lever.kind, "")


def band(ground: Ground, lever: Lever) -> str:
    """Return the seen range as a band on the slider's scale."""
    seen_range = ground.seen.range(lever.name)
    if seen_range is None:
        return '<div class="qd-track qd-under"></div>'
    width = lever.high - lever.low
    left, right = (min(max((v - lever.low) / width * 100, 0), 100) for v in seen_range)
    size = f"margin-left:{left:.1f}%;width:{max(right - left, 1):.1f}%"
    return f'<div class="qd-track qd-under"><div class="qd-seen" style="{size}"></div></div>'


def _seen(ground: Ground, lever: Lever) -> str:
    """Return the range a lever had in the past, in words."""
    seen_range = ground.seen.range(lever.name)
    if seen_range is None:
        return "no past of its own"
    return message(
        "your past range {shown} to {shown_2}", shown=lever.shown(seen_range[0]), shown_2=lever.shown(seen_range[1])
    )


def _rest(form: ScenarioForm, lever: Lever) -> None:
    """Draw what a further lever needs besides its size."""
    parts = [bool(lever.detail), lever.is_dated, bool(lever.extra)]
    if not any(parts):
        return
    columns = iter(st.columns(sum(parts)))
    if lever.detail:
        names = form.choices.details(lever)
        next(columns).selectbox(lever.detail.capitalize(), names, key=f"{lever.name}_detail", **KEEP)
    if lever.is_dated:
        next(columns).selectbox("From", form.choices.months, key=f"{lever.name}_at", **KEEP)
    if lever.extra:
        next(columns).number_input(
            lever.extra.capitalize(), 0.0, MOST_EXTRA, lever.extra_default, 0.5, key=f"{lever.name}_extra", **KEEP
        )


def _shock(ground: Ground) -> None:
    """Let the correlation between deals be set by hand."""
    st.slider(
        label(SHOCK),
        0.0,
        MOST_SHOCK,
        round(ground.base.correlation.quarter * 100, 1),
        0.5,
        format="%.1f %%",
        key=SHOCK_KEY,
        help=ground.base.correlation.sentence(),
        on_change=moved,
        **KEEP,
    )
