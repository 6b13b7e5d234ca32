"""What the pages are cut to: chosen in the bar, kept from page to page, written into the address, saved as views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.access import Identity
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.scope import DIMENSIONS, Scope, applied, fiscal_period, narrowing, rows_shown
from core.scope.definition import PARAMETERS, PERIODS
from core.scope.own_scopes import person_of, presets
from core.sources import currency_views
from core.store.repositories import Saved
from pages.ui.kit import cache, currency_switch, scope_reach
from pages.ui.kit.escaping import escaped

SCOPE, WRITTEN, PERSON, PREFERENCE = "page_scope", "scope_written", "i_am", "scope"
ALL = ""
EVERYTHING = {"region": "All regions", "team": "All teams", "rep": "Everybody", "pipeline": "All pipelines"}


@dataclass(frozen=True)
class Chosen:
    """The scope in force on a page.

    Attributes
    ----------
    scope : Scope
        What the page's rows are cut to, and the period; the whole company where the page cannot be cut.
    data : Dataset
        What it leaves of the data.
    asked : Scope
        As it was chosen.
    problem : str
        What went wrong with it.
    reported : str
        The currency the page shows in place of another one chosen; empty where it follows it.
    """

    scope: Scope
    data: Dataset
    asked: Scope
    problem: str = ""
    reported: str = ""


def applied_to(data: Dataset, settings: Settings, who: Identity, title: str) -> Chosen:
    """Return the part of the data this session looks at; a scope the data do not have is told and left.

    Parameters
    ----------
    data : Dataset
        The rows this person may see.
    settings : Settings
    who : Identity
    title : str
        Of the page; one that cannot be cut shows all the person may see.
    """
    _arrive(settings, who)
    scope: Scope = st.session_state[SCOPE]
    reported = currency_switch.not_followed(data, settings, title)
    if scope_reach.why_whole(title, st.query_params):
        _write(scope)
        return Chosen(Scope(), data, scope, reported=reported)
    try:
        part = data if scope.is_whole else cache.result(applied, data, settings, replace(scope, currency=""))
    except QuarterdeckError as error:
        st.session_state[SCOPE] = Scope()
        return Chosen(Scope(), data, Scope(), str(error), reported)
    _write(scope)
    return Chosen(scope, part, scope, reported=reported)


def _arrive(settings: Settings, who: Identity) -> None:
    """Take the scope of the address over where it is a new one; else that of the session, else the person's own."""
    given = {name: st.query_params[name] for name in PARAMETERS if name in st.query_params}
    if given and given != st.session_state.get(WRITTEN):
        try:
            _enforce(Scope.from_address(given))
        except QuarterdeckError:
            st.session_state.setdefault(SCOPE, Scope())
        st.session_state[WRITTEN] = given
    elif SCOPE not in st.session_state:
        _enforce(_own(settings, who))


def _enforce(scope: Scope) -> None:
    st.session_state[SCOPE] = scope
    if scope.currency:
        st.session_state[currency_switch.CURRENCY] = scope.currency


def _write(scope: Scope) -> None:
    """Write the scope into the address, so that a link opens the same view."""
    currency = st.session_state.get(currency_switch.CURRENCY) or ""
    parameters = replace(scope, currency=scope.currency and currency).parameters
    now = {name: st.query_params[name] for name in PARAMETERS if name in st.query_params}
    if now != parameters:
        for name in set(now) - set(parameters):
            st.query_params.pop(name, None)
        for name, value in parameters.items():
            st.query_params[name] = value
    st.session_state[WRITTEN] = parameters


def offer(slot: Any, whole: Dataset, chosen: Chosen, settings: Settings, who: Identity, title: str) -> None:
    """Draw what the page is cut to at the right of its title, and a line where it cannot; lists open on a click.

    Parameters
    ----------
    slot : container
        The bar's.
    whole : Dataset
        The rows the person may see.
    chosen : Chosen
    settings : Settings
    who : Identity
    title : str
    """
    asked = chosen.asked
    words = narrowing.sentence(whole, settings, replace(asked, currency=""))
    label = message("{label} · {words}", label=fiscal_period.label(asked, whole.as_of, settings), words=words)
    with slot:
        popover = st.popover(escaped(label), icon=":material/tune:", key="scope_open", on_change="rerun")
        if popover.open:
            with popover:
                _presets(whole, asked, settings, who)
                _lists(whole, asked, settings)
                _views(asked, settings, who)
    if remark := scope_reach.line(title, asked, st.query_params, chosen.reported):
        st.caption(escaped(remark))
    if chosen.problem:
        st.warning(
            escaped(
                message("{problem} {heading} is shown.", problem=chosen.problem, heading=rows_shown.heading(whole))
            ),
            icon=":material/filter_alt_off:",
        )


def person(data: Dataset, settings: Settings, who: Identity) -> str:
    """Return the id of the person of the sales team who looks: whoever signed in, else whom "I am …" names."""
    signed_in = person_of(data, settings, who)
    if signed_in or settings.access.sign_in != "none":
        return signed_in
    rep = st.session_state.get(PERSON) or ""
    return rep if rep in narrowing.choices(data, settings)["rep"] else ""


def ask_person(data: Dataset, settings: Settings) -> None:
    """Let the person be chosen in the sidebar while nobody signs in."""
    people = narrowing.choices(data, settings)["rep"]
    if settings.access.sign_in != "none" or not people:
        return
    if st.session_state.get(PERSON) not in people:
        st.session_state[PERSON] = ALL
    st.selectbox(
        message("I am …"),
        [ALL, *people],
        key=PERSON,
        persist_state="session",
        format_func=lambda rep: people.get(rep, "Nobody in particular"),
        help="For “My deals”, “My team” and My day, while nobody signs in.",
    )


def _presets(data: Dataset, scope: Scope, settings: Settings, who: Identity) -> None:
    offered = presets(data, settings, person(data, settings, who), scope)
    with st.container(horizontal=True):
        for name, preset in offered.items():
            st.button(name, key=f"scope_{name}", on_click=_enforce, args=(preset,), disabled=preset == scope)
        st.button(rows_shown.heading(data), key="scope_reset", on_click=_reset, disabled=scope == Scope())


def _reset() -> None:
    _enforce(Scope())


def _lists(data: Dataset, scope: Scope, settings: Settings) -> None:
    values = narrowing.choices(data, settings)
    with st.grid("auto", min_column_width=150, gap="xsmall"):
        _select("period", "Period", {name: name.capitalize() for name in PERIODS}, scope.period, settings, data)
        for name, label in DIMENSIONS.items():
            if values[name]:
                listed = {ALL: EVERYTHING.get(name, "All"), **values[name]}
                _select(name, label, listed, getattr(scope, name), settings, data)
        currencies = currency_views.choices(data, settings).currencies
        if currencies:
            shown = {
                ALL: message("{currencies}, as reported", currencies=currencies[0]),
                **{code: code for code in currencies[1:]},
            }
            _select("currency", "Currency", shown, scope.currency, settings, data)
    if scope.period == "custom":
        st.date_input("From, to", (scope.begin, scope.end), key="scope_days", on_change=_days)


def _select(name: str, label: str, values: Mapping[str, str], now: str, settings: Settings, data: Dataset) -> None:
    key = f"scope_{name}"
    options = list(values)
    st.session_state[key] = now if now in options else options[0]
    begun = fiscal_period.days(Scope(), data.as_of, settings)
    st.selectbox(
        label,
        options,
        key=key,
        format_func=lambda value: values.get(value, value),
        on_change=_picked,
        args=(name, begun.begin.isoformat(), begun.last.isoformat()),
    )


def _picked(name: str, begin: str, end: str) -> None:
    """Take a choice of one list over into the scope; a custom period begins with the running quarter's days."""
    scope: Scope = st.session_state[SCOPE]
    values = {**_values(scope), name: st.session_state[f"scope_{name}"] or ""}
    if name == "period":
        values |= {"begin": begin, "end": end}
    if name == "currency":
        st.session_state[currency_switch.CURRENCY] = values[name] or None
    st.session_state[SCOPE] = Scope.of(values)


def _days() -> None:
    picked = st.session_state["scope_days"]
    ends = picked if isinstance(picked, tuple) else (picked,)
    if len(ends) > 1:
        st.session_state[SCOPE] = Scope.of({**_values(st.session_state[SCOPE]), "begin": ends[0], "end": ends[-1]})


def _values(scope: Scope) -> dict[str, Any]:
    return dict(scope.normal)


def _views(scope: Scope, settings: Settings, who: Identity) -> None:
    """Offer the saved views, and to save this one or make it the one pages open with."""
    saved = cache.store(settings.database).scope_views.list(who.user)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if saved:
            names = {entry.name: entry for entry in saved}
            st.selectbox("My views", list(names), index=None, key="scope_view", on_change=_open_view, args=(names,))
        st.text_input("Save this view as", key="scope_name", max_chars=120)
        st.button("Save", key="scope_save", on_click=_save_view, args=(scope, settings, who))
        st.button("Open with this", key="scope_default", on_click=_prefer, args=(scope, settings, who))
    if problem := st.session_state.pop("scope_problem", ""):
        st.warning(escaped(problem))


def _open_view(saved: Mapping[str, Saved]) -> None:
    name = st.session_state.get("scope_view")
    if name in saved:
        _enforce(Scope.from_address(str(saved[name].payload.get("address", ""))))


def _save_view(scope: Scope, settings: Settings, who: Identity) -> None:
    views = cache.store(settings.database).scope_views
    name = str(st.session_state.get("scope_name") or "")
    version = next((entry.version for entry in views.list(who.user) if entry.name == name.strip()), None)
    try:
        views.save(name, who.user, {"address": scope.address}, version)
    except QuarterdeckError as error:
        st.session_state["scope_problem"] = str(error)


def _prefer(scope: Scope, settings: Settings, who: Identity) -> None:
    preferences = cache.store(settings.database).preferences
    version = next((entry.version for entry in preferences.list(who.user) if entry.name == PREFERENCE), None)
    preferences.save(PREFERENCE, who.user, {"address": scope.address}, version)


def _own(settings: Settings, who: Identity) -> Scope:
    """Return the scope a person's pages open with; the whole company where none was chosen."""
    try:
        saved = cache.store(settings.database).preferences.list(who.user)
        return next((Scope.from_address(s.payload["address"]) for s in saved if s.name == PREFERENCE), Scope())
    except QuarterdeckError:
        return Scope()
