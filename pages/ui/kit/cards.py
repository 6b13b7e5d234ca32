"""Deals as cards, where a phone has no room for a table: every one with its amount, stage and chance in sight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from html import escape

import polars as pl
import streamlit as st

from core.charts.page_tables import NOTHING, PageTable, rows_of_text
from core.formats import Formats
from pages.ui.kit import entity_links

MOST, AT_ONCE, FACTS = 40, 6, 6
TITLE = ("opportunity_name", "account_name")
PHONES = "Mobi"
LEADING = ("amount", "stage", "p_win", "p_win_90", "chance", "close_on")


def is_phone() -> bool:
    """Say whether the browser says that it is a phone's."""
    agent = st.context.headers.get("User-Agent") or ""
    return isinstance(agent, str) and PHONES in agent


def deals(table: PageTable, formats: Formats) -> None:
    """Draw one card for each of the first deals of a table.

    Parameters
    ----------
    table : PageTable
        With `opportunity_id` in its frame.
    formats : Formats
    """
    title = next((name for name in TITLE if name in table.frame.columns), "opportunity_id")
    columns = [column for column in table.columns if column.name not in (title, entity_links.OPEN)]
    columns.sort(key=lambda column: LEADING.index(column.name) if column.name in LEADING else len(LEADING))
    head, *rows = rows_of_text(replace(table, columns=tuple(columns[:FACTS])), formats, MOST)
    names = table.frame.select("opportunity_id", pl.col(title).alias("title")).head(MOST).iter_rows()
    cards = [_card(key, name or key, zip(head, row, strict=True)) for (key, name), row in zip(names, rows, strict=True)]
    more = table.frame.height - MOST
    rest = f'<p class="qd-label">{more:,} more on a wider screen, or in the Excel file.</p>' if more > 0 else ""
    folded = cards[AT_ONCE:]
    if folded:
        rest = f"<details><summary>{len(folded)} more</summary>{_list(folded)}{rest}</details>"
    st.html(_list(cards[:AT_ONCE]) + rest)


def _list(cards: Iterable[str]) -> str:
    return f'<div role="list">{"".join(cards)}</div>'


def _card(key: str, name: str, facts: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>" for label, value in facts if value != NOTHING
    )
    address = escape(entity_links.address("deal", key))
    link = f'<a href="{address}" target="_self">{escape(name)}</a>'
    return f'<div class="qd-card" role="listitem">{link}<dl>{lines}</dl></div>'


def fits(frame: pl.DataFrame) -> bool:
    """Say whether a table is a list of deals."""
    return "opportunity_id" in frame.columns and frame["opportunity_id"].n_unique() == frame.height
