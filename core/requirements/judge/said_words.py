"""How much of what a row asks for a capability says in so many words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core import yaml_text
from core.requirements.text.glossary import in_english
from core.requirements.text.row_kind import denies
from core.requirements.text.tfidf import PLAIN, tokens

WORDS = Path(__file__).with_name("said_words.yaml")
# With this share of its words said a row is answered by what it says, not by likeness alone.
ENOUGH = 0.75
# From an even chance of the match on, half of the words will do.
EVEN, HALF = 0.5, 0.5
FEWEST = 2
COUNTED = re.compile(r"\D")
CLAUSE = re.compile(r"[.;,:]\s+|\s(?:and|but)\s")
SENTENCE = re.compile(
    r"\d|\b(?:is|are|be|was|were|has|have|must|shall|should|will|would|can|could|may|do|does|to)\b", re.IGNORECASE
)
LONGEST_TITLE = 3
LIMITED = re.compile(r"\b(?:limits? on|lock-?out|forced|hidden|removed)\b", re.IGNORECASE)
FIELDS = ("name", "description", "limit", "commitments")


@cache
def _words() -> tuple[frozenset[str], dict[str, str]]:
    """Return the stems that ask for nothing by themselves, and the stem that stands for each one like it."""
    listed: dict[str, Any] = yaml_text.parsed(WORDS.read_text(encoding="utf-8"))
    alike = {stem: group.split()[0] for group in listed["alike"] for stem in tokens(group)}
    first = {stem: tokens(word)[0] for stem, word in alike.items()}
    return frozenset(tokens(" ".join(listed["asking"]))) | PLAIN, first


def content_stems(text: str) -> set[str]:
    """Return the stems of the words that say something; words of one meaning are one, those that only ask are left out.

    Examples
    --------
    >>> content_stems("Do you have a login?") == content_stems("the sign-on")
    True
    """
    asking, alike = _words()
    return {alike.get(stem, stem) for stem in tokens(text) if stem not in asking and COUNTED.search(stem)}


def share_said(text: str, capability: Mapping[str, Any]) -> float:
    """Return the share of a row's words that its capability says, words that only ask left out.

    What a capability denies ("never shown again", "older protocols are refused") is not said. Words of one meaning
    (`said_words.yaml`) count as one, numbers not at all: `limits` compares these.

    Parameters
    ----------
    text : str
        The row, in the catalogue's language.
    capability : mapping
        name, description, limit and commitments of its counterpart.

    Returns
    -------
    float
        In [0, 1]; 0 with fewer than two words to go by.

    Examples
    --------
    >>> share_said("Do webhooks retry?", {"name": "Webhooks", "description": "Signed webhooks with retries"})
    1.0
    >>> share_said("Is it?", {"name": "Password policy"})
    0.0
    """
    asked = content_stems(text)
    if len(asked) < FEWEST:
        return 0.0
    return len(asked & content_stems(affirmed(capability))) / len(asked)


def affirmed(capability: Mapping[str, Any]) -> str:
    """Return what a capability says without the clauses that deny or limit something.

    Examples
    --------
    >>> affirmed({"name": "Vault", "description": "Keys are kept in a vault; never shown again"})
    'Vault. Keys are kept in a vault'
    """
    clauses = CLAUSE.split(". ".join(str(capability[key]) for key in FIELDS if capability.get(key)))
    return ". ".join(clause for clause in clauses if not denies(clause) and not LIMITED.search(clause))


def is_another_title(text: str, capability: Mapping[str, Any]) -> bool:
    """Say whether a row is a bare title, and not that of the capability it is held against.

    A title of up to three words without a verb ("Improvements") resembles every capability it heads; it is answered
    by one that bears it, which is one it shares at least half of the name with.

    Examples
    --------
    >>> is_another_title("Improvements", {"name": "Improvements are identified from evaluations"})
    True
    >>> is_another_title("Single sign-on", {"name": "Single sign-on with SAML 2.0"})
    False
    """
    title = content_stems(text)
    if SENTENCE.search(text) or not 0 < len(title) <= LONGEST_TITLE:
        return False
    name = content_stems(str(capability.get("name") or ""))
    return len((title | content_stems(in_english(text, is_foreign=True))) & name) < HALF * len(name)
