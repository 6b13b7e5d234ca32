"""Deals as they would be seen from the begin of later periods, and what models say of them then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.models.estimators import contenders
from core.models.estimators.contenders import Floats

PERIOD_DAYS = 15
QUARTER_DAYS = 91
STRETCHES = {
    "quarter_last_week": (0, 7),
    "quarter_week_before": (7, 14),
    "quarter_third_last": (14, 21),
    "quarter_fourth_last": (21, 28),
    "quarter_month_before": (28, 49),
}
CALENDAR = ("period", "period_log", *STRETCHES, "quarter_place", "due_in_period", "overdue")
MANY_ROWS = 500
DUE = "days_to_close"


def rows_of(x: Floats, names: Sequence[str], period: int) -> Floats:
    """Return the matrix of deals as they would be seen from a later period.

    Parameters
    ----------
    x : ndarray, shape (rows, features)
    names : sequence of str
    period : int
        Counted from 0.

    Returns
    -------
    ndarray
        The features and the columns of `CALENDAR`: the period, its logarithm, the share of it in each of
        the last weeks of a fiscal quarter and in the month before them, which quarter its middle lies in,
        whether the expected close lies in it, and by how many days it is overdue. Days to the expected
        close count from the period's begin. Quarters are taken as 91 days.
    """
    out = np.empty((len(x), x.shape[1] + len(CALENDAR)))
    out[:, : x.shape[1]] = x
    _turn(out, x, names, period)
    return out


def _turn(out: Floats, x: Floats, names: Sequence[str], period: int) -> None:
    """Write the columns that move into `out`, as they stand at the begin of a period; `x` is the first's."""
    begin = period * PERIOD_DAYS

    def given(name: str) -> Floats:
        return x[:, names.index(name)] if name in names else np.full(len(x), np.nan)

    due, left, quarter = given(DUE) - begin, given("days_to_quarter_end"), given("fiscal_quarter")
    days, which = np.unique(left, return_inverse=True)
    ahead = days[:, None] - begin - np.arange(1, PERIOD_DAYS + 1)[None, :]
    to_end = ahead % QUARTER_DAYS
    shares = [
        np.where(np.isnan(days), (stop - first) / QUARTER_DAYS, ((to_end >= first) & (to_end < stop)).mean(axis=1))
        for first, stop in STRETCHES.values()
    ]
    quarter_then = (quarter - 1 - ahead[which, PERIOD_DAYS // 2] // QUARTER_DAYS) % 4
    inside = np.where(np.isnan(due), np.nan, (due >= 0) & (due < PERIOD_DAYS))
    ends = (share[which] for share in shares)
    columns = (float(period), np.log1p(float(period)), *ends, quarter_then, inside, np.clip(-due, 0, None))
    for i, column in enumerate(columns):
        out[:, len(names) + i] = column
    if DUE in names:
        out[:, names.index(DUE)] = due


def each_period(models: Sequence[Any], x: Floats, names: Sequence[str], n: int) -> Floats:
    """Return the log odds of several models for the first `n` periods, shape (models, rows, periods).

    What looks at no column that moves from period to period is worked out once.
    """
    moving = frozenset(i for i, name in enumerate((*names, *CALENDAR)) if name in (*CALENDAR, DUE))
    sides = [contenders.halves(model, moving, len(x) >= MANY_ROWS) for model in models]
    rows = np.empty((len(x), len(names) + len(CALENDAR)), order="F")
    rows[:, : len(names)] = x
    first = np.asfortranarray(x)
    out = np.zeros((len(models), len(x), n))
    for k in range(n):
        _turn(rows, first, names, k)
        for log_odds, (fixed, rest) in zip(out, sides, strict=True):
            if fixed is not None and k == 0:
                np.add(log_odds, np.asarray(fixed.predict(rows, raw_score=True))[:, None], out=log_odds)
            if rest is not None:
                log_odds[:, k] += rest.predict(rows, raw_score=True)
    return out
