"""Keys of the API on the Admin page: who has which, one made, one revoked."""

from __future__ import annotations

import polars as pl
import streamlit as st

from core.access import LOCAL
from core.access.directory import Directory
from core.contracts.errors import AccessError, QuarterdeckError
from core.localization import message, message_plural
from core.store.api_keys import ALL, ApiKey
from pages.ui.admin import changes
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

MADE = "api_key_made"
DAYS = {30: "30 days", 90: "90 days", 365: "A year", 0: "No end"}
COLUMNS = {
    "prefix": "Begins",
    "name": "For",
    "owner": "Whose",
    "rights": "May do",
    "state": "State",
    "made_at": st.column_config.DatetimeColumn("Made, UTC", format="D MMM YYYY, HH:mm"),
    "used_at": st.column_config.DatetimeColumn("Last used, UTC", format="D MMM YYYY, HH:mm"),
}


def show(page: Page, c: Cell, directory: Directory) -> None:
    """List the keys, and let an administrator make and revoke them."""
    whole = cache.store(page.settings.database).api_keys.list()
    keys = [key for key in whole if changes.is_theirs(page, directory, key.owner)]
    good = [key for key in keys if key.revoked_at is None]
    c.answer(
        message_plural(
            "{n} key opens the API, which is described at /api/docs.",
            "{n} keys open the API, which is described at /api/docs.",
            len(good),
        )
        if good
        else "Nobody has a key yet. The API, which is described at /api/docs, answers nobody without one."
    )
    if token := st.session_state.pop(MADE, ""):
        st.success("Copy the key now; it is not shown again.", icon=":material/key:")
        st.code(token, language=None)
    if keys:
        c.table(_frame(page, keys), column_config=COLUMNS)
    if page.may("admin:write") and not page.view.is_masked:
        _form(page, directory)
        _revocation(page, good)


def _frame(page: Page, keys: list[ApiKey]) -> pl.DataFrame:
    rows = [
        (
            f"qd_{key.prefix}",
            key.name,
            None if page.view.is_masked else key.owner,
            "all the owner may" if ALL in key.rights else ", ".join(key.rights),
            "revoked"
            if key.revoked_at
            else message("until {expires_at:%Y-%m-%d}", expires_at=key.expires_at)
            if key.expires_at
            else "no end",
            key.made_at.replace(tzinfo=None),
            key.used_at.replace(tzinfo=None) if key.used_at else None,
        )
        for key in keys
    ]
    kinds = (*[pl.String] * 5, pl.Datetime("us"), pl.Datetime("us"))
    return pl.DataFrame(rows, schema=dict(zip(COLUMNS, kinds, strict=True)), orient="row")


def _form(page: Page, directory: Directory) -> None:
    with st.expander("Make a key", icon=":material/key:"), st.form("api_key_form", border=False, clear_on_submit=True):
        name = st.text_input("What it is for", key="api_key_name", max_chars=120)
        owners = [page.identity.user, *sorted(_theirs(page, directory) - {page.identity.user})]
        if page.settings.access.sign_in == "none":
            owners = [LOCAL.user]
        owner = st.selectbox("Whose rows and rights it has", owners, key="api_key_owner")
        areas = sorted({right for role in directory.roles for right in directory.roles[role].rights if right != ALL})
        rights = st.multiselect("What it may do", areas, key="api_key_rights", placeholder="All the owner may")
        days = st.selectbox("Good for", list(DAYS), index=2, format_func=DAYS.__getitem__, key="api_key_days")
        if st.form_submit_button("Make", icon=":material/key:"):
            _make(page, directory, name, owner, rights, days)


def _theirs(page: Page, directory: Directory) -> set[str]:
    return {user for user in directory.people if changes.is_theirs(page, directory, user)}


def _make(page: Page, directory: Directory, name: str, owner: str, rights: list[str], days: int) -> None:
    try:
        if not page.may("admin:write"):
            raise AccessError("Your role makes no keys.", mend="Ask an administrator.")
        store = cache.store(page.settings.database)
        if page.settings.access.sign_in != "none":
            groups = (*store.known_people.groups(owner), *store.provisioned.groups(owner))
            directory.identify(owner, None, groups)
            if not changes.is_theirs(page, directory, owner):
                raise AccessError("That person sees more than you do.", mend="Let another administrator make the key.")
        token, _ = store.api_keys.make(name, owner, page.identity.user, rights or (ALL,), (), days)
        st.session_state[MADE] = token
        st.rerun()
    except QuarterdeckError as error:
        st.error(escaped(error), icon=":material/error:")


def _revocation(page: Page, keys: list[ApiKey]) -> None:
    if not keys:
        return
    names = {key.prefix: f"{key.name} (qd_{key.prefix})" for key in keys}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        prefix = st.selectbox("Key", list(names), format_func=names.__getitem__, key="api_key_chosen")
        st.button("Revoke", on_click=_revoke, args=(page, prefix), key="api_key_revoke", icon=":material/block:")


def _revoke(page: Page, prefix: str) -> None:
    keys = cache.store(page.settings.database).api_keys
    changes.attempt(
        page,
        lambda: keys.revoke(prefix, page.identity.user),
        message("qd_{prefix} opens nothing any more.", prefix=prefix),
    )
