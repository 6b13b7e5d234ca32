"""What plays came to: how far they were followed, and the outcome beside comparable cases that were not played."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.localization import message, message_plural
from core.metrics.competitors import FEWEST_DEALS, points, rate_beside
from core.metrics.confidence_intervals import SHARE
from core.metrics.measure import Measure, counted, percent, ratio
from core.metrics.stratified import always_valid
from core.plays.play_definition import DEAL, PlayDefinition
from core.plays.play_view import OVER, Runs
from core.plays.trigger_cases import ALIKE, cases, slack_days
from core.store.play_runs import DONE, SKIPPED, WAITING

TOO_FEW, OPEN, WORKS, GOES_WITH, NOTHING, HURTS = (
    "too early",
    "not clear yet",
    "works",
    "goes with better outcomes",
    "does nothing",
    "goes with worse outcomes",
)
RETIRED = (NOTHING, HURTS)
BY_CHANCE, EARLIER = "left out by chance", "not played"
RECORD: dict[str, Any] = {
    "play": pl.String,
    "name": pl.String,
    "n_runs": pl.Int64,
    "n_steps_due": pl.Int64,
    "adherence_rate": pl.Float64,
    "on_time_rate": pl.Float64,
    "skipped_rate": pl.Float64,
    "n_judged": pl.Int64,
    "outcome_rate": pl.Float64,
    "comparable_rate": pl.Float64,
    "difference": pl.Float64,
    "difference_low": pl.Float64,
    "difference_high": pl.Float64,
    "n_compared": pl.Int64,
    "n_strata": pl.Int64,
    "compared_with": pl.String,
    "verdict": pl.String,
}
STRATA: dict[str, Any] = {
    "stratum": pl.String,
    "n": pl.Int64,
    "hits": pl.Int64,
    "rate": pl.Float64,
    "others": pl.Int64,
    "others_hits": pl.Int64,
    "others_rate": pl.Float64,
}


def record(data: Dataset, settings: Settings, runs: Runs) -> Measure:
    """How far each play is followed, and its outcome beside comparable cases that were not played.

    Formula: adherence is steps done over steps that fell due. A run is judged when its outcome is known, whether its
    steps were done or not; it is set beside cases of the same trigger that were not played, of the same type, segment,
    region and third of amounts (accounts: segment, region and third of revenue), pooled by Mantel and Haenszel. Where
    at least 10 cases left out by chance can be compared, only they are; else earlier and other cases, which differ in
    more than the play. The interval holds however often it is looked at, and for all plays together, in 95 of 100
    cases. A play works, or goes with better outcomes, where the interval lies above 0; it does nothing where the
    interval lies below the effect for which the work would pay.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    runs : Runs
        Of `plays.play_view.of`.

    Returns
    -------
    Measure
        Unit rate. Value: steps done over steps due, of all plays; None where none fell due. Frame: play, name, n_runs,
        n_steps_due, adherence_rate, on_time_rate (done by its day, of those due), skipped_rate, n_judged, outcome_rate,
        comparable_rate, difference, difference_low, difference_high, n_compared, n_strata, compared_with, verdict;
        rates are null without a denominator, the difference under 10 cases on either side.
    """
    rows = [_row(data, settings, play, runs) for play in runs.plays]
    frame = pl.DataFrame(rows, schema=RECORD)
    due = _due(data, runs)
    value = ratio(due.filter(pl.col("state") == DONE).height, due.height)
    return Measure("Plays followed", value, "rate", frame, _text(frame, value, due.height))


def _row(data: Dataset, settings: Settings, play: PlayDefinition, runs: Runs) -> dict[str, Any]:
    own = runs.of(play.key)
    due = _due(data, own)
    done = due.filter(pl.col("state") == DONE)
    return {
        "play": play.key,
        "name": play.name,
        "n_runs": own.played.height,
        "n_steps_due": due.height,
        "adherence_rate": ratio(done.height, due.height),
        "on_time_rate": ratio(done.filter(pl.col("changed_on") <= pl.col("due_on")).height, due.height),
        "skipped_rate": ratio(due.filter(pl.col("state") == SKIPPED).height, due.height),
    } | judged(data, settings, play, runs)


def _due(data: Dataset, runs: Runs) -> pl.DataFrame:
    """Return the steps that fell due, or were done or skipped before."""
    fell_due = (pl.col("due_on") <= data.as_of) | (pl.col("state") != WAITING)
    return runs.steps.filter(fell_due, pl.col("state") != OVER)


def judged(data: Dataset, settings: Settings, play: PlayDefinition, runs: Runs) -> dict[str, Any]:
    """Return one play's outcome beside comparable cases: the columns of `record` from n_judged on."""
    return _compared(data, settings, play, runs)[0]


def _compared(
    data: Dataset, settings: Settings, play: PlayDefinition, runs: Runs
) -> tuple[dict[str, Any], pl.DataFrame | None]:
    """Return one play's outcome, and the strata it is pooled over; None of those where no case was played."""
    empty = dict.fromkeys(("outcome_rate", "comparable_rate", "difference", "difference_low", "difference_high"))
    start = {"n_judged": 0, "n_compared": 0, "n_strata": 0, "compared_with": None, "verdict": TOO_FEW}
    own = runs.of(play.key)
    if own.played.is_empty():
        return start | empty, None
    played, by_chance, others = sides(cases(data, settings, play), play, own.runs)
    start |= {"n_judged": played.height, "compared_with": EARLIER}
    if played.is_empty():
        return start | empty | {"n_compared": by_chance.height + others.height}, None
    empty["outcome_rate"] = ratio(int(played["is_hit"].sum()), played.height)
    counts = strata(played, by_chance, play)
    if _fewest(counts) >= FEWEST_DEALS:
        start["compared_with"] = BY_CHANCE
    else:
        counts = strata(played, pl.concat([by_chance, others]), play)
    both = counts.filter(pl.col("n") > 0, pl.col("others") > 0)
    start |= {"n_compared": int(both["others"].sum()), "n_strata": both.height}
    gap = always_valid(counts, SHARE / max(len(runs.plays), 1)) if _fewest(counts) >= FEWEST_DEALS else None
    if gap is None:
        return start | empty, counts
    rise, low, high = gap
    rate = int(both["hits"].sum()) / int(both["n"].sum())
    row = start | {
        "outcome_rate": empty["outcome_rate"],
        "comparable_rate": rate_beside(rate, rise),
        "difference": rise,
        "difference_low": low,
        "difference_high": high,
        "verdict": _verdict(low, high, play, start["compared_with"] == BY_CHANCE),
    }
    return row, counts


def _verdict(low: float, high: float, play: PlayDefinition, is_by_chance: bool) -> str:
    if low > 0:
        return WORKS if is_by_chance else GOES_WITH
    if high < 0:
        return HURTS
    return NOTHING if high < play.worthwhile else OPEN


def sides(
    every: pl.DataFrame, play: PlayDefinition, runs: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the cases that were played, left out by chance, and not played.

    Parameters
    ----------
    every : pl.DataFrame
        Of `trigger_cases.cases`.
    play : PlayDefinition
    runs : pl.DataFrame
        Of the play. One that began before its case's trigger, or later than the days of grace, is on no side: what it
        met had already survived for a while.
    """
    starts = runs.select("subject_id", "occasion", "started_on", "is_held_out")
    joined = every.join(starts, on=["subject_id", "occasion"], how="left")
    early = pl.col("started_on") >= pl.col("anchor_on") - timedelta(days=slack_days(play.trigger))
    in_time = joined.filter(early, pl.col("started_on") <= pl.col("entered_on"))
    alone = joined.filter(pl.col("started_on").is_null())
    parts = (in_time.filter(~pl.col("is_held_out")), in_time.filter("is_held_out"), alone)
    played, by_chance, others = (part.select(every.columns) for part in parts)
    return played, by_chance, others


def strata(played: pl.DataFrame, others: pl.DataFrame, play: PlayDefinition) -> pl.DataFrame:
    """Return how many cases of each stratum were played, and not, and how many of each came well out.

    Returns
    -------
    pl.DataFrame
        What makes cases alike, hits, n, others_hits, others; 0 where a side has none.
    """
    alike = list(ALIKE[play.kind])
    left = _counted(played, alike, "hits", "n")
    both = left.join(_counted(others, alike, "others_hits", "others"), on=alike, how="full", coalesce=True)
    return both.with_columns(pl.col("hits", "n", "others_hits", "others").fill_null(0)).sort(alike)


def _counted(rows: pl.DataFrame, alike: list[str], hits: str, n: str) -> pl.DataFrame:
    return rows.group_by(alike).agg(pl.col("is_hit").sum().cast(pl.Int64).alias(hits), pl.len().cast(pl.Int64).alias(n))


def _fewest(counts: pl.DataFrame) -> int:
    """Return the cases of the smaller side, in strata that have both."""
    both = counts.filter(pl.col("n") > 0, pl.col("others") > 0)
    return min(int(both["n"].sum()), int(both["others"].sum()))


def evidence(data: Dataset, settings: Settings, runs: Runs, key: str) -> Measure:
    """One play's outcome, stratum by stratum, beside cases that were not played.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    runs : Runs
        Of `plays.play_view.of`.
    key : str
        The play's.

    Returns
    -------
    Measure
        Unit rate. Value: the pooled difference; None under 10 cases on either side. Frame: stratum, n, hits, rate,
        others, others_hits, others_rate; strata with cases on one side only are listed and do not count.
    """
    play = runs.play(key)
    row, counts = _compared(data, settings, play, runs)
    if counts is None:
        nothing = pl.DataFrame(schema=STRATA)
        return Measure(message("Effect of {name}", name=play.name), None, "rate", nothing, verdict_text(play, row))
    name = pl.concat_str(ALIKE[play.kind], separator=" · ")
    shares = {
        "rate": pl.when(pl.col("n") > 0).then(pl.col("hits") / pl.col("n")),
        "others_rate": pl.when(pl.col("others") > 0).then(pl.col("others_hits") / pl.col("others")),
    }
    frame = counts.with_columns(stratum=name, **shares).select(*STRATA)
    shown = frame.filter(pl.col("n") > 0).sort("n", "stratum", descending=[True, False])
    return Measure(
        message("Effect of {name}", name=play.name), row["difference"], "rate", shown, verdict_text(play, row)
    )


def verdict_text(play: PlayDefinition, row: dict[str, Any]) -> str:
    """Say what a play's record shows, with its numbers; `row` is one of `record`'s."""
    noun, outcome = ("deal", "won") if play.kind == DEAL else ("case", "kept")
    if row["difference"] is None:
        return message(
            "{name}: too early to judge. {runs} of it can be judged so far, {n_compared:,} "
            "comparable {noun}s were not played, and it takes {fewest_deals} of each.",
            name=play.name,
            runs=counted(row["n_judged"], "run"),
            n_compared=row["n_compared"],
            noun=noun,
            fewest_deals=FEWEST_DEALS,
        )
    gap, low, high = row["difference"], row["difference_low"], row["difference_high"]
    direction = "more" if gap >= 0 else "fewer"
    start = message(
        "{name}: {outcome_rate} of {things} were {outcome}, {points} points {direction} than of "
        "{n_compared:,} comparable ones {compared_with} (range {low} to {high} points, over {groups} "
        "that are alike).",
        name=play.name,
        outcome_rate=percent(row["outcome_rate"]),
        things=counted(row["n_judged"], "played " + noun),
        outcome=outcome,
        points=points(gap),
        direction=direction,
        n_compared=row["n_compared"],
        compared_with=row["compared_with"],
        low=signed(low),
        high=signed(high),
        groups=counted(row["n_strata"], "group", "groups"),
    )
    return f"{start} {_meaning(play, row['verdict'], row['compared_with'])}"


def signed(share: float) -> str:
    """Write a difference of two rates in points with its sign.

    Examples
    --------
    >>> signed(0.124), signed(-0.05), signed(0.001)
    ('+12', '-5', '0')
    """
    number = round(share * 100)
    return f"{number:+d}" if number else "0"


def _meaning(play: PlayDefinition, verdict: str, compared_with: str) -> str:
    worth = message("{worthwhile:.0f} points", worthwhile=play.worthwhile * 100)
    others = compared_with != BY_CHANCE
    meanings = {
        WORKS: "It works, beyond chance.",
        GOES_WITH: "That is beyond chance; whether the play brought it, only cases left out by chance can tell.",
        HURTS: "That is worse beyond chance: the play is to be stopped.",
        NOTHING: message(
            "An effect of {worth}, for which the work would pay, is ruled out: the play is to be stopped.", worth=worth
        ),
        OPEN: message("Chance can explain the difference, and an effect of {worth} is not ruled out yet.", worth=worth),
    }
    warning = " The others differ in more than the play." if others and verdict in RETIRED else ""
    return meanings[verdict] + warning


def _text(frame: pl.DataFrame, value: float | None, n_due: int) -> str:
    n_runs = int(frame["n_runs"].sum())
    if not n_runs:
        return "No play has been started yet."
    start = message(
        "{runs} of {plays} so far",
        runs=counted(n_runs, "run"),
        plays=counted(frame.filter(pl.col("n_runs") > 0).height, "play"),
    )
    followed = (
        message("; {rate} of {steps} due were done", rate=percent(value), steps=counted(n_due, "step"))
        if value is not None
        else ""
    )
    better = frame.filter(pl.col("verdict").is_in([WORKS, GOES_WITH]))
    out = frame.filter(pl.col("verdict").is_in(RETIRED))
    judged_so_far = frame.filter(pl.col("difference").is_not_null()).height
    if not judged_so_far:
        return message(
            "{start}{followed}. It is too early to say what any of them does.", start=start, followed=followed
        )
    names = ", ".join(better["name"].to_list()) or "None"
    verb = "goes" if better.height <= 1 else "go"
    bad = (
        message_plural(
            " {to_list} does not help.", " {to_list} do not help.", out.height, to_list=", ".join(out["name"].to_list())
        )
        if out.height
        else ""
    )
    return message(
        "{start}{followed}. {names} {verb} with better outcomes beyond chance.{bad}",
        start=start,
        followed=followed,
        names=names,
        verb=verb,
        bad=bad,
    )
