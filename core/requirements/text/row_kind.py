"""What kind of row a buyer's line is, and what "yes" would say to it: told by its grammar and its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core import yaml_text
from core.artifacts import ANALYSES, memoized

RULES = Path(__file__).with_name("row_kinds.yaml")
DEMAND, YES_NO, OPEN = "demand", "yes/no question", "open question"
DOCUMENT, LISTING, CONDITION = "document request", "list request", "condition"
PRICE, FIELD, BUYER = "price", "form field", "buyer information"
KINDS = (DEMAND, YES_NO, OPEN, DOCUMENT, LISTING, CONDITION, PRICE, FIELD, BUYER)
REASSURING, DAMAGING, NEUTRAL, UNSURE = "reassuring", "damaging", "neutral", "unsure"
POLARITIES = (REASSURING, DAMAGING, NEUTRAL, UNSURE)
# Rows of these kinds can be complied with; the others are answered in words, by a document, or not at all.
RATED = (DEMAND, YES_NO)
SILENCE = "no word says what yes would mean"
# Kinds no question can be of, whatever stands in front of it.
SILENT = (FIELD, BUYER)
NUMBERING = re.compile(r"^\s*(?:[(\[]?(?:[A-Za-z]{0,3}[-.]?\d+(?:\.\d+)*|[a-z])[.):\]]+\s+|[-•*–]\s+)")
# "Do you meet this: …" asks for what stands behind it.
MEETS = re.compile(
    r"^(?:do|does|can|could|will|would) (?:you|your \w+|it|the \w+) (?:\w+ly )?(?:meet|fulfill?|satisfy|support|cover|"
    r"comply with)\b[^:?]{0,40}:\s*",
    re.IGNORECASE,
)
INVERTED = re.compile(
    r"^(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|may|might|shall)\s+(?!not?\b)\w+", re.IGNORECASE
)

CLAUSES = re.compile(
    r"(?<=[.?!])\s+|[,;:] (?=(?:do|does|did|is|are|was|were|has|have|can|could|will|would|may)\b)", re.IGNORECASE
)


@dataclass(frozen=True)
class RowKind:
    """What a row is.

    Attributes
    ----------
    kind : str
        One of `KINDS`: demand, yes/no question, open question, document request, list request, condition,
        price, form field or buyer information.
    polarity : str or None
        What "yes" says to a question, complying to a demand or agreeing to a condition: reassuring, damaging,
        neutral or unsure; null for kinds without a yes.
    reason : str
        The words that decided.
    """

    kind: str
    polarity: str | None
    reason: str = ""

    @property
    def is_silent(self) -> bool:
        """Say whether a question holds no word that tells what yes would mean, neither good nor bad."""
        return self.kind == YES_NO and self.reason == SILENCE

    @property
    def may_say_yes(self) -> bool:
        """Say whether a capability may answer the row with yes; every other row is a person's to answer."""
        return self.kind in RATED and self.polarity == REASSURING


@cache
def _rules() -> dict[str, dict[str, tuple[re.Pattern[str], ...]]]:
    blocks: dict[str, Any] = yaml_text.parsed(RULES.read_text(encoding="utf-8"))
    words = {name: "|".join(listed) for name, listed in blocks.pop("words").items()}
    words["does"] = words["does"].replace("{things}", words["things"])
    return {
        block: {name: tuple(_compiled(p, words) for p in patterns) for name, patterns in names.items()}
        for block, names in blocks.items()
    }


def _compiled(pattern: str, words: dict[str, str]) -> re.Pattern[str]:
    """Compile a pattern in which a name in braces stands for a list of words."""
    for name, listed in words.items():
        pattern = pattern.replace(f"{{{name}}}", f"(?:{listed})")
    return re.compile(pattern, re.IGNORECASE)


def _hit(block: str, name: str, text: str) -> str:
    """Return the words of a text that a rule names; empty where none does."""
    matches = (pattern.search(text) for pattern in _rules()[block].get(name, ()))
    return next((hit.group(0).strip() for hit in matches if hit and hit.group(0).strip()), "")


@memoized(ANALYSES, 20_000)
def row_kind(text: str) -> RowKind:
    """Say what kind of row a line is and what "yes" would say to it.

    Grammar and words decide (`row_kinds.yaml`); the same line always has the same kind, and the words that
    decided are named. Where a question speaks of harm and denies it ("Is it impossible to bypass …"), or of
    nothing that is known to reassure, its polarity is unsure: such a row goes to a person. English is known
    best; German, French, Spanish, Portuguese, Dutch, Polish and Chinese by their commonest forms.

    Parameters
    ----------
    text : str
        The buyer's own words.

    Returns
    -------
    RowKind

    Examples
    --------
    >>> row_kind("Is data encrypted at rest?").polarity, row_kind("Are any backups kept unencrypted?").polarity
    ('reassuring', 'damaging')
    >>> row_kind("What is your RTO?").kind, row_kind("List all sub-processors.").kind
    ('open question', 'list request')
    >>> row_kind("The system shall allow disabling of multi-factor authentication.").polarity
    'unsure'
    """
    plain = NUMBERING.sub("", " ".join(text.replace("’", "'").split()))
    kind, reason = _kind(plain)
    if kind == YES_NO:
        return RowKind(kind, *_question_polarity(plain))
    if kind == DEMAND:
        return RowKind(kind, *_demand_polarity(plain))
    return RowKind(kind, UNSURE if kind == CONDITION else None, reason)


def denies(text: str) -> bool:
    """Say whether a clause denies, refuses or weakens something, or speaks of harm.

    Examples
    --------
    >>> denies("older protocols are refused"), denies("all connections use TLS")
    (True, False)
    """
    return any(_hit("polarity", name, text) for name in ("negated", "prevented", "weakened", "insecure"))


def _kind(text: str) -> tuple[str, str]:
    asks = "?" in text or "？" in text
    for kind in _rules()["kinds"]:
        if not (asks and kind in SILENT) and (words := _hit("kinds", kind, text)):
            return kind, f"“{words}”"
    if asks or INVERTED.match(text):
        return YES_NO, "it asks"
    return DEMAND, "nothing says otherwise"


def _question_polarity(text: str) -> tuple[str, str]:
    """Return what yes says to a question, and by which words."""
    if framed := MEETS.match(text):
        return _demand_polarity(text[framed.end() :])
    rest = _without_handled(text)
    harm = next((hit for name in ("insecure", "weakened", "damaging") if (hit := _hit("polarity", name, rest))), "")
    denied = _hit("polarity", "negated", rest) or _hit("polarity", "prevented", rest)
    if harm or denied:
        return _risk(harm, denied)
    if words := _hit("polarity", "neutral", text):
        return NEUTRAL, f"“{words}”"
    words = next((hit for part in _sentences(text) if (hit := _hit("polarity", "reassuring", part))), "")
    if words:
        return REASSURING, f"“{words}”"
    doubt = _hit("polarity", "doubtful", text)
    return UNSURE, f"“{doubt}”" if doubt else SILENCE


def _risk(harm: str, denied: str) -> tuple[str, str]:
    """Return what yes says to a question that speaks of harm, denies something, or both."""
    if harm and denied:
        return UNSURE, f"“{harm}” and “{denied}” in one question"
    return (DAMAGING, f"“{harm}”") if harm else (UNSURE, f"“{denied}”")


def _sentences(text: str) -> list[str]:
    """Return a text's sentences, those that ask first; "When …, is …?" asks from "is" on."""
    parts = [part.strip(" ¿") for part in CLAUSES.split(text) if part.strip()]
    return sorted(parts, key=lambda part: "?" not in part)


def _demand_polarity(text: str) -> tuple[str, str]:
    """Return what complying says: a demand that forbids or weakens something is for a person."""
    rest = _without_handled(text)
    words = next((hit for name in ("negated", "weakened", "insecure") if (hit := _hit("polarity", name, rest))), "")
    return (UNSURE, f"“{words}”") if words else (REASSURING, "it asks for something")


def _without_handled(text: str) -> str:
    """Take out phrases in which a threat is dealt with, or a "no" is a limit."""
    for pattern in _rules()["polarity"]["handled"]:
        text = pattern.sub(" … ", text)
    return text
