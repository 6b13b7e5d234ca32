"""What speaks for a candidate: the words it shares with the requirement, and its sentence that says so."""

from __future__ import annotations

import math
import re
from collections import Counter

import polars as pl

from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.text.tfidf import PLAIN, WORD, stem, tokens

MOST_WORDS = 6
SENTENCE = re.compile(r"(?<=[.;!?])\s+|\n+")


def add(candidates: pl.DataFrame, texts: list[str], catalogue: Catalogue) -> pl.DataFrame:
    """Add words and sentence to candidates.

    Parameters
    ----------
    candidates : pl.DataFrame
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
    frequencies = Counter(word for words in stems.values() for word in words)
    rare = {word: math.log((1 + len(stems)) / n) for word, n in frequencies.items() if word not in PLAIN}
    by_capability: dict[str, list[tuple[str, set[str]]]] = {}
    ours: dict[int, dict[str, str]] = {}
    words, sentences = [], []
    for index, name in candidates.select("place", "capability_id").iter_rows():
        if index not in ours:
            ours[index] = _words(texts[index])
        if name not in by_capability:
            by_capability[name] = [(s, set(tokens(s))) for s in SENTENCE.split(theirs[name]) if s.strip()]
        shared = sorted((w for w in ours[index] if w in stems[name] and w in rare), key=lambda w: (-rare[w], w))
        words.append(", ".join(ours[index][w] for w in shared[:MOST_WORDS]))
        sentences.append(_best(by_capability[name], shared, rare))
    return candidates.with_columns(
        words=pl.Series(words, dtype=pl.String), sentence=pl.Series(sentences, dtype=pl.String)
    )


def _words(text: str) -> dict[str, str]:
    """Return the first wording of each stem of a text."""
    out: dict[str, str] = {}
    for word in WORD.findall(text):
        out.setdefault(stem(word.lower()), word)
    return out


def _best(sentences: list[tuple[str, set[str]]], shared: list[str], rare: dict[str, float]) -> str:
    if not sentences:
        return ""
    weights = [sum(rare[w] for w in shared if w in stems) for _, stems in sentences]
    return sentences[weights.index(max(weights))][0].strip()
