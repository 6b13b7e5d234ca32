"""Caches of the catalogue page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from core.requirements.catalogue import capabilities, catalogue_import, effective_catalogue
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.catalogue.effective_catalogue import Edition
from core.requirements.match import duplicates, not_duplicates
from pages.ui.kit import cache
from pages.ui.requirements import gap_cache

BY_ROWS = {Edition: lambda standing: f"{standing.frame.height} {standing.frame.hash_rows(seed=7).sum()}"}


def narrowed(
    standing: Edition, kinds: tuple[str, ...], states: tuple[str, ...], words: str, retired: bool
) -> pl.DataFrame:
    """Return the capabilities that are asked for."""
    rows = standing.frame if retired else standing.frame.filter(~pl.col("is_retired"))
    if kinds:
        rows = rows.filter(pl.col("category").is_in(kinds))
    if states:
        rows = rows.filter(pl.col("status").is_in(states))
    text = pl.concat_str(
        ["capability_id", "name", "description", "limit", "commitments", "owner"], separator=" ", ignore_nulls=True
    )
    for word in words.lower().split():
        rows = rows.filter(text.str.to_lowercase().str.contains(word, literal=True))
    return rows


@st.cache_resource(show_spinner="Reading the file", max_entries=8, hash_funcs=BY_ROWS)
def preview(content: bytes, name: str, standing: Edition) -> catalogue_import.Incoming:
    """Return what a file would change."""
    return catalogue_import.preview(standing, capabilities.read(content, name))


@st.cache_resource(
    show_spinner="Comparing capabilities", max_entries=8, hash_funcs={Catalogue: lambda c: c.fingerprint}
)
def twins(home: Path, offered: Catalogue, different: tuple[not_duplicates.Pair, ...] = ()) -> duplicates.Twins:
    """Return pairs of capabilities that may be one and the same, without those told apart."""
    return duplicates.find(offered, home, apart=different)


@st.cache_resource(show_spinner=False, max_entries=4)
def history(url: str, stamp: int) -> pl.DataFrame:
    """Return who changed what."""
    return effective_catalogue.history(gap_cache.shipped(), cache.store(url).capabilities.all(effective_catalogue.BOOK))


def both(theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> pl.DataFrame:
    """Return the fields in which two wordings differ: [field, theirs, mine]."""
    rows = [
        (word.capitalize(), _said(theirs.get(name)), _said(mine.get(name)))
        for name, word in {**effective_catalogue.WORDS, "is_retired": "retired"}.items()
        if theirs.get(name) != mine.get(name)
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("field", "theirs", "mine"), pl.String), orient="row")


def _said(value: Any) -> str:
    return "" if value is None else "yes" if value is True else "no" if value is False else str(value)
