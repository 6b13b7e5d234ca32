"""Step 1: what every file and sheet is taken for, with how sure that is, changeable by list."""

from __future__ import annotations

import streamlit as st

from core.metrics import counted
from core.sources import drafting
from core.sources.draft_map import TableDraft
from core.sources.vendor_layouts import OWN
from pages.ui.data import words
from pages.ui.data.wizard_state import Wizard, changing
from pages.ui.kit.escaping import escaped

SURE = 0.75


def show(wizard: Wizard) -> None:
    """Let a person say of every table what it holds."""
    draft = wizard.draft
    used = sum(t.entity is not None for t in draft.tables)
    st.markdown(escaped(f"{counted(len(draft.tables), 'table')} found; {used} of them used."))
    with st.grid("auto", min_column_width=300, gap="small"):
        for number, table in enumerate(draft.tables):
            _table(wizard, number, table)
    for sentence in draft.unread:
        st.caption(escaped(sentence))


def _table(wizard: Wizard, number: int, table: TableDraft) -> None:
    key = wizard.key(f"table_{number}", table.entity)
    options = words.entities()
    with st.container(border=True, gap="xsmall"):
        st.selectbox(
            escaped(table.title),
            options,
            index=options.index(table.entity or words.NONE),
            format_func=words.entity_title,
            key=key,
            on_change=changing(lambda w, entity: drafting.taken_for(w.draft, number, entity or None, w.files), key),
            width="stretch",
        )
        st.caption(escaped(_about(table)))


def _about(table: TableDraft) -> str:
    rows = counted(table.n_rows, "row")
    if not table.vendor:
        return f"{rows}. Not recognised: say what it holds, or leave it out."
    system = "its column names" if table.vendor == OWN else f"a {table.vendor} export"
    sure = f"{table.confidence * 100:.0f} % sure"
    return f"{rows}. Recognised by {system}, {sure}{'' if table.confidence >= SURE else ': please check'}."
