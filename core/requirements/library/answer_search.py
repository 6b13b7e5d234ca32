"""Searching the answer library: by words, by letters so that a slip of the finger does not matter, and by meaning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.localization import joined, message, message_plural
from core.metrics.measure import counted
from core.requirements.text import answer_text, embeddings, tfidf
from core.requirements.text.tfidf import CHARACTERS, WORD

MEANING = 1.5
# Likeness under which an answer does not come near what was asked for, with and without meaning.
LEAST = {True: 0.16, False: 0.1}
MOST_LETTERS, LONGEST_QUERY = 60_000, 400
SHORTEST_MISSPELT, MOST_HITS = 5, 200
QUESTION_WEIGHT = 2
Floats = NDArray[np.float32]
Progress = Any


@dataclass(frozen=True)
class Index:
    """A library made ready to be searched.

    Attributes
    ----------
    ids : list of str
        The answers in it, in the order of the rows below.
    words, letters : sparse matrix, [terms, answers]
        Weights of stems (of question, answer, detail and tags) and of groups of letters (of question and tags).
    vectors : array of float32, [answers, 384], or None
        What the questions mean; None where the sentence vectors are not installed.
    spellings : dict
        What words of the library read like with a letter less, to the words themselves.
    """

    ids: list[str]
    words: Any
    letters: Any
    vectors: Floats | None
    makers: tuple[Any, Any]
    spellings: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def corrected(self, query: str) -> dict[str, str]:
        """Return the words of a query the library does not have, each with the word it has instead."""
        out = {}
        for word in dict.fromkeys(WORD.findall(query.lower())):
            if word in self.counts or len(word) < SHORTEST_MISSPELT or word.isdigit():
                continue
            near = {other for form in _shortened(word) for other in self.spellings.get(form, ())}
            near = {other for other in near if abs(len(other) - len(word)) <= 1}
            if near:
                out[word] = max(near, key=lambda other: (self.counts[other], other))
        return out


@dataclass(frozen=True)
class Hits:
    """What a search brings.

    Attributes
    ----------
    frame : pl.DataFrame
        [answer_id, score], the nearest first; score is a likeness in [0, 1].
    read_as : mapping of str to str
        Words that were taken for others, because nobody wrote them.
    most : int
        How many could come back.
    """

    frame: pl.DataFrame
    read_as: dict[str, str]
    most: int = MOST_HITS

    def sentence(self, n_all: int) -> str:
        """Say how many answers come near, and what was read as something else."""
        n = self.frame.height
        head = message("The nearest {n:,}", n=n) if n == self.most else counted(n, "answer")
        text = (
            message("{head} of {n_all:,}.", head=head, n_all=n_all)
            if n == self.most
            else message_plural(
                "{head} of {n_all:,} comes near.", "{head} of {n_all:,} come near.", n, head=head, n_all=n_all
            )
        )
        text = text if n else "Nothing comes near."
        if self.read_as:
            text += (
                " "
                + joined(
                    *(message("“{was}” was read as “{now}”", was=was, now=now) for was, now in self.read_as.items()),
                    by=", ",
                )
                + "."
            )
        return text


def build(rows: pl.DataFrame, home: Path | None = None, progress: Progress = None) -> Index:
    """Make answers ready to be searched.

    Parameters
    ----------
    rows : pl.DataFrame
        With answer_id, question, answer, detail and tags.
    home : Path, optional
        Where the vectors of the questions are kept, so that each is worked out once.
    progress : callable, optional
        Told the share done and a sentence while questions are understood for the first time.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    heads = [_joined(*row) for row in rows.select("question", "tags").iter_rows()]
    parts = rows.select("question", "answer", "detail", "tags").iter_rows()
    bodies = [_joined(*[row[0]] * QUESTION_WEIGHT, *row[1:]) for row in parts]
    options: dict[str, Any] = {"sublinear_tf": True, "dtype": np.float32}
    words = TfidfVectorizer(tokenizer=tfidf.tokens, token_pattern=None, lowercase=False, **options)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), max_features=MOST_LETTERS, **options)
    if not any(WORD.search(body) for body in bodies):
        return Index([], None, None, None, (words, letters))
    by_word, by_letter = words.fit_transform(bodies).T.tocsr(), letters.fit_transform(heads).T.tocsr()
    embedded = embeddings.of(rows["question"].to_list(), [], home, progress)
    counts = _counts(bodies)
    return Index(
        rows["answer_id"].to_list(),
        by_word,
        by_letter,
        None if embedded is None else embedded[0],
        (words, letters),
        _spellings(counts),
        counts,
    )


def _joined(*parts: str | None) -> str:
    return joined(*(part for part in parts if part), by="\n")


def _counts(bodies: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for body in bodies:
        for word in WORD.findall(body.lower()):
            counts[word] = counts.get(word, 0) + 1
    return counts


def _spellings(counts: dict[str, int]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for word in counts:
        if len(word) >= SHORTEST_MISSPELT - 1 and not word.isdigit():
            for form in _shortened(word):
                out.setdefault(form, []).append(word)
    return out


def _shortened(word: str) -> set[str]:
    """Return a word and all it reads like with one letter less: two words one slip apart share one of these."""
    return {word, *(word[:k] + word[k + 1 :] for k in range(len(word)))}


def search(index: Index, query: str, most: int = MOST_HITS) -> Hits:
    """Return the answers nearest to a query: stemmed words + 0.5 × letters + 1.5 × meaning, over their sum.

    Parameters
    ----------
    index : Index
    query : str
        At most its first 400 letters count.
    most : int
        How many come back at most.
    """
    text = answer_text.clean(query[:LONGEST_QUERY])
    shape = {"answer_id": pl.String, "score": pl.Float64}
    if not text or not index.ids:
        return Hits(pl.DataFrame(schema=shape), {})
    read_as = index.corrected(text)
    spelt = WORD.sub(lambda match: read_as.get(match[0].lower(), match[0]), text)
    words, letters = index.makers
    score = _product(words, index.words, spelt) + CHARACTERS * _product(letters, index.letters, spelt)
    whole = 1 + CHARACTERS
    if index.vectors is not None:
        embedded = embeddings.of([], [spelt])
        assert embedded is not None
        score, whole = score + MEANING * (index.vectors @ embedded[1][0]), whole + MEANING
    score = score / whole
    order = np.argsort(-score, kind="stable")[:most]
    near = order[score[order] >= LEAST[index.vectors is not None]]
    ids = [index.ids[row] for row in near.tolist()]
    frame = pl.DataFrame({"answer_id": ids, "score": score[near].astype(np.float64)}, schema=shape)
    return Hits(frame, read_as, most)


def _product(maker: Any, weights: Any, text: str) -> Floats:
    """Return how alike each answer is to a text, by the weights of one kind."""
    asked = maker.transform([text])
    return np.asarray((asked @ weights).toarray()[0], np.float32)


def narrowed(
    rows: pl.DataFrame,
    today: date,
    *,
    tags: Sequence[str] = (),
    due_by: date | None = None,
    **wanted: Sequence[str],
) -> pl.DataFrame:
    """Return the answers that fit every filter; an empty one lets all through.

    Parameters
    ----------
    rows : pl.DataFrame
        The live answers of a library.
    today : date
        Not looked at where nothing is asked about reviews.
    tags : sequence of str
        One of them at least.
    due_by : date, optional
        Only those whose review is due up to this day.
    **wanted
        product, language, owner, category, state: the values that pass.
    """
    for name, values in wanted.items():
        if values:
            rows = rows.filter(pl.col(name).is_in(list(values)))
    if tags:
        lowered = {tag.lower() for tag in tags}
        rows = rows.filter(
            pl.col("tags").map_elements(
                lambda text: any(tag.lower() in lowered for tag in answer_text.tags(text)), pl.Boolean
            )
        )
    return rows if due_by is None else rows.filter(pl.col("due_on") <= max(due_by, today))


def shown(rows: pl.DataFrame, hits: Hits | None) -> pl.DataFrame:
    """Return answers in the order of a search, with its score; all of them, newest first, where nothing was sought."""
    if hits is None:
        return rows.with_columns(score=pl.lit(None, pl.Float64)).sort("saved_at", descending=True, nulls_last=True)
    return hits.frame.join(rows, on="answer_id", how="inner", maintain_order="left")
