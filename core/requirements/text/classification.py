"""What a requirement is about, how much it matters and how binding it is: from the file's words, else its text."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from core import yaml_text

RULES = Path(__file__).with_name("classes.yaml")
CATEGORIES = ("functional", "technical", "security", "integration", "compliance", "performance", "support")
PRIORITIES = ("critical", "high", "medium", "low")
OBLIGATIONS = ("must", "should", "may")
# A section head must speak this clearly to name the category of what stands under it.
CLEAR = 1.5
NUMBER = re.compile(r"(?:p|prio|priority|level|stufe|tier)?\s*(\d{1,2})(?:\s*(?:of )?\d{1,2})?")
NOT_OURS = re.compile(
    r"\b(?:non|nicht|niet|no)[- ]?func?k?tional?\w*|\bNFRs?\b|\bno funcional\w*|\bservice levels?\b", re.IGNORECASE
)
RISING = re.compile(r"weight|importan|score|points|gewicht|wichtig|poids|peso|belang|\bwert", re.IGNORECASE)
ADDED = (
    "category",
    "category_reason",
    "priority",
    "priority_reason",
    "obligation",
    "obligation_reason",
)


@cache
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = yaml_text.parsed(RULES.read_text(encoding="utf-8"))
    return rules


@cache
def _worded(block: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return (name, pattern) of a block of the rules, in the order they are tried."""
    return tuple(
        (name, re.compile(r"(?<![^\W_])(?:" + "|".join(words) + r")(?![^\W_])", re.IGNORECASE))
        for name, words in _rules()[block].items()
    )


def categorise(text: str, given: str | None = None, section: str | None = None, vector: Any = None) -> tuple[str, str]:
    """Return the category of a requirement and why.

    The file's own category wins where it names one of ours in any of the main European languages, then
    a section head that clearly does; else a linear model over stemmed words, pairs of them and keyword
    groups decides, and beside it one over the sentence vector where there is one, both trained by
    `training/categories.py` on lines written for Quarterdeck.

    Parameters
    ----------
    text : str
    given : str, optional
        The file's own category.
    section : str, optional
        The head the requirement stands under.
    vector : array, optional
        The text's sentence vector.

    Returns
    -------
    category : str
        functional, technical, security, integration, compliance, performance or support.
    reason : str
        What spoke for it.
    """
    from core.requirements.text import categories

    for named, least, wording in ((given, 0.0, "the file says"), (section, CLEAR, "it stands under")):
        if named and (mapped := _named(named, least)):
            return mapped, f"{wording} {named}"
    name, _, words = categories.of(text, vector)
    return (
        (name, f"“{words}”")
        if words
        else (name, "its meaning" if vector is not None else "no word of another category")
    )


def _named(label: str, least: float) -> str:
    label = NOT_OURS.sub(" ", label)
    for name, pattern in _worded("given"):
        if pattern.search(label):
            return name
    from core.requirements.text import categories

    scores = {
        name: sum(weight for pattern, weight in group if pattern.search(label))
        for name, group in categories.patterns().items()
    }
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > least else ""


def prioritise(text: str, given: str | None = None, most: int = 0) -> tuple[str, str]:
    """Return the priority of a requirement and why.

    Parameters
    ----------
    text : str
    given : str, optional
        The file's own priority in any usual wording: MoSCoW, P1 to P4, 1 to 5, mandatory or
        desirable, high to low, in the main European languages; it wins where it is understood.
    most : int
        The top of a scale on which more is more (a weight of 1 to 10); 0 where 1 comes first.

    Returns
    -------
    priority : str
        critical, high, medium or low.
    reason : str
    """
    if given and (level := _given_priority(given, most)):
        return level, f"the file says {given}"
    for name, pattern in _worded("wording"):
        if hit := pattern.search(text):
            return name, f"“{hit.group(0).lower()}”"
    return "medium", "nothing says otherwise"


def _given_priority(given: str, most: int) -> str:
    plain = " ".join(re.sub(r"[^\w]+|_", " ", given.lower()).split())
    if number := NUMBER.fullmatch(plain):
        value = int(number.group(1))
        level = min(value, 4) if not most else 5 - -(-value * 4 // most)
        return PRIORITIES[min(max(level, 1), 4) - 1]
    plain = re.sub(r"^\d{1,2} (?=\D)", "", plain)
    for name, words in _rules()["priorities"].items():
        if any(re.fullmatch(word, plain) for word in words):
            return str(name)
    for name, words in _rules()["priorities"].items():
        if any(len(word) > 2 and re.match(rf"(?:{word})\b", plain) for word in words):
            return str(name)
    return ""


def oblige(text: str, given: str | None = None) -> tuple[str | None, str]:
    """Return how binding a requirement is, apart from how much it matters, and why.

    Parameters
    ----------
    text : str
    given : str, optional
        The file's own word where it speaks of obligation (mandatory, desirable, optional).

    Returns
    -------
    obligation : str or None
        must, should or may; None where nothing says it.
    reason : str
    """
    for source, template in ((given or "", "the file says {0}"), (text, "“{1}”")):
        hits = [(hit.start(), name, hit) for name, pattern in _worded("obliging") if (hit := pattern.search(source))]
        if hits:
            _, name, hit = min(hits, key=lambda entry: entry[0])
            return name, template.format(given, hit.group(0).lower())
    return None, "nothing says it"


def classify(frame: pl.DataFrame, heading: str = "", meaning: Any = None) -> pl.DataFrame:
    """Add what a requirement is about, how much it matters and how binding it is.

    Parameters
    ----------
    frame : pl.DataFrame
        With text, given_category, section and given_priority.
    heading : str
        What the file calls its priority column: on a scale called weight, importance or score more is more.
    meaning : array, [rows, 384], optional
        The sentence vectors of the texts.

    Returns
    -------
    pl.DataFrame
        With category, priority and obligation (must, should, may, or null), each with its reason.
    """
    levels = frame["given_priority"].to_list()
    numbers = [int(hit.group(1)) for level in levels if level and (hit := NUMBER.fullmatch(level.strip().lower()))]
    most = max([*numbers, 3]) if numbers and (RISING.search(heading) or max(numbers) > 5) else 0
    rows = frame.select("text", "given_category", "section", "given_priority").iter_rows()
    seen = [None] * frame.height if meaning is None else meaning
    classes = [
        (*categorise(text, given, section, vector), *prioritise(text, level, most), *oblige(text, level))
        for (text, given, section, level), vector in zip(rows, seen, strict=True)
    ]
    return frame.hstack(pl.DataFrame(classes, schema=dict.fromkeys(ADDED, pl.String), orient="row"))
