"""The gaps of one deal on its opening: what closes them, and the way to the buyer's list and to the scenarios."""

from __future__ import annotations

import streamlit as st

from core.localization import message
from core.requirements.work import deal_gaps
from pages.ui.kit import saved_content
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache

ASKED = "gap"
GAPS = {
    "gap": st.column_config.TextColumn("Gap", width="medium"),
    "exposed_amount": st.column_config.NumberColumn("Of the deal", format="compact"),
    "severity": "Severity",
    "gap_type": "Kind",
    "effort_weeks": st.column_config.NumberColumn("Person-weeks", format="%.1f"),
    "cost_amount": st.column_config.NumberColumn("Cost to close", format="compact"),
    "approach": "Approach",
    "owner": "Owner",
}


def gaps(page: Page, opportunity_id: str) -> deal_gaps.DealGaps:
    """Return the gaps of a deal out of all lists."""
    mine = tuple(
        saved.name for saved in saved_content.lists(page) if saved.payload.get("opportunity_id") == opportunity_id
    )
    return deal_gaps.of(gap_cache.ledger(page), opportunity_id, mine)


def ways(page: Page, opportunity_id: str, open_gaps: deal_gaps.DealGaps) -> None:
    """Link to the deal's own lists, and to what closing its heaviest gap would do to the quarter."""
    mine = [saved.name for saved in saved_content.lists(page) if saved.payload.get("opportunity_id") == opportunity_id]
    with st.container(horizontal=True):
        for name in mine:
            st.page_link(
                "pages/requirements.py",
                label=message("Open {name}", name=escaped(name)),
                icon=":material/checklist:",
                query_params={"kept_list": name},
            )
        if not mine:
            st.page_link("pages/requirements.py", label="Upload the buyer's list", icon=":material/upload_file:")
        if not open_gaps.frame.is_empty():
            st.page_link(
                "pages/requirements.py",
                label="See all gaps",
                icon=":material/account_balance:",
                query_params={ASKED: str(open_gaps.frame["gap_id"][0])},
            )
