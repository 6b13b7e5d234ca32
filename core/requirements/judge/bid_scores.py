"""The scores of a list, and whether to bid on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.config import Settings
from core.config.settings import BidSettings
from core.localization import joined, message
from core.metrics.measure import chance, counted, money, percent
from core.requirements.judge.gap_analysis import GapAnalysis, Stake, closing
from core.requirements.judge.row_judgement import IN_WORDS, OPEN

AS_IS, BLOCKERS, ALL = "as we stand", "blockers closed", "all gaps closed"


@dataclass(frozen=True)
class Scores:
    """Coverage, fit, resolution and must-haves against their targets.

    Attributes
    ----------
    frame : pl.DataFrame
        [score, value, high, target, n, of]: value counts every open row as missed, high as met; both are null
        where there is nothing to divide by.
    """

    frame: pl.DataFrame

    def value(self, score: str) -> float | None:
        """Return one score."""
        values = self.frame.filter(pl.col("score") == score)["value"]
        return None if values.is_empty() or values[0] is None else float(values[0])

    def sentence(self) -> str:
        """Say which targets are met and which are missed."""
        rows = [row for row in self.frame.iter_rows(named=True) if row["value"] is not None]
        parts = [
            message(
                "{score} {between} against {target}",
                score=row["score"],
                between=_between(row),
                target=percent(row["target"]),
            )
            for row in rows
        ]
        met = sum(row["value"] >= row["target"] for row in rows)
        return message(
            "{met} of {n_rows} targets are met: {parts}.", met=met, n_rows=len(rows), parts=joined(*parts, by="; ")
        )


def _between(row: Mapping[str, Any]) -> str:
    low, high = percent(row["value"]), percent(row["high"])
    return low if low == high else message("{low} to {high}", low=low, high=high)


def scores(analysis: GapAnalysis, settings: Settings) -> Scores:
    """Work out a list's scores.

    Rows that can be complied with count, not those answered in words. Coverage is the share supported today.
    Fit weighs each by its priority and counts what is limited or through a partner half, what is on the roadmap a
    quarter. Must-haves is the share of critical requirements supported today; its target is all of them. Resolution
    is the share of gaps delivered within the calendar weeks a buyer waits (12, `requirements.bid.closable_weeks`).
    Unclear rows and rows to be checked widen each score: from all of them missed to all of them met.

    Parameters
    ----------
    analysis : GapAnalysis
    settings : Settings
        Targets.
    """
    rows, targets = analysis.frame.filter(pl.col("status") != IN_WORDS), settings.targets
    summary = analysis.summary
    must = rows.filter(pl.col("priority") == "critical")
    gaps = rows.filter(pl.col("gap_type").is_not_null())
    ready = int((rows["status"] == "available").sum())
    in_time = int((gaps["timeline_weeks"] <= settings.requirements.bid.closable_weeks).sum())
    must_ready = int((must["status"] == "available").sum())
    resolved = _rate(in_time, gaps.height)
    coverage, fit, must_haves = (
        (summary[f"{name}_rate"], summary[f"{name}_high_rate"]) for name in ("coverage", "fit", "must_have")
    )
    entries = [
        ("coverage", *coverage, targets.requirements_coverage_rate, ready, rows.height),
        ("fit", *fit, targets.product_fit_rate, ready, rows.height),
        ("resolution", resolved, resolved, targets.gap_resolution_rate, in_time, gaps.height),
        ("must_haves", *must_haves, 1.0, must_ready, must.height),
    ]
    shape = dict.fromkeys(("value", "high", "target"), pl.Float64) | dict.fromkeys(("n", "of"), pl.Int64)
    return Scores(pl.DataFrame(entries, schema={"score": pl.String, **shape}, orient="row"))


def _rate(above: int, below: int) -> float | None:
    return above / below if below else None


@dataclass(frozen=True)
class Bid:
    """Whether to bid, and why.

    Attributes
    ----------
    verdict : str
        Go, Talk first, or No go.
    points, points_high, most : float
        Points reached with every open row missed, with every one met, and how many could be.
    n_open : int
        Rows that are unclear or to be checked.
    factors : pl.DataFrame
        [factor, value, target, points, points_high, most]; factors without a value are left out of the sums.
    vetoes : tuple of str
        One sentence each; any one means No go.
    worth : pl.DataFrame
        [case, chance, amount, respond_amount, close_amount, expected_amount]: what bidding is worth as we
        stand, with the blockers closed, with all gaps closed. Empty without a deal and its chance.
    """

    verdict: str
    points: float
    points_high: float
    most: float
    n_open: int
    factors: pl.DataFrame
    vetoes: tuple[str, ...]
    worth: pl.DataFrame
    respond_weeks: float
    currency: str

    @property
    def frame(self) -> pl.DataFrame:
        """Return the factors."""
        return self.factors

    def sentence(self) -> str:
        """Say the verdict, what speaks against it and what bidding is worth."""
        whole = self.most or 1.0
        points: str = message("{points:.0f}", points=self.points)
        score: str = message("{points:.0f}", points=self.points / whole * 100)
        if f"{self.points_high:.0f}" != points:
            points += message(" to {points_high:.0f}", points_high=self.points_high)
            score += message(" to {points_high:.0f}", points_high=self.points_high / whole * 100)
        parts = [
            message(
                "{verdict}: score {score} % ({points} of {most:.0f} points).",
                verdict=self.verdict,
                score=score,
                points=points,
                most=self.most,
            )
        ]
        if self.n_open:
            parts.append(
                message("{open} the difference.", open=counted(self.n_open, "open row makes", "open rows make"))
            )
        text = joined(*parts, *self.vetoes)
        if self.worth.is_empty():
            return message("{text} Attach an open deal to see what bidding is worth.", text=text)
        best = self.worth.sort("expected_amount", descending=True, maintain_order=True).row(0, named=True)
        now = self.worth.row(0, named=True)
        text += message(
            " Bidding {as_is} is worth {expected_amount} at a win chance of {chance}",
            as_is=AS_IS,
            expected_amount=money(now["expected_amount"], self.currency),
            chance=chance(now["chance"]),
        )
        if best["case"] == AS_IS:
            return message("{text}; closing gaps first would cost more than it earns.", text=text)
        return message(
            "{text}; with {case} {expected_amount} at {chance}, after {close_amount} for the work.",
            text=text,
            case=best["case"],
            expected_amount=money(best["expected_amount"], self.currency),
            chance=chance(best["chance"]),
            close_amount=money(best["close_amount"], self.currency),
        )


def bid(analysis: GapAnalysis, settings: Settings, stake: Stake | None = None) -> Bid:
    """Whether to bid, from points for coverage, fit, must-haves and what bidding is worth.

    Open rows, unclear or to be checked, widen the points to a range: from all of them missed to all met. Where
    the two ends call for different things, the advice is to talk first.

    Points: each factor gives its points times value over target, at most all of them; `value` gives all
    its points when bidding is worth more than it costs. Vetoes: too many blockers, too few must-haves, a
    chance too small. Expected value of bidding = chance × amount − effort to respond − effort to close.
    The chance with every gap closed is the deal's own; each gap left open takes its severity's share of
    what is left of it (`chance_lost`, an assumption), times the weight of its type. Work to close gaps
    counts in full, won or lost.

    Parameters
    ----------
    analysis : GapAnalysis
    settings : Settings
        Points, vetoes and rates.
    stake : Stake, optional
        The deal with its amount and chance.
    """
    rules = settings.requirements.bid
    hours = analysis.frame["status"].replace_strict(rules.hours_per_row, return_dtype=pl.Float64).sum()
    weeks = float(hours) / rules.hours_per_week
    worth = _worth(analysis, settings, stake, weeks * settings.rates.person_week_amount)
    factors = _factors(scores(analysis, settings), worth, rules.factors)
    points, high, most = (float(factors[name].sum()) for name in ("points", "points_high", "most"))
    vetoes = _vetoes(analysis, settings, worth)
    worst, best = (_verdict(100 * reached / most if most else 0.0, rules) for reached in (points, high))
    verdict = "No go" if vetoes else worst if worst == best else "Talk first"
    n_open = int(analysis.frame["status"].is_in(list(OPEN)).sum())
    return Bid(verdict, points, high, most, n_open, factors, vetoes, worth, weeks, settings.currency)


def _verdict(share: float, rules: BidSettings) -> str:
    return "Go" if share >= rules.go_points else "Talk first" if share >= rules.talk_points else "No go"


def _factors(scored: Scores, worth: pl.DataFrame, points: Mapping[str, float]) -> pl.DataFrame:
    rows = []
    for row in scored.frame.iter_rows(named=True):
        most = points.get(row["score"], 0.0)
        if row["value"] is not None and most:
            low, high = (min(row[name] / row["target"], 1.0) if row["target"] else 1.0 for name in ("value", "high"))
            rows.append((row["score"], row["value"], row["target"], most * low, most * high, most))
    if not worth.is_empty():
        most = points.get("value", 0.0)
        best = float(worth["expected_amount"].to_numpy().max())
        reached = most if best > 0 else 0.0
        rows.append(("value", best, 0.0, reached, reached, most))
    shape = dict.fromkeys(("value", "target", "points", "points_high", "most"), pl.Float64)
    return pl.DataFrame(rows, schema={"factor": pl.String, **shape}, orient="row")


def _vetoes(analysis: GapAnalysis, settings: Settings, worth: pl.DataFrame) -> tuple[str, ...]:
    rules, vetoes = settings.requirements.bid, []
    blockers = int((analysis.frame["severity"] == "blocker").fill_null(value=False).sum())
    if blockers > rules.most_blockers:
        missing = counted(blockers, "must-have is", "must-haves are")
        vetoes.append(
            message(
                "{missing} missing; more than {most_blockers} rule a bid out.",
                missing=missing,
                most_blockers=rules.most_blockers,
            )
        )
    must = analysis.summary["must_have_high_rate"]
    if must is not None and must < rules.least_must_have_rate:
        vetoes.append(
            message(
                "At best {must} of must-haves are covered; the minimum is {least_must_have_rate}.",
                must=percent(must),
                least_must_have_rate=percent(rules.least_must_have_rate),
            )
        )
    if not worth.is_empty():
        won = float(worth["chance"].to_numpy().max())
        if won < rules.least_chance:
            vetoes.append(message("Even with all gaps closed the win chance is {won}.", won=chance(won)))
    return tuple(vetoes)


def _worth(analysis: GapAnalysis, settings: Settings, stake: Stake | None, respond: float) -> pl.DataFrame:
    names = ("chance", "amount", "respond_amount", "close_amount", "expected_amount")
    shape: dict[str, Any] = {"case": pl.String, **dict.fromkeys(names, pl.Float64)}
    if stake is None or stake.p_win is None:
        return pl.DataFrame(schema=shape)
    gaps = closing(analysis.frame)
    is_blocker = pl.col("severity") == "blocker"
    cases = [(AS_IS, gaps.clear(), gaps)]
    if not gaps.filter(is_blocker).is_empty():
        cases.append((BLOCKERS, gaps.filter(is_blocker), gaps.filter(~is_blocker)))
    if not gaps.is_empty():
        cases.append((ALL, gaps, gaps.clear()))
    rows = []
    for case, closed, left in cases:
        chance, cost = stake.p_win * kept(left, settings), float(closed["cost_amount"].sum())
        rows.append((case, chance, stake.amount, respond, cost, chance * stake.amount - respond - cost))
    return pl.DataFrame(rows, schema=shape, orient="row")


def kept(gaps: pl.DataFrame, settings: Settings) -> float:
    """Return the share of a deal's chance that gaps left open leave: the product of 1 − loss over them.

    Parameters
    ----------
    gaps : pl.DataFrame
        [severity, gap_type].
    settings : Settings
        `requirements.chance_lost` by severity and `requirements.exposure` by type.
    """
    rules = settings.requirements
    left = 1.0
    for severity, kind in gaps.select("severity", "gap_type").iter_rows():
        left *= 1 - rules.chance_lost[severity] * rules.exposure[kind]
    return left
