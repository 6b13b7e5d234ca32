"""What was known of each paying account on a date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from core import marts
from core.config import Settings, windows
from core.contracts import Dataset
from core.contracts.spans import line_runs, unbroken
from core.marts.exact import DIGITS, exact_sum

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


def build(dataset: Dataset, as_of: date, settings: Settings, only: str | None = None) -> pl.DataFrame:
    """Describe every account with monthly recurring revenue on a date, or one of them, by what was known then.

    Parameters
    ----------
    dataset : Dataset
    as_of : date
        Later rows change nothing; a contract that ends later counts as running.
    settings : Settings
    only : str, optional
        The account_id of one account.

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
    tables = marts.of(dataset)
    done = tables.account_activity_days.filter(_chosen(only), pl.col("on") <= as_of)
    contracts = _contracts(dataset.subscriptions.filter(_chosen(only)), as_of)
    kinds = dataset.accounts.select("account_id", *CATEGORIES, "employee_count")
    out = (
        contracts.join(kinds, on="account_id", how="left")
        .join(_usage(done, as_of), on="account_id", how="left")
        .join(_touches(done, as_of), on="account_id", how="left")
        .join(_deals(dataset, as_of), on="account_id", how="left")
    )
    counts = ("n_tickets_30d", "n_tickets_90d", "n_meetings_90d", "n_unsolved_tickets_90d")
    none = 0 if tables.has("activities") else None
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


def _chosen(only: str | None) -> pl.Expr:
    return pl.lit(value=True) if only is None else pl.col("account_id") == only


def _contracts(subscriptions: pl.DataFrame, as_of: date) -> pl.DataFrame:
    lines = subscriptions.filter(pl.col("started_on") <= as_of)
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


def _between(as_of: date, begin: int, end: int) -> pl.Expr:
    """Say whether a day lies between `begin` and `end` days back."""
    return windows.last_days(as_of - timedelta(days=begin), end - begin).holds("on")


def _mean(total: str, count: str, which: pl.Expr) -> pl.Expr:
    """Return the mean of what sums and counts by day speak of; null of nothing."""
    n_values = pl.col(count).filter(which).sum()
    return pl.when(n_values > 0).then(exact_sum(pl.col(total).filter(which)) / n_values)


def _usage(done: pl.DataFrame, as_of: date) -> pl.DataFrame:
    read = done.filter((pl.col("kind") == "usage") & _between(as_of, 0, 180))
    means = {
        f"{begin}_{end}": _mean("quantity_sum", "n_quantities", _between(as_of, begin, end))
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


def _touches(done: pl.DataFrame, as_of: date) -> pl.DataFrame:
    ticket, met = pl.col("kind") == "ticket", pl.col("kind") == "meeting"
    late = _between(as_of, 0, 90)
    count = pl.col("n_activities").cast(pl.UInt32)
    age = (pl.lit(as_of) - pl.col("on")).dt.total_days()
    weight = pl.when(ticket & _between(as_of, 0, 365)).then(pl.lit(0.5).pow(age / HALF_LIFE_DAYS)).otherwise(0.0)
    # A weight counts to the nearest millionth before it is multiplied, as it does where every ticket has its own row.
    grains = weight.round(DIGITS)
    felt = exact_sum(grains * pl.col("n_sentiments"))
    return (
        done.filter(pl.col("kind") != "usage")
        .group_by("account_id")
        .agg(
            n_tickets_30d=count.filter(ticket & _between(as_of, 0, 30)).sum(),
            n_tickets_90d=count.filter(ticket & late).sum(),
            ticket_sentiment_90d=_mean("sentiment_sum", "n_sentiments", ticket & late),
            sentiment_90d=_mean("sentiment_sum", "n_sentiments", ~ticket & late),
            n_meetings_90d=count.filter(met & late).sum(),
            n_unsolved_tickets_90d=count.filter(
                ticket & late & pl.col("outcome").is_in(UNSOLVED).fill_null(value=False)
            ).sum(),
            recent_tickets=exact_sum(grains * count),
            recent_ticket_sentiment=pl.when(felt > 0).then(exact_sum(weight * pl.col("sentiment_sum")) / felt),
            contact_silence_days=(pl.lit(as_of) - pl.col("on").filter(~ticket).max()).dt.total_days(),
        )
    )


def _deals(dataset: Dataset, as_of: date) -> pl.DataFrame:
    ended = (pl.col("is_closed") & (pl.col("close_on") <= as_of)).fill_null(value=False)
    live = dataset.opportunities.filter((pl.col("created_on") <= as_of) & ~ended)
    return live.group_by("account_id").agg(n_open_opportunities=pl.len())


def first(dataset: Dataset) -> date | None:
    """Return the day from which accounts can be described: contracts, and activities where there are any."""
    done = marts.of(dataset).row_days.filter(pl.col("entity") == "activities")
    starts = [dataset.subscriptions["started_on"].min(), done["on"].min()]
    dates = [d for d in starts if isinstance(d, date)]
    return max(dates) if dates and dataset.has("subscriptions") else None
