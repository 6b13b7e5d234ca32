"""What a column is called on a page and in which unit it is shown; one place for all tables of rows."""

from __future__ import annotations

import re
from typing import Literal

from core.localization import joined

Kind = Literal["money", "rate", "chance", "count", "number", "flag", "id", "text"]

# Names whose words do not follow from their parts.
LABELS = {
    "p_win": "Win chance",
    "p_loss": "Loss chance",
    "loss_rate": "Loss chance",
    "p_churn": "Churn risk",
    "p_left_12m": "Churn risk, 12 months",
    "p_left_at_renewal": "Lost at renewal",
    "p_if_won": "Chance of quota if won",
    "p_if_lost": "Chance of quota if lost",
    "p_then": "Chance then",
    "p_now": "Chance now",
    "p": "Chance",
    "p_alone": "Chance if each worked alone",
    "base": "Average",
    "shown": "Shown",
    "expected_amount": "In the forecast",
    "at_stake_amount": "Value at risk",
    "at_risk_amount": "ARR at risk",
    "mrr_amount": "MRR",
    "churned_mrr_amount": "Expected churn MRR",
    "contracted_mrr_amount": "Contraction MRR",
    "expanded_mrr_amount": "Expansion MRR",
    "exposed_amount": "Pipeline at risk",
    "unlocked_per_week_amount": "Pipeline per week of work",
    "call_amount": "Forecast amount",
    "below_amount": "Team roll-up",
    "system_amount": "Model forecast",
    "new_amount": "Create-and-close",
    "value_amount": "Lifetime value",
    "told_amount": "With actual levers",
    "plain_amount": "Without levers",
    "told_mrr_amount": "MRR with actual levers",
    "is_amount_filled": "Amount estimated",
    "wape_rate": "Average miss",
    "bias_rate": "Over or under",
    "forecast_to_actual_rate": "Forecast vs actual",
    "coverage_rate": "Inside likely range",
    "gross_rate": "GRR",
    "net_rate": "NRR",
    "logo_rate": "Customers kept",
    "moved_on_rate": "Advanced",
    "stay_rate": "Still customers",
    "share_rate": "Share",
    "mean_rate": "Predicted",
    "happened_rate": "Actual",
    "opportunity_id": "Deal id",
    "opportunity_name": "Deal",
    "opportunity_type": "Deal type",
    "account_id": "Account id",
    "account_name": "Account",
    "rep_id": "Owner id",
    "rep_name": "Owner",
    "owner_id": "Owner id",
    "owner_name": "Owner",
    "person_id": "Person id",
    "person_name": "Person",
    "manager_id": "Manager id",
    "product_id": "Product id",
    "product_name": "Product",
    "product_family": "Product family",
    "family": "Product family",
    "transaction_id": "Booking id",
    "subscription_id": "Contract line id",
    "entity_id": "Record id",
    "close_on": "Expected close",
    "created_on": "Created",
    "closed_on": "Closed",
    "on": "Date",
    "as_of": "As of",
    "lower": "Likely range, low",
    "upper": "Likely range, high",
    "low": "Low",
    "high": "High",
    "lift": "Times as likely",
    "by_hand": "Rules-based score",
    "learned": "Predicted score",
    "n": "Number",
    "has_left": "Churned",
    "silence_days": "Days without activity",
    "rank": "Rank",
    "contender": "Model",
    "serves": "In use",
    "psi": "Change since training",
    "auc": "Ranked right",
    "gap": "Difference",
    "stage_rank": "Stage number",
    "won_p90_days": "Days, 90 % of won deals",
    "won_p50_days": "Days, typical won deal",
}
RATES = {"psi": "number", "auc": "rate", "lift": "number", "gap": "rate", "p": "chance", "p_alone": "chance"}
CHANCES = {"loss_rate", "p_win", "p_loss", "p_churn", "p_then", "p_now"}
SHORT = {
    "mrr": "MRR",
    "arr": "ARR",
    "usd": "USD",
    "id": "id",
    "crm": "CRM",
    "nrr": "NRR",
    "grr": "GRR",
    "utc": "UTC",
    "avg": "average",
}
DAYS = re.compile(r"^(\d+)([dm])$")


def kind(name: str) -> Kind:
    """Return what a column holds, by its name.

    Examples
    --------
    >>> kind("expected_amount"), kind("p_win"), kind("n_deals"), kind("win_rate"), kind("account_id"), kind("stage")
    ('money', 'chance', 'count', 'rate', 'id', 'text')
    """
    if name in RATES:
        return RATES[name]  # type: ignore[return-value]
    if name in CHANCES or name.startswith("p_"):
        return "chance"
    if name.startswith("n_") or name.endswith("_count"):
        return "count"
    if name.startswith(("is_", "has_")):
        return "flag"
    for ending, of in (("amount", "money"), ("_rate", "rate"), ("_id", "id"), ("_days", "count"), ("_skill", "number")):
        if name.endswith(ending):
            return of  # type: ignore[return-value]
    return "text"


def label(name: str, currency: str = "") -> str:
    """Return the words over a column; of money with its currency where one is given.

    Examples
    --------
    >>> label("p_win"), label("n_won_deals"), label("usage_change_rate_90d"), label("quota_amount", "EUR")
    ('Win chance', 'Won deals', 'Usage change, 90 days', 'Quota, EUR')
    """
    unit = f", {currency}" if currency and kind(name) == "money" else ""
    return f"{LABELS.get(name) or _plain(name)}{unit}"


def _plain(name: str) -> str:
    """Return a name in words, without the letters that say its kind; a name that is in words already stays."""
    if name != name.lower() or " " in name:
        return name
    parts = [part for part in name.split("_") if part]
    if parts and parts[0] in {"n", "is", "has", "p"}:
        parts = parts[1:] or parts
    spans = [m for m in map(DAYS.match, parts) if m]
    parts = [part for part in parts if not DAYS.match(part)]
    if len(parts) > 1 and parts[-1] in {"amount", "rate", "on"} and parts[-2] not in {"win", "sign"}:
        parts = parts[:-1]
    text = joined(*(SHORT.get(part, part) for part in parts)) or name
    for span in spans:
        text += f", {span[1]} {'days' if span[2] == 'd' else 'months'}"
    return text[:1].upper() + text[1:]
