"""Open pipeline on any day, and its path."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from core import marts
from core.config import Settings
from core.config.calendar import add_months
from core.config.stages import is_open
from core.contracts import Dataset
from core.contracts.amount_visibility import HIDDEN
from core.contracts.spans import is_valid
from core.formats import long_day
from core.localization import message, message_plural
from core.metrics.deal_scope import people
from core.metrics.measure import Measure, counted, money

NEXT_DAYS = 30


def open_deals(data: Dataset, day: date, settings: Settings) -> pl.DataFrame:
    """Return the deals open at the end of a day, as they stood then.

    Returns
    -------
    pl.DataFrame
        Columns opportunity_id, stage, forecast_category, amount, close_on, owner_id; amounts
        not entered are null. Deleted deals are out.
    """
    return (
        marts.of(data)
        .deal_states.filter(is_valid(day), is_open(settings))
        .select("opportunity_id", "stage", "forecast_category", "amount", "close_on", "owner_id")
    )


def first_state(data: Dataset) -> date | None:
    """Return the first day deals are known to have been in a state; None without a history."""
    first = marts.of(data).deal_states["valid_from"].min()
    return first if isinstance(first, date) else None


def open_pipeline(data: Dataset, settings: Settings, months: int = 12) -> Measure:
    """Open pipeline at the as-of date, with its path month by month.

    Formula: sum of the amounts of deals open on the day; deals without an amount count as null,
    and their number is said.
    """
    now = open_deals(data, data.as_of, settings)
    bare = now["amount"].null_count() if data.amounts != HIDDEN else 0
    days = [add_months(data.as_of, -m) for m in range(months, -1, -1)]
    path = _path(data, days, settings)
    amount = float(now["amount"].sum())
    text = message(
        "{amount} is open in {deals}", amount=money(amount, settings.currency), deals=counted(now.height, "deal")
    )
    text += (
        message_plural("; {n:,} of them has no amount yet.", "; {n:,} of them have no amount yet.", bare)
        if bare
        else "."
    )
    frame = pl.DataFrame({"month": days, "amount": path})
    return Measure("Open pipeline", amount if data.amounts != HIDDEN else None, "money", frame, text)


def _path(data: Dataset, days: list[date], settings: Settings) -> list[float]:
    """Return what was open at the end of each day; rows that never count are left out once for all days."""
    ever = (
        marts.of(data)
        .deal_states.lazy()
        .filter(pl.col("valid_from") <= days[-1], pl.col("valid_to").is_null() | (pl.col("valid_to") > days[0]))
    )
    open_rows = ever.filter(is_open(settings)).select("valid_from", "valid_to", "amount")
    rows = open_rows.collect()
    return [float(rows.filter(is_valid(day))["amount"].sum()) for day in days]


def deals(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return the deals open at the as-of date, the largest first, with their names and their account's."""
    accounts = data.accounts.select("account_id", "account_name")
    about = data.opportunities.select("opportunity_id", "opportunity_name", "account_id").join(
        accounts, on="account_id", how="left"
    )
    named = open_deals(data, data.as_of, settings).join(about.drop("account_id"), on="opportunity_id", how="left")
    columns = ("opportunity_id", "opportunity_name", "account_name", "stage", "amount", "close_on")
    owner = pl.col("owner_id").replace(people(data)).alias("owner")
    return named.select(*columns, owner).sort("amount", "opportunity_id", descending=[True, False], nulls_last=True)


def due_next(data: Dataset, settings: Settings) -> Measure:
    """Return the open deals by expected close, the one due first first; deals without a date come last.

    Returns
    -------
    Measure
        Unit money. Frame: as of `deals`. Value: the amount of the deals due within 30 days, overdue ones among them.
    """
    frame = deals(data, settings).sort("close_on", "opportunity_id", nulls_last=True)
    soon = frame.filter(pl.col("close_on") <= data.as_of + timedelta(days=NEXT_DAYS))
    value = float(soon["amount"].sum())
    late = frame.filter(pl.col("close_on") < data.as_of).height
    text = message(
        "{deals} with {amount} are due within {next_days} days",
        deals=counted(soon.height, "deal"),
        amount=money(value, settings.currency),
        next_days=NEXT_DAYS,
    )
    text = text.replace(" are due", " is due") if soon.height == 1 else text
    return Measure(
        "Due next", value, "money", frame, message("{text}, {late:,} of them overdue.", text=text, late=late)
    )


def due_in(data: Dataset, settings: Settings, since: str, until: str) -> Measure:
    """Return the open deals expected to close within days, both ends included.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    since, until : str
        Days as YYYY-MM-DD.

    Returns
    -------
    Measure
        Unit money. Frame: as of `deals`. Value: their amount.
    """
    begin, end = date.fromisoformat(since), date.fromisoformat(until)
    frame = deals(data, settings).filter(pl.col("close_on").is_between(begin, end))
    value = float(frame["amount"].sum())
    are = "is" if frame.height == 1 else "are"
    text = message(
        "{opens} with {amount} {are} due from {begin} to {end}.",
        opens=counted(frame.height, "open deal"),
        amount=money(value, settings.currency),
        are=are,
        begin=long_day(begin),
        end=long_day(end),
    )
    return Measure("Due in the period", value, "money", frame, text)
