"""What a buyer's answer words mean, and which of them says what we have to say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from core import yaml_text
from core.artifacts import ANALYSES, memoized

FILE = Path(__file__).with_name("wording.yaml")
KINDS = ("not_asked", "roadmap", "partner", "partial", "none", "full")
OUR = {
    "available": ("full",),
    "limited": ("partial",),
    "partner": ("partner", "partial"),
    "roadmap": ("roadmap", "none"),
    "not available": ("none",),
}
STATEMENTS = {
    "available": "Compliant",
    "limited": "Partially compliant",
    "partner": "Compliant via partner",
    "roadmap": "Roadmap",
    "not available": "Not compliant",
}


@cache
def _phrases() -> dict[str, tuple[str, ...]]:
    groups = yaml_text.parsed(FILE.read_text(encoding="utf-8"))
    return {kind: tuple(_plain(str(phrase)) for phrase in groups[kind]) for kind in KINDS}


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-/.,:;()\[\]–—*]+", " ", text.lower()).strip()


@memoized(ANALYSES, 5_000)
def meaning(word: str) -> tuple[str, float]:
    """Say what a buyer's word means, and how surely: 1 for a phrase known, less for one that holds it.

    Parameters
    ----------
    word : str
        A word of a drop-down, or the heading of a "put an X" column.

    Returns
    -------
    tuple of (str, float)
        full, partial, partner, roadmap, none, not_asked, or "" where nothing is known.

    Examples
    --------
    >>> meaning("Partially compliant"), meaning("Not supported"), meaning("Blue")
    (('partial', 1.0), ('none', 1.0), ('', 0.0))
    """
    plain = _plain(word)
    head = _plain(re.split(r"\s[-–—=:]\s|[:=(]", word, maxsplit=1)[0])
    tail = _plain(re.split(r"\s[-–—=:]\s|[:=(]", word, maxsplit=1)[-1])
    for text in dict.fromkeys((plain, tail, head)):
        for kind in KINDS:
            if text in _phrases()[kind]:
                return kind, 1.0
    return _phrase_within(plain)


def _phrase_within(text: str) -> tuple[str, float]:
    """Find a phrase inside a longer word; a negation or a restriction speaks before a yes."""
    for kind in KINDS:
        for phrase in _phrases()[kind]:
            wide = any(ord(c) > 0x2E7F for c in phrase)
            whole = re.escape(phrase) if wide else rf"(?<!\w){re.escape(phrase)}(?!\w)"
            if (len(phrase) > 1 or wide) and re.search(whole, text):
                return kind, 0.7
    return "", 0.0


def choose(status: str, words: Sequence[str]) -> str | None:
    """Return the buyer's own word for one of our statuses; None where no word says it honestly.

    Never claims more than the status does: a limited capability takes a word for "partly", never one for
    "yes"; one on the roadmap a word for that, else the word for "no".

    Parameters
    ----------
    status : str
        available, limited, partner, roadmap or not available; any other has no word.
    words : sequence of str
        What the drop-down offers.

    Examples
    --------
    >>> choose("roadmap", ["Yes", "No"]), choose("limited", ["Yes", "No"]), choose("limited", ["Fully", "Partly", "No"])
    ('No', None, 'Partly')
    """
    meanings = [(word, *meaning(word)) for word in words]
    for kind in OUR.get(status, ()):
        fit = [(sure, -index, word) for index, (word, means, sure) in enumerate(meanings) if means == kind]
        if fit:
            return max(fit)[2]
    return None


STATUS_OF = {
    "compliant": "available",
    "partially compliant": "limited",
    "compliant via partner": "partner",
    "roadmap": "roadmap",
    "not compliant": "not available",
    "to be clarified": None,
}


def stated(status: str | None, statement: str | None) -> str | None:
    """Return the status an answer is given with: that of its statement where that is one of ours.

    Examples
    --------
    >>> stated("available", "Partially compliant"), stated("partner", "Partially compliant")
    ('limited', 'partner')
    >>> stated("unclear", "To be clarified") is None
    True
    """
    label = (statement or "").strip().lower()
    if label in STATUS_OF and (status, label) != ("partner", "partially compliant"):
        return STATUS_OF[label]
    return status if status in OUR else None


RESPONSES = {
    "available": "{capability} does this today.",
    "limited": "{capability} does part of this today.",
    "partner": "Done together with a partner: {capability}.",
    "roadmap": "{capability} is on our roadmap and not available today.",
    "not available": "This is not part of the product today.",
}


def response(status: str, capability: str | None) -> str:
    """Return a plain sentence for a status and the capability that gives it.

    Examples
    --------
    >>> response("available", "Single sign-on")
    'Single sign-on does this today.'
    """
    return RESPONSES.get(status, "").format(capability=capability or "The product")
