"""One requirement held against its capability: support, gap, effort, cost and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import polars as pl

from core.config import Settings
from core.localization import joined
from core.requirements.catalogue.capabilities import UNSTATED, Catalogue
from core.requirements.judge import limits, qualifiers, said_words
from core.requirements.judge.gap_effort import gap_effort
from core.requirements.judge.limits import Comparison
from core.requirements.judge.said_words import is_another_title, share_said
from core.requirements.match import matcher
from core.requirements.text import glossary, language
from core.requirements.text.row_kind import DEMAND, RATED, REASSURING, YES_NO, RowKind, row_kind

TO_CHECK, IN_WORDS = "to be checked", "to be answered"
OPEN = ("unclear", TO_CHECK)
NOBODY = "none"
# From this chance on what is stated in numbers decides a row; without that it takes `matcher.LIKELY`.
STATED = 0.3
GAP_OF = {"limited": "partial", "partner": "partial", "roadmap": "roadmap", "not available": "missing"}
STATEMENTS = {
    "available": "Compliant",
    "limited": "Partially compliant",
    "partner": "Partially compliant",
    "roadmap": "Roadmap",
    "not available": "Not compliant",
    "unclear": "To be clarified",
    TO_CHECK: "To be clarified",
    IN_WORDS: "To be answered in words",
}
JUDGED = {
    "kind": pl.String,
    "polarity": pl.String,
    "capability_id": pl.String,
    "capability": pl.String,
    "status": pl.String,
    "confidence": pl.Float64,
    "statement": pl.String,
    "comparison": pl.String,
    "gap_type": pl.String,
    "severity": pl.String,
    "impact": pl.String,
    "size": pl.String,
    "effort_weeks": pl.Float64,
    "effort_low_weeks": pl.Float64,
    "effort_high_weeks": pl.Float64,
    "timeline": pl.String,
    "timeline_weeks": pl.Float64,
    "cost_amount": pl.Float64,
    "approach": pl.String,
    "solution": pl.String,
    "workaround": pl.String,
    "owner": pl.String,
}
NO_GAP: dict[str, Any] = dict.fromkeys(
    (
        *("gap_type", "severity", "impact", "size", "effort_weeks", "effort_low_weeks", "effort_high_weeks"),
        *("timeline", "timeline_weeks", "cost_amount", "approach", "solution", "workaround"),
    )
)


def judge(rows: pl.DataFrame, catalogue: Catalogue, settings: Settings) -> pl.DataFrame:
    """Judge requirements whose counterpart in the catalogue is known, or is known to be missing.

    Each row has a kind first (`row_kind`). Only a demand, or a question whose yes reassures, can be answered by
    a capability; every other row is `to be answered` in words, or `to be checked` by a person where yes could be
    the wrong word. A match less sure than 72 % leaves the row `unclear`, one below 18 % `to be checked`: nothing
    near is not "no", and costs nothing. `not available` comes from a match, a stated limit or a person.
    Above that the capability's status holds, except that what is available but commits to less than is
    asked becomes `limited`, and what commits to nothing that is asked for, or does not name it, becomes
    `unclear`. Where what is wanted is not available, but another capability commits to less of it, that one is
    the counterpart.

    Parameters
    ----------
    rows : pl.DataFrame
        [text, category, priority, capability_id, confidence]; a capability the catalogue does not know
        counts as nothing near; none at all, with confidence 0, as a person's word that there is none.
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
        _judgement(
            _Row(text, row_kind(text), category, priority, key, float(sure or 0.0)), commitments, settings, by_id
        )
        for text, category, priority, key, sure in rows.select(names).iter_rows()
    ]
    return pl.DataFrame(judged, schema=JUDGED, orient="row")


class _Row(NamedTuple):
    """A requirement with its kind, class and counterpart."""

    text: str
    kind: RowKind
    category: str
    priority: str
    key: str | None
    sure: float

    @property
    def is_none(self) -> bool:
        """Say whether a person said that there is no counterpart."""
        return self.key in (None, NOBODY) and self.sure == 0

    @property
    def is_decided(self) -> bool:
        """Say whether a person chose the counterpart; no match is as sure as that."""
        return self.sure >= 1

    def with_polarity_of(self, near: Mapping[str, Any] | None) -> _Row:
        """Return the row with a reassuring yes where no word of it tells, but its capability says what it asks."""
        is_told = near is None or self.sure < STATED or not self.kind.is_silent
        if is_told or near is None or self.share_said(near) < said_words.ENOUGH:
            return self
        return self._replace(kind=replace(self.kind, polarity=REASSURING, reason="the capability says so"))

    def is_said_by(self, capability: Mapping[str, Any]) -> bool:
        """Say whether a capability says what a yes/no question asks: most of it, or half of it where it is near."""
        enough = said_words.HALF if self.sure >= said_words.EVEN else said_words.ENOUGH
        return self.kind.kind == YES_NO and self.share_said(capability) >= enough

    def is_title_of_another(self, capability: Mapping[str, Any]) -> bool:
        """Say whether the row is a bare title that its capability does not bear, and nobody chose the capability."""
        return self.kind.kind == DEMAND and not self.is_decided and is_another_title(self.text, capability)

    def share_said(self, capability: Mapping[str, Any]) -> float:
        """Return the share of the row a capability says; none of a foreign row whose words are not all known."""
        is_foreign = language.of_line(self.text) not in (None, matcher.ENGLISH)
        if is_foreign and self.kind.is_silent:
            return 0.0
        return share_said(glossary.in_english(self.text, is_foreign=True) if is_foreign else self.text, capability)


class _Support(NamedTuple):
    """How far a requirement is supported: the kind of gap is empty where there is none, so is the capability."""

    status: str
    gap_type: str
    way: str
    capability: Mapping[str, Any]
    asked: Sequence[Comparison]


def _judgement(
    row: _Row, commitments: limits.Stated, settings: Settings, by_id: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    best = by_id.get(row.key or "")
    near = best if best is not None and row.sure >= matcher.FLOOR else None
    row = row.with_polarity_of(near)
    support = _support(row, near, commitments, by_id)
    capability, asked = support.capability, support.asked
    out = {
        "kind": row.kind.kind,
        "polarity": row.kind.polarity,
        "capability_id": capability.get("capability_id"),
        "capability": capability.get("name"),
        "status": support.status,
        "confidence": row.sure,
        "statement": STATEMENTS[support.status],
        "comparison": joined(*(c.text for c in asked), by=". ") or None,
        "owner": capability.get("owner") or settings.requirements.owners.get(row.category),
    }
    if not support.gap_type:
        return out | NO_GAP
    return out | _gap(row, support, str(out["owner"] or "the owner"), settings)


def _support(
    row: _Row, near: Mapping[str, Any] | None, commitments: limits.Stated, by_id: Mapping[str, Mapping[str, Any]]
) -> _Support:
    """Return how far the nearest capability supports a row, by what the row is and how sure the match is."""
    if row.kind.kind not in RATED:
        return _Support(IN_WORDS, "", "", near or {}, ())
    if row.is_none:
        return _Support("not available", "missing", "missing", {}, ())
    is_open = row.kind.polarity != REASSURING and not (row.is_decided and row.kind.kind == DEMAND)
    if near is None or is_open:
        return _Support(TO_CHECK, "", "", near or {}, ())
    asked = limits.compare(row.text, near, commitments)
    # What is asked for in numbers, or in the capability's own words, is stated, however loosely the row is worded.
    is_stated = row.sure >= STATED and (_is_stated(near, asked) or row.is_said_by(near))
    if is_stated or (row.sure >= matcher.LIKELY and not row.is_title_of_another(near)):
        return _likely_support(row.text, near, commitments, by_id, is_decided=row.is_decided)
    return _Support("unclear", "unclear", "unclear", near, asked)


def _is_stated(capability: Mapping[str, Any], asked: Sequence[Comparison]) -> bool:
    """Say whether a capability's own commitments answer all that is asked for, or a limit falls short of it."""
    verdicts = {c.verdict for c in asked}
    own = all(c.capability_id == capability["capability_id"] for c in asked)
    return own and ("partial" in verdicts or verdicts == {"met"})


def _likely_support(
    text: str,
    best: Mapping[str, Any],
    commitments: limits.Stated,
    by_id: Mapping[str, Mapping[str, Any]],
    *,
    is_decided: bool,
) -> _Support:
    """Return the support of a sure match; of another capability where that one commits to less of what is wanted."""
    asked = limits.compare(text, best, commitments)
    if best["status"] == "available" and not is_decided:
        is_measured = any(c.verdict in ("met", "partial") for c in asked)
        asked = (*asked, *qualifiers.unstated(text, best, with_frequency=not is_measured))
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
    if status == UNSTATED:
        return "unclear", "unstated"
    ways = {"partner": "partner", "limited": "partial", "roadmap": "roadmap", "not available": "missing"}
    return status, ways.get(status, "")


def _gap(row: _Row, support: _Support, owner: str, settings: Settings) -> dict[str, Any]:
    rules = settings.requirements
    kind, way = support.gap_type, support.way
    best = {} if kind == "unclear" and row.sure < matcher.LIKELY else support.capability
    effort = gap_effort(row.text, kind, way, row.priority, best, support.asked, settings)
    price = settings.rates.partner_week_amount if way == "partner" else settings.rates.person_week_amount
    severity = rules.severity[kind][row.priority]
    approach = rules.approach["partner" if way == "partner" else kind][row.priority]
    words = {
        "approach": approach,
        "effort": effort.words,
        "weeks": effort.timeline,
        "capability": best.get("name") or "it",
        "limit": str(best.get("limit") or "not stated").rstrip("."),
        "date": f"{best['available_on']:%B %Y}" if best.get("available_on") else "a date not yet set",
        "comparison": joined(*(c.text for c in support.asked if c.verdict != "met"), by=". "),
        "owner": owner,
    }
    late = joined(*(f"{c.text}." for c in support.asked if c.verdict == "late"))
    solution = joined(rules.solution[way].format(**words), late if way != "limit" else "").strip()
    return {
        "gap_type": kind,
        "severity": severity,
        "impact": rules.impact[severity],
        "size": effort.size,
        "effort_weeks": effort.middle,
        "effort_low_weeks": effort.low,
        "effort_high_weeks": effort.high,
        "timeline": effort.timeline,
        "timeline_weeks": sum(effort.weeks) / 2,
        "cost_amount": effort.middle * price,
        "approach": approach,
        "solution": solution,
        "workaround": rules.workaround["partner" if way == "partner" else kind].format(**words),
    }
