"""Columns of tables: labels, units and names in place of ids, for rows that nobody configured by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
import streamlit as st

from core.column_labels import kind, label
from core.contracts import Dataset

# Whose id a column holds: the frame that names it, its id and its name there.
NAMED = {
    "account_id": ("accounts", "account_id", "account_name"),
    "rep_id": ("sales_team", "rep_id", "rep_name"),
    "owner_id": ("sales_team", "rep_id", "rep_name"),
    "manager_id": ("sales_team", "rep_id", "rep_name"),
    "person_id": ("sales_team", "rep_id", "rep_name"),
    "product_id": ("products", "product_id", "product_name"),
    "opportunity_id": ("opportunities", "opportunity_id", "opportunity_name"),
}
WHOLE, TENTHS = "%.0f %%", "%.1f %%"


def configured(frame: pl.DataFrame, config: Mapping[str, Any], currency: str = "") -> dict[str, Any]:
    """Return the configuration of a table: a label and a unit for each column that has none; ids beside names hide."""
    own = {name: _column(name, dtype, currency) for name, dtype in frame.schema.items() if name not in config}
    return {**config, **own, **dict.fromkeys(spare_ids(frame.columns))}


def spare_ids(names: Iterable[str]) -> list[str]:
    """Return the columns of ids that stand beside the name they belong to."""
    present = set(names)
    return [
        name
        for name, (_, _, title) in NAMED.items()
        if name in present and {title, name.replace("_id", "_name"), name.removesuffix("_id")} & (present - {name})
    ]


def _column(name: str, dtype: Any, currency: str) -> Any:
    text, of = label(name, currency), kind(name)
    if isinstance(dtype, pl.List):
        return st.column_config.ListColumn(text)
    if dtype == pl.Boolean:
        return st.column_config.CheckboxColumn(text)
    if not dtype.is_numeric():
        return text
    if of == "money":
        return st.column_config.NumberColumn(text, format="localized", step=1)
    is_whole = of == "count" or dtype.is_integer()
    shape = "percent" if of in {"rate", "chance"} else "localized" if is_whole else "%.2f"
    return st.column_config.NumberColumn(text, format=shape)


def percents(frame: pl.DataFrame, config: Mapping[str, Any]) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return rates as per cents with few digits: chances in whole ones, other rates with one behind the point."""
    out, values = dict(config), []
    for name, column in config.items():
        inner = column.get("type_config") if isinstance(column, dict) else None
        if not inner or inner.get("format") != "percent" or name not in frame.columns:
            continue
        is_whole = inner.get("type") == "progress" or kind(name) == "chance"
        ends = {end: inner[end] * 100 for end in ("min_value", "max_value") if inner.get(end) is not None}
        out[name] = {**column, "type_config": {**inner, **ends, "format": WHOLE if is_whole else TENTHS}}
        values.append(pl.col(name) * 100)
    return frame.with_columns(values), out


def named(frame: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Return rows with names in place of ids: an id beside its name is left out, one alone becomes the name."""
    frame = frame.drop(spare_ids(frame.columns))
    for name, (source, key, title) in NAMED.items():
        if name in frame.columns:
            rows: pl.DataFrame = getattr(data, source)
            names = dict(rows.select(pl.col(key).cast(pl.String), title).unique(key).iter_rows())
            called = pl.col(name).cast(pl.String).replace(names).alias(name.replace("_id", "_name"))
            frame = frame.select(called if column == name else column for column in frame.columns)
    return frame


def told_apart(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return a label for each id: its name, with the id only where a name stands twice.

    Examples
    --------
    >>> told_apart([("A1", "Acme"), ("A2", "Acme"), ("A3", "Bolt")])
    {'A1': 'Acme (A1)', 'A2': 'Acme (A2)', 'A3': 'Bolt'}
    """
    pairs = [(key, name or key) for key, name in names]
    counts: dict[str, int] = {}
    for _, name in pairs:
        counts[name] = counts.get(name, 0) + 1
    return {key: f"{name} ({key})" if counts[name] > 1 and name != key else name for key, name in pairs}
