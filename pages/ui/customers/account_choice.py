"""Choosing an account: by a click on any list, by its name, or by the address (?account=...)."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.models.customers.clustering import WAYS
from pages.ui.kit.cells import Cell
from pages.ui.kit.column_layout import named, told_apart
from pages.ui.kit.shell import Page

VIEWS = ("Churn risk", "Health score check", "Retention", "Lifetime value", "Segments", "Account")
ONE = VIEWS[-1]
CHOSEN, VIEW = "account", "customers_view"
MOST_LISTED = 3_000


def view() -> str:
    """Let one of the views be chosen; an account in the address opens its own."""
    asked = st.query_params.get(CHOSEN)
    if asked and st.session_state.get("account_asked") != asked:
        st.session_state["account_asked"] = asked
        st.session_state[CHOSEN], st.session_state[VIEW] = asked, ONE
    if st.session_state.get(VIEW) is None:
        st.session_state[VIEW] = VIEWS[0]
    st.segmented_control(
        "View", VIEWS, key=VIEW, label_visibility="collapsed", on_change=_left, persist_state="session"
    )
    return str(st.session_state[VIEW] or VIEWS[0])


def _left() -> None:
    """Take the account out of the address when another view is opened."""
    if st.session_state.get(VIEW) != ONE:
        st.query_params.pop(CHOSEN, None)
        st.session_state.pop("account_asked", None)


def table(cell: Cell, frame: Any, key: str, **options: Any) -> None:
    """Show a list of accounts; a click on a row opens that account."""
    ids = frame["account_id"].to_list()
    cell.rows(named(frame, cell.page.data), key, lambda: _opened(key, ids), **options)
    st.caption("Click a row to open the account.")


def _opened(key: str, ids: list[str]) -> None:
    rows = st.session_state[key].selection.rows
    if rows and rows[0] < len(ids):
        open_account(str(ids[rows[0]]))


def open_account(account_id: str) -> None:
    """Show one account, and put it into the address."""
    st.session_state[CHOSEN], st.session_state[VIEW] = account_id, ONE
    st.session_state["account_asked"] = account_id
    st.query_params[CHOSEN] = account_id


def chosen(page: Page, names: dict[str, str]) -> str:
    """Let an account be chosen by name and return its id; the first where none was opened."""
    options = dict(list(names.items())[:MOST_LISTED])
    now = st.session_state.get(CHOSEN)
    if now not in names and (page.view.is_masked or st.query_params.get(CHOSEN) != now):
        now = None
        st.query_params.pop(CHOSEN, None)
    if now and now not in options:
        options = {str(now): names.get(str(now), str(now)), **options}
    if now is None and options:
        st.session_state[CHOSEN] = next(iter(options))
    labels = told_apart(options.items())
    picked = st.selectbox(
        "Account",
        list(options),
        key=CHOSEN,
        format_func=lambda key: labels.get(key, key),
        on_change=_picked,
        placeholder="No accounts",
    )
    return str(picked or "")


def _picked() -> None:
    if st.session_state.get(CHOSEN):
        open_account(str(st.session_state[CHOSEN]))


def way() -> str:
    """Ask how groups are found."""
    choice = st.segmented_control(
        "Find segments by", list(WAYS), format_func=WAYS.get, default="kmeans", required=True, key="group_way"
    )
    return str(choice or "kmeans")
