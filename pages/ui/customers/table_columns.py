"""How the columns of the customers page's tables are headed and written."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.localization import joined, message
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


SCORES = {"by_hand": "Rules-based score", "learned": "Predicted score"}
MISSES = {"greens": "Green, but churned", "reds": "Red, but stayed"}
CHURN: dict[str, Any] = {
    "account_name": "Account",
    "at_risk_amount": _money("ARR at risk"),
    "mrr_amount": _money("MRR"),
    "p_churn": _chance("Churn risk, 90 days"),
    "driver": "Main reason",
    "days_to_renewal": _number("Days to renewal"),
    "by_hand": _number("Rules-based score", format="%.0f"),
    "learned": _number("Predicted score", format="%.0f"),
    "p_left_at_renewal": _rate("Lost at renewal"),
    "p_left_12m": _rate("Churn risk, 12 months"),
    "churned_mrr_amount": _money("Expected churn MRR"),
    "contracted_mrr_amount": _money("Contraction MRR"),
    "expanded_mrr_amount": _money("Expansion MRR"),
    "segment": "Segment",
    "region": "Region",
}
HEALTH: dict[str, Any] = {
    "account_name": "Account",
    "mrr_amount": _money("MRR"),
    "band": "Band",
    "by_hand": _score("Rules-based score"),
    "coverage_rate": _rate("Signs known"),
    "learned": _score("Predicted score"),
    "p_churn": _chance("Churn risk, 90 days"),
    "segment": "Segment",
}
MISSED = {
    "account_name": "Account",
    "mrr_amount": _money("MRR"),
    "learned": _score("Predicted score then"),
    "by_hand": _score("Rules-based score then"),
    "segment": "Segment",
    "left_on": _date("Churned on"),
}
CONTRIBUTIONS = {
    "driver": "Driver",
    "feature": "Reason",
    "value": "Value",
    "contribution": _number("Points", format="%+.1f"),
}
RACE = {
    "event": "Event",
    "contender": "Model",
    "log_loss": _number("Error (lower is better)", format="%.4f"),
    "is_winner": "In use",
}
WORTH = {
    "account_name": "Account",
    "value_amount": _money("Lifetime value"),
    "lower_amount": _money("Low"),
    "upper_amount": _money("High"),
    "mrr_amount": _money("MRR"),
    "margin_rate": _rate("Margin"),
    "expected_months": _number("Expected months", format="%.1f"),
    "segment": "Segment",
    "region": "Region",
    "n_orders": _number("Orders to come", format="%.1f"),
    "is_alive_rate": _rate("Still a customer"),
}
CHECKS = {
    "member": "Model",
    "rmse": _number("Typical miss", format="localized"),
    "total_error_rate": _rate("Total off by"),
    "top_tenth_share": _rate("Share of spend in its top 10 %"),
}
_SIGNS = {
    "silence_days": _number("Days since last order"),
    "n_orders": _number("Orders"),
    "spent_amount": _money("Spend"),
    "mrr_amount": _money("MRR"),
    "mrr_change_rate_180d": _rate("MRR change"),
    "tenure_days": _number("Days as a customer"),
    "usage_change_rate_90d": _rate("Usage change"),
    "recent_tickets": _number("Recent tickets", format="%.1f"),
    "recent_ticket_sentiment": _number("Ticket sentiment", format="%+.2f"),
}
PROFILE = {"group": "Segment", "n": "Customers", "share_rate": _chance("Share of spend"), **_SIGNS}
CHOICE = {
    "n_groups": "Segments",
    "silhouette": _number("Separation, 0 to 1", format="%.3f"),
    "agreement": _number("Stability when re-tested, 0 to 1", format="%.2f"),
    "is_chosen": "Chosen",
}
RFM: dict[str, Any] = {
    "account_name": "Account",
    "spent_amount": _money("Spend"),
    "kind": "By recency, frequency and spend",
    "group": "Segment",
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
    "sentiment_score": _number("Sentiment", format="%+.2f"),
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
    "value": _number("Value", format="%.2f"),
    "bad": "0 points at",
    "good": "Full points at",
    "weight": "Weight",
    "points": _number("Points", format="%.1f"),
}
ACTIONS: dict[str, Any] = {
    "action": "Action",
    "verdict": "Evidence",
    "field": "Changes",
    "now": _number("Now", format="%.1f"),
    "to": _number("To", format="%.1f"),
    "did_rate": _rate("Churned after the play"),
    "n_did": "Accounts",
    "not_rate": _rate("Churned without it"),
    "n_not": "Accounts",
    "low_rate": _rate("Difference, low"),
    "high_rate": _rate("high"),
    "kept_amount": _money("Yearly revenue"),
    "effort_days": "Days of work",
    "who": "Who",
    "steps": st.column_config.TextColumn("Steps", width="large"),
}
CASES = {"account_name": "Account", "as_of": _date("As of"), "has_left": "Churned"}


def bands(frame: Any) -> str:
    """Count today's bands of the hand-weighted score, with the monthly revenue in each."""
    total = float(frame["mrr_amount"].sum())
    parts = []
    for name in reversed(BANDS):
        rows = frame.filter(frame["band"] == name)
        share = percent(float(rows["mrr_amount"].sum()) / total) if total else "none"
        parts.append(message("{height:,} {name} ({share} of MRR)", height=rows.height, name=name, share=share))
    return message("Today {parts}.", parts=joined(*parts, by=", "))
