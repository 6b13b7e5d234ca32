"""Recurring revenue by account, and how fast it leaves, shrinks and comes."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from core.contracts import Dataset
from core.contracts.spans import line_runs

YEAR, MODEL_MONTHS = 365, 3
USUAL = 1 / 12
SHAPE = {
    "account_id": pl.String,
    "segment": pl.String,
    "region": pl.String,
    "family": pl.String,
    "team": pl.String,
    "mrr_amount": pl.Float64,
    "early_rate": pl.Float64,
    "later_rate": pl.Float64,
    "contraction_rate": pl.Float64,
}


def rows(dataset: Dataset, lines: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """Return today's recurring revenue with the monthly rates at which it leaves and shrinks.

    `later_rate` is the share of its segment's recurring revenue that left over the last year, by
    month. `early_rate`, for the first three months, is the churn model's chance of the account,
    scaled so that its segment loses what it lost over the last year: the model says who leaves, the
    books say how much. `contraction_rate` is what accounts that stayed gave up, by month.

    Parameters
    ----------
    dataset : Dataset
    lines : pl.DataFrame
        Contract lines with segment, region, family and team.
    scores : pl.DataFrame
        [account_id, p_churn_90d], or empty.
    """
    as_of = dataset.as_of
    now = _running(lines, as_of, ["account_id", "segment", "region", "family", "team"])
    rated = now.join(_rates(lines, as_of), on="segment", how="left").with_columns(
        pl.col("later_rate", "contraction_rate").fill_null(0.0)
    )
    if scores.is_empty():
        return rated.with_columns(early_rate="later_rate").select(list(SHAPE)).sort("account_id", "family", "team")
    raw = 1 - (1 - pl.col("p_churn_90d").clip(0, 1)) ** (1 / MODEL_MONTHS)
    rated = rated.join(scores.select("account_id", "p_churn_90d"), on="account_id", how="left")
    rated = rated.with_columns(raw=raw.fill_null(0.0))
    weight = (pl.col("raw") * pl.col("mrr_amount")).sum().over("segment") / pl.col("mrr_amount").sum().over("segment")
    early = pl.when(weight > 0).then(pl.col("raw") * pl.col("later_rate") / weight).otherwise("later_rate").clip(0, 1)
    return rated.with_columns(early_rate=early).select(list(SHAPE)).sort("account_id", "family", "team")


def gained(dataset: Dataset, lines: pl.DataFrame, deals: pl.DataFrame) -> float:
    """Return the monthly recurring revenue that one unit of new and expansion bookings brings.

    Formula: what new accounts pay now, plus what accounts of a year ago pay more now, over a year's
    bookings of new and expansion deals; a twelfth where there are none, 0 without any contract lines.
    """
    then, now = _by_account(lines, dataset.as_of - timedelta(days=YEAR)), _by_account(lines, dataset.as_of)
    if lines.is_empty():
        return 0.0
    both = now.join(then, on="account_id", how="left", suffix="_then").fill_null(0.0)
    more = float((both["mrr_amount"] - both["mrr_amount_then"]).clip(0).sum())
    since = dataset.as_of - timedelta(days=YEAR)
    won = deals.filter(pl.col("is_won") & (pl.col("close_on") > since) & (pl.col("opportunity_type") != "renewal"))
    booked = float(won["amount"].sum())
    return more / booked if more > 0 and booked > 0 else USUAL


def _running(lines: pl.DataFrame, day: date, keys: list[str]) -> pl.DataFrame:
    return lines.filter(line_runs(day)).group_by(keys).agg(pl.col("mrr_amount").sum())


def _by_account(lines: pl.DataFrame, day: date) -> pl.DataFrame:
    return _running(lines, day, ["account_id"])


def _rates(lines: pl.DataFrame, as_of: date) -> pl.DataFrame:
    then = _running(lines, as_of - timedelta(days=YEAR), ["account_id", "segment"])
    both = then.join(_by_account(lines, as_of), on="account_id", how="left", suffix="_now")
    lost, less = pl.col("mrr_amount_now").is_null(), (pl.col("mrr_amount") - pl.col("mrr_amount_now")).clip(0)
    base = pl.col("mrr_amount").sum()
    share = both.group_by("segment").agg(
        lost=pl.when(base > 0).then(pl.col("mrr_amount").filter(lost).sum() / base).otherwise(0.0),
        less=pl.when(base > 0).then(less.fill_null(0.0).sum() / base).otherwise(0.0),
    )
    monthly = [1 - (1 - pl.col(name).clip(0, 1)) ** (1 / 12) for name in ("lost", "less")]
    return share.select("segment", later_rate=monthly[0], contraction_rate=monthly[1])
