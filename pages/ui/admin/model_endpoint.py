"""The language model on the Admin page: whether one may be asked, what it was asked lately, and what it cost."""

from __future__ import annotations

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.metrics.measure import counted
from core.rewriting.language_model import checked_host
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

CALLS = {
    "asked_at": st.column_config.DatetimeColumn("Asked (UTC)", format="D MMM YYYY, HH:mm"),
    "person": "By",
    "purpose": "For",
    "model": "Model",
    "host": "Host",
    "state": "Came out",
    "struck": st.column_config.TextColumn("Struck, and why", width="large"),
    "n_tokens": "Tokens",
    "cost_amount": st.column_config.NumberColumn("Cost", format="%.4f"),
}


def show(page: Page, c: Cell) -> None:
    """Say whether a language model may be asked and how much of the day's limits is used; list its newest requests."""
    rules = page.settings.language_model
    if not rules.url:
        c.answer("No language model is set, and nothing is sent to one. `language_model` in quarterdeck.yaml sets it.")
        return
    try:
        host = checked_host(rules)
    except QuarterdeckError as error:
        c.answer("The language model is off: its settings are not right.")
        st.warning(escaped(error), icon=":material/warning:")
        return
    calls = cache.store(page.settings.database).model_calls
    tokens, amount = calls.spent()
    most = message(" of {most_day_tokens:,}", most_day_tokens=rules.most_day_tokens) if rules.most_day_tokens else ""
    cost = f", {page.settings.currency} {amount:,.2f}" if rules.price_amount else ""
    c.answer(
        message(
            "{model} at {host} may rewrite drafts: {tokens:,}{most} tokens in the last 24 hours{cost}. "
            "Texts are kept {logged} for {days}.",
            model=rules.model,
            host=host,
            tokens=tokens,
            most=most,
            cost=cost,
            logged=rules.logged,
            days=counted(page.settings.retention.model_calls_days, "day"),
        )
    )
    rows = calls.newest()
    if not rows.is_empty() and not page.view.is_masked:
        c.table(rows, column_config=CALLS, height=240)
