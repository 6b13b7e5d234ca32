"""Capabilities the catalogue lacks, proposed from what buyers ask for and nothing in it comes near."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core.localization import message
from core.metrics.measure import counted, shortened
from core.requirements.match import matcher
from core.requirements.match.analysis import GapAnalysis
from core.requirements.match.question_frame import without_frame
from core.requirements.text.row_kind import REASSURING, row_kind
from core.requirements.work.gap_ledger import RequirementSet

# From this likeness on two rows ask for the same thing.
SAME = 0.55
LONGEST_NAME = 70
ASKED = {"list": pl.String, "text": pl.String, "category": pl.String}
PROPOSED = {
    "name": pl.String,
    "category": pl.String,
    "n_rows": pl.Int64,
    "n_lists": pl.Int64,
    "asked": pl.String,
}


@dataclass(frozen=True)
class Proposals:
    """Capabilities that could be added to the catalogue.

    Attributes
    ----------
    frame : pl.DataFrame
        [name, category, n_rows, n_lists, asked]: asked are the buyers' own words, most asked for first.
    """

    frame: pl.DataFrame

    def sentence(self) -> str:
        """Say how many capabilities are proposed and which is asked for most."""
        if self.frame.is_empty():
            return "Buyers ask for nothing that the catalogue has no word for."
        top = self.frame.row(0, named=True)
        return message(
            "{things} buyers ask for and the catalogue has no word for; most often “{name}” "
            "({rows}). Add what you have, or say that you have it not.",
            things=counted(self.frame.height, "thing"),
            name=top["name"],
            rows=counted(top["n_rows"], "row"),
        )


def unanswered(analysis: GapAnalysis, sets: Iterable[RequirementSet] = ()) -> pl.DataFrame:
    """Return the rows nothing in the catalogue comes near: [list, text, category].

    Parameters
    ----------
    analysis : GapAnalysis
        The list at hand.
    sets : iterable of RequirementSet
        Kept lists; rows a person said there is nothing for count, too.
    """
    here = analysis.frame.filter(
        pl.col("status") == "to be checked", pl.col("capability_id").is_null(), pl.col("polarity") == REASSURING
    )
    parts = [here.select(pl.lit(analysis.source.name).alias("list"), "text", "category")]
    for requirement_set in sets:
        rows = requirement_set.rows.filter(pl.col("capability_id").fill_null("none") == "none")
        asks = pl.Series([row_kind(text).may_say_yes for text in rows["text"]], dtype=pl.Boolean)
        parts.append(rows.filter(asks).select(pl.lit(requirement_set.name).alias("list"), "text", "category"))
    return pl.concat([part.cast(pl.Schema(ASKED)) for part in parts])


def proposals(rows: pl.DataFrame, home: Path | None = None) -> Proposals:
    """Propose a capability for each thing asked for; rows alike by 55 % and more ask for the same.

    Parameters
    ----------
    rows : pl.DataFrame
        [list, text, category], as `unanswered` gives them.
    home : Path, optional
    """
    texts = rows["text"].unique(maintain_order=True).to_list()
    leaders = _leaders(texts, home)
    grouped = rows.with_columns(leader=pl.col("text").replace_strict(leaders, return_dtype=pl.String))
    frame = grouped.group_by("leader", maintain_order=True).agg(
        category=pl.col("category").mode().sort().first(),
        n_rows=pl.len().cast(pl.Int64),
        n_lists=pl.col("list").n_unique().cast(pl.Int64),
        asked=pl.col("text").unique(maintain_order=True).str.join("; "),
    )
    names = [_named(text) for text in frame["leader"]]
    frame = frame.with_columns(name=pl.Series(names, dtype=pl.String)).select(list(PROPOSED))
    return Proposals(frame.sort("n_rows", "name", descending=[True, False]))


def _leaders(texts: list[str], home: Path | None) -> dict[str, str]:
    """Return for each text the earliest one that asks for the same."""
    leaders: dict[str, str] = {}
    if not texts:
        return leaders
    matches = matcher.compare(texts, texts, min(matcher.NEAR, len(texts)), home)
    for index, text in enumerate(texts):
        near = zip(matches.order[index].tolist(), matches.scores[index].tolist(), strict=True)
        earlier = [j for j, score in near if j < index and score >= SAME]
        leaders[text] = leaders[texts[min(earlier)]] if earlier else text
    return leaders


def _named(text: str) -> str:
    bare = without_frame(text).strip(" .?!;:")
    return shortened(bare[:1].upper() + bare[1:], LONGEST_NAME)
