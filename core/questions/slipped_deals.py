"""Deals whose expected close was put off, each with the day it was due before."""

from __future__ import annotations

from datetime import date

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.formats import long_day
from core.localization import message
from core.metrics.deal_events import OPEN, between, tracks
from core.metrics.deal_scope import people
from core.metrics.flow import days, written
from core.metrics.measure import Measure, counted, money

COMMIT = "commit"


def slipped(data: Dataset, settings: Settings, since: date | str, until: date | str, category: str = "") -> Measure:
    """Deals that slipped: open deals whose expected close went to a later day.

    Formula: changes after the first day up to and including the second that leave a deal open and put its
    expected close off; a deal counts once, with the day it was due before the first of them and after the last.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    since, until : date or str
        The ends of both days.
    category : str
        Only deals in this forecast category before the change, such as "commit"; empty for all.

    Returns
    -------
    Measure
        The number of deals; [opportunity_id, opportunity_name, account_name, owner, stage, category, amount,
        due_before, due_after, days_later], the most days first.
    """
    first, last = days(since, until)
    is_put_off = (pl.col("prev_state") == OPEN) & (pl.col("state") == OPEN)
    is_put_off &= pl.col("close_on") > pl.col("prev_close_on")
    rows = between(tracks(data, settings), first, last).filter(is_put_off)
    if category:
        rows = rows.filter(pl.col("prev_category").cast(pl.String).str.to_lowercase() == category)
    moves = rows.group_by("opportunity_id", maintain_order=True).agg(
        pl.col("prev_close_on").first().alias("due_before"),
        pl.col("close_on").last().alias("due_after"),
        pl.col("cents").last(),
        pl.col("owner_id", "stage").last().cast(pl.String),
        written("prev_category").first().alias("category"),
    )
    accounts = data.accounts.select("account_id", "account_name")
    names = data.opportunities.select("opportunity_id", "opportunity_name", "account_id")
    about = names.join(accounts, on="account_id", how="left")
    frame = moves.join(about, on="opportunity_id", how="left").select(
        "opportunity_id",
        "opportunity_name",
        "account_name",
        pl.col("owner_id").replace(people(data)).alias("owner"),
        "stage",
        "category",
        (pl.col("cents") / 100).alias("amount"),
        "due_before",
        "due_after",
        (pl.col("due_after") - pl.col("due_before")).dt.total_days().alias("days_later"),
    )
    frame = frame.sort("days_later", "opportunity_id", descending=[True, False])
    return Measure("Slipped deals", float(frame.height), "count", frame, _text(frame, first, last, category, settings))


def _text(frame: pl.DataFrame, first: date, last: date, category: str, settings: Settings) -> str:
    span = message("between {first} and {last}", first=long_day(first), last=long_day(last))
    kind = message("{category} deal", category=category) if category else "open deal"
    if frame.is_empty():
        return message("No {kind} slipped {span}.", kind=kind, span=span)
    amount = money(float(frame["amount"].sum()), settings.currency)
    row = frame.row(0, named=True)
    name = row["opportunity_name"] or row["opportunity_id"]
    return message(
        "{things} worth {amount} slipped {span}; the furthest, {name}, by {days} to {due_after}.",
        things=counted(frame.height, kind),
        amount=amount,
        span=span,
        name=name,
        days=counted(row["days_later"], "day"),
        due_after=long_day(row["due_after"]),
    )
