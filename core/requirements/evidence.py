"""What speaks for a candidate: the words it shares with the requirement, and its sentence that says so."""

from __future__ import annotations

import math
import re
from collections import Counter

import polars as pl

from core.requirements.catalogue import Catalogue
from core.requirements.lexical import PLAIN, WORD, stem, tokens

MOST_WORDS = 6
SENTENCE = re.compile(r"(?<=[.;!?])\s+|\n+")


def add(found: pl.DataFrame, texts: list[str], catalogue: Catalogue) -> pl.DataFrame:
    """Add words and sentence to candidates.

    Parameters
    ----------
    found : pl.DataFrame
        With place and capability_id, as `match.candidates` gives it.
    texts : list of str
    catalogue : Catalogue

    Returns
    -------
    pl.DataFrame
        With words, the requirement's own words that the capability shares, rarest first, at most six
        (empty where only the meaning is alike), and sentence, the capability's sentence that holds most
        of their weight.
    """
    theirs = dict(zip(catalogue.frame["capability_id"], catalogue.texts(), strict=True))
    stems = {name: set(tokens(text)) for name, text in theirs.items()}
    held_by = Counter(word for words in stems.values() for word in words)
    rare = {word: math.log((1 + len(stems)) / n) for word, n in held_by.items() if word not in PLAIN}
    said: dict[str, list[tuple[str, set[str]]]] = {}
    ours: dict[int, dict[str, str]] = {}
    words, sentences = [], []
    for place, name in found.select("place", "capability_id").iter_rows():
        if place not in ours:
            ours[place] = _words(texts[place])
        if name not in said:
            said[name] = [(s, set(tokens(s))) for s in SENTENCE.split(theirs[name]) if s.strip()]
        shared = sorted((w for w in ours[place] if w in stems[name] and w in rare), key=lambda w: (-rare[w], w))
        words.append(", ".join(ours[place][w] for w in shared[:MOST_WORDS]))
        sentences.append(_best(said[name], shared, rare))
    return found.with_columns(words=pl.Series(words, dtype=pl.String), sentence=pl.Series(sentences, dtype=pl.String))


def _words(text: str) -> dict[str, str]:
    """Return the first wording of each stem of a text."""
    out: dict[str, str] = {}
    for word in WORD.findall(text):
        out.setdefault(stem(word.lower()), word)
    return out


def _best(sentences: list[tuple[str, set[str]]], shared: list[str], rare: dict[str, float]) -> str:
    if not sentences:
        return ""
    weights = [sum(rare[w] for w in shared if w in held) for _, held in sentences]
    return sentences[weights.index(max(weights))][0].strip()
