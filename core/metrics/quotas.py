"""Quotas that are somebody's own: a leader's quota that repeats those of the people below is a roll-up."""

from __future__ import annotations

from datetime import date

import polars as pl

from core.config.calendar import add_months
from core.contracts import Dataset


def own_quotas(data: Dataset, begin: date) -> pl.DataFrame:
    """Return the quotas of the quarter that begins on a day, without roll-ups, so that they add up to the company's.

    A leader's quota is a roll-up when somebody below them, by the managers on record in that quarter, has a quota in
    it too; it is left out whatever its amount. Leaders without anybody below on record count only where nobody with
    the role of a rep has a quota. Somebody with the role of a rep who leads others keeps a quota of their own, unless
    it is at least what those below have together.

    Parameters
    ----------
    data : Dataset
    begin : date
        The first day of the quarter.

    Returns
    -------
    pl.DataFrame
        [rep_id, period_start_on, quota_amount].

    Examples
    --------
    Ann and Bob have 100 each, and Max, whom both report to, 200: the company's quota is 200, of Ann and Bob.
    """
    asked = data.quotas.filter(pl.col("period_start_on") == begin).select("rep_id", "period_start_on", "quota_amount")
    if asked.height < 2 or data.sales_team.is_empty():
        return asked
    spans = _of_quarter(data, begin)
    amounts = dict(asked.group_by("rep_id").agg(pl.col("quota_amount").sum()).iter_rows())
    reps = {rep for rep, role in spans.select("rep_id", "role").iter_rows() if role == "rep"}
    managers = _managers(spans)
    below: dict[str, float] = {}
    for holder, amount in amounts.items():
        for boss in _above(holder, managers) & amounts.keys():
            below[boss] = below.get(boss, 0.0) + amount
    repeated = {boss for boss, total in below.items() if boss not in reps or amounts[boss] >= total}
    if amounts.keys() & reps:
        leaders = {boss for bosses in managers.values() for boss in bosses}
        repeated |= {h for h in amounts if h in set(spans["rep_id"]) and h not in reps | leaders}
    return asked.filter(~pl.col("rep_id").is_in(sorted(repeated)))


def quota_of_company(data: Dataset, begin: date) -> float:
    """Return the sum of `own_quotas`; 0 where there are none."""
    return float(own_quotas(data, begin)["quota_amount"].sum())


def _of_quarter(data: Dataset, begin: date) -> pl.DataFrame:
    """Return everybody's spans that touch the quarter; of people without one, all their spans."""
    is_current = (pl.col("valid_from") < add_months(begin, 3)) & (
        pl.col("valid_to").is_null() | (pl.col("valid_to") > begin)
    )
    current = data.sales_team.filter(is_current)
    return pl.concat([current, data.sales_team.join(current, on="rep_id", how="anti")])


def _managers(spans: pl.DataFrame) -> dict[str, set[str]]:
    managers: dict[str, set[str]] = {}
    for rep, boss in spans.select("rep_id", "manager_id").drop_nulls().unique().iter_rows():
        if boss != rep:
            managers.setdefault(rep, set()).add(boss)
    return managers


def _above(person: str, managers: dict[str, set[str]]) -> set[str]:
    """Return everybody above a person; a circle is walked once and puts nobody above themselves."""
    above: set[str] = set()
    waiting = list(managers.get(person, ()))
    while waiting:
        boss = waiting.pop()
        if boss not in above and boss != person:
            above.add(boss)
            waiting.extend(managers.get(boss, ()))
    return above
