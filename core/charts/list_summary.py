"""A list's executive summary as one file to send: verdict, coverage, gaps, money."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.branding import letterhead
from core.charts import gap_ledger, requirements
from core.charts.snapshot import Part, Snapshot
from core.config import Settings
from core.localization import joined, message, message_plural
from core.metrics import brief, counted, money, shortened
from core.requirements.judge.bid_scores import Bid, Scores
from core.requirements.match.analysis import GapAnalysis

MOST_GAPS, MOST_BARS, LONGEST_TEXT = 10, 8, 160
LOW, LOWER, LOWEST = 0.56, 0.45, 0.4  # of their height on the page
TITLES = {
    "coverage": "Coverage",
    "fit": "Fit by priority",
    "must_haves": "Must-haves",
    "resolution": "Gaps closed in time",
}


def summary(analysis: GapAnalysis, score: Scores, bid: Bid, settings: Settings) -> Snapshot:
    """Return the executive summary of a list, to be written as PDF or HTML.

    Parameters
    ----------
    analysis : GapAnalysis
    score : Scores
    bid : Bid
    settings : Settings
        The company's name and the currency.

    Returns
    -------
    Snapshot
        Scores as tiles; coverage by category as a chart; the verdict with its factors and what bidding is
        worth; the gaps that weigh most, with what closes them; what a person still has to decide.
    """
    parts = [_text("Beware", line) for line in analysis.warnings]
    parts += _tiles(analysis, score)
    parts += [_text("How much do we support?", analysis.sentence())]
    parts += [_chart("How much do we support?", requirements.by_category, analysis.by_category(), share=LOWEST)]
    parts += [_text("Bid or no bid?", bid.sentence()), _chart("Bid or no bid?", gap_ledger.factors, bid.factors)]
    if not bid.worth.is_empty():
        parts.append(_chart("Bid or no bid?", gap_ledger.worth, bid.worth, settings.currency))
    parts += _gaps(analysis, settings)
    parts.append(_text("Still to decide", _open(analysis)))
    deal = analysis.summary.get("opportunity")
    about = f"{settings.company} · {analysis.source.name}" + (f" · {deal}" if deal else "")
    return Snapshot("Requirements at a glance", about, tuple(parts), head=letterhead.of(settings))


def _tiles(analysis: GapAnalysis, score: Scores) -> list[Part]:
    tiles = [
        (
            TITLES[row["score"]],
            _rate(row["value"], row["high"]),
            message("target {target:.0f} %", target=row["target"] * 100),
        )
        for row in score.frame.iter_rows(named=True)
    ]
    cost = money(analysis.summary["cost_amount"], analysis.summary["currency"])
    tiles.append(
        (
            "To close all gaps",
            cost,
            message("{effort_weeks} person-weeks", effort_weeks=brief(analysis.summary["effort_weeks"])),
        )
    )
    tiles.append(("Requirements", f"{analysis.frame.height:,}", counted(analysis.summary["n_gaps"], "gap")))
    return [Part("", "tile", tile) for tile in tiles]


def _rate(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "–"
    first, last = f"{low * 100:.0f}", f"{high * 100:.0f}"
    return f"{first} %" if first == last else f"{first}–{last} %"


def _gaps(analysis: GapAnalysis, settings: Settings) -> list[Part]:
    head, gaps = "Gaps and how to close them", analysis.gaps
    parts = [_text(head, analysis.gap_sentence())]
    if gaps.is_empty():
        return parts
    parts.append(_chart(head, requirements.cost, gaps, settings.currency, MOST_BARS, share=LOW))
    for row in gaps.head(MOST_GAPS).iter_rows(named=True):
        name = message("{severity}, row {row}", severity=row["severity"].capitalize(), row=row["row"])
        parts.append(_text(head, f"**{name}**: {_ended(shortened(row['text'], LONGEST_TEXT))} {row['solution']}"))
    left = gaps.height - MOST_GAPS
    if left > 0:
        parts.append(_text(head, message("{left:,} more stand in the matrix.", left=left)))
    return parts


def _open(analysis: GapAnalysis) -> str:
    unstated = analysis.summary["n_not_stated"]
    unclear = analysis.summary["n_unclear"] - unstated
    to_check = analysis.summary["n_to_check"]
    if not unclear and not unstated and not to_check:
        return "Nothing: every row has its counterpart, and every limit that is asked for is stated."
    text = message_plural(
        "{rows} for a person to choose the capability; until then it counts as open.",
        "{rows} for a person to choose the capability; until then they count as open.",
        unclear,
        rows=counted(unclear, "row waits", "rows wait"),
    )
    more = message(
        "{rows} for a limit our catalogue does not state; ask product before you answer.",
        rows=counted(unstated, "row asks", "rows ask"),
    )
    check = message(
        "{rows} to be checked by a person, without cost so far.", rows=counted(to_check, "row is", "rows are")
    )
    return joined(*(line for line, n in ((text, unclear), (more, unstated), (check, to_check)) if n))


def _ended(words: str) -> str:
    """Return a text that ends as a sentence does."""
    words = words.rstrip()
    return words if words.endswith((".", "?", "!", "…", ":", ";")) else f"{words}."


def _text(head: str, words: str) -> Part:
    return Part(head, "text", words)


def _chart(head: str, function: Callable[..., Any], *args: Any, share: float = LOWER) -> Part:
    spec = function(*args).to_dict()
    spec["height"] = round(float(spec.get("height") or 200) * share)
    config = spec.setdefault("config", {})
    config["axisY"] = {**config.get("axisY", {}), "grid": False, "domain": False, "ticks": False}
    return Part(head, "chart", spec)
