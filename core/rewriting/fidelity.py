"""Strikes what a language model says beyond its sources, and puts back what it left out of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from core.rewriting import claims

VERDICT = re.compile(
    r"^\W*(?:yes|no|not|partly|partially|fully|compliant|certainly|absolutely|of course|sure|agreed)\b\s*[,.:;!]",
    re.IGNORECASE,
)
MARKUP = re.compile(r"[<>{}\[\]`|\\]|\*\*|^#", re.MULTILINE)
NEGATION_WORDS = re.compile(
    r"\b(?:no|not|never|none|nothing|nobody|cannot|neither|nor|without|except|unless)\b|n['’]t\b", re.IGNORECASE
)
EDGE = re.compile(r"^\s*(?:[-•*]|\d+[.)])\s+", re.MULTILINE)
# From this share of a sentence's words on, a source sentence is one of those it says in other words.
NEAR = 0.34
# A source sentence counts as said again from this share of its words on.
KEPT = 0.5


@dataclass(frozen=True)
class Fidelity:
    """A rewritten text held against its sources.

    Attributes
    ----------
    sentences : tuple of str
        What stands, in the model's order, then what it had left out, as the sources have it.
    struck : tuple of (str, str)
        Each sentence struck, and why.
    restored : tuple of str
        Source sentences with a figure, date, name, link or denial the model had left out.
    """

    sentences: tuple[str, ...]
    struck: tuple[tuple[str, str], ...]
    restored: tuple[str, ...]


def held_to(text: str, sources: Sequence[str]) -> Fidelity:
    """Strike each sentence of a text that says more, less or other than its sources.

    Numbers are compared with their units, spelled out or not; dates, names, links, frequencies, negations and the
    strength of what is said ("can", "will", "always", "up to") as well; and every word has to be one of the sources'
    or one that claims nothing. A struck sentence's source comes back in its own words.

    Parameters
    ----------
    text : str
        What the model said.
    sources : sequence of str
        The sentences it was given.

    Returns
    -------
    Fidelity

    Examples
    --------
    >>> held_to("Backups are kept for 90 days.", ["We keep backups 35 days."]).sentences
    ('We keep backups 35 days.',)
    """
    plain = plain_text(text)
    stands: list[str] = []
    struck: list[tuple[str, str]] = []
    for sentence in claims.sentences(plain):
        why = reason(sentence, sources)
        if why:
            struck.append((sentence, why))
        elif sentence not in stands:
            stands.append(sentence)
    restored = [source for source in sources if is_left_out(source, stands)]
    return Fidelity((*stands, *restored), tuple(struck), tuple(restored))


def plain_text(text: str) -> str:
    """Return a text in one form of each letter, without what cannot be seen and without list marks.

    Examples
    --------
    >>> plain_text("- Kept ３５ days")
    'Kept 35 days'
    """
    same = unicodedata.normalize("NFKC", text)
    seen = "".join(c for c in same if unicodedata.category(c) not in ("Cf", "Cc") or c in "\n\t")
    return EDGE.sub("", seen).strip()


def reason(sentence: str, sources: Sequence[str]) -> str:
    """Return why a sentence may not stand; empty where it may.

    Examples
    --------
    >>> reason("We never share data.", ["We share data."])
    'It denies what the source states, or the other way round.'
    """
    together = "\n".join(sources)
    if why := _strange(sentence, together):
        return why
    if odd := [*claims.unstated(sentence, sources), *_other_numbers(sentence, together)]:
        return f"No source states {odd[0]}."
    ours, all_theirs = claims.claims(sentence), claims.claims(together)
    if fresh := [*sorted(ours.frequencies - all_theirs.frequencies), *claims.new_words(sentence, together)]:
        return f"No source says “{fresh[0]}”."
    near = nearest(sentence, sources)
    return _strength_differs(sentence, ours, near) if near else "It cannot be told which source it is from."


def _strange(sentence: str, sources: str) -> str:
    """Return what in a sentence is not for a model to write at all: a verdict, markup, letters from elsewhere."""
    if VERDICT.match(sentence):
        return "The word for yes or no is not the model's to say."
    if MARKUP.search(sentence):
        return "It holds marks that are no words."
    foreign = _foreign_letters(sentence, sources)
    return f"It has letters no source has: {foreign}." if foreign else ""


def _foreign_letters(sentence: str, sources: str) -> str:
    return "".join(sorted({c for c in sentence if not c.isascii() and c.isalnum() and c not in sources}))


def _other_numbers(sentence: str, sources: str) -> list[str]:
    """Return the numbers whose word is another than in the sources, or that have lost it.

    So 5,000 named users for 5,000 concurrent ones, and 35 for 35 days.
    """
    theirs = claims.claims(sources).numbers
    return [f"{value:g} {word}".strip() for value, word in sorted(claims.claims(sentence).numbers - theirs)]


def nearest(sentence: str, sources: Sequence[str]) -> list[str]:
    """Return the source sentences that one sentence says in other words: the likeliest, and all nearly as like it."""
    ours = claims.stems(sentence)
    shares = [len(ours & claims.stems(source)) / max(len(ours), 1) for source in sources]
    best = max(shares, default=0.0)
    if best <= 0:
        return []
    return [source for source, share in zip(sources, shares, strict=True) if share >= max(best, NEAR) * 0.999]


def _strength_differs(sentence: str, ours: claims.Claims, near: Sequence[str]) -> str:
    """Return how a sentence is stronger, weaker or contrary to its sources; empty where it is as strong."""
    theirs = claims.claims("\n".join(near))
    counts = [len(NEGATION_WORDS.findall(text)) for text in near]
    if len(NEGATION_WORDS.findall(sentence)) not in (*counts, sum(counts)):
        return "It denies what the source states, or the other way round."
    for name, words in (("possible", "can or may"), ("planned", "will or planned")):
        if (name in ours.strengths) != (name in theirs.strengths):
            return f"Source and sentence differ in how sure they are: one says “{words}”, the other does not."
    if "certain" in ours.strengths and "certain" not in theirs.strengths:
        return "It is surer than its source."
    if "bounded" in theirs.strengths and "bounded" not in ours.strengths:
        return "It leaves a limit of its source out."
    if "bounded" in ours.strengths and "bounded" not in theirs.strengths:
        return "It sets a limit no source sets."
    return ""


def is_left_out(source: str, stands: Sequence[str]) -> bool:
    """Say whether what stands leaves out a source sentence: its words, or a figure, date, name or denial of it."""
    together = "\n".join(stands)
    theirs = claims.stems(source)
    if theirs and len(theirs & claims.stems(together)) < KEPT * len(theirs):
        return True
    if claims.unstated(source, [together]):
        return True
    return bool(NEGATION_WORDS.search(source)) and not NEGATION_WORDS.search(" ".join(nearest(source, stands)))
