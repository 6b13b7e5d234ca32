"""What kind of answer a question asks for, and whether a text gives it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from core import yaml_text
from core.requirements.judge.limits import demands
from core.requirements.judge.said_words import content_stems
from core.requirements.text import language
from core.requirements.text.glossary import in_english
from core.requirements.text.row_kind import MEETS

FILE = Path(__file__).with_name("draft_words.yaml")
PART = re.compile(r"\?|;|,?\s+(?:and(?:\s*/\s*or)?|as well as|y|et|und)\s+|\s/\s", re.IGNORECASE)
FEWEST_STEMS, ENGLISH = 1, "English"


@cache
def words() -> dict[str, Any]:
    """Return the word lists of the checklist, its patterns compiled."""
    loaded: dict[str, Any] = yaml_text.parsed(FILE.read_text(encoding="utf-8"))
    for name in ("needs", "person", "tense"):
        loaded[name] = {
            key: [re.compile(pattern, 0 if key == "named" else re.IGNORECASE) for pattern in patterns]
            for key, patterns in loaded[name].items()
        }
    loaded["qualifiers"] = [
        (re.compile(asks, re.IGNORECASE), re.compile(says, re.IGNORECASE)) for asks, says in loaded["qualifiers"]
    ]
    return loaded


def needs(text: str) -> list[str]:
    """Return what a question asks for besides yes or no: number, time, means, list, place, document, person.

    Examples
    --------
    >>> needs("How often are backups made?"), needs("When was the last test?"), needs("Is data encrypted?")
    (['number'], ['date'], [])
    """
    patterns = words()["needs"]
    return [name.removeprefix("asks ") for name in patterns if name.startswith("asks ") and _any(patterns[name], text)]


def gives(need: str, text: str) -> bool:
    """Say whether a text gives what a need asks for.

    Examples
    --------
    >>> gives("number", "We make backups daily."), gives("number", "We make backups.")
    (True, False)
    """
    return _any(words()["needs"][f"gives {need}"], text)


def _any(patterns: list[re.Pattern[str]], text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)


def english(text: str) -> str:
    """Return a text without "do you meet this:" where it is English, else the English of its terms.

    Examples
    --------
    >>> english("Is data encrypted?")
    'Is data encrypted?'
    """
    if language.of_line(text) not in (None, ENGLISH):
        return in_english(text, is_foreign=True)
    return MEETS.sub("", text)


def unsaid_parts(text: str, answer: str) -> list[str]:
    """Return the parts of a double-barrelled question, and the qualifiers, of which a text says nothing.

    A part counts where it has words of its own that no other part has, and none of them is said; a qualifier such as
    "online" or "without programming" where no word for it is said.

    Parameters
    ----------
    text : str
        The question.
    answer : str
        What is answered, or what a capability says.

    Examples
    --------
    >>> unsaid_parts("Is data encrypted at rest and in transit?", "Data is encrypted at rest with AES-256")
    ['in transit']
    >>> unsaid_parts("Carriers book their slots online", "Carriers book their slot at the gate")
    ['online']
    """
    pieces = [piece.strip(" .?") for piece in PART.split(english(text)) if piece and piece.strip(" .?")]
    stems = [content_stems(piece) for piece in pieces]
    ours = content_stems(answer)
    out = []
    for index, (piece, own) in enumerate(zip(pieces, stems, strict=True)):
        elsewhere = set().union(*(other for k, other in enumerate(stems) if k != index))
        alone = own - elsewhere
        # What is asked for in numbers is held against our commitments instead.
        is_measured = any(letter.isdigit() for letter in piece) or bool(demands(piece))
        if len(pieces) > 1 and len(alone) >= FEWEST_STEMS and not is_measured and not alone & ours:
            out.append(piece)
    asked = ((asks.search(english(text)), says) for asks, says in words()["qualifiers"])
    return [*out, *(match.group() for match, says in asked if match and not says.search(answer))]
