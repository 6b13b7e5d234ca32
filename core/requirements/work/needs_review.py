"""Rows of a list that need a person, and rows that were answered before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from core.config import Settings
from core.localization import message_plural
from core.metrics.measure import counted
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.judge.gap_analysis import GapAnalysis, analyse_file, is_unsure
from core.requirements.match import matcher
from core.requirements.match.answer_library import Memory


@dataclass(frozen=True)
class Doubts:
    """Rows and a sentence about them.

    Attributes
    ----------
    frame : pl.DataFrame
    text : str
    """

    frame: pl.DataFrame
    text: str

    def sentence(self) -> str:
        """Say how many rows there are."""
        return self.text


def unsure(
    file: Path | str | bytes | BinaryIO,
    catalogue: Catalogue | None = None,
    settings: Settings | None = None,
    library: Memory | None = None,
) -> Doubts:
    """Rows for which someone must choose the capability, with the five closest of each.

    Nearness is the cosine of stemmed TF-IDF words + 0.5 × that of character 3-5-grams + 1.5 × that of MiniLM
    sentence vectors, over 3. Confidence, the chance that the nearest is right, is a logistic function of how far
    it leads the second and the next four, and of the share of the requirement's words it has, fitted on 988
    requirements of six public crosswalks: left out one family at a time, chance and truth differ by less than
    0.03 on the mean. From 72 % a match answers, below 18 % nothing comes near; between them a person chooses.

    Parameters
    ----------
    file : path, bytes or binary file
    catalogue : Catalogue, optional
        Default the shipped one.
    settings : Settings, optional
    library : Memory, optional
        What was answered before.

    Returns
    -------
    Doubts
        frame: [row, text, rank, capability_id, capability, score, words, sentence].
    """
    analysis = analyse_file(file, catalogue, settings, library=library)
    return Doubts(analysis.unclear, analysis.unclear_sentence())


def answered_before(
    file: Path | str | bytes | BinaryIO,
    catalogue: Catalogue | None = None,
    settings: Settings | None = None,
    library: Memory | None = None,
) -> Doubts:
    """Rows that were answered before, with answer, source, age and owner.

    Likeness is the nearness of two requirements, 1 for the same text. From 65 % the row takes the earlier
    counterpart; its answer too, where the same numbers were asked for and it is not stale for its category.
    From 50 % it stands first among the candidates.

    Parameters
    ----------
    file : path, bytes or binary file
    catalogue : Catalogue, optional
        Default the shipped one.
    settings : Settings, optional
    library : Memory, optional
        What was answered before; see `answer_library.load`.
    """
    analysis = analyse_file(file, catalogue, settings, library=library)
    return Doubts(earlier(analysis), recalled_sentence(analysis))


def answers(analysis: GapAnalysis) -> pl.DataFrame:
    """Return the earlier answers that may be sent again: [sheet, row, answer, answer_id].

    Only sure ones, with the same numbers as were asked for then, of the same kind and polarity, and not stale.
    """
    fit = analysis.recalled.filter(
        "is_sure", "has_same_numbers", "is_same_sense", ~pl.col("is_stale"), pl.col("answer") != ""
    )
    places = analysis.frame.with_row_index("place").select(pl.col("place").cast(pl.Int64), "sheet", "row")
    return places.join(fit, on="place", how="inner").select("sheet", "row", "answer", "answer_id")


def earlier(analysis: GapAnalysis) -> pl.DataFrame:
    """Return the rows answered before: [row, requirement, capability] and the columns of `recalled`."""
    rows = analysis.frame.with_row_index("place").select(pl.col("place").cast(pl.Int64), "row", requirement="text")
    names = analysis.candidates.select("capability_id", "capability").unique("capability_id")
    return rows.join(analysis.recalled, on="place").join(names, on="capability_id", how="left", maintain_order="left")


def to_decide(analysis: GapAnalysis) -> list[dict[str, Any]]:
    """Return every row with its candidates for a person to confirm or correct, the unsure ones first.

    Each has place, sheet, row, text, category, answered_before, matched_id, chance, is_likely and candidates.
    """
    near: dict[int, list[dict[str, Any]]] = {}
    for candidate in analysis.candidates.iter_rows(named=True):
        near.setdefault(candidate["place"], []).append(candidate)
    rows = analysis.frame.with_row_index("place").hstack(analysis.matched).with_columns(is_unsure=is_unsure())
    rows = rows.with_columns(
        is_likely=(pl.col("confidence") >= matcher.LIKELY) & pl.col("capability_id").eq_missing(pl.col("matched_id"))
    ).sort("is_unsure", descending=True, maintain_order=True)
    names = ("place", "sheet", "row", "text", "category", "answered_before", "matched_id", "chance", "is_likely")
    return [{**row, "candidates": near.get(row["place"], [])} for row in rows.select(names).iter_rows(named=True)]


def recalled_sentence(analysis: GapAnalysis) -> str:
    """Say how much of the list was answered before."""
    n, recalled = analysis.frame.height, analysis.recalled
    if recalled.is_empty():
        return "None of these rows was answered before. What you confirm or correct comes back with the next list."
    sure, old = recalled.filter("is_sure").height, recalled.filter("is_stale").height
    text = message_plural(
        "{n:,} of {rows} was answered before; ",
        "{n:,} of {rows} were answered before; ",
        recalled.height,
        rows=counted(n, "row"),
    )
    text += message_plural("{n:,} is filled in from then", "{n:,} are filled in from then", sure)
    return text + (
        message_plural(", {n:,} of the earlier answers is stale.", ", {n:,} of the earlier answers are stale.", old)
        if old
        else "."
    )
