"""The sample's sales team: seats that are filled, left and filled again, who leads them, and how well they sell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from core.config.pseudonyms import people

REGIONS = ("AMER", "EMEA", "APAC", "LATAM")
REGION_SHARES = (0.45, 0.30, 0.17, 0.08)
DIRECTORS = {0: ("D0", 0), 1: ("D1", 1), 2: ("D2", 2), 3: ("D0", 0)}
MOST_SEATS = 8
FIRST_SEATS, LEAVES_A_WEEK, SWAPS = 0.65, 0.0032, 0.25
SKILL_SPREAD = 0.4
STAYS = 10**6


@dataclass(frozen=True)
class Team:
    """The team as frames, and per rep the arrays the deal simulation needs."""

    sales_team: pl.DataFrame
    rep_ids: np.ndarray
    region: np.ndarray
    skill: np.ndarray
    hired: np.ndarray
    left: np.ndarray


@dataclass(frozen=True)
class _Seat:
    region: int
    managers: tuple[tuple[int, str], ...]
    stays: tuple[tuple[int, int], ...]


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


def build(rng: np.random.Generator, n_seats: int, start: date, weeks: int, warm_up: int) -> Team:
    """Draw reps, managers, directors and a vice president.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_seats : int
        Sellers at the end; a manager leads at most eight, a director the managers of one or two regions.
    start : date
        First day of the records; hire and leave weeks are counted from it.
    weeks, warm_up : int
        Length of the records, and of the time played before them.
    """
    counts = np.maximum(1, np.round(np.array(REGION_SHARES) * n_seats).astype(int))
    seats, managers = _seats(rng, counts, weeks, warm_up)
    n = sum(len(seat.stays) for seat in seats)
    names = people(rng, n + len(managers) + 4)
    rows = [_leader("VP1", names[-1], "vp", None, "Sales", None, start)]
    rows += [
        _leader(d, names[-2 - k], "director", "VP1", REGIONS[r], REGIONS[r], start)
        for k, (d, r) in enumerate(sorted(set(DIRECTORS.values())))
    ]
    for k, (manager, (r, team)) in enumerate(managers.items()):
        rows.append(_leader(manager, names[n + k], "manager", DIRECTORS[r][0], team, REGIONS[r], start))
    region: list[int] = []
    hired: list[int] = []
    left: list[int] = []
    for seat in seats:
        for begin, end in seat.stays:
            who = (f"R{len(region) + 1:03d}", names[len(region)])
            rows += _rep_spans(who, seat, (begin, end, weeks), {m: t for m, (_, t) in managers.items()}, start)
            region.append(seat.region)
            hired.append(begin)
            left.append(end)
    ids = np.array([f"R{i + 1:03d}" for i in range(n)])
    skill = rng.normal(0, SKILL_SPREAD, n)
    return Team(pl.DataFrame(rows, schema=_SCHEMA, orient="row"), ids, *map(np.array, (region, skill, hired, left)))


def _seats(
    rng: np.random.Generator, counts: np.ndarray, weeks: int, warm_up: int
) -> tuple[list[_Seat], dict[str, tuple[int, str]]]:
    seats: list[_Seat] = []
    managers: dict[str, tuple[int, str]] = {}
    for region, count in enumerate(counts.tolist()):
        own = [f"M{region}{t}" for t in range(1, 1 + -(-count // MOST_SEATS))]
        managers |= {m: (region, f"{REGIONS[region]} {t}") for t, m in enumerate(own, 1)}
        led_by = [[(-STAYS, own[i % len(own)])] for i in range(count)]
        if len(own) > 1:
            for _ in range(round(SWAPS * count / 2)):
                _swap(rng, led_by, weeks)
        n_first = max(1, round(FIRST_SEATS * count))
        for i in range(count):
            since = -warm_up - int(rng.integers(5, 200)) if i < n_first else int(rng.integers(4, max(5, weeks - 40)))
            seats.append(_Seat(region, tuple(led_by[i]), _stays(rng, since, weeks)))
    return seats, managers


def _swap(rng: np.random.Generator, led_by: list[list[tuple[int, str]]], weeks: int) -> None:
    """Let two seats of a region change teams in the same week."""
    a, b = rng.choice(len(led_by), 2, replace=False).tolist()
    week = int(rng.integers(10, max(11, weeks - 10)))
    if led_by[a][-1][1] != led_by[b][-1][1] and len(led_by[a]) == len(led_by[b]) == 1:
        first, second = led_by[a][-1][1], led_by[b][-1][1]
        led_by[a].append((week, second))
        led_by[b].append((week, first))


def _stays(rng: np.random.Generator, since: int, weeks: int) -> tuple[tuple[int, int], ...]:
    """Return [begin, end) of everybody who had a seat, in weeks; who is there in the last weeks stays."""
    stays: list[tuple[int, int]] = []
    while True:
        until = since + 40 + int(rng.geometric(LEAVES_A_WEEK))
        if until > weeks - 14:
            return (*stays, (since, STAYS))
        if until > 0:
            stays.append((since, until))
        since = until + int(rng.integers(2, 7))


def _leader(
    rep_id: str, name: str, role: str, boss: str | None, team: str, region: str | None, start: date
) -> dict[str, object]:
    begin = start - timedelta(days=1_400)
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
    who: tuple[str, str], seat: _Seat, times: tuple[int, int, int], teams: dict[str, str], start: date
) -> list[dict[str, object]]:
    begin, end, weeks = times
    ends = [since for since, _ in seat.managers[1:]] + [STAYS]
    hired = start + timedelta(weeks=begin)
    left = start + timedelta(weeks=end) if end <= weeks else None
    rows: list[dict[str, object]] = []
    for (since, manager), until in zip(seat.managers, ends, strict=True):
        first, last = max(since, begin), min(until, end)
        if first < last:
            rows.append(
                {
                    "rep_id": who[0],
                    "rep_name": who[1],
                    "role": "rep",
                    "manager_id": manager,
                    "team": teams[manager],
                    "region": REGIONS[seat.region],
                    "hired_on": hired,
                    "left_on": left,
                    "valid_from": start + timedelta(weeks=first),
                    "valid_to": start + timedelta(weeks=last) if last <= weeks else None,
                }
            )
    return rows
