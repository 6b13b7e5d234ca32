"""What the company uses of its limits, on the Admin page."""

from __future__ import annotations

import streamlit as st

from core.sources import usage_report
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page
from pages.ui.server import session_room

COLUMNS = {
    "kind": "What",
    "used": st.column_config.NumberColumn("In use", format="localized"),
    "limit": st.column_config.NumberColumn("Limit", format="localized"),
    "share_rate": st.column_config.ProgressColumn("Share", format="percent", min_value=0, max_value=1),
    "state": "State",
}


def show(page: Page, c: Cell) -> None:
    """Say what is full or nearly so, with who can mend it, and show what is used of every limit."""
    store = cache.store(page.settings.database)
    standing = usage_report.standing(
        page.data, page.settings, store, session_room.n_held(page.settings.limits.sessions)
    )
    c.answer(standing.sentence())
    for warning in standing.warnings:
        st.warning(escaped(warning), icon=":material/data_usage:")
    c.table(standing.frame, column_config=COLUMNS)
    st.caption("Limits stand under `limits` in the settings file of whoever runs this installation.")
    c.method(usage_report.standing, standing.frame, given="data, settings, store")
