"""How the total of what customers were expected to spend came out from earlier days, and the range that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts.constants import Z80
from core.contracts.errors import ModelError
from core.models.customers.bgnbd import RepeatValue

# Chosen on played shops, judged on others (docs/benchmarks.md).
SHARES = (0.4, 0.5, 0.6, 0.7, 0.8)
FEWEST_ORIGINS = 3
PRIOR_ORIGINS = 1.0
USUAL_MISS, PRIOR_MISSES = 0.2, 2.0
MOST_CUSTOMERS = 5_000
SCHEMA = {"cut_on": pl.Date, "days": pl.Int64, "expected_amount": pl.Float64, "spent_amount": pl.Float64}


@dataclass(frozen=True)
class TotalRange:
    """What the total is multiplied by, as past totals would have had it.

    Attributes
    ----------
    n_origins : int
        Earlier days from which the total was foreseen and has come to pass.
    factor : float
        That takes the mean miss out; 1 without enough origins.
    lower, upper : float or None
        Ends of the 80 % range ÷ the total after the factor; None without enough origins.
    """

    n_origins: int = 0
    factor: float = 1.0
    lower: float | None = None
    upper: float | None = None


def record(orders: pl.DataFrame, as_of: date, settings: Settings) -> pl.DataFrame:
    """Foresee the total from up to five earlier days, by what was known then.

    Parameters
    ----------
    orders : pl.DataFrame
        [customer_id, ordered_on, amount]; of more than 5,000 customers a sample of so many.
    as_of : date
    settings : Settings

    Returns
    -------
    pl.DataFrame
        [cut_on, days, expected_amount, spent_amount]: 40 to 80 % of the way through the history, as many days ahead as
        lay behind, or as are left. Days with too few customers for a model, or without any spend, have no row.
    """
    first = orders["ordered_on"].min()
    if not isinstance(first, date):
        return pl.DataFrame(schema=SCHEMA)
    rows = []
    for share in SHARES:
        behind = round((as_of - first).days * share)
        cut = first + timedelta(days=behind)
        days = min((as_of - cut).days, behind)
        totals = _totals(_some(orders, cut, settings.models.seed), cut, days, settings) if days > 0 else None
        if totals is not None:
            rows.append((cut, days, *totals))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _some(orders: pl.DataFrame, cut: date, seed: int) -> pl.DataFrame:
    customers = orders.filter(pl.col("ordered_on") <= cut)["customer_id"].unique().sort()
    if customers.len() <= MOST_CUSTOMERS:
        return orders
    return orders.filter(pl.col("customer_id").is_in(customers.sample(MOST_CUSTOMERS, seed=seed).implode()))


def _totals(orders: pl.DataFrame, cut: date, days: int, settings: Settings) -> tuple[float, float] | None:
    before = orders.filter(pl.col("ordered_on") <= cut)
    try:
        predicted = RepeatValue(settings).fit(before, cut).predict(days)
    except ModelError:
        return None
    later = orders.filter(pl.col("ordered_on") > cut, pl.col("ordered_on") <= cut + timedelta(days=days))
    spent = float(later.join(predicted, on="customer_id", how="semi")["amount"].sum())
    expected = float(predicted["amount"].sum())
    return (expected, spent) if expected > 0 and spent > 0 else None


def learn(past: pl.DataFrame, days: float) -> TotalRange:
    """Learn from past totals what to multiply one of so many days ahead by, and its range.

    The misses are logs of spent ÷ expected. Their mean, drawn to 0 as if one more had been 0, is taken out. The range
    is 1.28 of their root mean square around it, joined with two misses of 0.2, and grows with the root of the time
    ahead over the time the record looked ahead on average.

    Parameters
    ----------
    past : pl.DataFrame
        As `record`.
    days : float

    Returns
    -------
    TotalRange

    Examples
    --------
    >>> past = pl.DataFrame({"days": [90] * 3, "expected_amount": [1.0] * 3, "spent_amount": [0.5] * 3})
    >>> learnt = learn(past, 90)
    >>> round(learnt.factor, 3), learnt.lower < 1 < learnt.upper
    (0.595, True)
    """
    if past.height < FEWEST_ORIGINS:
        return TotalRange(past.height)
    misses = np.log(past["spent_amount"].to_numpy() / past["expected_amount"].to_numpy())
    bias = float(misses.sum() / (len(misses) + PRIOR_ORIGINS))
    square = float(((misses - bias) ** 2).sum()) + PRIOR_MISSES * USUAL_MISS**2
    half = Z80 * np.sqrt(square / (len(misses) + PRIOR_MISSES)) * np.sqrt(days / _mean(past["days"].to_list()))
    return TotalRange(past.height, float(np.exp(bias)), float(np.exp(-half)), float(np.exp(half)))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
