"""Open pipeline on any day, what it is worth, and what changed between two days."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from core.config import Settings
from core.config.calendar import add_months
from core.contracts import Dataset
from core.contracts.spans import is_valid
from core.metrics.measure import Measure, money


def open_deals(data: Dataset, day: date, settings: Settings) -> pl.DataFrame:
    """Return the deals open at the end of a day, as they stood then.

    Returns
    -------
    pl.DataFrame
        Columns opportunity_id, stage, forecast_category, amount, close_on, owner_id; amounts
        not entered are null. Deleted deals are out.
    """
    ended = [*settings.stages.won, *settings.stages.lost]
    return data.opportunity_history.filter(
        is_valid(day),
        ~pl.col("stage").is_in(ended),
        ~pl.col("is_deleted"),
    ).select("opportunity_id", "stage", "forecast_category", "amount", "close_on", "owner_id")


def open_pipeline(data: Dataset, settings: Settings, months: int = 12) -> Measure:
    """Open pipeline at the as-of date, with its path month by month.

    Formula: sum of the amounts of deals open on the day; deals without an amount count as null,
    and their number is said.
    """
    now = open_deals(data, data.as_of, settings)
    bare = now["amount"].null_count()
    days = [add_months(data.as_of, -m) for m in range(months, -1, -1)]
    path = [float(open_deals(data, d, settings)["amount"].sum()) for d in days]
    amount = float(now["amount"].sum())
    text = f"{money(amount, settings.currency)} is open in {now.height:,} deals"
    text += f"; {bare:,} of them have no amount yet." if bare else "."
    frame = pl.DataFrame({"month": days, "amount": path})
    return Measure("Open pipeline", amount, "money", frame, text)


def changes(data: Dataset, settings: Settings, days: int = 7) -> Measure:
    """What moved in the pipeline over the last days, deal by deal.

    Every deal open at the start or at the end is put under one heading, by its end: won, lost,
    new, pushed (close date later), pulled in (earlier), increased, decreased, unchanged. The
    amount is the change of open amount for increased and decreased, else the deal's amount.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    days : int
        Length of the window that ends on the as-of date.
    """
    before = open_deals(data, data.as_of - timedelta(days=days), settings)
    after = open_deals(data, data.as_of, settings)
    ends = data.opportunities.filter("is_closed").select("opportunity_id", "is_won", final="amount")
    joined = before.join(after, on="opportunity_id", how="full", coalesce=True, suffix="_now").join(
        ends, on="opportunity_id", how="left"
    )
    gone, fresh = pl.col("stage_now").is_null(), pl.col("stage").is_null()
    move = (pl.col("amount_now") - pl.col("amount")).fill_null(0.0)
    later = (pl.col("close_on_now") - pl.col("close_on")).dt.total_days().fill_null(0)
    heading = (
        pl.when(gone & pl.col("is_won").fill_null(value=False)).then(pl.lit("Won"))
        .when(gone).then(pl.lit("Lost or removed"))
        .when(fresh).then(pl.lit("New"))
        .when(later > 0).then(pl.lit("Pushed"))
        .when(later < 0).then(pl.lit("Pulled in"))
        .when(move > 0).then(pl.lit("Increased"))
        .when(move < 0).then(pl.lit("Decreased"))
        .otherwise(pl.lit("Unchanged"))
    )  # fmt: skip
    resized = heading.is_in(["Increased", "Decreased"])
    whole = pl.coalesce("final", "amount_now", "amount").fill_null(0.0)
    worth = pl.when(resized).then(move).otherwise(whole)
    frame = joined.with_columns(change=heading, change_amount=worth).filter(pl.col("change") != "Unchanged")
    frame = frame.select("change", "opportunity_id", "change_amount").sort("change", "opportunity_id")
    sums = dict(frame.group_by("change").agg(pl.col("change_amount").sum()).iter_rows())
    told = [
        f"{money(sums[k], settings.currency)} {k.lower()}"
        for k in ("New", "Won", "Lost or removed", "Pushed")
        if k in sums
    ]
    text = f"Over the last {days} days: {', '.join(told)}." if told else f"Nothing moved over the last {days} days."
    return Measure("Changes", float(frame["change_amount"].sum()), "money", frame, text)
