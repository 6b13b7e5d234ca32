"""The audit log on the Admin page: filtered by person, action and time, and as a file."""

from __future__ import annotations

from datetime import date

import streamlit as st

from core.access import rights
from pages.ui.kit import downloads, saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.shell import Page

COLUMNS = {
    "at": st.column_config.DatetimeColumn("When (UTC)", format="D MMM YYYY, HH:mm:ss"),
    "user": "Who",
    "action": "Did",
    "target": st.column_config.TextColumn("To what", width="medium"),
    "detail": st.column_config.TextColumn("Detail", width="large"),
}
MOST = 1_000


def show(page: Page, cell: Cell) -> None:
    """Show the newest rows that fit the filters, and offer all of them as a file."""
    users, actions = saved_content.trail_words(page)
    with st.container(horizontal=True):
        user = st.selectbox("Who", users, index=None, key="audit_user", disabled=page.view.is_masked)
        action = st.selectbox("Did what", actions, index=None, key="audit_action")
        word = st.text_input("To what, or detail, contains", key="audit_word", disabled=page.view.is_masked)
        days = st.date_input("Days", (), key="audit_days", format="YYYY-MM-DD")
    begin, end = _days(days)
    asked = {"user": user or "", "action": action or "", "word": word.strip(), "begin": begin, "end": end}
    listed = rights.done(saved_content.audit_log(page, MOST, **asked), page.settings.time_zone)
    cell.answer(listed.sentence())
    if listed.frame.is_empty():
        cell.empty("Nothing fits. Saving, signing in, downloading and being turned away are logged here.")
        return
    cell.table(listed.frame, column_config=COLUMNS, height=360)

    downloads.button(
        st,
        "Audit log as CSV",
        lambda: str(saved_content.audit_log(page, None, **asked).write_csv()),
        "audit-log.csv",
        icon=":material/download:",
    )


def _days(chosen: tuple[date, ...] | date | None) -> tuple[date | None, date | None]:
    days = chosen if isinstance(chosen, tuple) else (chosen,)
    return (days[0], days[-1]) if days else (None, None)
