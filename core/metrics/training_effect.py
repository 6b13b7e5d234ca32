"""Whether reps win more after a course than others did over the same months: a difference in differences."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.localization import joined, message
from core.metrics import course_record
from core.metrics.competitors import points
from core.metrics.confidence_intervals import is_beyond_chance, t_for
from core.metrics.measure import Measure, counted, percent

MONTHS, FEWEST_MONTHS = 6, 3
FEWEST_REPS = 10
RAISES, LOWERS, APART, OPEN, TOO_FEW = (
    "goes with more wins",
    "goes with fewer wins",
    "moved apart before",
    "not clear",
    "too few",
)
EFFECT: dict[str, Any] = {
    "course": pl.String,
    "n_trained": pl.Int64,
    "n_others": pl.Int64,
    "n_deals": pl.Int64,
    "rate_before": pl.Float64,
    "rate_after": pl.Float64,
    "others_change": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "before_difference": pl.Float64,
    "is_sure": pl.Boolean,
    "verdict": pl.String,
}


@dataclass(frozen=True)
class Panel:
    """Won and closed deals per rep, added up over months.

    Attributes
    ----------
    reps : list of str
    first : int
        The month of the first column, in months since the year 0; column k holds all before month first + k.
    won, closed : np.ndarray
        [rep, month + 1], added up from the first month on.
    """

    reps: list[str]
    first: int
    won: np.ndarray
    closed: np.ndarray

    @property
    def last(self) -> int:
        """Return the last month."""
        return self.first + int(self.won.shape[1]) - 2

    def over(self, begin: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Return won and closed deals per rep from one month to another, both included."""
        low, high = (min(max(m - self.first, 0), self.won.shape[1] - 1) for m in (begin, end + 1))
        return self.won[:, high] - self.won[:, low], self.closed[:, high] - self.closed[:, low]


@dataclass(frozen=True)
class Gap:
    """How much more trained reps' win rate rose than that of others, over the same months."""

    n_trained: int
    n_others: int
    n_deals: int
    before: float
    after: float
    others_change: float
    difference: float
    error: float

    def interval(self, n_claims: int) -> tuple[float, float]:
        """Return low and high where so many courses are looked at together."""
        reach = t_for(min(self.n_trained, self.n_others) - 1, n_claims) * self.error
        return self.difference - reach, self.difference + reach


def panel(data: Dataset) -> Panel | None:
    """Return the deals closed in months that are over, renewals left out; None where there are none."""
    rows = data.opportunities.filter("is_closed", pl.col("opportunity_type") != "renewal").drop_nulls(
        ["owner_id", "close_on"]
    )
    now = _month(data.as_of.year, data.as_of.month)
    dated = rows.select(
        "owner_id", "is_won", month=pl.col("close_on").dt.year() * 12 + pl.col("close_on").dt.month() - 1
    )
    dated = dated.filter(pl.col("month") < now)
    if dated.is_empty():
        return None
    reps = dated["owner_id"].unique().sort().to_list()
    first = int(dated["month"].min())  # type: ignore[arg-type]
    n_months = now - first
    which = dated["owner_id"].replace_strict(reps, list(range(len(reps))), return_dtype=pl.Int64).to_numpy()
    at = which * n_months + (dated["month"].to_numpy() - first)
    size = len(reps) * n_months
    closed = np.bincount(at, minlength=size).reshape(len(reps), n_months)
    won = np.bincount(at, weights=dated["is_won"].cast(pl.Float64).to_numpy(), minlength=size).reshape(closed.shape)
    summed = [np.pad(np.cumsum(part, axis=1), ((0, 0), (1, 0))) for part in (won, closed.astype(float))]
    return Panel(reps, first, *summed)


def _month(year: int, month: int) -> int:
    return year * 12 + month - 1


def win_rate(data: Dataset, settings: Settings, months: int = MONTHS) -> Measure:
    """Change of reps' win rate after a course, beside that of reps who had not finished it over the same months.

    Formula: of each trained rep, the win rate of deals closed in the six months after the month of finishing, less
    that of the six months before; of others, who did not finish the course until then, the same over the same months;
    reps weigh as n·m/(n + m) of their deals before and after. Renewals, and reps with no deal in either half, do not
    count. The standard error leaves out one rep after the other (jackknife over reps), the interval is Student's,
    widened for the number of courses (Bonferroni), so that all hold together in 95 of 100 cases. Under ten reps on
    either side nothing is said. Where the two sides had moved apart beyond chance in the half-year before already,
    nothing is put down to the course. It is an association: who is sent to a course, and when, is no chance.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int
        Length of each half; after the course at least three months must be over.

    Returns
    -------
    Measure
        Unit rate. Value: the largest difference that is beyond chance; None where none is. Frame: course, n_trained,
        n_others, n_deals (of trained reps), rate_before, rate_after, others_change, difference, low, high,
        before_difference (the same comparison half a year earlier; null where it cannot be made), is_sure, verdict;
        the largest difference first.

    Source: B. Callaway and P. Sant'Anna, Difference-in-differences with multiple time periods, 2021; J. MacKinnon,
    M. Nielsen and M. Webb, Leverage, influence, and the jackknife in clustered regression models, 2023.
    """
    deals, finished = panel(data), course_record.finished_on(data)
    courses = finished["course"].unique().sort().to_list()
    gaps = {c: _both(deals, finished.filter(pl.col("course") == c), months) for c in courses} if deals else {}
    n_claims = max(sum(gap is not None and _is_enough(gap) for gap, _ in gaps.values()), 1)
    rows = [_row(course, gap, earlier, n_claims) for course, (gap, earlier) in gaps.items()]
    frame = pl.DataFrame(rows, schema=EFFECT).sort("difference", "course", descending=[True, False], nulls_last=True)
    sure = frame.filter("is_sure").sort(pl.col("difference").abs(), descending=True)
    value = None if sure.is_empty() else float(sure["difference"][0])
    return Measure("Win rate after courses", value, "rate", frame, _text(frame, courses))


def _is_enough(gap: Gap) -> bool:
    return min(gap.n_trained, gap.n_others) >= FEWEST_REPS


def _both(deals: Panel, finished: pl.DataFrame, months: int) -> tuple[Gap | None, Gap | None]:
    """Return the gap over the course, and that of the half-year before it with the one before that."""
    when = dict(
        finished.select(
            "rep_id", pl.col("completed_on").dt.year() * 12 + pl.col("completed_on").dt.month() - 1
        ).iter_rows()
    )
    months_of = np.array([when.get(rep, 0) for rep in deals.reps])
    return gap_of(deals, months_of, months), gap_of(deals, months_of, months, shift=months)


def gap_of(deals: Panel, trained_in: np.ndarray, months: int, shift: int = 0) -> Gap | None:
    """Return how much more trained reps' win rate rose than that of others; None where nobody can be compared.

    Parameters
    ----------
    deals : Panel
    trained_in : np.ndarray
        Per rep the month of finishing, 0 for never.
    months : int
        Length of each half.
    shift : int
        So many months earlier: the same comparison where there was no course yet.
    """
    parts = [
        part
        for month in np.unique(trained_in[trained_in > 0]).tolist()
        if (part := _cohort(deals, trained_in, month, months, shift)) is not None
    ]
    if not parts:
        return None
    trained, others = (np.array([part[k] for part in parts]) for k in (0, 1))  # [cohort, weight and change, rep]
    difference = float(_pooled(trained, others))
    takes_part = trained[:, 0].sum(axis=0) + others[:, 0].sum(axis=0) > 0
    without = np.array([_pooled(*_left_out(trained, others, rep)) for rep in np.flatnonzero(takes_part).tolist()])
    n = len(without)
    error = sqrt((n - 1) / n * float(((without - difference) ** 2).sum())) if np.isfinite(without).all() else np.inf
    weight = trained[:, 0].sum()
    before = float(sum((part[0][0] * part[2]).sum() for part in parts) / weight)
    rise = float((trained[:, 0] * trained[:, 1]).sum() / weight)
    return Gap(
        n_trained=int((trained[:, 0].sum(axis=0) > 0).sum()),
        n_others=int((others[:, 0].sum(axis=0) > 0).sum()),
        n_deals=int(sum(part[3] for part in parts)),
        before=before,
        after=before + rise,
        others_change=rise - difference,
        difference=difference,
        error=float(error),
    )


def _cohort(
    deals: Panel, trained_in: np.ndarray, month: int, months: int, shift: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int] | None:
    """Return weight and change of trained and other reps around one month of finishing, trained rates before, deals.

    The others are those who had not finished the course by the end of the months after it. None where either side is
    empty, or too few months are recorded.
    """
    middle = month - shift
    begin = max(middle - months, deals.first)
    # Half a year earlier the month of the course itself is not in between: the two halves touch.
    after = middle + 1 if not shift else middle
    end = min(middle + months, deals.last) if not shift else month - 1
    if middle - begin < FEWEST_MONTHS or end - after + 1 < FEWEST_MONTHS:
        return None
    (won, n), (later_won, m) = deals.over(begin, middle - 1), deals.over(after, end)
    has_both = (n > 0) & (m > 0)
    weight = np.where(has_both, n * m / np.maximum(n + m, 1), 0.0)
    rate = won / np.maximum(n, 1)
    change = np.where(has_both, later_won / np.maximum(m, 1) - rate, 0.0)
    is_trained = trained_in == month
    is_other = (trained_in == 0) | (trained_in > max(month, end))
    trained, others = (np.array([np.where(side, weight, 0.0), change]) for side in (is_trained, is_other))
    if not trained[0].sum() or not others[0].sum():
        return None
    counted_deals = int((n + m)[is_trained & has_both].sum())
    return trained, others, np.where(has_both, rate, 0.0), counted_deals


def _pooled(trained: np.ndarray, others: np.ndarray) -> float:
    """Return the pooled difference of changes; not a number where a side is empty."""
    weight = trained[:, 0].sum(axis=1)
    others_weight = others[:, 0].sum(axis=1)
    used = (weight > 0) & (others_weight > 0)
    if not used.any():
        return float("nan")
    rise = (trained[:, 0] * trained[:, 1]).sum(axis=1)[used]
    beside = (others[:, 0] * others[:, 1]).sum(axis=1)[used] / others_weight[used]
    return float((rise - weight[used] * beside).sum() / weight[used].sum())


def _left_out(trained: np.ndarray, others: np.ndarray, rep: int) -> tuple[np.ndarray, np.ndarray]:
    left = trained.copy(), others.copy()
    for side in left:
        side[:, 0, rep] = 0.0
    return left


def _row(course: str, gap: Gap | None, earlier: Gap | None, n_claims: int) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(EFFECT) | {"course": course, "is_sure": False, "verdict": TOO_FEW}
    if gap is None:
        return row | {"n_trained": 0, "n_others": 0, "n_deals": 0}
    row |= {"n_trained": gap.n_trained, "n_others": gap.n_others, "n_deals": gap.n_deals}
    if not _is_enough(gap):
        return row
    low, high = gap.interval(n_claims)
    apart = earlier is not None and _is_enough(earlier) and is_beyond_chance(*earlier.interval(1))
    beyond = is_beyond_chance(low, high)
    verdict = OPEN if not beyond else APART if apart else RAISES if low > 0 else LOWERS
    return row | {
        "rate_before": gap.before,
        "rate_after": gap.after,
        "others_change": gap.others_change,
        "difference": gap.difference,
        "low": max(low, -1.0),
        "high": min(high, 1.0),
        "before_difference": earlier.difference if earlier is not None and _is_enough(earlier) else None,
        "is_sure": beyond and not apart,
        "verdict": verdict,
    }


def _text(frame: pl.DataFrame, courses: list[str]) -> str:
    if not courses:
        return "Nobody of the sales team has finished a course on a day that is known."
    judged = frame.drop_nulls("difference")
    if judged.is_empty():
        return message(
            "No course can be judged yet: it takes {fewest_reps} reps who closed deals before and "
            "after it, and {fewest_reps} others over the same months.",
            fewest_reps=FEWEST_REPS,
        )
    sure = judged.filter("is_sure")
    warning = "Who is sent to a course, and when, is no chance: a weak half-year often mends itself."
    if sure.is_empty():
        return message(
            "No course goes with a change of the win rate beyond chance; {courses} can be judged. {warning}",
            courses=counted(judged.height, "course"),
            warning=warning,
        )
    named = joined(
        *(
            (
                message(
                    "{course} +{points} points (range {low:+.0f} to {high:+.0f}; {rate_before} before, "
                    "{rate_after} after, {reps} against {n_others:,})",
                    course=row["course"],
                    points=points(row["difference"]),
                    low=row["low"] * 100,
                    high=row["high"] * 100,
                    rate_before=percent(row["rate_before"]),
                    rate_after=percent(row["rate_after"]),
                    reps=counted(row["n_trained"], "rep"),
                    n_others=row["n_others"],
                )
                if row["difference"] > 0
                else message(
                    "{course} −{points} points (range {low:+.0f} to {high:+.0f}; {rate_before} before, "
                    "{rate_after} after, {reps} against {n_others:,})",
                    course=row["course"],
                    points=points(row["difference"]),
                    low=row["low"] * 100,
                    high=row["high"] * 100,
                    rate_before=percent(row["rate_before"]),
                    rate_after=percent(row["rate_after"]),
                    reps=counted(row["n_trained"], "rep"),
                    n_others=row["n_others"],
                )
            )
            for row in sure.iter_rows(named=True)
        ),
        by="; ",
    )
    others = judged.height - sure.height
    rest = (
        message(
            " The other {words} cannot be told from chance.",
            words=message("course") if others == 1 else message("{others} courses", others=others),
        )
        if others
        else ""
    )
    return message(
        "Beside others over the same months, the win rate changed beyond chance: {named}.{rest} {warning}",
        named=named,
        rest=rest,
        warning=warning,
    )
