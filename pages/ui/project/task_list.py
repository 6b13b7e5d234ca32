"""The person's tasks in this and all other projects: done, or snoozed to a later day."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import streamlit as st

from core.localization import message
from core.metrics import counted
from pages.ui.kit import cache, my_tasks, saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.shell import Page
from pages.ui.project.work_on_list import HIDDEN, attempt

DAYS = {1: "a day", 3: "3 days", 7: "a week"}
COLUMNS = {
    "what": st.column_config.TextColumn("What", width="large"),
    "list": st.column_config.TextColumn("List", width="medium"),
    "due_on": st.column_config.DateColumn("Due", width="small"),
    "from": st.column_config.TextColumn("From", width="small"),
}


def show(page: Page, c: Cell) -> None:
    """List the tasks, and let one be done or snoozed."""
    if saved_content.reader(page).is_masked or page.data.is_transient:
        c.answer(HIDDEN)
        return
    store = cache.store(page.settings.database)
    names = [page.identity.user, page.identity.name]
    tasks = my_tasks.visible_tasks(
        store, page.identity, page.visible or page.data, store.work_tasks.mine(names, with_snoozed=True)
    )
    today = store.work_tasks.today()
    waiting = [task for task in tasks if task.snoozed_until is None or task.snoozed_until <= today]
    n_late = sum(task.due_on is not None and task.due_on < today for task in waiting)
    snoozed = message("; {n_tasks:,} snoozed", n_tasks=len(tasks) - len(waiting)) if len(tasks) > len(waiting) else ""
    c.answer(
        message(
            "{tasks} for you, {n_late:,} past the day{snoozed}.",
            tasks=counted(len(waiting), "task waits", "tasks wait"),
            n_late=n_late,
            snoozed=snoozed,
        )
        if tasks
        else "Nothing waits for you."
    )
    if not tasks:
        return
    lines = [(my_tasks.sentence(task), task.list_name, task.due_on, task.made_by) for task in tasks]
    kinds = (pl.String, pl.String, pl.Date, pl.String)
    c.table(
        pl.DataFrame(lines, schema=dict(zip(COLUMNS, kinds, strict=True)), orient="row"),
        column_config=COLUMNS,
        height=min(320, 38 * (len(lines) + 1)),
    )
    by_id = {task.id: my_tasks.sentence(task) for task in tasks}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Task", list(by_id), format_func=lambda key: by_id.get(key, ""), key="task_chosen")
        st.button("Done", on_click=_done, args=(page,), key="task_done", icon=":material/check:")
        st.selectbox("Snooze for", list(DAYS), format_func=DAYS.__getitem__, key="task_days")
        st.button("Snooze", on_click=_snooze, args=(page,), key="task_snooze", icon=":material/snooze:")


def _done(page: Page) -> None:
    store, who = cache.store(page.settings.database), page.identity

    def change() -> str:
        store.work_tasks.close(st.session_state["task_chosen"], [who.user, who.name], who.user)
        return "Done; it is off your list."

    attempt(change)


def _snooze(page: Page) -> None:
    store, who = cache.store(page.settings.database), page.identity

    def change() -> str:
        until = store.work_tasks.today() + timedelta(days=st.session_state["task_days"])
        store.work_tasks.snooze(st.session_state["task_chosen"], [who.user, who.name], who.user, until)
        return message("It comes back on {until:%d %b}.", until=until)

    attempt(change)
