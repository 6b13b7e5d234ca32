"""Caches of the catalogue page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from core.artifacts import CATALOGUES
from core.requirements.catalogue import capabilities, catalogue_import, effective_catalogue
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.catalogue.effective_catalogue import Edition
from core.requirements.match import duplicates, not_duplicates
from pages.ui.kit import cache
from pages.ui.requirements import gap_cache


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


def preview(content: bytes, name: str, standing: Edition) -> catalogue_import.Incoming:
    """Return what a file would change."""
    rows = f"{standing.frame.height} {standing.frame.hash_rows(seed=7).sum()}"
    return cache.remembered(
        CATALOGUES,
        ("preview", cache.digest(content), name, rows),
        lambda: catalogue_import.preview(standing, capabilities.read(content, name)),
        "Reading the file",
    )


def twins(home: Path, offered: Catalogue, different: tuple[not_duplicates.Pair, ...] = ()) -> duplicates.Twins:
    """Return pairs of capabilities that may be one and the same, without those told apart."""
    return cache.remembered(
        CATALOGUES,
        ("twins", home, offered.fingerprint, different),
        lambda: duplicates.find(offered, home, apart=different),
        "Comparing capabilities",
    )


def history(url: str, stamp: int) -> pl.DataFrame:
    """Return who changed what."""
    return cache.remembered(CATALOGUES, ("history", url, gap_cache.book(), stamp), lambda: _history(url))


def _history(url: str) -> pl.DataFrame:
    return effective_catalogue.history(gap_cache.shipped(), cache.store(url).capabilities.all(gap_cache.book()))


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
