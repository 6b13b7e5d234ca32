"""What matters most: each lever over its seen range, two levers against each other, the deals that decide."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from core.contracts.errors import ScenarioError
from core.localization import message
from core.metrics.measure import counted, likely, money
from core.scenarios.analysis.whatif import NOUNS, Ground
from core.scenarios.engine import distribution, expectation
from core.scenarios.levers import LEVERS, LIMITS, LeverSetting, Scenario

STEPS = 7
DECISIVE = 5
SWINGS = (
    "win_rate",
    "deal_size",
    "cycle",
    "creation",
    "churn",
    "expansion",
    "contraction",
    "discount",
    "slip",
    "macro",
)


@dataclass(frozen=True)
class Tornado:
    """Each lever over the range its own past shows, largest swing first.

    Attributes
    ----------
    frame : pl.DataFrame
        [lever, label, low, high, low_amount, high_amount]: what the measure changes by at either end.
    """

    frame: pl.DataFrame
    measure: str
    currency: str

    def sentence(self) -> str:
        """Say which lever's past range swings the measure most."""
        if self.frame.is_empty():
            return "The history is too short to say how far levers move."
        row = self.frame.row(0, named=True)
        lever = LEVERS[row["lever"]]
        ends = [money(row[k], self.currency, sign=True) for k in ("low_amount", "high_amount")]
        return message(
            "{label} swings {nouns} most: from {ends} at {shown} to {ends_2} at {shown_2}, its past range.",
            label=row["label"],
            nouns=NOUNS[self.measure],
            ends=ends[0],
            shown=lever.shown(row["low"]),
            ends_2=ends[1],
            shown_2=lever.shown(row["high"]),
        )


def tornado(start: Ground, plan: Scenario, measure: str = "bookings_amount") -> Tornado:
    """Move each lever to either end of its seen range, everything else as set.

    Formula: measure with the lever at its 5th or 95th percentile of past quarters, less the measure as set.
    """
    here = _value(start, plan, measure)
    rows = []
    for name in SWINGS:
        seen_range = start.seen.range(name)
        if seen_range is None:
            continue
        ends = [_value(start, _with(plan, name, v), measure) - here for v in seen_range]
        rows.append((name, LEVERS[name].label, *seen_range, *ends))
    shape = {"lever": pl.String, "label": pl.String} | dict.fromkeys(
        ["low", "high", "low_amount", "high_amount"], pl.Float64
    )
    frame = pl.DataFrame(rows, schema=shape, orient="row")
    swing = (pl.col("high_amount") - pl.col("low_amount")).abs()
    return Tornado(frame.filter(swing > 0.005).sort(swing, descending=True), measure, start.base.currency)


@dataclass(frozen=True)
class HeatMap:
    """Two levers against each other: [x, y, amount, chance], chance null without a quota."""

    frame: pl.DataFrame
    across: str
    up: str
    currency: str

    def sentence(self) -> str:
        """Say the best and worst corner."""
        names = message("{label} and {label_2}", label=LEVERS[self.across].label, label_2=LEVERS[self.up].label)
        low, high = (float(v) for v in (self.frame["amount"].min(), self.frame["amount"].max()))  # type: ignore[arg-type]
        text = message(
            "Between them, {names} take the quarter from {low} to {high}",
            names=names,
            low=money(low, self.currency),
            high=money(high, self.currency),
        )
        if self.frame["chance"].null_count():
            return f"{text}."
        worst, best = (float(v) for v in (self.frame["chance"].min(), self.frame["chance"].max()))  # type: ignore[arg-type]
        return message(
            "{text}, and the chance of quota from {worst} to {best}.", text=text, worst=likely(worst), best=likely(best)
        )


def heat_map(start: Ground, plan: Scenario, across: str, up: str, window: int = 0) -> HeatMap:
    """Work a quarter out for two levers, each over its seen range or, without a past, its slider's.

    Raises
    ------
    ScenarioError
        When the two are one.
    """
    if across == up:
        raise ScenarioError("Choose two different levers.", mend="Change one of them.")
    rows = []
    for x in _steps(start, across):
        for y in _steps(start, up):
            after = expectation.run(start.base, _with(_with(plan, across, x), up, y), window)
            rows.append((x, y, after.spread.mean, after.spread.p_target))
    shape = dict.fromkeys(["x", "y", "amount", "chance"], pl.Float64)
    return HeatMap(pl.DataFrame(rows, schema=shape, orient="row"), across, up, start.base.currency)


@dataclass(frozen=True)
class Decisive:
    """The open deals on which the quarter's outcome hangs most.

    Attributes
    ----------
    frame : pl.DataFrame
        [opportunity_id, opportunity_name, segment, stage, close_on, amount, p_win, variance_share,
        p_if_won, p_if_lost], the largest share of variance first; the last two are the chance of the quota.
    """

    frame: pl.DataFrame
    share: float
    quarter: str

    def sentence(self) -> str:
        """Say how much of the uncertainty the five make up, and what the first one does."""
        if self.frame.is_empty():
            return message("No open deal can still be won in {quarter}.", quarter=self.quarter)
        row = self.frame.row(0, named=True)
        text = message(
            "{deals} up {share:.0f} % of the uncertainty in {quarter}; the first is {opportunity_name}",
            deals=counted(self.frame.height, "deal makes", "deals make"),
            share=self.share * 100,
            quarter=self.quarter,
            opportunity_name=row["opportunity_name"] or row["opportunity_id"],
        )
        if row["p_if_won"] is None:
            return f"{text}."
        return message(
            "{text}: if won, the chance of quota is {p_if_won}; if lost, {p_if_lost}.",
            text=text,
            p_if_won=likely(row["p_if_won"]),
            p_if_lost=likely(row["p_if_lost"]),
        )


def decisive(start: Ground, plan: Scenario, window: int = 0, count: int = DECISIVE) -> Decisive:
    """Find the deals with the largest share of the quarter's own variance: amount² × chance × (1 - chance)."""
    after = expectation.run(start.base, plan, window)
    w = after.parts.window(window)
    own = w.amount**2 * w.chance * (1 - w.chance)
    total = float(own.sum() + w.square @ w.count)
    order = [int(i) for i in np.argsort(-own, kind="stable")[:count] if own[i] > 0]
    deals = start.base.open_deals
    rows = deals[order].select("opportunity_id", "opportunity_name", "segment", "stage", "close_on")
    ends: list[tuple[float | None, float | None]] = []
    for i in order:
        with_, without = (_fixed(start, plan, after, i, won, window) for won in (1.0, 0.0))
        ends.append((with_, without))
    frame = rows.with_columns(
        amount=pl.Series(w.amount[order], dtype=pl.Float64),
        p_win=pl.Series(w.chance[order], dtype=pl.Float64),
        variance_share=pl.Series(own[order] / max(total, 1e-12), dtype=pl.Float64),
        p_if_won=pl.Series([e[0] for e in ends], dtype=pl.Float64),
        p_if_lost=pl.Series([e[1] for e in ends], dtype=pl.Float64),
    )
    return Decisive(frame, float(own[order].sum()) / max(total, 1e-12), start.base.quarters[window])


def _fixed(
    start: Ground, plan: Scenario, after: expectation.Outcome, deal: int, won: float, window: int
) -> float | None:
    """Return the chance of the quota with one deal's outcome known."""
    if after.spread.target is None:
        return None
    w = after.parts.window(window)
    chance = w.chance.copy()
    chance[deal] = won
    spread = distribution.work_out(
        replace(w, chance=chance), start.base.correlation, plan.correlation, after.spread.target
    )
    return spread.p_target


def _value(start: Ground, plan: Scenario, measure: str) -> float:
    computed = expectation.parts(start.base, plan)
    return float(np.nan_to_num(expectation.figure(measure, computed.figures[measure])))


def _with(plan: Scenario, lever: str, value: float) -> Scenario:
    """Return a plan with one lever more; a part of a company may have seen more than any lever takes."""
    low, high = LIMITS[LEVERS[lever].unit]
    return replace(plan, levers=(*plan.levers, LeverSetting(lever, min(max(value, low), high))))


def _steps(start: Ground, name: str) -> list[float]:
    lever = LEVERS[name]
    low, high = start.seen.range(name) or (lever.low, lever.high)
    return [round(float(v), 4) for v in np.linspace(low, high, STEPS)]
