"""The plays as they are defined, and the form in which an administrator changes one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.metrics import counted
from core.metrics.deal_scope import people
from core.plays import play_board, play_definition, play_start, trigger_cases
from core.plays.play_definition import DEAL, Standing
from core.plays.play_view import Runs
from pages.ui.kit import cache, play_tasks
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

ADMIN, START = "admin:write", "review:write"
COLUMNS: dict[str, Any] = {
    "play": "Play",
    "starts_when": st.column_config.TextColumn("Starts when", width="medium"),
    "state": "State",
    "n_running": st.column_config.NumberColumn("Runs with tasks", format="localized"),
    "n_left_out": st.column_config.NumberColumn("Left out by chance", format="localized"),
    "purpose": st.column_config.TextColumn("What for", width="large"),
    "steps": st.column_config.TextColumn("Steps", width="large"),
    "changed_by": "Changed by",
}
MOST_LISTED = 200


def show(page: Page, c: Cell, runs: Runs) -> None:
    """List the plays, show one as it is written, and let it be changed and started by hand."""
    standing = play_definition.in_force(cache.store(page.settings.database))
    n_on = sum(entry.play.is_on for entry in standing)
    c.answer(
        message(
            "{plays}, {n_on:,} of them on. What is new for them is looked at every five minutes, with the alerts.",
            plays=counted(len(standing), "play"),
            n_on=n_on,
        )
    )
    for entry in standing:
        if entry.play.retired and not entry.play.is_on:
            c.answer(message("Stopped: {retired}", retired=entry.play.retired))
    frame = play_board.definitions(standing, runs)
    if page.view.is_masked:
        frame = frame.drop("changed_by")
    c.table(frame, column_config=COLUMNS, column_order=[name for name in COLUMNS if name in frame.columns])
    by_key = {entry.play.key: entry for entry in standing}
    key = st.selectbox("Play", list(by_key), format_func=lambda k: by_key[k].play.name, key="play_defined")
    _start(page, by_key[key])
    _edit(page, by_key[key])


def _start(page: Page, entry: Standing) -> None:
    """Offer to start the play for something its trigger holds for."""
    data, play = page.visible or page.data, entry.play
    may_see = play.kind == DEAL or page.may(play_tasks.ACCOUNTS_RIGHT)
    if page.data.is_masked or data.is_transient or not page.may(START) or not may_see:
        return
    with st.expander("Start it by hand", icon=":material/play_arrow:"):
        rows = trigger_cases.waiting(page.data, page.settings, play)
        begun = play_tasks.runs(page).of(play.key).runs
        rows = rows.join(begun, on=["subject_id", "occasion"], how="anti").head(MOST_LISTED)
        if rows.is_empty():
            st.caption(escaped(message("Nothing waits for it: it starts when {when}.", when=play.when())))
            return
        names = _names(page, play.kind)
        subjects = rows["subject_id"].unique(maintain_order=True).to_list()
        st.selectbox(
            message("Of {things} it waits for", things=counted(len(subjects), play.kind)),
            subjects,
            format_func=lambda subject: names.get(subject) or subject,
            key=f"play_subject_{play.key}",
        )
        st.button("Start", key=f"play_start_{play.key}", on_click=_begin, args=(page, play.key))


def _names(page: Page, kind: str) -> dict[str, str]:
    columns = ("opportunity_id", "opportunity_name") if kind == DEAL else ("account_id", "account_name")
    frame = page.data.opportunities if kind == DEAL else page.data.accounts
    return dict(frame.select(columns).iter_rows())


def _begin(page: Page, key: str) -> None:
    store, subject = cache.store(page.settings.database), str(st.session_state[f"play_subject_{key}"])
    try:
        is_new = play_start.start_by_hand(page.data, page.settings, store, key, subject, page.identity.user)
    except QuarterdeckError as error:
        st.toast(escaped(error), icon=":material/warning:")
        return
    st.toast("It is started." if is_new else "It was started before, or is left out by chance.")


def _edit(page: Page, entry: Standing) -> None:
    """Show the play as YAML; an administrator may check and save it, and put it back as it came."""
    play, text_key = entry.play, f"play_text_{entry.play.key}_{entry.version}"
    with st.expander("How it is written", icon=":material/edit_note:"):
        if not page.may(ADMIN) or page.view.is_masked:
            st.code(play.text(), language="yaml")
            return
        st.text_area("The play in YAML", play.text(), height=420, key=text_key)
        st.caption(
            "Steps fall to the owner, the manager, or a person of the sales team by id. Another key makes a new play."
        )
        with st.container(horizontal=True):
            check = st.button("Check", key=f"{text_key}_check", icon=":material/fact_check:")
            save = st.button("Save", key=f"{text_key}_save", icon=":material/save:", type="primary")
            word = "Switch off" if play.is_on else "Switch on"
            st.button(word, key=f"{text_key}_switch", on_click=_switch, args=(page, entry), icon=":material/power:")
            if entry.version:
                st.button(
                    "Put back as it came",
                    key=f"{text_key}_back",
                    on_click=_restore,
                    args=(page, play.key),
                    icon=":material/undo:",
                )
        if check or save:
            _checked(page, entry, str(st.session_state[text_key]), save)


def _checked(page: Page, entry: Standing, text: str, is_saved: bool) -> None:
    store = cache.store(page.settings.database)
    try:
        play = play_definition.parsed(text)
        play_definition.check(play, page.settings.stages.open, tuple(people(page.data.company)))
        if is_saved:
            version = entry.version if play.key == entry.play.key else 0
            play_definition.save(store, play, page.identity.user, version)
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    if is_saved:
        st.toast("The play is saved; runs that began keep their steps.", icon=":material/check:")
        st.rerun()
    n_waiting = trigger_cases.waiting(page.data, page.settings, play).height
    st.success(
        escaped(
            message(
                "It can be saved. It starts when {when}; {n_waiting:,} wait for it today.",
                when=play.when(),
                n_waiting=n_waiting,
            )
        )
    )


def _switch(page: Page, entry: Standing) -> None:
    turned = entry.play.model_copy(update={"is_on": not entry.play.is_on, "retired": ""})
    _attempt(
        lambda: play_definition.save(cache.store(page.settings.database), turned, page.identity.user, entry.version),
        (message("{name} is on.", name=turned.name) if turned.is_on else message("{name} is off.", name=turned.name)),
    )


def _restore(page: Page, key: str) -> None:
    _attempt(
        lambda: play_definition.restore(cache.store(page.settings.database), key, page.identity.user),
        "The play stands as it came.",
    )


def _attempt(change: Any, words: str) -> None:
    try:
        change()
    except QuarterdeckError as error:
        st.toast(escaped(error), icon=":material/warning:")
        return
    st.toast(escaped(words), icon=":material/check:")
