"""What leads are scored for, how many there is room for, and the columns of the page's tables."""

from __future__ import annotations

import streamlit as st

from pages.ui.kit import address_choice

NUMBER = st.column_config.NumberColumn
OUTCOMES = {"deal": "Become a deal", "won": "Be won"}
USUAL_CAPACITY, MOST = 40, 10_000
WORK = {
    "lead_name": "Lead",
    "chance": NUMBER("Chance", format="percent"),
    "company": "Company",
    "title": "Title",
    "reasons": st.column_config.TextColumn("Because of", width="large"),
    "lead_source": "Source",
    "age": NUMBER("Days old", format="localized"),
    "status": "Status",
    "owner_name": "Owner",
}
SOURCES = {
    "lead_source": "Source",
    "n": NUMBER("Leads", format="localized"),
    "deal_rate": NUMBER("Became a deal", format="percent"),
    "difference": NUMBER("Beside the others", format="percent"),
    "is_sure": st.column_config.CheckboxColumn("Beyond chance"),
    "won_rate": NUMBER("Won so far", format="percent"),
    "amount_per_lead": NUMBER("Won a lead", format="compact"),
}
RACE = {
    "model": "Model",
    "log_loss": NUMBER("Miss", format="%.4f"),
    "brier": NUMBER("Squared miss", format="%.4f"),
    "concordance": NUMBER("Pairs in order", format="percent"),
    "gain": NUMBER("Better by", format="%.4f"),
    "gain_low": NUMBER("From", format="%.4f"),
    "gain_high": NUMBER("To", format="%.4f"),
    "is_shown": st.column_config.CheckboxColumn("Shown"),
}
RECORD = {
    "quarter": "Quarter",
    "n": NUMBER("Leads", format="localized"),
    "expected": NUMBER("Expected", format="%.1f"),
    "observed": NUMBER("Came true", format="localized"),
    "top_rate": NUMBER("Of the best fifth", format="percent"),
    "rest_rate": NUMBER("Of the others", format="percent"),
}


def outcome() -> str:
    """Draw the choice of what leads are scored for."""
    return address_choice.buttons("Chance to", OUTCOMES, "lead_outcome", "deal", OUTCOMES.__getitem__)


def capacity() -> int:
    """Draw how many leads the team can work."""
    return int(st.number_input("Leads the team can work", 0, MOST, USUAL_CAPACITY, key="lead_capacity"))
