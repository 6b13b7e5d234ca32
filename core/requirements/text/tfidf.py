"""Texts by their stemmed words and their letters, weighed by how rare these are in list and catalogue together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import log
from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.artifacts import ANALYSES, memoized

CHARACTERS = 0.5
WORD = re.compile(r"[^\W_]{2,}")


class _Stemmer(local):
    """One stemmer per thread: it keeps the word it works on, so that threads must not share one."""

    def __init__(self) -> None:
        import snowballstemmer

        self.stem = snowballstemmer.stemmer("english").stemWord


@cache
def _stemmers() -> _Stemmer:
    return _Stemmer()


@memoized(ANALYSES, 200_000)
def stem(word: str) -> str:
    """Return a word's stem, the word being in lower case."""
    return str(_stemmers().stem(word))


def tokens(text: str) -> list[str]:
    """Return the stemmed words of a text, lower case, two letters or more.

    Examples
    --------
    >>> tokens("Encrypts encrypted data at rest")
    ['encrypt', 'encrypt', 'data', 'at', 'rest']
    """
    return [stem(word) for word in WORD.findall(text.lower())]


# Words that are everywhere and speak for nothing.
PLAIN = frozenset(
    tokens(
        "the and for with that this from are is be shall must should will may can able have has not any all its it "
        "you your our their they on in of to by or as at an if per such other each use used using provide provides "
        "support supports system solution product platform vendor supplier user users which who when where than then "
        "also into only via within must ensure allow allows able need needs required requirement"
    )
)


def rarity(vocabularies: Sequence[set[str]]) -> Callable[[str], float]:
    """Return how rare a stem is among texts: log(1 + texts ÷ (1 + texts with it)).

    Parameters
    ----------
    vocabularies : sequence of set of str
        The stems of each text.
    """
    counts = Counter(word for words in vocabularies for word in words)
    return lambda word: log(1 + len(vocabularies) / (1 + counts[word]))


def covered(text: str, vocabulary: set[str], rare: Callable[[str], float]) -> float:
    """Return the share of a text's words that a capability has, rare words weighing more; 0 when there are none."""
    wanted = {word: rare(word) for word in tokens(text) if len(word) > 2 and word not in PLAIN}
    whole = sum(wanted.values())
    return sum(weight for word, weight in wanted.items() if word in vocabulary) / whole if whole else 0.0


@dataclass(frozen=True)
class Lexical:
    """Two lists of texts in one space.

    Attributes
    ----------
    words, letters : pair of sparse matrices
        Theirs (the catalogue's) and ours (the upload's), rows of length 1.
    terms : array of str
        The stem each column of `words` stands for.
    """

    words: tuple[Any, Any]
    letters: tuple[Any, Any]
    terms: NDArray[np.str_]

    def joined(self) -> tuple[Any, Any]:
        """Return both parts side by side, so that one product gives words + 0.5 × letters."""
        from scipy.sparse import hstack

        weigh = np.float32(CHARACTERS**0.5)
        theirs, ours = (
            hstack([w, letters * weigh], format="csr", dtype=np.float32)
            for w, letters in zip(self.words, self.letters, strict=True)
        )
        return theirs, ours


def build(theirs: list[str], ours: list[str]) -> Lexical:
    """Return the TF-IDF weights of stemmed words and of character 3-5-grams, fitted on both lists together.

    Parameters
    ----------
    theirs : list of str
        The catalogue's texts.
    ours : list of str
        The upload's.
    """
    words, terms = _weights(theirs, ours, {"tokenizer": tokens, "token_pattern": None, "lowercase": False})
    letters, _ = _weights(theirs, ours, {"analyzer": "char_wb", "ngram_range": (3, 5)})
    return Lexical(words, letters, terms)


def _weights(theirs: list[str], ours: list[str], options: dict[str, Any]) -> tuple[tuple[Any, Any], NDArray[np.str_]]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    maker = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options)
    try:
        both = maker.fit_transform([*theirs, *ours])
    except ValueError:  # no text has a word
        from scipy.sparse import csr_matrix

        return (csr_matrix((len(theirs), 1)), csr_matrix((len(ours), 1))), np.array([""])
    return (both[: len(theirs)], both[len(theirs) :]), maker.get_feature_names_out()
