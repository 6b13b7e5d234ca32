"""How far each lever has moved in the company's own past."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from core import marts
from core.config import Settings
from core.config.calendar import add_quarters, quarter_start
from core.contracts import Dataset
from core.contracts.spans import is_valid, line_runs
from core.localization import message
from core.metrics.attainment import quota_of_reps

QUARTERS, RECENT = 12, 4
FEWEST = 5
LOW, HIGH = 0.05, 0.95
RELATIVE = ("win_rate", "deal_size", "cycle", "creation", "churn", "expansion", "contraction", "quota")
POINTS = ("discount", "slip")
COUNTS = ("hires", "leavers")
SHAPE = {"lever": pl.String, "low": pl.Float64, "high": pl.Float64, "n_quarters": pl.Int64}
RANKS = (
    "your best quarter of {words}",
    "your second best quarter of {words}",
    "your third best quarter of {words}",
    "your fourth best quarter of {words}",
    "your fifth best quarter of {words}",
)
NUMBERS = tuple("no one two three four five six seven eight nine ten eleven twelve".split())


@dataclass(frozen=True)
class Seen:
    """Each lever's past.

    Attributes
    ----------
    frame : pl.DataFrame
        [lever, low, high, n_quarters]: the 5th and 95th percentile of quarters, as a lever's value.
    quarters : dict of str to list of float
        Per lever its value in each quarter, as a lever's value, oldest first.
    """

    frame: pl.DataFrame
    quarters: dict[str, list[float]] = field(default_factory=dict)

    def range(self, lever: str) -> tuple[float, float] | None:
        """Return the range a lever was seen in; None where there is no past of it."""
        return self._ranges.get(lever)

    def has_reached(self, lever: str, value: float, better: int = 1) -> bool:
        """Say whether one of the company's own quarters was as good as a value; False where there is no past of it.

        Examples
        --------
        >>> seen = Seen(pl.DataFrame(), {"win_rate": [-0.1, 0.2]})
        >>> seen.has_reached("win_rate", 0.15), seen.has_reached("win_rate", 0.25), seen.has_reached("price", 0.0)
        (True, False, False)
        """
        side = better or 1
        return any(v * side >= value * side - 1e-9 for v in self.quarters.get(lever, ()))

    @cached_property
    def _ranges(self) -> dict[str, tuple[float, float]]:
        return {r["lever"]: (r["low"], r["high"]) for r in self.frame.to_dicts()}

    def rank(self, lever: str, value: float, better: int = 1) -> str:
        """Say where a value would stand among the company's own quarters.

        Examples
        --------
        >>> Seen(pl.DataFrame(), {"win_rate": [-0.1, 0.0, 0.1, 0.2]}).rank("win_rate", 0.15)
        'your second best quarter of four'
        """
        values = self.quarters.get(lever)
        if not values:
            return "no history"
        side = better or 1
        ahead = sum(v * side > value * side + 1e-9 for v in values)
        if ahead == 0 and all(v * side < value * side - 1e-9 for v in values):
            return message("beyond any of {words} quarters", words=_words(len(values)))
        if ahead >= len(values):
            return message("below every one of {words} quarters", words=_words(len(values)))
        if ahead < len(RANKS):
            return message(RANKS[ahead], words=_words(len(values)))
        return message("reached in {words} of {words_2} quarters", words=_words(ahead), words_2=_words(len(values)))


def _words(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def ranges(dataset: Dataset, settings: Settings, surprises: tuple[float, ...] = ()) -> Seen:
    """Return the range in which each lever lay over the last twelve complete quarters.

    Each quarter's value is held against the mean of the last four: 0.2 means a quarter 20 % above
    today's level. Win rate is deals won over deals closed; deal size the mean amount won; cycle the
    median days from creation to win; creation the number of deals created; churn the share of monthly
    recurring revenue that ended; expansion what was won from present customers; contraction the share of
    recurring revenue given up by those who stayed; discount its mean in points; slipping deals the share
    of those due in the quarter on its first day that were open on its last; hires and leavers are counted.
    Market shock is by how much wins missed the chances given before. A lever seen in fewer than five
    quarters is left out.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    surprises : tuple of float, optional
        Wins over expected wins, less one, on past dates.
    """
    end = quarter_start(dataset.as_of, settings)
    starts = [add_quarters(end, -k, settings) for k in range(QUARTERS, 0, -1)]
    begun = dataset.opportunities["created_on"].min()
    first = begun if isinstance(begun, date) else end
    rows = [quarter(dataset, start, add_quarters(start, 1, settings)) for start in starts if start >= first]
    by_lever: dict[str, list[float]] = {}
    for lever in rows[0] if rows else ():
        values = [float(v) for v in (row[lever] for row in rows) if v is not None]
        moved = _as_lever(lever, values)
        if len(moved) >= FEWEST:
            by_lever[lever] = moved
    if len(surprises) >= FEWEST:
        by_lever["macro"] = list(surprises)
    out = []
    for lever, values in by_lever.items():
        series = pl.Series(values)
        low, high = (float(series.quantile(q, "linear") or 0.0) for q in (LOW, HIGH))
        out.append({"lever": lever, "low": min(low, 0.0), "high": max(high, 0.0), "n_quarters": len(values)})
    return Seen(pl.DataFrame(out, schema=SHAPE), by_lever)


def _as_lever(lever: str, values: list[float]) -> list[float]:
    """Hold a lever's past values against the mean of the last four."""
    recent = sum(values[-RECENT:]) / max(len(values[-RECENT:]), 1)
    if lever in COUNTS or lever == "slip":
        return values
    if lever in POINTS:
        return [v - recent for v in values]
    return [v / recent - 1 for v in values] if recent > 0 else []


def quarter(dataset: Dataset, start: date, end: date) -> dict[str, float | None]:
    """Return each lever's own figure in a quarter, `end` being the first day after it."""
    last = end - timedelta(days=1)
    deals = dataset.opportunities
    closed = deals.filter(pl.col("is_closed") & pl.col("close_on").is_between(start, last))
    won = closed.filter("is_won")
    age = (won["close_on"] - won["created_on"]).dt.total_days()
    created = deals.filter(pl.col("created_on").is_between(start, last)).height
    more = float(won.filter(pl.col("opportunity_type") == "expansion")["amount"].sum())
    lost, less = _leaving(dataset.subscriptions, start, end)
    reps = dataset.sales_team.filter(pl.col("role") == "rep").unique("rep_id")
    return {
        "win_rate": won.height / closed.height if closed.height else None,
        "deal_size": _number(won["amount"].mean()),
        "cycle": _number(age.median()),
        "creation": float(created) if created else None,
        "churn": lost,
        "discount": _discount(dataset, start, last),
        "slip": _slipped(dataset, start, last),
        "expansion": more or None,
        "contraction": less,
        "hires": float(reps["hired_on"].is_between(start, last).sum()) if reps.height else None,
        "leavers": float(reps["left_on"].is_between(start, last).sum()) if reps.height else None,
        "quota": quota_of_reps(dataset, start) or None,
    }


def _leaving(lines: pl.DataFrame, start: date, end: date) -> tuple[float | None, float | None]:
    """Return the shares of recurring revenue that left, and that staying accounts gave up."""

    def mrr(day: date) -> pl.DataFrame:
        return lines.filter(line_runs(day)).group_by("account_id").agg(pl.col("mrr_amount").sum())

    both = mrr(start).join(mrr(end), on="account_id", how="left", suffix="_after")
    total = float(both["mrr_amount"].sum())
    if not total:
        return None, None
    gone = float(both.filter(pl.col("mrr_amount_after").is_null())["mrr_amount"].sum())
    less = float((both["mrr_amount"] - both["mrr_amount_after"]).clip(0).fill_null(0.0).sum())
    return gone / total, less / total


def _discount(dataset: Dataset, start: date, last: date) -> float | None:
    is_then = (pl.col("kind") == "booking") & pl.col("booked_on").is_between(start, last)
    rows = marts.of(dataset).bookings_daily.filter(is_then)
    n_discounts = int(rows["n_discounts"].sum())
    return float(rows["discount_sum"].sum()) / n_discounts if n_discounts else None


def _slipped(dataset: Dataset, start: date, last: date) -> float | None:
    """Return the share of deals due in a quarter on its first day that were still open on its last."""
    states = marts.of(dataset).deal_states.filter(is_valid(start) & ~pl.col("is_deleted"))
    due = states.filter(pl.col("close_on").is_between(start, last)).select("opportunity_id").unique()
    ends = dataset.opportunities.select("opportunity_id", "is_closed", ended_on="close_on")
    rows = due.join(ends, on="opportunity_id").filter(~(pl.col("is_closed") & (pl.col("ended_on") <= start)))
    if not rows.height:
        return None
    left = rows.filter(~pl.col("is_closed") | (pl.col("ended_on") > last))
    return left.height / rows.height


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
