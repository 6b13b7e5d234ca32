"""What is asked for because its time has come: syncs that are due, alerts, and a look at the models every night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.config import Settings
from core.contracts.errors import SourceError
from core.jobs import mailbox_job
from core.jobs.job_kinds import LEARN, MODELS
from core.sources.connectors import connector_files, sync_request, sync_run
from core.store.event_asks import ALERTS, TELL
from core.store.jobs import JobQueue

NIGHT = time(3)
NOT_BEFORE = timedelta(minutes=5)
ALERTS_EVERY = timedelta(minutes=5)
BY = "schedule"


def ask_due(settings: Settings, queue: JobQueue, clock: Callable[[], datetime], since: datetime) -> list[str]:
    """Ask for what is due, and return the subjects; what waits or runs already is not asked for again.

    Parameters
    ----------
    settings : Settings
    queue : JobQueue
    clock : callable
        Returns the present time in UTC.
    since : datetime
        When the worker began: a night that lay before it is not made up for.
    """
    names = connector_files.names(settings)
    subjects = [name for name in names if _is_due(settings, name, clock) and not _was_asked(queue, name, clock())]
    for name in subjects:
        queue.ask(sync_request.KIND, name, by=BY)
    if _is_alert_time(queue, clock()):
        queue.ask(TELL, ALERTS, by=BY)
        subjects.append(ALERTS)
    if mailbox_job.is_due(settings, queue, clock()):
        queue.ask(mailbox_job.KIND, mailbox_job.MAILBOX, by=BY)
        subjects.append(mailbox_job.MAILBOX)
    if _is_night(settings, queue, clock(), since):
        queue.ask(LEARN, MODELS, by=BY)
        subjects.append(MODELS)
    return subjects


def _is_due(settings: Settings, name: str, clock: Callable[[], datetime]) -> bool:
    try:
        entry = sync_run.freshness_of(settings, name, clock())
    except SourceError:
        return False  # Its description cannot be read; the Data page says why, and the others are asked.
    return entry.due_at is not None and entry.due_at <= clock() and not entry.running


def _was_asked(queue: JobQueue, name: str, now: datetime) -> bool:
    """Say whether a sync was asked for a moment ago: one that cannot even begin is not tried all the time."""
    last = queue.last(sync_request.KIND, name)
    return last is not None and now - last.asked_at < NOT_BEFORE


def _is_alert_time(queue: JobQueue, now: datetime) -> bool:
    """Say whether the alerts are to be looked at: there are some, and the last look was a while ago."""
    last = queue.last(TELL, ALERTS)
    return (last is None or now - last.asked_at >= ALERTS_EVERY) and queue.has_alerts()


def _is_night(settings: Settings, queue: JobQueue, now: datetime, since: datetime) -> bool:
    """Say whether the hour at which models are looked at has come since the worker began and they were asked for."""
    zone = ZoneInfo(settings.time_zone)
    hour = datetime.combine(now.astimezone(zone).date(), NIGHT, zone)
    last = queue.last(LEARN, MODELS)
    return since < hour <= now and (last is None or last.asked_at < hour)
