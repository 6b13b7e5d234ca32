"""One requirement held against its capability: support, gap, effort, cost and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from core.config import Settings
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.judge import limits
from core.requirements.judge.limits import Comparison
from core.requirements.match import matcher

GAP_OF = {"limited": "partial", "partner": "partial", "roadmap": "roadmap", "not available": "missing"}
STATEMENTS = {
    "available": "Compliant",
    "limited": "Partially compliant",
    "partner": "Partially compliant",
    "roadmap": "Roadmap",
    "not available": "Not compliant",
    "unclear": "To be clarified",
}
JUDGED = {
    "capability_id": pl.String,
    "capability": pl.String,
    "status": pl.String,
    "confidence": pl.Float64,
    "statement": pl.String,
    "comparison": pl.String,
    "gap_type": pl.String,
    "severity": pl.String,
    "impact": pl.String,
    "effort_weeks": pl.Float64,
    "timeline": pl.String,
    "cost_amount": pl.Float64,
    "approach": pl.String,
    "solution": pl.String,
    "workaround": pl.String,
    "owner": pl.String,
}
NO_GAP: dict[str, Any] = dict.fromkeys(
    ("gap_type", "severity", "impact", "effort_weeks", "timeline", "cost_amount", "approach", "solution", "workaround")
)


def judge(rows: pl.DataFrame, catalogue: Catalogue, settings: Settings) -> pl.DataFrame:
    """Judge requirements whose counterpart in the catalogue is known, or is known to be missing.

    A match less sure than 60 % leaves the row `unclear`, one below 18 % means there is no counterpart.
    Above that the capability's status holds, except that what is available but commits to less than is
    asked becomes `limited`, and what commits to nothing that is asked for becomes `unclear`. Where what is
    wanted is not available, but another capability commits to less of it, that one is the counterpart.

    Parameters
    ----------
    rows : pl.DataFrame
        [text, category, priority, capability_id, confidence]; a capability the catalogue does not know
        counts as no counterpart.
    catalogue : Catalogue
    settings : Settings
        Rules and rate card.

    Returns
    -------
    pl.DataFrame
        The columns of `JUDGED`, row by row; gap columns are null where there is no gap.
    """
    listed = catalogue.frame.to_dicts()
    by_id = catalogue.by_id()
    commitments = limits.stated(listed)
    names = ("text", "category", "priority", "capability_id", "confidence")
    judged = [
        _judgement(text, category, priority, by_id.get(key), float(sure or 0.0), commitments, settings, by_id)
        for text, category, priority, key, sure in rows.select(names).iter_rows()
    ]
    return pl.DataFrame(judged, schema=JUDGED, orient="row")


class _Support(NamedTuple):
    """How far a requirement is supported: the kind of gap is empty where there is none, so is the capability."""

    status: str
    gap_type: str
    way: str
    capability: Mapping[str, Any]
    asked: Sequence[Comparison]


def _judgement(
    text: str,
    category: str,
    priority: str,
    best: Mapping[str, Any] | None,
    sure: float,
    commitments: limits.Stated,
    settings: Settings,
    by_id: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    status, kind, way, capability, asked = _support(text, best, sure, commitments, by_id)
    # Nothing was found, and nobody said that there is nothing: that is no answer to give a buyer.
    is_open = status == "not available" and not capability and sure > 0
    out = {
        "capability_id": capability.get("capability_id"),
        "capability": capability.get("name"),
        "status": status,
        "confidence": sure,
        "statement": STATEMENTS["unclear" if is_open else status],
        "comparison": ". ".join(c.text for c in asked) or None,
        "owner": capability.get("owner") or settings.requirements.owners.get(category),
    }
    if not kind:
        return out | NO_GAP
    likely = capability if sure >= matcher.LIKELY else {}
    return out | _gap(kind, way, priority, likely, asked, str(out["owner"] or "the owner"), settings)


def _support(
    text: str,
    best: Mapping[str, Any] | None,
    sure: float,
    commitments: limits.Stated,
    by_id: Mapping[str, Mapping[str, Any]],
) -> _Support:
    """Return how far the nearest capability supports a requirement, by how sure the match is."""
    if best is not None and sure >= matcher.LIKELY:
        return _likely_support(text, best, commitments, by_id)
    if best is not None and sure >= matcher.FLOOR:
        return _Support("unclear", "unclear", "unclear", best, limits.compare(text, best, commitments))
    return _Support("not available", "missing", "missing", {}, ())


def _likely_support(
    text: str, best: Mapping[str, Any], commitments: limits.Stated, by_id: Mapping[str, Mapping[str, Any]]
) -> _Support:
    """Return the support of a sure match; of another capability where that one commits to less of what is wanted."""
    asked = limits.compare(text, best, commitments)
    status, way = supported(best["status"], asked)
    if way == "limit" and best["status"] == "not available":
        best = by_id[next(c.capability_id for c in asked if c.verdict == "partial" and c.capability_id)]
        asked = limits.compare(text, best, commitments)
    kind = GAP_OF.get(status, "unclear" if status == "unclear" else "")
    return _Support(status, kind, way, best, asked)


def supported(status: str, asked: Sequence[Comparison]) -> tuple[str, str]:
    """Return a capability's support once limits are compared, and what kind of gap that leaves.

    Examples
    --------
    >>> supported("available", [])
    ('available', '')
    """
    verdicts = {c.verdict for c in asked}
    if status == "available" and "partial" in verdicts:
        return "limited", "limit"
    if status == "available" and "unclear" in verdicts:
        return "unclear", "unknown"
    if status == "not available" and any(c.verdict == "partial" and c.capability_id for c in asked):
        return "limited", "limit"
    ways = {"partner": "partner", "limited": "partial", "roadmap": "roadmap", "not available": "missing"}
    return status, ways.get(status, "")


def _gap(
    kind: str,
    way: str,
    priority: str,
    best: Mapping[str, Any],
    asked: Sequence[Comparison],
    owner: str,
    settings: Settings,
) -> dict[str, Any]:
    rules = settings.requirements
    low, high = rules.weeks[kind][priority]
    estimate = best.get("effort_weeks")
    if estimate and kind != "unclear":
        low = high = float(estimate)
    effort = (low + high) / 2
    price = settings.rates.partner_week_amount if way == "partner" else settings.rates.person_week_amount
    weeks = f"{low:g} weeks" if low == high else f"{low:g} to {high:g} weeks"
    severity = rules.severity[kind][priority]
    approach = rules.approach["partner" if way == "partner" else kind][priority]
    words = {
        "approach": approach,
        "weeks": weeks,
        "capability": best.get("name") or "it",
        "limit": str(best.get("limit") or "not stated").rstrip("."),
        "date": f"{best['available_on']:%B %Y}" if best.get("available_on") else "a date not yet set",
        "comparison": ". ".join(c.text for c in asked if c.verdict != "met"),
        "owner": owner,
    }
    late = " ".join(f"{c.text}." for c in asked if c.verdict == "late")
    solution = f"{rules.solution[way].format(**words)} {late if way != 'limit' else ''}".strip()
    return {
        "gap_type": kind,
        "severity": severity,
        "impact": rules.impact[severity],
        "effort_weeks": effort,
        "timeline": weeks,
        "cost_amount": effort * price,
        "approach": approach,
        "solution": solution,
        "workaround": rules.workaround["partner" if way == "partner" else kind].format(**words),
    }
