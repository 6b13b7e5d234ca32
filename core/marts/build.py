"""The marts of one dataset, built once and carried forward day by day."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.artifacts import MARTS, process_shelf
from core.contracts import Dataset
from core.contracts.spans import line_runs
from core.marts.exact import exact_sum
from core.marts.facts import account_facts, bookings_daily, stage_intervals


@dataclass(frozen=True)
class Marts:
    """The few tables measures are worked out from.

    Attributes
    ----------
    bookings_daily : pl.DataFrame
        [booked_on, region, product_id, rep_id, kind, amount, n_lines], one row per combination, by day.
    stage_intervals : pl.DataFrame
        [opportunity_id, stage, entered_on, left_on], by deal and day.
    account_facts : pl.DataFrame
        [account_id, first_on, last_on, n_lines, booked_amount, revenue_amount, n_open_deals, open_amount,
        n_won_deals, won_amount, n_lost_deals, mrr_amount, last_activity_on], one row per account, by id;
        counts and sums are 0 where an account has none, dates are null.
    """

    bookings_daily: pl.DataFrame
    stage_intervals: pl.DataFrame
    account_facts: pl.DataFrame


def booking_lines(data: Dataset) -> pl.DataFrame:
    """Return the transaction lines; where none were loaded, won deals stand for bookings.

    Parameters
    ----------
    data : Dataset

    Returns
    -------
    pl.DataFrame
        In the shape of transactions, or its columns account_id, product_id, rep_id, region, booked_on,
        kind, amount: a won deal with an amount is booked on its close date by its owner in its
        account's region.
    """
    if data.has("transactions"):
        return data.transactions
    regions = data.accounts.select("account_id", "region")
    won = data.opportunities.filter("is_won", pl.col("amount").is_not_null()).join(regions, on="account_id", how="left")
    return won.select(
        "account_id",
        "product_id",
        "region",
        "amount",
        rep_id=pl.col("owner_id"),
        booked_on=pl.col("close_on"),
        kind=pl.lit("booking"),
    )


def of(data: Dataset) -> Marts:
    """Return the marts of a dataset, built when first asked for and remembered by its fingerprint."""
    return process_shelf(MARTS).get((data.fingerprint, data.as_of), lambda: build(data))


def build(data: Dataset) -> Marts:
    """Build the marts from every row.

    Parameters
    ----------
    data : Dataset
        Rows later than its as-of date are left out.

    Returns
    -------
    Marts
    """
    lines = booking_lines(data)
    cube = bookings_daily(lines, data.as_of).sort(pl.all().exclude("amount", "n_lines"), nulls_last=True)
    stays = stage_intervals(data.opportunity_history, data.as_of).sort("opportunity_id", "entered_on")
    return Marts(cube, stays, _facts(account_facts(lines, data.as_of), data))


def append(marts: Marts, fresh: Dataset, data: Dataset) -> Marts:
    """Carry marts forward by new rows, touching no older line.

    Parameters
    ----------
    marts : Marts
        Of the rows before.
    fresh : Dataset
        The new transactions and the new states of deals; its other frames are not read.
    data : Dataset
        All rows, the new ones among them.

    Returns
    -------
    Marts
        The same rows as `build(data)` gives, where new lines are later than the as-of date before and
        a deal's new states follow its older ones. Sums may differ in the last binary digit.
    """
    new = bookings_daily(fresh.transactions, data.as_of)
    keys = [c for c in new.columns if c not in ("amount", "n_lines")]
    cube = pl.concat([marts.bookings_daily, new]).sort(keys, nulls_last=True)
    moved = fresh.opportunity_history["opportunity_id"].unique().implode()
    states = data.opportunity_history.filter(pl.col("opportunity_id").is_in(moved))
    stays = pl.concat(
        [
            marts.stage_intervals.filter(~pl.col("opportunity_id").is_in(moved)),
            stage_intervals(states, data.as_of),
        ]
    ).sort("opportunity_id", "entered_on")
    earlier = marts.account_facts.select(
        "account_id", "first_on", "last_on", "n_lines", "booked_amount", "revenue_amount"
    )
    both = pl.concat([earlier.filter(pl.col("n_lines") > 0), account_facts(fresh.transactions, data.as_of)])
    summed = both.group_by("account_id").agg(
        pl.col("first_on").min(),
        pl.col("last_on").max(),
        pl.col("n_lines").sum(),
        exact_sum("booked_amount"),
        exact_sum("revenue_amount"),
    )
    return Marts(cube, stays, _facts(summed, data))


def _facts(bought: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Put what is known of an account beside what it bought."""
    deals = data.opportunities
    is_open = ~pl.col("is_closed")
    lost = pl.col("is_closed") & ~pl.col("is_won")
    of_deals = deals.group_by("account_id").agg(
        n_open_deals=is_open.sum(),
        open_amount=exact_sum(pl.col("amount").filter(is_open)),
        n_won_deals=pl.col("is_won").sum(),
        won_amount=exact_sum(pl.col("amount").filter("is_won")),
        n_lost_deals=lost.sum(),
    )
    running = data.subscriptions.filter(line_runs(data.as_of))
    paid = running.group_by("account_id").agg(exact_sum("mrr_amount"))
    met = data.activities.group_by("account_id").agg(last_activity_on=pl.col("occurred_at").max().dt.date())
    accounts = pl.concat([data.accounts.select("account_id"), bought.select("account_id")]).unique()
    out = accounts.filter(pl.col("account_id").is_not_null())
    for facts in (bought, of_deals, paid, met):
        out = out.join(facts, on="account_id", how="left")
    sums = [c for c in out.columns if c.startswith("n_") or c.endswith("_amount")]
    return out.with_columns(pl.col(sums).fill_null(0)).sort("account_id")
