"""A person's alerts, and the form that makes one."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import streamlit as st

from core.alerts import desk
from core.alerts.alert_rule import ABOVE, AUDIENCES, BELOW, KINDS, LIST, ME, Kind, Rule
from core.alerts.watched_measures import MEASURES
from core.localization import message
from core.metrics import counted
from core.scope import narrowing
from pages.ui.alerts import told_list
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

COLUMNS = {
    "name": st.column_config.TextColumn("Alert", width="medium"),
    "what": st.column_config.TextColumn("Tells when", width="large"),
    "part": st.column_config.TextColumn("Of", width="medium"),
    "who": st.column_config.TextColumn("Who is told", width="small"),
    "ways": st.column_config.TextColumn("By", width="small"),
    "state": st.column_config.TextColumn("State", width="small"),
}
SIDES = {ABOVE: "rises above", BELOW: "falls below"}
UNITS = {"rate": "%", "days": "days", "count": "number"}
KIND, NAME, MEASURE, SIDE, LIMIT, DAYS = (
    f"alert_{word}" for word in ("kind", "name", "measure", "side", "limit", "days")
)
WHO, PEOPLE, WAYS, HOURS, NEXT = (f"alert_{word}" for word in ("who", "people", "ways", "hours", "next"))


def show(page: Page, c: Cell) -> None:
    """List the alerts and let the person make, stop and delete one."""
    store = cache.store(page.settings.database)
    rules = desk.rules(store, page.identity.user)
    ways = {way.id: way.name for way in desk.ways(store, page.identity.user, page.may("admin:write"))}
    n_on = sum(rule.is_on for rule in rules)
    c.answer(
        message(
            "You have {alerts}, {n_on:,} of them on. They are looked at every five minutes.",
            alerts=counted(len(rules), "alert"),
            n_on=n_on,
        )
        if rules
        else "You have no alert yet."
    )
    if rules:
        rows = [_row(page, rule, ways) for rule in rules]
        c.table(pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row"), column_config=COLUMNS)
        _change(page, rules)
    with st.expander("Make an alert", icon=":material/add_alert:", expanded=not rules):
        _form(page, ways)


def _row(page: Page, rule: Rule, ways: dict[int, str]) -> tuple[str, ...]:
    from core.scope import Scope

    part = narrowing.sentence(page.visible or page.data, page.settings, Scope.from_address(rule.scope))
    who = AUDIENCES[rule.audience] if rule.audience != LIST else counted(len(rule.people), "person", "people")
    used = ", ".join(ways[number] for number in rule.ways if number in ways) or "this page"
    return rule.name, rule.sentence(), part, who, used, "on" if rule.is_on else "stopped"


def _change(page: Page, rules: list[Rule]) -> None:
    by_id = {rule.id: rule for rule in rules}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox("One of your alerts", list(by_id), format_func=lambda n: by_id[n].name, key="alert_rule")
        rule = by_id[number]
        word, icon = ("Stop", ":material/pause:") if rule.is_on else ("Start", ":material/play_arrow:")
        st.button(word, on_click=_switch, args=(page, rule), key="alert_switch", icon=icon)
        st.button("Delete", on_click=_delete, args=(page, rule), key="alert_delete", icon=":material/delete:")


def _switch(page: Page, rule: Rule) -> None:
    store = cache.store(page.settings.database)
    turned = replace(rule, is_on=not rule.is_on)
    words = message("{name} is on.", name=rule.name) if turned.is_on else message("{name} is stopped.", name=rule.name)
    told_list.attempt(lambda: desk.save_rule(store, turned, page.may("admin:write")), words)


def _delete(page: Page, rule: Rule) -> None:
    store = cache.store(page.settings.database)
    told_list.attempt(
        lambda: desk.delete_rule(store, page.identity.user, rule.id), message("{name} is deleted.", name=rule.name)
    )


def _form(page: Page, ways: dict[int, str]) -> None:
    kinds = {name: kind for name, kind in KINDS.items() if not kind.right or page.may(kind.right)}
    left, right = st.columns(2)
    chosen = left.selectbox("Tell me when", list(kinds), format_func=lambda name: kinds[name].title, key=KIND)
    right.text_input("Name of the alert", key=NAME, max_chars=120, placeholder=kinds[chosen].title)
    _limits(page, chosen, kinds[chosen])
    left, right = st.columns(2)
    audience = left.selectbox("Who is told", list(AUDIENCES), format_func=AUDIENCES.__getitem__, key=WHO)
    if audience == LIST:
        left.text_input("Their mail addresses, with commas between", key=PEOPLE)
    right.multiselect("By", list(ways), format_func=ways.__getitem__, key=WAYS, placeholder="This page alone")
    left, right = st.columns(2)
    hours = left.number_input("Pass on after so many hours without an answer, 0 for never", 0, 720, 0, key=HOURS)
    if hours:
        right.text_input("Pass on to, mail addresses with commas between", key=NEXT)
    part = narrowing.sentence(page.visible or page.data, page.settings, page.scope)
    st.caption(escaped(message("It speaks of: {part}. Choose another part in the bar above first.", part=part)))
    st.button("Make the alert", on_click=_make, args=(page, chosen), key="alert_make", icon=":material/add_alert:")


def _limits(page: Page, chosen: str, kind: Kind) -> None:
    columns = iter(st.columns(3))
    unit = page.settings.currency
    if chosen in ("threshold", "change"):
        figures = {name: entry for name, entry in MEASURES.items() if page.may(entry.right)}
        figure = next(columns).selectbox(
            "Figure", list(figures), format_func=lambda name: figures[name].title, key=MEASURE
        )
        unit = UNITS.get(figures[figure].unit, unit)
    if chosen == "threshold":
        next(columns).selectbox("When it", list(SIDES), format_func=SIDES.__getitem__, key=SIDE)
    if kind.limit:
        label = kind.limit if "%" in kind.limit else f"{kind.limit}, {unit}"
        next(columns).number_input(label, min_value=0.0, value=kind.usual_limit, key=f"{LIMIT}_{chosen}")
    if kind.days:
        next(columns).number_input(kind.days, 1, 92, kind.usual_days, key=f"{DAYS}_{chosen}")


def _make(page: Page, chosen: str) -> None:
    state, kind = st.session_state, KINDS[chosen]
    rule = Rule(
        page.identity.user,
        str(state.get(NAME) or "").strip() or kind.title,
        chosen,
        str(state.get(MEASURE) or "") if chosen in ("threshold", "change") else "",
        str(state.get(SIDE) or ABOVE),
        float(state.get(f"{LIMIT}_{chosen}", 0.0)),
        int(state.get(f"{DAYS}_{chosen}", kind.usual_days)),
        page.scope.address,
        str(state.get(WHO) or ME),
        _people(PEOPLE) if state.get(WHO) == LIST else (),
        tuple(state.get(WAYS) or ()),
        int(state.get(HOURS) or 0),
        _people(NEXT) if state.get(HOURS) else (),
    )
    store = cache.store(page.settings.database)
    words = message(
        "{name} is made. The next look notes what is there; from then on you are told what is new.", name=rule.name
    )
    told_list.attempt(lambda: desk.save_rule(store, rule, page.may("admin:write")), words)


def _people(key: str) -> tuple[str, ...]:
    words = str(st.session_state.get(key) or "").split(",")
    return tuple(dict.fromkeys(word.strip().lower() for word in words if word.strip()))
