"""The words a revenue team uses and what they mean, from one table shipped with the code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core import yaml_text

FILE = Path(__file__).with_name("sales_terms.yaml")


@dataclass(frozen=True)
class Term:
    """One word of a sales team.

    Attributes
    ----------
    term : str
    meaning : str
        One or two sentences.
    also : tuple of str
        Other ways it is written.
    measure : str
        Where it is worked out, below `core`; empty where it is no measure.
    """

    term: str
    meaning: str
    also: tuple[str, ...] = ()
    measure: str = ""


@cache
def terms() -> tuple[Term, ...]:
    """Return all terms, in the order of the alphabet."""
    rows = yaml_text.parsed(FILE.read_text(encoding="utf-8"))
    return tuple(
        Term(row["term"], row["meaning"], tuple(row.get("also", ())), row.get("measure", ""))
        for row in sorted(rows, key=lambda row: str(row["term"]).lower())
    )


def used_in(text: str) -> list[Term]:
    """Return the terms a text uses, in the order they first appear.

    Examples
    --------
    >>> [term.term for term in used_in("Two deals were pushed; coverage is 2.9x.")]
    ['deal', 'push', 'coverage']
    """
    matches = []
    for term in terms():
        words = "|".join(re.escape(word) for word in (term.term, *term.also))
        match = re.search(rf"\b(?:{words})s?\b", text, re.IGNORECASE)
        if match:
            matches.append((match.start(), -len(match[0]), term))
    return [term for *_, term in sorted(matches, key=lambda row: row[:2])]
