"""Who reports to whom on a day, and what adds up under each."""

from __future__ import annotations

from datetime import date

import polars as pl

from core.contracts import Dataset
from core.contracts.spans import is_valid

NOBODY = "Nobody"


def people(data: Dataset, day: date) -> pl.DataFrame:
    """Return everybody in the sales team on a day, each below their manager.

    Parameters
    ----------
    data : Dataset
    day : date
        The hierarchy valid on this day counts.

    Returns
    -------
    pl.DataFrame
        [person_id, person_name, role, manager_id, team, region, depth, place], in the order of an
        outline: a leader, then those below. Somebody whose manager is not in the team that day, or
        who would report to themselves in a circle, stands at the top.
    """
    rows = data.sales_team.filter(is_valid(day)).unique("rep_id", keep="last", maintain_order=True)
    by_id = {row["rep_id"]: row for row in rows.sort("rep_id").iter_rows(named=True)}
    below: dict[str | None, list[str]] = {}
    for person, row in by_id.items():
        boss = row["manager_id"]
        below.setdefault(boss if boss in by_id and not _is_above(by_id, person, boss) else None, []).append(person)
    order: list[tuple[str, int]] = []

    def walk(person: str, depth: int) -> None:
        order.append((person, depth))
        for report in below.get(person, []):
            walk(report, depth + 1)

    for top in below.get(None, []):
        walk(top, 0)
    out = [
        {
            "person_id": person,
            "person_name": by_id[person]["rep_name"],
            "role": by_id[person]["role"],
            "manager_id": by_id[person]["manager_id"] if depth else None,
            "team": by_id[person]["team"],
            "region": by_id[person]["region"],
            "depth": depth,
            "place": position,
        }
        for position, (person, depth) in enumerate(order)
    ]
    return pl.DataFrame(out, schema=_SHAPE)


_SHAPE = {
    "person_id": pl.String,
    "person_name": pl.String,
    "role": pl.String,
    "manager_id": pl.String,
    "team": pl.String,
    "region": pl.String,
    "depth": pl.Int64,
    "place": pl.Int64,
}


def _is_above(by_id: dict[str, dict[str, object]], person: str, boss: object) -> bool:
    """Say whether following the managers upwards from `boss` comes back to `person`."""
    seen: set[object] = set()
    while isinstance(boss, str) and boss in by_id and boss not in seen:
        if boss == person:
            return True
        seen.add(boss)
        boss = by_id[boss]["manager_id"]
    return False


def chains(team: pl.DataFrame) -> pl.DataFrame:
    """Return one row per leader and person below them, everybody also below themselves.

    Parameters
    ----------
    team : pl.DataFrame
        As `people` gives it.

    Returns
    -------
    pl.DataFrame
        [leader_id, person_id].
    """
    boss = dict(team.select("person_id", "manager_id").iter_rows())
    pairs: list[tuple[str, str]] = []
    for person in boss:
        above: str | None = person
        while above is not None:
            pairs.append((above, person))
            above = boss.get(above)
    return pl.DataFrame(pairs, schema={"leader_id": pl.String, "person_id": pl.String}, orient="row")
