"""Step 1: what every file and sheet is taken for, with how sure that is, changeable by list."""

from __future__ import annotations

import streamlit as st

from core.localization import message
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
    st.markdown(
        escaped(message("{tables} found; {used} of them used.", tables=counted(len(draft.tables), "table"), used=used))
    )
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
        return message("{rows}. Not recognised: say what it holds, or leave it out.", rows=rows)
    system = "its column names" if table.vendor == OWN else message("a {vendor} export", vendor=table.vendor)
    sure = message("{confidence:.0f} % sure", confidence=table.confidence * 100)
    return (
        message("{rows}. Recognised by {system}, {sure}.", rows=rows, system=system, sure=sure)
        if table.confidence >= SURE
        else message("{rows}. Recognised by {system}, {sure}: please check.", rows=rows, system=system, sure=sure)
    )
