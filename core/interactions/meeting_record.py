"""Meetings and calls with customers: those that were, and those that are ahead."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.interactions.interaction_view import Interactions
from core.interactions.open_deals import end_of, named
from core.localization import message, message_plural
from core.metrics.measure import Measure, counted, ratio
from core.store.interaction_records import MAIL

DAYS, AHEAD = 90, 30
MEETINGS: dict[str, Any] = {
    "opportunity_id": pl.String,
    "deal": pl.String,
    "account": pl.String,
    "owner": pl.String,
    "amount": pl.Float64,
    "n_met": pl.Int64,
    "hours": pl.Float64,
    "n_called_off": pl.Int64,
    "n_ahead": pl.Int64,
    "last_on": pl.Date,
    "next_at": pl.Datetime("us"),
}
# What is known of a meeting or call by all invited to it; whether it was or will be held; and how long it takes.
MEETING = (
    pl.col("at", "ended_at", "is_cancelled").first(),
    (pl.col("answer") == "declined").all().alias("is_declined"),
)
IS_ON = ~pl.col("is_cancelled") & ~pl.col("is_declined")
HOURS = (pl.col("ended_at") - pl.col("at")).dt.total_seconds() / 3_600
HELD: dict[str, Any] = {
    "month": pl.Date,
    "n_met": pl.Int64,
    "hours": pl.Float64,
    "n_called_off": pl.Int64,
    "n_accounts": pl.Int64,
}


def in_period(
    data: Dataset, settings: Settings, interactions: Interactions, first: date | str, last: date | str
) -> Measure:
    """Meetings and calls with customers held in a span of days, by month.

    Formula: each meeting or call counts once, in the month it begins, where it was not called off and at least one
    invited customer did not decline. Nothing after the last day of the data counts, for it has not been held. Hours are
    those of meetings with an end.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    interactions : Interactions
    first, last : date or str
        The days, both counted, or as ISO text.

    Returns
    -------
    Measure
        Unit count. Value: meetings and calls held. Frame: month (its first day), n_met, hours, n_called_off (called off
        or declined), n_accounts; months without any are left out.
    """
    begin, end = (date.fromisoformat(day) if isinstance(day, str) else day for day in (first, last))
    span = (pl.col("at") >= datetime.combine(begin, time())) & (
        pl.col("at") < min(datetime.combine(end + timedelta(days=1), time()), end_of(data))
    )
    accounts = data.accounts["account_id"].implode()
    deals = data.opportunities["opportunity_id"].implode()
    is_theirs = pl.col("opportunity_id").is_null() | pl.col("opportunity_id").is_in(deals)
    rows = interactions.touches.filter(span, pl.col("kind") != MAIL, pl.col("account_id").is_in(accounts), is_theirs)
    meetings = rows.group_by("interaction_id").agg(*MEETING, pl.col("account_id").unique())
    months = meetings.group_by(month=pl.col("at").dt.date().dt.truncate("1mo")).agg(
        n_met=IS_ON.sum().cast(pl.Int64),
        hours=HOURS.filter(IS_ON).sum(),
        n_called_off=(~IS_ON).sum().cast(pl.Int64),
        n_accounts=pl.col("account_id").filter(IS_ON).explode().drop_nulls().n_unique().cast(pl.Int64),
    )
    frame = months.sort("month").select(*HELD)
    n_met, n_off = int(frame["n_met"].sum()), int(frame["n_called_off"].sum())
    text = message(
        "{meetings} held with customers from {begin:%d %b %Y} to {end:%d %b %Y}, {n_off:,} called off or declined.",
        meetings=counted(n_met, "meeting or call was", "meetings and calls were"),
        begin=begin,
        end=end,
        n_off=n_off,
    )
    return Measure("Meetings held", float(n_met), "count", frame, text)


def by_deal(data: Dataset, settings: Settings, interactions: Interactions, days: int = DAYS) -> Measure:
    """Meetings and calls of each open deal in the last days, and those ahead in the next thirty.

    Formula: a meeting counts as held where it was not called off and at least one invited customer did not decline;
    ahead are meetings after the last day of the data. Hours are those of meetings with an end.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    interactions : Interactions
    days : int

    Returns
    -------
    Measure
        Unit rate. Value: share of the open deals with any meeting or call, held or ahead, that have one ahead; None
        where there is none. Frame: opportunity_id, deal, account, owner, amount, n_met, hours, n_called_off, n_ahead,
        last_on, next_at; deals without a meeting ahead first, by amount.
    """
    end = end_of(data)
    live = data.opportunities.filter(~pl.col("is_closed"))["opportunity_id"].implode()
    span = (pl.col("at") >= end - timedelta(days=days)) & (pl.col("at") < end + timedelta(days=AHEAD))
    rows = interactions.touches.filter(span, pl.col("kind") != MAIL, pl.col("opportunity_id").is_in(live))
    meetings = rows.group_by("opportunity_id", "interaction_id").agg(*MEETING)
    is_past = pl.col("at") < end
    deals = meetings.group_by("opportunity_id").agg(
        n_met=(is_past & IS_ON).sum().cast(pl.Int64),
        hours=HOURS.filter(is_past & IS_ON).sum(),
        n_called_off=(~IS_ON).sum().cast(pl.Int64),
        n_ahead=(~is_past & IS_ON).sum().cast(pl.Int64),
        last_on=pl.col("at").filter(is_past & IS_ON).max().dt.date(),
        next_at=pl.col("at").filter(~is_past & IS_ON).min(),
    )
    frame = named(data, deals).sort(
        pl.col("n_ahead") > 0, "amount", "opportunity_id", descending=[False, True, False], nulls_last=True
    )
    frame = frame.select(*MEETINGS)
    if frame.is_empty():
        return Measure(
            "Deals with a meeting ahead", None, "rate", frame, "No meeting or call with an open deal is known."
        )
    n_next = frame.filter(pl.col("n_ahead") > 0).height
    n_met, n_off = int(frame["n_met"].sum()), int(frame["n_called_off"].sum())
    text = message_plural(
        "{meetings} held on open deals in the last {days} days, {n_off:,} called off or declined. Of "
        "{suchs} {n:,} has one ahead within {ahead} days.",
        "{meetings} held on open deals in the last {days} days, {n_off:,} called off or declined. Of "
        "{suchs} {n:,} have one ahead within {ahead} days.",
        n_next,
        meetings=counted(n_met, "meeting or call was", "meetings and calls were"),
        days=days,
        n_off=n_off,
        suchs=counted(frame.height, "such deal"),
        ahead=AHEAD,
    )
    return Measure("Deals with a meeting ahead", ratio(n_next, frame.height), "rate", frame, text)
