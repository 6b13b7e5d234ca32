"""Growth of a running period against equal elapsed days of an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from core.config import Settings
from core.config.calendar import add_months, month_start, quarter_start, year_start
from core.contracts import Dataset
from core.contracts.errors import ContractError
from core.formats import Formats
from core.metrics.bookings import daily
from core.metrics.deal_events import DELETED, tracks
from core.metrics.measure import Measure, percent, ratio

TOLD = {
    "Bookings": "this quarter's bookings stand",
    "Revenue": "this quarter's revenue stands",
    "Deals won": "the number of deals won this quarter stands",
    "Pipeline created": "pipeline created this quarter stands",
    "Deals created": "the number of deals created this quarter stands",
}
MEASURES = tuple(TOLD)
MONEY = ("Bookings", "Revenue", "Pipeline created")


def table(data: Dataset, settings: Settings, measure: str = "Bookings") -> Measure:
    """Growth of the running month, quarter and year on equal elapsed days, by a measure of choice.

    Formula: amount from the first day of the running period to the as-of date, over the amount
    of the same number of days from the first day of the earlier period, minus one. A shorter
    earlier period is taken whole. None when the earlier amount is 0.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    measure : {"Bookings", "Revenue", "Deals won", "Pipeline created", "Deals created"}
        Revenue is billing plus refunds; pipeline created is the first amount of the deals created.

    Returns
    -------
    Measure
        The frame holds, per comparison, both windows and amounts; the value is the
        quarter's growth on the same quarter last year.

    Raises
    ------
    ContractError
        When there is no such measure.
    """
    day, rows = data.as_of, _rows(data, settings, measure)
    month, quarter, year = month_start(day), quarter_start(day, settings), year_start(day, settings)
    cases = [
        ("Month on month", month, add_months(month, -1), 1),
        ("Quarter on quarter", quarter, add_months(quarter, -3), 3),
        ("Quarter on last year's", quarter, add_months(quarter, -12), 3),
        ("Year on year", year, add_months(year, -12), 12),
    ]
    out = []
    for name, begin, earlier, months in cases:
        last = min(earlier + (day - begin), add_months(earlier, months) - timedelta(days=1))
        now, then = _sum(rows, begin, day), _sum(rows, earlier, last)
        out.append((name, begin, day, now, earlier, last, then, ratio(now - then, then)))
    schema = {
        "comparison": pl.String,
        "since_on": pl.Date,
        "until_on": pl.Date,
        "amount": pl.Float64,
        "earlier_since_on": pl.Date,
        "earlier_until_on": pl.Date,
        "earlier_amount": pl.Float64,
        "growth_rate": pl.Float64,
    }
    frame = pl.DataFrame(out, schema=schema, orient="row")
    growth = frame["growth_rate"][2]
    elapsed = (day - quarter).days + 1
    text = f"After {elapsed} days, {TOLD[measure]} {percent(growth, sign=True)} against the same days a year ago."
    if growth is None:
        text = "There is no earlier period to compare with."
    return Measure("Growth", growth, "rate", frame, text)


def told(growth: Measure, measure: str, currency: str, formats: Formats | None = None) -> pl.DataFrame:
    """Write a growth table out, for a page or a message.

    Parameters
    ----------
    growth : Measure
        What `table` returned.
    measure : str
        The measure it was asked for.
    currency : str
    formats : Formats, optional
        How the reader's locale writes numbers; default the house look.

    Returns
    -------
    DataFrame
        Text only, one row per comparison: its name, the amount of the running period, that of the same
        days before, the growth. "–" where there is nothing to divide by.
    """
    written = formats or Formats()

    def amount(value: float) -> str:
        return written.compact(value) if measure in MONEY else written.number(value)

    rows = [
        (
            row["comparison"],
            amount(row["amount"]),
            amount(row["earlier_amount"]),
            "–" if row["growth_rate"] is None else written.percent(row["growth_rate"], sign=True),
        )
        for row in growth.frame.iter_rows(named=True)
    ]
    unit = f", {currency}" if measure in MONEY else ""
    return pl.DataFrame(rows, schema=["Comparison", f"Now{unit}", "Then", "Growth"], orient="row")


def _rows(data: Dataset, settings: Settings, measure: str) -> pl.DataFrame:
    """Return the dated amounts of a measure: day, amount."""
    if measure == "Bookings":
        return daily(data)
    if measure == "Revenue":
        return daily(data, ("billing", "refund"))
    if measure == "Deals won":
        return data.opportunities.filter("is_won").select(day="close_on", amount=pl.lit(1.0))
    if measure not in MEASURES:
        raise ContractError(f"There is no growth of {measure!r}.", mend=f"Known: {', '.join(MEASURES)}.")
    born = tracks(data, settings).filter(pl.col("prev_state").is_null() & (pl.col("state") != DELETED))
    worth = pl.lit(1.0) if measure == "Deals created" else pl.col("cents").fill_null(0) / 100
    return born.select("day", amount=worth)


def year_ago(data: Dataset) -> Dataset:
    """Return the same data as of the day twelve months earlier, for measures that keep to the as-of date."""
    return replace(data, as_of=add_months(data.as_of, -12), known_fingerprint=f"{data.fingerprint}-year-ago")


def change(
    data: Dataset, settings: Settings, measure: Callable[[Dataset, Settings], Measure]
) -> tuple[float | None, str]:
    """Hold a measure against itself twelve months earlier, on the same number of elapsed days.

    Returns
    -------
    change : float or None
        Relative for money and counts, in points of a rate for rates; None when either is missing.
    text : str
        As a tile shows it.
    """
    now, then = measure(data, settings), measure(year_ago(data), settings).value
    if now.value is None or then is None:
        return None, ""
    if now.unit == "rate":
        moved = now.value - then
        return moved, f"{moved * 100:+.1f} points on a year ago"
    moved_by = ratio(now.value - then, then)
    return moved_by, "" if moved_by is None else f"{percent(moved_by, sign=True)} on a year ago"


def _sum(rows: pl.DataFrame, since: date, until: date) -> float:
    return float(rows.filter(pl.col("day").is_between(since, until))["amount"].sum())
