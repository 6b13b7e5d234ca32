"""Growth of a period on an earlier one: of a running one on as many days, of a finished one on the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from core.config import Settings, windows
from core.config.calendar import quarter_label
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import ContractError
from core.formats import Formats
from core.localization import message
from core.metrics.bookings import daily
from core.metrics.deal_events import DELETED, tracks
from core.metrics.measure import Measure, counted, growth_rate, money, percent

MEASURES = ("Bookings", "Revenue", "Deals won", "Pipeline created", "Deals created")
MONEY = ("Bookings", "Revenue", "Pipeline created")


@needs_amounts
def table(data: Dataset, settings: Settings, measure: str = "Bookings") -> Measure:
    """Growth of the month, quarter and year, by a measure of choice.

    Formula: amount from the first day of the running period to the as-of date, over that of the earlier
    period, minus one. A running month or quarter is held against as many days of the one before, and
    against the same dates of last year's; a period whose last day has come against the whole of the
    other. None when the earlier amount is 0 or below, for then the two amounts say it. A month is the
    fiscal period: in a year of weeks, four or five of them.

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
    rows = _rows(data, settings, measure)
    cases = windows.comparisons(data.as_of, settings)
    out = []
    for case in cases:
        now, then = _sum(rows, case.now), _sum(rows, case.then)
        ends = (case.now.begin, case.now.last, now, case.then.begin, case.then.last, then)
        out.append((case.name, *ends, growth_rate(now, then), case.is_finished, case.note))
    schema = {
        "comparison": pl.String,
        "since_on": pl.Date,
        "until_on": pl.Date,
        "amount": pl.Float64,
        "earlier_since_on": pl.Date,
        "earlier_until_on": pl.Date,
        "earlier_amount": pl.Float64,
        "growth_rate": pl.Float64,
        "is_finished": pl.Boolean,
        "note": pl.String,
    }
    frame = pl.DataFrame(out, schema=schema, orient="row")
    return Measure("Growth", frame["growth_rate"][2], "rate", frame, _sentence(frame, cases[2], measure, settings))


def _sentence(frame: pl.DataFrame, case: windows.Comparison, measure: str, settings: Settings) -> str:
    """Say the quarter's growth on last year's, or both amounts where there is no rate."""
    row = frame.row(2, named=True)
    growth, note = row["growth_rate"], f" {case.note}" if case.note else ""
    when = message("After {days}", days=counted(case.now.count, "day"))
    noun = _noun(measure, quarter_label(case.now.begin, settings))
    other = "all of the same quarter" if case.is_finished else "the same days"
    if growth is not None:
        return message(
            "{when}, {noun} {growth} vs {other} a year ago.{note}",
            when=when,
            noun=noun,
            growth=percent(growth, sign=True),
            other=other,
            note=note,
        )
    if not row["earlier_amount"]:
        return "There is no earlier period to compare with."
    amounts = [
        money(row[name], settings.currency) if measure in MONEY else f"{row[name]:,.0f}"
        for name in ("amount", "earlier_amount")
    ]
    return message(
        "{when}, {noun} at {amounts}, against {amounts_2} in {other} a year ago.{note}",
        when=when,
        noun=noun,
        amounts=amounts[0],
        amounts_2=amounts[1],
        other=other,
        note=note,
    )


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
        Text only, one row per comparison: its name, the amount of the running period, that of the days it is
        held against, the growth. "–" where the earlier amount is not above 0: the amounts say it.
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
        raise ContractError(
            message("There is no growth of {measure!r}.", measure=measure),
            mend=message("Known: {measures}.", measures=", ".join(MEASURES)),
        )
    born = tracks(data, settings).filter(pl.col("prev_state").is_null() & (pl.col("state") != DELETED))
    worth = pl.lit(1.0) if measure == "Deals created" else pl.col("cents").fill_null(0) / 100
    return born.select("day", amount=worth)


def year_ago(data: Dataset, settings: Settings) -> Dataset:
    """Return the same data as of the same date a year ago, for measures that keep to the as-of date.

    On the last day of a fiscal quarter that is the last day of last year's; in a year of weeks, the same day of the
    same week.
    """
    day = windows.quarter_on_last_years(data.as_of, settings).then.last
    return replace(data, as_of=day, origin=data, counts={}, known_fingerprint=f"{data.fingerprint}-year-ago-{day}")


def change(
    data: Dataset, settings: Settings, measure: Callable[[Dataset, Settings], Measure]
) -> tuple[float | None, str]:
    """Hold a measure against itself at the same date a year ago.

    Returns
    -------
    change : float or None
        Relative for money and counts, in points of a rate for rates; None when either is missing, or the
        earlier amount is 0 or below.
    text : str
        As a tile shows it; both amounts where a rate would have the wrong sign.
    """
    now, then = measure(data, settings), measure(year_ago(data, settings), settings).value
    if now.value is None or then is None:
        return None, ""
    if now.unit == "rate":
        moved = now.value - then
        return moved, message("{moved:+.1f} points vs last year", moved=moved * 100)
    moved_by = growth_rate(now.value, then)
    if moved_by is None and then < 0:
        before = money(then, settings.currency) if now.unit == "money" else f"{then:,.0f}"
        return None, message("{before} last year", before=before)
    return moved_by, "" if moved_by is None else message(
        "{moved_by} vs last year", moved_by=percent(moved_by, sign=True)
    )


def _sum(rows: pl.DataFrame, window: windows.Days) -> float:
    return float(rows.filter(window.holds())["amount"].sum())


def _noun(measure: str, period: str) -> str:
    return {
        "Bookings": message("bookings in {period} are", period=period),
        "Revenue": message("revenue in {period} is", period=period),
        "Deals won": message("the number of deals won in {period} is", period=period),
        "Pipeline created": message("pipeline created in {period} is", period=period),
        "Deals created": message("the number of deals created in {period} is", period=period),
    }[measure]
