"""The way back into the CRM a deal or an account came from."""

from __future__ import annotations

import streamlit as st

from core.metrics import crm_links
from pages.ui.kit import cache, session_data
from pages.ui.kit.shell import Page


def offer(page: Page, kind: str, entity_id: str) -> None:
    """Offer to open a deal or an account in the CRM, where the settings say where it is."""
    source, _ = session_data.source() or cache.in_force(cache.settings())
    link = crm_links.crm_link(page.data, page.settings, source, kind, entity_id)
    if link:
        st.link_button("Open in CRM", link, icon=":material/open_in_new:")
