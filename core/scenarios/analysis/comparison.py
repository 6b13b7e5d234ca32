"""Up to four scenarios side by side against a root, as values, differences or per cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.metrics.measure import money
from core.scenarios.analysis.whatif import CENT, Ground, work_out
from core.scenarios.levers import Scenario

MOST = 4
MODES = {"value": "Value", "difference": "Difference", "percent": "Per cent"}
FIGURES = {
    "quarter_amount": "Quarter",
    "lower": "From",
    "upper": "To",
    "p_target": "Chance of quota",
    "total_amount": "Five quarters",
    "margin_amount": "Gross margin",
    "mrr_amount": "MRR at the end",
    "nrr_rate": "NRR",
}
RATES = ("p_target", "nrr_rate")


@dataclass(frozen=True)
class Comparison:
    """Scenarios side by side; the first is the root the others are held against.

    Attributes
    ----------
    frame : pl.DataFrame
        [scenario, quarter_amount, lower, upper, p_target, total_amount, margin_amount, mrr_amount,
        nrr_rate]: the running quarter's expectation, range and chance of quota, bookings and margin over
        five quarters, recurring revenue at their end, net retention a year on.
    months : pl.DataFrame
        [scenario, month, amount].
    problems : tuple of str
        Why a scenario could not be worked out.
    """

    frame: pl.DataFrame
    months: pl.DataFrame
    currency: str
    problems: tuple[str, ...] = ()

    def shown(self, mode: str = "value") -> pl.DataFrame:
        """Return the figures as values, or as difference or per cent of the root; chances and rates in points."""
        if mode == "value" or self.frame.height == 0:
            return self.frame
        root = self.frame.row(0, named=True)
        columns = []
        for name in FIGURES:
            here, first = pl.col(name), root[name]
            change = here - pl.lit(first, pl.Float64)
            if mode == "percent" and name not in RATES:
                change = change / first if first else pl.lit(None, pl.Float64)
            columns.append(change.alias(name))
        return self.frame.with_columns(columns)

    def sentence(self) -> str:
        """Say which comes out ahead, and by how much."""
        rows = self.frame.sort("total_amount", descending=True).to_dicts()
        if len(rows) < 2:
            return "Choose two scenarios to compare."
        gap = rows[0]["total_amount"] - rows[-1]["total_amount"]
        if gap < CENT:
            return message(
                "{scenario} and {scenario_2} bring the same bookings over five quarters.",
                scenario=rows[0]["scenario"],
                scenario_2=rows[-1]["scenario"],
            )
        return message(
            "{scenario} brings {gap} more bookings over five quarters than {scenario_2}.",
            scenario=rows[0]["scenario"],
            gap=money(gap, self.currency, digits=2),
            scenario_2=rows[-1]["scenario"],
        )


def compare(start: Ground, plans: Sequence[Scenario]) -> Comparison:
    """Set up to four scenarios side by side; one that cannot be worked out is told of and left out."""
    rows, months, problems = [], [], []
    for plan in plans[:MOST]:
        try:
            after = work_out(start, plan).after
        except QuarterdeckError as error:
            problems.append(message("{name}: {error}", name=plan.name, error=error))
            continue
        q = after.quarter
        rates = [float(np.nan_to_num(after.total("nrr_rate"))) or None]
        rows.append(
            (
                plan.name,
                q["mean"],
                q["p10"],
                q["p90"],
                q["p_target"],
                after.total(),
                after.total("margin_amount"),
                after.total("mrr_amount"),
                *rates,
            )
        )
        months.append(after.by_month.select(pl.lit(plan.name).alias("scenario"), "month", "amount"))
    shape = {"scenario": pl.String, **dict.fromkeys(FIGURES, pl.Float64)}
    empty = pl.DataFrame(schema={"scenario": pl.String, "month": pl.Date, "amount": pl.Float64})
    frame = pl.DataFrame(rows, schema=shape, orient="row").with_columns(_clean(n) for n in FIGURES if n not in RATES)
    return Comparison(frame, pl.concat(months) if months else empty, start.base.currency, tuple(problems))


def _clean(name: str) -> pl.Expr:
    """Write less than half a cent, which is what an inverted distribution leaves of nothing, as nothing."""
    return pl.when(pl.col(name).abs() < CENT).then(0.0).otherwise(pl.col(name)).alias(name)
