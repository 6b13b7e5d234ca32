"""Territories as they are: accounts, bookings, open pipeline and work per rep, and how unevenly they are spread."""

from __future__ import annotations

import polars as pl

from core import marts
from core.config import Settings, windows
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.contracts.spans import is_valid
from core.localization import message
from core.metrics import bookings
from core.metrics.measure import Measure, counted, money, percent, ratio

MONTHS = 12
ACCOUNT = {
    "account_id": pl.String,
    "owner_id": pl.String,
    "region": pl.String,
    "booked_amount": pl.Float64,
    "open_amount": pl.Float64,
    "n_activities": pl.Int64,
}
REP = {
    "rep_id": pl.String,
    "rep_name": pl.String,
    "team": pl.String,
    "region": pl.String,
    "n_accounts": pl.Int64,
    "booked_amount": pl.Float64,
    "even_amount": pl.Float64,
    "open_amount": pl.Float64,
    "n_activities": pl.Int64,
}


def reps(data: Dataset) -> pl.DataFrame:
    """Return the people with the role of a rep on the as-of date: [rep_id, rep_name, team, region]."""
    now = data.sales_team.filter(is_valid(data.as_of), pl.col("role") == "rep")
    stays = pl.col("left_on").is_null() | (pl.col("left_on") > data.as_of)
    return now.filter(stays).unique("rep_id", keep="last").sort("rep_id").select("rep_id", "rep_name", "team", "region")


def accounts(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return every account with its owner, last year's bookings, open pipeline and last year's activities.

    Returns
    -------
    pl.DataFrame
        The columns of `ACCOUNT`, by account; 0 where there is nothing.
    """
    window = windows.last_months(data.as_of, MONTHS)
    booked = bookings.lines(data, window.begin).group_by("account_id").agg(booked_amount=pl.col("amount").sum())
    still_open = data.opportunities.filter(~pl.col("is_closed"))
    pipeline = still_open.group_by("account_id").agg(open_amount=pl.col("amount").sum())
    touched = marts.of(data).account_activity_days.filter(window.holds("on"), pl.col("kind") != "usage")
    work = touched.group_by("account_id").agg(n_activities=pl.col("n_activities").sum().cast(pl.Int64))
    rows = data.accounts.select("account_id", "owner_id", pl.col("region").fill_null(NOT_KNOWN))
    for part in (booked, pipeline, work):
        rows = rows.join(part, on="account_id", how="left")
    return (
        rows.with_columns(pl.col("booked_amount", "open_amount", "n_activities").fill_null(0))
        .select(pl.col(name).cast(kind) for name, kind in ACCOUNT.items())
        .sort("account_id")
    )


def balance(data: Dataset, settings: Settings) -> Measure:
    """How evenly last year's bookings are spread over the territories of each region.

    Formula: the bookings of the last twelve months by the accounts each rep owns today, whoever booked them; the
    share that would have to change hands so that all reps of a region had the same. 0 is even. Accounts whose owner is
    no rep of today stand as a territory of nobody and are left out of the share. An uneven spread is not wrong by
    itself: territories may be meant to differ.

    Parameters
    ----------
    data : Dataset
    settings : Settings

    Returns
    -------
    Measure
        Unit rate. Value: the share; None without bookings or reps. Frame: rep_id, rep_name, team, region, n_accounts,
        booked_amount, even_amount (what an even spread within the region would give), open_amount, n_activities.
    """
    team = reps(data)
    sums = (
        accounts(data, settings)
        .group_by("owner_id")
        .agg(
            n_accounts=pl.len().cast(pl.Int64),
            booked_amount=pl.col("booked_amount").sum(),
            open_amount=pl.col("open_amount").sum(),
            n_activities=pl.col("n_activities").sum(),
        )
    )
    owned = team.join(sums, left_on="rep_id", right_on="owner_id", how="left")
    owned = owned.with_columns(pl.col("n_accounts", "booked_amount", "open_amount", "n_activities").fill_null(0))
    owned = owned.with_columns(even_amount=pl.col("booked_amount").mean().over(pl.col("region").fill_null(NOT_KNOWN)))
    rest = sums.join(team, left_on="owner_id", right_on="rep_id", how="anti")
    frame = owned.select(pl.col(name).cast(kind) for name, kind in REP.items()).sort(
        "booked_amount", "rep_id", descending=[True, False]
    )
    moved = float((owned["booked_amount"] - owned["even_amount"]).abs().sum()) / 2
    share = ratio(moved, float(owned["booked_amount"].sum()))
    title = "Bookings that would change hands for even territories"
    if share is None:
        return Measure(title, None, "rate", frame, "No rep of today owns an account with bookings in the last year.")
    top, last = frame.row(0, named=True), frame.row(-1, named=True)
    text = message(
        "{share} of last year's bookings would have to change hands for even territories within each "
        "region. {rep_name} has {booked_amount} over {accounts}, {rep_name_2} {booked_amount_2} over "
        "{accounts_2}.",
        share=percent(share),
        rep_name=top["rep_name"],
        booked_amount=money(top["booked_amount"], settings.currency),
        accounts=counted(top["n_accounts"], "account"),
        rep_name_2=last["rep_name"],
        booked_amount_2=money(last["booked_amount"], settings.currency),
        accounts_2=counted(last["n_accounts"], "account"),
    )
    n_vacant = int(rest["n_accounts"].sum())
    if n_vacant:
        text += message(
            " {accounts} to nobody of today's team.", accounts=counted(n_vacant, "account belongs", "accounts belong")
        )
    return Measure(title, share, "rate", frame, text)
