"""Tokens by which the company's directory provisions people and groups, on the Admin page."""

from __future__ import annotations

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.store.provisioned import GROUP, USER
from pages.ui.admin import changes
from pages.ui.kit import cache, people
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

FRESH = "fresh_scim_token"
COLUMNS = {
    "label": "Token",
    "made_by": "Made by",
    "made_at": st.column_config.DatetimeColumn("Made (UTC)", format="D MMM YYYY, HH:mm"),
    "last_used_at": st.column_config.DatetimeColumn("Last used (UTC)", format="D MMM YYYY, HH:mm"),
}


def show(page: Page, cell: Cell) -> None:
    """Say what the directory has provisioned, and let administrators make and end tokens."""
    tokens = cache.store(page.settings.database).scim_tokens.frame()
    provisioned = people.provisioned(page.settings)
    users, groups = provisioned.list(USER), provisioned.list(GROUP)
    if tokens.is_empty() and not users:
        cell.empty("Off. With a token, your directory adds and removes people and groups by SCIM 2.0.")
    else:
        n_off = sum(not user.is_active for user in users)
        state = "on" if tokens.height else "off"
        cell.answer(
            message(
                "Provisioning is {state}; people: {n_users:,}, deactivated: {n_off:,}, groups: {n_groups:,}.",
                state=state,
                n_users=len(users),
                n_off=n_off,
                n_groups=len(groups),
            )
        )
    if not page.may("admin:write") or changes.delegation(page).is_bound:
        return
    if not (tokens.is_empty() or page.view.is_masked):
        cell.table(tokens, column_config=COLUMNS)
    if token := st.session_state.pop(FRESH, ""):
        st.success(
            "Copy the token now; it is not kept. Your directory asks for it and for the address ending in /scim/v2."
        )
        st.code(token, language=None)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.text_input("Label of a new token", key="scim_label", placeholder="Such as Entra")
        st.button("Make token", key="scim_make", disabled=not label, on_click=_make, args=(page, label))
        if tokens.height:
            ended = st.selectbox("End a token", tokens["label"], index=None, key="scim_ended")
            st.button("End", key="scim_end", disabled=ended is None, on_click=_end, args=(page, ended))
    if problem := st.session_state.pop(f"{FRESH}_problem", ""):
        st.error(escaped(problem))


def _make(page: Page, label: str) -> None:
    try:
        st.session_state[FRESH] = cache.store(page.settings.database).scim_tokens.issue(label, page.identity.user)
    except QuarterdeckError as error:
        st.session_state[f"{FRESH}_problem"] = str(error)


def _end(page: Page, label: str) -> None:
    try:
        cache.store(page.settings.database).scim_tokens.end(label, page.identity.user)
    except QuarterdeckError as error:
        st.session_state[f"{FRESH}_problem"] = str(error)
