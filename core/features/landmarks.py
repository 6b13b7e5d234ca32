"""Past dates at which a subject is looked at, with what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from types import ModuleType

import polars as pl

from core.config import Settings
from core.contracts import Dataset

STEP_DAYS = 28
WARM_UP_DAYS = 90


def dates(first: date, last: date, step_days: int = STEP_DAYS) -> list[date]:
    """Return dates every `step_days` days, counted back from `last`, none before `first`.

    Examples
    --------
    >>> [d.isoformat() for d in dates(date(2026, 1, 1), date(2026, 3, 1))]
    ['2026-01-04', '2026-02-01', '2026-03-01']
    """
    count = max((last - first).days // step_days, 0) if last >= first else -1
    return [last - timedelta(days=step_days * k) for k in range(count, -1, -1)]


def build(subject: ModuleType, dataset: Dataset, settings: Settings, horizons: Sequence[int]) -> pl.DataFrame:
    """Stack what was known at past dates with what happened within each horizon.

    Parameters
    ----------
    subject : module
        `features.deals` or `features.accounts`.
    dataset : Dataset
    settings : Settings
    horizons : sequence of int
        Days ahead.

    Returns
    -------
    pl.DataFrame
        One row per subject, date and horizon whose outcome is known by the dataset's own as-of
        date; empty when the data does not reach far enough back.
    """
    start = subject.first(dataset)
    if start is None:
        return pl.DataFrame()
    days = dates(start + timedelta(days=WARM_UP_DAYS), dataset.as_of - timedelta(days=min(horizons)))
    parts = [subject.outcomes(dataset, subject.build(dataset, day, settings), day, horizons) for day in days]
    if not parts:
        return pl.DataFrame()
    stacked: pl.DataFrame = pl.concat(parts, how="vertical_relaxed")
    return stacked.filter(pl.col("is_known_on") <= dataset.as_of)
