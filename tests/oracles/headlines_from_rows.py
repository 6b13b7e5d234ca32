"""The headline figures once more from the frames of a dataset, with neither marts nor the code of the measures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import polars as pl

from core import metrics
from core.config import Settings
from core.config.calendar import add_months, month_start, quarter_start
from core.contracts import Dataset
from core.metrics import pipeline, stage_conversion

DAY = timedelta(days=1)
CONVERSION = ("stage", "n_entered", "n_moved_on", "n_pending", "n_lost", "n_won", "n_closed")


def cents(amount: float | None) -> int | None:
    """Return an amount in whole cents."""
    return None if amount is None else round(100 * amount)


def shown(data: Dataset, settings: Settings) -> dict[str, Any]:
    """Return the headline figures as the measures show them, money in cents."""
    bookings = metrics.bookings
    open_now, conversion = pipeline.open_pipeline(data, settings), stage_conversion.conversion(data, settings)
    due = pipeline.due_next(data, settings)
    by_month = {
        kind: {month: cents(amount) for month, amount in measure(data, settings).frame.iter_rows()}
        for kind, measure in (("bookings", bookings.by_month), ("revenue", bookings.revenue_by_month))
    }
    return {
        "open pipeline": cents(open_now.value),
        "open pipeline by month": [cents(amount) for amount in open_now.frame["amount"]],
        "open deals": sorted(due.frame["opportunity_id"]),
        "due next": cents(due.value),
        "win rate": metrics.winrate.win_rate(data, settings).value,
        "bookings of the quarter": cents(bookings.quarter_to_date(data, settings).value),
        "revenue of the quarter": cents(bookings.revenue(data, settings).value),
        "bookings by month": by_month["bookings"],
        "revenue by month": by_month["revenue"],
        "recurring revenue": cents(metrics.recurring.mrr(data, settings).value),
        "stage conversion": conversion.frame.select(CONVERSION).rows(),
        "won of the first stage": conversion.value,
    }


def worked_out(data: Dataset, settings: Settings) -> dict[str, Any]:
    """Return the same figures straight from the rows."""
    day = data.as_of
    now, lines, stages = _open(data, settings, day), _lines(data), list(_conversion(data, settings))
    soon = now.filter(pl.col("close_on") <= day + 30 * DAY)
    return {
        "open pipeline": _sum(now["amount"]),
        "open pipeline by month": [
            _sum(_open(data, settings, add_months(day, -months))["amount"]) for months in range(12, -1, -1)
        ],
        "open deals": sorted(now["opportunity_id"]),
        "due next": _sum(soon["amount"]),
        "win rate": _win_rate(data),
        "bookings of the quarter": _quarter(lines, ["booking"], day, settings),
        "revenue of the quarter": (
            _quarter(lines, ["billing", "refund"], day, settings) if data.frame("transactions").height else None
        ),
        "bookings by month": _by_month(lines, ["booking"], day),
        "revenue by month": _by_month(lines, ["billing", "refund"], day),
        "recurring revenue": _recurring(data),
        "stage conversion": stages,
        "won of the first stage": stages[0][5] / stages[0][6] if stages and stages[0][6] else None,
    }


def _sum(amounts: pl.Series) -> int:
    return sum(round(100 * amount) for amount in amounts.drop_nulls())


def _open(data: Dataset, settings: Settings, day: date) -> pl.DataFrame:
    ended = [*settings.stages.won, *settings.stages.lost]
    return data.frame("opportunity_history").filter(
        pl.col("valid_from") <= day,
        pl.col("valid_to").is_null() | (pl.col("valid_to") > day),
        ~pl.col("is_deleted"),
        ~pl.col("stage").is_in(ended),
    )


def _lines(data: Dataset) -> pl.DataFrame:
    """Return [kind, booked_on, amount] up to the as-of date; won deals where there is no line."""
    rows = data.frame("transactions")
    if rows.is_empty():
        won = data.opportunities.filter(pl.col("is_won"), pl.col("amount").is_not_null())
        rows = won.select(kind=pl.lit("booking"), booked_on="close_on", amount="amount")
    return rows.select("kind", "booked_on", "amount").filter(pl.col("booked_on") <= data.as_of)


def _quarter(lines: pl.DataFrame, kinds: list[str], day: date, settings: Settings) -> int:
    return _sum(
        lines.filter(pl.col("kind").is_in(kinds), pl.col("booked_on") >= quarter_start(day, settings))["amount"]
    )


def _by_month(lines: pl.DataFrame, kinds: list[str], day: date) -> dict[date, int]:
    """Return the cents of each of the last 36 months since the first line, 0 where there is none."""
    rows = lines.filter(pl.col("kind").is_in(kinds))
    sums: dict[date, int] = {}
    for booked_on, amount in rows.select("booked_on", "amount").iter_rows():
        month = booked_on.replace(day=1)
        sums[month] = sums.get(month, 0) + round(100 * amount)
    months = [add_months(month_start(day), -n) for n in range(35, -1, -1)]
    return {month: sums.get(month, 0) for month in months if sums and month >= min(sums)}


def _win_rate(data: Dataset) -> float | None:
    day = data.as_of
    ended = data.opportunities.filter(
        "is_closed", pl.col("close_on") > add_months(day + DAY, -12) - DAY, pl.col("close_on") <= day
    )
    return ended["is_won"].sum() / ended.height if ended.height else None


def _recurring(data: Dataset) -> int | None:
    contracts = data.frame("subscriptions")
    runs = (pl.col("started_on") <= data.as_of) & (pl.col("ended_on").is_null() | (pl.col("ended_on") > data.as_of))
    return _sum(contracts.filter(runs)["mrr_amount"]) if contracts.height else None


def _conversion(data: Dataset, settings: Settings) -> Iterator[tuple[str, int, int, int, int, int, int]]:
    """Yield the row of each stage some deal entered in the last 24 months, deal after deal and state after state."""
    begin, deals = add_months(data.as_of, -24), list(_ways(data, settings))
    for k, name in enumerate(settings.stages.open):
        came = [
            deal
            for deal in deals
            if deal["furthest"] >= k and min(on for rank, on in deal["first"].items() if rank >= k) > begin
        ]
        stood = [deal for deal in came if k in deal["first"]]
        if came:
            yield (
                name,
                len(came),
                sum(deal["furthest"] > k for deal in came),
                sum(deal["furthest"] == k and deal["is_open"] for deal in came),
                sum(deal["furthest"] == k and not deal["is_open"] for deal in came),
                sum(deal["is_won"] for deal in stood),
                sum(not deal["is_open"] for deal in stood),
            )


def _ways(data: Dataset, settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield of each deal the day it first stood in each stage (by number; won is beyond all), and how it stands."""
    names, closed = settings.stages.open, {*settings.stages.won, *settings.stages.lost}
    outcome = dict(data.opportunities.select("opportunity_id", "is_won").iter_rows())
    rows = data.frame("opportunity_history").filter(pl.col("valid_from") <= data.as_of)
    rows = rows.sort("opportunity_id", "valid_from", maintain_order=True)
    columns = ("opportunity_id", "valid_from", "valid_to", "stage", "is_deleted")
    for deal, states in groupby(rows.select(columns).iter_rows(), key=lambda row: row[0]):
        first: dict[int, date] = {}
        for state in states:
            _, since, until, stage, is_deleted = state
            is_won = stage in settings.stages.won and not is_deleted
            is_open = stage not in closed and not is_deleted
            rank = len(names) if is_won else names.index(stage) if is_open and stage in names else None
            if rank is not None:
                first.setdefault(rank, since)
        if is_open and until is not None and until <= data.as_of:  # Its history stops before how it ended is said.
            is_open, is_won = False, bool(outcome.get(deal))
            if is_won:
                first.setdefault(len(names), until)
        if first:
            yield {"first": first, "furthest": max(first), "is_open": is_open, "is_won": is_won}
