"""How fast we answer the mails of customers, and they ours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.interactions.address_book import THEM, US
from core.interactions.interaction_view import IN, Interactions
from core.interactions.open_deals import end_of
from core.localization import joined, message
from core.metrics.confidence_intervals import wilson
from core.metrics.deal_scope import people
from core.metrics.measure import Measure, counted, percent, ratio
from core.store.interaction_records import MAIL

DAYS, DAY_HOURS, FEWEST = 90, 24.0, 10
REPLIES: dict[str, Any] = {
    "who": pl.String,
    "n": pl.Int64,
    "n_answered": pl.Int64,
    "median_hours": pl.Float64,
    "n_due": pl.Int64,
    "n_in_a_day": pl.Int64,
    "day_rate": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
SIDES = {US: "We answer", THEM: "They answer"}


def by_side(data: Dataset, settings: Settings, interactions: Interactions, days: int = DAYS) -> Measure:
    """How long mails wait for an answer: theirs for ours, and ours for theirs.

    Formula: in each exchange of mails, from the first mail to the first of the other side; later ones are not counted,
    for whoever has the last word need not be owed an answer. The median is Kaplan and Meier's, in which a mail without
    an answer counts as waiting until the last day, and not as never answered. Beside it the share answered within 24
    hours, of mails at least 24 hours old, with Wilson's interval. Hours run on at night and over weekends.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    interactions : Interactions
    days : int

    Returns
    -------
    Measure
        Unit count. Value: the median of our answers in hours; None where we were written to by nobody, or fewer than
        half were answered. Frame: who ("We answer", "They answer"), n, n_answered, median_hours, n_due (mails a day
        old), n_in_a_day, day_rate, low, high.
    """
    rows = waits(data, interactions, days)
    frame = _table(rows.with_columns(who=pl.col("side").replace_strict(SIDES, return_dtype=pl.String)))
    frame = frame.sort(pl.col("who") != SIDES[US])
    by_name = {row["who"]: row for row in frame.iter_rows(named=True)}
    parts = [_sentence(side, by_name[name]) for side, name in SIDES.items() if name in by_name]
    ours = by_name.get(SIDES[US])
    text = joined(*parts) or message("No mail was exchanged with a customer in the last {days} days.", days=days)
    return Measure("Hours until we answer", ours["median_hours"] if ours else None, "count", frame, text)


def _sentence(side: str, row: dict[str, Any]) -> str:
    whose, theirs = ("We answer", "mail of customers") if side == US else ("They answer", "mail of ours")
    if not row["n_due"]:
        return message(
            "{whose} {things}, all less than a day old.",
            whose=whose,
            things=counted(row["n"], theirs, theirs.replace("mail", "mails", 1)),
        )
    half = row["median_hours"]
    begin = (
        message("{whose} fewer than half", whose=whose)
        if half is None
        else message("{whose} half within {hours}", whose=whose, hours=_hours(half))
    )
    return message(
        "{begin}, and {day_rate} of {n_due:,} within a day.",
        begin=begin,
        day_rate=percent(row["day_rate"]),
        n_due=row["n_due"],
    )


def _hours(hours: float) -> str:
    if hours < 1:
        return message("{hours:.0f} minutes", hours=60 * hours)
    return message("{hours:.1f} hours", hours=hours) if hours < 48 else message("{hours:.1f} days", hours=hours / 24)


def by_rep(data: Dataset, settings: Settings, interactions: Interactions, days: int = DAYS) -> Measure:
    """How long customers wait for each of us, as `by_side` counts it; who was written to ten times or more.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    interactions : Interactions
    days : int

    Returns
    -------
    Measure
        Unit count. Value: how many people are listed. Frame: as `by_side`, `who` by name, the slowest first. Whose
        mails they are is the first of us in the exchange that is known.
    """
    rows = waits(data, interactions, days).filter(pl.col("side") == US)
    frame = _table(rows.with_columns(who=pl.col("rep_id").replace(people(data)).fill_null(NOT_KNOWN)))
    frame = frame.filter(pl.col("n") >= FEWEST).sort("median_hours", "who", descending=[True, False], nulls_last=False)
    if frame.is_empty():
        text = message(
            "Nobody was written to {fewest} times by customers in the last {days} days.", fewest=FEWEST, days=days
        )
        return Measure("Hours until each answers", 0.0, "count", frame, text)
    slow = frame.row(0, named=True)
    waits_for = "more than half still wait" if slow["median_hours"] is None else _hours(slow["median_hours"])
    text = message(
        "Of {people}, customers wait longest for {who}: {waits_for}.",
        people=counted(frame.height, "person", "people"),
        who=slow["who"],
        waits_for=waits_for,
    )
    return Measure("Hours until each answers", float(frame.height), "count", frame, text)


def waits(data: Dataset, interactions: Interactions, days: int = DAYS) -> pl.DataFrame:
    """Return each exchange of mails, and how long its first mail waits, or waited, for an answer.

    Returns
    -------
    pl.DataFrame
        [side, rep_id, at, hours, is_answered, is_due]: `side` is who has to answer, `at` when the first mail came,
        `hours` until the answer or, without one, until the end of the last day; due are those a day old.
    """
    end = end_of(data)
    mails = (
        interactions.touches.filter(pl.col("kind") == MAIL, pl.col("at") < end)
        .unique("interaction_id", keep="first", maintain_order=True)
        .sort("at", "interaction_id")
    )
    is_answer = pl.col("direction") != pl.col("direction").first()
    runs = mails.group_by("thread", maintain_order=True).agg(
        pl.col("direction", "at", "rep_id").first(), answered_at=pl.col("at").filter(is_answer).first()
    )
    until = pl.col("answered_at").fill_null(pl.lit(end, pl.Datetime("us")))
    first = datetime.combine(data.as_of - timedelta(days=days), datetime.min.time())
    return runs.filter(pl.col("at") >= first).select(
        side=pl.when(pl.col("direction") == IN).then(pl.lit(US)).otherwise(pl.lit(THEM)),
        rep_id="rep_id",
        at="at",
        hours=(until - pl.col("at")).dt.total_seconds() / 3_600,
        is_answered=pl.col("answered_at").is_not_null(),
        is_due=pl.col("at") <= end - timedelta(hours=DAY_HOURS),
    )


def _table(rows: pl.DataFrame) -> pl.DataFrame:
    out = []
    for (who,), part in rows.partition_by("who", as_dict=True).items():
        # Of a mail that is younger than a day nobody can say yet whether it was answered in one.
        due = part.filter("is_due")
        n_due, in_a_day = due.height, due.filter(pl.col("is_answered"), pl.col("hours") <= DAY_HOURS).height
        low, high = wilson(in_a_day, n_due) or (None, None)
        n_answered = int(part["is_answered"].sum())
        rate = ratio(in_a_day, n_due)
        out.append((who, part.height, n_answered, median_wait(part), n_due, in_a_day, rate, low, high))
    return pl.DataFrame(out, schema=REPLIES, orient="row")


def median_wait(rows: pl.DataFrame) -> float | None:
    """Return Kaplan and Meier's median of `hours`, those without `is_answered` as still waiting; None beyond the data.

    Examples
    --------
    >>> median_wait(pl.DataFrame({"hours": [1.0, 2.0, 3.0, 9.0], "is_answered": [True, True, True, False]}))
    2.0
    """
    from scipy import stats

    answered, waiting = (rows.filter(pl.col("is_answered") == flag)["hours"].to_numpy() for flag in (True, False))
    if not len(answered):
        return None
    left = stats.ecdf(stats.CensoredData(uncensored=answered, right=waiting)).sf
    below = left.quantiles[left.probabilities <= 0.5 + 1e-12]
    return float(below[0]) if len(below) else None
