"""What simple rules say of a window: last year's, stage-weighted deals, closed and commit, closed and pace."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from core.config import Settings
from core.config.calendar import add_months, add_quarters, quarter_end, quarter_start
from core.contracts import Dataset
from core.features import deals as deal_features
from core.metrics.deal_events import tracks
from core.metrics.stage_conversion import shares

RULES = ("last_year_amount", "weighted_amount", "commit_amount", "best_case_amount", "pace_amount")
PACE_QUARTERS = 4


def of_window(
    dataset: Dataset, settings: Settings, due: pl.DataFrame, begin: date, until: date, closed: float
) -> dict[str, float | None]:
    """Return what each rule says of the quarter, or of so many days from the next.

    Deals count by rules as due once their expected close lies in the window or before it; those without an amount
    count for nothing.

    Parameters
    ----------
    dataset : Dataset
        As it was known on its as-of day.
    settings : Settings
    due : pl.DataFrame
        Open deals: [stage, close_on, amount, is_amount_filled, forecast_category].
    begin, until : date
        The first and the last day of the window.
    closed : float
        What is won in it already.

    Returns
    -------
    dict of str to float or None
        By `RULES`: what the same days brought a year before; closed + amount due × share won from its stage; closed +
        commit; closed + commit + best case; closed + what the last four quarters still won with as many days left
        (of a quarter alone). None where the data does not tell.
    """
    entered = due.filter(pl.col("close_on") <= until, ~pl.col("is_amount_filled"))
    share = shares(tracks(dataset, settings), settings, dataset.as_of).select("stage", "won_rate")
    weighted = None
    if not share.is_empty():
        worth = entered.join(share, on="stage", how="left")
        weighted = closed + float(worth.select((pl.col("amount") * pl.col("won_rate")).sum()).item())
    sums = dict(entered.group_by("forecast_category").agg(pl.col("amount").sum()).iter_rows())
    commit = closed + float(sums.get("commit", 0.0)) if any(k is not None for k in sums) else None
    best = None if commit is None else commit + float(sums.get("best_case", 0.0))
    is_quarter = begin == quarter_start(begin, settings) and until == quarter_end(begin, settings)
    before = add_quarters(begin, -4, settings) if is_quarter else add_months(begin, -12)
    past = quarter_end(before, settings) if is_quarter else before + (until - begin)
    first = deal_features.first(dataset)
    last_year = won(dataset, before, past) if first is not None and first <= before else None
    pace = _pace(dataset, settings, closed, first) if is_quarter else None
    return dict(zip(RULES, (last_year, weighted, commit, best, pace), strict=True))


def won(dataset: Dataset, since: date, until: date) -> float | None:
    """Return what was won from one day to another, both included; None while the window still runs."""
    if until > dataset.as_of:
        return None
    rows = dataset.opportunities.filter(pl.col("is_won") & pl.col("close_on").is_between(since, until))
    return float(rows["amount"].sum())


def _pace(dataset: Dataset, settings: Settings, closed: float, first: date | None) -> float | None:
    left = quarter_end(dataset.as_of, settings) - dataset.as_of
    ends = [quarter_end(add_quarters(dataset.as_of, -k, settings), settings) for k in range(1, PACE_QUARTERS + 1)]
    whole = [end for end in ends if first is not None and first <= quarter_start(end, settings)]
    later = [won(dataset, end - left + timedelta(days=1), end) or 0.0 for end in whole]
    return closed + sum(later) / len(later) if later else None
