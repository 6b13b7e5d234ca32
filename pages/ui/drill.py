"""The controls of the executive page, and the rows behind a clicked cell or bar."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.metrics import bookings, growth, leaderboard, scope
from pages.ui import cached
from pages.ui.cells import SHOWN_ROWS
from pages.ui.shell import Page

TEAMS = "Teams"


def measure() -> str:
    """Let the measure of the growth table be chosen."""
    return str(st.segmented_control("Growth of", growth.MEASURES, default="Bookings", required=True, key="growth_of"))


def board() -> str:
    """Let the leaderboard be chosen."""
    kinds = [*leaderboard.BOARDS, TEAMS]
    return str(st.segmented_control("By", kinds, default=kinds[0], required=True, key="board_by"))


def lines(page: Page, picked: dict[str, Any]) -> None:
    """Show the booking lines behind a clicked cell."""
    if not picked:
        st.caption("Click a cell to see its bookings.")
        return
    keys = {"region": None, "family": None, "quarter": None} | picked
    found = cached.result(bookings.behind, page.data, page.settings, keys["region"], keys["family"], keys["quarter"])
    st.caption(f"{found.height:,} bookings in {', '.join(picked.values())}")
    st.dataframe(found.head(SHOWN_ROWS).to_arrow(), hide_index=True, height=240, lazy=False)


def person(page: Page, kind: str, picked: dict[str, Any]) -> None:
    """Show the rows behind a clicked person's bar."""
    if not picked:
        st.caption("Click a bar to see what it is made of.")
        return
    found = cached.result(leaderboard.behind, page.data, page.settings, kind, picked["rep_id"])
    st.caption(f"{found.height:,} rows of {scope.people(page.data).get(picked['rep_id'], picked['rep_id'])}")
    st.dataframe(found.head(SHOWN_ROWS).to_arrow(), hide_index=True, height=240, lazy=False)
