"""Who is signed in, on the Admin page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import streamlit as st

from core.localization import message, message_plural
from pages.ui.kit import sign_ins
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

COLUMNS = {
    "user": "Who",
    "device": st.column_config.TextColumn("Device", width="large"),
    "address": "From",
    "signed_in_at": st.column_config.DatetimeColumn("Signed in (UTC)", format="D MMM, HH:mm"),
    "last_seen_at": st.column_config.DatetimeColumn("Last seen (UTC)", format="D MMM, HH:mm"),
}


def show(page: Page, c: Any, is_theirs: Callable[[str], bool]) -> None:
    """List who is signed in, and let an administrator end a sign-in or all of a person's.

    Parameters
    ----------
    page : Page
    c : Cell
    is_theirs : callable
        Says of a sign-in name whether the administrator may see and end its sign-ins.
    """
    own = sign_ins.opened(page.settings)
    rows = own.open(*sign_ins.limits(page.settings))
    rows = rows.filter(pl.Series([is_theirs(user) for user in rows["user"]], dtype=pl.Boolean))
    n_people = rows["user"].n_unique()
    if rows.is_empty():
        c.empty("Nobody signs in here: access.sign_in is none.")
        return
    people = "1 person is" if n_people == 1 else message("{n_people} people are", n_people=n_people)
    c.answer(
        message_plural(
            "{people} signed in, on {n} device.", "{people} signed in, on {n} devices.", rows.height, people=people
        )
    )
    if page.view.is_masked:
        return
    c.table(rows.drop("key"), column_config=COLUMNS)
    if not page.may("admin:write"):
        return
    chosen = st.selectbox("End all sign-ins of", rows["user"].unique(maintain_order=True), index=None)
    if chosen and st.button(escaped(message("Sign {chosen} out everywhere", chosen=chosen)), icon=":material/logout:"):
        n_ended = own.end_all(chosen, page.identity.user)
        text = message(
            "{n_ended} ended. Whoever is no longer to get in must also be taken off the list of users.", n_ended=n_ended
        )
        st.success(escaped(text))
