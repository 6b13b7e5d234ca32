"""Deals that have gone quiet: their customer has been silent for longer than their own rhythm explains."""

from __future__ import annotations

from datetime import date, timedelta
from math import comb
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.interactions.interaction_view import OUT, Interactions
from core.interactions.open_deals import named, past
from core.localization import message, message_plural
from core.metrics.measure import Measure, counted, money

DAYS, FEWEST, RATE = 180, 5, 0.05
QUIET: dict[str, Any] = {
    "opportunity_id": pl.String,
    "deal": pl.String,
    "account": pl.String,
    "owner": pl.String,
    "amount": pl.Float64,
    "n_days": pl.Int64,
    "usual_gap": pl.Float64,
    "silent_days": pl.Int64,
    "chance": pl.Float64,
    "is_quiet": pl.Boolean,
    "last_on": pl.Date,
    "n_sent_since": pl.Int64,
}


def quiet(data: Dataset, settings: Settings, interactions: Interactions) -> Measure:
    """Open deals whose customer has been silent for longer than the deal's own rhythm explains.

    Formula: working days (Monday to Friday) of the last 180 on which the customer wrote, or met or called with us; the
    first begins the count. If n such days fell anywhere among the T working days since with equal chance, the last S
    would all be empty with chance C(T−S, n) / C(T, n): exact for a steady rhythm, and careful for a regular one. A
    deal counts as quiet where this chance is small enough for its rank among all deals (Benjamini and Hochberg at 5 %),
    so that where no customer has changed, a deal is called quiet in one look of twenty at most. Deals with fewer than
    five such days have no rhythm of their own yet, and are left out.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        For the currency.
    interactions : Interactions

    Returns
    -------
    Measure
        Unit count. Value: deals that have gone quiet; None where no deal has a rhythm. Frame: opportunity_id, deal,
        account, owner, amount, n_days, usual_gap (working days), silent_days (working days), chance, is_quiet, last_on,
        n_sent_since (our mails since); the least likely first.
    """
    first = data.as_of - timedelta(days=DAYS)
    rows = past(data, interactions).filter(pl.col("at").dt.date() > first)
    spoke = (pl.col("direction") != OUT) & (pl.col("answer") != "declined")
    days = (
        rows.filter(spoke)
        .select("opportunity_id", on=_working_day(pl.col("at").dt.date()))
        .unique()
        .group_by("opportunity_id")
        .agg(n=pl.len(), first_on=pl.col("on").min(), last_on=pl.col("on").max())
    )
    sent = rows.filter(pl.col("direction") == OUT).join(days.select("opportunity_id", "last_on"), on="opportunity_id")
    since = sent.filter(pl.col("at").dt.date() > pl.col("last_on")).group_by("opportunity_id")
    n_sent = since.agg(n_sent_since=pl.col("interaction_id").n_unique().cast(pl.Int64))
    scored = [_scored(row, data.as_of) for row in days.filter(pl.col("n") >= FEWEST).iter_rows(named=True)]
    shape = {name: QUIET[name] for name in ("opportunity_id", *_SCORED)}
    table = pl.DataFrame(scored, schema=shape, orient="row").join(n_sent, on="opportunity_id", how="left")
    table = table.with_columns(
        pl.col("n_sent_since").fill_null(0),
        is_quiet=pl.Series(discoveries(table["chance"].to_list()), dtype=pl.Boolean),
    )
    frame = named(data, table).sort("chance", "opportunity_id").select(*QUIET)
    if frame.is_empty():
        text = message(
            "No open deal has {fewest} days on which its customer wrote or met with us: there is no rhythm to compare.",
            fewest=FEWEST,
        )
        return Measure("Deals gone quiet", None, "count", frame, text)
    silent = frame.filter("is_quiet")
    worth = money(float(silent["amount"].sum()), settings.currency)
    text = (
        message_plural(
            "{open} gone quiet against its own rhythm, worth {worth}, of {height:,} that have one.",
            "{open} gone quiet against their own rhythm, worth {worth}, of {height:,} that have one.",
            silent.height,
            open=counted(silent.height, "open deal has", "open deals have"),
            worth=worth,
            height=frame.height,
        )
        if silent.height
        else message(
            "None of {opens} with a rhythm of its own has gone quiet beyond chance.",
            opens=counted(frame.height, "open deal"),
        )
    )
    return Measure("Deals gone quiet", float(silent.height), "count", frame, text)


_SCORED = ("n_days", "usual_gap", "silent_days", "chance", "last_on")


def _working_day(day: pl.Expr) -> pl.Expr:
    """Return Friday for what came on the weekend after it."""
    return day - pl.duration(days=(day.dt.weekday().cast(pl.Int64) - 5).clip(0, 2))


def _scored(row: dict[str, Any], as_of: date) -> tuple[Any, ...]:
    after = row["n"] - 1
    n_all, silent = _between(row["first_on"], as_of), _between(row["last_on"], as_of)
    # The gaps seen so far lie between the first day and the last.
    usual = (n_all - silent) / after
    return row["opportunity_id"], row["n"], usual, silent, chance_of_silence(n_all, after, silent), row["last_on"]


def _between(first: date, last: date) -> int:
    """Return the working days after a day, up to and with another."""
    return int(np.busday_count(first + timedelta(days=1), last + timedelta(days=1)))


def chance_of_silence(n_all: int, n_days: int, n_silent: int) -> float:
    """Return how likely the last of some days are all empty when the busy ones fall anywhere among them.

    Parameters
    ----------
    n_all, n_days, n_silent : int
        Days, busy days among them, and empty days at the end.

    Examples
    --------
    >>> chance_of_silence(4, 1, 2), chance_of_silence(10, 3, 0)
    (0.5, 1.0)
    """
    return comb(n_all - n_silent, n_days) / comb(n_all, n_days) if n_all >= n_days else 1.0


def discoveries(chances: list[float], rate: float = RATE) -> list[bool]:
    """Say which of several chances are small enough, each for its rank, by Benjamini and Hochberg.

    Examples
    --------
    >>> discoveries([0.001, 0.9, 0.02, 0.2])
    [True, False, True, False]
    >>> discoveries([])
    []
    """
    order = sorted(range(len(chances)), key=chances.__getitem__)
    passed = [rank for rank, at in enumerate(order, 1) if chances[at] <= rate * rank / len(chances)]
    limit = chances[order[passed[-1] - 1]] if passed else -1.0
    return [chance <= limit for chance in chances]
