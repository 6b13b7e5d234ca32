"""The controls of a scenario: sliders bound to the link, exact numbers, further levers, presets."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.contracts.errors import QuarterdeckError
from core.scenarios import files, presets
from core.scenarios.analysis.whatif import Ground
from core.scenarios.levers import FIRST, LEVERS, Lever, LeverSetting, Scenario
from pages.ui.kit.escaping import escaped

YOURS = "Your scenario"
MORE = tuple(name for name in LEVERS if (name not in FIRST and not name.startswith("deal_")) or name == "deal_size")
MORE = tuple(name for name in MORE if name not in FIRST)
SHOCK = "shared_shock"
ANSWER = "answer"
TINY = 1e-9


def choices(ground: Ground) -> None:
    """Draw what the sliders apply to, and the scenarios to start from."""
    _open_link(ground)
    for notice in st.session_state.pop("link_notices", []):
        st.warning(escaped(notice), icon=":material/link_off:")
    first, second, third = st.columns([2, 5, 1], vertical_alignment="bottom")
    first.selectbox(
        "Applies to", ground.base.scopes, format_func=_scope, key="scope", bind="query-params", persist_state="session"
    )
    second.pills("Start from", list(presets.fitting(ground.base)), key="preset", on_change=_take_preset, wrap=True)
    third.button("Reset", on_click=fill, args=(Scenario(),), width="stretch")


def sliders(ground: Ground) -> None:
    """Draw the sliders: the first few, and those of the further levers chosen."""
    typed = bool(st.session_state.get("typed"))
    for name in (*FIRST, *st.session_state.get("more", ())):
        if name == SHOCK:
            _shock(ground)
        else:
            _control(ground, LEVERS[name], typed)
            if name in MORE:
                _rest(ground, LEVERS[name])


def further(ground: Ground) -> None:
    """Let further levers be chosen, numbers be typed, and levers be kept for one part of the company.

    Drawn before the sliders, which must know what a link asks for.
    """
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.multiselect(
        "More levers",
        _further(ground),
        format_func=_label,
        key="more",
        bind="query-params",
        persist_state="session",
        placeholder="Discount, slips, hires, lead mix, market shock …",
    )
    with right, st.container(horizontal=True, vertical_alignment="center"):
        st.toggle("Type exact numbers", key="typed", persist_state="session")
        _layer(st.session_state.get("scope", "all"))


def current(ground: Ground) -> Scenario:
    """Return the scenario of the controls as they stand."""
    state = st.session_state
    scope = state.get("scope", "all")
    settings = [_setting(ground, LEVERS[name], scope) for name in (*FIRST, *state.get("more", ())) if name != SHOCK]
    shock = state.get("shock") if SHOCK in state.get("more", ()) else None
    rho = None if shock is None else round(shock / 100, 4)
    set_levers = tuple(s for s in settings if s is not None and s.value)
    return Scenario(YOURS, (*set_levers, *state.get("also", ())), rho)


def _setting(ground: Ground, lever: Lever, scope: str) -> LeverSetting | None:
    state = st.session_state
    value = float(state.get(lever.name, 0.0) or 0.0)
    detail = state.get(f"{lever.name}_detail", "") if lever.detail else ""
    if not value or (lever.detail and not detail):
        return None
    reach = scope if scope == "all" or scope.partition(":")[0] in lever.scopes else "all"
    at = (state.get(f"{lever.name}_at") or "") if lever.is_dated else ""
    extra = state.get(f"{lever.name}_extra") if lever.extra else None
    size = round(value / 100, 6) if lever.is_relative else value
    return LeverSetting(lever.name, size, reach, at, detail or "", None if extra is None else float(extra))


def fill(plan: Scenario) -> None:
    """Set the controls to a scenario's; what they cannot hold is kept beside them, so nothing is lost."""
    state = st.session_state
    scopes = [s.scope for s in plan.levers if s.lever in FIRST or s.lever in MORE]
    scope = max(dict.fromkeys(scopes), key=scopes.count) if scopes else "all"
    fits = [s for s in plan.levers if _fits(s, plan, scope)]
    for name in (*FIRST, *MORE):
        mine = [s for s in fits if s.lever == name]
        value = prod(1 + s.value for s in mine) - 1 if LEVERS[name].unit == "percent" else sum(s.value for s in mine)
        state[name] = round(value * 100, 4) if LEVERS[name].is_relative else float(value)
        for s in mine:
            for part, stored in (("at", s.at), ("detail", s.detail), ("extra", s.extra)):
                if stored not in {None, ""}:
                    state[f"{name}_{part}"] = stored
    more_levers = list(dict.fromkeys(s.lever for s in fits if s.lever in MORE))
    if plan.correlation is not None:
        more_levers.append(SHOCK)
        state["shock"] = plan.correlation * 100
    state["more"], state["scope"] = more_levers, scope
    _keep(tuple(s for s in plan.levers if s not in fits))
    if not plan.levers:
        state["preset"] = None


def _fits(s: LeverSetting, plan: Scenario, scope: str) -> bool:
    """Say whether a slider can hold a setting."""
    lever = LEVERS[s.lever]
    alone = sum(o.lever == s.lever for o in plan.levers) == 1
    inside = lever.low - TINY <= s.value <= lever.high + TINY
    has_slider = s.lever in FIRST or s.lever in MORE
    reach = scope if scope == "all" or scope.partition(":")[0] in lever.scopes else "all"
    return alone and inside and has_slider and s.scope == reach


def keep_and_start_anew(scope: str) -> None:
    """Put the levers as they stand beside the controls, so that others can be moved for another part."""
    ground: Ground = st.session_state["ground_now"]
    plan = current(ground)
    fill(Scenario())
    st.session_state["scope"] = scope
    _keep(plan.levers)


def _keep(settings: tuple[LeverSetting, ...]) -> None:
    st.session_state["also"] = settings
    link = files.to_link(settings)
    if link:
        st.query_params["also"] = link
    elif "also" in st.query_params:
        del st.query_params["also"]


def add(setting: LeverSetting) -> None:
    """Add a setting beside the controls."""
    beside = st.session_state.get("also", ())
    _keep((*(s for s in beside if (s.lever, s.scope) != (setting.lever, setting.scope)), setting))


def add_deal(deal: str, what: str, weeks: float) -> None:
    """Take a named deal as won, lost or moved, in place of what was said of it before."""
    scope = f"deal:{deal}"
    beside = tuple(s for s in st.session_state.get("also", ()) if s.scope != scope)
    value = weeks if what == "moved" else 1.0
    _keep((*beside, LeverSetting(f"deal_{what}", value, scope)) if value else beside)


def _drop(index: int) -> None:
    beside = st.session_state.get("also", ())
    _keep((*beside[:index], *beside[index + 1 :]))


def _layer(scope: str) -> None:
    """Show the settings kept beside the controls, each with a button to drop it."""
    beside = st.session_state.get("also", ())
    for index, setting in enumerate(beside):
        st.button(
            escaped(setting.words()),
            key=f"also-{index}",
            on_click=_drop,
            args=(index,),
            icon=":material/close:",
            help="Take this out again",
        )
    st.button(
        "Keep these and move others",
        on_click=keep_and_start_anew,
        args=(scope,),
        icon=":material/add:",
        help="For a lever moved in two parts of the company: keeps what is set and empties the sliders.",
    )


def _take_preset() -> None:
    chosen = presets.load().get(st.session_state.get("preset") or "")
    fill(chosen or Scenario())


def _further(ground: Ground) -> list[str]:
    offered = [n for n in MORE if n != "gap_closed" or ground.base.unblocked]
    offered = [n for n in offered if n != "lead_mix" or ground.base.sources]
    offered = [n for n in offered if LEVERS[n].kind != "association" or ground.base.rescore is not None]
    return [*offered, SHOCK]


def _label(name: str) -> str:
    return "How far deals share one fate" if name == SHOCK else LEVERS[name].label


def _control(ground: Ground, lever: Lever, typed: bool) -> None:
    """Draw one slider, its seen range below it, and where wanted a field for the exact number."""
    scale = 100 if lever.is_relative else 1
    low, high = float(lever.low * scale), float(lever.high * scale)
    form = {"percent": "%+.4g %%", "points": "%+.4g points", "share": "%.4g %%"}.get(lever.unit, "%+.4g")
    st.slider(
        lever.label,
        low,
        high,
        0.0,
        1.0,
        format=form,
        key=lever.name,
        help=_help(lever),
        bind="query-params",
        persist_state="session",
        on_change=moved,
    )
    if typed:
        field = f"{lever.name}_typed"
        st.session_state[field] = float(st.session_state.get(lever.name, 0.0))
        st.number_input(
            f"{lever.label}, exactly",
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
    kind = {"association": " An association in past deals, no promise of an effect.", "assumption": " An assumption."}
    return lever.rule + kind.get(lever.kind, "")


def band(ground: Ground, lever: Lever) -> str:
    """Return the seen range as a band on the slider's scale."""
    seen_range = ground.seen.range(lever.name)
    if seen_range is None:
        return '<div style="font-size:.72rem;opacity:.6;margin-top:-1.1rem">no past of its own</div>'
    width = lever.high - lever.low
    left, right = (min(max((v - lever.low) / width * 100, 0), 100) for v in seen_range)
    words = f"seen {lever.shown(seen_range[0])} to {lever.shown(seen_range[1])}"
    return (
        '<div style="margin-top:-1.15rem"><div style="height:4px;border-radius:2px;background:rgba(141,153,163,.18)">'
        f'<div style="height:4px;border-radius:2px;background:#16948d;opacity:.55;margin-left:{left:.1f}%;'
        f'width:{max(right - left, 1):.1f}%"></div></div>'
        f'<div style="font-size:.72rem;opacity:.65">{words}</div></div>'
    )


def _rest(ground: Ground, lever: Lever) -> None:
    """Draw what a further lever needs besides its size."""
    parts = [bool(lever.detail), lever.is_dated, bool(lever.extra)]
    if not any(parts):
        return
    places = iter(st.columns(sum(parts)))
    keep: dict[str, Any] = {"persist_state": "session", "bind": "query-params"}
    if lever.detail:
        options = ground.base.sources if lever.detail == "source" else sorted(ground.base.unblocked)
        next(places).selectbox(lever.detail.capitalize(), options, key=f"{lever.name}_detail", **keep)
    if lever.is_dated:
        months = [m.strftime("%Y-%m") for m in ground.base.months if m >= ground.base.as_of.replace(day=1)]
        next(places).selectbox("From", months, key=f"{lever.name}_at", **keep)
    if lever.extra:
        next(places).number_input(
            lever.extra.capitalize(), 0.0, 100.0, lever.extra_default, 0.5, key=f"{lever.name}_extra", **keep
        )


def _shock(ground: Ground) -> None:
    """Let the correlation between deals be set by hand."""
    st.slider(
        "How far deals share one fate",
        0.0,
        50.0,
        round(ground.base.correlation.quarter * 100, 1),
        0.5,
        format="%.1f %%",
        key="shock",
        help=ground.base.correlation.sentence(),
        bind="query-params",
        persist_state="session",
        on_change=moved,
    )


def _open_link(ground: Ground) -> None:
    """Read what the controls do not bind themselves, once a session, and tell of what cannot be read."""
    state = st.session_state
    state["ground_now"] = ground
    if state.get("scope", "all") not in ground.base.scopes:
        state["scope"] = "all"
    if "link_read" in state:
        return
    state["link_read"] = True
    notices: list[str] = state.setdefault("link_notices", [])
    try:
        state.setdefault("also", files.from_link(str(st.query_params.get("also", ""))))
    except QuarterdeckError as error:
        notices.append(str(error))


def odd_values() -> None:
    """Note what the link asks for and no control can take, before the controls drop it; once a session."""
    state = st.session_state
    if "link_checked" in state:
        return
    state["link_checked"] = True
    notices: list[str] = state.setdefault("link_notices", [])
    for name, lever in LEVERS.items():
        if name not in st.query_params:
            continue
        asked, scale = str(st.query_params[name]), 100 if lever.is_relative else 1
        if not _within(asked, lever.low * scale, lever.high * scale):
            notices.append(
                f"The link asks for {lever.label} {asked[:30]!r}, which is no number from {lever.low * scale:g} to "
                f"{lever.high * scale:g}; it was left at 0."
            )


def _within(text: str, low: float, high: float) -> bool:
    try:
        return low <= float(text) <= high
    except ValueError:
        return False


def odd_scope(scope_names: Callable[[], list[str]]) -> None:
    """Note a scope of the link that this data does not have."""
    asked = st.query_params.get("scope")
    if asked and "scope_checked" not in st.session_state and asked not in [_scope(name) for name in scope_names()]:
        notices: list[str] = st.session_state.setdefault("link_notices", [])
        notices.append(f"The link speaks of {asked[:40]!r}, which this data does not have; the whole company is shown.")
    st.session_state["scope_checked"] = True


def _scope(name: str) -> str:
    kind, _, value = name.partition(":")
    return "The whole company" if kind == "all" else f"{kind.capitalize()} {value}"
