"""Reps, their teams and their quotas."""

from __future__ import annotations

import polars as pl

from core.config import Settings
from core.config.calendar import add_quarters
from core.contracts import Dataset
from core.contracts.spans import is_valid
from core.metrics.attainment import quota_of_reps


def teams(dataset: Dataset) -> pl.DataFrame:
    """Return [rep_id, team] as of the data's date, the last known team for those who left."""
    spans = dataset.sales_team.filter(pl.col("valid_from") <= dataset.as_of).sort("valid_from")
    return spans.group_by("rep_id", maintain_order=True).agg(pl.col("team").last())


def reps(dataset: Dataset) -> int:
    """Count the reps active today; everybody where nobody is known to be a rep."""
    left = pl.col("left_on").is_null() | (pl.col("left_on") > dataset.as_of)
    now = dataset.sales_team.filter(is_valid(dataset.as_of) & left)
    sellers = now.filter(pl.col("role") == "rep")
    return (sellers if sellers.height else now)["rep_id"].n_unique()


def quotas(dataset: Dataset, settings: Settings, count: int) -> tuple[float | None, ...]:
    """Return the reps' quota of the running quarter and those after it.

    A quarter for which none was set yet takes that of the same quarter a year before; None where
    there is none either.
    """
    out: list[float | None] = []
    for quarter in range(count):
        begin = add_quarters(dataset.as_of, quarter, settings)
        quota = quota_of_reps(dataset, begin) or (out[quarter - 4] if quarter >= 4 else None)
        out.append(quota or quota_of_reps(dataset, add_quarters(begin, -4, settings)) or None)
    return tuple(out)
