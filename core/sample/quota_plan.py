"""Quotas of the sample's reps, set before each quarter from what is known then."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from core.sample.company_run import CompanyRun
from core.sample.day_index import DayIndex
from core.sample.deal_life import RENEWAL

FIRST_QUARTER = 2
AMBITION = 1.05
MISSED, RELIEF = 0.875, 0.7
RENEWED = 0.90
GREATEST_STEP = 0.24
ROUNDED_TO = 5_000.0
RAMP_WEEKS, RAMP = 26, 0.5


def quotas(rng: np.random.Generator, run: CompanyRun, last_quarter: int) -> pl.DataFrame:
    """Share each quarter's plan out among the reps.

    The plan of a quarter is the contracts that come up for renewal in it, less what is usually lost, and the new
    business of the four quarters before, grown by the usual growth; both times an ambition. Where the quarter before
    is over and missed its plan by more than an eighth, seven tenths of what lies beyond that are taken off; and a
    plan is never more than 24 % from the one before. A rep's share is drawn once; in the first half year it is half
    of it.

    Parameters
    ----------
    rng : numpy.random.Generator
    run : CompanyRun
        The company after its last week.
    last_quarter : int
        The last quarter to set quotas for, counted from that of day 0; those from the third on are set.

    Returns
    -------
    pl.DataFrame
        Columns rep_id, period_start_on, quota_amount, rounded to 5,000.
    """
    share = rng.lognormal(0, 0.18, len(run.team.rep_ids))
    rows: list[tuple[str, object, float]] = []
    before = None
    for quarter in range(FIRST_QUARTER, last_quarter + 1):
        day = run.world.days.begin(3 * quarter)
        plan = _plan(run, run.world.days, quarter)
        if before is not None:
            attained = _won(run, quarter - 1) / before if quarter < last_quarter else 1.0
            plan *= 1 - RELIEF * max(MISSED - attained, 0.0)
            plan = float(np.clip(plan, before * (1 - GREATEST_STEP), before * (1 + GREATEST_STEP)))
        before = plan
        week = day / 7
        here = np.flatnonzero((run.team.hired <= week) & (run.team.left > week))
        weight = share[here] * np.where(run.team.hired[here] > week - RAMP_WEEKS, RAMP, 1.0)
        for rep, amount in zip(here.tolist(), (plan * weight / weight.sum()).tolist(), strict=True):
            quota = max(ROUNDED_TO, round(amount / ROUNDED_TO) * ROUNDED_TO)
            rows.append((str(run.team.rep_ids[rep]), run.world.days.start + timedelta(days=day), quota))
    schema = {"rep_id": pl.String, "period_start_on": pl.Date, "quota_amount": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _won(run: CompanyRun, quarter: int) -> float:
    """Return all that was won in a quarter."""
    begin, end = run.world.days.begin(3 * quarter), run.world.days.begin(3 * quarter + 3)
    return float(sum(amount for day, _, amount in run.wins if begin <= day < end))


def _plan(run: CompanyRun, days: DayIndex, quarter: int) -> float:
    """Return a quarter's plan from what is known on its first day."""
    first, year_before = days.begin(3 * quarter), days.begin(3 * quarter - 12)
    wins = np.array([(day, amount) for day, kind, amount in run.wins if kind != RENEWAL])
    year_wins = wins[(wins[:, 0] >= year_before) & (wins[:, 0] < first)] if len(wins) else np.zeros((0, 2))
    growth = (1 + run.world.profile.growth_rate) * 1.06
    fresh = float(year_wins[:, 1].sum()) / 4 * growth**0.62
    coming = run.due[3 * quarter] if 3 * quarter in run.due else run.contracts.coming(3 * quarter)
    return float(AMBITION * (RENEWED * coming + fresh))
