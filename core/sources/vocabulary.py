"""What the words of an export mean: yes and no, won and lost, and the values our contracts allow."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from core.contracts.yaml_text import shipped_yaml
from core.localization import joined
from core.sources.headers import fold, fold_words
from core.sources.money_words import EMPTY

WORDS = Path(__file__).with_name("words.yaml")
CATEGORIES = {
    ("opportunities", "opportunity_type"): "opportunity_type",
    ("opportunities", "forecast_category"): "forecast_category",
    ("opportunity_history", "forecast_category"): "forecast_category",
    ("activities", "kind"): "kind_activity",
    ("transactions", "kind"): "kind_transaction",
    ("sales_team", "role"): "role",
}


@cache
def _content() -> dict[str, Any]:
    return dict(shipped_yaml(WORDS))


@cache
def words(name: str) -> frozenset[str]:
    """Return a list of words, folded."""
    return frozenset(plain for word in _content()[name] if (plain := folded(word)))


@cache
def meanings(name: str) -> Mapping[str, str]:
    """Return folded word -> the value it stands for."""
    return {folded(word): value for value, listed in _content()[name].items() for word in [value, *listed]}


def folded(word: object) -> str:
    """Return a word as lists of words are compared: folded, or as it is where nothing is left of it."""
    text = str(word).lower() if isinstance(word, bool) else str(word)
    return fold(text) or text.strip()


def truth(text: str) -> bool | None:
    """Return whether a word says yes or no; None where it says neither.

    Examples
    --------
    >>> truth("Ja"), truth("0"), truth("=FALSE()"), truth("perhaps")
    (True, False, False, None)
    """
    word = folded(text)
    if word in words("yes"):
        return True
    return False if word in words("no") else None


def ending(text: str) -> str | None:
    """Return "won" or "lost" where a stage or status says that it ends a deal, else None.

    Examples
    --------
    >>> ending("🎉 Gewonnen"), ending("6 - Closed Lost"), ending("Negotiation"), ending("Won back - talks")
    ('won', 'lost', None, None)
    """
    whole, parts = fold(text.strip()), fold_words(text)
    for name in ("won", "lost"):
        if whole in words(name) or bare(text) in words(name):
            return name
    if len(parts) <= 4 and not any(p in words("not_ended") for p in parts):
        hits = {name for name in ("won", "lost") if any(p in words(f"{name}_word") for p in parts)}
        return hits.pop() if len(hits) == 1 else None
    return None


def bare(text: str) -> str:
    """Return a stage's name folded, without the numbers that order it.

    Examples
    --------
    >>> bare("4 - Proposal sent")
    'proposalsent'
    """
    return fold(joined(*(p for p in fold_words(text) if not p.isdigit())))


def is_blank(column: pl.Expr) -> pl.Expr:
    """Say whether a text cell stands for nothing."""
    return column.is_null() | column.str.strip_chars().str.to_lowercase().is_in(list(EMPTY))
