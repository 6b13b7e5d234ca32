"""Texts of questions and answers: what counts as the same, what changes the sense, what is cleaned away."""

from __future__ import annotations

import re
import unicodedata

DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("‘’‛′", "'") | dict.fromkeys("“”„″«»", '"'))
UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f]")
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?:\s?%)?")
WORDS = (
    "no not none never without cannot neither nor except unless only exclude excludes excluding prohibit prohibits "
    "prohibited forbid forbids forbidden must shall should may can could will would mandatory required optional "
    "desirable recommended preferred always any all minimum maximum less more before after within "
    "kein keine keinen nicht muss müssen soll sollen sollte kann darf ohne niemals aucun jamais sans doit doivent "
    "devrait peut ningún nunca sin debe deben debería puede"
)
TELLING = frozenset(WORDS.split())
SHORTENED = re.compile(r"(?<=[a-z])n't\b|\bcannot\b")
WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")


def clean(text: str) -> str:
    r"""Return a text trimmed, without characters that cannot be seen; lines stay.

    Examples
    --------
    >>> clean("  Yes,\u200b by default.  \r\n\r\n\r\nSee below. ")
    'Yes, by default.\n\nSee below.'
    """
    lines_of = [" ".join(UNSEEN.sub("", line).split()) for line in text.replace("\r\n", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines_of)).strip()


def plain(text: str) -> str:
    """Return what two texts must share to be the same: case, spaces, kinds of dashes and a full stop do not count.

    Examples
    --------
    >>> plain("Is data encrypted  at rest"), plain("is data encrypted at rest.")
    ('is data encrypted at rest', 'is data encrypted at rest')
    """
    folded = unicodedata.normalize("NFKC", UNSEEN.sub("", text)).translate(DASHES).casefold()
    return " ".join(folded.split()).strip(" .;:")


def asked(text: str) -> str:
    """Return what two questions must share to be the same; a question mark counts no more than a full stop.

    Examples
    --------
    >>> asked("Is data encrypted?") == asked("is data encrypted")
    True
    """
    return plain(text).rstrip(" ?？.")


def numbers(text: str) -> list[str]:
    """Return the numbers of a text, sorted, each with its per cent sign."""
    return sorted(number.replace(" ", "") for number in NUMBER.findall(unicodedata.normalize("NFKC", text)))


def telling_words(text: str) -> list[str]:
    """Return the words of a text that oblige, allow, limit or deny, sorted.

    Examples
    --------
    >>> telling_words("Exports must not contain names, and shouldn't be large")
    ['must', 'not', 'not', 'should']
    """
    spelt = SHORTENED.sub(lambda match: "can not" if match[0] == "cannot" else " not", plain(text))
    return sorted(word for word in WORD.findall(spelt) if word in TELLING)


def sense_changes(before: str, after: str) -> list[str]:
    """Say what in two wordings may change the sense: numbers, and words that oblige, limit or deny.

    Examples
    --------
    >>> sense_changes("Logs are kept 30 days and should be signed", "Logs are kept 90 days and must be signed")
    ['30 → 90', 'should → must']
    """
    out = []
    for parts in (numbers, telling_words):
        old, new = parts(before), parts(after)
        if old != new:
            out.append(f"{_only(old, new) or 'nothing'} → {_only(new, old) or 'nothing'}")
    return out


def _only(mine: list[str], others: list[str]) -> str:
    left = list(others)
    out = []
    for word in mine:
        if word in left:
            left.remove(word)
        else:
            out.append(word)
    return ", ".join(out)


def tags(text: str | None) -> list[str]:
    """Return tags, parted by semicolons, commas or lines, each once."""
    parts = (part.strip().lstrip("#") for part in re.split(r"[;,\n]", text or ""))
    return list(dict.fromkeys(part[:60] for part in parts if part))


def lines(text: str | None) -> list[str]:
    """Return the links or names of an evidence field, parted by semicolons or lines."""
    return list(dict.fromkeys(part.strip() for part in re.split(r"[;\n]", text or "") if part.strip()))
