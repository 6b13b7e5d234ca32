"""Runs a scenario on a baseline: bookings and recurring revenue by month, with a range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from core.config import Settings
from core.config.calendar import add_months
from core.contracts import Dataset
from core.scenarios.baseline import CREATED, KNOTS, STEP, Baseline, build
from core.scenarios.distribution import quantiles
from core.scenarios.levers import Scenario

Z80 = 1.2815515655446004
FAR = np.arange(KNOTS) * float(STEP)


@dataclass(frozen=True)
class Outcome:
    """What a scenario comes to.

    Attributes
    ----------
    monthly : pl.DataFrame
        [month, segment, region, bookings_amount, churned_mrr_amount, mrr_amount].
    by_month : pl.DataFrame
        [month, amount, lower, upper]: bookings, the range holding four outcomes of five by a normal
        law on the deals' own variance, widened by the baseline's spread.
    quarter : dict
        p10, p50, p90, mean of the running quarter's bookings and p_target (None without a target).
    """

    monthly: pl.DataFrame
    by_month: pl.DataFrame
    quarter: dict[str, float | None]

    def total(self, measure: str = "bookings_amount") -> float:
        """Return a measure's sum over the horizon."""
        return float(self.monthly[measure].sum())


def run(baseline: Baseline, scenario: Scenario | None = None) -> Outcome:
    """Work a scenario out.

    Bookings of a month = already won + Σ open amount × (F(end) - F(start)) + Σ deals to come ×
    mean amount × share won by then; F is the win curve of the stage after the levers. Recurring
    revenue is that of today's contracts after churn; new contracts are not added to it.
    """
    plan = scenario or Scenario()
    ends = np.array([(add_months(m, 1) - timedelta(days=1) - baseline.as_of).days for m in baseline.months], float)
    deals, cells, lines = baseline.open_deals, baseline.to_come, baseline.recurring
    amount = deals["amount"].to_numpy() * _factor(deals, plan, "deal_size") * _factor(deals, plan, "price")
    chance = _by_month(_open_curves(baseline, plan, ends))
    count, size, square = _arrivals(baseline, plan, ends)
    variance = (amount**2) @ (chance * (1 - chance)) + square @ count
    closed = baseline.closed.filter(pl.col("month").is_in(list(baseline.months)))
    frames = [
        _long(deals, baseline, bookings_amount=amount[:, None] * chance),
        _long(cells, baseline, bookings_amount=size[:, None] * count),
        _lines(lines, baseline, plan, ends),
        closed.rename({"amount": "bookings_amount"}),
    ]
    monthly = pl.concat(frames, how="diagonal_relaxed").group_by("month", "segment", "region", maintain_order=True)
    names = ["bookings_amount", "churned_mrr_amount", "mrr_amount"]
    table = monthly.agg(pl.col(names).fill_null(0.0).sum()).sort("month", "segment", "region")
    sums = pl.DataFrame({"month": baseline.months, "deviation": np.sqrt(variance) * Z80 * baseline.spread})
    booked = table.group_by("month").agg(amount=pl.col("bookings_amount").sum())
    by_month = sums.join(booked, on="month", how="left").sort("month").with_columns(pl.col("amount").fill_null(0.0))
    by_month = by_month.select(
        "month", "amount", lower=(pl.col("amount") - pl.col("deviation")).clip(0),
        upper=pl.col("amount") + pl.col("deviation"),
    )  # fmt: skip
    won = float(closed["amount"].sum())
    first = quantiles(
        amount, chance[:, :3].sum(1), size, square, count[:, :3].sum(1), won, baseline.target, baseline.spread
    )
    return Outcome(table, by_month, first)


def bookings_total(baseline: Baseline, plan: Scenario) -> float:
    """Return bookings over the whole horizon without months, range or recurring revenue: what `run` sums to."""
    last = baseline.months[-1]
    ends = np.array([(add_months(last, 1) - timedelta(days=1) - baseline.as_of).days], float)
    deals = baseline.open_deals
    amount = deals["amount"].to_numpy() * _factor(deals, plan, "deal_size") * _factor(deals, plan, "price")
    count, size, _ = _arrivals(baseline, plan, ends)
    closed = baseline.closed.filter(pl.col("month").is_in(list(baseline.months)))
    open_part = float(amount @ _open_curves(baseline, plan, ends)[:, 0])
    return open_part + float(size @ count[:, 0]) + float(closed["amount"].sum())


def recurring_total(baseline: Baseline, plan: Scenario) -> float:
    """Return recurring revenue of today's contracts summed over the months: what `run` sums to."""
    last_days = [add_months(month, 1) - timedelta(days=1) for month in baseline.months]
    ends = np.array([(day - baseline.as_of).days for day in last_days], float)
    return float(_left(baseline.recurring, plan, ends).sum())


def _factor(frame: pl.DataFrame, plan: Scenario, lever: str) -> np.ndarray:
    """Return the product of 1 + value over the settings that reach each row, in a fixed order."""
    out = np.ones(frame.height)
    for s in sorted((s for s in plan.levers if s.lever == lever), key=lambda s: (s.scope, s.value)):
        if s.scope == "all":
            out = out * (1 + s.value)
        else:
            kind, name = s.scope.split(":", 1)
            out = np.where((frame[kind] == name).to_numpy(), out * (1 + s.value), out)
    return out


def _open_curves(baseline: Baseline, plan: Scenario, ends: np.ndarray) -> np.ndarray:
    deals = baseline.open_deals
    pace = np.maximum(_factor(deals, plan, "cycle"), 0.01)
    win, stages = _factor(deals, plan, "win_rate"), deals["stage"].to_numpy()
    days = np.maximum(ends, 0)[None, :] / pace[:, None]
    if baseline.own is not None:
        return np.asarray(np.minimum(_read(baseline.own, days) * win[:, None], 1.0))
    out = np.zeros(days.shape)
    for stage in deals["stage"].unique().sort().to_list():
        rows = stages == stage
        out[rows] = np.interp(days[rows], FAR, baseline.curves.get(stage, baseline.curves["Open"]))
    capped: np.ndarray = np.minimum(out * win[:, None], 1.0)
    return capped


def _read(curves: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Read each row's curve at its own days, on the straight line between two knots."""
    place = np.minimum(days / STEP, KNOTS - 1.0)
    low = np.minimum(place.astype(np.int64), KNOTS - 2)
    at = np.take_along_axis(curves, low, axis=1)
    out: np.ndarray = at + (place - low) * (np.take_along_axis(curves, low + 1, axis=1) - at)
    return out


def _by_month(share: np.ndarray) -> np.ndarray:
    step: np.ndarray = np.diff(share, axis=1, prepend=0.0)
    return step


def _arrivals(baseline: Baseline, plan: Scenario, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return won deals to come [cell, month], their mean amount and mean squared amount."""
    cells = baseline.to_come
    pace, win = np.maximum(_factor(cells, plan, "cycle"), 0.01), _factor(cells, plan, "win_rate")
    steps = np.arange(0, int(max(ends[-1], 0)) + 1, 5)
    left = np.maximum(ends[None, :] - steps[:, None], 0.0)
    rate = cells["monthly_count"].to_numpy() * _factor(cells, plan, "creation") * 12 / 365 * 5
    won = [
        np.minimum(np.interp(left / p, FAR, baseline.curves[CREATED]) * w, 1.0).sum(0)
        for p, w in zip(pace, win, strict=True)
    ]
    scale = _factor(cells, plan, "deal_size") * _factor(cells, plan, "price")
    total = np.array(won).reshape(cells.height, len(ends)) * rate[:, None]
    return _by_month(total), cells["mean_amount"].to_numpy() * scale, cells["squared_amount"].to_numpy() * scale**2


def _lines(lines: pl.DataFrame, baseline: Baseline, plan: Scenario, ends: np.ndarray) -> pl.DataFrame:
    mrr = lines["mrr_amount"].to_numpy() * _factor(lines, plan, "price")
    left = _left(lines, plan, ends)
    lost = -np.diff(left, axis=1, prepend=mrr[:, None])
    return _long(lines, baseline, mrr_amount=left, churned_mrr_amount=lost)


def _left(lines: pl.DataFrame, plan: Scenario, ends: np.ndarray) -> np.ndarray:
    """Return what is left of each cell's recurring revenue at the end of each month."""
    churn = np.minimum(lines["churn_rate"].to_numpy() * _factor(lines, plan, "churn"), 1.0)
    mrr = lines["mrr_amount"].to_numpy() * _factor(lines, plan, "price")
    out: np.ndarray = mrr[:, None] * (1 - churn)[:, None] ** (np.maximum(ends, 0) / (365 / 12))[None, :]
    return out


def _long(frame: pl.DataFrame, baseline: Baseline, **values: np.ndarray) -> pl.DataFrame:
    keys = frame.select("segment", "region")
    parts = [
        keys.with_columns(pl.lit(month, pl.Date).alias("month"), *(pl.Series(k, v[:, i]) for k, v in values.items()))
        for i, month in enumerate(baseline.months)
    ]
    names = list(values)
    return pl.concat(parts).group_by("month", "segment", "region", maintain_order=True).agg(pl.col(names).sum())


def sentence(baseline: Baseline, before: Outcome, after: Outcome) -> str:
    """Say what the scenario changes, with the running quarter's expectation, range and chance of target."""
    unit, gap = baseline.currency, after.total() - before.total()
    now, then = before.quarter, after.quarter
    money = [f"{unit} {(v or 0.0) / 1e6:,.1f} M" for v in (now["mean"], then["mean"], then["p10"], then["p90"])]
    text = (
        f"{baseline.quarter} bookings go from {money[0]} to {money[1]}, between {money[2]} and {money[3]} in four "
        f"cases of five; over five quarters that is {unit} {gap / 1e6:+,.1f} M."
    )
    if now["p_target"] is not None and then["p_target"] is not None:
        chances = f"{_share(now['p_target'])} to {_share(then['p_target'])}"
        text += (
            f" The chance of reaching the quota of {unit} {(baseline.target or 0) / 1e6:,.1f} M goes from {chances}."
        )
    if baseline.spread > 1:
        return text + " Range and chance allow for how far past forecasts missed."
    return text + " Range and chance take deals as independent."


def _share(chance: float) -> str:
    if chance > 0.99:
        return "over 99 %"
    return "under 1 %" if chance < 0.01 else f"{chance * 100:.0f} %"


def start(dataset: Dataset, settings: Settings) -> Outcome:
    """Work out the baseline of a dataset, with no lever moved."""
    return run(build(dataset, settings))
