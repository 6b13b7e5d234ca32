"""What a measure's docstring says, in plain words: pages show it under Calculation."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from core.column_labels import label

SECTION = re.compile(r"\n[A-Z][A-Za-z ]+\n-{3,}\n")
FORMULA = "Formula: "


def explained(function: Callable[..., Any]) -> tuple[str, str, list[str]]:
    """Return a function's description in plain words: what it says, its formula, and what only analysts need."""
    text = SECTION.split("\n" + (inspect.getdoc(function) or ""), maxsplit=1)[0]
    paragraphs = [plain(" ".join(part.split())) for part in text.split("\n\n") if part.strip()]
    meaning, *rest = paragraphs or [label(function.__name__)]
    formula = next((part.removeprefix(FORMULA) for part in rest if part.startswith(FORMULA)), "")
    formula = formula[:1].upper() + formula[1:]
    return meaning, formula, [part for part in rest if not part.startswith(FORMULA)]


def plain(text: str) -> str:
    """Return a description without the names of code: columns by their labels, functions and settings left out.

    Examples
    --------
    >>> plain("Open p_win × amount (`quotas.own_quotas`). None without a quota.")
    'Open win chance × amount. Not shown without a quota.'
    """
    text = re.sub(r"\s*\(`[^`]*`\)", "", text)
    text = re.sub(r"\bNone (?=without|when|where)", "Not shown ", text)
    text = re.sub(r"`([^`]*)`", lambda match: match[1].rpartition(".")[2].replace("_", " "), text)
    return re.sub(r"\b[a-z]+(?:_[a-z0-9]+)+\b", lambda match: _lowered(label(match[0])), text)


def _lowered(text: str) -> str:
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
