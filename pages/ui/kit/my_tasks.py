"""What the person has to do, on every page: a count with a list behind it, from one query over an index."""

from __future__ import annotations

import streamlit as st

from core.access import Identity, can
from core.access.saved_content import Reader, shared_lists
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.metrics import counted
from core.store import Store
from core.store.work_tasks import ANSWER, SIGN_OFF, Task
from pages.ui.kit import cache
from pages.ui.kit.escaping import escaped

RIGHT, PROJECT, LIST = "requirements:read", "pages/project.py", "list"
SHOWN = 8
DEEDS = {ANSWER: "answer", SIGN_OFF: "sign off"}


def offer(settings: Settings, who: Identity, visible: Dataset | None) -> None:
    """Draw the count and the list in the sidebar; nothing where nothing waits, or while the database is away."""
    if visible is None or visible.is_transient or not can(who, RIGHT, settings.roles):
        return
    try:
        if not Store.is_there(settings.database):
            return
        store = cache.store(settings.database)
        tasks = visible_tasks(store, who, visible, store.work_tasks.mine([who.user, who.name]))
        today = store.work_tasks.today()
    except QuarterdeckError:
        return
    if not tasks:
        return
    n_late = sum(task.due_on is not None and task.due_on < today for task in tasks)
    with st.popover(f"{counted(len(tasks), 'task')} for you", icon=":material/task_alt:", width="stretch"):
        late = f"; {counted(n_late, 'is', 'are')} past the day" if n_late else ""
        st.markdown(escaped(f"{counted(len(tasks), 'task waits', 'tasks wait')} for you{late}."))
        for task in tasks[:SHOWN]:
            st.caption(escaped(sentence(task)))
        if len(tasks) > SHOWN:
            st.caption(escaped(f"And {len(tasks) - SHOWN:,} more."))
        st.page_link(
            PROJECT,
            label="Open the first one's project",
            icon=":material/open_in_new:",
            query_params={LIST: str(tasks[0].requirement_set_id)},
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
    deed = DEEDS.get(task.kind) or f"{task.made_by} named you in a comment on"
    due = f", due {task.due_on:%d %b}" if task.due_on else ""
    return f"{deed.capitalize() if task.kind in DEEDS else deed} row {task.row} of {task.list_name}{due}"
