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
FACTORS: dict[str, float] = {word: float(factor) for word, factor in _WORDS["factors"].items()}
SYMBOLS: Mapping[str, str] = MappingProxyType(_WORDS["symbols"])
NAMES: Mapping[str, str] = MappingProxyType(_WORDS["names"])
CODES: frozenset[str] = frozenset(_WORDS["codes"])
