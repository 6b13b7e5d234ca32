"""The stages a column map gives, for all pipelines or for each, brought to names that mean one thing everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from core.contracts.errors import closest
from core.sources.findings import Findings
from core.sources.headers import fold
from core.sources.mapping import StageWords

OPEN, WON, LOST = "open", "won", "lost"
ALL = "*"


def folded(name: str) -> str:
    """Return a stage's or pipeline's name as names are compared: folded, or as it is where nothing is left of it."""
    return fold(name) or name.strip()


@dataclass(frozen=True)
class StageMap:
    """What a column map says of stages.

    Attributes
    ----------
    words : mapping
        Pipeline, or "*" for those that are not named -> its stages.
    elsewhere : frozenset of str
        Folded stages that deals are in whose pipeline the map does not speak of.
    """

    words: Mapping[str, StageWords] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.words)

    def kinds(self) -> dict[str, str]:
        """Return folded name -> "open", "won" or "lost"; a name that means several things stands with its pipeline."""
        out: dict[str, str] = {}
        for pipeline, stages in self._meanings().items():
            for stage, kind in stages.items():
                out[folded(self._unique(stage, pipeline))] = kind
        return out

    def ranks(self) -> dict[str, float]:
        """Return folded name of an open stage -> how far it comes in its pipeline, 0 to 1; of several the mean."""
        positions: dict[str, list[float]] = {}
        for pipeline, listed in self.words.items():
            kinds = self._meanings()[pipeline]
            running = [s for s in listed.order if kinds[folded(s)] == OPEN]
            for k, stage in enumerate(running):
                name = folded(self._unique(folded(stage), pipeline))
                positions.setdefault(name, []).append(k / max(len(running) - 1, 1))
        return {name: sum(shares) / len(shares) for name, shares in positions.items()}

    def named(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add the pipeline to stages that mean several things: `Signed (Renewals)`.

        Parameters
        ----------
        frame : pl.DataFrame
            With `stage`, and with `pipeline` where there are several.
        """
        if not self.words or not {"stage", "pipeline"} <= set(frame.columns):
            return frame
        called = {folded(p): p for p in self.words if p != ALL}
        pairs = frame.select("pipeline", "stage").drop_nulls().unique()
        renamed = {
            f"{p}\n{s}": self._unique(s, called[folded(str(p))])
            for p, s in pairs.cast(pl.String).iter_rows()
            if folded(p) in called
        }
        key = pl.concat_str(pl.col("pipeline").cast(pl.String), "stage", separator="\n")
        name = key.replace_strict(renamed, default=None, return_dtype=pl.String) if renamed else pl.lit(None, pl.String)
        return frame.with_columns(pl.coalesce(name, "stage").alias("stage"))

    def beside(self, deals: pl.DataFrame) -> StageMap:
        """Return the map with what deals of pipelines it does not name are in."""
        if ALL in self.words or not self.words or not {"stage", "pipeline"} <= set(deals.columns):
            return self
        own = {folded(p) for p in self.words}
        pairs = deals.select("stage", pl.col("pipeline").cast(pl.String)).drop_nulls("stage").unique()
        others = {folded(s) for s, p in pairs.iter_rows() if p is None or folded(p) not in own}
        return replace(self, elsewhere=frozenset(others))

    def _meanings(self) -> dict[str, dict[str, str]]:
        return {
            pipeline: {folded(s): OPEN for s in listed.order}
            | {folded(s): WON for s in listed.won}
            | {folded(s): LOST for s in listed.lost}
            for pipeline, listed in self.words.items()
        }

    def _unique(self, stage: str, pipeline: str) -> str:
        """Return a stage's name, with its pipeline where another pipeline gives it another meaning."""
        meanings = {kinds[folded(stage)] for kinds in self._meanings().values() if folded(stage) in kinds}
        if folded(stage) in self.elsewhere and meanings != {OPEN}:
            meanings.add("")
        return f"{stage} ({pipeline})" if len(meanings) > 1 and pipeline != ALL else stage

    def tell(self, deals: pl.DataFrame, findings: Findings) -> None:
        """Tell of pipelines the map names and no deal is in, and of those it gives no stages."""
        own = [p for p in self.words if p != ALL]
        if not own:
            return
        listed = deals["pipeline"].drop_nulls().cast(pl.String).unique().sort().to_list() if _has(deals) else []
        there = {folded(p) for p in listed}
        for pipeline in own:
            if folded(pipeline) not in there:
                near = closest(pipeline, listed)
                hint = f"did you mean {near}?" if near else f"there are: {', '.join(listed[:8]) or 'none'}."
                findings.note(f"The map gives stages of a pipeline {pipeline} that no deal is in; {hint}")
        missing = [p for p in listed if folded(p) not in {folded(o) for o in own}]
        if missing and ALL not in self.words:
            findings.note(f"The map gives no stages of {', '.join(missing[:8])}; they are read by their names.")


def _has(deals: pl.DataFrame) -> bool:
    return "pipeline" in deals.columns


def of_entries(listed: Iterable[Mapping[str, StageWords]]) -> StageMap:
    """Return the stages of several entries of a map as one; what a later entry says of a pipeline counts."""
    out: dict[str, StageWords] = {}
    for words in listed:
        out |= words
    return StageMap(out)
