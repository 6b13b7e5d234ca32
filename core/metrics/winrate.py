"""Win rate, deal size and cycle length of closed deals."""

from __future__ import annotations

from datetime import date

import polars as pl

from core.config import Settings
from core.config.calendar import add_months
from core.contracts import Dataset
from core.metrics.measure import Measure, money, percent, ratio


def closed(data: Dataset, since: date, until: date) -> pl.DataFrame:
    """Return the deals closed from one day to another, both included."""
    return data.opportunities.filter("is_closed", pl.col("close_on").is_between(since, until))


def closed_deals(data: Dataset, settings: Settings, months: int = 12) -> pl.DataFrame:
    """Return the deals closed over the last months, the latest first: those behind the win rate."""
    columns = ("opportunity_id", "opportunity_name", "stage", "is_won", "amount", "created_on", "close_on", "owner_id")
    rows = closed(data, add_months(data.as_of, -months), data.as_of)
    return rows.select(columns).sort("close_on", "opportunity_id", descending=[True, False])


def won_deals(data: Dataset, settings: Settings, months: int = 12) -> pl.DataFrame:
    """Return the deals with an amount won over the last months: those behind the average deal."""
    return closed_deals(data, settings, months).filter("is_won", pl.col("amount").is_not_null())


def win_rate(data: Dataset, settings: Settings, months: int = 12) -> Measure:
    """Win rate by count over the last months, with the rate by amount in the sentence.

    Formula: won deals over won and lost deals, by close date. By amount: won amount over the
    amount of all closed deals. None when nothing closed.
    """
    begin = add_months(data.as_of, -months)
    deals = closed(data, begin, data.as_of)
    won = deals.filter("is_won")
    by_count = ratio(won.height, deals.height)
    by_amount = ratio(float(won["amount"].sum()), float(deals["amount"].sum()))
    frame = (
        deals.group_by(month=pl.col("close_on").dt.truncate("1mo"))
        .agg(amount=pl.col("is_won").mean(), n_closed=pl.len())
        .sort("month")
    )
    if by_count is None:
        return Measure("Win rate", None, "rate", frame, f"No deal closed in the last {months} months.")
    text = (
        f"{percent(by_count)} of the {deals.height:,} deals closed in the last {months} months were won; "
        f"by amount {percent(by_amount)}."
    )
    return Measure("Win rate", by_count, "rate", frame, text)


def deal_size(data: Dataset, settings: Settings, months: int = 12) -> Measure:
    """Average amount of the deals won over the last months; deals without an amount are left out."""
    won = closed(data, add_months(data.as_of, -months), data.as_of).filter("is_won", pl.col("amount").is_not_null())
    frame = won.group_by(month=pl.col("close_on").dt.truncate("1mo")).agg(pl.col("amount").mean()).sort("month")
    size = ratio(float(won["amount"].sum()), won.height)
    text = f"A won deal is worth {money(size, settings.currency)} on average." if size else "No deal was won."
    return Measure("Average deal", size, "money", frame, text)


def cycle_days(data: Dataset, months: int = 12) -> Measure:
    """Mean days from creation to close of the deals won over the last months."""
    won = closed(data, add_months(data.as_of, -months), data.as_of).filter("is_won")
    days = won.select((pl.col("close_on") - pl.col("created_on")).dt.total_days().alias("days")).drop_nulls()
    mean = ratio(float(days["days"].sum()), days.height)
    text = f"A won deal takes {mean:.0f} days from creation to close." if mean is not None else "No deal was won."
    return Measure("Sales cycle", mean, "days", days, text)
