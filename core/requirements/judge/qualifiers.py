"""What a row asks for beyond its topic, how often and by which name: what a capability does not say is not promised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core import yaml_text
from core.localization import message
from core.requirements.judge.limits import Comparison
from core.requirements.text import glossary, language

WORDS = Path(__file__).with_name("qualifiers.yaml")
NAME = re.compile(r"(?<![\w/.-])(?:[A-Z][\w+#&]*[A-Z\d][\w+#&]*|[A-Z][a-z]\w+)(?![\w@])")
SENTENCE = re.compile(r"(?<=[.?!:])\s+")
MIXED = re.compile(r"(?<![\w/.-])[A-Z][\w+#&]*[A-Z\d][\w+#&]*(?!\w)")
LED_TO = re.compile(r"\b(?:für|mit|von|aus|nach|zu|an|bei|durch|über)\s+([A-Z][a-z]\w+)(?!\w)")
# A name this long may end otherwise in another language.
SHORTEST = 5
# Beyond this share of words with a capital a text is German, or a title: capitals then tell nothing.
MOST_CAPITALS = 0.4


@cache
def _words() -> dict[str, Any]:
    words: dict[str, Any] = yaml_text.parsed(WORDS.read_text(encoding="utf-8"))
    return words


@cache
def _often() -> tuple[tuple[re.Pattern[str], float], ...]:
    return tuple((re.compile(rf"\b(?:{words})\b", re.IGNORECASE), float(n)) for words, n in _words()["often"].items())


def frequencies(text: str) -> dict[float, str]:
    """Return how often a text says something is done: times a year, and its words.

    Examples
    --------
    >>> frequencies("Penetration tests are made every quarter")
    {4.0: 'every quarter'}
    """
    return {n: hit.group(0) for pattern, n in _often() if (hit := pattern.search(text))}


def names(text: str) -> list[str]:
    """Return the names a text mentions: products, standards, languages, but no first word of a sentence.

    Examples
    --------
    >>> names("Patient records shall be exchanged by HL7 with Epic.")
    ['HL7', 'Epic']
    """
    if language.of_line(text) == "German":
        return _german_names(text)
    words = text.split()
    titled = sum(word[:1].isupper() and word[1:].islower() for word in words[1:])
    if titled > MOST_CAPITALS * len(words):
        return []
    plain = {str(word).lower() for word in _words()["plain"]}
    mentioned = []
    for sentence in SENTENCE.split(text):
        for hit in NAME.finditer(sentence):
            name = hit.group(0)
            is_first = not sentence[: hit.start()].strip(" \"'“(-*•¿¡")
            if not (is_first and name[1:].islower()) and name.lower() not in plain:
                mentioned.append(name)
    return list(dict.fromkeys(mentioned))


def _german_names(text: str) -> list[str]:
    """Return names out of a German text, whose nouns have capitals too: what a preposition leads straight to."""
    plain = {str(word).lower() for word in _words()["plain"]}
    return [
        name
        for name in dict.fromkeys([*MIXED.findall(text), *LED_TO.findall(text)])
        if name.lower() not in plain and not glossary.is_term(name)
    ]


def unstated(text: str, capability: Mapping[str, Any], *, with_frequency: bool = True) -> tuple[Comparison, ...]:
    """Return what a row asks for by name or number of times that its capability does not say.

    Parameters
    ----------
    text : str
        The requirement.
    capability : mapping
        name, description, limit and commitments of its counterpart.
    with_frequency : bool
        Whether how often counts too; not where a commitment in numbers has answered it.

    Returns
    -------
    tuple of Comparison
        Each unclear: one has to ask, not assume.

    Examples
    --------
    >>> unstated("Records are exchanged by HL7", {"name": "REST API", "description": "REST API with OpenAPI"})[0].text
    'Asks for HL7; unclear: REST API does not name it'
    """
    ours = " ".join(str(capability.get(key) or "") for key in ("name", "description", "limit", "commitments"))
    title = capability.get("name") or "the capability"
    missing = [name for name in names(text) if not _named(name, ours.lower())]
    out = [
        Comparison(
            "name", "unclear", message("Asks for {name}; unclear: {title} does not name it", name=name, title=title)
        )
        for name in missing
    ]
    stated, asked = frequencies(ours), frequencies(text) if with_frequency else {}
    for often, words in asked.items():
        if not (often in stated or (stated and min(stated) >= often)):
            out.append(
                Comparison(
                    "how often",
                    "unclear",
                    message("Asks for “{words}”; unclear: {title} does not say so", words=words, title=title),
                )
            )
    return tuple(out)


def _named(name: str, ours: str) -> bool:
    lower = name.lower()
    stems = [lower[:-n] for n in (1, 2) if len(lower) - n >= SHORTEST]
    if any(re.search(rf"(?<!\w){re.escape(stem)}(?!\w)", ours) for stem in stems):
        return True  # "Excela" is Excel in a case other languages have
    wanted = [lower, *_words()["meanings"].get(name.upper(), [])]
    return any(re.search(rf"(?<!\w){re.escape(word)}", ours) for word in wanted)
