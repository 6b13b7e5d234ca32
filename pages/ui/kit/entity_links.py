"""The way from a row of any table to the page of its deal or account."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import polars as pl
import streamlit as st

from core.localization import message
from pages.ui.kit.hidden_names import carried

DEAL, ACCOUNT = "pages/deal.py", "pages/account.py"
PAGES = {"opportunity_id": "deal", "account_id": "account"}
OPEN = "open_link"


def linked(frame: pl.DataFrame, options: dict[str, Any]) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return a table with a column in front whose links open each row's deal, or else its account.

    Parameters
    ----------
    frame : pl.DataFrame
        One with neither opportunity_id nor account_id comes back as it is.
    options : dict
        Those of `st.dataframe`; the column is headed and, where an order is given, put first in it.
    """
    key = next((name for name in PAGES if name in frame.columns), None)
    if key is None or OPEN in frame.columns:
        return frame, options
    ids = [address(PAGES[key], str(value)) if value is not None else None for value in frame[key]]
    out = frame.select(pl.Series(OPEN, ids, dtype=pl.String), pl.all())
    config = {
        OPEN: st.column_config.LinkColumn("Open", display_text=":material/open_in_new:", width=46, help=_help(key))
    }
    order = options.get("column_order")
    return out, {
        **options,
        "column_config": {**(options.get("column_config") or {}), **config},
        **({"column_order": [OPEN, *order]} if order else {}),
    }


def address(page: str, entity_id: str) -> str:
    """Return the address of a deal's or an account's page, beside the page that is open."""
    more = urlencode(carried())
    return f"{page}?id={quote(entity_id, safe='')}{'&' if more else ''}{more}"


def to(page: str, entity_id: str, label: str, icon: str = ":material/open_in_new:") -> None:
    """Draw a link to a deal's or an account's page in this tab."""
    st.page_link(page, label=label, icon=icon, query_params={"id": entity_id, **carried()})


def to_customers(account_id: str) -> None:
    """Draw a link to the account's place on the Customers page, where its model is asked what would be if."""
    label = "Ask the model about this account"
    asked = {"account": account_id, **carried()}
    st.page_link("pages/customers.py", label=label, icon=":material/groups:", query_params=asked)


def _help(key: str) -> str:
    return message("Opens the {pages}'s own page", pages=PAGES[key])
