"""How long contracts last: Kaplan-Meier and shifted beta-geometric curves, the checks of lifetime value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.features import accounts

Floats = NDArray[np.float64]
MONTH_DAYS = 30.4375


def tenures(subscriptions: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return how long each unbroken span of payment lasted, in whole months.

    Parameters
    ----------
    subscriptions : pl.DataFrame
    as_of : date

    Returns
    -------
    pl.DataFrame
        [account_id, seen_from, months, has_left]: seen_from is the month of the span from which it was
        under observation, for who left before the first end on record is in no file.
    """
    spans = accounts.spells(subscriptions).filter(pl.col("started_on") <= as_of)
    over = (pl.col("ended_on") <= as_of).fill_null(value=False)
    first = spans["ended_on"].min()
    begin = first if isinstance(first, date) else as_of
    end = pl.when(over).then("ended_on").otherwise(pl.lit(as_of))
    watched = pl.max_horizontal("started_on", pl.lit(min(begin, as_of)))

    def months(day: pl.Expr) -> pl.Expr:
        return ((day - pl.col("started_on")).dt.total_days() / MONTH_DAYS).round().cast(pl.Int64)

    return spans.select(
        "account_id", seen_from=months(pl.min_horizontal(watched, end)), months=months(end), has_left=over
    )


def kaplan_meier(spans: pl.DataFrame, longest: int) -> Floats:
    """Return the chance to stay beyond months 0 to `longest`: the product of 1 − left / at risk.

    A span is at risk from the month it came under observation (late entry), until it ends or is still
    running. Months in which nobody is at risk keep the last value.
    """
    seen, months, left = (spans[n].to_numpy() for n in ("seen_from", "months", "has_left"))
    curve = np.ones(longest + 1)
    for m in range(1, longest + 1):
        at_risk = int(((seen < m) & (months >= m)).sum())
        gone = int(((seen < m) & (months == m) & left).sum())
        curve[m] = curve[m - 1] * (1 - gone / at_risk if at_risk else 1.0)
    return curve


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """Leaving each month with a chance that differs from account to account by a beta distribution.

    S(m) = B(alpha, beta + m) / B(alpha, beta). Source: Fader and Hardie 2007, "How to project customer
    retention". Late entry is minded: likelihoods are given that the span reached the month it was seen.
    """

    alpha: float
    beta: float

    @staticmethod
    def fit(spans: pl.DataFrame) -> ShiftedBetaGeometric:
        """Fit by maximum likelihood with a weak log-normal prior about (1, 30)."""
        from scipy.optimize import minimize

        counts = spans.group_by("seen_from", "months", "has_left").agg(n=pl.len()).sort(pl.all())
        seen, months, n = (counts[c].to_numpy().astype(np.float64) for c in ("seen_from", "months", "n"))
        left = counts["has_left"].to_numpy() & (months > seen)
        centre = np.log([1.0, 30.0])

        def loss(theta: Floats) -> float:
            curve = ShiftedBetaGeometric(*np.exp(theta))
            stay = curve.log_survival(months)
            before = curve.log_survival(np.maximum(months - 1, 0))
            gone = before + np.log(np.maximum(-np.expm1(stay - before), 1e-300))
            each = np.where(left, gone, stay) - curve.log_survival(seen)
            return float(-(n * each).sum() + 0.5 * (((theta - centre) / 2.0) ** 2).sum())

        best = minimize(loss, centre, method="L-BFGS-B", bounds=[(c - 6, c + 6) for c in centre])
        return ShiftedBetaGeometric(*(float(v) for v in np.exp(best.x)))

    def log_survival(self, months: Floats) -> Floats:
        """Return log S at some months."""
        from scipy.special import betaln

        return np.asarray(betaln(self.alpha, self.beta + months) - betaln(self.alpha, self.beta), dtype=np.float64)

    def survival(self, longest: int) -> Floats:
        """Return S(0) to S(longest)."""
        return np.asarray(np.exp(self.log_survival(np.arange(longest + 1.0))), dtype=np.float64)


def ahead(curve: Floats, reached: NDArray[np.int64], months: int) -> Floats:
    """Return the mean chance to stay 0 to `months` more months, of accounts that reached some month."""
    at = np.minimum(reached, len(curve) - 1)
    base = np.maximum(curve[at], 1e-12)
    return np.asarray(
        [(curve[np.minimum(at + m, len(curve) - 1)] / base).mean() if len(at) else np.nan for m in range(months + 1)]
    )
