"""Stages of several pipelines: a name that means one thing here and another there is shown with its pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from core.contracts.errors import closest
from core.localization import message
from core.sources.findings import Findings
from core.sources.headers import fold
from core.sources.mapping import EntityMap, StageWords

ALL, OPEN = "*", "open"


def folded(name: str) -> str:
    """Return a stage's or pipeline's name as names are compared: folded, or as it is where nothing is left of it."""
    return fold(name) or name.strip()


@dataclass(frozen=True)
class PipelineStages:
    """What a column map says of the stages of each pipeline.

    Attributes
    ----------
    words : mapping
        Pipeline, or "*" for those that are not named -> its stages.
    elsewhere : frozenset of str
        Folded stages that deals are in whose pipeline the map does not speak of.
    """

    words: Mapping[str, StageWords] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()

    def named(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add the pipeline to stages that mean several things: `Signed (Renewals)`.

        Parameters
        ----------
        frame : pl.DataFrame
            With `stage`, and with `pipeline` where there are several.
        """
        called = {folded(p): p for p in self.words if p != ALL}
        if not called or not {"stage", "pipeline"} <= set(frame.columns):
            return frame
        pairs = frame.select(pl.col("pipeline").cast(pl.String), "stage").drop_nulls().unique()
        renamed = {f"{p}\n{s}": self._unique(s, called[folded(p)]) for p, s in pairs.iter_rows() if folded(p) in called}
        if not renamed:
            return frame
        key = pl.concat_str(pl.col("pipeline").cast(pl.String), "stage", separator="\n")
        name = key.replace_strict(renamed, default=None, return_dtype=pl.String)
        return frame.with_columns(pl.coalesce(name, "stage").alias("stage"))

    def entries(self) -> list[EntityMap]:
        """Return an entry of a map whose stages have names that mean one thing, in an order that fits each pipeline."""
        if not self.words:
            return []
        positions: dict[str, list[float]] = {}
        kinds: dict[str, str] = {}
        facts: dict[str, dict[str, object]] = {"probability": {}, "forecast_category": {}}
        for pipeline, listed in self.words.items():
            names = list(dict.fromkeys((*listed.order, *listed.won, *listed.lost)))
            for k, stage in enumerate(names):
                name = self._unique(stage, pipeline)
                positions.setdefault(name, []).append(k / max(len(names) - 1, 1))
                kinds[name] = _kind(stage, listed)
            for part, values in facts.items():
                values |= {self._unique(s, pipeline): v for s, v in getattr(listed, part).items()}
        order = sorted(positions, key=lambda name: sum(positions[name]) / len(positions[name]))
        words = {kind: tuple(n for n in order if kinds[n] == kind) for kind in ("won", "lost")}
        made = StageWords.model_validate({"order": tuple(order), **words, **facts})
        return [EntityMap(file="every file", stages={ALL: made})]

    def tell(self, deals: pl.DataFrame, findings: Findings) -> None:
        """Tell of pipelines the map names and no deal is in, and of those it gives no stages."""
        own = [p for p in self.words if p != ALL]
        if not own:
            return
        listed = (
            deals["pipeline"].drop_nulls().cast(pl.String).unique().sort().to_list()
            if "pipeline" in deals.columns
            else []
        )
        there = {folded(p) for p in listed}
        for pipeline in own:
            if folded(pipeline) not in there:
                near = closest(pipeline, listed)
                hint = (
                    message("did you mean {near}?", near=near)
                    if near
                    else message("there are: {listed}.", listed=", ".join(listed[:8]) or message("none"))
                )
                findings.note(
                    message(
                        "The map gives stages of a pipeline {pipeline} that no deal is in; {hint}",
                        pipeline=pipeline,
                        hint=hint,
                    )
                )
        missing = [p for p in listed if folded(p) not in {folded(o) for o in own}]
        if missing and ALL not in self.words:
            findings.note(
                message(
                    "The map gives no stages of {missing}; they are read by their names.",
                    missing=", ".join(missing[:8]),
                )
            )

    def _unique(self, stage: str, pipeline: str) -> str:
        """Return a stage's name, with its pipeline where another pipeline gives it another meaning."""
        meanings = {_kind(stage, words) for words in self.words.values()} - {""}
        if folded(stage) in self.elsewhere and meanings != {OPEN}:
            meanings.add("elsewhere")
        is_here = bool(_kind(stage, self.words[pipeline]))
        return f"{stage} ({pipeline})" if len(meanings) > 1 and is_here and pipeline != ALL else stage


def _kind(stage: str, words: StageWords) -> str:
    """Return "won", "lost" or "open" as a pipeline's words say; empty where they do not speak of the stage."""
    key = folded(stage)
    for kind, listed in (("won", words.won), ("lost", words.lost), (OPEN, words.order)):
        if key in {folded(s) for s in listed}:
            return kind
    return ""


def of_entries(listed: Iterable[Mapping[str, StageWords]], deals: pl.DataFrame | None) -> PipelineStages:
    """Return the stages of several entries of a map as one; what a later entry says of a pipeline counts.

    Parameters
    ----------
    listed : iterable of mapping
    deals : pl.DataFrame, optional
        With `stage` and `pipeline`: which stages occur in pipelines the map does not name.
    """
    words: dict[str, StageWords] = {}
    for stages in listed:
        words |= stages
    if not words or ALL in words or deals is None or not {"stage", "pipeline"} <= set(deals.columns):
        return PipelineStages(words)
    own = {folded(p) for p in words}
    pairs = deals.select("stage", pl.col("pipeline").cast(pl.String)).drop_nulls("stage").unique()
    return PipelineStages(words, frozenset(folded(s) for s, p in pairs.iter_rows() if not p or folded(p) not in own))
