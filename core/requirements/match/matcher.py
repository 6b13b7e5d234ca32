"""Which capability answers a requirement, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.localization import message
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.match import confidence
from core.requirements.match.confidence import FLOOR, LIKELY
from core.requirements.match.question_frame import without_frame
from core.requirements.text import embeddings, glossary, language, tfidf
from core.requirements.text.tfidf import CHARACTERS, covered, rarity, tokens

__all__ = ["CHARACTERS", "FLOOR", "LIKELY", "MEANING", "TOP", "candidates", "compare", "method", "tokens"]
TOP, NEAR = 5, 10
ENGLISH = "English"
MEANING = 1.5
BLOCK = 256
# Beyond this many texts in one go meaning is left out: it would take minutes.
MOST_UNDERSTOOD = 8_000
Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Progress = Callable[[float, str], None]


def method(n: int = 0) -> str:
    """Say by what requirements are matched here.

    Parameters
    ----------
    n : int
        How many texts there are; beyond 8,000 meaning is left out.
    """
    if embeddings.folder() is None:
        return message(
            "Matched by words and letters only: the sentence vectors are not installed, so that a "
            "requirement in other words than ours may be missed. Install them with "
            "`{how_to_install}` and start again.",
            how_to_install=embeddings.how_to_install(),
        )
    if n > MOST_UNDERSTOOD:
        return message(
            "Matched by words and letters only: beyond {most_understood:,} texts meaning would take minutes.",
            most_understood=MOST_UNDERSTOOD,
        )
    return "Matched by words, letters and meaning."


def understood(texts: list[str], n_others: int = 0, progress: Progress | None = None) -> Any:
    """Return the sentence vectors of texts; None where they are not installed, or beyond 8,000 texts in all."""
    embedded = embeddings.of([], texts, None, progress) if len(texts) + n_others <= MOST_UNDERSTOOD else None
    return None if embedded is None else embedded[1]


def candidates(
    texts: list[str],
    catalogue: Catalogue,
    top: int = TOP,
    home: Path | None = None,
    progress: Progress | None = None,
    by_meaning: bool | None = None,
) -> pl.DataFrame:
    """Return the best capabilities for each text.

    The score is the cosine of stemmed TF-IDF words + 0.5 × the cosine of character 3-5-grams + 1.5 ×
    the cosine of MiniLM sentence vectors, term weights fitted on catalogue and list together, divided
    by 3 so that it lies in [0, 1]. Without the vectors it is the first two parts divided by 1.5. Of a
    question only what it is about is compared, not the words that ask; terms of the field are given their
    English (`text/terms.yaml`), and a list in another language is compared by them.

    Parameters
    ----------
    texts : list of str
    catalogue : Catalogue
    top : int
    home : Path, optional
        Where the vectors of the catalogue are kept; nothing of the texts is written.
    progress : callable, optional
        Told the share done and a sentence.
    by_meaning : bool, optional
        Whether sentence vectors are used; default where they are installed, up to 8,000 texts.

    Returns
    -------
    pl.DataFrame
        [place, rank, capability_id, score, confidence], place being the text's position and rank
        starting at 1; confidence (that the first is right) stands on rank 1 only.
    """
    bare = comparable(texts, catalogue)
    different = list(dict.fromkeys(bare))
    ranked = _different(different, catalogue, top, home, progress, by_meaning)
    if len(different) == len(bare):
        return ranked
    number = {text: k for k, text in enumerate(different)}
    rows = pl.DataFrame({"place": range(len(bare)), "of": [number[text] for text in bare]})
    return rows.join(ranked.rename({"place": "of"}), on="of", maintain_order="left_right").drop("of")


def comparable(texts: list[str], catalogue: Catalogue) -> list[str]:
    """Return texts as they are compared: without the words that only ask, and with the English of their terms.

    Where the catalogue is English and a text, or its list, is in another language, its terms stand for it.
    """
    if language.of(catalogue.texts()) != ENGLISH:
        return [without_frame(text) for text in texts]
    whole = language.of(texts)
    foreign = [language.of([text]) or language.of_line(text) or whole or ENGLISH for text in texts]
    names = catalogue.proper_names if any(named != ENGLISH for named in foreign) else frozenset()
    return [
        glossary.in_english(text, is_foreign=True, names=names)
        if named != ENGLISH
        else glossary.in_english(without_frame(text), is_foreign=False)
        for text, named in zip(texts, foreign, strict=True)
    ]


@dataclass(frozen=True)
class Compared:
    """Each text held against the catalogue.

    Attributes
    ----------
    order : array of int, [n, k]
        Places of the nearest capabilities, nearest first.
    scores : array, [n, k]
        In [0, 1].
    features : array, [n, 4]
        What confidence is judged by: score, lead, lead over the next four, share covered.
    with_vectors : bool
        Whether meaning took part.
    """

    order: Places
    scores: Floats
    features: Floats
    with_vectors: bool


def compare(
    texts: list[str],
    theirs: list[str],
    count: int = NEAR,
    home: Path | None = None,
    progress: Progress | None = None,
    by_meaning: bool | None = None,
) -> Compared:
    """Return the nearest of their texts for each of ours; parameters as for `candidates`."""
    wanted = len(texts) + len(theirs) <= MOST_UNDERSTOOD if by_meaning is None else by_meaning
    meaning = embeddings.of(theirs, texts, home, progress) if wanted else None
    spelt = tfidf.build(theirs, texts)
    order, best = _nearest(spelt, meaning, min(count, len(theirs)))
    features = judged_by(texts, theirs, order[:, :NEAR], best[:, :NEAR])
    return Compared(order, best, features, meaning is not None)


def _different(
    texts: list[str],
    catalogue: Catalogue,
    top: int,
    home: Path | None,
    progress: Progress | None,
    by_meaning: bool | None,
) -> pl.DataFrame:
    ids = catalogue.frame["capability_id"].to_list()
    compared = compare(texts, catalogue.texts(), max(top, NEAR), home, progress, by_meaning)
    sure = confidence.chance(compared.features, with_vectors=compared.with_vectors)
    n_candidates, n = min(top, len(ids)), len(texts)
    return pl.DataFrame(
        {
            "place": np.repeat(np.arange(n), n_candidates),
            "rank": np.tile(np.arange(1, n_candidates + 1), n),
            "capability_id": [ids[j] for j in compared.order[:, :n_candidates].ravel()],
            "score": compared.scores[:, :n_candidates].ravel(),
            "confidence": np.where(np.tile(np.arange(n_candidates), n) == 0, np.repeat(sure, n_candidates), np.nan),
        }
    ).with_columns(pl.col("confidence").fill_nan(None))


def _nearest(spelt: tfidf.Lexical, meaning: tuple[Any, Any] | None, count: int) -> tuple[Places, Floats]:
    """Return the places of the best of theirs for each of ours, and their scores, best first."""
    theirs, ours = spelt.joined()
    across = theirs.T.tocsr()
    whole = 1 + CHARACTERS + (MEANING if meaning else 0)

    def block(begin: int) -> tuple[Places, Floats]:
        part = slice(begin, begin + BLOCK)
        scores = (ours[part] @ across).toarray()
        if meaning:
            scores += np.float32(MEANING) * (meaning[1][part] @ meaning[0].T)
        order = np.argpartition(-scores, count - 1, axis=1)[:, :count] if count < scores.shape[1] else None
        order = np.sort(order, axis=1) if order is not None else np.tile(np.arange(scores.shape[1]), (len(scores), 1))
        best = np.take_along_axis(scores, order, axis=1)
        rank = np.argsort(-best, axis=1, kind="stable")
        return np.take_along_axis(order, rank, axis=1), np.take_along_axis(best, rank, axis=1) / whole

    with ThreadPoolExecutor(embeddings.cores()) as pool:
        parts = list(pool.map(block, range(0, ours.shape[0], BLOCK)))
    if not parts:
        return np.zeros((0, count), np.int64), np.zeros((0, count))
    return np.vstack([p[0] for p in parts]), np.vstack([p[1] for p in parts]).astype(np.float64)


def judged_by(texts: list[str], theirs: list[str], order: Places, best: Floats) -> Floats:
    """Return what confidence is judged by: score, lead, lead over the next four, share covered.

    Parameters
    ----------
    texts, theirs : list of str
        Ours and the catalogue's.
    order : array of int, [n, k]
        Places of the nearest of theirs, nearest first.
    best : array, [n, k]
        Their scores.

    Returns
    -------
    array, [n, 4]
    """
    first = best[:, 0]
    second = best[:, 1] if best.shape[1] > 1 else np.zeros(len(best))
    next_four = best[:, 1:5].mean(1) if best.shape[1] > 1 else np.zeros(len(best))
    stems = [set(tokens(text)) for text in theirs]
    rare = rarity(stems)
    share = [covered(text, stems[j], rare) for text, j in zip(texts, order[:, 0].tolist(), strict=True)]
    return np.column_stack([first, first - second, first - next_four, share])
