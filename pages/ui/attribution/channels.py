"""Which touches are credited, and the columns of the page's tables."""

from __future__ import annotations

import streamlit as st

from core import metrics
from core.metrics.touchpoints import ACTIVITIES, BOTH, CAMPAIGNS
from pages.ui.kit import address_choice
from pages.ui.kit.shell import Page

NUMBER = st.column_config.NumberColumn
TOUCHES = {CAMPAIGNS: "Campaigns", ACTIVITIES: "Sales activities", BOTH: "Both"}
RANGE = "What chance alone may make of it: 95 of 100 companies with deals drawn from yours lie in between."
MODELS = (
    "First touch",
    "Last touch",
    "Every touch alike",
    "By position",
    "Time decay",
    "Removal effect",
    "Shapley value",
)
CREDIT = {
    "channel": "Channel",
    "n_deals": NUMBER("Deals touched", format="localized"),
    "n_won": NUMBER("Of them won", format="localized"),
    **{
        f"{model}_amount": NUMBER(words, format="localized")
        for model, words in zip(metrics.channel_credit.MODELS, MODELS, strict=True)
    },
    "shapley_margin_amount": NUMBER("Shapley value ±", format="localized"),
    "markov_low_amount": NUMBER("Removal effect from", format="localized", help=RANGE),
    "markov_high_amount": NUMBER("Removal effect to", format="localized", help=RANGE),
    "shapley_low_amount": NUMBER("Shapley value from", format="localized", help=RANGE),
    "shapley_high_amount": NUMBER("Shapley value to", format="localized", help=RANGE),
    "lowest_rate": NUMBER("Least", format="percent"),
    "highest_rate": NUMBER("Most", format="percent"),
}
EFFECT = {
    "channel": "Channel",
    "n": NUMBER("Touched", format="localized"),
    "win_rate": NUMBER("Won", format="percent"),
    "n_others": NUMBER("Beside", format="localized"),
    "others_rate": NUMBER("Won there", format="percent"),
    "difference": NUMBER("Difference", format="percent"),
    "low": NUMBER("From", format="percent"),
    "high": NUMBER("To", format="percent"),
    "is_sure": st.column_config.CheckboxColumn("Beyond chance"),
}
RETURNS = {
    "channel": "Channel",
    "n_campaigns": NUMBER("Campaigns", format="localized"),
    "cost_amount": NUMBER("Cost", format="compact"),
    "cost_per_deal_amount": NUMBER("Cost per won deal touched", format="compact"),
    "lowest_return": NUMBER("Return, least", format="%.1f"),
    "highest_return": NUMBER("Return, most", format="%.1f"),
    "marginal_return": NUMBER("Of the last 1 spent", format="%.1f"),
    "marginal_low": NUMBER("From", format="%.1f"),
    "marginal_high": NUMBER("To", format="%.1f"),
    "is_sure": st.column_config.CheckboxColumn("Beyond chance"),
}


def chosen(page: Page) -> str:
    """Draw the choice of touches: campaigns where there are any; empty where there is nothing to choose."""
    if page.data.campaign_touches.is_empty():
        return ""
    return address_choice.buttons("Touches", TOUCHES, "touches", CAMPAIGNS, TOUCHES.__getitem__)
