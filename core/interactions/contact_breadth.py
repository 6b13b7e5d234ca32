"""Who talks with us: the people of each deal, how high they stand, and whether both sides write."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.interactions.address_book import RANKS
from core.interactions.interaction_view import BOTH, IN, OUT, Interactions
from core.interactions.open_deals import named, past
from core.localization import message
from core.metrics.measure import Measure, counted, ratio
from core.store.interaction_records import MAIL

DAYS, WIDE = 90, 2
BREADTH: dict[str, Any] = {
    "opportunity_id": pl.String,
    "deal": pl.String,
    "account": pl.String,
    "owner": pl.String,
    "amount": pl.Float64,
    "n_contacts": pl.Int64,
    "n_two_way": pl.Int64,
    "n_high": pl.Int64,
    "highest": pl.String,
    "n_in": pl.Int64,
    "n_out": pl.Int64,
    "n_met": pl.Int64,
    "last_on": pl.Date,
}
PEOPLE: dict[str, Any] = {
    "contact_id": pl.String,
    "contact_name": pl.String,
    "title": pl.String,
    "seniority": pl.String,
    "n_in": pl.Int64,
    "n_out": pl.Int64,
    "n_met": pl.Int64,
    "is_two_way": pl.Boolean,
    "last_on": pl.Date,
}
HIGH = 3


def by_deal(data: Dataset, settings: Settings, interactions: Interactions, days: int = DAYS) -> Measure:
    """How many people of the customer talk with us on each open deal, and how many open deals hang on one.

    Formula: people of the account with a mail, meeting or call on the deal in the last days; somebody talks both ways
    who wrote and was written to, or was in a meeting or call. A deal hangs on one person where fewer than two talk both
    ways. Seniority goes by words of the title: executive, director or head, manager, specialist.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    interactions : Interactions
        Of `interactions.interaction_view.of`.
    days : int

    Returns
    -------
    Measure
        Unit rate. Value: share of the open deals with any contact on which two or more people talk both ways; None
        where there is no contact on any. Frame: opportunity_id, deal, account, owner, amount, n_contacts, n_two_way,
        n_high (executives and directors among them), highest (seniority), n_in, n_out (mails), n_met (meetings and
        calls), last_on; the fewest who talk both ways and the largest amount first.
    """
    first = data.as_of - timedelta(days=days)
    rows = _people(past(data, interactions).filter(pl.col("at").dt.date() > first), interactions)
    high = pl.col("rank") >= HIGH
    deals = rows.group_by("opportunity_id").agg(
        n_contacts=pl.len().cast(pl.Int64),
        n_two_way=pl.col("is_two_way").sum().cast(pl.Int64),
        n_high=high.sum().cast(pl.Int64),
        highest=pl.col("seniority").sort_by("rank").last(),
        n_in=pl.col("n_in").sum(),
        n_out=pl.col("n_out").sum(),
        n_met=pl.col("n_met").max(),
        last_on=pl.col("last_on").max(),
    )
    frame = named(data, deals).sort("n_two_way", "amount", descending=[False, True], nulls_last=True).select(*BREADTH)
    name = "Deals on which several people talk with us"
    if frame.is_empty():
        return Measure(
            name,
            None,
            "rate",
            frame,
            message("No open deal had a mail, meeting or call in the last {days} days.", days=days),
        )
    n_wide = frame.filter(pl.col("n_two_way") >= WIDE).height
    n_open = data.opportunities.filter(~pl.col("is_closed")).height
    n_low = frame.filter(pl.col("n_high") == 0).height
    text = message(
        "On {n_wide:,} of {opens} with contact in the last {days} days two or more people talk with "
        "us both ways; {hang} on one person or none, and {have} no director or executive in it. "
        "{without}",
        n_wide=n_wide,
        opens=counted(frame.height, "open deal"),
        days=days,
        hang=counted(frame.height - n_wide, "depends", "depend"),
        have=counted(n_low, "has", "have"),
        without=_without(n_open - frame.height),
    )
    return Measure(name, ratio(n_wide, frame.height), "rate", frame, text.strip())


def _without(n: int) -> str:
    return message("{opens} had no contact at all.", opens=counted(n, "open deal")) if n else ""


def _people(rows: pl.DataFrame, interactions: Interactions) -> pl.DataFrame:
    """Return each person of each deal: what they wrote, were written, and were met."""
    is_mail = pl.col("kind") == MAIL
    wrote = is_mail & (pl.col("direction") == IN) & pl.col("is_sender")
    got = is_mail & (pl.col("direction") == OUT)
    met = (pl.col("direction") == BOTH) & (pl.col("answer") != "declined")
    ids = pl.col("interaction_id")
    persons = rows.group_by("opportunity_id", "contact_id").agg(
        n_in=ids.filter(wrote).n_unique().cast(pl.Int64),
        n_out=ids.filter(got).n_unique().cast(pl.Int64),
        n_met=ids.filter(met).n_unique().cast(pl.Int64),
        last_on=pl.col("at").max().dt.date(),
    )
    both_ways = ((pl.col("n_in") > 0) & (pl.col("n_out") > 0)) | (pl.col("n_met") > 0)
    return persons.join(interactions.contacts.drop("account_id"), on="contact_id", how="left").with_columns(
        is_two_way=both_ways,
        seniority=pl.col("seniority").fill_null(NOT_KNOWN),
        rank=pl.col("seniority").replace_strict(RANKS, default=0, return_dtype=pl.Int64),
    )


def people(data: Dataset, settings: Settings, interactions: Interactions, opportunity_id: str) -> Measure:
    """The people of the customer on one deal, with what they wrote, were written and were met, the latest first.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    interactions : Interactions
    opportunity_id : str

    Returns
    -------
    Measure
        Unit count. Value: people who talk both ways. Frame: contact_id, contact_name, title, seniority, n_in, n_out,
        n_met, is_two_way, last_on.
    """
    rows = past(data, interactions).filter(pl.col("opportunity_id") == opportunity_id)
    frame = _people(rows, interactions).sort("last_on", "contact_id", descending=[True, False]).select(*PEOPLE)
    n_both = int(frame["is_two_way"].sum())
    text = (
        message(
            "{people} of the customer took part, {n_both:,} of them both ways.",
            people=counted(frame.height, "person", "people"),
            n_both=n_both,
        )
        if frame.height
        else "No mail, meeting or call of this deal is known."
    )
    return Measure("People of the customer", float(n_both), "count", frame, text)
