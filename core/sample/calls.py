"""Past forecast calls of the sample's managers, each with a leaning of its own."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from core.config import Settings
from core.config.calendar import add_quarters
from core.contracts import Dataset
from core.contracts.spans import is_valid

LEANINGS = (0.16, -0.14, 0.03, 0.10, -0.20, -0.02, 0.06, -0.08, 0.14, -0.04)
CALL_DAYS = (9, 30, 51, 72)
PARTS = {"commit": (1.0, 0.95, 0.88, 0.84), "best_case": (0.85, 0.62, 0.38, 0.25)}
NOISE = (0.10, 0.08, 0.06, 0.04)
MOOD = 0.12
QUARTERS = 11
NOTES = (
    "Two of the large ones are with legal.",
    "Counting on the renewals to come in on time.",
    "Procurement is slow this time; I keep the late ones out.",
    "New sponsor at our largest account, so I stay careful.",
    "Strong start, I would rather not raise it yet.",
    "The team has more meetings booked than last quarter.",
    "One competitive deal can still swing this.",
    "",
)
SCHEMA = {
    "manager_id": pl.String,
    "period_start_on": pl.Date,
    "version": pl.Int64,
    "called_on": pl.Date,
    "commit_amount": pl.Float64,
    "best_case_amount": pl.Float64,
    "pipeline_amount": pl.Float64,
    "note": pl.String,
}


def past_calls(data: Dataset, settings: Settings, seed: int = 7) -> pl.DataFrame:
    """Return what each manager, director and the vice president called, four times a quarter.

    A manager counts what is closed, and of what is open and due in the quarter most of the commit and a part of
    the best case, less of it as the quarter runs out; leans on the open part by a share of their own (`LEANINGS`:
    from 20 % too low to 16 % too high, in the order of their ids), shares the mood of the quarter with the others,
    and misses at random, less so as the quarter runs out. Those above add their people's calls and hold a little
    back. Nothing later than the day is used.

    Parameters
    ----------
    data : Dataset
        The sample company.
    settings : Settings
    seed : int

    Returns
    -------
    pl.DataFrame
        [manager_id, period_start_on, version, called_on, commit_amount, best_case_amount,
        pipeline_amount, note], amounts in whole thousands.
    """
    rows: list[dict[str, object]] = []
    begins = [add_quarters(data.as_of, -k, settings) for k in range(QUARTERS - 1, -1, -1)]
    for period in begins:
        mood = float(np.random.default_rng([seed, period.toordinal()]).normal(0, MOOD))
        for turn, offset in enumerate(CALL_DAYS):
            day = period + timedelta(days=offset)
            if day <= data.as_of:
                rng = np.random.default_rng([seed, day.toordinal()])
                rows += _round(rng, data, settings, (period, day, turn), mood)
    return pl.DataFrame(rows, schema=SCHEMA)


def leanings(data: Dataset) -> dict[str, float]:
    """Return how far each manager of the sample leans, as planted."""
    managers = sorted(set(data.sales_team.filter(pl.col("role") == "manager")["rep_id"]))
    return {manager: LEANINGS[k % len(LEANINGS)] for k, manager in enumerate(managers)}


def _round(
    rng: np.random.Generator, data: Dataset, settings: Settings, when: tuple[date, date, int], mood: float
) -> list[dict[str, object]]:
    """Return the calls of one day: managers first, then directors, then the vice president."""
    period, day, turn = when
    team = data.sales_team.filter(is_valid(day)).unique("rep_id", keep="last", maintain_order=True)
    seen = _books(data, settings, period, day, team)
    calls: dict[str, tuple[float, float, float]] = {}
    for manager, lean in leanings(data).items():
        book = seen.get(manager, {})
        closed = book.get("closed", 0.0)
        usual = sum(book.get(k, 0.0) * part[turn] for k, part in PARTS.items())
        ahead = usual * (1 + lean) * float(np.exp(mood + rng.normal(0, NOISE[turn])))
        whole = closed + sum(book.get(k, 0.0) for k in ("commit", "best_case", "pipeline"))
        commit = closed + ahead
        best = commit + 0.35 * book.get("best_case", 0.0)
        calls[manager] = (commit, best, max(whole, best))
    for role in ("director", "vp"):
        for leader in team.filter(pl.col("role") == role)["rep_id"].sort():
            below = [calls[r] for r in team.filter(pl.col("manager_id") == leader)["rep_id"] if r in calls]
            haircut = 0.97 if role == "director" else 1.0
            if below:
                commit, best, whole = (float(sum(c)) for c in zip(*below, strict=True))
                calls[leader] = (commit * haircut, best, whole)
    names = ("commit_amount", "best_case_amount", "pipeline_amount")
    return [
        {
            "manager_id": leader,
            "period_start_on": period,
            "version": turn + 1,
            "called_on": day,
            **{name: round(value, -3) for name, value in zip(names, amounts, strict=True)},
            "note": str(rng.choice(NOTES)),
        }
        for leader, amounts in calls.items()
    ]


def _books(
    data: Dataset, settings: Settings, period: date, day: date, team: pl.DataFrame
) -> dict[str, dict[str, float]]:
    """Return per manager what is closed in the quarter and, open and due in it, by category, as known on the day."""
    states = (
        data.frame("opportunity_history")
        .filter(is_valid(day), ~pl.col("is_deleted"))
        .unique("opportunity_id", keep="last", maintain_order=True)
    )
    won = pl.col("stage").is_in(list(settings.stages.won))
    lost = pl.col("stage").is_in(list(settings.stages.lost))
    kind = pl.when(won).then(pl.lit("closed")).otherwise("forecast_category")
    end = add_quarters(period, 1, settings)
    in_quarter = pl.when(won).then(pl.col("close_on") >= period).otherwise(pl.col("close_on") < end)
    mine = states.filter(~lost, in_quarter).join(
        team.select(pl.col("rep_id").alias("owner_id"), "manager_id"), on="owner_id"
    )
    books: dict[str, dict[str, float]] = {}
    for manager, name, amount in mine.group_by("manager_id", kind=kind).agg(pl.col("amount").sum()).iter_rows():
        books.setdefault(str(manager), {})[str(name)] = float(amount)
    return books
