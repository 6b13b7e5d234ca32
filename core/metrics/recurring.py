"""Recurring revenue from contract lines."""

from __future__ import annotations

from datetime import date

import polars as pl

from core.config import Settings, windows
from core.config.calendar import add_months, month_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.spans import line_runs
from core.localization import message
from core.metrics.measure import Measure, growth_rate, money, percent

MONTHS_A_YEAR = 12


def mrr_at(data: Dataset, day: date) -> float:
    """Sum the monthly amounts of the contract lines running on a day.

    Formula: started_on <= day, and ended_on after day or empty.
    """
    return float(data.subscriptions.filter(line_runs(day))["mrr_amount"].sum())


@needs_amounts
def running(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return the contract lines running at the as-of date, the largest first, with the account's name."""
    lines = data.subscriptions.filter(line_runs(data.as_of))
    named = lines.join(data.accounts.select("account_id", "account_name"), on="account_id", how="left")
    columns = ("account_id", "account_name", "product_id", "mrr_amount", "started_on", "renewal_on")
    return named.select(columns).sort("mrr_amount", "account_id", descending=[True, False])


@needs_amounts
def mrr(data: Dataset, settings: Settings, months: int = 24) -> Measure:
    """Monthly recurring revenue (MRR) on the as-of date, and how it got there.

    Returns
    -------
    Measure
        Unit money; None where no subscriptions were loaded. The frame holds the amount on the
        as-of day of each of the last `months` months.
    """
    if not data.has("subscriptions"):
        empty = pl.DataFrame(schema={"month": pl.Date, "amount": pl.Float64})
        return Measure("Recurring revenue", None, "money", empty, "No subscriptions were loaded.")
    days = [add_months(data.as_of, -m) for m in range(months, -1, -1)]
    frame = pl.DataFrame({"month": [month_start(d) for d in days], "amount": [mrr_at(data, d) for d in days]})
    now, before = float(frame["amount"][-1]), mrr_at(data, windows.year_ago_of(data.as_of))
    growth = growth_rate(now, before)
    text = message(
        "MRR is {now} (ARR {now_2})",
        now=money(now, settings.currency),
        now_2=money(now * MONTHS_A_YEAR, settings.currency),
    )
    text += (
        "; there was none last year."
        if growth is None
        else message(", {growth} vs last year.", growth=percent(growth, sign=True))
    )
    return Measure("Recurring revenue", now, "money", frame, text)
