"""Which capability answers a requirement, and how sure that is."""

from __future__ import annotations

import re
from functools import cache
from threading import local
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.requirements.catalogue import Catalogue

TOP = 5
CHARACTERS = 0.5
BLOCK = 512
# Logistic map from (score, lead over the second, share of the requirement's words found) to the
# chance that the first candidate is right. Fitted on 938 requirements of six public crosswalks; left
# out one set at a time, the calibration error over all was 0.034 (`benchmarks/matching.py`).
WEIGHTS = (-2.77, 4.78, 7.23, 0.36)
LIKELY, FLOOR = 0.6, 0.12
Floats = NDArray[np.float64]


class _Stemmer(local):
    """One stemmer per thread: it keeps the word it works on, so that threads must not share one."""

    def __init__(self) -> None:
        import snowballstemmer

        self.stem = snowballstemmer.stemmer("english").stemWord


@cache
def _stemmers() -> _Stemmer:
    return _Stemmer()


@cache
def _stem(word: str) -> str:
    return str(_stemmers().stem(word))


def tokens(text: str) -> list[str]:
    """Return the stemmed words of a text, lower case, two letters or more.

    Examples
    --------
    >>> tokens("Encrypts encrypted data at rest")
    ['encrypt', 'encrypt', 'data', 'at', 'rest']
    """
    return [_stem(word) for word in re.findall(r"[^\W_]{2,}", text.lower())]


def candidates(texts: list[str], catalogue: Catalogue, top: int = TOP) -> pl.DataFrame:
    """Return the best capabilities for each text.

    The score is the cosine of stemmed TF-IDF words plus 0.5 × the cosine of character 3-5-grams,
    term weights fitted on catalogue and list together, divided by 1.5 so that it lies in [0, 1].

    Parameters
    ----------
    texts : list of str
    catalogue : Catalogue
    top : int

    Returns
    -------
    pl.DataFrame
        [place, rank, capability_id, score, confidence], place being the text's position and rank
        starting at 1; confidence (that the first is right) stands on rank 1 only.
    """
    if len(set(texts)) < len(texts):
        return _repeated(texts, catalogue, top)
    known = catalogue.frame
    theirs = [f"{n}. {d}" if d and d != n else str(n) for n, d in known.select("name", "description").iter_rows()]
    ids = known["capability_id"].to_list()
    words = _vectors(theirs, texts, {"tokenizer": tokens, "token_pattern": None, "lowercase": False})
    letters = _vectors(theirs, texts, {"analyzer": "char_wb", "ngram_range": (3, 5), "max_features": 200_000})
    kept = min(top, len(ids))
    held = [set(tokens(text)) for text in theirs]
    parts = []
    for begin in range(0, len(texts), BLOCK):
        block = slice(begin, begin + BLOCK)
        scores = (words[1][block] @ words[0].T + CHARACTERS * (letters[1][block] @ letters[0].T)).toarray()
        scores = scores / (1 + CHARACTERS)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :kept]
        best = np.take_along_axis(scores, order, axis=1)
        sure = _confidence(texts[block], best, order, held)
        n = len(order)
        parts.append(
            pl.DataFrame(
                {
                    "place": np.repeat(np.arange(begin, begin + n), kept),
                    "rank": np.tile(np.arange(1, kept + 1), n),
                    "capability_id": [ids[j] for j in order.ravel()],
                    "score": best.ravel(),
                    "confidence": np.where(np.tile(np.arange(kept), n) == 0, np.repeat(sure, kept), np.nan),
                }
            )
        )
    return pl.concat(parts).with_columns(pl.col("confidence").fill_nan(None))


def _repeated(texts: list[str], catalogue: Catalogue, top: int) -> pl.DataFrame:
    """Match each distinct text once and hand the result to every row that has it."""
    different = list(dict.fromkeys(texts))
    found = candidates(different, catalogue, top).rename({"place": "of"})
    number = {text: k for k, text in enumerate(different)}
    rows = pl.DataFrame({"place": range(len(texts)), "of": [number[text] for text in texts]})
    return rows.join(found, on="of", maintain_order="left_right").drop("of")


def _vectors(theirs: list[str], ours: list[str], options: dict[str, Any]) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    maker = TfidfVectorizer(sublinear_tf=True, dtype=np.float64, **options)
    both = maker.fit_transform([*theirs, *ours])
    return both[: len(theirs)], both[len(theirs) :]


def _confidence(texts: list[str], best: Floats, order: NDArray[np.int64], held: list[set[str]]) -> Floats:
    first = best[:, 0]
    lead = first - best[:, 1] if best.shape[1] > 1 else first
    shares = np.array([covered(text, held[j]) for text, j in zip(texts, order[:, 0], strict=True)])
    z = WEIGHTS[0] + WEIGHTS[1] * first + WEIGHTS[2] * lead + WEIGHTS[3] * shares
    return np.asarray(np.where(first > 0, 1 / (1 + np.exp(-z)), 0.0), dtype=np.float64)


def covered(text: str, held: set[str]) -> float:
    """Return the share of a text's longer words that a capability has; 0 when it has none such."""
    wanted = {word for word in tokens(text) if len(word) > 3}
    return len(wanted & held) / len(wanted) if wanted else 0.0
