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
    found: GapAnalysis, drafts: Drafts, worked: pl.DataFrame | None = None, states: Sequence[str] = review.STATES
) -> pl.DataFrame:
    """Return what is answered to each row: [sheet, row, status, statement, capability, response].

    Parameters
    ----------
    found : GapAnalysis
    drafts : Drafts
    worked : pl.DataFrame, optional
        The rows people worked on; what they wrote goes before the draft.
    states : sequence of str
        Rows in other states are left out.
    """
    rows = review.grid(found, drafts, review.nothing() if worked is None else worked)
    rows = rows.filter(pl.col("state").is_in(list(states))).select(*KEY, response="answer")
    return found.frame.select(*KEY, "status", "statement", "capability").join(rows, on=KEY)


def own_file(
    found: GapAnalysis, drafts: Drafts, worked: pl.DataFrame | None = None, *, replace: bool = False
) -> Filled:
    """Fill the buyer's own file with the answers to every row.

    Only answer cells change; every other part stays byte for byte, and the proof lists them part by part.

    Parameters
    ----------
    found : GapAnalysis
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
    return fill(found.source, answers(found, drafts, worked), replace=replace)


def as_json(found: GapAnalysis, drafts: Drafts | None = None) -> str:
    """Return the whole analysis as JSON: `requirements` with answer and sources, `gaps` by row, and `summary`.

    Parameters
    ----------
    found : GapAnalysis
    drafts : Drafts, optional
        Without them no answer stands beside a requirement.
    """
    rows = found.frame.select(TOLD)
    if drafts is not None:
        told = drafts.frame.select(*KEY, answer="draft", sources="sources")
        rows = rows.join(told, on=KEY, how="left", maintain_order="left")
    near = found.to_dict()["requirements"]
    listed: list[dict[str, Any]] = [
        {**row, "candidates": one["candidates"]} for row, one in zip(rows.to_dicts(), near, strict=True)
    ]
    out = {"file": found.source.name, "catalogue": found.catalogue_name, "requirements": listed}
    return json.dumps(out | {"summary": found.summary}, indent=2, default=str, ensure_ascii=False)


def drafted(found: GapAnalysis, catalogue: Catalogue) -> Drafts:
    """Return the draft answers of an analysis, with those of the library in front.

    Parameters
    ----------
    found : GapAnalysis
    catalogue : Catalogue
        The one it was made with.
    """
    return responses.drafts(found, catalogue, doubts.answers(found))


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
    known = catalogues.load(catalogue) if catalogue else edition.load(settings).catalogue
    library = memory.load(settings, kept.key(source.content)) if with_library else None
    worked = kept.worked(settings, source.content) if with_library else review.nothing()
    found = gap.analyse(source, known, settings, library=library)
    decisions = review.decisions(worked)
    if not decisions.is_empty():
        found = gap.decide(found, decisions, known, settings)
    return found, drafted(found, known), worked
