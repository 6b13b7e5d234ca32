"""What a requirement is about, and how much it matters: from the file's own words, else from its text."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

RULES = Path(__file__).with_name("classes.yaml")
CATEGORIES = ("functional", "technical", "security", "integration", "compliance", "performance", "support")
PRIORITIES = ("critical", "high", "medium", "low")


@cache
def _rules() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return found


@cache
def _patterns() -> dict[str, list[tuple[re.Pattern[str], float]]]:
    return {
        name: [(re.compile(rf"\b(?:{words})", re.IGNORECASE), float(weight)) for words, weight in group.items()]
        for name, group in _rules()["categories"].items()
    }


def categorise(text: str, given: str | None = None) -> tuple[str, str]:
    """Return the category of a requirement and why.

    Parameters
    ----------
    text : str
    given : str, optional
        The file's own category; it wins where it names one of ours.

    Returns
    -------
    category : str
        functional, technical, security, integration, compliance, performance or support.
    reason : str
        The words that spoke for it.
    """
    if given:
        mapped = _score(given)
        if mapped[0]:
            return mapped[0], f"the file says {given}"
    name, words = _score(text)
    return (name, f"“{words}”") if name else ("functional", "no word of another category")


def _score(text: str) -> tuple[str, str]:
    best, words, top = "", "", 0.0
    for name, patterns in _patterns().items():
        hits = [(m.group(0), weight) for pattern, weight in patterns if (m := pattern.search(text))]
        total = sum(weight for _, weight in hits)
        if total > top:
            best, top, words = name, total, ", ".join(sorted({word.lower() for word, _ in hits})[:4])
    return best, words


def prioritise(text: str, given: str | None = None) -> tuple[str, str]:
    """Return the priority of a requirement and why.

    Parameters
    ----------
    text : str
    given : str, optional
        The file's own priority in any usual wording: MoSCoW, P1 to P4, 1 to 5, mandatory or
        desirable, high to low; it wins where it is understood.

    Returns
    -------
    priority : str
        critical, high, medium or low.
    reason : str
    """
    if given:
        plain = re.sub(r"[^\w]+", " ", given.lower()).strip()
        for name in PRIORITIES:
            if any(re.fullmatch(rf"(?:{p})(?: .*)?", plain) for p in _rules()["priorities"][name]):
                return name, f"the file says {given}"
    lower = f" {text.lower()} "
    for name in PRIORITIES:
        for word in _rules()["obligation"][name]:
            if re.search(rf"\b{word}\b", lower):
                return name, f"“{word}”"
    return "medium", "nothing says otherwise"


def classify(frame: pl.DataFrame) -> pl.DataFrame:
    """Add category, category_reason, priority and priority_reason to requirements.

    Parameters
    ----------
    frame : pl.DataFrame
        With text, given_category, section and given_priority.
    """
    rows = frame.select("text", "given_category", "section", "given_priority").iter_rows()
    found = [(*categorise(text, given or section), *prioritise(text, level)) for text, given, section, level in rows]
    names = ["category", "category_reason", "priority", "priority_reason"]
    return frame.hstack(pl.DataFrame(found, schema=dict.fromkeys(names, pl.String), orient="row"))
