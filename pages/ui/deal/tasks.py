"""What somebody has to do: rows of requirement lists and actions that were given to them."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from core.explain.actions import decisions
from core.localization import message
from core.metrics import counted
from core.plays import play_board
from pages.ui.kit import bundles, play_tasks, saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.shell import Page

FINISHED = ("approved", "done")
SHOWN: dict[str, Any] = {
    "what": st.column_config.TextColumn("What", width="large"),
    "who": "Who",
    "due_on": st.column_config.DateColumn("Due"),
    "where": "Where",
}
SCHEMA = {"what": pl.String, "who": pl.String, "due_on": pl.Date, "where": pl.String}


def due(page: Page) -> tuple[tuple[str, str, date], ...]:
    """Return the rows of requirement lists that have a day and are not finished: what, whose, when."""
    return tuple((what, who or "", day) for what, who, day, _ in _rows(page) if day is not None)


def _rows(page: Page) -> list[tuple[str, str | None, date | None, str]]:
    out = []
    for saved in saved_content.lists(page):
        rows = saved_content.list_rows(page, saved).filter(~pl.col("state").is_in(FINISHED))
        for number, who, day in rows.select("row", "owner", "due_on").iter_rows():
            if who or day:
                out.append((message("{name}, row {number}", name=saved.name, number=number), who, day, saved.name))
    return out


def _actions(page: Page) -> list[tuple[str, str | None, date | None, str]]:
    """Return the actions on deals that were given to somebody and are not done."""
    trail = saved_content.trail_about(page, decisions.DEALS.target)
    if trail.is_empty():
        return []
    bundle = bundles.bundle(page.data, page.settings)
    standing = decisions.read(page.data, page.settings, bundle, trail, None, decisions.DEALS).frame
    waiting = standing.filter(pl.col("state") == decisions.KINDS["assign"])
    rows = waiting.select("action", "who", "until_on", "opportunity_id").iter_rows()
    return [(action, who, day, message("Deal {deal}", deal=deal)) for action, who, day, deal in rows]


def _steps(page: Page) -> list[tuple[str, str | None, date | None, str]]:
    """Return the steps of plays that wait, of deals and accounts in the person's rows."""
    visible = page.visible or page.data
    if visible.is_masked:
        return []
    rows = play_board.board(visible, page.settings, play_tasks.runs(page, visible)).frame
    return list(rows.select("task", "who", "due_on", "subject").iter_rows())


def mine(page: Page, cell: Cell, name: str) -> None:
    """Show what one person has to do, the oldest first."""
    everything = [*_rows(page), *_actions(page), *_steps(page)]
    own = [row for row in everything if (row[1] or "").casefold() in (name.casefold(), page.identity.user)]
    frame = pl.DataFrame(own, schema=SCHEMA, orient="row").sort("due_on", "what", nulls_last=True)
    cell.answer(
        message("{tasks} given to {name}.", tasks=counted(frame.height, "task"), name=name)
        if own
        else message("Nothing is given to {name}.", name=name)
    )
    if own:
        cell.table(frame, column_config=SHOWN, column_order=list(SHOWN))
