"""Which competitor is looked at, and the columns of the page's tables."""

from __future__ import annotations

import streamlit as st

from core import metrics
from pages.ui.kit import address_choice, cache
from pages.ui.kit.shell import Page

ALL = "All competitors"
RATE = st.column_config.NumberColumn
RECORD = {
    "competitor": "Competitor",
    "n_deals": RATE("Closed deals", format="localized"),
    "win_rate": RATE("Won", format="percent"),
    "comparable_rate": RATE("Comparable deals won", format="percent"),
    "difference": RATE("Difference", format="percent"),
    "difference_low": RATE("From", format="percent"),
    "difference_high": RATE("To", format="percent"),
    "is_sure": st.column_config.CheckboxColumn("Beyond chance"),
    "lost_amount": RATE("Lost", format="compact"),
    "open_amount": RATE("Open", format="compact"),
}
PARTS = {
    "part": "Part",
    "n_deals": RATE("Closed deals", format="localized"),
    "win_rate": RATE("Won", format="percent"),
    "n_others": RATE("Without a competitor", format="localized"),
    "others_rate": RATE("Won there", format="percent"),
    "difference": RATE("Difference", format="percent"),
    "is_sure": st.column_config.CheckboxColumn("Beyond chance"),
}
PRICE = {
    "competitor": "Competitor",
    "n_won": RATE("Won deals", format="localized"),
    "kept_rate": RATE("Price kept", format="percent"),
    "difference": RATE("Difference", format="percent"),
    "low": RATE("From", format="percent"),
    "high": RATE("To", format="percent"),
    "is_sure": st.column_config.CheckboxColumn("Beyond chance"),
}
DEALS = {
    "opportunity_name": "Deal",
    "competitor": "Competitor",
    "stage": "Stage",
    "amount": RATE("Amount", format="compact"),
    "close_on": st.column_config.DateColumn("Close"),
    "is_closed": st.column_config.CheckboxColumn("Closed"),
    "is_won": st.column_config.CheckboxColumn("Won"),
    "lost_reason": "Lost because",
}


def chosen(page: Page) -> str:
    """Draw the choice of a competitor, the one met most often first; empty for all of them, and where there is none."""
    names = cache.result(metrics.competitors.names, page.data, page.settings)
    if not names:
        return ""
    name = address_choice.dropdown("Look closer at", [ALL, *names], "competitor", ALL)
    return "" if name == ALL else name


def split() -> str:
    """Draw the choice of what the deals are split by."""
    part = st.segmented_control(
        "Split by",
        metrics.competitor_splits.PARTS,
        default="segment",
        required=True,
        format_func=str.capitalize,
        key="rival_part",
    )
    return str(part)
