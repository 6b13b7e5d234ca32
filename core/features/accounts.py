"""What was known of each paying account on a date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.spans import line_runs, unbroken
from core.marts.exact import exact_mean, exact_sum

NUMBERS = (
    "mrr_amount",
    "mrr_change_rate_180d",
    "n_contract_lines",
    "tenure_days",
    "days_to_renewal",
    "usage_30d",
    "usage_change_rate_90d",
    "usage_change_rate_30d",
    "n_tickets_30d",
    "n_tickets_90d",
    "ticket_sentiment_90d",
    "sentiment_90d",
    "n_meetings_90d",
    "contact_silence_days",
    "n_open_opportunities",
    "employee_count",
    "recent_tickets",
    "recent_ticket_sentiment",
    "n_unsolved_tickets_90d",
)
CATEGORIES = ("segment", "region", "industry")
NEVER = date(9999, 12, 31)
HALF_LIFE_DAYS = 45
UNSOLVED = ("open", "escalated")


def build(dataset: Dataset, as_of: date, settings: Settings) -> pl.DataFrame:
    """Describe every account with monthly recurring revenue on a date by what was known then.

    Parameters
    ----------
    dataset : Dataset
    as_of : date
        Later rows change nothing; a contract that ends later counts as running.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        One row per account with MRR above 0 at the end of the day: account_id and the features in
        `NUMBERS` and `CATEGORIES`. Changes of usage are the last 90 (30) days' mean over that
        of the 90 (30) days before, less 1; null without readings on both sides. Counts are 0 where
        nothing happened and null where no activities were loaded. recent_tickets counts every
        ticket of the last year at half its weight per 45 days of age; recent_ticket_sentiment is
        the mood in them, weighted alike.
    """
    contracts = _contracts(dataset, as_of)
    kinds = dataset.accounts.select("account_id", *CATEGORIES, "employee_count")
    out = (
        contracts.join(kinds, on="account_id", how="left")
        .join(_usage(dataset, as_of), on="account_id", how="left")
        .join(_touches(dataset, as_of), on="account_id", how="left")
        .join(_deals(dataset, as_of), on="account_id", how="left")
    )
    counts = ("n_tickets_30d", "n_tickets_90d", "n_meetings_90d", "n_unsolved_tickets_90d")
    none = 0 if dataset.has("activities") else None
    return (
        out.with_columns(
            pl.col(counts).fill_null(pl.lit(none, pl.UInt32)),
            pl.col("recent_tickets").fill_null(pl.lit(none, pl.Float64)),
            pl.col("n_open_opportunities").fill_null(0),
        )
        .select("account_id", *NUMBERS, *CATEGORIES)
        .sort("account_id")
    )


def spells(subscriptions: pl.DataFrame) -> pl.DataFrame:
    """Return the unbroken spans in which an account paid: [account_id, started_on, ended_on].

    Contract lines that overlap or follow on the same day are one span; ended_on is null while the
    account still pays. An account that leaves and comes back has two spans.
    """
    paid = subscriptions.filter(pl.col("mrr_amount") > 0)
    return unbroken(paid, "account_id", "started_on", "ended_on")


def outcomes(dataset: Dataset, frame: pl.DataFrame, as_of: date, horizons: Sequence[int]) -> pl.DataFrame:
    """Put beside each account whether its recurring revenue went to 0 within the horizon.

    Returns
    -------
    pl.DataFrame
        The frame's columns and as_of, horizon_days, is_known_on, target (1 when the account left).
    """
    ends = spells(dataset.subscriptions).filter(pl.col("ended_on") > as_of, pl.col("started_on") <= as_of)
    spread = frame.join(ends.select("account_id", left_on="ended_on"), on="account_id", how="left").join(
        pl.DataFrame({"horizon_days": list(horizons)}, schema={"horizon_days": pl.Int64}), how="cross"
    )
    until = pl.lit(as_of) + pl.duration(days="horizon_days")
    return spread.with_columns(
        as_of=pl.lit(as_of),
        is_known_on=until,
        target=(pl.col("left_on") <= until).fill_null(value=False).cast(pl.Int8),
    ).drop("left_on")


def _mrr(lines: pl.DataFrame, day: date) -> pl.DataFrame:
    return lines.filter(line_runs(day))


def _contracts(dataset: Dataset, as_of: date) -> pl.DataFrame:
    lines = dataset.subscriptions.filter(pl.col("started_on") <= as_of)
    earliest = lines.group_by("account_id").agg(first_on=pl.col("started_on").min())
    earlier = _mrr(lines, as_of - timedelta(days=180)).group_by("account_id").agg(earlier=exact_sum("mrr_amount"))
    renewal = pl.when(pl.col("renewal_on") > as_of).then("renewal_on").min()
    now = (
        _mrr(lines, as_of)
        .group_by("account_id")
        .agg(exact_sum("mrr_amount"), n_contract_lines=pl.len(), renewal_on=renewal)
    )
    both = (
        now.filter(pl.col("mrr_amount") > 0).join(earliest, on="account_id").join(earlier, on="account_id", how="left")
    )
    return both.select(
        "account_id",
        "mrr_amount",
        "n_contract_lines",
        tenure_days=(pl.lit(as_of) - pl.col("first_on")).dt.total_days(),
        days_to_renewal=(pl.col("renewal_on") - as_of).dt.total_days(),
        mrr_change_rate_180d=pl.col("mrr_amount") / pl.when(pl.col("earlier") > 0).then("earlier") - 1,
    )


def _within(as_of: date, begin: int, end: int) -> pl.Expr:
    """Say whether an activity lies between `begin` and `end` days back."""
    last = datetime.combine(as_of, time.max)
    at = pl.col("occurred_at")
    return (at <= last - timedelta(days=begin)) & (at > last - timedelta(days=end))


def _usage(dataset: Dataset, as_of: date) -> pl.DataFrame:
    read = dataset.activities.filter((pl.col("kind") == "usage") & _within(as_of, 0, 180))
    size = pl.col("quantity")
    means = {
        f"{begin}_{end}": exact_mean(size.filter(_within(as_of, begin, end)))
        for begin, end in ((0, 30), (30, 60), (0, 90), (90, 180))
    }
    usage = read.group_by("account_id").agg(**means)

    def change(now: str, before: str) -> pl.Expr:
        return pl.col(now) / pl.when(pl.col(before) > 0).then(pl.col(before)) - 1

    return usage.select(
        "account_id",
        usage_30d="0_30",
        usage_change_rate_90d=change("0_90", "90_180"),
        usage_change_rate_30d=change("0_30", "30_60"),
    )


def _touches(dataset: Dataset, as_of: date) -> pl.DataFrame:
    done = dataset.activities.filter((pl.col("kind") != "usage") & (pl.col("occurred_at") <= _end(as_of)))
    ticket, met = pl.col("kind") == "ticket", pl.col("kind") == "meeting"
    late = _within(as_of, 0, 90)
    age = (pl.lit(as_of) - pl.col("occurred_at").dt.date()).dt.total_days()
    weight = pl.when(ticket & _within(as_of, 0, 365)).then(pl.lit(0.5).pow(age / HALF_LIFE_DAYS)).otherwise(0.0)
    felt = pl.when(pl.col("sentiment_score").is_not_null()).then(weight).otherwise(0.0)
    return done.group_by("account_id").agg(
        n_tickets_30d=(ticket & _within(as_of, 0, 30)).sum(),
        n_tickets_90d=(ticket & late).sum(),
        ticket_sentiment_90d=exact_mean(pl.col("sentiment_score").filter(ticket & late)),
        sentiment_90d=exact_mean(pl.col("sentiment_score").filter(~ticket & late)),
        n_meetings_90d=(met & late).sum(),
        n_unsolved_tickets_90d=(ticket & late & pl.col("outcome").is_in(UNSOLVED).fill_null(value=False)).sum(),
        recent_tickets=exact_sum(weight),
        recent_ticket_sentiment=pl.when(exact_sum(felt) > 0).then(
            exact_sum(felt * pl.col("sentiment_score")) / exact_sum(felt)
        ),
        contact_silence_days=(pl.lit(as_of) - pl.col("occurred_at").filter(~ticket).max().dt.date()).dt.total_days(),
    )


def _end(as_of: date) -> datetime:
    return datetime.combine(as_of, time.max)


def _deals(dataset: Dataset, as_of: date) -> pl.DataFrame:
    ended = (pl.col("is_closed") & (pl.col("close_on") <= as_of)).fill_null(value=False)
    live = dataset.opportunities.filter((pl.col("created_on") <= as_of) & ~ended)
    return live.group_by("account_id").agg(n_open_opportunities=pl.len())


def first(dataset: Dataset) -> date | None:
    """Return the day from which accounts can be described: contracts, and activities where there are any."""
    starts = [dataset.subscriptions["started_on"].min(), dataset.activities["occurred_at"].dt.date().min()]
    dates = [d for d in starts if isinstance(d, date)]
    return max(dates) if dates and dataset.has("subscriptions") else None
