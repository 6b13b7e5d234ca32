"""How the columns of the customers page's tables are headed and written."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.metrics.customer_health import BANDS
from core.metrics.measure import percent

_number, _date = st.column_config.NumberColumn, st.column_config.DateColumn


def _chance(label: str) -> Any:
    return st.column_config.ProgressColumn(label, format="percent", min_value=0, max_value=1)


def _score(label: str) -> Any:
    return st.column_config.ProgressColumn(label, format="%.0f", min_value=0, max_value=100)


def _money(label: str) -> Any:
    return _number(label, format="compact")


def _rate(label: str) -> Any:
    return _number(label, format="percent")


SCORES = {"by_hand": "Weighted by hand", "learned": "Learned"}
MISSES = {"greens": "Greens that left", "reds": "Reds that stayed"}
CHURN: dict[str, Any] = {
    "account_name": "Account",
    "at_risk_amount": _money("Yearly revenue at risk"),
    "mrr_amount": _money("MRR"),
    "p_churn": _chance("Leaves in 90 days"),
    "driver": "What raises it most",
    "days_to_renewal": _number("Days to renewal"),
    "by_hand": _number("Health by hand", format="%.0f"),
    "learned": _number("Health learned", format="%.0f"),
    "p_left_at_renewal": _rate("Gone after renewal"),
    "p_left_12m": _rate("Leaves in 12 months"),
    "churned_mrr_amount": _money("Expected MRR to leave"),
    "contracted_mrr_amount": _money("to be cut"),
    "expanded_mrr_amount": _money("to be won"),
    "segment": "Segment",
    "region": "Region",
}
HEALTH: dict[str, Any] = {
    "account_name": "Account",
    "mrr_amount": _money("MRR"),
    "band": "Band",
    "by_hand": _score("Health by hand"),
    "coverage_rate": _rate("Known share of weight"),
    "learned": _score("Health learned"),
    "p_churn": _chance("Leaves in 90 days"),
    "segment": "Segment",
}
MISSED = {
    "account_name": "Account",
    "mrr_amount": _money("MRR"),
    "learned": _score("Learned then"),
    "by_hand": _score("By hand then"),
    "segment": "Segment",
    "left_on": _date("Left on"),
}
CONTRIBUTIONS = {
    "driver": "Driver",
    "feature": "What is known",
    "value": "Value",
    "contribution": _number("Points", format="%+.1f"),
}
RACE = {
    "event": "What",
    "contender": "Contender",
    "log_loss": _number("Log loss", format="%.4f"),
    "is_winner": "Serves",
}
WORTH = {
    "account_name": "Account",
    "value_amount": _money("Worth"),
    "lower_amount": _money("Low"),
    "upper_amount": _money("High"),
    "mrr_amount": _money("MRR"),
    "margin_rate": _rate("Margin"),
    "expected_months": _number("Months expected", format="%.1f"),
    "segment": "Segment",
    "region": "Region",
    "n_orders": _number("Orders to come", format="%.1f"),
    "is_alive_rate": _rate("Still a customer"),
    "bgnbd": _money("BG/NBD"),
    "tweedie": _money("LightGBM"),
}
CHECKS = {
    "member": "Model",
    "rmse": _number("RMSE", format="localized"),
    "total_error_rate": _rate("Total off by"),
    "top_tenth_share": _rate("Spend in its top tenth"),
}
_SIGNS = {
    "silence_days": _number("Days since an order"),
    "n_orders": _number("Orders"),
    "spent_amount": _money("Spend"),
    "mrr_amount": _money("MRR"),
    "mrr_change_rate_180d": _rate("MRR change"),
    "tenure_days": _number("Days with us"),
    "usage_change_rate_90d": _rate("Usage change"),
    "recent_tickets": _number("Recent tickets", format="%.1f"),
    "recent_ticket_sentiment": _number("Mood in tickets", format="%+.2f"),
}
PROFILE = {"group": "Group", "n": "Customers", "share_rate": _chance("Share of spend"), **_SIGNS}
CHOICE = {
    "n_groups": "Groups",
    "silhouette": _number("How far apart (silhouette)", format="%.3f"),
    "agreement": _number("Agreement on resamples (adjusted Rand)", format="%.2f"),
    "is_chosen": "Chosen",
}
RFM: dict[str, Any] = {
    "account_name": "Account",
    "spent_amount": _money("Spend"),
    "kind": "By recency, frequency, money",
    "group": "Group",
    "recency_score": "R",
    "frequency_score": "F",
    "money_score": "M",
    **_SIGNS,
}
EVENTS = {
    "on": _date("On"),
    "kind": "Kind",
    "what": "What",
    "amount": _money("Amount"),
    "sentiment_score": _number("Mood", format="%+.2f"),
}
CONTRACT = {
    "product_name": "Product",
    "mrr_amount": _money("MRR"),
    "started_on": _date("Since"),
    "renewal_on": _date("Renewal"),
}
DEALS = {
    "opportunity_name": "Deal",
    "amount": _money("Amount"),
    "stage": "Stage",
    "created_on": _date("Opened"),
    "close_on": _date("Close"),
    "is_closed": "Closed",
    "is_won": "Won",
}
SIGNS = {
    "sign": "Sign",
    "value": _number("Stands at", format="%.2f"),
    "bad": "No points at",
    "good": "All points at",
    "weight": "Weight",
    "points": _number("Points", format="%.1f"),
}
ACTIONS: dict[str, Any] = {
    "action": "Action",
    "verdict": "Past cases say",
    "field": "Changes",
    "now": _number("Now", format="%.1f"),
    "to": _number("To", format="%.1f"),
    "did_rate": _rate("Left, stood so"),
    "n_did": "of",
    "not_rate": _rate("Left, stood as now"),
    "n_not": "of these",
    "low_rate": _rate("Difference from"),
    "high_rate": _rate("to"),
    "kept_amount": _money("Yearly revenue"),
    "effort_days": "Days of work",
    "who": "Who",
    "steps": st.column_config.TextColumn("Steps", width="large"),
}
CASES = {"account_id": "Account", "as_of": _date("As of"), "has_left": "Left"}


def bands(frame: Any) -> str:
    """Count today's bands of the hand-weighted score, with the monthly revenue in each."""
    total = float(frame["mrr_amount"].sum())
    parts = []
    for name in reversed(BANDS):
        rows = frame.filter(frame["band"] == name)
        share = percent(float(rows["mrr_amount"].sum()) / total) if total else "none"
        parts.append(f"{rows.height:,} {name} ({share} of monthly revenue)")
    return f"Today {', '.join(parts)}."
