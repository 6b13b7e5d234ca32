"""Retention: who stays and how much of the recurring revenue, by cohort and over the last year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.config import Settings
from core.config.calendar import add_months, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import QuarterdeckError
from core.contracts.spans import line_runs, unbroken
from core.localization import message
from core.metrics.measure import Measure, money, percent, ratio

Counted = Literal["logo", "net", "gross"]
RATES = {"logo": "logo_rate", "net": "net_rate", "gross": "gross_rate"}
WORDS = {"logo": "Customers", "net": "Net revenue", "gross": "Gross revenue"}
YEAR = 12
MONTH_DAYS = 30.44
PAUSE_DAYS, EXPECTED_LEAVERS = 180, 7.0
_ROWS = {
    "cohort": pl.Date,
    "label": pl.String,
    "age_months": pl.Int64,
    "n_accounts": pl.Int64,
    "n_kept": pl.Int64,
    "base_amount": pl.Float64,
    "amount": pl.Float64,
    "logo_rate": pl.Float64,
    "net_rate": pl.Float64,
    "gross_rate": pl.Float64,
    "is_whole": pl.Boolean,
}


@dataclass(frozen=True)
class Cohorts:
    """How much of each cohort is left, month by month.

    Attributes
    ----------
    frame : pl.DataFrame
        [cohort, label, age_months, n_accounts, n_kept, base_amount, amount, logo_rate, net_rate,
        gross_rate, is_whole], ages counted from the base month. is_whole is false for cohorts of which the
        file only has those who stayed (`records_begin`).
    base_months : int
        How long after the start the 100 % is taken.
    reason : str
        Why earlier cohorts are not whole; empty where all are.
    """

    frame: pl.DataFrame
    base_months: int
    reason: str = ""

    def at(self, age_months: int, counted: Counted = "logo") -> float | None:
        """Return the rate at an age over all whole cohorts old enough; null without any."""
        rows = self.frame.filter("is_whole", pl.col("age_months") == age_months)
        retained = {"logo": rows["n_kept"].sum(), "net": rows["amount"].sum()}.get(counted)
        if counted == "gross":
            retained = (rows["gross_rate"].fill_null(0.0) * rows["base_amount"]).sum()
        below = rows["n_accounts"].sum() if counted == "logo" else rows["base_amount"].sum()
        return ratio(float(retained or 0.0), float(below))

    def sentence(self) -> str:
        """Say what is left after a year."""
        if self.frame.is_empty() or self.at(YEAR) is None:
            return "No cohort is a year old yet." if self.frame.height else "No contracts were loaded."
        since = (
            "after their start"
            if not self.base_months
            else message("after month {base_months}", base_months=self.base_months)
        )
        return message(
            "A year {since}, {at} of customers are still with us: NRR {at_2}, GRR {at_3}.{note}",
            since=since,
            at=percent(self.at(YEAR)),
            at_2=percent(self.at(YEAR, "net")),
            at_3=percent(self.at(YEAR, "gross")),
            note=self.note(),
        )

    def note(self) -> str:
        """Say which cohorts show only those who stayed long enough to be on record; empty where none does."""
        pale = self.frame.filter(~pl.col("is_whole"))["label"].unique(maintain_order=True)
        return (
            ""
            if pale.is_empty()
            else message(" Cohorts up to {pale} are left out: {reason}.", pale=pale[-1], reason=self.reason)
        )


@needs_amounts
def cohorts(data: Dataset, settings: Settings, by: str = "quarter", base_months: int = 0) -> Cohorts:
    """Customers and their revenue over time, by when they started to pay.

    Formula: logo = accounts that pay at an age / accounts of the base; NRR = what these pay then / what they
    paid at the base; GRR counts an account with no more than it paid at the base. The base is all accounts of
    the cohort that pay `base_months` after their start, so that trials which end early can be left out.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    by : {"quarter", "year"}
        What makes a cohort: the fiscal quarter, or the calendar year, of the first contract.
    base_months : int
        Months after the start at which the 100 % is taken.

    Returns
    -------
    Cohorts
        Only ages that a whole cohort has reached; rates null without a base.

    Raises
    ------
    QuarterdeckError
        When cohorts are asked for by something else, or the base lies before the start.
    """
    if by not in {"quarter", "year"} or base_months < 0:
        raise QuarterdeckError("Cohorts are made by quarter or year, from month 0 on.", mend="Choose one of them.")
    lines = data.subscriptions.filter((pl.col("mrr_amount") > 0) & (pl.col("started_on") <= data.as_of))
    if lines.is_empty():
        return Cohorts(pl.DataFrame(schema=_ROWS), base_months)
    began = lines.group_by("account_id").agg(began_on=pl.col("started_on").min())
    watched, reason = records_begin(lines, data.as_of)
    days = began["began_on"].unique()
    start = {d: quarter_start(d, settings) if by == "quarter" else date(d.year, 1, 1) for d in days}
    length = 3 if by == "quarter" else 12
    began = began.with_columns(cohort=pl.col("began_on").replace_strict(start, return_dtype=pl.Date))
    paid = _paid(lines, began, data.as_of)
    base = paid.filter((pl.col("age") == base_months) & (pl.col("paid") > 0)).select(
        "account_id", "cohort", base="paid"
    )
    later = paid.filter(pl.col("age") >= base_months).join(base, on=["account_id", "cohort"])
    cells = later.group_by("cohort", "age").agg(
        n_accounts=pl.len().cast(pl.Int64),
        n_kept=(pl.col("paid") > 0).sum().cast(pl.Int64),
        base_amount=pl.col("base").sum(),
        amount=pl.col("paid").sum(),
        held=pl.min_horizontal("paid", "base").sum(),
    )
    whole = {c: _whole(c, length, data.as_of) for c in cells["cohort"].unique()}
    label = {c: quarter_label(c, settings) if by == "quarter" else str(c.year) for c in whole}
    return Cohorts(
        cells.filter(pl.col("age") <= pl.col("cohort").replace_strict(whole, return_dtype=pl.Int64))
        .with_columns(
            label=pl.col("cohort").replace_strict(label, return_dtype=pl.String),
            age_months=pl.col("age") - base_months,
            logo_rate=pl.col("n_kept") / pl.col("n_accounts"),
            net_rate=pl.col("amount") / pl.col("base_amount"),
            gross_rate=pl.col("held") / pl.col("base_amount"),
            is_whole=pl.col("cohort") >= (watched or date.min),
        )
        .select(*_ROWS)
        .sort("cohort", "age_months"),
        base_months,
        reason,
    )


def records_begin(lines: pl.DataFrame, as_of: date) -> tuple[date | None, str]:
    """Return the day from which a file of contracts has everybody, and why not before; None where it is whole.

    Two things tell a file that lacks earlier leavers from that of a young company. Where nobody at all paid for half
    a year, what lies before is another life. And where leavers are only on record from some day on, though by the pace
    since, at the same ages, seven or more would have left before (none would be seen by chance in fewer than one of a
    thousand cases): then the file holds only who was there on that day. A young company's accounts had no time to
    leave, and where contracts run for a year nobody could: both expect fewer.

    Parameters
    ----------
    lines : pl.DataFrame
        Contract lines with account_id, started_on, ended_on, started by the day.
    as_of : date
    """
    eras = unbroken(lines.with_columns(era=pl.lit(0)), "era", "started_on", "ended_on")
    pauses = eras.with_columns(previous_end=pl.col("ended_on").shift(1)).filter(
        (pl.col("started_on") - pl.col("previous_end")).dt.total_days() >= PAUSE_DAYS
    )
    begin, reason = None, ""
    if pauses.height:
        pause = pauses.row(-1, named=True)
        begin = pause["previous_end"]
        reason = message(
            "nobody on record paid between {begin:%B %Y} and {started_on:%B %Y}",
            begin=begin,
            started_on=pause["started_on"],
        )
        lines = lines.filter(pl.col("started_on") >= pause["started_on"])
    first = _first_leaver_of_survivors(unbroken(lines, "account_id", "started_on", "ended_on"), as_of)
    if first is None:
        return begin, reason
    pace = "though by the pace since many would have: who left earlier is in no file"
    return first, message("nobody is on record as having left before {first:%B %Y}, {pace}", first=first, pace=pace)


def _first_leaver_of_survivors(spans: pl.DataFrame, as_of: date) -> date | None:
    """Return the day the first account left, where the file lacks those who left before; None where it lacks none."""
    left = spans.filter(pl.col("ended_on") <= as_of)
    first = left["ended_on"].min()
    if not isinstance(first, date):
        return None

    def ages(day: date) -> NDArray[np.int64]:
        reached = pl.min_horizontal("ended_on", pl.lit(day)).fill_null(pl.lit(day)) - pl.col("started_on")
        return spans.select(_months(reached).clip(0)).to_series().to_numpy()

    until_first, until_end = ages(first), ages(as_of) + 1  # A month begun before the day is watched after it.
    longest = int(until_end.max()) + 2
    before, after = np.zeros(longest), np.zeros(longest)
    before[0] = spans.height
    np.add.at(before, until_first, -1.0)
    np.add.at(after, until_first, 1.0)
    np.add.at(after, until_end, -1.0)
    ended = left.select(_months(pl.col("ended_on") - pl.col("started_on"))).to_series().to_numpy()
    n_left = np.bincount(ended, minlength=longest)[:longest]
    at_risk, watched = np.cumsum(before), np.cumsum(after)
    pace = np.divide(n_left, np.maximum(watched, n_left), out=np.zeros(longest), where=n_left > 0)
    return first if float((pace * at_risk).sum()) >= EXPECTED_LEAVERS else None


def _months(span: pl.Expr) -> pl.Expr:
    return (span.dt.total_days() / MONTH_DAYS).floor().cast(pl.Int64)


def _whole(cohort: date, length: int, as_of: date) -> int:
    """Return the last age that the youngest account a cohort may have has reached."""
    last = add_months(cohort, length)
    months = (as_of.year - last.year) * 12 + as_of.month - last.month
    return months - (1 if add_months(last, months) > as_of else 0)


def _paid(lines: pl.DataFrame, began: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return [account_id, cohort, age, paid] at every whole month of an account's age up to as_of.

    Each line adds its amount to the ages between its start and its end; sums over running totals.
    """

    def age(day: pl.Expr) -> pl.Expr:
        months = (day.dt.year().cast(pl.Int64) - pl.col("began_on").dt.year()) * 12 + (
            day.dt.month().cast(pl.Int64) - pl.col("began_on").dt.month()
        )
        return months + (day.dt.day() > pl.col("began_on").dt.day()).cast(pl.Int64)

    both = lines.join(began, on="account_id")
    steps = pl.concat(
        [
            both.select("account_id", age=age(pl.col("started_on")), step="mrr_amount"),
            both.drop_nulls("ended_on").select("account_id", age=age(pl.col("ended_on")), step=-pl.col("mrr_amount")),
        ]
    )
    net = steps.group_by("account_id", "age").agg(pl.col("step").sum())
    reach = age(pl.lit(as_of)) - (pl.lit(as_of).dt.day() > pl.col("began_on").dt.day()).cast(pl.Int64)
    if add_months(as_of.replace(day=1), 1) - as_of > timedelta(days=1):  # The last day of a month ends it for all.
        reach = reach - (pl.lit(as_of).dt.day() < pl.col("began_on").dt.day()).cast(pl.Int64)
    grid = began.with_columns(age=pl.int_ranges(0, reach.clip(0) + 1)).explode("age")
    return (
        grid.join(net, on=["account_id", "age"], how="left")
        .sort("account_id", "age")
        .with_columns(paid=pl.col("step").fill_null(0.0).cum_sum().over("account_id").round(2))
        .select("account_id", "cohort", "age", "paid")
    )


@needs_amounts
def last_year(data: Dataset, settings: Settings, months: int = YEAR) -> Measure:
    """Net revenue retention of the last twelve months, with gross and logo retention and their path.

    Formula: of the accounts that paid `months` ago, what they pay now over what they paid then (NRR); the
    same with no account counted above what it paid then (GRR); the share of them that still pays (logo).

    Parameters
    ----------
    data : Dataset
    settings : Settings
    months : int

    Returns
    -------
    Measure
        Unit rate: NRR, None where nobody paid then. Frame: month, net_rate, gross_rate, logo_rate on the
        as-of day of each of the last 24 months with a base.
    """
    days = [add_months(data.as_of, -m) for m in range(24, -1, -1)]
    rows = [{"month": day, **_year(data, day, months)} for day in days]
    names = {"month": pl.Date, "net_rate": pl.Float64, "gross_rate": pl.Float64, "logo_rate": pl.Float64}
    frame = pl.DataFrame(rows, schema={**names, "base_amount": pl.Float64}).filter(pl.col("net_rate").is_not_null())
    now = frame.filter(pl.col("month") == data.as_of)
    if now.is_empty():
        return Measure(
            "Net revenue retention", None, "rate", frame, message("Nobody paid {months} months ago.", months=months)
        )
    row = now.to_dicts()[0]
    text = message(
        "Over {months} months NRR is {net_rate} and GRR {gross_rate}, on {base_amount} of MRR; "
        "{logo_rate} of those customers are still with us.",
        months=months,
        net_rate=percent(row["net_rate"]),
        gross_rate=percent(row["gross_rate"]),
        base_amount=money(row["base_amount"], settings.currency),
        logo_rate=percent(row["logo_rate"]),
    )
    return Measure("Net revenue retention", row["net_rate"], "rate", frame, text)


def _year(data: Dataset, day: date, months: int) -> dict[str, float | None]:
    then, now = (
        data.subscriptions.filter(line_runs(at)).group_by("account_id").agg(pl.col("mrr_amount").sum())
        for at in (add_months(day, -months), day)
    )
    both = then.filter(pl.col("mrr_amount") > 0).join(now, on="account_id", how="left", suffix="_now")
    both = both.with_columns(pl.col("mrr_amount_now").fill_null(0.0))
    base = float(both["mrr_amount"].sum())
    retained = both.select(pl.min_horizontal("mrr_amount", "mrr_amount_now").sum()).item()
    return {
        "net_rate": ratio(float(both["mrr_amount_now"].sum()), base),
        "gross_rate": ratio(float(retained or 0.0), base),
        "logo_rate": ratio(float((both["mrr_amount_now"] > 0).sum()), float(both.height)),
        "base_amount": base,
    }
