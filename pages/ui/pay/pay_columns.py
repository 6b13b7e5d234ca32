"""The columns of the page's tables."""

from __future__ import annotations

from typing import Any

import streamlit as st

NUMBER = st.column_config.NumberColumn
SUMMARY: dict[str, Any] = {
    "rep_name": "Person",
    "team": "Team",
    "plan": "Plan",
    "attainment_rate": NUMBER("Of quota", format="percent"),
    "base_amount": NUMBER("Fixed", format="accounting"),
    "variable_amount": NUMBER("Variable", format="accounting"),
    "amount": NUMBER("Pay", format="accounting"),
    "owed_amount": NUMBER("Still to be taken back", format="accounting"),
    "approved_amount": NUMBER("Approved", format="accounting"),
    "changed_amount": NUMBER("Changed since", format="accounting"),
}
LINES: dict[str, Any] = {
    "kind": "Line",
    "label": "For",
    "opportunity_name": "Deal",
    "credit_amount": NUMBER("Counts", format="accounting"),
    "rate": NUMBER("Rate", format="percent"),
    "amount": NUMBER("Pay", format="accounting"),
}
CHANCES: dict[str, Any] = {
    "rep_name": "Person",
    "team": "Team",
    "quota_amount": NUMBER("Quota", format="compact"),
    "won_amount": NUMBER("Won so far", format="compact"),
    "expected_amount": NUMBER("Expected", format="compact"),
    "low_amount": NUMBER("From", format="compact"),
    "high_amount": NUMBER("To", format="compact"),
    "chance": NUMBER("Chance of quota", format="percent"),
}
FAIR: dict[str, Any] = {
    "rep_name": "Person",
    "team": "Team",
    "quota_amount": NUMBER("Quota", format="compact"),
    "chance": NUMBER("Chance today", format="percent"),
    "fair_amount": NUMBER("Same chance for all", format="compact"),
    "change_amount": NUMBER("Change", format="compact"),
}
COSTS: dict[str, Any] = {
    "rep_name": "Person",
    "plan": "Plan",
    "expected_bookings_amount": NUMBER("Bookings expected", format="compact"),
    "base_amount": NUMBER("Fixed", format="compact"),
    "earned_amount": NUMBER("Variable so far", format="compact"),
    "variable_amount": NUMBER("Variable expected", format="compact"),
    "high_amount": NUMBER("In nine of ten at most", format="compact"),
    "amount": NUMBER("Cost expected", format="compact"),
}
EXCEPTIONS: dict[str, Any] = {
    "rep_name": "Person",
    "period_start_on": st.column_config.DateColumn("Quarter from"),
    "amount": NUMBER("Amount", format="accounting"),
    "reason": "Reason",
    "state": "State",
    "asked_by": "Asked by",
    "author": "Last by",
    "note": "Comment",
}
DIFFERENCES: dict[str, Any] = {
    "rep_name": "Person",
    "then_amount": NUMBER("Known then", format="accounting"),
    "amount": NUMBER("Known now", format="accounting"),
    "difference_amount": NUMBER("Difference", format="accounting"),
}
