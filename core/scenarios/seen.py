"""How far each lever has moved in the company's own past."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from core.config import Settings
from core.config.calendar import add_months, quarter_start
from core.contracts import Dataset
from core.contracts.spans import line_runs

QUARTERS, RECENT = 12, 4
FEWEST = 5
SHAPE = {"lever": pl.String, "low": pl.Float64, "high": pl.Float64, "n_quarters": pl.Int64}


def ranges(dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """Return the range in which each lever lay over the last twelve complete quarters.

    Each quarter's value is held against the mean of the last four: 0.2 means a quarter 20 % above
    today's level. Win rate is deals won over deals closed; deal size the mean amount won; cycle
    the median days from creation to win; creation the number of deals created; churn the share of
    monthly recurring revenue that ended. Price has no history of its own and is left out, as is
    every lever seen in fewer than five quarters.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings

    Returns
    -------
    pl.DataFrame
        [lever, low, high, n_quarters].
    """
    end = quarter_start(dataset.as_of, settings)
    starts = [add_months(end, -3 * k) for k in range(QUARTERS, 0, -1)]
    deals = dataset.opportunities
    begun = deals["created_on"].min()
    first = begun if isinstance(begun, date) else end
    rows = [_quarter(dataset, start, add_months(start, 3)) for start in starts if start >= first]
    if not rows:
        return pl.DataFrame(schema=SHAPE)
    table = pl.DataFrame(rows, infer_schema_length=None)
    out = []
    for lever in table.columns:
        values = table[lever].drop_nulls()
        recent = values.tail(RECENT).mean()
        if len(values) >= FEWEST and isinstance(recent, float) and recent > 0:
            low, high = float(values.min() / recent - 1), float(values.max() / recent - 1)  # type: ignore[operator]
            out.append({"lever": lever, "low": min(low, 0.0), "high": max(high, 0.0), "n_quarters": len(values)})
    return pl.DataFrame(out, schema=SHAPE)


def _quarter(dataset: Dataset, start: date, end: date) -> dict[str, float | None]:
    last = end - timedelta(days=1)
    closed = dataset.opportunities.filter(pl.col("is_closed") & pl.col("close_on").is_between(start, last))
    won = closed.filter("is_won")
    age = (won["close_on"] - won["created_on"]).dt.total_days()
    created = dataset.opportunities.filter(pl.col("created_on").is_between(start, last)).height
    return {
        "win_rate": won.height / closed.height if closed.height else None,
        "deal_size": _number(won["amount"].mean()),
        "cycle": _number(age.median()),
        "creation": float(created) if created else None,
        "churn": _churn(dataset.subscriptions, start, end),
    }


def _churn(lines: pl.DataFrame, start: date, end: date) -> float | None:
    def mrr(day: date) -> pl.DataFrame:
        return lines.filter(line_runs(day)).group_by("account_id").agg(pl.col("mrr_amount").sum())

    before, after = mrr(start), mrr(end)
    total = float(before["mrr_amount"].sum())
    if not total:
        return None
    return float(before.join(after, on="account_id", how="anti")["mrr_amount"].sum()) / total


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
