"""How the columns of the deal and the account page's tables are headed and written."""

from __future__ import annotations

from typing import Any

import streamlit as st

_number, _date, _text = st.column_config.NumberColumn, st.column_config.DateColumn, st.column_config.TextColumn
MOST = 200
STATES: dict[str, Any] = {
    "day": _date("On"),
    "stage": "Stage",
    "category": "Category",
    "amount": _number("Amount", format="localized"),
    "close_on": _date("Expected close"),
    "owner": "Owner",
}
ACTIVITIES: dict[str, Any] = {
    "on": _date("On"),
    "kind": "Kind",
    "who": "Who",
    "what": _text("Outcome", width="large"),
    "quantity": _number("Minutes or events", format="localized"),
    "sentiment_score": _number("Sentiment, −1 to 1", format="%+.2f"),
}
SIGNALS: dict[str, Any] = {
    "meaning": _text("Warning sign", width="large"),
    "n_past": _number("Past deals with it", format="localized"),
    "slipped_rate": _number("Lost or slipped", format="percent"),
    "others_rate": _number("Lost or slipped without it", format="percent"),
    "evidence": "Evidence",
}
ACTIONS: dict[str, Any] = {
    "action": _text("What to do", width="large"),
    "expected_amount": _number("Expected gain", format="compact"),
    "effort_days": _number("Days of work"),
    "evidence": _text("Evidence", width="medium"),
    "signal": _text("Because", width="medium"),
    "who": "Who",
    "steps": _text("Steps", width="large"),
}
SIBLINGS: dict[str, Any] = {
    "opportunity_name": "Deal",
    "stage": "Stage",
    "amount": _number("Amount", format="localized"),
    "close_on": _date("Close"),
    "is_closed": "Closed",
    "owner": "Owner",
}
CONTRACT: dict[str, Any] = {
    "product_name": "Product",
    "mrr_amount": _number("MRR", format="localized"),
    "started_on": _date("Since"),
    "renewal_on": _date("Renewal"),
}
EVENTS: dict[str, Any] = {
    "on": _date("On"),
    "kind": "Kind",
    "what": _text("What", width="large"),
    "amount": _number("Amount", format="localized"),
    "sentiment_score": _number("Sentiment, −1 to 1", format="%+.2f"),
}
PLAYS: dict[str, Any] = {
    "action": "What to do",
    "verdict": "Evidence",
    "kept_amount": _number("Yearly revenue", format="compact"),
    "effort_days": _number("Days of work"),
    "who": "Who",
    "steps": _text("Steps", width="large"),
}
LISTED: dict[str, Any] = {
    "opportunity_name": "Deal",
    "account_name": "Account",
    "owner": "Owner",
    "stage": "Stage",
    "amount": _number("Amount", format="localized"),
    "close_on": _date("Expected close"),
}
ACCOUNTS: dict[str, Any] = {
    "account_name": "Account",
    "owner": "Owner",
    "segment": "Segment",
    "region": "Region",
    "mrr_amount": _number("MRR", format="localized"),
    "open_amount": _number("Open pipeline", format="localized"),
    "n_open": _number("Open deals", format="localized"),
}
DAY: dict[str, Any] = {
    "opportunity_name": "Deal",
    "account_name": "Account",
    "close_on": _date("Expected close"),
    "amount": _number("Amount", format="localized"),
    "stage": "Stage",
    "next_step": _text("Next step", width="medium"),
    "p_win": st.column_config.ProgressColumn("Win chance this quarter", format="percent", min_value=0, max_value=1),
    "last_on": _date("Last activity"),
    "signals": _text("Risk reasons", width="large"),
}
