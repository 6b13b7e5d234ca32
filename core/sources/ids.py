"""Ids: kept letter by letter, except for what a spreadsheet or Salesforce adds to them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from core.sources.money_words import NO_ID

# Texts of a CRM that stand for no id.
NONE = [*NO_ID, "000000000000000AAA", "000000000000000", "00000000-0000-0000-0000-000000000000"]
GUID = r"^\{?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\}?$"
LONG = r"^[a-zA-Z0-9]{18}$"
SHORT = r"^[a-zA-Z0-9]{15}$"


def tidy(column: pl.Series) -> pl.Series:
    """Return ids without spaces around them, and without what a spreadsheet or database adds.

    That is ".0" behind whole numbers, an apostrophe before texts, braces and capitals of GUIDs.
    """
    stripped = column.str.strip_chars()
    stripped = stripped.set(stripped.is_in(NONE).fill_null(value=False), None)
    filled = stripped.drop_nulls()
    if filled.len() and filled.head(50).str.starts_with("'").all() and filled.str.starts_with("'").all():
        stripped = stripped.str.slice(1)
    if filled.len() and filled.head(50).str.contains(GUID).any():
        is_guid = stripped.str.contains(GUID).fill_null(value=False)
        return stripped.set(is_guid, None).fill_null(stripped.str.strip_chars("{}").str.to_lowercase())
    if filled.len() and filled.head(1_000).str.contains(r"^\d+\.0$").all() and filled.str.contains(r"^\d+\.0$").all():
        return stripped.str.replace(r"\.0$", "")
    return stripped


def long_forms(columns: list[pl.Series]) -> dict[str, str]:
    """Return Salesforce's 15-character ids -> the 18-character ones of the same data; empty where only one form occurs.

    Parameters
    ----------
    columns : list of pl.Series
        Every column of ids of a source.
    """
    longs: set[str] = set()
    has_short = False
    for column in columns:
        filled = column.drop_nulls()
        if not filled.len() or not re.fullmatch(r"[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?", str(filled[0])):
            continue
        longs |= set(filled.filter(filled.str.contains(LONG)).unique().to_list())
        has_short = has_short or bool(filled.str.contains(SHORT).any())
    return {long[:15]: long for long in longs} if has_short else {}


def lengthened(column: pl.Series, forms: Mapping[str, str]) -> pl.Series:
    """Return a column with its 15-character ids in their longer form."""
    return column.replace(dict(forms)) if forms else column
