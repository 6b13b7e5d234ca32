"""Regions, where a text speaks of where data lies."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from core import yaml_text
from core.requirements.judge.limits.demand import Demand

NAMES = Path(__file__).with_name("regions.yaml")
_LIES = re.compile(
    r"\b(?:data[- ]?cent(?:er|re)s?|residen\w*|host\w*|stor(?:e|ed|age|ing)|stay\w*|remain\w*|locat\w+|sovereign\w*|"
    r"leave|left|regions?|processed|processing|transfer\w*|kept|replicat\w+|back-?ups?)\b",
    re.I,
)
_PEOPLE = re.compile(r"\b(?:staff|offices?|personnel|support (?:team|desk|centre|center)|engineers|citizens?)\b", re.I)
_DATA = re.compile(r"\b(?:data|records|information|content|hosted|hosting|regions?|servers?|cloud|back-?ups?)\b", re.I)


@cache
def _places() -> dict[str, tuple[re.Pattern[str], str | None]]:
    definitions = yaml_text.parsed(NAMES.read_text(encoding="utf-8"))
    return {
        name: (
            re.compile(
                rf"(?<![\w-])(?:{row['words']})(?![\w-])(?!\s?-?(?:gdpr|english|language|law))",
                0 if row.get("exact") else re.I,
            ),
            row.get("in"),
        )
        for name, row in definitions.items()
    }


def find(sentence: str, whole: str = "") -> list[Demand]:
    """Return the regions a sentence wants data to lie in; the whole text may say that it speaks of data."""
    context = whole or sentence
    if not _LIES.search(context) or not _DATA.search(context):
        return []
    if _PEOPLE.search(sentence) and not re.search(r"\bdata\b", sentence, re.I):
        return []
    hits = [
        (hit.start(), name, hit.group(0)) for name, (words, _) in _places().items() if (hit := words.search(sentence))
    ]
    if not hits:
        return []
    hits.sort()
    names = tuple(name for _, name, _ in hits)
    is_any = len(names) > 1 and re.search(r"\bor\b|/", sentence[hits[0][0] :]) is not None
    joined = (" or " if is_any else ", ").join(names)
    return [Demand("region", joined, names=names, is_any=is_any)]


def lies_in(name: str, others: tuple[str, ...]) -> bool:
    """Say whether a region is one of others, or holds one of them.

    Who asks for the European Union is served from Germany; who asks for Germany is not served by
    "the European Union".
    """
    return name in others or any(_inside(other) == name for other in others)


def holds(name: str, others: tuple[str, ...]) -> bool:
    """Say whether one of the others is the larger region a name lies in."""
    return _inside(name) in others


def _inside(name: str) -> str | None:
    region = _places().get(name)
    return region[1] if region else None
