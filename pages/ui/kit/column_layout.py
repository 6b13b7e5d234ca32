"""How columns are headed, formatted and sized where a page says nothing else: the one writer for all tables.

Names of fields and ids never reach the screen: a field gets its label, money stands compact, a share in whole per
cent, and an id is left out wherever the row has a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from core.column_labels import kind, label
from core.contracts import Dataset
from core.localization import shown
from pages.ui.kit import company_wording

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
IDS = (*NAMED, "transaction_id", "subscription_id", "activity_id", "parent_account_id", "entity_id")
FIRST = ("opportunity_name", "account_name", "rep_name", "owner_name", "person_name", "name", "product_name", "month")
LETTER, EDGE = 6.1, 22  # pixels of a usual letter, and of what lies around the text
TEXT, NUMBER = (70, 200), (58, 120)
WIDEST_SAID = 420
FEWEST = 3  # columns shown in any case
SEEN = 300  # rows looked through for the longest text
DATE_WIDTH, BAR_WIDTH, LINE_WIDTH = 100, 105, 110


def column(name: str, dtype: pl.DataType, currency: str = "") -> Any:
    """Return the column of a field by what its name and its type say; money is headed with a currency if given."""
    heading, of = label(name, currency), kind(name)
    if isinstance(dtype, pl.List):
        return st.column_config.ListColumn(heading)
    if dtype == pl.Boolean:
        return st.column_config.CheckboxColumn(heading)
    if not dtype.is_numeric():
        return heading
    if of in ("rate", "chance") or name.endswith("_share"):
        return st.column_config.NumberColumn(heading, format="percent")
    if of == "money":
        return st.column_config.NumberColumn(heading, format="compact")
    is_whole = of == "count" or dtype.is_integer()
    return st.column_config.NumberColumn(heading, format="localized" if is_whole else "%.1f")


def dressed(frame: pl.DataFrame, given: Mapping[str, Any], currency: str = "") -> dict[str, Any]:
    """Return a configuration for every column of a frame: what is given, what the names say, and a width for each.

    Parameters
    ----------
    frame : pl.DataFrame
    given : mapping
        As for `st.dataframe`; a width in pixels given there stays.
    currency : str
        Written over the columns of money that nothing is given for.
    """
    out: dict[str, Any] = dict(given)
    for name, dtype in frame.schema.items():
        if name in given and given[name] is None:
            continue
        if name not in given and is_hidden(name, frame):
            out[name] = None
            continue
        out[name] = _sized(given.get(name) or column(name, dtype, currency), frame[name], name)
    for name in NAMED:
        if name in given and is_hidden(name, frame):
            out[name] = None
    return company_wording.headed(out)


def is_hidden(name: str, frame: pl.DataFrame) -> bool:
    """Say whether a column is an id that tells nothing: the row has a name, or other columns say what it is."""
    if name not in IDS:
        return False
    titles = [title for title in _titles(name) if title in frame.columns]
    if titles:
        return frame.is_empty() or any(frame[title].null_count() < frame.height for title in titles)
    return name not in NAMED or any(other in frame.columns for other in FIRST)


def _titles(name: str) -> tuple[str, str]:
    """Return what the column of names beside a column of ids may be called: `owner_name`, `owner`."""
    return name.replace("_id", "_name"), name.removesuffix("_id")


def order(frame: pl.DataFrame) -> list[str]:
    """Return the columns of a drill-down as they are read: the name, the amount, the rest."""
    shown = [name for name in frame.columns if not is_hidden(name, frame)]
    names = [name for name in FIRST if name in shown][:1]
    money = [name for name in shown if name == "amount" or name.endswith("_amount")][:1]
    lead = [*names, *money]
    rest = [name for name in shown if name not in lead and frame[name].null_count() < max(frame.height, 1)]
    return [*lead, *rest]


def named(frame: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Return rows with the names their ids stand for beside them: account, deal, product, person.

    An id nobody has a name for stands for itself.
    """
    for name, (source, key, title) in NAMED.items():
        beside = name.replace("_id", "_name")
        rows: pl.DataFrame = getattr(data, source)
        if name not in frame.columns or set(_titles(name)) & set(frame.columns) or title not in rows.columns:
            continue
        names = dict(rows.select(pl.col(key).cast(pl.String), title).unique(key, keep="last").iter_rows())
        frame = frame.with_columns(pl.col(name).cast(pl.String).replace(names).alias(beside))
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
    cell_type, form = inner.get("type"), str(inner.get("format") or "")
    heading = int(len(shown(str(config.get("label") or label(name)))) * LETTER) + EDGE
    config["width"] = max(heading, _width(cell_type, form, values, config.get("width") == "large"))
    return config


def _width(cell_type: str | None, form: str, values: pl.Series, is_long: bool) -> int:
    if cell_type == "progress":
        return BAR_WIDTH
    if cell_type in ("line_chart", "bar_chart", "area_chart"):
        return LINE_WIDTH
    if values.dtype.is_temporal() or cell_type in ("date", "datetime"):
        return DATE_WIDTH if values.dtype == pl.Date else DATE_WIDTH + 60
    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        return _number_width(values, form)
    some = values.head(SEEN)
    if some.dtype.is_nested():
        texts = pl.Series([str(value) for value in some.to_list()], dtype=pl.String)
    else:
        texts = some.cast(pl.String, strict=False)
    longest = int(texts.str.len_chars().max() or 0)  # type: ignore[arg-type]
    return max(TEXT[0], min(int(longest * LETTER) + EDGE, WIDEST_SAID if is_long else TEXT[1]))


def _number_width(values: pl.Series, form: str) -> int:
    """Return the width of a column of numbers: short where they are written short, else as the largest needs."""
    if form in ("compact", "percent") or values.dtype == pl.Boolean:
        return NUMBER[0]
    most = values.abs().max() or 0
    digits = len(f"{most:,.0f}") + (3 if values.dtype.is_float() and form in ("", "localized") else 0)
    return max(NUMBER[0], min(int(digits * LETTER) + EDGE, NUMBER[1]))
