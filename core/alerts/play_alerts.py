"""What rules over plays see: tasks that fall due, and plays that were stopped because they do nothing."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from core.alerts.alert_rule import Rule
from core.alerts.sight import Ground, Seen, Sight, address
from core.localization import message
from core.plays import play_board, play_definition, play_view


def tasks(rule: Rule, ground: Ground) -> Seen:
    """Return the steps of plays that are due within some days or late, on deals and accounts the reader sees."""
    data, settings = ground.data, ground.settings
    if data.is_transient:
        return None
    runs = play_view.of(data, settings, ground.store)
    rows = play_board.board(data, settings, runs).frame
    near = rows.filter(pl.col("due_on") <= data.as_of + timedelta(days=rule.days))
    return [
        Sight(
            f"step {row['step_id']}",
            str(row["due_on"]),
            message(
                "{play}, {subject}: “{task}” is due on {due_on:%d %B %Y} ({who}).",
                play=row["play"],
                subject=row["subject"],
                task=row["task"],
                due_on=row["due_on"],
                who=row["who"],
            ),
            address(f"/{row['kind']}", id=row["subject_id"], see="Plays"),
        )
        for row in near.iter_rows(named=True)
    ]


def stopped(rule: Rule, ground: Ground) -> Seen:
    """Return the plays that were stopped because their record shows that they do nothing."""
    plays = [entry.play for entry in play_definition.in_force(ground.store)]
    link = address("/playbooks", see="Does it help?")
    return [Sight(play.key, "stopped", play.retired, link) for play in plays if play.retired and not play.is_on]
