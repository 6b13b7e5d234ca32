"""What the person has to do, on every page: a count with a list behind it, from one query over an index."""

from __future__ import annotations

import polars as pl
import streamlit as st

from core.access import Identity, can
from core.access.saved_content import Reader, shared_lists
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.metrics import counted
from core.store import Store
from core.store.work_tasks import ANSWER, SIGN_OFF, Task
from pages.ui.kit import cache, own_steps
from pages.ui.kit.escaping import escaped

RIGHT, PROJECT, LIST = "requirements:read", "pages/project.py", "list"
PLAYS, CUSTOMERS, PLAYBOOKS = "pipeline:read", "customers:read", "pages/playbooks.py"
SHOWN = 8
DEEDS = {ANSWER: "answer", SIGN_OFF: "sign off"}


def offer(settings: Settings, who: Identity, visible: Dataset | None, person: str = "") -> None:
    """Draw the count and the list in the sidebar; nothing where nothing waits, or while the database is away.

    Parameters
    ----------
    settings : Settings
    who : Identity
    visible : Dataset or None
        The rows they may see.
    person : str
        Their id in the sales team; empty for nobody of it.
    """
    if visible is None or visible.is_transient:
        return
    try:
        if not Store.is_there(settings.database):
            return
        store = cache.store(settings.database)
        tasks = _of_lists(store, settings, who, visible)
        steps = _of_plays(settings, who, visible, person)
        today = store.work_tasks.today()
    except QuarterdeckError:
        return
    if not tasks and steps.is_empty():
        return
    n_late = sum(task.due_on is not None and task.due_on < today for task in tasks)
    n_late += steps.filter(pl.col("due_on") < visible.as_of).height
    n_all = len(tasks) + steps.height
    with st.popover(
        message("{tasks} for you", tasks=counted(n_all, "task")), icon=":material/task_alt:", width="stretch"
    ):
        late = message("; {are} past the day", are=counted(n_late, "is", "are")) if n_late else ""
        st.markdown(
            escaped(message("{tasks} for you{late}.", tasks=counted(n_all, "task waits", "tasks wait"), late=late))
        )
        lines = [*map(sentence, tasks), *own_steps.sentences(steps)]
        for line in lines[:SHOWN]:
            st.caption(escaped(line))
        if n_all > SHOWN:
            st.caption(escaped(message("And {n_all:,} more.", n_all=n_all - SHOWN)))
        if tasks:
            _lead_to(tasks[0])
        if steps.height:
            st.page_link(PLAYBOOKS, label="Open the Playbooks page", icon=":material/open_in_new:")


def _of_lists(store: Store, settings: Settings, who: Identity, visible: Dataset) -> list[Task]:
    if not can(who, RIGHT, settings.roles):
        return []
    return visible_tasks(store, who, visible, store.work_tasks.mine([who.user, who.name]))


def _of_plays(settings: Settings, who: Identity, visible: Dataset, person: str) -> pl.DataFrame:
    own = person if can(who, PLAYS, settings.roles) else ""
    return own_steps.waiting(settings, who, visible, own, can(who, CUSTOMERS, settings.roles))


def _lead_to(task: Task) -> None:
    st.page_link(
        PROJECT,
        label="Open the first one's project",
        icon=":material/open_in_new:",
        query_params={LIST: str(task.requirement_set_id)},
    )


def visible_tasks(store: Store, who: Identity, visible: Dataset, tasks: list[Task]) -> list[Task]:
    """Return the tasks on lists the person may see; for most people that takes no further query."""
    if not tasks or who.is_masked or visible.is_masked:
        return []
    if not (who.regions or who.team_of or visible.whole is not None):
        return tasks
    mine = {saved.id for saved in shared_lists(Reader.of(who, visible), store.requirement_sets)}
    return [task for task in tasks if task.requirement_set_id in mine]


def sentence(task: Task) -> str:
    """Say what is to be done, where and until when."""
    deed = DEEDS.get(task.kind) or message("{made_by} named you in a comment on", made_by=task.made_by)
    due = message(", due {due_on:%d %b}", due_on=task.due_on) if task.due_on else ""
    return message(
        "{deed} row {row} of {list_name}{due}",
        deed=deed.capitalize() if task.kind in DEEDS else deed,
        row=task.row,
        list_name=task.list_name,
        due=due,
    )
