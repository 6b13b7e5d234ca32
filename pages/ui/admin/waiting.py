"""People who signed in without a role, and seeing the app as somebody else does."""

from __future__ import annotations

import polars as pl
import streamlit as st

from core.access.directory import PERSON, Directory
from core.config.settings import Person
from core.localization import message
from pages.ui.admin import changes
from pages.ui.kit import people, view_as
from pages.ui.kit.cells import Cell
from pages.ui.kit.shell import Page

COLUMNS = {
    "user": "Signs in as",
    "name": "Name",
    "groups": st.column_config.TextColumn("Groups", width="large"),
    "asked_at": st.column_config.DatetimeColumn("Asked (UTC)", format="D MMM YYYY, HH:mm"),
}


def show(page: Page, cell: Cell, directory: Directory) -> None:
    """List who waits to be let in, with a way to let them in or to turn them away."""
    rows = people.known(page.settings).frame().filter(pl.col("asked_at").is_not_null())
    rows = rows.filter(~pl.col("user").is_in(list(directory.people)))
    if rows.is_empty():
        cell.empty("Nobody waits. Who signs in without a role is listed here.")
        return
    cell.answer(
        "1 person waits to be let in."
        if rows.height == 1
        else message("{height} people wait to be let in.", height=rows.height)
    )
    if page.view.is_masked:
        return
    cell.table(rows.drop("seen_at").with_columns(pl.col("groups").list.join(", ")), column_config=COLUMNS)
    if not page.may("admin:write"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        user = st.selectbox("Person", rows["user"], key="waiting_user")
        role = st.selectbox("Role", list(directory.roles), index=None, key="waiting_role")
        name = rows.filter(pl.col("user") == user)["name"][0]
        rule = changes.delegation(page).bounded(Person.model_construct(name=name, roles=(role,)))
        st.button("Let in", disabled=role is None, on_click=changes.save, args=(page, PERSON, user, rule))
        st.button("Turn away", on_click=people.known(page.settings).settle, args=(user,))


def offer_view_as(page: Page, directory: Directory) -> None:
    """Let an administrator see the app as somebody else does."""
    everybody = people.known(page.settings).frame()
    groups = dict(everybody.select("user", "groups").iter_rows())
    others = sorted(({*directory.people, *groups}) - {page.identity.user})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        user = st.selectbox(
            "View as", others, index=None, key="view_as_user", help="Read only, and noted in the audit log."
        )
        if st.button("View", disabled=user is None, icon=":material/visibility:"):
            given = people.provisioned(page.settings).groups(user)
            rule, _ = directory.rule_of(user, (*groups.get(user, ()), *given))
            if rule is not None and not changes.delegation(page).covers(rule):
                st.error("That person sees more than you do.")
                return
            view_as.start(page.settings, page.identity, user, (*groups.get(user, ()), *given))
            st.switch_page("app.py")
