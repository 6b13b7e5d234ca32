"""A scenario beside the baseline: what changes, which lever does it, and how far-fetched it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import ScenarioError
from core.localization import joined, message
from core.metrics.measure import left_over, likely, money
from core.scenarios.analysis import attribution
from core.scenarios.analysis.attribution import Split
from core.scenarios.data import baseline, historical_ranges
from core.scenarios.data.baseline import Baseline
from core.scenarios.data.correlation import together
from core.scenarios.data.historical_ranges import Seen
from core.scenarios.engine import expectation
from core.scenarios.engine.expectation import MEASURES, RATES, Outcome
from core.scenarios.levers import LEVERS, LeverSetting, Scenario

if TYPE_CHECKING:
    from core.models.bundle import Bundle

CENT = 0.005
KEPT_BYTES, FEWEST_KEPT = 60_000_000, 4
NOUNS = {**MEASURES, **RATES}


@dataclass(frozen=True)
class Ground:
    """What every scenario of a dataset starts from, worked out once.

    Attributes
    ----------
    base : Baseline
    seen : Seen
        How far each lever has moved in the past.
    """

    base: Baseline
    seen: Seen
    _before: dict[tuple[int, float | None], Outcome] = field(default_factory=dict)
    _worked_out: dict[Hashable, WhatIf] = field(default_factory=dict, repr=False, compare=False)

    def waiting_for(self, unblocked: Mapping[str, pl.DataFrame]) -> Ground:
        """Return the ground knowing which open deals wait for which gap: by gap, [opportunity_id, share]."""
        return Ground(replace(self.base, unblocked=dict(unblocked)), self.seen)

    def before(self, window: int = 0, correlation: float | None = None) -> Outcome:
        """Return the company as it stands, with the distribution of one quarter."""
        key = (window, correlation)
        if key not in self._before:
            if len(self._before) > 50:
                self._before.clear()
            self._before[key] = expectation.run(self.base, Scenario(correlation=correlation), window)
        return self._before[key]

    def known(self, key: Hashable, make: Callable[[], WhatIf]) -> WhatIf:
        """Return a scenario already worked out, for whoever asks; the oldest are forgotten."""
        result = self._worked_out.get(key)
        if result is None:
            result = make()
            room = max(KEPT_BYTES // (result.after.parts.nbytes + 1), FEWEST_KEPT)
            while len(self._worked_out) >= room:
                self._worked_out.pop(next(iter(self._worked_out), None), None)
            self._worked_out[key] = result
        return result


@dataclass(frozen=True)
class WhatIf:
    """A scenario and what it changes.

    Attributes
    ----------
    measure : str
        What `frame`, `parts` and `difference` speak of.
    window : int
        The quarter whose range and chance are told: 0 for the running one.
    """

    ground: Ground
    plan: Scenario
    after: Outcome
    measure: str = "bookings_amount"
    window: int = 0

    @property
    def before(self) -> Outcome:
        """Return the company as it stands, with the forecast's own range and chance whatever the scenario assumes."""
        return self.ground.before(self.window)

    @property
    def noun(self) -> str:
        """Return the measure in words."""
        return NOUNS[self.measure]

    @property
    def is_rate(self) -> bool:
        """Say whether the measure is a ratio and not money."""
        return self.measure in RATES

    @cached_property
    def split(self) -> Split:
        """Return the difference split over the levers, for every measure and month."""
        return attribution.split(self.ground.base, self.plan, self.after.parts)

    @cached_property
    def parts(self) -> pl.DataFrame:
        """Return [lever, label, amount]: the difference over five quarters, split by lever."""
        return self.split.frame(self.measure)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """Return [month, before_amount, amount, lower, upper, quota_amount]; bookings alone have range and quota."""
        before = self.before.lines(self.measure)[0]
        values, low, high = (np.where(np.abs(x) < self._nil, 0.0, x) for x in self.after.lines(self.measure))
        quota = np.repeat(self.after.parts.quotas, 3)[: len(values)] / 3
        shown = quota if self.measure == "bookings_amount" else np.full(len(values), np.nan)
        columns = {
            "month": self.ground.base.months,
            "before_amount": before,
            "amount": values,
            "lower": low,
            "upper": high,
            "quota_amount": np.where(shown > 0, shown, np.nan),
        }
        return pl.DataFrame(columns, nan_to_null=True)

    @property
    def difference(self) -> float:
        """Return the measure with the levers less without; see `engine.figure`."""
        return self.after.total(self.measure) - self.before.total(self.measure)

    def sentence(self) -> str:
        """Say what the scenario changes, with range and the chance of reaching the quota."""
        base, now, then = self.ground.base, self.before, self.after
        unit, label = base.currency, base.quarters[self.window]
        before, after = (money(v or 0.0, unit) for v in (now.spread.mean, then.spread.mean))
        low, high = (money(then.spread.quantile(q), unit) for q in (0.1, 0.9))
        gap = then.total() - now.total()
        in_quarter = (then.spread.mean or 0.0) - (now.spread.mean or 0.0)
        is_moved = bool(self.plan.moved) and max(abs(gap), abs(in_quarter)) >= CENT
        moved = message("go from {before} to", before=before) if is_moved else "stay at"
        text = message(
            "{label} bookings {moved} {after}, likely range {low} to {high}",
            label=label,
            moved=moved,
            after=after,
            low=low,
            high=high,
        )
        whole = (
            message("the change is {gap}", gap=money(gap, unit, sign=True)) if abs(gap) >= CENT else "nothing changes"
        )
        text += message("; over five quarters {whole}.", whole=whole) if is_moved else "."
        if self.plan.moved and not is_moved:
            ends = (money(side.total("mrr_amount"), unit, digits=2) for side in (now, then))
            text += message(" MRR after five quarters goes from {ends}.", ends=" to ".join(ends))
        hit, was = then.spread.p_target, now.spread.p_target
        if hit is not None and was is not None:
            quota = money(then.spread.target or 0.0, unit)
            stays = "stays at" if self.plan.moved else "is"
            chances = (
                joined(stays, likely(hit))
                if likely(was) == likely(hit)
                else message("goes from {was} to {hit}", was=likely(was), hit=likely(hit))
            )
            text += message(" The chance of reaching the quota of {quota} {chances}.", quota=quota, chances=chances)
        return text

    def tail(self) -> str:
        """Say what a bad quarter looks like, and what the range allows for."""
        unit, spread = self.ground.base.currency, self.after.spread
        text = message(
            "In a bad quarter (worst 10 %) bookings average {tail_mean}.", tail_mean=money(spread.tail_mean, unit)
        )
        return message(
            "{text} The range allows for deals that move together ({together}).",
            text=text,
            together=together(spread.correlation),
        )

    def recurring_sentence(self) -> str:
        """Say the recurring revenue at the end of five quarters, with its range, by month and by year."""
        unit, recurring = self.ground.base.currency, self.after.recurring
        ends = [recurring.quantile(q) for q in (0.1, 0.5, 0.9)]
        low, middle, high = (money(end, unit, digits=2) for end in ends)
        text = message("MRR at the end of five quarters: {mean}", mean=money(recurring.mean, unit, digits=2))
        text += message(
            " (ARR {mean}), likely range {low} to {high}", mean=money(recurring.mean * 12, unit), low=low, high=high
        )
        text += message(
            " (middle {middle}; ARR {ends} to {ends_2})",
            middle=middle,
            ends=money(ends[0] * 12, unit),
            ends_2=money(ends[2] * 12, unit),
        )
        gap = money(recurring.mean - self.before.total("mrr_amount"), unit, digits=2, sign=True)
        return message("{text}; the levers change it by {gap}.", text=text, gap=gap) if self.plan.moved else f"{text}."

    def part_sentence(self) -> str:
        """Say which lever makes most of the difference."""
        if not self.plan.moved:
            return "No lever is moved."
        rows = sorted(self.parts.to_dicts(), key=lambda r: -abs(r["amount"]))
        named = "; ".join(joined(r["label"], self.shown(r["amount"])) for r in rows if abs(r["amount"]) > self._nil)
        span = expectation.span(self.measure)
        if not named:
            return message("{span} {noun} stay the same: no lever moved affects them.", span=span, noun=self.noun)
        return message(
            "{span} the levers change {noun} by {shown}: {named}.",
            span=span,
            noun=self.noun,
            shown=self.shown(self.difference),
            named=named,
        )

    @property
    def _nil(self) -> float:
        return 5e-5 if self.is_rate else CENT

    def shown(self, value: float) -> str:
        """Write a difference in the measure's unit."""
        if self.measure == "coverage_ratio":
            return message("{value:+.2f} times", value=value)
        if self.is_rate:
            return message("{value:+.1f} points", value=value * 100)
        return money(value, self.ground.base.currency, digits=2, sign=True)

    @cached_property
    def shown_parts(self) -> pl.DataFrame:
        """Return the parts that make a difference."""
        visible = [i for i, amount in enumerate(self.parts["amount"]) if abs(amount) > self._nil]
        return self.parts if len(visible) == self.parts.height else self.parts[visible]

    def check(self) -> str:
        """Say that the parts add up to the difference."""
        left = self.difference - float(self.parts["amount"].sum()) if self.parts.height else 0.0
        unit = "" if self.is_rate else self.ground.base.currency
        return message("The parts add up to the difference: {left_over}.", left_over=left_over(left, unit))

    @property
    def outcomes(self) -> pl.DataFrame:
        """Return [amount, before, after]: how dense outcomes of the quarter lie at 90 amounts."""
        sides = (self.before.spread, self.after.spread)
        low, high = min(s.quantile(0.002) for s in sides), max(s.quantile(0.998) for s in sides)
        edges = np.linspace(low, max(high, low + 1.0), 91)
        dense = [np.diff(np.interp(edges, s.at, s.below, left=0.0, right=1.0)) for s in sides]
        return pl.DataFrame({"amount": (edges[1:] + edges[:-1]) / 2, "before": dense[0], "after": dense[1]})

    def warnings(self) -> list[str]:
        """Return a sentence for each lever moved further than it ever went."""
        return [text for s in self.plan.moved if (text := warning(self.ground.seen, s))]

    def table(self, by: str = "segment") -> pl.DataFrame:
        """Return the measure's months by segment or region: before, after and difference per quarter."""
        rows = []
        for name, side in (("before", self.before), ("after", self.after)):
            month = pl.col("month").dt.strftime("%Y-%m")
            sums = side.monthly.group_by(by, month=month, maintain_order=True).agg(pl.col(self.measure).sum())
            rows.append(sums.rename({self.measure: name}))
        both = rows[0].join(rows[1], on=[by, "month"], how="full", coalesce=True).fill_null(0.0)
        return both.with_columns(difference=pl.col("after") - pl.col("before")).sort(by, "month")


def warning(past: Seen, s: LeverSetting) -> str:
    """Say that a setting lies beyond the company's own past; empty where it does not."""
    lever, seen_range = LEVERS[s.lever], past.range(s.lever)
    if lever.unit in {"switch", "weeks"} or lever.kind == "association":
        return ""
    if seen_range is None:
        return message(
            "{label}: your data has no past change to compare with, so this is arithmetic only.", label=lever.label
        )
    low, high = seen_range
    if low - 1e-9 <= s.value <= high + 1e-9:
        return ""
    count = len(past.quarters[s.lever])
    return message(
        "{label} {shown} is outside your past range of {shown_2} to {shown_3} ({count} quarters).",
        label=lever.label,
        shown=lever.shown(s.value),
        shown_2=lever.shown(low),
        shown_3=lever.shown(high),
        count=count,
    )


@needs_amounts
def ground(dataset: Dataset, settings: Settings, bundle: Bundle | None) -> Ground:
    """Work out what every scenario starts from.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle or None
        The company's models; None to do without them. Nothing is trained or written here.
    """
    base = baseline.build(dataset, settings, bundle)
    past = historical_ranges.ranges(dataset, settings, base.correlation.surprises)
    return Ground(base, past)


def work_out(start: Ground, plan: Scenario, measure: str = "bookings_amount", window: int = 0) -> WhatIf:
    """Run a scenario on its ground.

    Raises
    ------
    ScenarioError
        For a measure or quarter that is not known, and for settings that contradict each other.
    """
    if measure not in NOUNS:
        raise ScenarioError(
            message("There is no measure called {measure!r}.", measure=str(measure)[:40]),
            mend=message("Known: {nouns}.", nouns=", ".join(NOUNS)),
        )
    if not 0 <= window < len(start.base.quarters):
        raise ScenarioError("There is no such quarter.", mend="0 is the running one, 4 the last.")

    def make() -> WhatIf:
        after = expectation.run(start.base, plan, window) if plan.moved else start.before(window, plan.correlation)
        return WhatIf(start, plan, after, measure, window)

    return start.known((plan, measure, window), make)


def what_if(
    dataset: Dataset,
    settings: Settings,
    bundle: Bundle | None,
    plan: Scenario | Mapping[str, float],
    measure: str = "bookings_amount",
    window: int = 0,
) -> WhatIf:
    """What a scenario changes, and how much of it each lever adds.

    Bookings of a month = already won + Σ open amount × chance of a win in it + Σ won deals to come × mean
    amount. Win rate multiplies the chances, cycle stretches the days they take, deal size and price multiply
    amounts, creation multiplies deals to come, churn the monthly loss of recurring revenue; what each other
    lever does stands beside it. These are arithmetic on the company's own past: nothing here says that
    moving one thing would move another. The range of the quarter is worked out from the deals' own chances
    and from how far deals share one fate (characteristic function averaged over a shared shock; Vasicek
    2002), not sampled. A lever's part is its mean effect over all orders in which the levers could be moved
    (Shapley 1953), so the parts add up to the difference.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle or None
        The company's models; None to do without them.
    plan : Scenario or mapping
        Or lever to value alone: {"win_rate": 0.1} is 10 % more for the whole company.
    measure : str
        bookings_amount, mrr_amount or another of `engine.MEASURES` and `engine.RATES`.
    window : int
        The quarter whose range is told: 0 the running one.

    Raises
    ------
    ScenarioError
        When a lever or scope is not known, or settings contradict each other.
    """
    if not isinstance(plan, Scenario):
        plan = Scenario("Scenario", tuple(LeverSetting(lever, value) for lever, value in plan.items()))
    return work_out(ground(dataset, settings, bundle), plan, measure, window)
