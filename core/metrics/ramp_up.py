"""Whether new reps who finished a course early win their first deal, or reach their quota, sooner than others."""

from __future__ import annotations

from datetime import timedelta
from math import hypot
from typing import Any, Literal

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.localization import message
from core.metrics import course_record
from core.metrics.confidence_intervals import is_beyond_chance, t_for
from core.metrics.measure import Measure, counted
from core.metrics.restricted_mean import restricted_mean

FIRST_WIN: Literal["first win"] = "first win"
TARGET: Literal["target"] = "target"
GOALS = {FIRST_WIN: "won their first deal", TARGET: "reached their first quota"}
EARLY_DAYS, LIMIT_DAYS = 60, 365
FEWEST_REPS = 10
QUARTER_MONTHS = 3
RAMP: dict[str, Any] = {
    "course": pl.String,
    "n_trained": pl.Int64,
    "n_others": pl.Int64,
    "days": pl.Float64,
    "others_days": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "is_sure": pl.Boolean,
}


def by_course(data: Dataset, settings: Settings, goal: Literal["first win", "target"] = FIRST_WIN) -> Measure:
    """Days new reps take to their first won deal or quota, with a course finished early, beside others without it.

    Formula: only reps hired since deals are recorded, still there 60 days after, and without a first win (or quota)
    until then, for whoever is quicker had no time for a course. Trained are those who had finished it by that day,
    before they were hired or after. The mean counts days since the hiring up to a year after those 60 days; who has
    not got there yet counts as far as they were watched (Kaplan and Meier). The interval of the difference is
    Student's, widened for the number of courses (Bonferroni), so that all hold together in 95 of 100 cases. Under ten
    reps on either side nothing is said. It is an association: who takes a course early may be keener anyway.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    goal : {"first win", "target"}
        The day of the first won deal that is no renewal, or the day on which the deals won in a quarter first came up
        to its quota.

    Returns
    -------
    Measure
        Unit days. Value: the largest difference that is beyond chance, below 0 where the trained are sooner; None
        where none is. Frame: course, n_trained, n_others, days, others_days, difference, low, high, is_sure; whoever
        gains most days first.
    """
    waits = _waits(data, goal)
    early = course_record.finished_on(data).join(waits.select("rep_id", "until"), on="rep_id")
    early = early.filter(pl.col("completed_on") <= pl.col("until"))
    trained = {course: rows["rep_id"].implode() for (course,), rows in early.sort("course").group_by("course")}
    sides = {
        course: (waits.filter(pl.col("rep_id").is_in(ids)), waits.filter(~pl.col("rep_id").is_in(ids)))
        for course, ids in sorted(trained.items())
    }
    n_claims = max(sum(min(a.height, b.height) >= FEWEST_REPS for a, b in sides.values()), 1)
    rows = [_row(course, *both, n_claims) for course, both in sides.items()]
    frame = pl.DataFrame(rows, schema=RAMP).sort("difference", "course", nulls_last=True)
    sure = frame.filter("is_sure").sort(pl.col("difference").abs(), descending=True)
    value = None if sure.is_empty() else float(sure["difference"][0])
    return Measure("Ramp-up after courses", value, "days", frame, _text(frame, waits, goal))


def _waits(data: Dataset, goal: str) -> pl.DataFrame:
    """Return [rep_id, until (the day that parts trained from others), days after it, has_happened] of new reps."""
    started = data.opportunities["created_on"].min()
    if started is None:
        return pl.DataFrame(
            schema={"rep_id": pl.String, "until": pl.Date, "days": pl.Int64, "has_happened": pl.Boolean}
        )
    team = data.sales_team.filter(pl.col("role").fill_null("rep") == "rep").group_by("rep_id")
    people = team.agg(pl.col("hired_on").min(), pl.col("left_on").max()).drop_nulls("hired_on")
    reached = _first_wins(data) if goal == FIRST_WIN else _first_quotas(data)
    watched = pl.min_horizontal(pl.col("left_on").fill_null(data.as_of), pl.lit(data.as_of))
    rows = (
        people.filter(pl.col("hired_on") >= started)
        .join(reached, on="rep_id", how="left")
        .with_columns(until=pl.col("hired_on") + timedelta(days=EARLY_DAYS), watched=watched)
        .filter(pl.col("watched") > pl.col("until"), (pl.col("reached_on") > pl.col("until")).fill_null(value=True))
    )
    has_happened = (pl.col("reached_on") <= pl.col("watched")).fill_null(value=False)
    end = pl.when(has_happened).then("reached_on").otherwise("watched")
    days = (end - pl.col("until")).dt.total_days()
    return rows.select("rep_id", "until", days=days, has_happened=has_happened).sort("rep_id")


def _first_wins(data: Dataset) -> pl.DataFrame:
    won = data.opportunities.filter("is_won", pl.col("opportunity_type") != "renewal").drop_nulls(["close_on"])
    return won.group_by(rep_id="owner_id").agg(reached_on=pl.col("close_on").min())


def _first_quotas(data: Dataset) -> pl.DataFrame:
    """Return [rep_id, reached_on]: the day on which the deals won in a quarter first came up to its quota."""
    quotas = data.quotas.filter(pl.col("quota_amount") > 0).sort("period_start_on")
    won = data.opportunities.filter("is_won").drop_nulls(["close_on", "amount", "owner_id"])
    sums = (
        won.select("amount", "close_on", "opportunity_id", rep_id="owner_id")
        .sort("close_on", "opportunity_id")
        .join_asof(quotas, left_on="close_on", right_on="period_start_on", by="rep_id", check_sortedness=False)
        .filter(pl.col("close_on") < pl.col("period_start_on").dt.offset_by(f"{QUARTER_MONTHS}mo"))
        .with_columns(total=pl.col("amount").cum_sum().over("rep_id", "period_start_on"))
    )
    reached = sums.filter(pl.col("total") >= pl.col("quota_amount"))
    return reached.group_by("rep_id").agg(reached_on=pl.col("close_on").min())


def _row(course: str, trained: pl.DataFrame, others: pl.DataFrame, n_claims: int) -> dict[str, Any]:
    n, m = trained.height, others.height
    row = dict.fromkeys(RAMP) | {"course": course, "n_trained": n, "n_others": m, "is_sure": False}
    if min(n, m) < FEWEST_REPS:
        return row
    (mean, error), (other_mean, other_error) = (
        restricted_mean(side["days"].cast(pl.Float64).to_numpy(), side["has_happened"].to_numpy(), LIMIT_DAYS)
        for side in (trained, others)
    )
    gap, reach = mean - other_mean, t_for(min(n, m) - 1, n_claims) * hypot(error, other_error)
    return row | {
        "days": EARLY_DAYS + mean,
        "others_days": EARLY_DAYS + other_mean,
        "difference": gap,
        "low": gap - reach,
        "high": gap + reach,
        "is_sure": reach > 0 and is_beyond_chance(gap - reach, gap + reach),
    }


def _text(frame: pl.DataFrame, waits: pl.DataFrame, goal: str) -> str:
    if waits.is_empty():
        return "No rep was hired since deals are recorded and stayed for two months without having got there before."
    judged = frame.drop_nulls("difference")
    if judged.is_empty():
        return message(
            "No course can be judged yet: of {news}, it takes {fewest_reps} who finished it in their "
            "first {early_days} days and {fewest_reps} who did not.",
            news=counted(waits.height, "new rep"),
            fewest_reps=FEWEST_REPS,
            early_days=EARLY_DAYS,
        )
    sure = judged.filter("is_sure")
    warning = "Who takes a course early may be keener anyway."
    if sure.is_empty():
        return message(
            "No course finished in the first {early_days} days goes with a difference beyond chance "
            "in when new reps {goals}; {courses} can be judged. {warning}",
            early_days=EARLY_DAYS,
            goals=GOALS[goal],
            courses=counted(judged.height, "course"),
            warning=warning,
        )
    named = "; ".join(
        (
            message(
                "{course} {difference:,.0f} days sooner ({days:,.0f} against {others_days:,.0f} days on "
                "average, range {low:+,.0f} to {high:+,.0f}, {n_trained:,} reps against {n_others:,})",
                course=row["course"],
                difference=abs(row["difference"]),
                days=row["days"],
                others_days=row["others_days"],
                low=row["low"],
                high=row["high"],
                n_trained=row["n_trained"],
                n_others=row["n_others"],
            )
            if row["difference"] < 0
            else message(
                "{course} {difference:,.0f} days later ({days:,.0f} against {others_days:,.0f} days on "
                "average, range {low:+,.0f} to {high:+,.0f}, {n_trained:,} reps against {n_others:,})",
                course=row["course"],
                difference=abs(row["difference"]),
                days=row["days"],
                others_days=row["others_days"],
                low=row["low"],
                high=row["high"],
                n_trained=row["n_trained"],
                n_others=row["n_others"],
            )
        )
        for row in sure.iter_rows(named=True)
    )
    return message(
        "Beyond chance, new reps with a course early differ in when they {goals}: {named}. {warning}",
        goals=GOALS[goal],
        named=named,
        warning=warning,
    )
