"""What is supported, what is not, and what closing it costs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from core.config import Settings, load
from core.requirements import catalogue as catalogues
from core.requirements import classify, edition, evidence, match, memory
from core.requirements.catalogue import Catalogue
from core.requirements.confidence import Refit
from core.requirements.judge import judge
from core.requirements.memory import Memory
from core.requirements.read import RequirementList, read_list


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
    recalled: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=memory.RECALLED))
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
        open_points = {
            "a person to choose the capability": s["n_unclear"] - s["n_not_stated"],
            "a limit we do not state": s["n_not_stated"],
        }
        need = " and ".join(f"{n:,} need {what}" for what, n in open_points.items() if n)
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
        blockers = f"{worst:,} of {gaps.height:,} gaps block the deal" if worst else "No gap blocks the deal"
        return f"{blockers}; the dearest takes {dear['timeline']} and {money}: {dear['text'][:120]}"

    def unclear_sentence(self) -> str:
        """Say how many rows need a person, and why."""
        n = self.summary["n_unclear"] - self.summary["n_not_stated"]
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


def analyse(
    requirements: RequirementList,
    catalogue: Catalogue,
    settings: Settings,
    stake: Stake | None = None,
    decisions: pl.DataFrame | None = None,
    progress: match.Progress | None = None,
    library: Memory | None = None,
) -> GapAnalysis:
    """Hold requirements against a catalogue and judge the gaps.

    A requirement's status is that of its likeliest capability when the match is sure enough (60 %);
    `unclear` below that, with the five nearest to choose from; `not available` when nothing comes near.
    Numbers, regions, standards and dates that are asked for are held against what the capability commits
    to: less makes it `limited`, nothing stated makes it `unclear`.
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
        The deal the list belongs to; its amount is divided over the gaps by the weight of priority
        and gap type, so that no amount is counted twice.
    decisions : pl.DataFrame, optional
        [sheet, row, category, priority, capability_id] as a person decided; see `decided`.
    progress : callable, optional
        Told the share of sentences understood and a sentence.
    library : Memory, optional
        What was answered before: a row near an earlier one takes its counterpart, and confidence is
        re-fitted on what people confirmed.

    Returns
    -------
    GapAnalysis
    """
    headings = (layout.names.get("priority", "") for layout in requirements.layouts)
    seen = match.understood(requirements.frame["text"].to_list(), catalogue.frame.height, progress)
    classed = classify.classify(requirements.frame, next(filter(None, headings), ""), seen)
    rows = decided(classed, decisions, ("category", "priority"))
    texts = rows["text"].to_list()
    known = library or Memory()
    found = evidence.add(match.candidates(texts, catalogue, home=settings.home, progress=progress), texts, catalogue)
    matched = found.filter(pl.col("rank") == 1).select("capability_id", "confidence")
    recalled = memory.recall(texts, known, settings.home)
    if catalogue.aliases:
        recalled = recalled.with_columns(pl.col("capability_id").replace(dict(catalogue.aliases)))
    named = catalogue.frame.select("capability_id", capability="name")
    found = memory.first(found, recalled).join(named, on="capability_id", how="left", maintain_order="left")
    fitted = known.refit()
    first = matched.with_columns(pl.Series("confidence", fitted(matched["confidence"].to_numpy())))
    rows = decided(memory.applied(rows.hstack(first), recalled), decisions, ("capability_id",))
    frame = judged(rows, catalogue, settings, stake)
    return GapAnalysis(
        frame.select(*SHOWN),
        found.drop("confidence"),
        _summary(frame, settings, stake),
        requirements,
        catalogue.name,
        recalled,
        matched.select(matched_id="capability_id", chance="confidence"),
        fitted,
    )


SHOWN = (
    "sheet", "row", "requirement_id", "section", "text", "category", "priority", "obligation", "capability_id",
    "capability", "status", "confidence", "statement", "comparison", "gap_type", "severity", "impact", "effort_weeks",
    "timeline", "cost_amount", "approach", "solution", "workaround", "owner", "exposed_amount", "reason",
    "answered_before",
)  # fmt: skip
KEY = ("sheet", "row")
NONE = "none"


def judged(rows: pl.DataFrame, catalogue: Catalogue, settings: Settings, stake: Stake | None = None) -> pl.DataFrame:
    """Judge classified and matched requirements; no text is matched again.

    Parameters
    ----------
    rows : pl.DataFrame
        As `classify` gives them, with capability_id and confidence.
    catalogue : Catalogue
    settings : Settings
    stake : Stake, optional
    """
    frame = rows.drop("capability_id", "confidence").hstack(judge(rows, catalogue, settings))
    return _exposed(frame, settings, stake).with_columns(
        reason=pl.format(
            "category: {}; priority: {}; obligation: {}", "category_reason", "priority_reason", "obligation_reason"
        )
    )


def decide(
    analysis: GapAnalysis,
    decisions: pl.DataFrame,
    catalogue: Catalogue,
    settings: Settings,
    stake: Stake | None = None,
) -> GapAnalysis:
    """Judge a list again with what people decided on its rows; nothing is matched again.

    Parameters
    ----------
    analysis : GapAnalysis
    decisions : pl.DataFrame
        [sheet, row, category, priority, capability_id]; see `decided`.
    catalogue : Catalogue
        The one the analysis was made with.
    settings : Settings
    stake : Stake, optional
    """
    told = r"(?s)^category: (.*); priority: (.*); obligation: (.*)$"
    rows = analysis.frame.with_columns(pl.col("reason").str.extract(told, n).alias(w) for n, w in enumerate(_WHY, 1))
    rows = decided(rows, decisions, ("category", "priority", "capability_id"))
    names = [*(c for c in _READ if c in rows.columns), *_WHY]
    frame = judged(rows.select(*names, "capability_id", "confidence"), catalogue, settings, stake)
    return replace(analysis, frame=frame.select(analysis.frame.columns), summary=_summary(frame, settings, stake))


_READ = ("sheet", "row", "requirement_id", "section", "text", "category", "priority", "obligation", "answered_before")
_WHY = ("category_reason", "priority_reason", "obligation_reason")


def decided(rows: pl.DataFrame, decisions: pl.DataFrame | None, names: tuple[str, ...]) -> pl.DataFrame:
    """Let a person's decisions take the place of what was worked out.

    Parameters
    ----------
    rows : pl.DataFrame
    decisions : pl.DataFrame, optional
        [sheet, row] and any of `names`; null leaves a row as it is. A capability decided on is sure;
        the word "none" says that there is no counterpart.
    names : tuple of str
    """
    wanted = [name for name in names if decisions is not None and name in decisions.columns]
    if decisions is None or decisions.is_empty() or not wanted:
        return rows
    said = decisions.select(*KEY, *(pl.col(name).alias(f"_{name}") for name in wanted)).unique(KEY, keep="last")
    out = rows.join(said, on=list(KEY), how="left", maintain_order="left")
    for name in wanted:
        given = pl.col(f"_{name}").is_not_null() & (pl.col(f"_{name}") != "")
        if name == "capability_id":
            sure = pl.when(~given).then(pl.col("confidence")).when(pl.col("_capability_id") == NONE).then(0.0)
            out = out.with_columns(confidence=sure.otherwise(1.0))
        else:
            why = pl.when(given).then(pl.lit("a person said so")).otherwise(pl.col(f"{name}_reason"))
            out = out.with_columns(why.alias(f"{name}_reason"))
        out = out.with_columns(pl.when(given).then(pl.col(f"_{name}")).otherwise(pl.col(name)).alias(name))
    return out.drop(f"_{name}" for name in wanted)


def _exposed(frame: pl.DataFrame, settings: Settings, stake: Stake | None) -> pl.DataFrame:
    if stake is None:
        return frame.with_columns(exposed_amount=pl.lit(None, pl.Float64))
    open_weight = weight_of_gaps(settings)
    return frame.with_columns(exposed_amount=stake.amount * open_weight / open_weight.sum())


def weight_of_gaps(settings: Settings) -> pl.Expr:
    """Return the weight a gap has in its deal's amount: the priority's × the gap type's; null without a gap."""
    rules = settings.requirements
    by_priority = pl.col("priority").replace_strict(rules.weights, return_dtype=pl.Float64)
    by_type = pl.col("gap_type").replace_strict(rules.exposure, return_dtype=pl.Float64, default=None)
    return by_priority * by_type


def closing(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the gaps to close, the same capability once: [gap_id, severity, gap_type, effort_weeks,
    cost_amount].

    Where several rows want the same of a capability, the row that weighs most says what it takes. A
    question to clarify stays one per row.
    """
    order = {"blocker": 0, "major": 1, "moderate": 2, "minor": 3}
    own = pl.when(pl.col("gap_type") != "unclear").then(pl.col("capability_id"))
    return (
        frame.filter(pl.col("gap_type").is_not_null())
        .with_columns(
            gap_id=pl.coalesce(own, pl.format("{} {}", "sheet", "row")),
            _rank=pl.col("severity").replace_strict(order, return_dtype=pl.Int64),
        )
        .sort("_rank", pl.col("cost_amount"), descending=[False, True], maintain_order=True)
        .unique("gap_id", keep="first", maintain_order=True)
        .select("gap_id", "severity", "gap_type", "effort_weeks", "cost_amount")
    )


def is_unsure() -> pl.Expr:
    """Say where the counterpart is in doubt, rather than what it commits to."""
    return (pl.col("status") == "unclear") & (pl.col("confidence") < match.LIKELY)


def _summary(frame: pl.DataFrame, settings: Settings, stake: Stake | None) -> dict[str, Any]:
    weight = pl.col("priority").replace_strict(settings.requirements.weights, return_dtype=pl.Float64)
    support = pl.col("status").replace_strict(settings.requirements.support, return_dtype=pl.Float64)
    must = frame.filter(pl.col("priority") == "critical")
    ready = pl.col("status") == "available"
    out: dict[str, Any] = {
        "n_requirements": frame.height,
        "n_supported": int(frame.select(ready.sum()).item()),
        "n_gaps": int(frame["gap_type"].is_not_null().sum()),
        "n_unclear": int((frame["status"] == "unclear").sum()),
        "n_not_stated": int(frame.select(((pl.col("status") == "unclear") & ~is_unsure()).sum()).item()),
        "coverage_rate": float(frame.select(ready.mean()).item()),
        "coverage_target_rate": settings.targets.requirements_coverage_rate,
        "fit_rate": float(frame.select((weight * support).sum() / weight.sum()).item()),
        "fit_target_rate": settings.targets.product_fit_rate,
        "must_have_rate": float(must.select(ready.mean()).item()) if must.height else None,
        "effort_weeks": float(closing(frame)["effort_weeks"].sum()),
        "cost_amount": float(closing(frame)["cost_amount"].sum()),
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
    decisions: pl.DataFrame | None = None,
    library: Memory | None = None,
) -> GapAnalysis:
    """Read a list and hold it against a catalogue in one go.

    Parameters
    ----------
    file : path, bytes or binary file
    catalogue : path, optional
        Default the one in force: the shipped one with what people edited in the app.
    settings : Settings, optional
    name : str
        The file's name, where `file` is not a path.
    stake : Stake, optional
        The deal the list belongs to.
    decisions : pl.DataFrame, optional
        What people decided on its rows; see `decided`.
    library : Memory, optional
        What was answered before.

    Raises
    ------
    RequirementError
        As `read_list` and `catalogue.load`.
    """
    found = settings or load()
    known = catalogues.load(catalogue) if catalogue else edition.load(found).catalogue
    return analyse(read_list(file, name), known, found, stake, decisions, library=library)
