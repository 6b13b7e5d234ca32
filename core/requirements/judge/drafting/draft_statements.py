"""Whole sentences made of what a catalogue says in notes: who speaks, and to whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from core.requirements.judge.drafting.question_needs import words

WORD = re.compile(r"[A-Za-z][A-Za-z'’\-]*")
ENDED = re.compile(r"[.!?][\"”)]?$")
# Before a verb these open a clause of its own that is not the sentence.
RELATIVE = ("that", "which", "who", "where", "in", "with", "including", "such", "while")
PRONOUNS = ("we", "you", "they", "it")
NO_VERB = {"and", "or", "in", "on", "of", "for", "to", "with", "by", "the", "a", "an", "our", "your"}
# After these a word is a noun, whatever else it can be.
BEFORE_NOUN = {
    "the",
    "a",
    "an",
    "our",
    "your",
    "of",
    "for",
    "with",
    "per",
    "and",
    "or",
    "by",
    "any",
    "each",
    "in",
    "to",
}
AUXILIARIES = {"is", "are", "has", "have", "can", "may", "must", "do", "does", "was", "were"}
DETERMINERS = {"all", "every", "each", "our", "your", "the", "a", "an", "any", "many", "several", "no"}
SPOKEN = (
    (r"\b[Tt]he (?:customer|buyer|client)(?:'s|’s)", "your"),
    (r"\b(?:customer|buyer|client)(?:'s|’s)", "your"),
    (r"\b[Tt]he (?:vendor|supplier|provider)(?:'s|’s)", "our"),
    (r"\b[Tt]he (?:vendor|supplier|provider)\b", "we"),
    (r"\bof the (?:customer|buyer|client)\b", "of your company"),
    (r"\b[Tt]he (?:customer|buyer|client)\b", "you"),
)


def has_verb(sentence: str) -> bool:
    """Say whether a sentence has a verb after its first word, so that it can be a sentence at all.

    Examples
    --------
    >>> has_verb("We encrypt data."), has_verb("Daily backups.")
    (True, False)
    """
    verbs = _verbs()
    listed = [word.lower() for word in WORD.findall(sentence)]
    is_spoken = any(first in PRONOUNS and second not in NO_VERB for first, second in pairwise(listed))
    return is_spoken or any(word in verbs for word in listed[1:])


def _verbs() -> frozenset[str]:
    return frozenset(str(words()["verbs"]).split())


def statement(text: str) -> str:
    """Return a note of the catalogue as a sentence we say to a buyer.

    A clause stays as it stands; a note that begins with a verb gets a subject; anything else is what we provide.

    Examples
    --------
    >>> statement("All connections use TLS 1.3")
    'All connections use TLS 1.3.'
    >>> statement("Reads orders and invoices from SAP"), statement("Native apps for iOS and Android")
    ('Our service reads orders and invoices from SAP.', 'We provide the following: native apps for iOS and Android.')
    """
    plain = " ".join(text.split()).strip().rstrip(".;,")
    for pattern, ours in SPOKEN:
        plain = re.sub(pattern, ours, plain)
    if not plain:
        return ""
    if ENDED.search(text.strip()) and has_verb(plain) and re.match(r"(?:We|Our|You|Your)\b", plain):
        return f"{plain}."
    first = plain.split()[0].lower()
    if first in _verbs() and first.endswith("s") and first not in AUXILIARIES and not _is_clause(plain):
        return f"Our service {lowered(plain)}."
    if _is_clause(plain):
        return f"{plain[0].upper()}{plain[1:]}."
    return f"We provide the following: {lowered(plain)}."


def _is_clause(text: str) -> bool:
    """Say whether a text's head is a subject with its verb, before any clause that only describes."""
    head: list[str] = []
    for word in (word.lower() for word in WORD.findall(text)[:9]):
        if word in RELATIVE and head:
            return False
        is_noun = bool(head) and head[-1] in BEFORE_NOUN
        if head and (word in AUXILIARIES or (word in _verbs() and not is_noun and _may_govern(head, word))):
            return True
        head.append(word)
    return False


def _may_govern(head: list[str], word: str) -> bool:
    """Say whether a word that can be a verb is one after this head: after a plural, or in the third person."""
    is_plural = head[-1].endswith("s") and not head[-1].endswith("ss")
    return (is_plural and not word.endswith("s")) or head[-1] in PRONOUNS or head[0] in DETERMINERS - {"no"}


def lowered(text: str) -> str:
    """Return a text as it goes on within a sentence: its first letter small unless it begins a name.

    Examples
    --------
    >>> lowered("Native apps"), lowered("SAP connector")
    ('native apps', 'SAP connector')
    """
    first = text.split(maxsplit=1)[0] if text.split() else ""
    is_name = any(letter.isupper() or letter.isdigit() for letter in first[1:])
    return text if is_name else text[:1].lower() + text[1:]


def against(asked: str, committed: str) -> tuple[str, str]:
    """Return what is asked with its article, and what we commit to without saying again what is measured.

    Examples
    --------
    >>> against("patch time of 3 days", "patch time of 7 days")
    ('a patch time of 3 days', '7 days')
    >>> against("TLS 1.3", "TLS 1.2")
    ('TLS 1.3', 'TLS 1.2')
    """
    (measure, _, wanted), (same, _, given) = asked.rpartition(" of "), committed.rpartition(" of ")
    if not measure or measure != same:
        return asked, committed
    return f"{words()['measures'].get(measure, measure)} of {wanted}", given


def exception(capability: Mapping[str, Any]) -> str:
    """Return what a capability leaves out as a sentence; empty where the catalogue states none."""
    if given := str(capability.get("exception") or "").strip():
        return given if ENDED.search(given) else f"{given}."
    limit = str(capability.get("limit") or "").strip().rstrip(".")
    return f"It has this limit: {lowered(limit)}." if limit else ""


def how(capability: Mapping[str, Any]) -> str:
    """Return what a capability provides and how, as a buyer is told; empty where its status belies what stands there.

    What is planned or missing is never told in the words of what is there: without a `how` that speaks of a plan or
    denies, nothing is said.
    """
    wording = " ".join(str(capability.get("how") or "").split())
    # Yes or no is the draft's to say, by what is asked.
    wording = (
        "" if re.match(r"(?:yes|no|fully|compliant|partly|partially)\b\s*[,.:;]", wording, re.IGNORECASE) else wording
    )
    status, tense = capability.get("status"), words()["tense"]
    is_ready = status in ("available", "limited", "partner")

    def says(name: str) -> bool:
        return any(pattern.search(wording) for pattern in tense[name])

    if wording and is_ready and not says("future"):
        return statement(wording) if not ENDED.search(wording) else wording
    if wording and status == "roadmap" and says("planned"):
        return wording
    if wording and status == "not available" and says("denied"):
        return wording
    return statement(str(capability.get("description") or capability.get("name") or "")) if is_ready else ""
