"""Bookings against quota per team, each booking credited to the team its rep was in on that day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from core.config import Settings, windows
from core.config.calendar import quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.localization import message
from core.metrics.bookings import daily, dated
from core.metrics.measure import Measure, money, percent, ratio
from core.metrics.quotas import own_quotas, quota_of_company

NOBODY = "No team"


@needs_amounts
def teams(data: Dataset, settings: Settings) -> Measure:
    """Attainment of the running quarter per team, under the hierarchy of the time.

    Formula: bookings ÷ quota. A booking counts for the team its rep belonged to on the day it was
    booked; a quota counts for the team the rep belonged to when the quarter began, or first joined
    in it. So a rep who moves takes the quota's team along only from the next quarter, and team
    figures add up to the company's to the cent. Roll-up quotas are left out (`quotas.own_quotas`). None
    without a quota.

    Parameters
    ----------
    data : Dataset
    settings : Settings

    Returns
    -------
    Measure
        Value: attainment of all teams. Frame: team, amount, quota_amount, attainment_rate, largest
        amount first.
    """
    window = windows.quarter_to_date(data.as_of, settings)
    booked = daily(data).filter(window.holds()).select("rep_id", "day", "amount")
    won = _team_at(booked, data).group_by("team").agg(pl.col("amount").sum())
    asked = own_quotas(data, window.begin).select("rep_id", pl.col("period_start_on").alias("day"), "quota_amount")
    quota = _team_at(asked, data, joins_later=True).group_by("team").agg(pl.col("quota_amount").sum())
    frame = (
        won.join(quota, on="team", how="full", coalesce=True)
        .with_columns(pl.col("amount").fill_null(0.0))
        .with_columns(
            attainment_rate=pl.when(pl.col("quota_amount") > 0).then(pl.col("amount") / pl.col("quota_amount"))
        )
        .sort("amount", "team", descending=[True, False])
    )
    share = ratio(float(frame["amount"].sum()), float(frame["quota_amount"].sum()))
    label = quarter_label(data.as_of, settings)
    if share is None:
        return Measure("Team attainment", None, "rate", frame, message("No quota is set for {label}.", label=label))
    best = frame.filter(pl.col("attainment_rate").is_not_null()).sort(
        "attainment_rate", "team", descending=[True, False]
    )
    lead = best.row(0, named=True)
    text = message(
        "{team} leads at {attainment_rate} of its {label} quota with {amount}; all teams together at {share}.",
        team=lead["team"],
        attainment_rate=percent(lead["attainment_rate"]),
        label=label,
        amount=money(lead["amount"], settings.currency),
        share=percent(share),
    )
    return Measure("Team attainment", share, "rate", frame, text)


@needs_amounts
def behind(data: Dataset, settings: Settings, team: str) -> pl.DataFrame:
    """Return the quarter's bookings behind a team's bar, by the team each rep was in on the day; the latest first."""
    rows = dated(data, quarter_start(data.as_of, settings), data.as_of)
    placed = _team_at(rows, data).filter(pl.col("team") == team)
    return placed.select(rows.columns).sort("day", "amount", descending=True)


def quota_of_reps(data: Dataset, begin: date) -> float:
    """Return the sum of the quotas of a quarter without roll-ups (`quotas.own_quotas`)."""
    return quota_of_company(data, begin)


def regions_of(rows: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Add to rows of [rep_id, day] the region each rep was in on the day, else joined first; null for nobody's."""
    spans = data.sales_team.with_columns(team="region")
    placed = _team_at(rows, replace(data, sales_team=spans), joins_later=True)
    return placed.with_columns(region=pl.when(pl.col("team") != NOBODY).then("team")).drop("team", "index")


def _team_at(rows: pl.DataFrame, data: Dataset, *, joins_later: bool = False) -> pl.DataFrame:
    """Add the team each rep was in on the row's day; with `joins_later`, else the first one after it."""
    spans = data.sales_team.select("rep_id", "valid_from", "valid_to", "team").sort("valid_from")
    placed = (
        rows.with_row_index()
        .sort("day")
        .join_asof(
            spans, left_on="day", right_on="valid_from", by="rep_id", strategy="backward", check_sortedness=False
        )
    )
    inside = pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("day"))
    placed = placed.with_columns(team=pl.when(inside).then("team"))
    if joins_later:
        first = spans.group_by("rep_id", maintain_order=True).agg(first_team=pl.col("team").first())
        placed = placed.join(first, on="rep_id", how="left").with_columns(team=pl.coalesce("team", "first_team"))
    return placed.with_columns(pl.col("team").fill_null(NOBODY))
