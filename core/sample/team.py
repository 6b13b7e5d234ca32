"""The sample's sales team: who sells where, under whom, how well, and against what quota."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from core.config.pseudonyms import people

REGIONS = ("AMER", "EMEA", "APAC", "LATAM")
REGION_SHARES = (0.45, 0.30, 0.17, 0.08)
SPAN_OF_CONTROL = 7


@dataclass(frozen=True)
class Team:
    """The team as frames, and per rep the arrays the deal simulation needs."""

    sales_team: pl.DataFrame
    rep_ids: np.ndarray
    region: np.ndarray
    skill: np.ndarray
    hired: np.ndarray
    left: np.ndarray


def build(rng: np.random.Generator, n_reps: int, start: date, weeks: int) -> Team:
    """Draw reps, managers, directors and a vice president.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_reps : int
        Sellers; a manager is added for every seven, a director per region, one vice president.
    start : date
        First day of the simulated time.
    weeks : int
        Its length; hire and leave weeks are counted from `start`.
    """
    region = np.repeat(np.arange(4), np.maximum(1, np.round(np.array(REGION_SHARES) * n_reps).astype(int)))
    n = len(region)
    hired = np.where(rng.random(n) < 0.6, -rng.integers(10, 200, n), rng.integers(4, max(5, weeks - 30), n))
    left = np.where(rng.random(n) < 0.22, hired.clip(0) + rng.integers(40, 150, n), 10**6)
    skill = rng.normal(0, 0.45, n)
    names = people(rng, n + n // SPAN_OF_CONTROL + 10)
    ids = np.array([f"R{i + 1:03d}" for i in range(n)])
    managers = [(r, f"M{r}{t}") for r in range(4) for t in range(1, 2 + (region == r).sum() // (SPAN_OF_CONTROL + 1))]
    rows = [_leader("VP1", names[-1], "vp", None, "Sales", None, start)]
    rows += [_leader(f"D{r}", names[-2 - r], "director", "VP1", REGIONS[r], REGIONS[r], start) for r in range(4)]
    for k, (r, manager) in enumerate(managers):
        team = f"{REGIONS[r]} {manager[-1]}"
        rows.append(_leader(manager, names[n + k], "manager", f"D{r}", team, REGIONS[r], start))
    for i in range(n):
        own = [m for r, m in managers if r == region[i]]
        rows += _rep_spans(rng, ids[i], names[i], own, REGIONS[region[i]], (start, int(hired[i]), int(left[i]), weeks))
    return Team(pl.DataFrame(rows, schema=_SCHEMA), ids, region, skill, hired, left)


_SCHEMA: dict[str, pl.DataType] = {
    "rep_id": pl.String(),
    "rep_name": pl.String(),
    "role": pl.String(),
    "manager_id": pl.String(),
    "team": pl.String(),
    "region": pl.String(),
    "hired_on": pl.Date(),
    "left_on": pl.Date(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
}


def _leader(
    rep_id: str, name: str, role: str, boss: str | None, team: str, region: str | None, start: date
) -> dict[str, object]:
    begin = start - timedelta(days=700)
    return {
        "rep_id": rep_id,
        "rep_name": name,
        "role": role,
        "manager_id": boss,
        "team": team,
        "region": region,
        "hired_on": begin,
        "left_on": None,
        "valid_from": begin,
        "valid_to": None,
    }


def _rep_spans(
    rng: np.random.Generator,
    rep_id: str,
    name: str,
    managers: list[str],
    region: str,
    times: tuple[date, int, int, int],
) -> list[dict[str, object]]:
    start, hired, left, weeks = times
    begin = start + timedelta(weeks=hired)
    end = start + timedelta(weeks=left) if left <= weeks else None
    first = str(rng.choice(managers))
    spans: list[tuple[str, date, date | None]] = [(first, begin, end)]
    if len(managers) > 1 and rng.random() < 0.3:
        moved = start + timedelta(weeks=int(rng.integers(max(hired, 0) + 4, max(hired, 0) + 60)))
        if moved < (end or start + timedelta(weeks=weeks)):
            second = str(rng.choice([m for m in managers if m != first]))
            spans = [(first, begin, moved), (second, moved, end)]
    return [
        {
            "rep_id": rep_id,
            "rep_name": name,
            "role": "rep",
            "manager_id": manager,
            "team": f"{region} {manager[-1]}",
            "region": region,
            "hired_on": begin,
            "left_on": end,
            "valid_from": since,
            "valid_to": until,
        }
        for manager, since, until in spans
    ]


def quotas(rng: np.random.Generator, team: Team, bookings: pl.DataFrame, quarters: list[date]) -> pl.DataFrame:
    """Set each rep's quarterly quota near what the team as a whole could reach.

    Parameters
    ----------
    rng : numpy.random.Generator
    team : Team
    bookings : pl.DataFrame
        Columns rep_id, quarter, amount: what was booked.
    quarters : list of date
        Quarter starts to set quotas for.

    Returns
    -------
    pl.DataFrame
        Columns rep_id, period_start_on, quota_amount, rounded to 5,000.
    """
    rows = []
    totals = dict(bookings.group_by("quarter").agg(pl.col("amount").sum()).iter_rows())
    level = float(np.median(list(totals.values()))) if totals else 1e6
    spans = team.sales_team.filter(pl.col("role") == "rep").group_by("rep_id").agg(pl.first("hired_on", "left_on"))
    for quarter in quarters:
        here = spans.filter(
            (pl.col("hired_on") <= quarter) & (pl.col("left_on").is_null() | (pl.col("left_on") > quarter))
        ).sort("rep_id")
        level = 0.5 * level + 0.5 * totals.get(quarter, level)
        share = 1.12 * level / max(here.height, 1)
        for rep_id in here["rep_id"]:
            quota = max(5_000.0, round(share * float(rng.uniform(0.8, 1.2)) / 5_000) * 5_000.0)
            rows.append((rep_id, quarter, quota))
    schema = {"rep_id": pl.String, "period_start_on": pl.Date, "quota_amount": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")
