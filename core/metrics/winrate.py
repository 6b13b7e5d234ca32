"""Win rate, deal size and cycle length of closed deals."""

from __future__ import annotations

import polars as pl

from core.config import Settings
from core.config.windows import Days, last_months
from core.contracts import Dataset
from core.contracts.amount_visibility import HIDDEN, needs_amounts
from core.localization import joined, message
from core.metrics.measure import Measure, counted, money, percent, ratio, share


def closed(data: Dataset, window: Days) -> pl.DataFrame:
    """Return the deals closed within a window of days."""
    return data.opportunities.filter("is_closed", window.holds("close_on"))


def closed_deals(data: Dataset, settings: Settings, months: int = 12) -> pl.DataFrame:
    """Return the deals closed over the last months, the latest first: those behind the win rate."""
    columns = ("opportunity_id", "opportunity_name", "stage", "is_won", "amount", "created_on", "close_on", "owner_id")
    rows = closed(data, last_months(data.as_of, months))
    return rows.select(columns).sort("close_on", "opportunity_id", descending=[True, False])


def won_deals(data: Dataset, settings: Settings, months: int = 12) -> pl.DataFrame:
    """Return the deals with an amount won over the last months: those behind the average deal."""
    return closed_deals(data, settings, months).filter("is_won", pl.col("amount").is_not_null())


def win_rate(data: Dataset, settings: Settings, months: int = 12) -> Measure:
    """Win rate by count over the last months, with the rate by amount in the sentence.

    Formula: won deals over won and lost deals, by close date; twelve months are exactly a year. By
    amount: won amount over the amount of all closed deals; deals without an amount are said, and where most
    of the won or of the lost ones have none there is no such rate. None when nothing closed.
    """
    deals = closed(data, last_months(data.as_of, months))
    won = deals.filter("is_won")
    by_count = ratio(won.height, deals.height)
    frame = (
        deals.group_by(month=pl.col("close_on").dt.truncate("1mo"))
        .agg(amount=pl.col("is_won").mean(), n_closed=pl.len())
        .sort("month")
    )
    if by_count is None:
        return Measure(
            "Win rate", None, "rate", frame, message("No deal closed in the last {months} months.", months=months)
        )
    text = message(
        "{by_count} of the {height:,} deals closed in the last {months} months were won; {by_amount}.",
        by_count=percent(by_count),
        height=deals.height,
        months=months,
        by_amount=_by_amount(deals) if data.amounts != HIDDEN else message("amounts are hidden"),
    )
    return Measure("Win rate", by_count, "rate", frame, text)


def _by_amount(deals: pl.DataFrame) -> str:
    """Say the win rate by amount, and how many won and lost deals it says nothing of."""
    won, lost = deals.filter("is_won"), deals.filter(~pl.col("is_won"))
    rate = share(float(won["amount"].sum()), float(deals["amount"].sum()))
    missing = {"won": won["amount"].null_count(), "lost": lost["amount"].null_count()}
    parts = [f"{counted(n, f'{word} deal')}" for word, n in missing.items() if n]
    if not parts:
        return (
            message("by amount {rate}", rate=percent(rate))
            if rate is not None
            else "by amount not known, for the amounts net out"
        )
    has = "has" if sum(missing.values()) == 1 else "have"
    blind = message("{parts} {has} no amount", parts=joined(*parts, by=" and "), has=has)
    is_thin = any(side.height and n * 2 > side.height for side, n in zip((won, lost), missing.values(), strict=True))
    if rate is None or is_thin:
        return message("by amount not known: {blind}", blind=blind)
    return message("by amount {rate} of those with one, for {blind}", rate=percent(rate), blind=blind)


@needs_amounts
def deal_size(data: Dataset, settings: Settings, months: int = 12) -> Measure:
    """Average amount of the deals won over the last months; deals without an amount are left out."""
    won = closed(data, last_months(data.as_of, months)).filter("is_won", pl.col("amount").is_not_null())
    frame = won.group_by(month=pl.col("close_on").dt.truncate("1mo")).agg(pl.col("amount").mean()).sort("month")
    size = ratio(float(won["amount"].sum()), won.height)
    text = "No deal with an amount was won."
    if size is not None:
        text = message("A won deal is worth {size} on average.", size=money(size, settings.currency))
    return Measure("Average deal", size, "money", frame, text)


def cycle_days(data: Dataset, months: int = 12) -> Measure:
    """Mean days from creation to close of the deals won over the last months."""
    won = closed(data, last_months(data.as_of, months)).filter("is_won")
    days = won.select((pl.col("close_on") - pl.col("created_on")).dt.total_days().alias("days")).drop_nulls()
    mean = ratio(float(days["days"].sum()), days.height)
    text = (
        message("A won deal takes {mean:.0f} days from creation to close.", mean=mean)
        if mean is not None
        else "No deal was won."
    )
    return Measure("Sales cycle", mean, "days", days, text)
