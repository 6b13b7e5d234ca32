"""How the wins of a quarter fall on its days: few at its begin, a rush at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.config.calendar import quarter_end
from core.models.close.risk_intervals import PERIOD_DAYS, QUARTER_DAYS
from core.models.estimators.contenders import Floats

MONTH_ENDS = (0, 31, 61)
STRETCH_BEGINS = (0, 1, 3, 7, 14)
PRIOR_WINS = 10.0
SHARE = 0.5


@dataclass(frozen=True)
class QuarterPace:
    """The relative chance of an end on each day of a quarter, by the days left in it.

    Attributes
    ----------
    weights : tuple of float
        One per day left, from 0 on the quarter's last day to 90; their mean is 1. Quarters are taken as 91 days.

    Notes
    -----
    A period of the close model holds fifteen days and one chance. Where a window ends inside a period, that
    chance is shared out over the period's days in proportion to these weights, so that a quarter that ends five
    days into a period keeps the rush of its last days, and the quiet days after it get little.
    """

    weights: tuple[float, ...] = (1.0,) * QUARTER_DAYS

    @staticmethod
    def of(ended_on: pl.Series, settings: Settings) -> QuarterPace:
        """Learn the weights from the days on which deals were won.

        Parameters
        ----------
        ended_on : pl.Series of date
            One per won deal; nulls are left out.
        settings : Settings
            Its fiscal calendar says where quarters end.

        Returns
        -------
        QuarterPace
            In each stretch (the last day of a month of the quarter, the two before, the rest of its week, the week
            before, what is left) wins ÷ the wins an even spread would give, both with ten wins added, and half of the
            way to 1: deals that are still open late in a rush are those it has passed by. The half was chosen on
            replayed quarters of two simulated companies.
        """
        days = ended_on.drop_nulls().value_counts()
        if days.is_empty():
            return QuarterPace()
        left = np.array([(quarter_end(day, settings) - day).days for day in days[ended_on.name]])
        wins = np.bincount(np.minimum(left, QUARTER_DAYS - 1), weights=days["count"].to_numpy(), minlength=QUARTER_DAYS)
        edges = sorted({*(end + begin for end in MONTH_ENDS for begin in STRETCH_BEGINS), QUARTER_DAYS})
        weights = np.ones(QUARTER_DAYS)
        for begin, stop in pairwise(edges):
            even = wins.sum() * (stop - begin) / QUARTER_DAYS
            weights[begin:stop] = 1 + SHARE * ((wins[begin:stop].sum() + PRIOR_WINS) / (even + PRIOR_WINS) - 1)
        return QuarterPace(tuple((weights / weights.mean()).tolist()))

    def share(self, left: Floats, begin: int, days: float) -> Floats:
        """Return which share of a period's ends comes in its first days.

        Parameters
        ----------
        left : ndarray, shape (rows,)
            Days from each row's day to the end of its quarter; NaN where there is no calendar.
        begin : int
            Days from the row's day to the begin of the period.
        days : float
            How many of the period's fifteen days.

        Returns
        -------
        ndarray, shape (rows,)
            From 0 to 1; days ÷ 15 without a calendar.
        """
        even = min(max(days / PERIOD_DAYS, 0.0), 1.0)
        if even in (0.0, 1.0) or not len(left):
            return np.full(len(left), even)
        distinct, which = np.unique(left, return_inverse=True)
        return np.array([self._share(value, begin, days, even) for value in distinct])[which.reshape(-1)]

    def _share(self, left: float, begin: int, days: float, even: float) -> float:
        if np.isnan(left):
            return even
        then = (int(left) - begin - np.arange(1, PERIOD_DAYS + 1)) % QUARTER_DAYS
        weight = np.asarray(self.weights)[then]
        whole = int(days)
        part = float(weight[:whole].sum()) + (days - whole) * float(weight[whole])
        return part / float(weight.sum())

    def shares(self, left: Floats, horizon_days: float, n_periods: int) -> Floats:
        """Return, per row and period, which share of the period lies within the horizon: [rows, periods]."""
        return np.stack(
            [self.share(left, k * PERIOD_DAYS, horizon_days - k * PERIOD_DAYS) for k in range(n_periods)], axis=1
        ).reshape(len(left), n_periods)


def left_in_quarter(x: Floats, names: Sequence[str]) -> Floats:
    """Return the days left in the quarter of each row of a feature matrix; NaN where that is no feature."""
    name = "days_to_quarter_end"
    column: Any = x[:, names.index(name)] if name in names else np.full(len(x), np.nan)
    return np.asarray(column, dtype=np.float64)
