"""Tasks that plays brought: the door to their runs for every page, and the controls that finish, skip and hand on."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.metrics import shortened
from core.metrics.deal_scope import people
from core.plays import play_board, play_view
from core.plays.play_definition import ACCOUNT
from core.plays.play_view import Runs
from core.store.play_runs import DONE, SKIPPED, WAITING
from pages.ui.kit import cache, entity_links
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

RIGHT, MOST_LISTED = "review:write", 300
HIDDEN = "Show names to work on tasks of plays."
ACCOUNTS_RIGHT = "customers:read"
COLUMNS: dict[str, Any] = {
    "subject": st.column_config.TextColumn("Deal or account", width="medium"),
    "task": st.column_config.TextColumn("Task", width="large"),
    "who": "Who",
    "due_on": st.column_config.DateColumn("Due"),
    "days_late": st.column_config.NumberColumn("Days late"),
    "play": "Play",
}
ENDED: dict[str, Any] = COLUMNS | {
    "state": "State",
    "reason": st.column_config.TextColumn("Why", width="medium"),
    "changed_by": "By",
    "changed_on": st.column_config.DateColumn("On"),
}
CHANGED: dict[str, Any] = {
    "changed_on": st.column_config.DateColumn("On"),
    "task": st.column_config.TextColumn("Task", width="large"),
    "state": "State",
    "who": "Whose",
    "reason": st.column_config.TextColumn("Why", width="medium"),
    "changed_by": "By",
}


def runs(page: Page, data: Dataset | None = None) -> Runs:
    """Return the runs of plays this person may see in the rows the page shows, or in others that they may see."""
    return _allowed(play_view.of(data or page.data, page.settings, cache.store(page.settings.database)), page)


def _allowed(every: Runs, page: Page) -> Runs:
    """Leave runs on accounts out where the person may not see customers."""
    return every if page.may(ACCOUNTS_RIGHT) else every.among(every.runs.filter(pl.col("kind") != ACCOUNT))


def board(page: Page, cell: Cell, frame: pl.DataFrame, columns: dict[str, Any]) -> None:
    """Show tasks as a table whose rows open their deal or account."""
    links = [entity_links.address(kind, subject) for kind, subject in frame.select("kind", "subject_id").iter_rows()]
    opened = st.column_config.LinkColumn("Open", display_text=":material/open_in_new:", width=46)
    cell.table(
        frame.with_columns(pl.Series(entity_links.OPEN, links, dtype=pl.String)),
        column_config={entity_links.OPEN: opened, **columns},
        column_order=[entity_links.OPEN, *columns],
        height=360,
    )
    act(page, frame, "board")


def shelf(page: Page, cell: Cell, kind: str, subject_id: str) -> None:
    """Show the tasks plays brought for one deal or account, and let them be finished."""
    own = play_board.tasks_of(page.data, page.settings, runs(page), kind, subject_id)
    cell.answer(own.sentence())
    if not own.frame.is_empty():
        cell.table(own.frame, column_config=ENDED, column_order=[name for name in ENDED if name != "subject"])
        act(page, own.frame, f"{kind}_{subject_id}")
        _history(page, cell, own.frame)
    given = f"data, settings, runs, {kind!r}, {subject_id!r}"
    cell.method(play_board.tasks_of, own.frame, given=given)


def _history(page: Page, cell: Cell, frame: pl.DataFrame) -> None:
    """Show every change of some tasks, the oldest first; nothing where names are hidden."""
    if page.data.is_masked:
        return
    changes = cache.store(page.settings.database).play_runs.changes(frame["step_id"].to_list())
    if changes.is_empty():
        return
    names = people(page.visible or page.data)
    named = changes.join(frame.select("step_id", "task"), left_on="play_step_id", right_on="step_id").with_columns(
        who=pl.col("assignee_id").replace(names)
    )
    with st.expander("What became of each task", icon=":material/history:"):
        cell.table(named, column_config=CHANGED, column_order=list(CHANGED))


def act(page: Page, frame: pl.DataFrame, key: str) -> None:
    """Let one of some tasks be marked done, skipped with a reason, opened again, or given to somebody else."""
    if page.view.is_masked or page.data.is_masked:
        st.caption(escaped(HIDDEN))
        return
    if not page.may(RIGHT) or frame.is_empty():
        return
    open_to_change = frame.filter(pl.col("state").is_in([WAITING, DONE, SKIPPED])).head(MOST_LISTED)
    tasks = {row["step_id"]: row for row in open_to_change.iter_rows(named=True)}
    if not tasks:
        return
    chosen = st.selectbox(
        "Task to work on", list(tasks), format_func=lambda step: _called(tasks.get(step)), key=f"play_task_{key}"
    )
    task = tasks[chosen]
    reason = f"play_reason_{key}_{chosen}"
    st.text_input("Reason, where it is skipped", key=reason, max_chars=400)
    with st.container(horizontal=True):
        if task["state"] == WAITING:
            _button(page, "Done", DONE, chosen, reason, ":material/check:")
            _button(page, "Skip", SKIPPED, chosen, reason, ":material/block:")
        else:
            _button(page, "Open again", WAITING, chosen, reason, ":material/undo:")
    if task["state"] == WAITING:
        _hand_on(page, task, key)


def _called(task: dict[str, Any] | None) -> str:
    if task is None:
        return ""
    return f"{task['subject']}: {shortened(task['task'], 60)} ({task['due_on']:%d %b})"


def _button(page: Page, label: str, state: str, step: int, reason: str, icon: str) -> None:
    st.button(label, key=f"{reason}_{state}", icon=icon, on_click=_mark, args=(page, step, state, reason))


def _mark(page: Page, step: int, state: str, reason: str) -> None:
    store = cache.store(page.settings.database)
    words = str(st.session_state.get(reason) or "")
    try:
        store.play_runs.mark(step, state, words, page.identity.user, page.data.as_of)
    except QuarterdeckError as error:
        st.toast(escaped(error), icon=":material/warning:")
        return
    words_of = {DONE: "The task is done.", SKIPPED: "The task is skipped.", WAITING: "The task waits again."}
    st.toast(escaped(words_of[state]))


def _hand_on(page: Page, task: dict[str, Any], key: str) -> None:
    team = {rep: name for rep, name in people(page.visible or page.data).items() if rep != task["assignee_id"]}
    if not team:
        return
    who = f"play_who_{key}_{task['step_id']}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        listed = sorted(team, key=lambda rep: team[rep])
        st.selectbox("Give it to", listed, format_func=lambda rep: team.get(rep, ""), key=who)
        st.button("Give", key=f"{who}_give", icon=":material/forward:", on_click=_give, args=(page, task, who))


def _give(page: Page, task: dict[str, Any], who: str) -> None:
    store = cache.store(page.settings.database)
    try:
        store.play_runs.give(task["step_id"], st.session_state[who], page.identity.user, page.data.as_of)
    except QuarterdeckError as error:
        st.toast(escaped(error), icon=":material/warning:")
        return
    st.toast("The task is given on.", icon=":material/check:")
