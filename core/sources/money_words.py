"""Signs, names and codes of currencies, units of numbers, and what stands for an empty cell, read from `money.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.contracts.yaml_text import shipped_yaml

DOLLARS = ("USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN")
ONE_SIGN = (
    (*DOLLARS, "TWD", "ARS", "CLP", "COP", "BRL"),
    ("SEK", "NOK", "DKK", "ISK", "CZK"),
    ("JPY", "CNY"),
    ("GBP", "EGP"),
    ("INR", "PKR", "LKR", "NPR"),
    ("CHF", "XAF", "XOF"),
)
"""Currencies that share a sign."""


def _content() -> dict[str, Any]:
    return dict(shipped_yaml(Path(__file__).with_name("money.yaml")))


_WORDS = _content()
EMPTY: tuple[str, ...] = tuple(dict.fromkeys((*_WORDS["empty"], *_WORDS["nulls"])))
NULLS: tuple[str, ...] = (*_WORDS["nulls"], *_WORDS["errors"])


def _spellings(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return words as they are written: small, in capitals, with one; so a column need not be folded to find them."""
    return tuple(sorted({form for w in words for form in (w, w.upper(), w.capitalize(), w.title())} | {"NaT", "NaN"}))


NOTHING: tuple[str, ...] = _spellings(("", *NULLS))
NO_ID: tuple[str, ...] = _spellings((*EMPTY, *NULLS))
FACTORS: dict[str, float] = {word: float(factor) for word, factor in _WORDS["factors"].items()}
SYMBOLS: Mapping[str, str] = MappingProxyType(_WORDS["symbols"])
NAMES: Mapping[str, str] = MappingProxyType(_WORDS["names"])
CODES: frozenset[str] = frozenset(_WORDS["codes"])
