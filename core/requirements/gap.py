"""What is supported, what is not, and what closing it costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import yaml

from core.config import Settings, load
from core.requirements import catalogue as catalogues
from core.requirements import classify, evidence, match
from core.requirements.catalogue import Catalogue
from core.requirements.read import RequirementList, read_list

RULES = Path(__file__).with_name("rules.yaml")
GAP_OF = {"limited": "partial", "partner": "partial", "roadmap": "roadmap", "not available": "missing"}


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
        obligation, capability_id, capability, status, confidence, gap_type, severity, effort_weeks,
        timeline, cost_amount, approach, solution, exposed_amount, reason]; gap columns are null where
        there is no gap, exposed_amount where no deal is attached.
    candidates : pl.DataFrame
        [place, rank, capability_id, score, words, sentence, capability]: up to five per requirement, place
        being its position in `frame`; words and sentence are what speaks for the candidate.
    summary : dict
        n_requirements, n_supported, n_gaps, n_unclear, coverage_rate, coverage_target_rate,
        fit_rate, fit_target_rate, must_have_rate, effort_weeks, cost_amount, currency, and
        opportunity_id and amount where a deal is attached.
    """

    frame: pl.DataFrame
    candidates: pl.DataFrame
    summary: dict[str, Any]
    source: RequirementList
    catalogue_name: str

    @property
    def unclear(self) -> pl.DataFrame:
        """Return the nearest capabilities of each row that needs a person: [row, text, rank, capability_id, \
capability, score, words, sentence]."""
        rows = self.frame.with_row_index("place").filter(pl.col("status") == "unclear")
        near = self.candidates.with_columns(pl.col("place").cast(pl.UInt32))
        return rows.select("place", "row", "text").join(near, on="place").drop("place").sort("row", "rank")

    @property
    def gaps(self) -> pl.DataFrame:
        """Return the rows with a gap, most severe first."""
        order = {"blocker": 0, "major": 1, "moderate": 2, "minor": 3}
        found = self.frame.filter(pl.col("gap_type").is_not_null())
        rank = pl.col("severity").replace_strict(order, return_dtype=pl.Int64)
        return found.sort(rank, pl.col("cost_amount"), "row", descending=[False, True, False])

    def by_category(self) -> pl.DataFrame:
        """Return [category, status, n]: how many requirements of each category are in each status."""
        return self.frame.group_by("category", "status").agg(n=pl.len()).sort("category", "status")

    def sentence(self) -> str:
        """Say coverage, fit and what closing the gaps costs."""
        s = self.summary
        money = f"{s['currency']} {s['cost_amount']:,.0f}"
        text = (
            f"{s['n_supported']:,} of {s['n_requirements']:,} requirements are supported today "
            f"({s['coverage_rate'] * 100:.0f} %, target {s['coverage_target_rate'] * 100:.0f} %); fit weighted by "
            f"priority is {s['fit_rate'] * 100:.0f} % (target {s['fit_target_rate'] * 100:.0f} %). "
        )
        if not s["n_gaps"]:
            return text + "There is no gap."
        text += f"{s['n_gaps']:,} gaps would take {s['effort_weeks']:,.0f} person-weeks and {money} to close"
        text += f"; {s['n_unclear']:,} of them need a person to choose the capability." if s["n_unclear"] else "."
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
        blockers = f"{worst:,} of {gaps.height:,} gaps block the deal" if worst else "No gap blocks the deal"
        return f"{blockers}; the dearest takes {dear['timeline']} and {money}: {dear['text'][:120]}"

    def unclear_sentence(self) -> str:
        """Say how many rows need a person, and why."""
        n = self.summary["n_unclear"]
        if not n:
            return "None: every row found its capability, or surely has none."
        return (
            f"{n:,} rows resemble several capabilities, or none well enough. The five nearest stand below; "
            "until somebody chooses, they count as not supported."
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
        listed = [{**row, "candidates": by_place.get(place, [])} for place, row in enumerate(rows)]
        return {"requirements": listed, "summary": self.summary}


@cache
def rules() -> dict[str, Any]:
    """Return the rules gaps are judged by."""
    found: dict[str, Any] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return found


def analyse(
    requirements: RequirementList,
    catalogue: Catalogue,
    settings: Settings,
    stake: Stake | None = None,
    progress: match.Progress | None = None,
) -> GapAnalysis:
    """Hold requirements against a catalogue and judge the gaps.

    A requirement's status is that of its likeliest capability when the match is sure enough (60 %);
    `unclear` below that, with the five nearest to choose from; `not available` when nothing comes near.
    Coverage is the share of requirements with status available. Fit is the sum of priority weight ×
    support (available 1, limited or partner ½, roadmap ¼, else 0) over the sum of weights. Cost is
    person-weeks × the rate card's price of a week.

    Parameters
    ----------
    requirements : RequirementList
    catalogue : Catalogue
    settings : Settings
        Targets and rate card.
    stake : Stake, optional
        The deal the list belongs to; its amount is divided over the gaps by priority weight, so that
        no amount is counted twice.
    progress : callable, optional
        Told the share of sentences understood and a sentence.

    Returns
    -------
    GapAnalysis
    """
    headings = (layout.names.get("priority", "") for layout in requirements.layouts)
    rows = classify.classify(requirements.frame, next(filter(None, headings), ""))
    texts = rows["text"].to_list()
    found = evidence.add(match.candidates(texts, catalogue, home=settings.home, progress=progress), texts, catalogue)
    named = catalogue.frame.select("capability_id", capability="name")
    found = found.join(named, on="capability_id", how="left", maintain_order="left")
    facts = catalogue.frame.select("capability_id", "status", "limit", "available_on", known_weeks="effort_weeks")
    first = found.filter(pl.col("rank") == 1).join(facts, on="capability_id", how="left", maintain_order="left")
    judged = [_judge(p, c, settings) for p, c in zip(rows["priority"], first.iter_rows(named=True), strict=True)]
    frame = rows.hstack(pl.DataFrame(judged, schema=_JUDGED, orient="row"))
    frame = _exposed(frame, stake).with_columns(
        reason=pl.format(
            "category: {}; priority: {}; obligation: {}", "category_reason", "priority_reason", "obligation_reason"
        )
    )
    return GapAnalysis(
        frame.select(*_SHOWN), found.drop("confidence"), _summary(frame, settings, stake), requirements, catalogue.name
    )


_JUDGED = {
    "capability_id": pl.String, "capability": pl.String, "status": pl.String, "confidence": pl.Float64,
    "gap_type": pl.String, "severity": pl.String, "effort_weeks": pl.Float64, "timeline": pl.String,
    "cost_amount": pl.Float64, "approach": pl.String, "solution": pl.String,
}  # fmt: skip
_SHOWN = (
    "sheet", "row", "requirement_id", "section", "text", "category", "priority", "obligation", "capability_id",
    "capability",
    "status", "confidence", "gap_type", "severity", "effort_weeks", "timeline", "cost_amount", "approach", "solution",
    "exposed_amount", "reason",
)  # fmt: skip


def _judge(priority: str, best: dict[str, Any], settings: Settings) -> tuple[Any, ...]:
    sure = float(best["confidence"] or 0.0)
    if sure < match.FLOOR:
        return (None, None, "not available", sure, *_gap("missing", "missing", priority, best, settings))
    if sure < match.LIKELY:
        return (
            best["capability_id"], best["capability"], "unclear", sure,
            *_gap("unclear", "unclear", priority, best, settings),
        )  # fmt: skip
    status = best["status"]
    kind = GAP_OF.get(status)
    gap = _gap(kind, "partner" if status == "partner" else kind, priority, best, settings) if kind else (None,) * 7
    return (best["capability_id"], best["capability"], status, sure, *gap)


def _gap(kind: str, way: str | None, priority: str, best: dict[str, Any], settings: Settings) -> tuple[Any, ...]:
    """Return gap type, severity, effort, timeline, cost, approach and solution."""
    table = rules()
    low, high = table["weeks"][kind][priority]
    known = best["known_weeks"] if kind in ("partial", "roadmap") or (way == "missing" and best["status"]) else None
    if known and kind != "unclear" and best["confidence"] >= match.LIKELY:
        low = high = float(known)
    effort = (low + high) / 2
    approach = table["approach"][way][priority]
    solution = table["solution"][way].format(
        approach=approach, low=low, high=high, capability=best["capability"],
        limit=(best["limit"] or "not stated").rstrip("."),
        date=f"{best['available_on']:%B %Y}" if best["available_on"] else "a date not yet set",
    )  # fmt: skip
    price = settings.rates.partner_week_amount if way == "partner" else settings.rates.person_week_amount
    weeks = f"{low:g} weeks" if low == high else f"{low:g} to {high:g} weeks"
    return kind, table["severity"][kind][priority], effort, weeks, effort * price, approach, solution


def _exposed(frame: pl.DataFrame, stake: Stake | None) -> pl.DataFrame:
    if stake is None:
        return frame.with_columns(exposed_amount=pl.lit(None, pl.Float64))
    weight = pl.col("priority").replace_strict(rules()["weights"], return_dtype=pl.Float64)
    open_weight = pl.when(pl.col("gap_type").is_not_null()).then(weight)
    return frame.with_columns(exposed_amount=stake.amount * open_weight / open_weight.sum())


def _summary(frame: pl.DataFrame, settings: Settings, stake: Stake | None) -> dict[str, Any]:
    weight = pl.col("priority").replace_strict(rules()["weights"], return_dtype=pl.Float64)
    support = pl.col("status").replace_strict(rules()["support"], return_dtype=pl.Float64)
    must = frame.filter(pl.col("priority") == "critical")
    ready = pl.col("status") == "available"
    out: dict[str, Any] = {
        "n_requirements": frame.height,
        "n_supported": int(frame.select(ready.sum()).item()),
        "n_gaps": int(frame["gap_type"].is_not_null().sum()),
        "n_unclear": int((frame["status"] == "unclear").sum()),
        "coverage_rate": float(frame.select(ready.mean()).item()),
        "coverage_target_rate": settings.targets.requirements_coverage_rate,
        "fit_rate": float(frame.select((weight * support).sum() / weight.sum()).item()),
        "fit_target_rate": settings.targets.product_fit_rate,
        "must_have_rate": float(must.select(ready.mean()).item()) if must.height else None,
        "effort_weeks": float(frame["effort_weeks"].sum()),
        "cost_amount": float(frame["cost_amount"].sum()),
        "currency": settings.currency,
    }
    if stake is not None:
        out |= {"opportunity_id": stake.opportunity_id, "opportunity": stake.name, "amount": stake.amount}
    return out


def analyse_file(
    file: Path | str | bytes | BinaryIO,
    catalogue: Path | str | None = None,
    settings: Settings | None = None,
    name: str = "",
    stake: Stake | None = None,
) -> GapAnalysis:
    """Read a list and hold it against a catalogue in one go.

    Parameters
    ----------
    file : path, bytes or binary file
    catalogue : path, optional
        Default the shipped one.
    settings : Settings, optional
    name : str
        The file's name, where `file` is not a path.
    stake : Stake, optional
        The deal the list belongs to.

    Raises
    ------
    RequirementError
        As `read_list` and `catalogue.load`.
    """
    return analyse(read_list(file, name), catalogues.load(catalogue), settings or load(), stake)
