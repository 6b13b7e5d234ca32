"""Concentration: how much hangs on a few deals or a few customers."""

from __future__ import annotations

import polars as pl

from core.config import Settings, windows
from core.config.calendar import quarter_end, quarter_label
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.localization import message
from core.metrics.bookings import lines, of_account
from core.metrics.deal_events import due_by
from core.metrics.deal_scope import deal_name
from core.metrics.measure import Measure, counted, money, percent, share


def share_of_top(amounts: pl.Series, top: int = 10) -> float | None:
    """Return the share of the largest amounts among those above 0; None when there is none."""
    ordered = amounts.drop_nulls().sort(descending=True)
    ordered = ordered.filter(ordered > 0)
    return share(float(ordered.head(top).sum()), float(ordered.sum()))


@needs_amounts
def pipeline(data: Dataset, settings: Settings, top: int = 10) -> Measure:
    """Concentration of the pipeline: the share of the largest deals due this quarter.

    Formula: amount of the ten largest open deals expected to close by the end of the fiscal quarter ÷
    the amount of all of them with one above 0. None when none has.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    top : int
        How many deals count as the largest.

    Returns
    -------
    Measure
        Unit rate. Frame: opportunity_id, opportunity_name, account_name, stage, close_on, amount,
        share_rate, largest first.
    """
    end = quarter_end(data.as_of, settings)
    rows = due_by(data, settings, end, data.as_of)
    about = data.opportunities.select("opportunity_id", "opportunity_name", "account_id").join(
        data.accounts.select("account_id", "account_name"), on="account_id", how="left"
    )
    whole = float(rows.filter(pl.col("cents") > 0)["cents"].sum()) / 100
    frame = (
        rows.filter(pl.col("cents") > 0)
        .join(about, on="opportunity_id", how="left")
        .select(
            "opportunity_id",
            "opportunity_name",
            "account_name",
            "stage",
            "close_on",
            amount=pl.col("cents") / 100,
            share_rate=pl.col("cents") / 100 / whole,
        )
        .sort("amount", "opportunity_id", descending=[True, False])
    )
    value, label = share_of_top(frame["amount"], top), quarter_label(data.as_of, settings)
    if value is None:
        return Measure(
            "Concentration", None, "rate", frame, message("No deal with an amount is due in {label}.", label=label)
        )
    n, first = min(top, frame.height), frame.row(0, named=True)
    deal = deal_name(first)
    if frame.height == 1:
        text = message("Only one deal is due in {label}: {deal}.", label=label, deal=deal)
        return Measure("Concentration", value, "rate", frame, text)
    text = message(
        "The {n} largest of {height:,} deals due in {label} make up {rate} of what is due; the "
        "largest is {deal}, {amount}.",
        n=n,
        height=frame.height,
        label=label,
        rate=percent(value),
        deal=deal,
        amount=money(first["amount"], settings.currency),
    )
    return Measure("Concentration", value, "rate", frame, text)


@needs_amounts
def customers(data: Dataset, settings: Settings, top: int = 10, months: int = 12) -> Measure:
    """Concentration of bookings: the share of the customers who bought most.

    Formula: bookings of the ten largest customers over the months up to the as-of date ÷ those of all
    customers who bought more than they gave back in that time; a year earlier the same is worked out for
    comparison. So no share exceeds 1; customers who gave back as much or more are said. None without bookings.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    top : int
        How many customers count as the largest.
    months : int
        Length of the window.

    Returns
    -------
    Measure
        Unit rate. Frame: account_id, account_name, amount, share_rate, cumulative_rate, largest first.
    """
    window = windows.last_months(data.as_of, months)
    earlier = window.moved(-windows.YEAR)
    rows = lines(data, earlier.begin)
    now = rows.filter(window.holds()).group_by("account_id").agg(pl.col("amount").sum())
    then = rows.filter(earlier.holds())
    before = share_of_top(then.group_by("account_id").agg(pl.col("amount").sum())["amount"], top)
    frame = (
        now.join(data.accounts.select("account_id", "account_name"), on="account_id", how="left")
        .sort("amount", "account_id", descending=[True, False])
        .with_columns(share_rate=pl.when(pl.col("amount") > 0).then(pl.col("amount") / pl.col("amount").clip(0).sum()))
        .select(
            "account_id",
            pl.coalesce("account_name", "account_id").alias("account_name"),
            "amount",
            "share_rate",
            cumulative_rate=pl.col("share_rate").cum_sum(),
        )
    )
    value = share_of_top(frame["amount"], top)
    if value is None:
        return Measure(
            "Concentration",
            None,
            "rate",
            frame,
            message("Nothing was booked in the last {months} months.", months=months),
        )
    buyers = frame.filter(pl.col("amount") > 0).height
    text = message(
        "The {top} largest of {buyers:,} customers bought {rate} of all bookings of the last {months} months",
        top=min(top, buyers),
        buyers=buyers,
        rate=percent(value),
        months=months,
    )
    if buyers == 1:
        text = message("One customer bought everything of the last {months} months", months=months)
    text += "." if before is None else message(", against {before} a year earlier.", before=percent(before))
    if frame.height > buyers:
        gave = counted(frame.height - buyers, "customer", "customers")
        text += message(" {gave} returned as much as they bought or more, and are left out.", gave=gave)
    return Measure("Concentration", value, "rate", frame, text)


@needs_amounts
def behind(data: Dataset, settings: Settings, account_id: str, months: int = 12) -> pl.DataFrame:
    """Return the bookings of one customer over the months up to the as-of date, the latest first."""
    return of_account(data, account_id, windows.last_months(data.as_of, months).begin)
