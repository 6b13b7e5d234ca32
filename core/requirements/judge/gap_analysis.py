"""What is supported, what is not, and what closing it costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from core.config import Settings, load
from core.contracts.constants import SEVERITY_RANK
from core.localization import message
from core.metrics.measure import counted
from core.requirements.catalogue import capabilities as catalogues
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.judge.gap_effort import gap_effort
from core.requirements.judge.row_judgement import IN_WORDS, OPEN, TO_CHECK, judge
from core.requirements.match import answer_library, evidence, matcher
from core.requirements.match.analysis import GapAnalysis, Stake, is_unsure
from core.requirements.match.answer_library import Memory
from core.requirements.read.requirement_list import RequirementList, read_list
from core.requirements.text import classification, language
from core.requirements.text.row_kind import REASSURING

__all__ = [
    "GapAnalysis",
    "Range",
    "Stake",
    "analyse",
    "analyse_file",
    "closing",
    "decide",
    "decided",
    "if_missing",
    "is_unsure",
    "judged",
    "weight_of_gaps",
]


def analyse(
    requirements: RequirementList,
    catalogue: Catalogue,
    settings: Settings,
    stake: Stake | None = None,
    decisions: pl.DataFrame | None = None,
    progress: matcher.Progress | None = None,
    library: Memory | None = None,
) -> GapAnalysis:
    """Hold requirements against a catalogue and judge the gaps.

    Each row has a kind: only a demand, or a question whose yes reassures, can be complied with. The status of
    such a row is that of its likeliest capability when the match is sure enough (72 %); `unclear` below that,
    with the five nearest to choose from; `to be checked`, without cost, when nothing comes near or when yes
    could be the wrong word. Every other row is `to be answered` in words. `not available` comes from a match,
    a stated limit or a person, never from silence.
    Numbers, regions, standards and dates that are asked for are held against what the capability commits
    to: less makes it `limited`, nothing stated makes it `unclear`.
    Coverage is the share of rows that can be complied with whose status is available. Fit is the sum of
    priority weight × support (available 1, limited or partner ½, roadmap ¼, else 0) over the sum of weights;
    both are ranges from all open rows missed to all of them met. Cost is person-weeks × the rate card's price
    of a week.

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
    seen = matcher.understood(requirements.frame["text"].to_list(), catalogue.frame.height, progress)
    classed = classification.classify(requirements.frame, next(filter(None, headings), ""), seen)
    rows = decided(classed, decisions, ("category", "priority"))
    texts = rows["text"].to_list()
    answers = library or Memory()
    candidates = evidence.add(
        matcher.candidates(texts, catalogue, home=settings.home, progress=progress), texts, catalogue
    )
    matched = candidates.filter(pl.col("rank") == 1).select("capability_id", "confidence")
    recalled = answer_library.recall(texts, answers, settings.home)
    if catalogue.aliases:
        recalled = recalled.with_columns(pl.col("capability_id").replace(dict(catalogue.aliases)))
    named = catalogue.frame.select("capability_id", capability="name")
    candidates = answer_library.first(candidates, recalled).join(
        named, on="capability_id", how="left", maintain_order="left"
    )
    fitted = answers.refit()
    chances = np.clip(fitted(matched["confidence"].to_numpy()), SILENCE, None)
    first = matched.with_columns(pl.Series("confidence", chances))
    rows = decided(answer_library.applied(rows.hstack(first), recalled), decisions, ("capability_id",))
    frame = judged(rows, catalogue, settings, stake)
    return GapAnalysis(
        frame.select(*SHOWN),
        candidates.drop("confidence"),
        _summary(frame, settings, stake) | {"warnings": _warnings(texts, catalogue)},
        requirements,
        catalogue.name,
        recalled,
        matched.select(matched_id="capability_id", chance="confidence"),
        fitted,
    )


SHOWN = (
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
    "timeline_weeks",
    "cost_amount",
    "approach",
    "solution",
    "workaround",
    "owner",
    "exposed_amount",
    "reason",
    "answered_before",
)
KEY = ("sheet", "row")
NONE = "none"
# The least chance of a match: 0 is kept for a person's word that there is no counterpart.
SILENCE = 0.001


def _warnings(texts: list[str], catalogue: Catalogue) -> list[str]:
    """Say what casts doubt on every figure: a list in another language, a catalogue without statuses."""
    return [line for line in (language.warning(texts, catalogue.texts()), catalogue.note) if line]


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
    pattern = r"(?s)^category: (.*); priority: (.*); obligation: (.*)$"
    rows = analysis.frame.with_columns(pl.col("reason").str.extract(pattern, n).alias(w) for n, w in enumerate(_WHY, 1))
    rows = decided(rows, decisions, ("category", "priority", "capability_id"))
    names = [*(c for c in _READ if c in rows.columns), *_WHY]
    frame = judged(rows.select(*names, "capability_id", "confidence"), catalogue, settings, stake)
    summary = _summary(frame, settings, stake) | {"warnings": analysis.summary["warnings"]}
    return replace(analysis, frame=frame.select(analysis.frame.columns), summary=summary)


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
    choices = decisions.select(*KEY, *(pl.col(name).alias(f"_{name}") for name in wanted)).unique(KEY, keep="last")
    out = rows.join(choices, on=list(KEY), how="left", maintain_order="left")
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
    effort_low_weeks, effort_high_weeks, cost_amount].

    Where several rows want the same of a capability, the row that weighs most says what it takes. A
    question to clarify stays one per row.
    """
    own = pl.when(pl.col("gap_type") != "unclear").then(pl.col("capability_id"))
    return (
        frame.filter(pl.col("gap_type").is_not_null())
        .with_columns(
            gap_id=pl.coalesce(own, pl.format("{} {}", "sheet", "row")),
            _rank=pl.col("severity").replace_strict(SEVERITY_RANK, return_dtype=pl.Int64),
        )
        .sort("_rank", pl.col("cost_amount"), descending=[False, True], maintain_order=True)
        .unique("gap_id", keep="first", maintain_order=True)
        .select(
            *("gap_id", "severity", "gap_type", "effort_weeks", "effort_low_weeks", "effort_high_weeks", "cost_amount")
        )
    )


def _summary(frame: pl.DataFrame, settings: Settings, stake: Stake | None) -> dict[str, Any]:
    rated = frame.filter(pl.col("status") != IN_WORDS)
    must = rated.filter(pl.col("priority") == "critical")
    weight = pl.col("priority").replace_strict(settings.requirements.weights, return_dtype=pl.Float64)
    support = pl.col("status").replace_strict(settings.requirements.support, return_dtype=pl.Float64, default=0.0)
    ready, is_open = pl.col("status") == "available", pl.col("status").is_in(list(OPEN))
    at_best = pl.when(is_open).then(1.0).otherwise(support)
    work = closing(frame)
    out: dict[str, Any] = {
        "n_requirements": frame.height,
        "n_rated": rated.height,
        "n_supported": int(frame.select(ready.sum()).item()),
        "n_gaps": int(frame["gap_type"].is_not_null().sum()),
        "n_unclear": int((frame["status"] == "unclear").sum()),
        "n_not_stated": int(frame.select(((pl.col("status") == "unclear") & ~is_unsure()).sum()).item()),
        "n_to_check": int((frame["status"] == TO_CHECK).sum()),
        "n_in_words": frame.height - rated.height,
        "coverage_rate": _mean(rated, ready),
        "coverage_high_rate": _mean(rated, ready | is_open),
        "coverage_target_rate": settings.targets.requirements_coverage_rate,
        "fit_rate": _share(rated, weight * support, weight),
        "fit_high_rate": _share(rated, weight * at_best, weight),
        "fit_target_rate": settings.targets.product_fit_rate,
        "must_have_rate": _mean(must, ready),
        "must_have_high_rate": _mean(must, ready | is_open),
        "effort_weeks": float(work["effort_weeks"].sum()),
        "effort_low_weeks": float(work["effort_low_weeks"].sum()),
        "effort_high_weeks": float(work["effort_high_weeks"].sum()),
        "cost_amount": float(work["cost_amount"].sum()),
        "currency": settings.currency,
    }
    if stake is not None:
        out |= {"opportunity_id": stake.opportunity_id, "opportunity": stake.name, "amount": stake.amount}
    return out


def _mean(rows: pl.DataFrame, which: pl.Expr) -> float | None:
    return float(rows.select(which.mean()).item()) if rows.height else None


def _share(rows: pl.DataFrame, part: pl.Expr, whole: pl.Expr) -> float | None:
    return float(rows.select(part.sum() / whole.sum()).item()) if rows.height else None


@dataclass(frozen=True)
class Range:
    """What rows nobody knows a counterpart for would take, were every one of them missing.

    Attributes
    ----------
    n : int
        Rows.
    low_weeks, high_weeks : float
        Person-weeks, least and most; with none of them missing it would be nothing.
    low_amount, high_amount : float
    currency : str
    """

    n: int
    low_weeks: float
    high_weeks: float
    low_amount: float
    high_amount: float
    currency: str

    def sentence(self) -> str:
        """Say the range."""
        if not self.n:
            return "No row is left without a counterpart."
        rows = counted(self.n, "row", "rows")
        return message(
            "Nothing if all {rows} turn out to be supported; if every one were missing and built "
            "anew, {low_weeks:,.0f} to {high_weeks:,.0f} person-weeks and {currency} "
            "{low_amount:,.0f} to {high_amount:,.0f}. This is no estimate: nobody has looked yet.",
            rows=rows,
            low_weeks=self.low_weeks,
            high_weeks=self.high_weeks,
            currency=self.currency,
            low_amount=self.low_amount,
            high_amount=self.high_amount,
        )


def if_missing(analysis: GapAnalysis, settings: Settings) -> Range:
    """Return what the rows to be checked would take if all of them were missing; asked for, never summed.

    Parameters
    ----------
    analysis : GapAnalysis
    settings : Settings
        `requirements.effort` of what is missing, and the rate card.

    Returns
    -------
    Range
    """
    rows = analysis.to_check.filter(pl.col("polarity") == REASSURING)
    efforts = [
        gap_effort(text, "missing", "missing", priority, {}, (), settings)
        for text, priority in rows.select("text", "priority").iter_rows()
    ]
    low, high = sum(effort.low for effort in efforts), sum(effort.high for effort in efforts)
    price = settings.rates.person_week_amount
    return Range(rows.height, low, high, low * price, high * price, settings.currency)


def analyse_file(
    file: Path | str | bytes | BinaryIO,
    catalogue: Path | str | Catalogue | None = None,
    settings: Settings | None = None,
    name: str = "",
    stake: Stake | None = None,
    decisions: pl.DataFrame | None = None,
    library: Memory | None = None,
) -> GapAnalysis:
    """How much of a requirement list the catalogue supports, and what the gaps would take to close.

    Parameters
    ----------
    file : path, bytes or binary file
    catalogue : path or Catalogue, optional
        Default the shipped one; the one in force is `effective_catalogue.load(store).catalogue`.
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
    current = settings or load()
    capabilities = catalogue if isinstance(catalogue, Catalogue) else catalogues.load(catalogue)
    return analyse(read_list(file, name), capabilities, current, stake, decisions, library=library)
