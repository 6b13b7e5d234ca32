"""The record of the plays: the columns of its tables, and which play is looked at closer."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.artifacts import RESULTS
from core.metrics import Measure
from core.plays import play_record
from core.plays.play_view import Runs
from pages.ui.kit import address_choice, cache
from pages.ui.kit.shell import Page

NUMBER = st.column_config.NumberColumn
RECORD: dict[str, Any] = {
    "name": "Play",
    "verdict": "What the record shows",
    "n_runs": NUMBER("Runs", format="localized"),
    "adherence_rate": NUMBER("Steps done", format="percent"),
    "on_time_rate": NUMBER("In time", format="percent"),
    "skipped_rate": NUMBER("Skipped", format="percent"),
    "n_judged": NUMBER("Judged", format="localized"),
    "outcome_rate": NUMBER("Won or kept", format="percent"),
    "comparable_rate": NUMBER("Not played", format="percent"),
    "difference": NUMBER("Difference", format="percent"),
    "difference_low": NUMBER("From", format="percent"),
    "difference_high": NUMBER("To", format="percent"),
    "n_compared": NUMBER("Compared", format="localized"),
    "compared_with": "With those",
}
STRATA: dict[str, Any] = {
    "stratum": st.column_config.TextColumn("Alike in", width="large"),
    "n": NUMBER("Played", format="localized"),
    "rate": NUMBER("Won or kept", format="percent"),
    "others": NUMBER("Not played", format="localized"),
    "others_rate": NUMBER("Won or kept there", format="percent"),
}
STATES = {"waiting": "To do", "done": "Done", "skipped": "Skipped", "": "All"}


def record(page: Page, runs: Runs) -> Measure:
    """Return the record of all plays, worked out once for these rows and runs."""
    key = ("record of plays", *_state(page, runs))
    return cache.remembered(
        RESULTS, key, lambda: play_record.record(page.data, page.settings, runs), "Comparing the plays"
    )


def evidence(page: Page, runs: Runs, play: str) -> Measure:
    """Return one play's strata, worked out once for these rows and runs."""
    key = ("evidence of a play", play, *_state(page, runs))
    return cache.remembered(
        RESULTS, key, lambda: play_record.evidence(page.data, page.settings, runs, play), "Comparing the play"
    )


def _state(page: Page, runs: Runs) -> tuple[Any, ...]:
    """Return what a record rests on: the rows, the settings, the plays as they are in force, and their runs."""
    rows = b"".join(frame.hash_rows(seed=7).to_numpy().tobytes() for frame in (runs.runs, runs.steps))
    return (*cache.state(page.data, page.settings), repr(runs.plays), cache.digest(rows))


def chosen(runs: Runs) -> str:
    """Draw the choice of the play whose evidence is shown."""
    names = {play.key: play.name for play in runs.plays}
    return (
        address_choice.dropdown("Look closer at", names, "play", next(iter(names)), names.__getitem__) if names else ""
    )


def state() -> str:
    """Draw the choice between tasks that wait and those that are over."""
    picked = st.segmented_control(
        "Tasks", list(STATES), default="waiting", required=True, format_func=STATES.__getitem__, key="play_state"
    )
    return str(picked)
