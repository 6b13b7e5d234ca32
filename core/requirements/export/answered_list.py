"""What goes out of a list: the buyer's own file filled in, and everything as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from core.config import Settings
from core.requirements.catalogue import capabilities as catalogues
from core.requirements.catalogue import effective_catalogue
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.export.filled_file import Filled, fill
from core.requirements.judge import draft_answers, gap_analysis
from core.requirements.judge.draft_answers import Drafts
from core.requirements.judge.drafting import draft_templates
from core.requirements.judge.drafting.draft_templates import DraftTemplate
from core.requirements.library import recalled_answers
from core.requirements.match.analysis import GapAnalysis
from core.requirements.read import reading_json
from core.requirements.read.project import BETWEEN
from core.requirements.read.requirement_list import read_list
from core.requirements.work import approvals, needs_review, row_review, saved_lists
from core.store import Store

KEY = ["sheet", "row"]
TOLD = (
    "sheet",
    "row",
    "requirement_id",
    "section",
    "text",
    "kind",
    "polarity",
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
    "size",
    "effort_weeks",
    "effort_low_weeks",
    "effort_high_weeks",
    "timeline",
    "cost_amount",
    "approach",
    "solution",
    "workaround",
    "owner",
    "exposed_amount",
    "answered_before",
)


def own_file(
    analysis: GapAnalysis,
    drafts: Drafts,
    worked: pl.DataFrame | None = None,
    which: str = approvals.APPROVED,
    *,
    replace: bool = False,
    four_eyes: bool = False,
) -> Filled:
    """Fill the buyer's own file with the answers that may leave the house.

    Only answer cells change; every other part stays byte for byte, and the proof lists them part by part.
    With nothing approved the file is written without a new answer.

    Parameters
    ----------
    analysis : GapAnalysis
    drafts : Drafts
    worked : pl.DataFrame, optional
        The rows people worked on.
    which : str
        approved, answered or all; see `approvals.release`.
    replace : bool
        Whether answers that stand in the file already are written over.
    four_eyes : bool
        Whether an approval by the answer's own author counts for nothing.

    Raises
    ------
    RequirementError
        When the file is none that can be filled.
    """
    released = approvals.release(analysis, drafts, worked, which, four_eyes=four_eyes)
    return fill(analysis.source, released.frame, replace=replace)


def as_json(analysis: GapAnalysis, drafts: Drafts | None = None) -> str:
    """Return the whole analysis as JSON: `warnings`, `requirements` with answer and sources, and `summary`.

    Of several files each requirement names its `file` beside its own sheet, and `files` says how each came out.

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
    out: dict[str, Any] = {
        "file": analysis.source.name,
        "catalogue": analysis.catalogue_name,
        "warnings": analysis.warnings,
    }
    if analysis.source.parts:
        out["files"] = _by_file(analysis)
        listed = [_named_by_file(row, analysis) for row in listed]
    out["requirements"] = listed
    return json.dumps(out | {"summary": analysis.summary}, indent=2, default=str, ensure_ascii=False)


def _named_by_file(row: dict[str, Any], analysis: GapAnalysis) -> dict[str, Any]:
    """Return a row with its file and its own sheet apart."""
    names = (name for name, _ in analysis.source.parts if row["sheet"].startswith(name + BETWEEN))
    name = max(names, key=len)
    return {"file": name} | row | {"sheet": row["sheet"].removeprefix(name + BETWEEN)}


def _by_file(analysis: GapAnalysis) -> list[dict[str, Any]]:
    """Return how many requirements each file holds, and how many of each statement."""
    out = []
    for name, _ in analysis.source.parts:
        rows = analysis.frame.filter(pl.col("sheet").str.starts_with(name + BETWEEN))
        counts = rows["statement"].value_counts().sort("statement")
        out.append({"file": name, "n_requirements": rows.height, "statements": dict(counts.iter_rows())})
    return out


def drafted(analysis: GapAnalysis, catalogue: Catalogue, chosen: DraftTemplate | None = None) -> Drafts:
    """Return the draft answers of an analysis, with those of the library in front.

    Parameters
    ----------
    analysis : GapAnalysis
    catalogue : Catalogue
        The one it was made with.
    chosen : DraftTemplate, optional
        Tone and length; default the paragraph.
    """
    return draft_answers.drafts(analysis, catalogue, needs_review.answers(analysis), chosen)


def held(
    file: Path | str | Sequence[Path],
    settings: Settings,
    store: Store | None,
    catalogue: Path | str | None = None,
    *,
    with_library: bool = True,
    template: str = "",
) -> tuple[GapAnalysis, Drafts, pl.DataFrame]:
    """Read a list and hold it against the catalogue as the app would, with what people answered and decided.

    Parameters
    ----------
    file : path or sequence of path
        Several files, or a folder, are read as one project.
    settings : Settings
    store : Store or None
        An open database; None where there is none.
    catalogue : path, optional
        Default the one in force.
    with_library : bool
        Whether earlier answers, and work done on this very file, count.
    template : str
        The template of the drafts; default that of the settings.

    Returns
    -------
    GapAnalysis, Drafts, pl.DataFrame
        The last: the rows people worked on.
    """
    source = read_list(reading_json.of_paths([Path(file)] if isinstance(file, (str, Path)) else file))
    capabilities = catalogues.load(catalogue) if catalogue else effective_catalogue.load(store).catalogue
    library = recalled_answers.load(store, settings, saved_lists.key(source.content)) if with_library else None
    worked = saved_lists.worked(store, source.content) if with_library else row_review.nothing()
    analysis = gap_analysis.analyse(source, capabilities, settings, library=library)
    decisions = row_review.decisions(worked)
    if not decisions.is_empty():
        analysis = gap_analysis.decide(analysis, decisions, capabilities, settings)
    rules = settings.requirements.drafts
    chosen = draft_templates.template(template or rules.template, rules.templates)
    return analysis, drafted(analysis, capabilities, chosen), worked
