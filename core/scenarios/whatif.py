"""A scenario beside the baseline: what changes, which lever does it, and how far-fetched it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.scenarios import baseline, engine, seen
from core.scenarios.attribution import shapley
from core.scenarios.baseline import Baseline
from core.scenarios.engine import Outcome
from core.scenarios.levers import LEVERS, LeverSetting, Scenario

CENT = 0.005
MEASURES = {"bookings_amount": "bookings", "mrr_amount": "recurring revenue"}


@dataclass(frozen=True)
class Ground:
    """What every scenario of a dataset starts from, worked out once.

    Attributes
    ----------
    base : Baseline
    before : Outcome
        The baseline's own outcome, no lever moved.
    seen : pl.DataFrame
        [lever, low, high, n_quarters]: how far each lever has moved in the past.
    """

    base: Baseline
    before: Outcome
    seen: pl.DataFrame


@dataclass(frozen=True)
class WhatIf:
    """A scenario and what it changes.

    Attributes
    ----------
    parts : pl.DataFrame
        [lever, label, amount]: the difference over five quarters, split by lever.
    measure : {"bookings_amount", "mrr_amount"}
        What `frame`, `parts` and `difference` speak of: bookings, or the recurring revenue of today's
        contracts.
    """

    ground: Ground
    plan: Scenario
    after: Outcome
    parts: pl.DataFrame
    measure: str = "bookings_amount"

    @property
    def noun(self) -> str:
        """Return the measure in words."""
        return MEASURES[self.measure]

    @property
    def frame(self) -> pl.DataFrame:
        """Return [month, before_amount, amount, lower, upper]; recurring revenue has no range."""
        before, after = self._months(self.ground.before), self._months(self.after)
        return before.select("month", before_amount="amount").join(after, on="month", how="left")

    def _months(self, outcome: Outcome) -> pl.DataFrame:
        if self.measure == "bookings_amount":
            return outcome.by_month
        sums = outcome.monthly.group_by("month").agg(amount=pl.col(self.measure).sum()).sort("month")
        return sums.with_columns(lower="amount", upper="amount")

    @property
    def difference(self) -> float:
        """Return the measure over five quarters with the levers less without."""
        return self.after.total(self.measure) - self.ground.before.total(self.measure)

    def sentence(self) -> str:
        """Say what the scenario changes, with range and the chance of reaching the quota."""
        text = engine.sentence(self.ground.base, self.ground.before, self.after)
        gap = self.after.total("mrr_amount") - self.ground.before.total("mrr_amount")
        if abs(gap) < 1:
            return text
        unit = self.ground.base.currency
        return f"{text} Today's contracts bring {unit} {gap / 1e6:+,.1f} M recurring revenue over the same months."

    def part_sentence(self) -> str:
        """Say which lever makes most of the difference."""
        if self.parts.is_empty():
            return "No lever is moved."
        rows = self.parts.sort(pl.col("amount").abs(), descending=True).to_dicts()
        unit = self.ground.base.currency
        named = "; ".join(f"{r['label']} {unit} {r['amount'] / 1e6:+,.2f} M" for r in rows)
        return f"Over five quarters {self.noun} changes by {unit} {self.difference / 1e6:+,.2f} M: {named}."

    def check(self) -> str:
        """Say that the parts add up to the difference."""
        left = self.difference - float(self.parts["amount"].sum()) if self.parts.height else self.difference
        return f"The parts add up to the difference; left over: {abs(left):.2f} {self.ground.base.currency}."

    def warnings(self) -> list[str]:
        """Return a sentence for each lever moved further than it ever went."""
        known = {r["lever"]: r for r in self.ground.seen.to_dicts()}
        out = []
        for s in self.plan.levers:
            row, label = known.get(s.lever), LEVERS[s.lever].label
            if s.value == 0:
                continue
            if row is None:
                out.append(f"{label}: the data holds no past change to compare with, so take this as arithmetic only.")
            elif not row["low"] - 1e-9 <= s.value <= row["high"] + 1e-9:
                out.append(
                    f"{label} {s.value * 100:+.0f} % is further than it went in {row['n_quarters']} quarters: "
                    f"{row['low'] * 100:+.0f} % to {row['high'] * 100:+.0f} % against the last four."
                )
        return out


def ground(dataset: Dataset, settings: Settings) -> Ground:
    """Work out what every scenario starts from.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    """
    base = baseline.build(dataset, settings)
    return Ground(base, engine.run(base), seen.ranges(dataset, settings))


def work_out(start: Ground, plan: Scenario, measure: str = "bookings_amount") -> WhatIf:
    """Run a scenario on its ground."""
    moved = Scenario(plan.name, tuple(s for s in plan.levers if s.value != 0))
    after = engine.run(start.base, moved) if moved.levers else start.before
    return WhatIf(start, moved, after, shapley(start.base, moved, measure), measure)


def what_if(
    dataset: Dataset,
    settings: Settings,
    moves: Mapping[str, float],
    scope: str = "all",
    measure: str = "bookings_amount",
) -> WhatIf:
    """Run a scenario and split the difference it makes over its levers.

    Bookings of a month = already won + sum over open deals of amount × share won in that month + deals
    to come × mean amount × share won. Win rate multiplies the shares, cycle stretches the days they
    take, deal size and price multiply amounts, creation multiplies deals to come, churn the monthly
    loss of recurring revenue. These are arithmetic on the company's own past: nothing here says that
    moving one thing would move another. A lever's part is its mean effect over all orders in which
    the levers could be moved (Shapley 1953), so the parts add up to the difference.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    moves : mapping
        Lever to relative change: {"win_rate": 0.1} is 10 % more.
    scope : str
        all, segment:NAME or region:NAME.
    measure : {"bookings_amount", "mrr_amount"}

    Raises
    ------
    ScenarioError
        When a lever or scope is not known.
    """
    levers = tuple(LeverSetting(lever, value, scope) for lever, value in moves.items())
    return work_out(ground(dataset, settings), Scenario("Scenario", levers), measure)


@dataclass(frozen=True)
class Comparison:
    """Scenarios side by side.

    Attributes
    ----------
    frame : pl.DataFrame
        [scenario, quarter_amount, lower, upper, p_target, total_amount, mrr_amount]: the running
        quarter's expectation and range, bookings over five quarters, recurring revenue at their end.
    months : pl.DataFrame
        [scenario, month, amount].
    """

    frame: pl.DataFrame
    months: pl.DataFrame
    currency: str

    def sentence(self) -> str:
        """Say which comes out ahead, and by how much."""
        rows = self.frame.sort("total_amount", descending=True).to_dicts()
        if len(rows) < 2:
            return "Choose two scenarios to compare."
        gap = rows[0]["total_amount"] - rows[-1]["total_amount"]
        if gap < CENT:
            return f"{rows[0]['scenario']} and {rows[-1]['scenario']} bring the same bookings over five quarters."
        return (
            f"{rows[0]['scenario']} brings {self.currency} {gap / 1e6:,.2f} M more bookings over five quarters than "
            f"{rows[-1]['scenario']}."
        )


def compare(start: Ground, plans: Sequence[Scenario]) -> Comparison:
    """Set scenarios side by side."""
    rows, months = [], []
    for plan in plans:
        after = work_out(start, plan).after
        mrr = float(after.monthly.filter(pl.col("month") == pl.col("month").max())["mrr_amount"].sum())
        q = after.quarter
        rows.append((plan.name, q["mean"], q["p10"], q["p90"], q["p_target"], after.total(), mrr))
        months.append(after.by_month.select(pl.lit(plan.name).alias("scenario"), "month", "amount"))
    names = ["quarter_amount", "lower", "upper", "p_target", "total_amount", "mrr_amount"]
    shape = {"scenario": pl.String, **dict.fromkeys(names, pl.Float64)}
    empty = pl.DataFrame(schema={"scenario": pl.String, "month": pl.Date, "amount": pl.Float64})
    return Comparison(
        pl.DataFrame(rows, schema=shape, orient="row"), pl.concat(months) if months else empty, start.base.currency
    )
