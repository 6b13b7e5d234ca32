"""Answers of the library that say the same twice, and one made of two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from core.localization import joined, message
from core.metrics.measure import counted
from core.requirements.library import answer_edition
from core.requirements.library.answer_edition import FIELDS, Library
from core.requirements.match import alike_pairs
from core.requirements.text import answer_text
from core.store.library_answers import LibraryEdit

# Likeness is the matching score of two questions, 1 for the same text.
ALIKE, SAME_ANSWER = 0.62, 0.5
MOST_SHOWN, MOST_COMPARED = 100, 3_000
PAIRS = {
    "one_id": pl.String,
    "one": pl.String,
    "other_id": pl.String,
    "other": pl.String,
    "likeness": pl.Float64,
    "is_same_answer": pl.Boolean,
    "owners": pl.String,
}


@dataclass(frozen=True)
class SimilarAnswers:
    """Pairs of answers that may be one and the same, as `find` lists them."""

    frame: pl.DataFrame
    n_left_out: int = 0

    def sentence(self) -> str:
        """Say how many pairs there are, and how many answers were not compared."""
        n = self.frame.height
        text = (
            message("{pairs} may be duplicates; read both before you merge them.", pairs=counted(n, "pair"))
            if n
            else "No duplicates."
        )
        return text + (
            message(" The oldest {n_left_out:,} answers were not compared.", n_left_out=self.n_left_out)
            if self.n_left_out
            else ""
        )


def find(library: Library, home: Path | None = None, least: float = ALIKE) -> SimilarAnswers:
    """Pairs of answers whose questions ask the same, the most alike first.

    Likeness is that of `alike_pairs.alike`. Pairs whose questions differ in a number or in a word that
    obliges, limits or denies, or that are about another product or in another language, are left out; so are pairs
    less alike than 0.62, unless they have the same answer word for word (0.5).

    Parameters
    ----------
    library : Library
        Of more than 3,000 answers those saved last are compared.
    home : Path, optional
        Where the vectors of the questions are kept.
    least : float

    Returns
    -------
    SimilarAnswers
        frame: [one_id, one, other_id, other, likeness, is_same_answer, owners], at most 100 pairs.
    """
    every = library.live.sort("saved_at", "answer_id", descending=[True, False], nulls_last=True)
    rows = every.head(MOST_COMPARED).to_dicts()

    def likely(first: int, second: int, score: float) -> bool:
        enough = SAME_ANSWER if _same_answer(rows[first], rows[second]) else least
        return score >= enough and may_be_one(rows[first], rows[second])

    pairs = alike_pairs.alike([row["question"] for row in rows], likely, home)[:MOST_SHOWN]
    listed = [_pair(rows[first], rows[second], score) for first, second, score in pairs]
    frame = pl.DataFrame(listed, schema=PAIRS, orient="row")
    return SimilarAnswers(frame, max(every.height - MOST_COMPARED, 0))


def may_be_one(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Say whether two questions can mean the same: no number, obligation, denial, product or language differs."""
    for name in ("product", "language"):
        values = {str(row[name]).lower() for row in (first, second) if row.get(name)}
        if len(values) > 1:
            return False
    return not answer_text.sense_changes(str(first["question"]), str(second["question"]))


def _same_answer(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    return answer_text.plain(str(first["answer"])) == answer_text.plain(str(second["answer"]))


def _pair(first: Mapping[str, Any], second: Mapping[str, Any], score: float) -> tuple[Any, ...]:
    owners = ", ".join(dict.fromkeys(row["owner"] for row in (first, second) if row["owner"]))
    same = _same_answer(first, second)
    return first["answer_id"], first["question"], second["answer_id"], second["question"], score, same, owners


def merged(survivor: Mapping[str, Any], gone: Mapping[str, Any], user: str) -> tuple[LibraryEdit, LibraryEdit]:
    """Return the edits that make one answer of two.

    The one kept keeps its words, fills its empty fields from the other, and takes over tags and evidence it lacks;
    the other is retired and counts as the kept one's from then on, so that its uses, its files and its history stay.
    Evidence a buyer has not seen approved takes the approval back, as any change of words does.

    Parameters
    ----------
    survivor, gone : mapping
        Both as they stand, with their versions.
    user : str
    """
    filled = {name: survivor.get(name) if survivor.get(name) is not None else gone.get(name) for name in FIELDS}
    filled["tags"] = joined(
        *dict.fromkeys([*answer_text.tags(survivor["tags"]), *answer_text.tags(gone["tags"])]), by="; "
    )
    evidence = [*answer_text.lines(survivor["evidence"]), *answer_text.lines(gone["evidence"])]
    filled["evidence"] = "\n".join(dict.fromkeys(evidence))
    if set(evidence) == set(answer_text.lines(survivor["evidence"])):
        filled["evidence"] = survivor["evidence"]
    into = str(survivor["answer_id"])
    away = answer_edition.with_state(gone, answer_edition.RETIRED, merged_into=into)
    return answer_edition.changed(survivor, user, **filled), away
