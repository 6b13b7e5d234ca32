"""Who is in the project with which role, and what happened in it lately."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from core.forecasts.calls import book
from core.local_times import moment
from core.localization import message
from core.metrics import counted
from core.requirements.work import project_board, project_roles
from core.store.work_tasks import ROLES
from pages.ui.kit.cells import Cell
from pages.ui.project.work_on_list import HIDDEN, Work, attempt

FEED = {
    "at": st.column_config.DatetimeColumn("When, UTC", format="D MMM, HH:mm", width="small"),
    "who": st.column_config.TextColumn("Who", width="small"),
    "what": st.column_config.TextColumn("What", width="medium"),
    "where": st.column_config.TextColumn("Where", width="small"),
}


def members(work: Work, c: Cell) -> None:
    """List the members, and let who leads set them."""
    if work.is_masked:
        c.answer(HIDDEN)
        return
    listed = [(person, role) for person, roles in work.project.members.items() for role in roles]
    c.answer(
        message(
            "{people} in the project; others only read it.",
            people=counted(len(work.project.members), "person is", "people are"),
        )
        if listed
        else "Nobody is named, so everybody works by their rights in the company."
    )
    st.caption("Roles come on top of rights in the company: nobody may do more here than those allow.")
    frame = pl.DataFrame(listed, schema={"person": pl.String, "role": pl.String}, orient="row")
    if not work.may(project_roles.PLAN):
        c.table(frame, column_config={"person": "Person", "role": "Role"})
        return
    edited = st.data_editor(
        frame.to_arrow(),
        key=f"members_{work.saved.id}_{hash(tuple(listed))}",
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "person": st.column_config.TextColumn("Signs in as, or is called", required=True, width="medium"),
            "role": st.column_config.SelectboxColumn("Role", options=list(ROLES), required=True),
        },
    )
    st.button("Save the members", on_click=_save, args=(work, edited), key="members_save", icon=":material/group:")


def _save(work: Work, edited: Any) -> None:
    wanted: dict[str, list[str]] = {}
    for row in pl.DataFrame(edited).to_dicts():
        if row["person"] and row["role"]:
            wanted.setdefault(row["person"].strip().lower(), []).append(row["role"])

    def change() -> str:
        work.who.need(project_roles.PLAN)
        saved = work.store.projects.set_members(work.saved.id, wanted, work.page.identity.user)
        return message("{members} saved.", members=counted(len(saved.members), "member"))

    attempt(change)


def activity(work: Work, c: Cell) -> None:
    """Show what happened lately, newest first."""
    if work.is_masked:
        c.answer(HIDDEN)
        return
    store = work.store
    on_rows = store.comments.below(book(work.page.data), "requirement", f"{work.saved.id}/")
    questions = store.buyer_questions.of_list(work.saved.id)
    feed = project_board.activity(store.row_changes.of_list(work.saved.id), on_rows, questions)
    if feed.is_empty():
        c.answer("Nothing has happened yet.")
        return
    last = feed.row(0, named=True)
    at = moment(last["at"], "%d %b at %H:%M", work.page.settings.time_zone)
    c.answer(
        message("Last: {who} {what}, {where}, on {at}.", who=last["who"], what=last["what"], where=last["where"], at=at)
    )
    c.table(feed, column_config=FEED, height=280)
