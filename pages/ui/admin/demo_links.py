"""Links for demos on the Admin page: whoever opens one sees no real name, and cannot show them."""

from __future__ import annotations

import streamlit as st

from core.localization import message
from pages.ui.kit import hidden_names
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

MADE = "demo_link_made"


def show(page: Page, c: Cell) -> None:
    """Say which demo links are valid, and let an administrator make or end one."""
    links = hidden_names.links(page.settings)
    number = {0: "No demo link is", 1: "One demo link is"}.get(len(links), f"{len(links)} demo links are")
    c.answer(
        message(
            "{number} valid. Whoever opens one sees invented names in that browser until the link is ended.",
            number=number,
        )
    )
    if not page.may("admin:write"):
        return
    for link in links:
        _line(page, link.name, link.payload["label"], link.payload["amounts"])
    with st.form("demo_link", border=False, clear_on_submit=True):
        left, right = st.columns(2, vertical_alignment="bottom")
        label = left.text_input("What it is for", max_chars=80, key="demo_label", placeholder="Fair in June")
        amounts = right.selectbox(
            "Amounts", list(hidden_names.WORDS), format_func=hidden_names.WORDS.get, key="demo_amounts"
        )
        if st.form_submit_button("Make a demo link", icon=":material/add_link:"):
            st.session_state[MADE] = hidden_names.new_link(page.settings, page.identity, label, amounts or "")
            st.rerun()
    if made := st.session_state.pop(MADE, ""):
        st.markdown("Put this behind the address of any page and pass it on. It is shown only now:")
        st.code(made, language=None)


def _line(page: Page, name: str, label: str, amounts: str) -> None:
    row = st.container(horizontal=True, vertical_alignment="center")
    row.markdown(escaped(f"{label}: {hidden_names.WORDS[amounts].lower()}"), width="stretch")
    row.button("End", key=f"end {name}", on_click=hidden_names.end_link, args=(page.settings, name))
