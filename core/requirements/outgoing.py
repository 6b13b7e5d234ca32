"""What goes out of a list: the buyer's own file filled in, and everything as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from core.config import Settings
from core.requirements import catalogue as catalogues
from core.requirements import doubts, edition, gap, kept, memory, responses, review
from core.requirements.analysis import GapAnalysis
from core.requirements.catalogue import Catalogue
from core.requirements.fill import Filled, fill
from core.requirements.read import read_list
from core.requirements.responses import Drafts

KEY = ["sheet", "row"]
TOLD = (
    "sheet",
    "row",
    "requirement_id",
    "section",
    "text",
    "category",
    "priority",
    "obligation",
    "capability_id",
    "capability",
    "status",
    "confidence",
    "statement",
    "comparison",
    "gap_type",
    "severity",
    "impact",
    "effort_weeks",
    "timeline",
    "cost_amount",
    "approach",
    "solution",
    "workaround",
    "owner",
    "exposed_amount",
    "answered_before",
)


def answers(
    analysis: GapAnalysis, drafts: Drafts, worked: pl.DataFrame | None = None, states: Sequence[str] = review.STATES
) -> pl.DataFrame:
    """Return what is answered to each row: [sheet, row, status, statement, capability, response].

    Parameters
    ----------
    analysis : GapAnalysis
    drafts : Drafts
    worked : pl.DataFrame, optional
        The rows people worked on; what they wrote goes before the draft.
    states : sequence of str
        Rows in other states are left out.
    """
    rows = review.grid(analysis, drafts, review.nothing() if worked is None else worked)
    rows = rows.filter(pl.col("state").is_in(list(states))).select(*KEY, response="answer")
    return analysis.frame.select(*KEY, "status", "statement", "capability").join(rows, on=KEY)


def own_file(
    analysis: GapAnalysis, drafts: Drafts, worked: pl.DataFrame | None = None, *, replace: bool = False
) -> Filled:
    """Fill the buyer's own file with the answers to every row.

    Only answer cells change; every other part stays byte for byte, and the proof lists them part by part.

    Parameters
    ----------
    analysis : GapAnalysis
    drafts : Drafts
    worked : pl.DataFrame, optional
        The rows people worked on.
    replace : bool
        Whether answers that stand in the file already are written over.

    Raises
    ------
    RequirementError
        When the file is none that can be filled.
    """
    return fill(analysis.source, answers(analysis, drafts, worked), replace=replace)


def as_json(analysis: GapAnalysis, drafts: Drafts | None = None) -> str:
    """Return the whole analysis as JSON: `requirements` with answer and sources, `gaps` by row, and `summary`.

    Parameters
    ----------
    analysis : GapAnalysis
    drafts : Drafts, optional
        Without them no answer stands beside a requirement.
    """
    rows = analysis.frame.select(TOLD)
    if drafts is not None:
        written = drafts.frame.select(*KEY, answer="draft", sources="sources")
        rows = rows.join(written, on=KEY, how="left", maintain_order="left")
    near = analysis.to_dict()["requirements"]
    listed: list[dict[str, Any]] = [
        {**row, "candidates": entry["candidates"]} for row, entry in zip(rows.to_dicts(), near, strict=True)
    ]
    out = {"file": analysis.source.name, "catalogue": analysis.catalogue_name, "requirements": listed}
    return json.dumps(out | {"summary": analysis.summary}, indent=2, default=str, ensure_ascii=False)


def drafted(analysis: GapAnalysis, catalogue: Catalogue) -> Drafts:
    """Return the draft answers of an analysis, with those of the library in front.

    Parameters
    ----------
    analysis : GapAnalysis
    catalogue : Catalogue
        The one it was made with.
    """
    return responses.drafts(analysis, catalogue, doubts.answers(analysis))


def held(
    file: Path | str, settings: Settings, catalogue: Path | str | None = None, *, with_library: bool = True
) -> tuple[GapAnalysis, Drafts, pl.DataFrame]:
    """Read a list and hold it against the catalogue as the app would, with what people answered and decided.

    Parameters
    ----------
    file : path
    settings : Settings
    catalogue : path, optional
        Default the one in force.
    with_library : bool
        Whether earlier answers, and work done on this very file, count.

    Returns
    -------
    GapAnalysis, Drafts, pl.DataFrame
        The last: the rows people worked on.
    """
    source = read_list(file)
    capabilities = catalogues.load(catalogue) if catalogue else edition.load(settings).catalogue
    library = memory.load(settings, kept.key(source.content)) if with_library else None
    worked = kept.worked(settings, source.content) if with_library else review.nothing()
    analysis = gap.analyse(source, capabilities, settings, library=library)
    decisions = review.decisions(worked)
    if not decisions.is_empty():
        analysis = gap.decide(analysis, decisions, capabilities, settings)
    return analysis, drafted(analysis, capabilities), worked
