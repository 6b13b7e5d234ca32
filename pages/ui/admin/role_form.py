"""The form for roles: copy one, change what it may do and what it does not see."""

from __future__ import annotations

from typing import get_args

import polars as pl
import streamlit as st

from core.access import rights
from core.access.directory import FILE, ROLE, Directory, RoleRule
from core.access.field_hiding import WORDS
from core.access.identity import AREAS
from core.config.settings import HiddenField
from core.contracts.errors import ConfigError
from pages.ui.admin import changes
from pages.ui.kit.shell import Page

NONE, READ, WRITE = "–", "Read", "Write"
COPY = "Copy of {}"


def offer(page: Page, directory: Directory) -> None:
    """Let an administrator copy a role under a new name, or change one that was made here."""
    own = [name for name in directory.roles if directory.source(ROLE, name) != FILE]
    with st.expander("Add or change a role", icon=":material/edit:"):
        choices = [*own, *(COPY.format(name) for name in directory.roles)]
        chosen = st.selectbox("Start from", choices, key="role_chosen")
        is_copy = chosen not in own
        base = chosen.removeprefix(COPY.format("")) if is_copy else chosen
        with st.form(f"role_form_{chosen}", border=False):
            name = st.text_input("Name of the new role", key=f"role_name_{chosen}") if is_copy else chosen
            table = pl.DataFrame({"Area": AREAS, "May": [rights.permission(directory, base, area) for area in AREAS]})
            edited = st.data_editor(
                table,
                key=f"role_rights_{chosen}",
                hide_index=True,
                disabled=["Area"],
                column_config={"May": st.column_config.SelectboxColumn(options=[NONE, READ, WRITE], required=True)},
            )
            hidden = st.multiselect(
                "Does not see",
                list(get_args(HiddenField)),
                list(directory.hidden([base])),
                key=f"role_hidden_{chosen}",
                format_func=WORDS.get,
                help="Pages stay open, and say where an answer is made of amounts that are hidden.",
            )
            masked = st.toggle(
                "Hide names of companies and people", directory.masks([base]), key=f"role_masked_{chosen}"
            )
            is_saved = st.form_submit_button("Save", icon=":material/save:")
        if is_saved:
            _save(page, name, dict(edited.iter_rows()), tuple(hidden), masked)
        if not is_copy:
            st.button(
                "Take away",
                key="role_away",
                icon=":material/delete:",
                on_click=changes.remove,
                args=(page, ROLE, chosen),
            )


def _save(page: Page, name: str, permissions: dict[str, str], hidden: tuple[HiddenField, ...], masked: bool) -> None:
    given = tuple(f"{area}:{word.lower()}" for area, word in permissions.items() if word != NONE)
    if given:
        changes.save(page, ROLE, name, RoleRule(rights=given, hidden_fields=hidden, mask_names=masked))
    else:
        st.session_state[changes.OUTCOME] = (str(ConfigError("A role that may do nothing is of no use.")), False)
    st.rerun()
