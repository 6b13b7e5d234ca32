"""Bookings and revenue, from transaction lines; bookings from won deals where no lines were loaded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from core import marts
from core.config import Settings, windows
from core.config.calendar import add_months, add_quarters, month_start, quarter_end, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.formats import long_day
from core.localization import message
from core.metrics.measure import Measure, counted, money, share

BOOKED = ("booking",)
BILLED = ("billing", "refund")
NO_REGION = "No region"


def lines(data: Dataset, since: date | None = None) -> pl.DataFrame:
    """Return the dated amounts of bookings with their customers, none later than the as-of date.

    Parameters
    ----------
    data : Dataset
    since : date, optional
        The first day that counts.

    Returns
    -------
    pl.DataFrame
        Columns day, account_id, rep_id, region, product_id, amount, n_lines: lines that agree in all but
        their amount are one row. Where no transactions were loaded, bookings are the amounts of won deals
        on their close date.
    """
    rows = marts.of(data).customer_orders.filter(pl.col("kind") == "booking")
    rows = rows if since is None else rows.filter(pl.col("booked_on") >= since)
    columns = ("account_id", "rep_id", "region", "product_id", "amount", "n_lines")
    return rows.select(pl.col("booked_on").alias("day"), *columns)


def daily(data: Dataset, kinds: tuple[str, ...] = ("booking",)) -> pl.DataFrame:
    """Return the amounts of some kinds of line summed by day, rep, region and product.

    Parameters
    ----------
    data : Dataset
    kinds : tuple of str
        Of booking, billing, refund.

    Returns
    -------
    pl.DataFrame
        Columns day, rep_id, region, product_id, amount, n_lines, none later than the as-of date; from
        the daily cube, so that millions of lines cost no more than the days they fall on.
    """
    rows = marts.of(data).bookings_daily.filter(pl.col("kind").is_in(kinds))
    return rows.select(pl.col("booked_on").alias("day"), "rep_id", "region", "product_id", "amount", "n_lines")


def total(data: Dataset, since: date, until: date, kinds: tuple[str, ...] = ("booking",)) -> float:
    """Sum the lines of some kinds from one day to another, both included.

    Returns
    -------
    float
        In the reporting currency; 0 when there are no lines.
    """
    inside = daily(data, kinds).filter(pl.col("day").is_between(since, until))
    return float(inside["amount"].sum())


def monthly(data: Dataset, kinds: tuple[str, ...], settings: Settings) -> pl.DataFrame:
    """Sum the lines of some kinds by calendar month.

    Parameters
    ----------
    data : Dataset
    kinds : tuple of str
    settings : Settings
        `source.months_without_rows` says what months after the last line are.

    Returns
    -------
    pl.DataFrame
        Columns month (first day), amount; the running month is in. Months without lines are 0, up to that of
        the as-of date; where lines come late, months after the last line are left out as not known.
    """
    rows = daily(data, kinds)
    if rows.is_empty():
        return pl.DataFrame(schema={"month": pl.Date, "amount": pl.Float64})
    months = rows.group_by(month=pl.col("day").dt.truncate("1mo")).agg(pl.col("amount").sum())
    is_late = settings.source.months_without_rows == "unknown"
    last = pl.col("month").max() if is_late else pl.lit(month_start(data.as_of))
    every = months.select(pl.date_range(pl.col("month").min(), last, "1mo").alias("month"))
    return every.join(months, on="month", how="left", maintain_order="left").with_columns(
        pl.col("amount").fill_null(0.0)
    )


def gap_note(data: Dataset, months: pl.DataFrame, kinds: tuple[str, ...]) -> str:
    """Say since when there is no line of some kinds, where that is more than a month; empty where there are any.

    Parameters
    ----------
    data : Dataset
    months : pl.DataFrame
        As `monthly` gives it.
    kinds : tuple of str
    """
    last = daily(data, kinds)["day"].max()
    if not isinstance(last, date) or add_months(month_start(last), 1) >= month_start(data.as_of):
        return ""
    is_zero = months.height and months["month"][-1] > last
    what = "later months count as 0" if is_zero else "later months are not known"
    return message(" The last line is of {last:%d %B %Y}; {what}.", last=last, what=what)


@needs_amounts
def by_month(data: Dataset, settings: Settings) -> Measure:
    """Bookings by month over the last three years; the running month is in.

    Returns
    -------
    Measure
        Unit money; the frame has columns month, amount.
    """
    frame = monthly(data, BOOKED, settings).tail(36)
    amount = float(frame["amount"].sum())
    text = message(
        "{amount} booked over {months}.", amount=money(amount, settings.currency), months=counted(frame.height, "month")
    )
    text += gap_note(data, frame, BOOKED)
    return Measure("Bookings by month", amount, "money", frame, text)


@needs_amounts
def revenue_by_month(data: Dataset, settings: Settings) -> Measure:
    """Revenue by month over the last three years: billing lines plus refunds, which are negative.

    Returns
    -------
    Measure
        Unit money; the frame has columns month, amount.
    """
    frame = monthly(data, BILLED, settings).tail(36)
    amount = float(frame["amount"].sum())
    text = message(
        "{amount} invoiced over {months}.",
        amount=money(amount, settings.currency),
        months=counted(frame.height, "month"),
    )
    text += gap_note(data, frame, BILLED)
    return Measure("Revenue by month", amount, "money", frame, text)


@needs_amounts
def quarter_to_date(data: Dataset, settings: Settings) -> Measure:
    """Bookings of the running fiscal quarter so far.

    Formula: sum of booking lines from the first day of the quarter to the as-of date.

    Returns
    -------
    Measure
        Unit money; 0 when nothing was booked.
    """
    begin = quarter_start(data.as_of, settings)
    rows = lines(data, begin)
    amount, n_deals = float(rows["amount"].sum()), int(rows["n_lines"].sum())
    label = quarter_label(data.as_of, settings)
    so_far = "" if data.as_of == quarter_end(data.as_of, settings) else " so far"
    text = message(
        "{amount} booked in {label}{so_far}, from {deals}.",
        amount=money(amount, settings.currency),
        label=label,
        so_far=so_far,
        deals=counted(n_deals, "deal"),
    )
    return Measure(message("Bookings in {label}", label=label), amount, "money", rows.sort("day"), text)


@needs_amounts
def in_period(data: Dataset, settings: Settings, since: str, until: str) -> Measure:
    """Bookings of any days.

    Formula: sum of booking lines from the first day to the last, both included, up to the as-of date.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    since, until : str
        Days as YYYY-MM-DD.

    Returns
    -------
    Measure
        Unit money; None for days that have not begun.
    """
    begin, end = date.fromisoformat(since), date.fromisoformat(until)
    rows = lines(data, begin).filter(pl.col("day") <= min(end, data.as_of))
    span = message("from {begin} to {end}", begin=long_day(begin), end=long_day(end))
    if begin > data.as_of:
        return Measure(
            "Bookings of the period", None, "money", rows, message("Nothing can be booked yet {span}.", span=span)
        )
    amount, n_deals = float(rows["amount"].sum()), int(rows["n_lines"].sum())
    so_far = " so far" if end > data.as_of else ""
    text = message(
        "{amount} booked {span}{so_far}, in {deals}.",
        amount=money(amount, settings.currency),
        span=span,
        so_far=so_far,
        deals=counted(n_deals, "deal"),
    )
    return Measure("Bookings of the period", amount, "money", rows.sort("day"), text)


@needs_amounts
def revenue(data: Dataset, settings: Settings) -> Measure:
    """Revenue of the running fiscal quarter so far.

    Formula: billing lines plus refunds (which are negative), quarter to date.
    """
    begin = quarter_start(data.as_of, settings)
    rows = daily(data, BILLED).filter(pl.col("day") >= begin)
    amount = float(rows["amount"].sum()) if marts.of(data).has("transactions") else None
    label = quarter_label(data.as_of, settings)
    so_far = "" if data.as_of == quarter_end(data.as_of, settings) else " so far"
    text = message(
        "{amount} invoiced in {label}{so_far}, refunds taken off.",
        amount=money(amount, settings.currency),
        label=label,
        so_far=so_far,
    )
    return Measure(message("Revenue in {label}", label=label), amount, "money", rows, text)


@needs_amounts
def by_region_and_quarter(data: Dataset, settings: Settings, quarters: int = 8) -> Measure:
    """Bookings by region and fiscal quarter; the cells add up to the total to the cent.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    quarters : int
        How many of the latest quarters are kept, the running one among them.
    """
    rows = daily(data).with_columns(pl.col("region").fill_null(NO_REGION))
    starts = {d: quarter_start(d, settings) for d in rows["day"].unique()}
    rows = rows.with_columns(quarter_start_on=pl.col("day").replace_strict(starts, return_dtype=pl.Date))
    first = add_quarters(data.as_of, 1 - quarters, settings)
    latest = rows["quarter_start_on"].unique().sort()
    latest = latest.filter(latest >= first)
    names = {d: quarter_label(d, settings) for d in latest}
    frame = (
        rows.filter(pl.col("quarter_start_on").is_in(latest.implode()))
        .group_by("region", "quarter_start_on")
        .agg(pl.col("amount").sum(), n_deals=pl.col("n_lines").sum())
        .with_columns(quarter=pl.col("quarter_start_on").replace_strict(names, return_dtype=pl.String))
        .sort("quarter_start_on", "region")
    )
    now = frame.filter(pl.col("quarter_start_on") == quarter_start(data.as_of, settings)).sort(
        "amount", "region", descending=[True, False]
    )
    amount, label = float(now["amount"].sum()), quarter_label(data.as_of, settings)
    if now.is_empty():
        return Measure(
            "Bookings by region", None, "money", frame, message("Nothing is booked in {label}.", label=label)
        )
    rate, best = share(float(now["amount"][0]), amount), money(now["amount"][0], settings.currency)
    rest = (
        message("{rate:.0f} % of all bookings", rate=rate * 100)
        if rate is not None
        else message("all together {amount}", amount=money(amount, settings.currency))
    )
    text = message(
        "{region} leads in {label} with {best}, {rest}.", region=now["region"][0], label=label, best=best, rest=rest
    )
    return Measure("Bookings by region", amount, "money", frame, text)


@needs_amounts
def by_region_and_family(data: Dataset, settings: Settings, months: int = 12) -> Measure:
    """Bookings by region and product family over the last months; the cells add up to the total to the cent.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int
        Length of the window that ends on the as-of date.

    Returns
    -------
    Measure
        Unit money. Frame: region, family, amount, n_deals, earlier_amount (the same months a year
        before; null without any), largest first. What sold only then stands at 0.
    """
    window = windows.last_months(data.as_of, months)
    rows = _placed(daily(data), data)
    now, then = rows.filter(window.holds()), rows.filter(window.moved(-windows.YEAR).holds())
    before = then.group_by("region", "family").agg(earlier_amount=pl.col("amount").sum())
    frame = (
        now.group_by("region", "family")
        .agg(pl.col("amount").sum(), n_deals=pl.col("n_lines").sum())
        .join(before, on=["region", "family"], how="full", coalesce=True)
        .with_columns(pl.col("amount").fill_null(0.0), pl.col("n_deals").fill_null(0))
        .sort("amount", "region", "family", descending=[True, False, False])
    )
    if now.is_empty():
        return Measure(
            "Bookings by family",
            None,
            "money",
            frame,
            message("Nothing was booked in the last {months} months.", months=months),
        )
    amount, top = float(frame["amount"].sum()), frame.row(0, named=True)
    rate = share(float(top["amount"]), amount)
    rest = (
        message("{rate:.0f} % of all bookings", rate=rate * 100)
        if rate is not None
        else message("all together {amount}", amount=money(amount, settings.currency))
    )
    text = message(
        "{family} in {region} booked most over the last {months} months: {amount}, {rest}.",
        family=top["family"],
        region=top["region"],
        months=months,
        amount=money(top["amount"], settings.currency),
        rest=rest,
    )
    return Measure("Bookings by family", amount, "money", frame, text)


@needs_amounts
def behind(
    data: Dataset,
    settings: Settings,
    region: str | None = None,
    family: str | None = None,
    quarter: str | None = None,
) -> pl.DataFrame:
    """Return the booking lines behind a cell: of a region, a product family, a fiscal quarter by its label.

    Returns
    -------
    pl.DataFrame
        day, account_name, region, family, rep_id, amount; the latest first. Without a quarter, the last
        twelve months.
    """
    rows = _placed(lines(data), data)
    if quarter is None:
        rows = rows.filter(windows.last_months(data.as_of).holds())
    else:
        labels = {d: quarter_label(d, settings) for d in rows["day"].unique()}
        rows = rows.filter(pl.col("day").replace_strict(labels, return_dtype=pl.String) == quarter)
    for column, value in (("region", region), ("family", family)):
        rows = rows if value is None else rows.filter(pl.col(column) == value)
    return _named(rows, data)


def dated(
    data: Dataset,
    since: date,
    until: date,
    kinds: tuple[str, ...] = BOOKED,
    regions: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Return the lines of some kinds from one day to another, both included, as a reader wants them.

    Parameters
    ----------
    data : Dataset
    since, until : date
    kinds : tuple of str
        Of booking, billing, refund. Invoices are asked of the engine that holds them, the latest 5,000.
    regions : sequence of str, optional
        Only lines of these.

    Returns
    -------
    pl.DataFrame
        day, account_name, region, family, rep_id, amount; the latest first.
    """
    region = pl.col("region").fill_null(NO_REGION)
    is_there = pl.lit(value=True) if regions is None else region.is_in(list(regions))
    if kinds == BOOKED:
        rows = lines(data, since).filter(pl.col("day") <= until, is_there)
    else:
        days = pl.col("booked_on").is_between(since, min(until, data.as_of))
        chosen = days & pl.col("kind").is_in(kinds) & is_there
        rows = marts.raw_page(data, "transactions", chosen, "booked_on").rename({"booked_on": "day"})
    return _named(_placed(rows, data), data)


def n_lines(data: Dataset, since: date, until: date, kinds: tuple[str, ...] = BOOKED) -> int:
    """Count the lines of some kinds from one day to another, both included."""
    return int(daily(data, kinds).filter(pl.col("day").is_between(since, until))["n_lines"].sum())


def of_account(data: Dataset, account_id: str, since: date) -> pl.DataFrame:
    """Return an account's booking lines from a day on, in the columns of `dated`; the latest first."""
    return _named(_placed(lines(data, since).filter(pl.col("account_id") == account_id), data), data)


def _named(rows: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    names = data.accounts.select("account_id", "account_name")
    columns = ("day", "account_name", "region", "family", "rep_id", "amount")
    return rows.join(names, on="account_id", how="left").select(columns).sort("day", "amount", descending=True)


def _placed(rows: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Return booking lines with the region and family named where they are not known."""
    families = data.products.select("product_id", "family")
    return rows.join(families, on="product_id", how="left").with_columns(
        pl.col("region").fill_null(NO_REGION), pl.col("family").fill_null("No family")
    )
