"""A source while it is put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from core.config import Settings
from core.sources import rows, stages
from core.sources.cells import Source
from core.sources.findings import Findings
from core.sources.pipeline_stages import PipelineStages


@dataclass
class Assembly:
    """A source while it is put together.

    Attributes
    ----------
    raw : dict
        Entity -> typed rows of all of its files, without deleted ones.
    parts : dict
        Entity -> the rows of each file, with how it is read.
    settings : Settings
    findings : Findings
    frames : dict
        Entity -> completed rows.
    currency : str
        What the amounts are reported in.
    stages : list of Stage
    by_pipeline : PipelineStages
        What the column map says of the stages of each pipeline.
    """

    raw: dict[str, pl.DataFrame]
    parts: dict[str, list[tuple[pl.DataFrame, Source]]]
    settings: Settings
    findings: Findings
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    currency: str = ""
    stages: list[stages.Stage] = field(default_factory=list)
    by_pipeline: PipelineStages = field(default_factory=PipelineStages)


def prepared(work: Assembly, entity: str, complete: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame | None:
    """Complete an entity, leave out rows without a key, and leave one row per id."""
    if entity not in work.raw:
        return None
    frame = rows.with_keys(complete(work.raw[entity]), entity, work.findings)
    return rows.one_per_key(frame, entity, work.findings)
