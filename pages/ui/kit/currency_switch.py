"""The switch of the currency in the sidebar: as reported, at the rates of one day, or in another currency."""

from __future__ import annotations

from datetime import date

import streamlit as st

from core.config import Settings
from core.contracts import Dataset
from core.formats import Formats
from core.localization import message
from core.sources import currency_views
from pages.ui.kit import cache
from pages.ui.kit.escaping import escaped

FOLLOWING = ("Executive", "Pipeline", "Customers")
CURRENCY, CONSTANT = "view_currency", "constant_rates"
HELP = "Amounts by the exchange rate of each deal's, booking's or contract's own day."
CONSTANT_HELP = "All amounts at the rates of one day, so that exchange rates move nothing: constant currency."


def chosen(data: Dataset, settings: Settings, title: str) -> tuple[str, date | None] | None:
    """Return the currency and the day of the rates this session chose; None for the amounts as they were reported.

    Pages that show or take amounts people saved, or costs of the settings, show everything as it was reported.
    """
    choices = currency_views.choices(data, settings)
    if not choices.currencies or title not in FOLLOWING:
        return None
    currency = st.session_state.get(CURRENCY)
    currency = currency if currency in choices.currencies else choices.currencies[0]
    on = choices.rates_on if st.session_state.get(CONSTANT) else None
    return None if currency == choices.currencies[0] and on is None else (currency, on)


def not_followed(data: Dataset, settings: Settings, title: str) -> str:
    """Return the reported currency where another view of amounts is chosen that a page does not follow."""
    choices = currency_views.choices(data, settings)
    if not choices.currencies or title in FOLLOWING:
        return ""
    base = choices.currencies[0]
    picked = st.session_state.get(CURRENCY)
    is_other = picked in choices.currencies and picked != base
    is_constant = choices.rates_on is not None and bool(st.session_state.get(CONSTANT))
    return base if is_other or is_constant else ""


def applied(data: Dataset, settings: Settings, title: str) -> Dataset:
    """Return the data in the currency this session chose for the pages that follow it."""
    choice = chosen(data, settings, title)
    if choice is None:
        return data
    viewed: Dataset = cache.result(currency_views.shown, data, settings, *choice)
    return viewed


def offer(data: Dataset, viewed: Dataset, settings: Settings, formats: Formats, title: str) -> None:
    """Show the switch where there is more than one currency or a rate, and what the view leaves out of sums.

    Parameters
    ----------
    data, viewed : Dataset
        As reported, and as this session looks at it.
    settings : Settings
        As they were fitted to `data`.
    formats : Formats
    title : str
        Of the page.
    """
    choices = currency_views.choices(data, settings)
    if not choices.currencies:
        return
    if st.session_state.get(CURRENCY) not in choices.currencies:
        st.session_state.pop(CURRENCY, None)
    base = choices.currencies[0]
    st.selectbox(
        "Currency",
        choices.currencies,
        key=CURRENCY,
        persist_state="session",
        format_func=lambda code: message("{code}, as reported", code=code) if code == base else code,
        help=HELP,
    )
    if choices.rates_on is not None:
        label = message("At the rates of {day}", day=formats.day(choices.rates_on))
        st.toggle(label, key=CONSTANT, persist_state="session", help=CONSTANT_HELP)
    if title not in FOLLOWING:
        st.caption(escaped(message("{following} follow the currency chosen.", following=", ".join(FOLLOWING))))
    for sentence in currency_views.told(data, viewed):
        st.caption(escaped(sentence))
