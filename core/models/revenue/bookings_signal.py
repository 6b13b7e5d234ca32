"""What was won lately and is not in revenue yet: by how much it moves the forecast of the next months."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.config.calendar import add_months
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.marts.exact import exact_sum

Floats = NDArray[np.float64]
LATELY_DAYS = 60
USUAL_MONTHS, FEWEST_USUAL = 12, 3
FEWEST_ORIGINS, FEWEST_TRIALS = 9, 6
# Slopes are drawn a third of the way to nothing.
DRAWN = 1.5


def won_lately(deals: pl.DataFrame, months: Sequence[date]) -> pl.DataFrame:
    """Return what was won in the 60 days before the end of each month.

    Parameters
    ----------
    deals : pl.DataFrame
        [unit, is_won, close_on, amount], one row per deal. Deals without an amount count as 0.
    months : sequence of date
        First days of months.

    Returns
    -------
    pl.DataFrame
        [unit, month, won_amount], every unit of the deals in every month.
    """
    won = deals.filter("is_won").with_columns(pl.col("amount").fill_null(0.0))
    units = deals.select(pl.col("unit").cast(pl.String).unique())
    parts = [pl.DataFrame(schema={"unit": pl.String, "month": pl.Date, "won_amount": pl.Float64})]
    for month in months:
        last = add_months(month, 1) - timedelta(days=1)
        late = won.filter((pl.col("close_on") > last - timedelta(days=LATELY_DAYS)) & (pl.col("close_on") <= last))
        sums = late.group_by("unit").agg(won_amount=exact_sum(pl.col("amount").cast(pl.Float64)))
        totals = units.join(sums, on="unit", how="left")
        parts.append(totals.select("unit", month=pl.lit(month), won_amount=pl.col("won_amount").fill_null(0.0)))
    return pl.concat(parts)


def of_deals(dataset: Dataset, by: str, months: Sequence[date], whole: str) -> pl.DataFrame:
    """Return `won_lately` by a column of accounts, and of the whole company.

    Parameters
    ----------
    dataset : Dataset
    by : str
        A column of accounts; accounts without it, and deals without an account, belong to "Not known".
    months : sequence of date
    whole : str
        The name of the whole.
    """
    places = dataset.accounts.select("account_id", unit=pl.col(by).cast(pl.String))
    deals = dataset.opportunities.join(places, on="account_id", how="left")
    deals = deals.with_columns(pl.col("unit").fill_null(NOT_KNOWN))
    return pl.concat([won_lately(deals, months), won_lately(deals.with_columns(unit=pl.lit(whole)), months)])


def surprise(won: Floats, revenue: Floats) -> Floats:
    """Return how much more was won, as a share of the month's revenue, than in the year before as a rule.

    Parameters
    ----------
    won : array, [months]
        Won lately at the end of each month, NaN where not known.
    revenue : array, [months]

    Returns
    -------
    array, [months]
        won / revenue less its mean over up to twelve months before; NaN with fewer than three of them.

    Examples
    --------
    >>> surprise(np.array([1.0, 1.0, 1.0, 3.0]), np.full(4, 10.0)).round(2).tolist()
    [nan, nan, nan, 0.2]
    """
    rate = np.where(revenue > 0, won / np.where(revenue > 0, revenue, 1.0), np.nan)
    out = np.full(len(rate), np.nan)
    for t in range(FEWEST_USUAL, len(rate)):
        before = rate[max(t - USUAL_MONTHS, 0) : t]
        if (~np.isnan(before)).sum() >= FEWEST_USUAL:
            out[t] = rate[t] - np.nanmean(before)
    return out


@dataclass(frozen=True)
class Past:
    """What was forecast from past months, what came, and how surprising the deals won by then were.

    Attributes
    ----------
    surprise : array, [origins, units]
        Of the month that lies so many months back, NaN where not known.
    miss : array, [origins, units, h]
        (amount − forecast) / forecast, NaN where not known or a unit takes no part in learning.
    """

    surprise: Floats
    miss: Floats

    @staticmethod
    def of(
        forecast_from: Callable[[int], Floats],
        series: Sequence[Floats],
        surprises: Sequence[Floats],
        learns: Sequence[bool],
        origins: range,
        h: int,
    ) -> Past:
        """Lay the forecasts `forecast_from(origin)` (units by h) beside what came."""
        x, miss = np.full((origins.stop, len(series)), np.nan), np.full((origins.stop, len(series), h), np.nan)
        for origin in origins:
            middle = forecast_from(origin) if origin and any(len(y) > origin for y in series) else None
            for i, y in enumerate(series):
                end = len(y) - origin
                if end < 1:
                    continue
                x[origin, i] = surprises[i][end - 1]
                if middle is None or not learns[i]:
                    continue
                came = y[end : end + h]
                with np.errstate(divide="ignore", invalid="ignore"):
                    miss[origin, i, : len(came)] = came / middle[i, : len(came)] - 1
        return Past(x, np.where(np.isfinite(miss), miss, np.nan))

    def lift(self, back: int) -> Floats:
        """Return by what share the forecast made `back` months ago is to be moved, units by h.

        The slope of past misses on the surprise, by least squares through nothing and drawn a third of the way to
        it, from origins whose months were over by then. 0 wherever the same would not have brought earlier
        forecasts nearer by more than chance, each with the slope known at its own time, or where that cannot be told
        yet.
        """
        h = self.miss.shape[2]
        out = np.zeros((self.surprise.shape[1], h))
        own = np.nan_to_num(self.surprise[back])
        for s in range(h):
            slope = self._slope(back, s)
            if slope is not None and self._helps(back, s):
                out[:, s] = slope * own
        return out

    def _seen_by(self, back: int, s: int) -> tuple[Floats, Floats, NDArray[np.intp]]:
        x, y = self.surprise[back + s + 1 :], self.miss[back + s + 1 :, :, s]
        good = ~np.isnan(x) & ~np.isnan(y)
        return x[good], y[good], np.nonzero(good)[0]

    def _slope(self, back: int, s: int) -> float | None:
        x, y, origin = self._seen_by(back, s)
        size = float((x * x).sum())
        if len(np.unique(origin)) < FEWEST_ORIGINS or not size:
            return None
        return float((x * y).sum()) / (DRAWN * size)

    def _helps(self, back: int, s: int) -> bool:
        """Say whether past forecasts would have come nearer by more than chance: mean gain above its standard error."""
        gains = []
        for origin in range(back + s + 1, len(self.surprise)):
            slope = self._slope(origin, s)
            x, y = self.surprise[origin], self.miss[origin, :, s]
            good = ~np.isnan(x) & ~np.isnan(y)
            if slope is not None and good.any():
                gains.append(float((np.abs(y[good]) - np.abs(y[good] - slope * x[good])).mean()))
        n = len(gains)
        return n >= FEWEST_TRIALS and float(np.mean(gains)) > float(np.std(gains, ddof=1)) / np.sqrt(n)
