"""Background work on the Data page: what waits, runs and has ended, with its end or another attempt at hand."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import streamlit as st

from core.contracts.errors import AccessError, QuarterdeckError
from core.jobs.job_kinds import KINDS
from core.localization import message
from core.store.jobs import CANCELLED, FAILED, Job, JobQueue
from core.store.tables import QUEUED, RUNNING
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

QUESTION = "Background work"
PROBLEM, N_SHOWN, LOOKS_EVERY_S = "job_problem", 25, 3
STATES = {
    QUEUED: "waiting",
    RUNNING: "running",
    "done": "done",
    FAILED: "failed",
    CANCELLED: "cancelled",
}
COLUMNS = {
    "what": st.column_config.TextColumn("What", width="small"),
    "subject": st.column_config.TextColumn("Of", width="small"),
    "state": st.column_config.TextColumn("State", width="small"),
    "share": st.column_config.ProgressColumn("Done", format="percent", min_value=0, max_value=1, width="small"),
    "asked_at": st.column_config.DatetimeColumn("Asked, UTC", format="D MMM YYYY, HH:mm", width="small"),
    "asked_by": st.column_config.TextColumn("By", width="small"),
    "seconds": st.column_config.NumberColumn("Seconds", format="localized", width="small"),
    "message": st.column_config.TextColumn("Result", width="large"),
}


def panel(page: Page, c: Cell) -> None:
    """List the work, look again while some of it goes on, and let it be ended or tried again."""
    queue = cache.store(page.settings.database).jobs
    jobs = queue.recent(N_SHOWN)
    c.answer(_sentence(jobs, queue))
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error(escaped(problem), icon=":material/error:")
    if not jobs:
        return
    _watched(page, c, queue, jobs)
    if page.may("data:write"):
        _buttons(page, queue, jobs)
    else:
        st.caption("Work is ended and tried again by whoever holds the right data:write.")


def _sentence(jobs: list[Job], queue: JobQueue) -> str:
    n_running, n_waiting = (sum(job.state == state for job in jobs) for state in (RUNNING, QUEUED))
    n_workers = len(queue.workers())
    if not n_workers:
        waits = message(" {n_waiting} waiting until then.", n_waiting=n_waiting) if n_waiting else ""
        return message("No worker is running: `quarterdeck worker` starts one.{waits}", waits=waits)
    workers = "One worker is" if n_workers == 1 else message("{n_workers} workers are", n_workers=n_workers)
    busy = (
        message("{n_running} running, {n_waiting} waiting", n_running=n_running, n_waiting=n_waiting)
        if n_running or n_waiting
        else "nothing to do"
    )
    return message("{workers} there: {busy}.", workers=workers, busy=busy)


def _watched(page: Page, c: Cell, queue: JobQueue, jobs: list[Job]) -> None:
    """Show the work; while some goes on, look every few seconds, and open the page anew when all of it has ended."""
    is_busy = any(job.is_active for job in jobs)

    @st.fragment(run_every=LOOKS_EVERY_S if is_busy else None)
    def watch() -> None:
        current = queue.recent(N_SHOWN)
        if is_busy and not any(job.is_active for job in current):
            st.rerun(scope="app")
        c.table(_frame(page, current), column_config=COLUMNS, height=min(38 + 36 * len(current), 260))

    watch()


def _frame(page: Page, jobs: list[Job]) -> pl.DataFrame:
    rows = [
        (
            KINDS[job.kind].title if job.kind in KINDS else job.kind,
            job.subject,
            _state(job),
            job.share,
            job.asked_at.replace(tzinfo=None),
            None if page.view.is_masked else job.asked_by,
            _seconds(job),
            job.message,
        )
        for job in jobs
    ]
    kinds = (pl.String, pl.String, pl.String, pl.Float64, pl.Datetime("us"), pl.String, pl.Int64, pl.String)
    return pl.DataFrame(rows, schema=dict(zip(COLUMNS, kinds, strict=True)), orient="row")


def _state(job: Job) -> str:
    if job.is_cancelled and job.is_active:
        return "ending"
    is_again = job.state == QUEUED and job.n_attempts
    return "waiting for another attempt" if is_again else STATES.get(job.state, job.state)


def _seconds(job: Job) -> int | None:
    if job.started_at is None:
        return None
    end = job.ended_at or (datetime.now(UTC) if job.state == RUNNING else None)
    return None if end is None else max(round((end - job.started_at).total_seconds()), 0)


def _buttons(page: Page, queue: JobQueue, jobs: list[Job]) -> None:
    """Offer the end of what goes on, and another attempt at the last of what failed."""
    latest = {(job.kind, job.subject): job for job in reversed(jobs)}
    choices = {job.id: job for job in latest.values() if job.is_active or job.state in (FAILED, CANCELLED)}
    if not choices:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        number = st.selectbox("Work", list(choices), format_func=lambda n: _label(choices[n]), key="job_chosen")
        job = choices[number]
        if job.is_active:
            st.button("Cancel", on_click=_act, args=(page, queue, job, False), key="job_cancel", icon=":material/stop:")
        else:
            st.button(
                "Try again", on_click=_act, args=(page, queue, job, True), key="job_again", icon=":material/replay:"
            )


def _label(job: Job) -> str:
    title = KINDS[job.kind].title if job.kind in KINDS else job.kind
    return f"{title}: {job.subject} ({_state(job)})"


def _act(page: Page, queue: JobQueue, job: Job, is_again: bool) -> None:
    try:
        if not page.may("data:write"):
            raise AccessError("Your role reads data and changes nothing there.", mend="Ask an administrator.")
        if is_again:
            queue.again(job.id, page.identity.user)
        else:
            queue.cancel(job.id)
        action = "asked for work again" if is_again else "cancelled work"
        cache.store(page.settings.database).audit.add(page.identity.user, action, f"{job.kind} {job.subject}")
    except QuarterdeckError as error:
        st.session_state[PROBLEM] = str(error)
