"""A requirement list held against the catalogue: rows, candidates, figures and what they say in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from core.contracts.constants import SEVERITY_RANK
from core.metrics.measure import brief, counted, out_of, shortened
from core.requirements.match import answer_library, matcher
from core.requirements.match.confidence import Refit
from core.requirements.read.requirement_list import RequirementList


@dataclass(frozen=True)
class Stake:
    """The deal a list belongs to."""

    opportunity_id: str
    name: str
    amount: float
    p_win: float | None = None


@dataclass(frozen=True)
class GapAnalysis:
    """A requirement list held against the catalogue.

    Attributes
    ----------
    frame : pl.DataFrame
        One row per requirement: [sheet, row, requirement_id, section, text, category, priority,
        obligation, capability_id, capability, status, confidence, statement, comparison, gap_type, severity,
        impact, effort_weeks, timeline, cost_amount, approach, solution, workaround, owner,
        exposed_amount, reason, answered_before]; gap columns are null where there is no gap, comparison where nothing
        measurable is asked, exposed_amount where no deal is attached.
    candidates : pl.DataFrame
        [place, rank, capability_id, score, words, sentence, capability]: up to five per requirement, place
        being its position in `frame`; words and sentence are what speaks for the candidate.
    summary : dict
        n_requirements, n_supported, n_gaps, n_unclear, n_not_stated (those of the unclear whose
        capability is known but not what it commits to), coverage_rate, coverage_target_rate,
        fit_rate, fit_target_rate, must_have_rate, effort_weeks, cost_amount, currency, and
        opportunity_id and amount where a deal is attached.
    recalled : pl.DataFrame
        What was answered before, per place; see `memory.recall`.
    matched : pl.DataFrame
        [matched_id, chance] of each row: the match's own first candidate and its chance as shipped.
    fitted : Refit
        How confidence was brought in line with what people confirmed.
    """

    frame: pl.DataFrame
    candidates: pl.DataFrame
    summary: dict[str, Any]
    source: RequirementList
    catalogue_name: str
    recalled: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=answer_library.RECALLED))
    matched: pl.DataFrame = field(default_factory=pl.DataFrame)
    fitted: Refit = field(default_factory=Refit)

    @property
    def unclear(self) -> pl.DataFrame:
        """Return the nearest capabilities of each row that needs a person: [row, text, rank, capability_id, \
capability, score, words, sentence]."""
        rows = self.frame.with_row_index("place").filter(is_unsure())
        near = self.candidates.with_columns(pl.col("place").cast(pl.UInt32))
        return rows.select("place", "row", "text").join(near, on="place").drop("place").sort("row", "rank")

    @property
    def gaps(self) -> pl.DataFrame:
        """Return the rows with a gap, most severe first."""
        rows = self.frame.filter(pl.col("gap_type").is_not_null())
        rank = pl.col("severity").replace_strict(SEVERITY_RANK, return_dtype=pl.Int64)
        return rows.sort(rank, pl.col("cost_amount"), "row", descending=[False, True, False])

    def by_category(self) -> pl.DataFrame:
        """Return [category, status, n]: how many requirements of each category are in each status."""
        return self.frame.group_by("category", "status").agg(n=pl.len()).sort("category", "status")

    def sentence(self) -> str:
        """Say coverage, fit and what closing the gaps costs."""
        s = self.summary
        money = f"{s['currency']} {s['cost_amount']:,.0f}"
        text = (
            f"{out_of(s['n_supported'], s['n_requirements'], 'requirement')} supported today "
            f"({s['coverage_rate'] * 100:.0f} %, target {s['coverage_target_rate'] * 100:.0f} %); fit weighted by "
            f"priority is {s['fit_rate'] * 100:.0f} % (target {s['fit_target_rate'] * 100:.0f} %). "
        )
        if not s["n_gaps"]:
            return text + "There is no gap."
        text += f"{counted(s['n_gaps'], 'gap')} would take {brief(s['effort_weeks'])} person-weeks and {money} to close"
        open_points = {
            "a person to choose the capability": s["n_unclear"] - s["n_not_stated"],
            "a limit we do not state": s["n_not_stated"],
        }
        need = " and ".join(f"{counted(n, 'needs', 'need')} {what}" for what, n in open_points.items() if n)
        text += f"; {need}." if need else "."
        if s.get("amount"):
            text += f" {s['currency']} {s['amount']:,.0f} hang on it: {s['opportunity']}."
        return text

    def gap_sentence(self) -> str:
        """Say which gaps are worst and which is dearest."""
        gaps = self.gaps
        if gaps.is_empty():
            return "There is no gap: everything asked for is supported today."
        worst = gaps.filter(pl.col("severity") == "blocker").height
        dear = gaps.sort("cost_amount", "row", descending=[True, False]).row(0, named=True)
        money = f"{self.summary['currency']} {dear['cost_amount']:,.0f}"
        blockers = (
            f"{worst:,} of {counted(gaps.height, 'gap')} {'blocks' if worst == 1 else 'block'} the deal"
            if worst
            else "No gap blocks the deal"
        )
        return f"{blockers}; the dearest takes {dear['timeline']} and {money}: “{shortened(dear['text'], 120)}”."

    def unclear_sentence(self) -> str:
        """Say how many rows need a person, and why."""
        n = self.summary["n_unclear"] - self.summary["n_not_stated"]
        if not n:
            return "None: every row found its capability, or surely has none."
        return (
            f"{counted(n, 'row resembles', 'rows resemble')} several capabilities, or none well enough. The five "
            f"nearest stand below; until somebody chooses, {'it counts' if n == 1 else 'they count'} as not supported."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: `requirements`, each with up to five candidates, and `summary`."""
        by_place: dict[int, list[dict[str, Any]]] = {}
        for row in self.candidates.iter_rows(named=True):
            by_place.setdefault(row["place"], []).append(
                {"capability_id": row["capability_id"], "score": round(row["score"], 4)}
            )
        names = ("row", "sheet", "text", "category", "priority", "status", "confidence")
        rows = self.frame.select(names).iter_rows(named=True)
        listed = [{**row, "candidates": by_place.get(index, [])} for index, row in enumerate(rows)]
        return {"requirements": listed, "summary": self.summary}


def is_unsure() -> pl.Expr:
    """Say where the counterpart is in doubt, rather than what it commits to."""
    return (pl.col("status") == "unclear") & (pl.col("confidence") < matcher.LIKELY)
