"""How columns are headed, formatted and sized where a page says nothing else: the one writer for all tables.

Names of fields and ids never reach the screen: a field gets its label, money stands compact, a share in whole per
cent, and an id is left out wherever the row has a name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from core.contracts import Dataset

LABELS = {
    "opportunity_name": "Deal",
    "opportunity_type": "Kind",
    "account_name": "Account",
    "rep_name": "Rep",
    "owner_name": "Owner",
    "person_name": "Person",
    "product_name": "Product",
    "amount": "Amount",
    "mrr_amount": "A month",
    "arr_amount": "A year",
    "expected_amount": "Expected",
    "booked_on": "Booked",
    "created_on": "Created",
    "closed_on": "Closed",
    "close_on": "Expected close",
    "started_on": "Start",
    "renewal_on": "Renewal",
    "ended_on": "End",
    "is_won": "Won",
    "is_closed": "Closed",
    "is_amount_filled": "Amount is a median",
    "p_win": "Chance",
    "p_churn": "Chance to leave",
    "discount_rate": "Discount",
    "n_deals": "Deals",
    "n": "Cases",
}
NAMED_BY = {
    "opportunity_id": "opportunity_name",
    "account_id": "account_name",
    "rep_id": "rep_name",
    "owner_id": "owner_name",
    "manager_id": "manager_name",
    "person_id": "person_name",
    "product_id": "product_name",
}
IDS = (*NAMED_BY, "transaction_id", "subscription_id", "activity_id", "parent_account_id", "entity_id")
TAILS = ("_amount", "_rate", "_on", "_at", "_days", "_score", "_name", "_id")
LEADS = ("is_", "has_", "n_", "p_")
FIRST = ("opportunity_name", "account_name", "rep_name", "owner_name", "person_name", "name", "product_name", "month")
LETTER, EDGE = 6.1, 22  # pixels of a usual letter, and of what lies around the text
TEXT, NUMBER = (70, 200), (58, 120)
WIDEST_SAID = 420
FEWEST = 3  # columns shown in any case
SEEN = 300  # rows looked through for the longest text
DATE_WIDTH, BAR_WIDTH, LINE_WIDTH = 100, 105, 110


def label(name: str) -> str:
    """Return how a field is headed where nobody says otherwise: `mean_amount` is "Mean"."""
    if name in LABELS:
        return LABELS[name]
    words = next((name.removesuffix(tail) for tail in TAILS if name.endswith(tail) and name != tail), name)
    words = next((words.removeprefix(lead) for lead in LEADS if words.startswith(lead)), words)
    text = words.replace("_", " ").strip() or name
    return text[:1].upper() + text[1:]


def column(name: str, kind: pl.DataType) -> Any:
    """Return the column of a field by what its name and its kind say."""
    heading = label(name)
    if kind == pl.Boolean:
        return st.column_config.CheckboxColumn(heading)
    if name.endswith(("_rate", "_share")) or name.startswith("p_"):
        return st.column_config.NumberColumn(heading, format="percent")
    if name == "amount" or name.endswith("_amount"):
        return st.column_config.NumberColumn(heading, format="compact")
    if kind.is_float():
        return st.column_config.NumberColumn(heading, format="%.1f")
    if kind.is_integer():
        return st.column_config.NumberColumn(heading, format="localized")
    return heading


def dressed(frame: pl.DataFrame, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration for every column of a frame: what is given, what the names say, and a width for each.

    Parameters
    ----------
    frame : pl.DataFrame
    given : mapping
        As for `st.dataframe`; a width in pixels given there stays.
    """
    out: dict[str, Any] = dict(given)
    for name, kind in frame.schema.items():
        if name in given and given[name] is None:
            continue
        if name not in given and is_hidden(name, frame):
            out[name] = None
            continue
        out[name] = _sized(given.get(name) or column(name, kind), frame[name], name)
    for name in NAMED_BY:
        if name in given and is_hidden(name, frame):
            out[name] = None
    return out


def is_hidden(name: str, frame: pl.DataFrame) -> bool:
    """Say whether a column is an id that tells nothing: the row has a name, or other columns say what it is."""
    if name not in IDS:
        return False
    called = NAMED_BY.get(name)
    if called in frame.columns:
        return frame.is_empty() or frame[called].null_count() < frame.height
    return called is None or any(other in frame.columns for other in FIRST)


def order(frame: pl.DataFrame) -> list[str]:
    """Return the columns of a drill-down as they are read: the name, the amount, the rest."""
    shown = [name for name in frame.columns if not is_hidden(name, frame)]
    names = [name for name in FIRST if name in shown][:1]
    money = [name for name in shown if name == "amount" or name.endswith("_amount")][:1]
    lead = [*names, *money]
    rest = [name for name in shown if name not in lead and frame[name].null_count() < max(frame.height, 1)]
    return [*lead, *rest]


def named(data: Dataset, frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the names their ids stand for: account, deal, product, rep."""
    sources = (
        ("account_id", data.accounts, "account_name", "account_id"),
        ("opportunity_id", data.opportunities, "opportunity_name", "opportunity_id"),
        ("product_id", data.products, "product_name", "product_id"),
        ("rep_id", data.sales_team, "rep_name", "rep_id"),
        ("owner_id", data.sales_team, "owner_name", "rep_id"),
    )
    for key, source, name, source_key in sources:
        column_of = "rep_name" if name == "owner_name" else name
        if key not in frame.columns or name in frame.columns or not {column_of, source_key} <= set(source.columns):
            continue
        pairs = source.select(pl.col(source_key).alias(key), pl.col(column_of).alias(name)).unique(key, keep="last")
        frame = frame.join(pairs, on=key, how="left", maintain_order="left")
    return frame


def beyond(config: Mapping[str, Any], shown: Sequence[str], room: int) -> dict[str, Any]:
    """Return the configuration of the last columns that find no place in so many pixels: hidden until asked for."""
    out, used, n = {}, 0, 0
    for name in shown:
        own = config.get(name)
        if not isinstance(own, dict):
            continue
        used, n = used + int(own.get("width") or NUMBER[0]), n + 1
        if used > room and n > FEWEST:
            out[name] = {**own, "hidden": True}
            used = room  # The order stands for importance: what comes later is not shown either.
    return out


def _sized(given: Any, values: pl.Series, name: str) -> Any:
    """Return a column's configuration with a width that holds its heading and, as far as it may, its longest value."""
    config: dict[str, Any] = {"label": given} if isinstance(given, str) else dict(given)
    if isinstance(config.get("width"), int):
        return config
    inner = config.get("type_config") or {}
    kind, form = inner.get("type"), str(inner.get("format") or "")
    heading = int(len(str(config.get("label") or label(name))) * LETTER) + EDGE
    config["width"] = max(heading, _width(kind, form, values, config.get("width") == "large"))
    return config


def _width(kind: str | None, form: str, values: pl.Series, is_long: bool) -> int:
    if kind == "progress":
        return BAR_WIDTH
    if kind in ("line_chart", "bar_chart", "area_chart"):
        return LINE_WIDTH
    if values.dtype.is_temporal() or kind in ("date", "datetime"):
        return DATE_WIDTH if values.dtype == pl.Date else DATE_WIDTH + 60
    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        return _number_width(values, form)
    longest = int(values.head(SEEN).cast(pl.String, strict=False).str.len_chars().max() or 0)  # type: ignore[arg-type]
    return max(TEXT[0], min(int(longest * LETTER) + EDGE, WIDEST_SAID if is_long else TEXT[1]))


def _number_width(values: pl.Series, form: str) -> int:
    """Return the width of a column of numbers: short where they are written short, else as the largest needs."""
    if form in ("compact", "percent") or values.dtype == pl.Boolean:
        return NUMBER[0]
    most = values.abs().max() or 0
    digits = len(f"{most:,.0f}") + (3 if values.dtype.is_float() and form in ("", "localized") else 0)
    return max(NUMBER[0], min(int(digits * LETTER) + EDGE, NUMBER[1]))
