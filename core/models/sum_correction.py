"""The second correction: what past forecasts of the quarter missed by, learnt week by week and put right on the sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.contracts.constants import Z80
from core.localization import message
from core.metrics.measure import counted, percent

Floats = NDArray[np.float64]
BLENDED = ("weighted_amount", "commit_amount", "best_case_amount", "pace_amount")
NAMES: Mapping[str, str] = {
    "weighted_amount": "stage-weighted pipeline",
    "commit_amount": "closed and commit",
    "best_case_amount": "closed, commit and best case",
    "pace_amount": "closed and the pace of past quarters",
}
FEWEST_QUARTERS = 1
NEAR_WEEKS = 1.5
PRIOR_SHIFT, PRIOR_REACH, PRIOR_RULES = 1.0, 4.0, 2.0
USUAL_REACH = Z80
LEAST_REACH = 0.25
EARLY_WIDTH, EARLY_WEEKS = 0.4, 3.0
SHARE = 0.8
POWER = 2.0
MOST_GROWTH = 3.0
SCHEMA = {
    "period_start_on": pl.Date,
    "week": pl.Int64,
    "closed_amount": pl.Float64,
    "computed_amount": pl.Float64,
    "deviation": pl.Float64,
    "actual_amount": pl.Float64,
    **dict.fromkeys(BLENDED, pl.Float64),
}


@dataclass(frozen=True)
class SumCorrection:
    """How the number of one week of the quarter is put right, as past quarters would have had it.

    Attributes
    ----------
    n_quarters : int
        Finished quarters it is learnt from; without any, nothing is changed.
    weights : dict of str to float
        What the computed number ("computed_amount") and each simple rule count; they sum to 1.
    shift : float
        What is added, in standard deviations of the computed number.
    reach : float
        Half of the 80 % range, in standard deviations of the computed number.
    closer : dict of str to float
        The simple rules that missed by less than the forecast so corrected in these weeks of past quarters: their
        mean miss ÷ that of the forecast.
    """

    n_quarters: int = 0
    weights: Mapping[str, float] = field(default_factory=lambda: {"computed_amount": 1.0})
    shift: float = 0.0
    reach: float = USUAL_REACH
    closer: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_learnt(self) -> bool:
        """Say whether there were enough past quarters to change anything."""
        return self.n_quarters >= FEWEST_QUARTERS

    def corrected(
        self, computed: float, deviation: float, closed: float, rules: Mapping[str, float | None]
    ) -> tuple[float, float, float]:
        """Return the number and the ends of its 80 % range.

        Parameters
        ----------
        computed : float
            Closed + open + new, as the close model has it.
        deviation : float
            Its standard deviation.
        closed : float
            What is won already: neither the number nor the range goes below.
        rules : mapping of str to float or None
            What the simple rules say; one that says nothing leaves its weight to the computed number.
        """
        if not self.is_learnt:
            return computed, max(computed - self.reach * deviation, closed), computed + self.reach * deviation
        blend = computed
        for name, weight in self.weights.items():
            value = rules.get(name)
            blend += weight * (value - computed) if value is not None else 0.0
        most = closed + MOST_GROWTH * max(computed - closed, 0.0)
        amount = min(max(blend + self.shift * deviation, closed), most)
        half = self.reach * deviation
        return amount, max(amount - half, closed), amount + half

    def sentence(self) -> str:
        """Say from how many quarters it was learnt."""
        if not self.is_learnt:
            return "Past quarters have not been replayed yet: the number and its range stand as computed."
        many = counted(self.n_quarters, "past quarter")
        return message("Number and range are put right by what {many} missed by in these weeks.", many=many)

    def beaten(self) -> str:
        """Say which simple rule came closer than the forecast in these weeks of past quarters; empty where none did."""
        if not self.closer:
            return ""
        rule = min(self.closer, key=lambda name: self.closer[name])
        less = percent(1 - self.closer[rule])
        return message(
            "In these weeks of past quarters {names} came closer than the forecast: it missed by {less} less.",
            names=NAMES[rule],
            less=less,
        )


def learn(past: pl.DataFrame, week: int) -> SumCorrection:
    """Learn the correction of a week of the quarter from forecasts of finished quarters.

    Misses are counted in standard deviations of the computed number; those of near weeks count more (a miss a week
    and a half away counts a third). The number is blended with the simple rules by how small the mean squared miss of
    each was, squared again, rules less with few quarters. The mean miss of that blend is added, drawn to nothing as if
    one more quarter had missed by nothing. Half of the range is the 80 % quantile of what is then left, drawn
    toward the computed one as if four more quarters had had that. In a quarter's first weeks, where the number is
    furthest from its end, that is too narrow: it is wider by two fifths in the first, fading with three weeks. All
    constants were chosen on sample companies of seeds 1 to 20, that width on others (docs/benchmarks.md).

    Parameters
    ----------
    past : pl.DataFrame
        In the columns of `SCHEMA`, one row per replayed day, and where it is there `amount`, the forecast as it was
        corrected on its day. Rows without an outcome or a deviation are left out.
    week : int
        From 1.

    Returns
    -------
    SumCorrection
        One that changes nothing without a finished quarter.
    """
    rows = past.filter(pl.col("actual_amount").is_not_null(), pl.col("deviation") > 0)
    n = rows["period_start_on"].n_unique()
    if n < FEWEST_QUARTERS:
        return SumCorrection(n)
    near = np.exp(-np.abs(rows["week"].to_numpy() - week) / NEAR_WEEKS)
    misses = _misses(rows)
    weights = _weights(misses, near, n)
    blend = misses @ weights
    shift = float(np.average(blend, weights=near)) * n / (n + PRIOR_SHIFT)
    left = np.abs(blend - shift)
    quantile = max(_quantile(left, near, SHARE), LEAST_REACH)
    reach = float(np.exp((n * np.log(quantile) + PRIOR_REACH * np.log(USUAL_REACH)) / (n + PRIOR_REACH)))
    reach *= 1 + EARLY_WIDTH * float(np.exp(-(week - 1) / EARLY_WEEKS))
    own = float(np.average(_own(rows, left), weights=near))
    sizes = {name: float(np.average(np.abs(misses[:, k + 1]), weights=near)) for k, name in enumerate(BLENDED)}
    closer = {name: size / own for name, size in sizes.items() if _is_whole(rows, name) and size < own}
    return SumCorrection(
        n, dict(zip(("computed_amount", *BLENDED), weights.tolist(), strict=True)), shift, reach, closer
    )


def _own(rows: pl.DataFrame, left: Floats) -> Floats:
    """Return how far the corrected forecasts missed, as each was made on its day where that is among the rows."""
    if "amount" not in rows.columns:
        return left
    return (
        rows.select(((pl.col("amount") - pl.col("actual_amount")) / pl.col("deviation")).abs()).to_series().to_numpy()
    )


def _misses(rows: pl.DataFrame) -> Floats:
    """Return outcome less computed number and less each rule, in deviations: [row, 1 + rule].

    Where a rule says nothing, it misses as the computed number does.
    """
    names = ["computed_amount", *BLENDED]
    miss = [(pl.col("actual_amount") - pl.coalesce(name, "computed_amount")) / pl.col("deviation") for name in names]
    return rows.select(part.alias(name) for name, part in zip(names, miss, strict=True)).to_numpy()


def _weights(misses: Floats, near: Floats, n: int) -> Floats:
    """Return what the computed number and each rule count: by the inverse of their mean squared miss, to a power."""
    size = np.maximum(np.average(misses**2, axis=0, weights=near), 1e-6)
    weight = size**-POWER
    weight[1:] *= n / (n + PRIOR_RULES)
    return np.asarray(weight / weight.sum())


def _quantile(values: Floats, weight: Floats, share: float) -> float:
    """Return the value that so large a share of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    return float(values[order][min(int(np.searchsorted(reached, share - 1e-9)), len(values) - 1)])


def _is_whole(rows: pl.DataFrame, name: str) -> bool:
    return rows[name].null_count() == 0


def rolled(forecasts: pl.DataFrame, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """Correct replayed forecasts of quarters, each by what the quarters before it had missed by.

    Parameters
    ----------
    forecasts : pl.DataFrame
        In the columns of `SCHEMA` and quota_amount, one row per replayed day.
    before : pl.DataFrame, optional
        Forecasts of earlier quarters, where they are not among these.

    Returns
    -------
    pl.DataFrame
        With amount, lower, upper and quota_chance put right; a quarter is corrected by those that were over before
        it began.
    """
    past = pl.concat([frame.select(list(SCHEMA)) for frame in (before, forecasts) if frame is not None])
    out = []
    learnt: dict[tuple[Any, int], SumCorrection] = {}
    for row in forecasts.iter_rows(named=True):
        key = (row["period_start_on"], row["week"])
        if key not in learnt:
            learnt[key] = learn(past.filter(pl.col("period_start_on") < key[0]), key[1])
        closed, quota = row["closed_amount"], row["quota_amount"]
        amount, lower, upper = learnt[key].corrected(row["computed_amount"], row["deviation"], closed, row)
        chance = None if quota is None else chance_of(quota, amount, upper, closed)
        out.append((amount, lower, upper, chance))
    schema = dict.fromkeys(("amount", "lower", "upper", "quota_chance"), pl.Float64)
    return forecasts.with_columns(pl.DataFrame(out, schema=schema, orient="row"))


def chance_of(target: float, amount: float, upper: float, closed: float) -> float:
    """Return the chance of reaching a target, by a normal distribution with this number and this 80 % range.

    Examples
    --------
    >>> round(chance_of(100.0, 90.0, 100.0, 40.0), 2), chance_of(40.0, 90.0, 100.0, 40.0)
    (0.1, 1.0)
    """
    if target <= closed:
        return 1.0
    deviation = (upper - amount) / Z80
    if deviation <= 0:
        return float(amount >= target)
    from scipy.special import ndtr

    return float(ndtr((amount - target) / deviation))
