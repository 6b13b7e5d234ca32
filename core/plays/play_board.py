"""The tasks that plays brought: whose they are, until when, on which deal or account, and what became of each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.localization import joined, message
from core.metrics.deal_scope import people
from core.metrics.measure import Measure, counted
from core.plays.play_definition import DEAL, Standing
from core.plays.play_view import Runs
from core.store.play_runs import WAITING

BOARD: dict[str, Any] = {
    "step_id": pl.Int64,
    "play": pl.String,
    "kind": pl.String,
    "subject_id": pl.String,
    "subject": pl.String,
    "task": pl.String,
    "assignee_id": pl.String,
    "who": pl.String,
    "due_on": pl.Date,
    "days_late": pl.Int64,
    "state": pl.String,
    "reason": pl.String,
    "changed_by": pl.String,
    "changed_on": pl.Date,
    "started_on": pl.Date,
}
DEFINED: dict[str, Any] = {
    "play": pl.String,
    "starts_when": pl.String,
    "state": pl.String,
    "purpose": pl.String,
    "steps": pl.String,
    "n_running": pl.Int64,
    "n_left_out": pl.Int64,
    "version": pl.Int64,
    "changed_by": pl.String,
}


def board(data: Dataset, settings: Settings, runs: Runs, state: str = WAITING) -> Measure:
    """The steps of all runs, those due first in front, with how many days each is late.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Not used; every call behind a page takes data and settings.
    runs : Runs
        Of `plays.play_view.of`.
    state : str
        "waiting", "done", "skipped", "missed" or "over"; empty for all.

    Returns
    -------
    Measure
        Unit count. Value: steps that wait. Frame: step_id, play, kind, subject_id, subject (the deal's or account's
        name), task, assignee_id, who, due_on, days_late (null where the step does not wait or is not late), state,
        reason, changed_by, changed_on, started_on.
    """
    rows = _named(data, runs)
    shown = rows.filter(pl.col("state") == state) if state else rows
    waiting = rows.filter(pl.col("state") == WAITING)
    frame = shown.sort("due_on", "step_id")
    return Measure("Tasks of plays", float(waiting.height), "count", frame, _text(waiting, runs))


def _named(data: Dataset, runs: Runs) -> pl.DataFrame:
    firms = data.accounts.select(subject_id="account_id", account="account_name")
    deals = data.opportunities.select(subject_id="opportunity_id", deal="opportunity_name")
    called = {play.key: play.name for play in runs.plays}
    about = runs.runs.select("id", "kind", "subject_id", "started_on", play=pl.col("play").replace(called))
    late = (pl.lit(data.as_of) - pl.col("due_on")).dt.total_days()
    names = people(data)
    rows = (
        runs.steps.join(about, left_on="play_run_id", right_on="id")
        .join(deals, on="subject_id", how="left")
        .join(firms, on="subject_id", how="left")
        .with_columns(
            step_id="id",
            task="name",
            subject=pl.when(pl.col("kind") == DEAL).then("deal").otherwise("account").fill_null(pl.col("subject_id")),
            who=pl.col("assignee_id").replace(names).replace("", NOT_KNOWN),
            days_late=pl.when(pl.col("state") == WAITING, late > 0).then(late),
        )
    )
    return rows.select(*BOARD)


def _text(waiting: pl.DataFrame, runs: Runs) -> str:
    if runs.steps.is_empty():
        return "No play has brought a task yet."
    n_late = waiting.filter(pl.col("days_late") > 0).height
    n_alone = waiting.filter(pl.col("assignee_id") == "").height
    alone = message(", {n_alone:,} of them nobody's", n_alone=n_alone) if n_alone else ""
    return message(
        "{tasks} in {runs} of plays{alone}; {are} past the day.",
        tasks=counted(waiting.height, "task waits", "tasks wait"),
        runs=counted(runs.played.height, "run"),
        alone=alone,
        are=counted(n_late, "is", "are"),
    )


def tasks_of(data: Dataset, settings: Settings, runs: Runs, kind: str, subject_id: str) -> Measure:
    """The steps of every play that was started for one deal or account, as `board` gives them."""
    own = runs.about(kind, subject_id)
    whole = board(data, settings, own, "")
    if own.played.is_empty():
        return Measure(
            whole.name, 0.0, "count", whole.frame, message("No play was started for this {kind}.", kind=kind)
        )
    started = ", ".join(whole.frame["play"].unique(maintain_order=True).to_list())
    return Measure(
        whole.name, whole.value, "count", whole.frame, message("{started}: {text}", started=started, text=whole.text)
    )


def definitions(standing: Collection[Standing], runs: Runs) -> pl.DataFrame:
    """Return every play in words.

    Returns
    -------
    pl.DataFrame
        [play, starts_when, state, purpose, steps, n_running, n_left_out, version, changed_by], as the plays stand; the
        version is 0 where a play is as it came.
    """
    rows = []
    for entry in standing:
        play, own = entry.play, runs.of(entry.play.key)
        steps = joined(
            *(
                message("{name} ({owner}, day {days})", name=step.name, owner=step.owner, days=step.days)
                for step in play.steps
            ),
            by="; ",
        )
        state = "on" if play.is_on else "stopped by its record" if play.retired else "off"
        n_open = own.steps.filter(pl.col("state") == WAITING)["play_run_id"].n_unique()
        n_left_out = own.runs.height - own.played.height
        when = f"{play.when()[:1].upper()}{play.when()[1:]}"
        rows.append((play.name, when, state, play.purpose, steps, n_open, n_left_out, entry.version, entry.changed_by))
    return pl.DataFrame(rows, schema=DEFINED, orient="row")
