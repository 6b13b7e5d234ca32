"""A source while it is put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from core.config import Settings
from core.sources import rows, stages
from core.sources.cells import Source
from core.sources.findings import Findings
from core.sources.stage_map import StageMap


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
    stage_map : StageMap
        The stages the column map gives.
    """

    raw: dict[str, pl.DataFrame]
    parts: dict[str, list[tuple[pl.DataFrame, Source]]]
    settings: Settings
    findings: Findings
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    currency: str = ""
    stages: list[stages.Stage] = field(default_factory=list)
    stage_map: StageMap = field(default_factory=StageMap)


def prepared(work: Assembly, entity: str, complete: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame | None:
    """Complete an entity, leave out rows without a key, and leave one row per id."""
    if entity not in work.raw:
        return None
    frame = rows.with_keys(complete(work.raw[entity]), entity, work.findings)
    return rows.one_per_key(frame, entity, work.findings)
