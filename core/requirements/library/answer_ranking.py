"""Answers of the library and capabilities of the catalogue in one list, each with the chance that it is right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.localization import message
from core.metrics.measure import counted
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.library.answer_edition import APPROVED, Library
from core.requirements.library.answer_search import Index, search
from core.requirements.library.similar_answers import may_be_one
from core.requirements.match import matcher
from core.requirements.text.tfidf import covered, rarity, tokens

SHIPPED = Path(__file__).with_name("ranking.json")
CAPABILITY, ANSWER = "capability", "answer"
FEATURES = ("score", "lead", "covered")
TOP, LOOKED_AT = 6, 6
MOST_RANKED, MOST_NEAR = 2_000, 300
# How far the record of deals may move an answer in the list: as much as five points of chance.
RECORD = 0.05
# From which chance on an answer comes near.
NEAR = 0.2
RANKED: dict[str, Any] = {
    "place": pl.Int64,
    "rank": pl.Int64,
    "kind": pl.String,
    "key": pl.String,
    "title": pl.String,
    "answer": pl.String,
    "chance": pl.Float64,
    "score": pl.Float64,
    "state": pl.String,
    "why": pl.String,
}
Floats = NDArray[np.float64]
Compared = tuple[NDArray[np.int64], Floats]


@dataclass(frozen=True)
class Ranking:
    """What may answer each text of a list.

    Attributes
    ----------
    frame : pl.DataFrame
        [place, rank, kind, key, title, answer, chance, score, state, why]: place is that of the text; kind is answer
        or capability; chance that it is the right one; state of an answer; why says what differs or what the record
        of deals says.
    """

    frame: pl.DataFrame

    def sentence(self) -> str:
        """Say for how many texts an answer of the library stands first, and for how many a capability."""
        first = self.frame.filter((pl.col("rank") == 1) & (pl.col("chance") >= NEAR))
        n = first.filter(pl.col("kind") == ANSWER).height
        rest = first.height - n
        if not first.height:
            return "Neither an answer nor a capability comes near."
        return message(
            "An answer of the library stands first for {rows}, a capability for {rest:,}.",
            rows=counted(n, "row"),
            rest=rest,
        )


@cache
def _weights() -> dict[str, dict[str, list[float]]]:
    weights: dict[str, dict[str, list[float]]] = json.loads(SHIPPED.read_text(encoding="utf-8"))["weights"]
    return weights


def features(texts: list[str], theirs: list[str], compared: Compared) -> Floats:
    """Return what the chance of each candidate is judged by: its score, its lead, the share of the text it covers.

    Parameters
    ----------
    texts, theirs : list of str
    compared : pair of arrays, [n, k]
        Places of the candidates, nearest first, and their scores.

    Returns
    -------
    array, [n, k, 3]
        The lead is over the best of the others; below 0 for all but the first.
    """
    order, scores = compared
    best = scores[:, :1]
    second = scores[:, 1:2] if scores.shape[1] > 1 else np.zeros_like(best)
    lead = np.where(np.arange(scores.shape[1]) == 0, best - second, scores - best)
    stems = [set(tokens(text)) for text in theirs]
    rare = rarity(stems)
    share = [[covered(text, stems[j], rare) for j in row] for text, row in zip(texts, order.tolist(), strict=True)]
    return np.stack([scores, lead, np.array(share, np.float64).reshape(scores.shape)], axis=-1)


def chance(judged_by: Floats, kind: str, *, with_vectors: bool) -> Floats:
    """Return the chance that candidates are right: 1 / (1 + exp(-(b + w · features))).

    Fitted on six public crosswalks by `benchmarks/library.py`, for answers and capabilities apart: half of the
    requirements of each serve as the answered questions, the others ask.
    """
    weights = np.array(_weights()["vectors" if with_vectors else "words"][kind])
    return np.asarray(1 / (1 + np.exp(-(weights[0] + judged_by @ weights[1:]))), np.float64)


def rank(
    texts: list[str],
    catalogue: Catalogue,
    library: Library,
    lift: Mapping[str, float] | None = None,
    home: Path | None = None,
    index: Index | None = None,
) -> Ranking:
    """Rank answers and capabilities together for each text.

    Ordered by chance. The record of deals moves an answer by at most five points of chance, up where deals whose
    lists used it were won more often than others, down where less often; the chance shown stays what it is.

    Parameters
    ----------
    texts : list of str
    catalogue : Catalogue
    library : Library
        Its live answers; one whose question differs from a text in a number or in a word that obliges, limits or
        denies counts half as likely.
    lift : mapping, optional
        As `answer_uses.lift` gives it.
    home : Path, optional
        Where vectors are kept.
    index : Index, optional
        Of the library: of more than 2,000 answers the 300 it finds nearest to each text are ranked.
    """
    if not texts:
        return Ranking(pl.DataFrame(schema=RANKED))
    answers = library.live
    if index is not None and answers.height > MOST_RANKED:
        near = {key for text in texts for key in search(index, text, MOST_NEAR).frame["answer_id"]}
        answers = answers.filter(pl.col("answer_id").is_in(sorted(near)))
    rows = _answers(texts, answers.to_dicts(), lift or {}, home) + _capabilities(texts, catalogue, home)
    frame = pl.DataFrame(rows, schema=[*RANKED, "_order"], orient="row").drop("rank")
    frame = frame.sort("place", "_order", "key", descending=[False, True, False])
    ranked = frame.with_columns(rank=pl.int_range(1, pl.len() + 1).over("place"))
    return Ranking(ranked.filter(pl.col("rank") <= TOP).select(list(RANKED)).cast(pl.Schema(RANKED)))


def _answers(
    texts: list[str], answers: list[dict[str, Any]], lift: Mapping[str, float], home: Path | None
) -> list[tuple[Any, ...]]:
    if not answers:
        return []
    questions = [row["question"] for row in answers]
    order, chances, scores = _judged(texts, questions, ANSWER, home)
    out = []
    for index, text in enumerate(texts):
        for k, j in enumerate(order[index].tolist()):
            row, sure = answers[j], float(chances[index, k])
            differs = not may_be_one({"question": text}, {"question": row["question"]})
            sure = sure / 2 if differs else sure
            record = float(np.clip(lift.get(row["answer_id"], 0.0), -RECORD, RECORD))
            why = "; ".join(filter(None, ["a number or a telling word differs" if differs else "", _record(record)]))
            ready = 0.001 if row["state"] == APPROVED else 0.0
            out.append(
                (
                    *(index, 0, ANSWER, row["answer_id"], row["question"], row["answer"]),
                    *(sure, float(scores[index, k]), row["state"], why or None, sure + record + ready),
                )
            )
    return out


def _record(record: float) -> str:
    if abs(record) < RECORD / 5:
        return ""
    return "deals that used it were won more often" if record > 0 else "deals that used it were won less often"


def _capabilities(texts: list[str], catalogue: Catalogue, home: Path | None) -> list[tuple[Any, ...]]:
    rows = catalogue.frame.to_dicts()
    if not rows:
        return []
    order, chances, scores = _judged(texts, catalogue.texts(), CAPABILITY, home)
    return [
        (
            *(index, 0, CAPABILITY, row["capability_id"], row["name"], row["description"]),
            *(float(chances[index, k]), float(scores[index, k]), row["status"], None, float(chances[index, k])),
        )
        for index in range(len(texts))
        for k, j in enumerate(order[index].tolist())
        for row in [rows[j]]
    ]


def _judged(
    texts: list[str], theirs: list[str], kind: str, home: Path | None
) -> tuple[NDArray[np.int64], Floats, Floats]:
    compared = matcher.compare(texts, theirs, min(LOOKED_AT, len(theirs)), home)
    judged_by = features(texts, theirs, (compared.order, compared.scores))
    return compared.order, chance(judged_by, kind, with_vectors=compared.with_vectors), compared.scores
